"""The instability of single risks is that of rows, one by one, shown by bands of many."""

import numpy as np
import pytest
from agreement import digits
from scipy.special import expit

from countstats.glm.design import as_design
from countstats.prediction import bootstrap, instability


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(300), rng.integers(0, 2, (300, 6))]).astype(float)
    events = rng.binomial(3, expit(x @ [-1, 0.8, 0.5, -0.4, 0.9, 0.2, 0.6]))
    return x, events, 3 - events


@pytest.fixture(scope="module")
def booted(sample):
    return bootstrap.optimism(*sample, 12, np.random.default_rng(5))


def test_the_mean_distance_and_the_flips_are_those_of_every_unit(sample, booted):
    x, events, others = sample
    found = instability.of_draws(*sample, booted.whole, booted.draws, 0.4)
    rows = np.repeat(x, events + others, axis=0)
    risk, drawn = expit(rows @ booted.whole), expit(rows @ booted.draws.T)
    assert digits(found.mape, np.abs(drawn - risk[:, None]).mean()) > 12
    assert digits(found.flips, ((drawn >= 0.4) != (risk >= 0.4)[:, None]).mean()) > 12
    assert digits((found.bands["n"] * found.bands["mape"]).sum() / 900, found.mape) > 12
    assert found.bands["n"].sum() == 900 and (found.bands["n"] >= instability.LEAST).all()
    first = risk <= np.quantile(risk, 1 / 20)
    away = np.quantile(np.rint(1000 * (drawn - risk[:, None])[first]) / 1000, [0.025, 0.975])
    assert found.bands.loc[0, ["low", "high"]].to_numpy() == pytest.approx(risk[first].mean() + away, abs=1e-12)


def test_a_model_that_never_changes_is_stable(sample, booted):
    same = np.tile(booted.whole, (3, 1))
    found = instability.of_draws(*sample, booted.whole, same, 0.4)
    assert found.mape == 0 and found.flips == 0
    assert found.bands["low"].to_numpy() == pytest.approx(found.bands["predicted"].to_numpy())
    assert np.allclose(found.curves["low"], found.curves["high"])


def test_fewer_units_make_a_model_less_stable(sample, booted):
    x, events, others = sample
    few = bootstrap.optimism(x[:60], events[:60], others[:60], 12, np.random.default_rng(5))
    assert instability.of_draws(x, events, others, few.whole, few.draws, 0.4).mape > (
        1.5 * instability.of_draws(*sample, booted.whole, booted.draws, 0.4).mape
    )


def test_bands_are_fewer_where_units_are_few_and_curves_are_left_out_where_none_can_be_fitted():
    x = np.column_stack([np.ones(2), [0, 1]])
    found = instability.of_draws(x, [5, 12], [20, 8], [-1.4, 1.8], [[-1.4, 1.8], [-1.4, 900.0]], 0.5)
    assert len(found.bands) <= 2 and np.isfinite(found.curves).all(axis=None)
    nowhere = instability.of_draws(x, [5, 12], [20, 8], [-1.4, 1.8], [[-900.0, 1800.0]], 0.5)
    assert nowhere.curves.empty and list(nowhere.curves) == ["place", "predicted", "median", "low", "high"]


def test_a_design_may_be_given_as_such(sample, booted):
    found = instability.of_draws(*sample, booted.whole, booted.draws, 0.4)
    again = instability.of_draws(as_design(sample[0]), *sample[1:], booted.whole, booted.draws, 0.4)
    assert again.mape == found.mape
