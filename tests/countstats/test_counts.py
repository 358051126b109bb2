"""Counts are taken as they are, or refused in words; none is cut."""

import numpy as np
import pandas as pd
import pytest

from countstats import counts


@pytest.mark.parametrize(
    "given_counts", [[1, 2], [1.0, 2.0], pd.Series([1, 2], dtype="Int64"), np.array([1, 2], dtype=object)]
)
def test_whole_counts_of_any_type_are_taken(given_counts):
    taken = counts.whole(given_counts)
    assert taken.dtype == np.int64 and taken.tolist() == [1, 2]


def test_no_counts_and_truths():
    assert counts.whole([]).tolist() == []
    assert counts.whole([True, False]).tolist() == [1, 0]
    assert int(counts.whole(2**53)) == 2**53


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([1, np.nan], "missing"),
        (pd.Series([1, None], dtype="Int64"), "missing"),
        (["a"], "no number"),
        ([1, np.inf], "holds"),
        ([1, -1], "negative"),
        ([1, -np.inf], "negative"),
        ([0.5], "no whole number"),
        ([2**53, 2], "holds"),
        ([2**62, 2**62, 2**62, 2**62], "holds"),
        ([10**30], "holds"),
    ],
)
def test_others_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        counts.whole(bad)


def test_a_method_says_how_many_it_holds():
    with pytest.raises(ValueError, match="a random split holds 1,000 units at most, not 2000"):
        counts.whole([2000], 1000, "a random split")


def test_shapes_tables_numbers_and_columns():
    counts.alike([1, 2], np.ones(2), pd.Series([1, 2]))
    with pytest.raises(ValueError, match="differ in shape"):
        counts.alike([1, 2], [1])
    assert counts.two_way_table([[1, 0], [0, 2]]).tolist() == [[1, 0], [0, 2]]
    for table in ([[1, 2]], [1, 2], [[[1, 2], [3, 4]]], [[1, 0], [2, 0]], [[1, 2], [0, 0]]):
        with pytest.raises(ValueError, match=r"two rows|empty"):
            counts.two_way_table(table)
    assert counts.finite([1, 2.5], "scores").tolist() == [1, 2.5]
    for bad in ([np.nan], [np.inf], ["a"]):
        with pytest.raises(ValueError, match="scores must be numbers"):
            counts.finite(bad, "scores")
    counts.has_columns(pd.DataFrame({"n": [1]}), "n")
    with pytest.raises(ValueError, match="has no column 'x'"):
        counts.has_columns(pd.DataFrame({"n": [1]}), "n", "x")
