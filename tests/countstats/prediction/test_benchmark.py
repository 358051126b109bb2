"""The comparator models are the same from counts as from rows, and are evaluated on the same units."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from sklearn.metrics import log_loss

from countstats.prediction import benchmark, calibration, roc


@pytest.fixture(scope="module")
def cells():
    """A design of 24 cells with an interaction, and its counts."""
    rng = np.random.default_rng(2)
    grid = pd.MultiIndex.from_product([[0, 1], [0, 1], [0, 1], [0, 1, 2]]).to_frame(index=False).to_numpy(float)
    x = np.column_stack([np.ones(24), grid[:, :3], grid[:, 3] == 1, grid[:, 3] == 2])
    n = rng.integers(20, 90, 24)
    odds = x @ [-1, 0.7, 0.4, -0.3, 0.5, 1] + 0.8 * x[:, 1] * x[:, 2]
    events = rng.binomial(n, 1 / (1 + np.exp(-odds)))
    return x, events, n - events


def rows_of(x, events, others):
    """One row per unit, in random order: the design and the outcome as counts."""
    whole = np.vstack([np.repeat(x, events, axis=0), np.repeat(x, others, axis=0)])
    outcome = np.repeat([1, 0], [events.sum(), others.sum()])
    order = np.random.default_rng(3).permutation(len(outcome))
    return whole[order], outcome[order], 1 - outcome[order]


def test_boosting_learns_the_same_from_counts_as_from_rows(cells):
    x, *_ = cells
    found, expected = benchmark.boosting(*cells, x, 40), benchmark.boosting(*rows_of(*cells), x, 40)
    # The library adds up gradients in single precision.
    assert min(map(digits, found, expected)) > 5
    assert roc.auc(found, *cells[1:]).value > 0.6


def test_boosting_would_not_agree_if_it_counted_rows(cells, monkeypatch):
    """What the settings guard against: a least number of rows in a leaf means units in one and cells in the other."""
    x, *_ = cells
    monkeypatch.setitem(benchmark.TREES, "min_samples_leaf", 20)
    found, expected = benchmark.boosting(*cells, x, 40), benchmark.boosting(*rows_of(*cells), x, 40)
    assert min(map(digits, found, expected)) < 2


def test_the_number_of_trees_predicts_the_other_units_best(cells):
    """By the same draw of units, put down as rows, each number of trees grown by itself, and scikit-learn's loss."""
    x, events, others = cells
    x, counts = x[:, :3], 20 * np.column_stack([events, others])  # without the interaction: a few trees are enough
    taken = np.random.default_rng(4).multivariate_hypergeometric(
        counts.ravel(), round(2 / 3 * counts.sum()), method="marginals"
    )
    training = taken.reshape(-1, 2)
    whole, outcome, _ = rows_of(x, *(counts - training).T)
    loss = {n: log_loss(outcome, benchmark.boosting(x, *training.T, whole, n)) for n in benchmark.ROUNDS}
    found = benchmark.choose_rounds(x, *counts.T, np.random.default_rng(4))
    assert found == min(loss, key=loss.get) and loss[found] < max(loss.values())


def test_ridge_learns_the_same_from_counts_as_from_rows(cells):
    found, expected = benchmark.ridge(*cells), benchmark.ridge(*rows_of(*cells))
    assert found[1] == expected[1] in benchmark.PENALTIES
    assert min(map(digits, found[0], expected[0])) > 8


def test_ridge_holds_back_more_where_there_is_nothing_to_learn(cells):
    x, events, others = cells
    n = events + others
    noise = np.random.default_rng(5).binomial(n, 0.4)
    assert benchmark.ridge(x, noise, n - noise)[1] > benchmark.ridge(x, 4 * events, 4 * others)[1]


def test_compare_models_compares_each_with_the_plain_model():
    frame = pd.DataFrame({"A": [0.2, 0.4, 0.6], "Plain": [0.3, 0.2, 0.7], "events": [3, 8, 20], "others": [20, 9, 4]})
    none = frame.assign(events=0)
    found = benchmark.compare_models({"one": frame, "none": none})
    assert found[["split", "model"]].to_numpy().tolist() == [
        ["one", "Plain"],
        ["one", "A"],
        ["none", "Plain"],
        ["none", "A"],
    ]
    counts = frame["events"], frame["others"]
    pair = roc.compare(frame["A"], frame["Plain"], *counts)
    assert found.loc[1, ["difference", "se", "low", "high", "z", "p"]].tolist() == [
        pair.value,
        pair.se,
        pair.low,
        pair.high,
        pair.z,
        pair.p,
    ]
    assert found.loc[0, "auc"] == roc.auc(frame["Plain"], *counts).value and np.isnan(found.loc[0, "p"])
    assert found.loc[1, "slope"] == calibration.slope(frame["A"], *counts).value
    assert found.loc[2:, ["auc", "difference", "slope", "brier"]].isna().all(axis=None)


def test_stacked_cells_are_their_events_and_their_others(cells):
    x, events, others = cells
    events = np.where(np.arange(24) == 3, 0, events)
    rows, outcome, weight = benchmark.stacked(x, events, others)
    assert len(rows) == 47 and weight[outcome == 1].sum() == events.sum() and weight[outcome == 0].sum() == others.sum()
    assert (rows[23:] == x[:, 1:]).all() and not (rows[:23] == x[3, 1:]).all(axis=1).any()
