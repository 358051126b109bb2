"""Net benefit agrees with the formula in R, and its error with the spread over rows."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import fair_rows, logit, ones, reference

from countstats.prediction.decision_curve import net_benefit, surely_ahead

R = reference("calibration")
THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.fixture(scope="module")
def halves():
    """A model of every second woman in `fair` (without her occupation), applied to the others."""
    x, y = fair_rows(occupation=False)
    return np.asarray(logit(x[1::2], *ones(y[1::2])).predict(x[::2])), *ones(y[::2])


def test_net_benefit_agrees_with_r(halves):
    found = net_benefit(*halves, THRESHOLDS)
    for row in found.itertuples():
        test = f"net benefit t={row.threshold:g}"
        assert digits(row.model, R["fair_halves", test, "model"]) > 10
        assert digits(row.all, R["fair_halves", test, "treat_all"]) > 10


def test_its_error_is_that_of_a_mean_over_rows(halves):
    risk, cases, _ = halves
    for row in net_benefit(*halves, THRESHOLDS).itertuples():
        gain = (risk >= row.threshold) * np.where(cases == 1, 1, -row.threshold / (1 - row.threshold))
        assert digits(row.model, gain.mean()) > 11
        assert digits(row.high - row.low, 2 * 1.959963984540054 * gain.std() / np.sqrt(len(gain))) > 8


def test_being_ahead_is_a_paired_difference_of_rows(halves):
    risk, cases, _ = halves
    found = net_benefit(*halves, THRESHOLDS)
    assert 0 < (found["all"] > 0).sum() < len(found), "both policies should be the better one somewhere"
    for row in found.itertuples():
        flag_all = np.where(cases == 1, 1, -row.threshold / (1 - row.threshold))
        more = (risk >= row.threshold) * flag_all - (flag_all if flag_all.mean() > 0 else 0)
        assert digits(row.ahead, more.mean()) > 10
        assert digits(row.ahead_high - row.ahead_low, 2 * 1.959963984540054 * more.std() / np.sqrt(len(more))) > 8


def test_surely_ahead_where_the_lower_limit_is_above_zero_and_counts_gaps():
    curve = pd.DataFrame({"threshold": np.arange(8), "ahead_low": [-1, 1, 2, 0, -1, 1, -1, 1]})
    rows, gaps = surely_ahead(curve)
    assert rows["threshold"].tolist() == [1, 2, 5, 7] and gaps == 2
    assert surely_ahead(curve.iloc[:3])[1] == surely_ahead(curve.iloc[:1])[1] == 0


def test_rows_and_counts_agree_in_any_order():
    rng = np.random.default_rng(1)
    risk, cases, controls = rng.permutation(np.linspace(0.05, 0.95, 19)), rng.integers(0, 9, 19), rng.integers(0, 9, 19)
    rows = np.repeat(np.append(risk, risk), np.append(cases, controls))
    outcome = np.repeat([1, 0], [cases.sum(), controls.sum()])
    one, other = net_benefit(risk, cases, controls, THRESHOLDS), net_benefit(rows, *ones(outcome), THRESHOLDS)
    assert np.allclose(one, other, rtol=1e-12)


def test_a_perfect_model_finds_all_and_a_useless_one_equals_flagging_all_or_none():
    perfect = net_benefit([0.01, 0.99], [0, 30], [70, 0], [0.1, 0.5])
    assert perfect["model"].tolist() == [0.3, 0.3]
    useless = net_benefit([0.3], [30], [70], [0.2, 0.3, 0.4])
    assert useless["model"].iloc[:2].tolist() == pytest.approx(useless["all"].iloc[:2].tolist())
    assert useless["model"].iloc[2] == 0, "above its only risk it flags none"


def test_flagging_all_breaks_even_at_the_share_of_the_event():
    assert net_benefit([0.3], [30], [70], [0.3])["all"].iloc[0] == pytest.approx(0)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.2])
def test_a_threshold_beyond_the_risks_is_an_error(threshold):
    with pytest.raises(ValueError, match="between 0 and 1"):
        net_benefit([0.3], [30], [70], [threshold])


def test_net_benefit_without_units_is_an_error():
    with pytest.raises(ValueError, match="no units"):
        net_benefit([], [], [], [0.5])
