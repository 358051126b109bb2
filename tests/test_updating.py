"""The closed test chooses the smallest change that will do."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import chi2

from agreement import digits
from hotline.stats import calibration, updating
from samples import logit as fitted

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


def test_with_few_pupils_nothing_is_changed():
    assert updating.choose(RISK, *counts(0.3, 0.7, 2)).kind == "none"


@pytest.mark.parametrize(
    ("sample", "words"), [(([0.3], [5], [7]), "same predicted risk"), (([0.1, 0.9], [0, 4], [5, 0]), "separates")]
)
def test_where_there_is_no_line_it_is_said(sample, words):
    with pytest.raises(ValueError, match=words):
        updating.choose(*sample)
