"""A misfit is judged by its size and its interval, and the interval holds the error of the model that is judged."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import logit as fitted
from scipy.special import expit, logit
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.estimates import Estimate
from countstats.glm import firth
from countstats.glm.cell_table import split
from countstats.prediction import calibration, updating

RISK = np.linspace(0.05, 0.9, 60)


def line_of(intercept, slope, n=400):
    """A design of log odds with the coefficients (0, 1), and units whose true log odds are a line of these."""
    x = np.column_stack([np.ones(60), logit(RISK)])
    events = np.rint(n * expit(intercept + slope * x[:, 1])).astype(int)
    return x, np.array([0.0, 1.0]), np.zeros((2, 2)), events, n - events


def test_with_a_model_that_is_known_it_is_the_line_and_its_errors():
    found = updating.misfit(*line_of(0.1, 0.95, 40))
    x, _, _, events, others = line_of(0.1, 0.95, 40)
    line = fitted(x, events, others)
    assert digits(found.slope.value, line.params[1]) > 8 and digits(found.slope.se, line.bse[1]) > 8
    assert digits(found.intercept.value, line.params[0]) > 8 and digits(found.intercept.low, line.conf_int()[0][0]) > 7
    off = line.params - [0, 1]
    assert digits(found.p, chi2.sf(off @ np.linalg.solve(line.cov_params(), off), 2)) > 6
    assert found.p == found.p_of_sample and found.expected == 1
    ratio = calibration.observed_expected(RISK, events, others)
    assert digits(found.oe.low, ratio.low) > 9


def test_the_spread_of_coefficients_is_their_covariance_and_zero_for_what_no_unit_has():
    x, _, _, events, others = line_of(0.2, 0.9, 40)
    b = firth.refit(x, events, others)
    found = updating.spread(np.column_stack([x, np.zeros(60)]), events, others, np.append(b, 0))
    assert np.allclose(found[:2, :2], fitted(x, events, others).cov_params(), rtol=1e-7) and not found[2].any()


def test_random_hold_outs_are_no_false_alarm_though_the_closed_test_takes_them_for_one():
    """Two thirds of 1,800 are held out, of the same units as those of the fit: nothing is wrong with them."""
    rng, found, closed = np.random.default_rng(8), [], []
    x = np.column_stack([np.ones(1800), rng.integers(0, 2, (1800, 8))]).astype(float)
    y = (rng.random(1800) < expit(x @ [-0.9, 0.9, 0.7, 0.5, -0.6, 0.4, 0.4, -0.3, 0.2])).astype(int)
    for _ in range(120):
        train, test = np.split(rng.permutation(1800), [600])
        b = firth.refit(x[train], y[train], 1 - y[train])
        spread = updating.spread(x[train], y[train], 1 - y[train], b)
        misfit = updating.misfit(x[test], b, spread, y[test], 1 - y[test])
        found.append([misfit.p < 0.05, misfit.oe.low <= 1 <= misfit.oe.high,
                      misfit.slope.low <= misfit.expected <= misfit.slope.high])  # fmt: skip
        closed.append(misfit.p_of_sample < 0.05)
    false, oe, slope = np.mean(found, axis=0)
    assert np.mean(closed) > 0.25, "which is why it does not decide"
    assert false < 0.11 and min(oe, slope) > 0.89, "5% and 95%, and three binomial standard errors"


@pytest.mark.parametrize(
    ("oe", "slope", "verdict"),
    [
        ((1.0, 0.95, 1.05), (1.0, 0.9, 1.1), "irrelevant"),
        ((1.3, 1.2, 1.4), (1.0, 0.9, 1.1), "relevant"),
        ((1.05, 1.01, 1.09), (1.0, 0.9, 1.1), "irrelevant"),
        ((1.3, 0.9, 1.9), (1.0, 0.9, 1.1), "open"),
        ((1.0, 0.95, 1.05), (0.7, 0.5, 0.9), "relevant"),
        ((1.0, 0.95, 1.05), (0.78, 0.6, 0.96), "open"),
    ],
)
def test_the_verdict_is_by_margin_and_interval(oe, slope, verdict):
    """The last slope leaves out one, and not the slope that overfitting brings."""
    misfit = updating.Misfit(Estimate(*oe), Estimate(0, -1, 1), Estimate(*slope), 0.95, 0.01, 0.5)
    assert misfit.verdict(0.1, 0.2) == verdict
    assert misfit._replace(p=0.06).verdict(0.1, 0.2) == ("open" if verdict == "relevant" else verdict)


def test_the_overfitting_to_expect_is_that_of_models_of_so_many_units():
    rng, slopes, expected = np.random.default_rng(2), [], []
    x = np.column_stack([np.ones(20000), rng.integers(0, 2, (20000, 10))]).astype(float)
    true = expit(x @ [-0.9, 0.9, 0.7, 0.5, -0.6, 0.4, 0.4, -0.3, 0.2, 0, 0])
    events = np.rint(1000 * true).astype(int)
    for _ in range(30):
        some = rng.integers(0, 20000, 1500)
        y = (rng.random(1500) < true[some]).astype(int)
        b = firth.refit(x[some], y, 1 - y)
        found = updating.misfit(x, b, updating.spread(x[some], y, 1 - y, b), events, 1000 - events)
        slopes.append(found.slope.value)
        expected.append(found.expected)
    assert np.mean(slopes) < 0.97 and abs(np.mean(slopes) - np.mean(expected)) < 0.02


@pytest.mark.parametrize(
    ("events", "others", "words"), [([0, 9], [9, 0], "separates"), ([0, 0], [9, 9], "needs cases")]
)
def test_where_there_is_no_line_it_is_said(events, others, words):
    with pytest.raises(ValueError, match=words):
        updating.misfit(np.array([[1.0, 0], [1, 1]]), [0, 1], np.zeros((2, 2)), events, others)


def cells_of(intercept, slope, n=400):
    _, _, _, events, others = line_of(intercept, slope, n)
    return pd.DataFrame({"risk": RISK, "events": events, "others": others})


def test_each_half_is_recalibrated_by_the_line_of_the_other():
    cells, rng = cells_of(0.5, 0.8), np.random.default_rng
    found, halves = updating.crosswise(cells, rng(1)), split(cells, 0.5, rng(1))
    assert found[COUNTS].sum().tolist() == cells[COUNTS].sum().tolist()
    intercept, slope = calibration.intercept_and_slope(halves[1]["risk"], *halves[1][COUNTS].to_numpy().T)
    first = calibration.recalibrated(halves[0]["risk"], intercept.value, slope.value)
    assert np.allclose(found["recalibrated"][: len(halves[0])], first)
    before, after = (calibration.brier(found[each], *found[COUNTS].to_numpy().T) for each in ("risk", "recalibrated"))
    assert after < before


@pytest.mark.parametrize(
    "cells", [cells_of(0, 1, 1), pd.DataFrame({"risk": [0.1, 0.9], "events": [0, 90], "others": [90, 0]})]
)
def test_a_half_with_few_of_a_kind_or_without_a_line_recalibrates_nothing(cells):
    assert updating.crosswise(cells, np.random.default_rng(1)) is None
