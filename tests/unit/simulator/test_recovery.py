"""The recovery study in small: what the model finds again, and that a wrong number would be noticed.

The bounds are those of the binomial distribution, at a probability of one in a thousand for each test as a whole.
"""

import numpy as np
import pandas as pd
import pytest
from small_recovery import CALLERS, NUMBERS, TIMES

from countstats.simulation_study import band, performance, replicate
from hotline.errors import InputError
from hotline.simulator import level_model, recovery

pytestmark = pytest.mark.xdist_group("recovery")


@pytest.fixture(scope="module")
def estimates(setting):
    streams = np.random.SeedSequence(2).spawn(TIMES)
    return replicate(streams, recovery.recover, setting, CALLERS)


def test_recover_estimates_every_coefficient(estimates):
    assert set(estimates["term"]) == set(level_model.truth(NUMBERS).index)
    assert len(estimates) == TIMES * len(level_model.truth(NUMBERS))


def test_recover_covers_every_coefficient_at_the_nominal_rate(estimates):
    summary = performance(estimates, ["term"])
    low, high = band(0.95, TIMES, tests=len(summary))
    assert summary["coverage"].between(low, high).all()
    # Over all coefficients the bounds are narrower; replications are independent, coefficients are not quite.
    covered = (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])
    by_replication = covered.groupby(estimates["replication"]).mean()
    assert by_replication.mean() == pytest.approx(0.95, abs=3.3 * by_replication.std() / np.sqrt(TIMES))


def test_recover_has_the_standard_errors_of_its_estimates(estimates):
    summary = performance(estimates, ["term"])
    ratio = np.log(summary["empirical_se"] / summary["model_se"])
    assert abs(ratio.mean()) < 0.05
    assert (ratio.abs() < 4 / np.sqrt(2 * (TIMES - 1))).all()


@pytest.mark.parametrize("term", ["stage=junior", "sex:problem=female:emotion", "high_risk: problem=academic"])
def test_recover_shows_a_wrong_coefficient(estimates, term):
    """Had the data been made with another odds ratio than published.yml states, the same bounds would fail."""
    claimed = estimates.assign(truth=estimates["truth"].mask(estimates["term"] == term, estimates["truth"] + 0.5))
    summary = performance(claimed, ["term"]).set_index("term")
    low, high = band(0.95, TIMES, tests=len(summary))
    outside = ~summary["coverage"].between(low, high)
    assert outside[term] and outside.sum() == 1


@pytest.fixture(scope="module")
def threats(setting):
    return replicate(np.random.SeedSequence(5).spawn(8), recovery.estimate_by_analysis, setting, CALLERS)


def test_estimate_by_analysis_has_the_complete_data_of_recover(setting, threats):
    complete = threats[(threats["analysis"] == "complete") & (threats["replication"] == 0)].set_index("term")
    alone = recovery.recover(np.random.default_rng(np.random.SeedSequence(5).spawn(1)[0]), setting, CALLERS)
    alone = alone.set_index("term")
    assert np.allclose(complete["b"], alone["b"].loc[complete.index], atol=1e-9)
    assert set(alone.index) == set(complete.index)


def test_by_analysis_shows_what_records_do(threats):
    """Signs of what theory says, far beyond their Monte-Carlo errors; sizes are results, not tests."""
    summary = recovery.by_analysis(threats).set_index("analysis")
    assert list(summary.index) == list(recovery.ANALYSES)
    assert summary.loc["repeat_callers", "coverage"] < 0.8 < summary.loc["complete", "coverage"]
    assert summary.loc["repeat_callers", "model_se"] < 0.7 * summary.loc["repeat_callers", "empirical_se"]
    assert summary.loc["two_high_risk", "model_se"] > 1.3 * summary.loc["complete", "model_se"]
    assert summary.loc["cases", "records"] < summary.loc["assessed", "records"] < summary.loc["complete", "records"]
    assert summary.loc["repeat_callers", "high_risk"] > summary.loc["complete", "high_risk"]
    shifts = recovery.largest_shifts(threats).set_index("analysis")
    assert list(shifts.index) == list(recovery.ANALYSES)[1:]
    left_out = level_model.log_ratios(NUMBERS.level_departures).index
    assert shifts.loc["proportional", "term"] in left_out
    assert abs(shifts.loc["proportional", "shift"]) > 4 * shifts.loc["proportional", "shift_mcse"]


def test_by_analysis_names_an_analysis_without_estimates(threats):
    few = threats[(threats["analysis"] != "two_high_risk") | (threats["replication"] == 0)]
    with pytest.raises(InputError, match=r"two_high_risk.*raise callers or replications"):
        recovery.by_analysis(few)


def test_performance_by_hand():
    b = [1.0, 2.0, 3.0, 6.0]
    rows = pd.DataFrame({"term": "x", "b": b, "se": [1.0, 1.0, 1.0, 2.0], "truth": 2.0})
    summary = performance(rows.assign(low=rows["b"] - 1.5 * rows["se"], high=rows["b"] + 1), ["term"]).iloc[0]
    assert summary["bias"] == 1.0 and summary["n"] == 4
    assert summary["empirical_se"] == pytest.approx(np.std(b, ddof=1))
    assert summary["bias_mcse"] == pytest.approx(np.std(b, ddof=1) / 2)
    assert summary["model_se"] == pytest.approx(np.sqrt(7 / 4))
    assert summary["coverage"] == 0.75 and summary["coverage_mcse"] == pytest.approx(np.sqrt(0.75 * 0.25 / 4))
