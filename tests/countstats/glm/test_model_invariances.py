"""What must not change a model on counts: the order of rows, cut cells, empty categories, everything twice."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countstats.columns import COUNTS
from countstats.glm import design, firth, logit, marginal, multinomial, profile, robust, wald
from countstats.prediction import roc

BASES = {"sex": "male", "stage": "primary"}
STAGES = ["primary", "junior", "senior", "adult"]  # no unit is an adult
counts = st.lists(st.integers(1, 60), min_size=36, max_size=36)


def cells_from(numbers):
    """Sex by stage by cluster with events and others, all of them positive."""
    grid = pd.MultiIndex.from_product([["male", "female"], STAGES[:3], [1, 2, 3]], names=["sex", "stage", "cluster"])
    cells = grid.to_frame(index=False)
    cells["sex"] = pd.Categorical(cells["sex"], ["male", "female", "missing"])
    cells["stage"] = pd.Categorical(cells["stage"], STAGES)
    return cells.assign(events=numbers[:18], others=numbers[18:])


def everything(cells):
    """One number after the other from every method, in a fixed order of terms."""
    x = design.matrix(cells, BASES)
    fitted, penalised = logit.fit(x, cells), firth.fit(x, cells)
    levels = pd.DataFrame({"well": cells["others"], "bad": cells["events"], "worse": cells["events"] + cells["others"]})
    effects = marginal.average_effects(x, cells, fitted)
    fractions = marginal.attributable_fractions(x, cells, fitted, {"stage": ["stage"]})
    score = x.to_numpy() @ [0, 2, 1, 1]
    parts = [
        fitted.table(), penalised.table(), profile.multivariable(x, cells, fitted), effects, fractions,
        robust.sandwich(x, cells, fitted, cells["cluster"]), multinomial.fit(x, levels).table(),
        pd.Series(asdict(roc.compare(x.iloc[:, 1], score, *cells[["events", "others"]].to_numpy().T))),
        logit.measures(x, cells, fitted), profile.univariable(cells, BASES), wald.univariable(cells, BASES),
    ]  # fmt: skip
    return np.concatenate([part.to_numpy(float).ravel() for part in parts])


def same(one, two):
    assert one == pytest.approx(two, rel=1e-6, abs=1e-9, nan_ok=True)


@settings(max_examples=12, deadline=None)
@given(counts, st.randoms(use_true_random=False))
def test_order_and_cutting_change_nothing(numbers, random):
    cells = cells_from(numbers)
    expected = everything(cells)
    order = list(range(18))
    random.shuffle(order)
    same(everything(cells.iloc[order].reset_index(drop=True)), expected)
    cut = cells[COUNTS].map(lambda n: random.randint(0, n))
    parts = pd.concat([cells.assign(**cut), cells.assign(**(cells[COUNTS] - cut))], ignore_index=True)
    same(everything(parts), expected)


@settings(max_examples=12, deadline=None)
@given(counts)
def test_doubled_counts_halve_the_variance(numbers):
    once = cells_from(numbers)
    twice = once.assign(**(2 * once[COUNTS]))
    x = design.matrix(once, BASES)
    one, two = (logit.fit(x, cells) for cells in (once, twice))
    same(two.estimates.to_numpy(), one.estimates.to_numpy())
    same(2 * two.covariance, one.covariance)
    assert two.log_likelihood == pytest.approx(2 * one.log_likelihood)
    # Three clusters stay three, however many units they have: each keeps its share of the information, and what its
    # scores gain the inverse information loses.
    robustly = [robust.sandwich(x, cells, fit, once["cluster"]) for cells, fit in ((once, one), (twice, two))]
    same(robustly[1].to_numpy(), robustly[0].to_numpy())
    effects = [marginal.average_effects(x, cells, fit) for cells, fit in ((once, one), (twice, two))]
    same(effects[1]["effect"].to_numpy(), effects[0]["effect"].to_numpy())
    same(2 * effects[1]["se"].to_numpy() ** 2, effects[0]["se"].to_numpy() ** 2)


@settings(max_examples=12, deadline=None)
@given(counts)
def test_risks_do_not_depend_on_the_reference(numbers):
    cells = cells_from(numbers)
    x, other = design.matrix(cells, BASES), design.matrix(cells, {"sex": "female", "stage": "senior"})
    one, two = logit.fit(x, cells), logit.fit(other, cells)
    same(logit.risks(other, two), logit.risks(x, one))
    same(two.estimates["stage", "junior"], one.estimates["stage", "junior"] - one.estimates["stage", "senior"])
    same(logit.risks(other, firth.fit(other, cells)), logit.risks(x, firth.fit(x, cells)))
