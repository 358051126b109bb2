"""Calibration agrees with R (glm with offset, rms, Hosmer-Lemeshow bins), and with the same on rows."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import fair_rows, ones, reference, spector_rows
from samples import logit as fitted
from scipy.interpolate import CubicSpline
from scipy.special import expit, logit
from scipy.stats import chi2_contingency
from sklearn.metrics import brier_score_loss
from statsmodels.discrete.discrete_model import Logit

from countstats.glm import splines
from countstats.prediction import calibration

R = reference("calibration")
ROWS = {"spector": spector_rows, "fair": fair_rows}


def in_sample(name):
    x, y = ROWS[name]()
    return np.asarray(fitted(x, *ones(y)).fittedvalues), *ones(y)


@pytest.fixture(scope="module")
def halves():
    """A model of every second woman in `fair` (without her occupation), applied to the others."""
    x, y = fair_rows(occupation=False)
    return np.asarray(fitted(x[1::2], *ones(y[1::2])).predict(x[::2])), *ones(y[::2])


def test_intercept_and_slope_in_a_validation_half_agree_with_r(halves):
    large, slope = calibration.in_the_large(*halves), calibration.slope(*halves)
    found = {
        "CITL": large.value,
        "CITL_se": large.se,
        "slope": slope.value,
        "slope_se": slope.se,
        "slope_lo": slope.low,
        "slope_hi": slope.high,
    }
    for quantity, value in found.items():
        assert digits(value, R["fair_halves", "recalibration", quantity]) > 7.5, quantity


def test_the_joint_intercept_and_observed_against_expected_agree_with_r(halves):
    intercept, slope = calibration.intercept_and_slope(*halves)
    assert digits(intercept.value, R["fair_halves", "recalibration", "intercept_joint"]) > 7
    assert slope == calibration.slope(*halves)
    found = calibration.observed_expected(*halves)
    assert digits(found.value, R["fair_halves", "recalibration", "O_E_ratio"]) > 9
    risk, cases, _ = halves
    off = (cases - risk * cases.sum() / risk.sum()) ** 2
    assert digits(found.se, np.sqrt(off.sum()) / cases.sum()) > 12, "the delta method, on the logarithm"
    alike = calibration.observed_expected([0.2], [30], [70])
    assert digits(alike.se, np.sqrt(0.7 / 30)) > 12, "where all have one risk, the formula of Debray and colleagues"
    assert digits(np.log(found.high / found.low), 2 * 1.959963984540054 * found.se) > 12


def test_recalibrated_risks_are_calibrated(halves):
    risk, *counts = halves
    intercept, slope = (each.value for each in calibration.intercept_and_slope(*halves))
    after = calibration.recalibrated(risk, intercept, slope)
    assert abs(calibration.in_the_large(after, *counts).value) < 1e-8
    assert abs(calibration.slope(after, *counts).value - 1) < 1e-8
    assert np.allclose(calibration.recalibrated(risk), risk, rtol=1e-12)


def test_brier_agrees_with_r(halves):
    assert digits(calibration.brier(*halves), R["fair_halves", "val.prob", "Brier"]) > 8
    for name in ROWS:
        assert digits(calibration.brier(*in_sample(name)), R[name, "Brier", "brier"]) > 9
        assert digits(calibration.scaled_brier(*in_sample(name)), R[name, "Brier", "scaled_brier"]) > 9


@pytest.mark.parametrize("name", ROWS)
def test_tenths_are_the_groups_of_hosmer_and_lemeshow(name):
    found = calibration.hosmer_lemeshow(calibration.deciles(*in_sample(name)), "development")
    test = "Hosmer-Lemeshow g=10 quantile(type7) bins"
    assert found.df == R[name, test, "df"]
    assert digits(found.chi_square, R[name, test, "chi2"]) > 7
    assert digits(found.p, R[name, test, "p"]) > 7
    assert calibration.hosmer_lemeshow(calibration.deciles(*in_sample(name))).df == 10, (
        "in validation, as many as groups"
    )


@pytest.fixture
def grouped():
    """Forty risks, each with several cases and controls, in no order."""
    rng = np.random.default_rng(8)
    risk = rng.permutation(np.linspace(0.05, 0.9, 40))
    cases = rng.binomial(30, risk)
    return risk, cases, 30 - cases + rng.integers(0, 9, 40)


def test_rows_and_counts_agree(grouped):
    risk, cases, controls = grouped
    rows = np.repeat(np.append(risk, risk), np.append(cases, controls))
    outcome = np.repeat([1, 0], [cases.sum(), controls.sum()])
    for function in (calibration.in_the_large, calibration.slope):
        ours, theirs = function(*grouped), function(rows, *ones(outcome))
        assert min(map(digits, (*ours.with_limits, ours.se), (*theirs.with_limits, theirs.se))) > 8
    assert digits(calibration.brier(*grouped), brier_score_loss(outcome, rows)) > 12
    # The groups, cut again by pandas with quantiles of the rows.
    cut = pd.cut(rows, np.quantile(rows, np.linspace(0, 1, 11)), include_lowest=True, labels=False)
    found = calibration.deciles(*grouped)
    assert found["n"].tolist() == np.bincount(cut).tolist()
    assert found["events"].tolist() == np.bincount(cut, weights=outcome).tolist()
    assert found["n"].sum() == len(rows) and found["events"].sum() == cases.sum()


def test_cutting_a_cell_in_two_changes_nothing(grouped):
    risk, cases, controls = grouped
    twice = np.tile(risk, 2), np.append(cases // 2, cases - cases // 2), np.append(0 * controls, controls)
    assert calibration.slope(*twice) == calibration.slope(*grouped)
    assert calibration.in_the_large(*twice) == calibration.in_the_large(*grouped)
    pd.testing.assert_frame_equal(calibration.deciles(*twice), calibration.deciles(*grouped), check_exact=True)


def test_a_model_is_calibrated_where_it_was_fitted():
    sample = in_sample("fair")
    assert abs(calibration.in_the_large(*sample).value) < 1e-8
    assert abs(calibration.slope(*sample).value - 1) < 1e-8


def test_in_the_large_with_a_risk_next_to_zero():
    """A code without the event has a coefficient on its way to minus infinity."""
    sample = [1e-19, 0.2, 0.6], [0, 20, 60], [50, 80, 40]
    assert abs(calibration.in_the_large(*sample).value) < 1e-9
    assert abs(calibration.slope(*sample).value - 1) < 1e-6
    tamed = [1e-19, 0.1, 0.8], [0, 20, 60], [50, 80, 40]
    assert 0 < calibration.slope(*tamed).value < 1


def test_risks_halved_on_the_log_odds_scale_give_slope_two(grouped):
    risk, cases, controls = grouped
    odds = np.log(risk / (1 - risk))
    shrunk = 1 / (1 + np.exp(-odds / 2))
    wide, narrow = calibration.slope(*grouped), calibration.slope(shrunk, cases, controls)
    assert digits(narrow.value, 2 * wide.value) > 8


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
def test_risks_all_too_low_give_a_positive_intercept():
    found = calibration.in_the_large([0.2], [50], [50])
    assert digits(found.value, np.log(4)) > 9, "log odds of 1/2 less those of 1/5"
    assert digits(found.se, 0.2) > 9, "one over the root of 100 x 1/2 x 1/2"


def test_brier_of_a_constant_and_of_a_perfect_risk():
    assert calibration.brier([0.5], [3], [8]) == 0.25
    assert calibration.brier([0.0, 1.0], [0, 4], [5, 0]) == 0


def test_the_scaled_brier_score_of_a_useless_and_a_perfect_risk():
    assert calibration.scaled_brier([0.25], [2], [6]) == pytest.approx(0)
    assert calibration.scaled_brier([0.0, 1.0], [0, 4], [5, 0]) == 1


def test_hosmer_and_lemeshow_without_a_degree_of_freedom_or_with_a_certain_group_is_no_test():
    few = calibration.hosmer_lemeshow(calibration.deciles([0.2, 0.6], [2, 6], [8, 4]), "development")
    assert few.df == 0 and np.isnan(few.chi_square) and np.isnan(few.p)
    sure = calibration.hosmer_lemeshow(calibration.deciles([0.0, 1.0], [0, 4], [5, 0]))
    assert np.isnan(sure.p)


def test_few_distinct_risks_give_fewer_groups():
    assert calibration.deciles([0.3], [3], [7])["n"].tolist() == [10]
    two = calibration.deciles([0.2, 0.6], [2, 6], [8, 4])
    assert two["n"].tolist() == [10, 10] and two["observed"].tolist() == [0.2, 0.6]


@pytest.mark.parametrize("spread", [0.3, 1.5, 2.5])
def test_limits_of_observed_against_expected_hold_at_any_spread_of_risks(spread):
    rng, held = np.random.default_rng(7), []
    for _ in range(600):
        risk = expit(rng.normal(-1, spread, 500))
        cases = (rng.random(500) < risk).astype(int)
        found = calibration.observed_expected(risk, cases, 1 - cases)
        held.append(found.low <= 1 <= found.high)
    assert 0.92 < np.mean(held) < 0.975


def test_units_with_the_lowest_risk_are_grouped_with_the_next_as_r_does():
    """R: cut(risk, unique(quantile(risk, 0:10 / 10)), include.lowest = TRUE)."""
    risk = np.append(np.full(30, 0.1), np.linspace(0.2, 0.9, 60))
    cut = pd.cut(risk, np.unique(np.quantile(risk, np.linspace(0, 1, 11))), include_lowest=True, labels=False)
    found = calibration.deciles(risk, *ones(np.tile([0, 1, 0], 30)))
    sizes = np.bincount(cut)
    assert found["n"].tolist() == sizes[sizes > 0].tolist() and found["n"].iloc[0] > 30
    order = np.random.default_rng(1).permutation(90)
    assert (
        calibration.by_rank(risk[order], np.ones(90)).tolist() == calibration.by_rank(risk, np.ones(90))[order].tolist()
    )


def test_groups_that_differ_are_distinguished_and_others_are_not():
    rng, p = np.random.default_rng(3), []
    for _ in range(200):
        risk, group = expit(rng.normal(-1, 1, 600)), rng.integers(0, 3, 600)
        cases = (rng.random(600) < risk).astype(int)
        p.append(calibration.between_groups(risk, cases, 1 - cases, group).p)
    assert 0.01 < np.mean(np.array(p) < 0.05) < 0.1
    apart = calibration.between_groups([0.2, 0.2], [20, 40], [80, 60], ["a", "b"])
    chi_square, p_value, *_ = chi2_contingency([[20, 80], [40, 60]], correction=False)
    assert digits(apart.chi_square, chi_square) > 9 and digits(apart.p, p_value) > 9, "with one risk it is Pearson's"
    assert apart.df == 1 and np.isnan(calibration.between_groups([0.2, 0.4], [2, 4], [8, 6], ["a", "a"]).p)


def test_limits_of_the_mean_error_hold_it_where_risks_are_right_and_where_they_are_off():
    rng, held = np.random.default_rng(3), []
    odds = rng.normal(-1.3, 1, 800)
    for _ in range(30):
        for line in ((0, 1), (0.4, 0.7)):
            true = expit(line[0] + line[1] * odds)
            cases = (rng.random(800) < true).astype(int)
            found = calibration.smooth_error(expit(odds), cases, 1 - cases, 60, rng).loc["ici"]
            held.append(found["low"] <= np.abs(true - expit(odds)).mean() + 1e-12 <= found["high"] + 1e-12)
            assert (found["low"] <= found["value"] and line == (0, 1)) or found["low"] > 0, "a misfit that is seen"
    assert np.mean(held) > 0.87, "95% less three binomial standard errors"


def test_the_value_of_the_mean_error_is_that_of_the_curve(halves):
    found, curve = calibration.smooth_error(*halves, 50, np.random.default_rng(1)), calibration.smooth_curve(*halves)
    assert found["value"].tolist() == [curve.ici, curve.e50, curve.e90]
    assert (found["low"] <= found["value"]).all()


def test_limits_never_leave_out_the_share():
    groups = calibration.deciles([0.1, 0.3, 0.6], [0, 3, 41], [37, 5, 0], groups=3)
    assert (groups["low"] <= groups["observed"]).all() and (groups["observed"] <= groups["high"]).all()


def test_a_constant_risk_has_no_slope():
    with pytest.raises(ValueError, match="same predicted risk"):
        calibration.slope([0.3], [5], [7])


@pytest.mark.parametrize("sample", [([0.1, 0.5, 0.9], [0, 2, 3], [4, 0, 0]), ([0.1, 0.5, 0.9], [4, 1, 0], [0, 2, 3])])
def test_a_risk_that_separates_has_no_slope(sample):
    with pytest.raises(ValueError, match="separates cases from controls"):
        calibration.slope(*sample)


@pytest.mark.parametrize(
    "function", [calibration.in_the_large, calibration.slope, calibration.brier, calibration.deciles]
)
def test_one_class_alone_is_an_error(function):
    with pytest.raises(ValueError, match="needs cases and controls"):
        function([0.2, 0.4], [3, 4], [0, 0])


@pytest.mark.parametrize("risk", [0.0, 1.0])
def test_log_odds_refuses_a_risk_of_zero_or_one(risk):
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.slope([risk, 0.5], [1, 2], [2, 1])


R = reference("calibration")


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
    found = calibration.smooth_curve(*halves)
    assert found.knots == 5
    at = natural(logit(found.curve["predicted"].to_numpy()), knots)
    expected = model.predict(at)
    assert min(map(digits, found.curve["observed"], expected)) > 7
    eta, se = at @ model.params, np.sqrt(np.einsum("ij,jk,ik->i", at, model.cov_params(), at))
    assert min(map(digits, found.curve["low"], expit(eta - 1.959963984540054 * se))) > 6
    distance = np.abs(model.predict(natural(odds, knots)) - risk)
    summary = distance.mean(), np.quantile(distance, 0.5), np.quantile(distance, 0.9), distance.max()
    assert min(map(digits, (found.ici, found.e50, found.e90, found.largest), summary)) > 6


def test_the_mean_distance_is_near_that_of_rms_though_its_smoother_is_another(halves):
    """rms smooths locally; both say how far the curve lies from the diagonal in the mean."""
    assert abs(calibration.smooth_curve(*halves).ici - R["fair_halves", "val.prob", "Eavg"]) < 0.003


def test_the_curve_of_rows_and_of_counts_agree():
    rng = np.random.default_rng(3)
    risk = np.linspace(0.05, 0.9, 60)
    cases = rng.binomial(25, risk**1.3)
    rows = np.repeat(np.append(risk, risk), np.append(cases, 25 - cases))
    outcome = np.repeat([1, 0], [cases.sum(), (25 - cases).sum()])
    one, other = calibration.smooth_curve(risk, cases, 25 - cases), calibration.smooth_curve(rows, *ones(outcome))
    assert np.allclose(one.curve, other.curve, rtol=1e-8) and np.allclose(one[1:], other[1:], rtol=1e-8)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
def test_risks_that_came_true_have_a_curve_on_the_diagonal():
    risk = np.linspace(0.1, 0.9, 9)
    found = calibration.smooth_curve(risk, (1000 * risk).round().astype(int), (1000 * (1 - risk)).round().astype(int))
    assert found.largest < 1e-6 and found.ici < 1e-6
    assert (found.curve["low"] < found.curve["predicted"]).all()


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
@pytest.mark.parametrize(("distinct", "knots"), [(2, 0), (3, 0), (5, 4), (40, 5)])
def test_few_distinct_risks_take_fewer_knots(distinct, knots):
    risk = np.linspace(0.2, 0.7, distinct)
    found = calibration.smooth_curve(risk, np.full(distinct, 6), np.full(distinct, 9))
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
        calibration.smooth_curve(*sample)
