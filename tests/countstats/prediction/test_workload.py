"""Alerts of a shift: the moments and the distribution of counts whose rate varies."""

import numpy as np
import pytest
from scipy.stats import poisson

from countstats.prediction import roc, workload


def test_extra_variance_is_that_of_the_rate():
    rng = np.random.default_rng(5)
    group = np.repeat(["a", "b"], 40_000)
    mean = np.repeat([3.0, 20.0], 40_000)
    rate = mean * rng.gamma(1 / 0.08, 0.08, len(mean))
    assert workload.extra_variance(rng.poisson(rate), group) == pytest.approx(0.08, abs=0.004)
    assert workload.extra_variance(rng.poisson(mean), group) < 0.002
    assert workload.extra_variance([4, 4, 4, 4], [1, 1, 2, 2]) == 0, "less than Poisson's is none"
    assert workload.extra_variance([4, 5], [1, 2]) == 0, "no two shifts are alike"


def test_chance_of_at_most_is_that_of_draws():
    rng = np.random.default_rng(6)
    calls = rng.poisson(12 * rng.gamma(1 / 0.1, 0.1, 200_000))
    alerts = rng.binomial(calls, 0.25)
    assert workload.chance_of_at_most(3, 12 * 0.25, 0.1) == pytest.approx((alerts <= 3).mean(), abs=0.004)
    assert workload.chance_of_at_most(3, [2.0, 4.0], 0.0).tolist() == pytest.approx(poisson.cdf(3, [2, 4]).tolist())
    assert workload.chance_of_at_most(3, 0.0, 0.1) == 1


def test_flagged_shares_count_units_without_a_score_as_not_flagged():
    score, n, kind = [0.1, 0.3, np.nan, 0.3, 0.2], [2, 1, 1, 5, 5], ["day", "day", "day", "night", "night"]
    found = workload.flagged_shares(score, n, kind, [-np.inf, 0.1, 0.3, np.inf])
    assert found["day"].tolist() == [0.75, 0.75, 0.25, 0.0]
    assert found["night"].tolist() == [1.0, 1.0, 0.5, 0.0]
    with_rounding = workload.flagged_shares([0.3 - roc.ROUNDING / 2], [1], ["day"], [0.3])
    assert with_rounding["day"].tolist() == [1.0], "a score below by rounding alone reaches it"
