"""The closed test chooses the smallest change that will do."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import logit as fitted
from scipy.special import expit, logit
from scipy.stats import chi2

from countstats.glm.cell_table import split
from countstats.prediction import calibration, updating

RISK = np.linspace(0.05, 0.9, 60)


def counts(intercept, slope, n=400):
    """Pupils whose true log odds are a line of the predicted ones."""
    true = expit(intercept + slope * logit(RISK))
    events = np.rint(n * true).astype(int)
    return events, n - events


def test_the_p_of_no_change_is_that_of_a_likelihood_ratio_test():
    events, others = counts(0.1, 0.95, 40)
    line = fitted(np.column_stack([np.ones(60), logit(RISK)]), events, others)
    log = lambda p: events @ np.log(p) + others @ np.log(1 - p)  # noqa: E731
    expected = chi2.sf(2 * (log(line.fittedvalues) - log(RISK)), 2)
    assert digits(updating.choose(RISK, events, others).p, expected) > 8


@pytest.mark.parametrize(("line", "kind"), [((0, 1), "none"), ((0.5, 1), "intercept"), ((0.3, 0.7), "both")])
def test_the_smallest_change_that_will_do(line, kind):
    events, others = counts(*line)
    found = updating.choose(RISK, events, others)
    assert found.kind == kind
    assert (found.intercept, found.slope) == pytest.approx(line, abs=0.02)
    after = calibration.recalibrated(RISK, found.intercept, found.slope)
    assert abs(calibration.in_the_large(after, events, others).value) < 0.02
    if kind == "intercept":
        assert digits(found.intercept, calibration.in_the_large(RISK, events, others).value) > 8


def test_with_few_units_nothing_is_changed():
    assert updating.choose(RISK, *counts(0.3, 0.7, 2)).kind == "none"


@pytest.mark.parametrize(
    ("sample", "words"), [(([0.3], [5], [7]), "same predicted risk"), (([0.1, 0.9], [0, 4], [5, 0]), "separates")]
)
def test_where_there_is_no_line_it_is_said(sample, words):
    with pytest.raises(ValueError, match=words):
        updating.choose(*sample)


def whole(events, others):
    return pd.DataFrame({"risk": RISK[: len(events)], "events": events, "others": others})


def test_on_halves_chooses_on_one_and_evaluates_on_the_other():
    cells, rng = whole(*counts(0.5, 1)), np.random.default_rng
    change, before, after = updating.on_halves(cells, 0.4, rng(1))
    first, second = split(cells, 0.5, rng(1))
    assert change == updating.choose(first["risk"], first["events"], first["others"]) and change.kind == "intercept"
    assert before["n"] == after["n"] == second[["events", "others"]].to_numpy().sum()
    assert before["oe"] == calibration.observed_expected(second["risk"], second["events"], second["others"]).value
    assert abs(after["intercept"]) < abs(before["intercept"]) / 2 and after["brier"] < before["brier"]


@pytest.mark.parametrize("lacking", ["events", "others"])
def test_a_half_with_few_of_a_kind_chooses_nothing(lacking):
    cells = whole(*counts(0, 1, 20))
    cells[lacking] = [38] + [0] * (len(cells) - 1)  # 19 in each half, on average
    change, before, after = updating.on_halves(cells, 0.4, np.random.default_rng(1))
    assert change.kind == "few" and np.isnan(change[1:]).all() and before["oe"] == after["oe"]


def test_where_the_risk_separates_the_halves_nothing_is_chosen():
    cells = pd.DataFrame({"risk": [0.1, 0.9], "events": [0, 90], "others": [90, 0]})
    assert updating.on_halves(cells, 0.4, np.random.default_rng(1))[0].kind == "no_line"
