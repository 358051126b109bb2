"""The smooth calibration curve is a natural spline in a logistic model, whether from rows or from counts."""

import numpy as np
import pytest
from agreement import digits
from samples import fair_rows, ones, reference
from samples import logit as fitted
from scipy.interpolate import CubicSpline
from scipy.special import expit, logit
from statsmodels.discrete.discrete_model import Logit

from countstats.glm import splines
from countstats.prediction import calibration_curve

R = reference("calibration")


@pytest.fixture(scope="module")
def halves():
    """A model of every second woman in `fair` (without her occupation), applied to the others."""
    x, y = fair_rows(occupation=False)
    return np.asarray(fitted(x[1::2], *ones(y[1::2])).predict(x[::2])), *ones(y[::2])


def natural(x, knots):
    """A basis of the natural cubic splines on some knots, by scipy: one that is 1 at a knot and 0 at the others.

    Beyond the outer knots it goes on as a line.
    """
    columns = []
    for unit in np.eye(len(knots)):
        curve = CubicSpline(knots, unit, bc_type="natural")
        inside = np.clip(x, knots[0], knots[-1])
        columns.append(curve(inside) + (x - inside) * curve(inside, 1))
    return np.column_stack(columns)


def test_the_curve_is_that_of_a_natural_spline_fitted_to_rows(halves):
    risk, events, _ = halves
    odds = logit(risk)
    knots = np.quantile(odds, splines.PLACES[5])
    model = Logit(events, natural(odds, knots)).fit(disp=0, tol=1e-14, maxiter=100)
    found = calibration_curve.smooth(*halves)
    assert found.knots == 5
    at = natural(logit(found.curve["predicted"].to_numpy()), knots)
    expected = model.predict(at)
    assert min(map(digits, found.curve["observed"], expected)) > 7
    eta, se = at @ model.params, np.sqrt(np.einsum("ij,jk,ik->i", at, model.cov_params(), at))
    assert min(map(digits, found.curve["low"], expit(eta - 1.959963984540054 * se))) > 6
    distance = np.abs(model.predict(natural(odds, knots)) - risk)
    summary = distance.mean(), np.quantile(distance, 0.5), np.quantile(distance, 0.9), distance.max()
    assert min(map(digits, found[1:5], summary)) > 6


def test_the_mean_distance_is_near_that_of_rms_though_its_smoother_is_another(halves):
    """rms smooths locally; both say how far the curve lies from the diagonal in the mean."""
    assert abs(calibration_curve.smooth(*halves).ici - R["fair_halves", "val.prob", "Eavg"]) < 0.003


def test_rows_and_counts_agree():
    rng = np.random.default_rng(3)
    risk = np.linspace(0.05, 0.9, 60)
    cases = rng.binomial(25, risk**1.3)
    rows = np.repeat(np.append(risk, risk), np.append(cases, 25 - cases))
    outcome = np.repeat([1, 0], [cases.sum(), (25 - cases).sum()])
    one, other = calibration_curve.smooth(risk, cases, 25 - cases), calibration_curve.smooth(rows, *ones(outcome))
    assert np.allclose(one.curve, other.curve, rtol=1e-8) and np.allclose(one[1:], other[1:], rtol=1e-8)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
def test_risks_that_came_true_have_a_curve_on_the_diagonal():
    risk = np.linspace(0.1, 0.9, 9)
    found = calibration_curve.smooth(risk, (1000 * risk).round().astype(int), (1000 * (1 - risk)).round().astype(int))
    assert found.largest < 1e-6 and found.ici < 1e-6
    assert (found.curve["low"] < found.curve["predicted"]).all()


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
@pytest.mark.parametrize(("distinct", "knots"), [(2, 0), (3, 0), (5, 4), (40, 5)])
def test_few_distinct_risks_take_fewer_knots(distinct, knots):
    risk = np.linspace(0.2, 0.7, distinct)
    found = calibration_curve.smooth(risk, np.full(distinct, 6), np.full(distinct, 9))
    assert found.knots == knots and np.isfinite(found.curve).all(axis=None)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (([0.3], [5], [7]), "same predicted risk"),
        (([0.1, 0.9], [0, 4], [5, 0]), "separates"),
        (([0.1, 0.9], [0, 0], [5, 3]), "needs cases and controls"),
        (([0.0, 0.5], [1, 2], [2, 1]), "between 0 and 1"),
    ],
)
def test_where_there_is_no_curve_it_is_said(sample, words):
    with pytest.raises(ValueError, match=words):
        calibration_curve.smooth(*sample)
