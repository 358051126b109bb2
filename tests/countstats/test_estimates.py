"""An estimate with its interval: Wald's limits, and the base of those that say more."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from countstats.estimates import Estimate, half_width, wald


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wald_limits_are_quantiles_of_the_normal_distribution(confidence):
    limits = norm.interval(confidence, loc=2, scale=0.3)
    assert wald(2, 0.3, confidence).with_limits == pytest.approx((2, *limits), rel=1e-12)


def test_half_width_of_several_errors_and_of_none():
    assert half_width(np.array([0, 1])) == pytest.approx([0, 1.959963984540054])
    assert np.isnan(wald(1, np.nan).low)


def test_estimates_make_a_frame_and_cannot_be_changed():
    estimates = [Estimate(1.0, 0.5, 1.5), Estimate(2.0, 1.0, 3.0, 0.5)]
    assert list(pd.DataFrame(estimates)) == ["value", "low", "high", "se"] and np.isnan(estimates[0].se)
    with pytest.raises(FrozenInstanceError):
        estimates[0].value = 3.0
