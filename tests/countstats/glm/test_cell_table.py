"""Tables of cells add up, and a split of them is a split of units."""

import numpy as np
import pandas as pd
import pytest
from samples import three_stages

from countstats.columns import COUNTS
from countstats.glm import cell_table


def test_collapse_and_complete_add_up():
    counts = pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female", "missing"], ["male", "female", "missing"]),
            "stage": pd.Categorical(["primary", "junior", "primary", "junior"], ["primary", "junior", "missing"]),
            "at_risk": pd.Categorical(["no", "yes", "yes", "no"], ["no", "yes", "missing"]),
            "n": [5, 3, 2, 7],
        }
    )
    cells = cell_table.cells_of(counts, ["sex", "stage"], "at_risk")
    assert cells[COUNTS].sum().tolist() == [5, 12]
    known = cell_table.complete(cells, ["sex", "stage"])
    assert known[COUNTS].sum().tolist() == [5, 5]
    by_sex = cell_table.collapse(known, ["sex"]).set_index("sex")
    assert by_sex.loc["male"].tolist() == [3, 5] and by_sex.loc["female"].tolist() == [2, 0]


def test_counts_by_has_a_column_per_code():
    counts = pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female"], ["male", "female", "missing"]),
            "level": pd.Categorical(["well", "high_risk", "well"], ["well", "imbalance", "high_risk", "missing"]),
            "n": [5, 3, 2],
        }
    )
    wide = cell_table.counts_by(counts, ["sex"], "level")
    assert wide.columns.tolist() == ["sex", "well", "high_risk"]
    assert wide[["well", "high_risk"]].to_numpy().tolist() == [[5, 3], [2, 0]]


def test_cells_of_refuses_a_missing_outcome():
    counts = pd.DataFrame({"sex": pd.Categorical(["male"]), "at_risk": pd.Categorical(["missing"]), "n": [4]})
    with pytest.raises(ValueError, match="'at_risk' is not recorded"):
        cell_table.cells_of(counts, ["sex"], "at_risk")


def test_split_keeps_each_unit_once():
    cells = three_stages([10, 200, 30], [400, 50, 600])
    parts = cell_table.split(cells, 0.7, np.random.default_rng(1))
    both = pd.concat(parts).groupby("stage", observed=True)[COUNTS].sum().to_numpy()
    assert (both == cells[COUNTS].to_numpy()).all()
    assert parts[0][COUNTS].to_numpy().sum() == round(0.7 * 1290)


def test_split_agrees_with_shuffled_rows():
    """Mean and variance over many splits, against the same from shuffling one row per unit."""
    cells, rng = three_stages([4, 9, 2], [6, 3, 8]), np.random.default_rng(7)
    units = np.repeat(np.arange(6), cells[COUNTS].to_numpy().ravel())
    by_rows = [np.bincount(rng.permutation(units)[:22], minlength=6) for _ in range(4000)]
    by_cells = []
    for _ in range(4000):
        drawn = cell_table.split(cells, 22 / 32, rng)[0].set_index("stage")[COUNTS]
        by_cells.append(drawn.reindex(cells["stage"], fill_value=0).to_numpy().ravel())
    assert np.abs(np.mean(by_rows, axis=0) - np.mean(by_cells, axis=0)).max() < 0.15
    assert np.abs(np.cov(np.transpose(by_rows)) - np.cov(np.transpose(by_cells))).max() < 0.2


def test_split_repeats_and_refuses_a_bad_share():
    cells = three_stages([10, 200, 30], [400, 50, 600])
    one, two = (cell_table.split(cells, 0.5, np.random.default_rng(3))[0] for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        cell_table.split(cells, 1, np.random.default_rng(3))


def test_no_code_at_all_is_not_recorded():
    counts = pd.DataFrame(
        {"sex": pd.Categorical(["male", None, "male"]), "at_risk": ["yes", "yes", None], "n": [4, 3, 2]}
    )
    with pytest.raises(ValueError, match="'at_risk' is not recorded"):
        cell_table.cells_of(counts, ["sex"], "at_risk")
    cells = cell_table.cells_of(counts[:2], ["sex"], "at_risk")
    assert cells["events"].tolist() == [4, 3], "no unit is lost without a word"
    assert cell_table.complete(cells, ["sex"])["events"].tolist() == [4]
    aged = cell_table.cells_of(counts[:2].assign(age=pd.array([None, 9], "Int64")), ["sex", "age"], "at_risk")
    assert aged["events"].sum() == 7 and cell_table.complete(aged, ["age"])["events"].tolist() == [3]
    assert cell_table.complete(aged, ["sex", "age"]).empty


def test_counts_that_are_none_are_refused_and_a_split_says_how_many_it_holds():
    counts = pd.DataFrame({"x": ["a", "b"], "y": ["yes", "no"], "n": [1, 2]})
    for change, message in ((0.5, "no whole number"), (-1, "negative"), (float("nan"), "missing")):
        for function in (cell_table.cells_of, cell_table.counts_by):
            with pytest.raises(ValueError, match=message):
                function(counts.assign(n=change), ["x"], "y")
        with pytest.raises(ValueError, match=message):
            cell_table.split(pd.DataFrame({"events": [change], "others": [1]}), 0.5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="a split at random holds 999,999,999 units at most"):
        cell_table.split(pd.DataFrame({"events": [10**9], "others": [1]}), 0.5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="no column 'z'"):
        cell_table.cells_of(counts, ["z"], "y")
