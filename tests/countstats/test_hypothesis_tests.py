"""Tests as rows: numbers, or the reason why there are none; and p-values adjusted for many tests."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from countstats import hypothesis_tests
from countstats.hypothesis_tests import adjusted, why_not_means, why_not_table
from countstats.means import group_moments
from countstats.shares import standardized_shares

LEVELS = ["well", "imbalance", "high_risk"]
LABELS = {"well": "Well", "imbalance": "Imbalance", "high_risk": "High risk"}


def counted(groups):
    """Table of cells from {level: values}."""
    rows = [(level, value) for level, values in groups.items() for value in values]
    return pd.DataFrame(rows, columns=["level", "x"]).assign(n=1)


def moments(groups):
    """Moments of all levels from {level: values}."""
    return group_moments(counted(groups), "x", "level").reindex(LEVELS)


@pytest.mark.parametrize(
    "groups, reason",
    [
        ({"well": [1, 2], "imbalance": [1, 5], "high_risk": [3, 4]}, ""),
        ({}, "nothing recorded"),
        ({"well": [1, 2], "imbalance": [1, 5]}, "no value for High risk"),
        ({"well": [1, 2]}, "no value for Imbalance, High risk"),
        ({"well": [1, 2], "imbalance": [1, 5], "high_risk": [3]}, "a single value for High risk"),
        ({"well": [2, 2], "imbalance": [2, 2], "high_risk": [2, 2]}, "the values do not vary"),
        ({"well": [1, 2], "imbalance": [7, 7], "high_risk": [2, 4]}, "the values do not vary within Imbalance"),
    ],
)
def test_means(groups, reason):
    assert why_not_means(moments(groups), LABELS) == reason
    row = hypothesis_tests.welch(counted(groups), "x", "level", LABELS)
    assert row.reason == reason
    assert np.isnan(row.p) == bool(reason) == np.isnan(row.effect) == np.isnan(row.high)
    assert reason or row.low <= row.effect <= row.high


def test_one_group():
    assert why_not_means(moments({"well": [1, 2]}).loc[["well"]]) == "one group only"


@pytest.mark.parametrize(
    "counts, reason",
    [
        ([[5, 6], [7, 8]], ""),
        ([], "nothing recorded"),
        ([[0, 0], [0, 0]], "nothing recorded"),
        ([[5, 6]], "one category only"),
        ([[5, 6], [0, 0]], "one category only"),
        ([[5, 0], [7, 0]], "one level only"),
        ([[5, 0, 1], [7, 0, 2]], "nothing recorded for Imbalance"),
    ],
)
def test_tables(counts, reason):
    table = pd.DataFrame(counts)
    table.columns = LEVELS[: table.shape[1]]
    assert why_not_table(table, "category", "level", LABELS) == reason
    row = hypothesis_tests.chi_square(table)
    assert bool(row.reason) == bool(reason) == np.isnan(row.p)
    assert row.n == table.to_numpy().sum()


def test_trend_and_equal_shares_have_reasons_too():
    none = pd.Series([0, 0])
    assert hypothesis_tests.trend(none, none, [0, 1]).reason == "nothing recorded"
    assert hypothesis_tests.trend(pd.Series([5, 6]), pd.Series([5, 6]), [0, 1]).reason == "one outcome only"
    assert hypothesis_tests.trend(pd.Series([2, 6]), pd.Series([5, 8]), [0, 1]).reason == ""
    cells = pd.DataFrame({"place": ["city", "city"], "stage": "primary", "done": ["yes", "no"], "n": [4, 6]})
    one = standardized_shares(cells, "place", ["stage"], cells["done"] == "yes")
    assert "one group" in hypothesis_tests.equal_shares(one).reason
    none = standardized_shares(cells.iloc[:0], "place", ["stage"], cells["done"].iloc[:0] == "yes")
    assert (
        hypothesis_tests.equal_shares(none).reason == "nothing recorded" and hypothesis_tests.equal_shares(none).n == 0
    )


def test_kappa_is_that_of_the_weighted_shares_or_has_a_reason():
    table = pd.DataFrame([[20, 5, 1], [4, 10, 6], [0, 3, 9]], LEVELS, LEVELS)
    shares = table.to_numpy() / table.to_numpy().sum()
    off = np.abs(np.subtract.outer(range(3), range(3)))
    by_chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    row = hypothesis_tests.weighted_kappa(table)
    assert row.effect == pytest.approx(1 - (off * shares).sum() / (off * by_chance).sum())
    assert row.low < row.effect < row.high and row.reason == "" and row.n == 58
    assert hypothesis_tests.weighted_kappa(table * 0).reason == "nothing recorded"
    assert hypothesis_tests.weighted_kappa(table.assign(imbalance=0, high_risk=0)).reason == "one column only"


def test_chi_square_leaves_out_an_empty_row():
    table = pd.DataFrame([[5, 6], [7, 2], [0, 0]])
    assert hypothesis_tests.chi_square(table) == pytest.approx(hypothesis_tests.chi_square(table[:2]), nan_ok=True)


R = pd.read_csv(Path(__file__).parent / "reference" / "r_families.csv").set_index(["case", "test", "quantity"])["value"]
P = [1e-12, 0.0004, 0.003, 0.0031, 0.012, 0.02, 0.041, 0.049, 0.2, 0.7]


@pytest.mark.parametrize("method, theirs", [("holm", "holm"), ("fdr_bh", "BH")])
def test_as_in_r(method, theirs, agrees):
    for place, value in enumerate(adjusted(P, method), start=1):
        agrees(f"p.adjust, {theirs}", value, R["p vector of 10", f"p.adjust {theirs}", f"p[{place}]"], 12)


def test_a_test_that_was_not_made_stays_so_and_counts_for_nothing():
    with_gaps = np.array([[0.01, np.nan], [np.nan, 0.04]])
    assert adjusted(with_gaps)[[0, 1], [0, 1]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted(with_gaps)[[0, 1], [1, 0]]).all()


def test_an_empty_family():
    assert adjusted([]).shape == (0,)
    assert np.isnan(adjusted([np.nan])).all()


def test_kappa_of_perfect_agreement_has_limits():
    found = hypothesis_tests.weighted_kappa(pd.DataFrame(np.diag([3, 4, 5])))
    assert (found.effect, found.low, found.high) == (1, 1, 1)
