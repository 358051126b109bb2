"""Pooling over regions, by hand."""

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from samples import reference
from scipy.optimize import brentq
from scipy.stats import t

from countstats.prediction.pooling import pooled, pooled_measures

ESTIMATES, VARIANCES = np.array([0.1, 0.9, 0.3, 0.15]), np.array([0.01, 0.02, 0.01, 0.03])


def test_the_mean_its_limits_and_those_of_a_new_region_by_hand():
    def generalized_q(tau2):
        weight = 1 / (VARIANCES + tau2)
        mean = weight @ ESTIMATES / weight.sum()
        return weight @ (ESTIMATES - mean) ** 2

    tau2 = brentq(lambda each: generalized_q(each) - 3, 0, 10, xtol=1e-14)  # Paule and Mandel
    weight = 1 / (VARIANCES + tau2)
    mean = weight @ ESTIMATES / weight.sum()
    found = pooled(ESTIMATES, VARIANCES)
    assert found.value == pytest.approx(mean, rel=1e-10) and found.tau == pytest.approx(np.sqrt(tau2), rel=1e-10)
    se = np.sqrt(max(1, generalized_q(tau2) / 3) / weight.sum())
    assert found.high - found.value == pytest.approx(t.ppf(0.975, 3) * se, rel=1e-10)
    assert found.new_high - found.value == pytest.approx(t.ppf(0.975, 2) * np.sqrt(tau2 + 1 / weight.sum()), rel=1e-10)


def test_the_mean_its_limits_and_the_spread_agree_with_metafor(agrees):
    """Its method "PM" with test "adhoc": Knapp and Hartung's error, never below the one without their correction."""
    near = [0.2, 0.35, 0.1, 0.3, 0.28], [0.01, 0.02, 0.04, 0.03, 0.01]
    for case, found in {"apart": pooled(ESTIMATES, VARIANCES), "near": pooled(*near)}.items():
        for name in ("value", "low", "high", "tau"):
            expected = reference("models")[case, "pooled", name]
            agrees("pooling over regions, metafor", getattr(found, name), expected, 9)


def test_regions_alike_have_the_mean_of_fixed_effects_and_no_narrower_limits():
    found = pooled([0.2, 0.21, 0.2], [0.01, 0.02, 0.04])
    weight = 1 / np.array([0.01, 0.02, 0.04])
    assert found.tau == 0 and found.value == pytest.approx(weight @ [0.2, 0.21, 0.2] / weight.sum())
    assert found.high - found.value == pytest.approx(t.ppf(0.975, 2) / np.sqrt(weight.sum()))


def test_a_region_without_an_estimate_does_not_count():
    assert pooled([*ESTIMATES, np.nan], [*VARIANCES, np.nan]) == pooled(ESTIMATES, VARIANCES)


def test_measures_are_pooled_the_area_on_log_odds():
    frame = pd.DataFrame({"auc": [0.7, 0.8, 0.75], "auc_variance": [1e-4, 2e-4, 1e-4], "intercept": [0, 0.1, 0.2],
                          "intercept_se": [0.1, 0.1, 0.2], "slope": [1, 0.9, np.nan], "slope_se": 0.1})  # fmt: skip
    found, area = pooled_measures([row for _, row in frame.iterrows()]), frame["auc"]
    odds = pooled(np.log(area / (1 - area)), frame["auc_variance"] / (area * (1 - area)) ** 2)
    assert found["auc"].with_limits == pytest.approx([1 / (1 + np.exp(-each)) for each in odds.with_limits])
    assert found["auc"].tau == pytest.approx(odds.tau)
    assert found["intercept"] == pooled(frame["intercept"], frame["intercept_se"] ** 2)
    assert found["slope"].with_limits == pooled([1, 0.9], [0.1**2, 0.1**2]).with_limits
    assert all(np.isnan(astuple(each)).all() for each in pooled_measures([]).values())


def test_one_region_or_none_is_no_sample_of_regions():
    one = pooled([0.3, np.nan], [0.01, np.nan])
    assert one.value == 0.3 and np.isnan(astuple(one)[1:]).all()
    assert np.isnan(astuple(pooled([np.nan], [np.nan]))).all()
    two = pooled([0.3, 0.5], [0.01, 0.02])
    assert np.isfinite([*two.with_limits, two.tau]).all() and np.isnan(two.new_low)
