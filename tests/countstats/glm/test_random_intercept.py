"""The spread of clusters: against integrals on a grid, samples with a spread of their own, and its formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binom, norm

from countstats.glm import random_intercept


def sample(sd, clusters=40, units=60, seed=1):
    """Cells of clusters whose log odds differ by a normal deviate: (linear predictor, cells, cluster)."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), 3)
    linear = np.tile([-1.0, 0.2, 0.9], clusters)
    n = rng.integers(1, 2 * units // 3, len(cluster))
    events = rng.binomial(n, expit(linear + sd * rng.standard_normal(clusters)[cluster]))
    return linear, pd.DataFrame({"events": events, "others": n - events}), cluster


def by_integrals(linear, cells, cluster, shift, log_sd):
    """Return the log-likelihood by the trapezoidal rule on a fine grid, which all clusters share."""
    z = np.linspace(-8, 8, 801)
    risk = expit(linear[:, None] + shift + np.exp(log_sd) * z)
    of_cells = binom.logpmf(cells["events"].to_numpy()[:, None], cells.sum(axis=1).to_numpy()[:, None], risk)
    of_clusters = pd.DataFrame(of_cells).groupby(cluster).sum().to_numpy()
    return np.log(trapezoid(np.exp(of_clusters) * norm.pdf(z), z, axis=1)).sum()


def test_against_integrals(agrees):
    linear, cells, cluster = sample(0.8, clusters=12, units=30)
    spread = random_intercept.fit(linear, cells, cluster)

    def negative(at):
        return -by_integrals(linear, cells, cluster, *at)

    best = minimize(negative, [0.0, np.log(spread.sd)], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11})
    agrees("random intercept: standard deviation, against integrals", spread.sd, np.exp(best.x[1]), 5)
    for limit in (spread.low, spread.high):
        of_limit = minimize(lambda at, limit=limit: negative([at[0], np.log(limit)]), [best.x[0]], method="Nelder-Mead")
        assert of_limit.fun - best.fun == pytest.approx(3.841459 / 2, abs=1e-4)
    none = minimize(lambda at: negative([at[0], -20.0]), [0.0], method="Nelder-Mead")
    assert spread.chi_square == pytest.approx(2 * (none.fun - best.fun), rel=1e-5)


def test_intervals_hold_the_spread_that_samples_have():
    spreads = [random_intercept.fit(*sample(0.4, seed=seed)) for seed in range(60)]
    assert np.mean([spread.sd for spread in spreads]) == pytest.approx(0.4, abs=0.03)
    assert sum(spread.low <= 0.4 <= spread.high for spread in spreads) >= 52, "of 60 some 57 should"


def test_without_a_spread_the_test_rejects_as_often_as_it_says():
    spreads = [random_intercept.fit(*sample(0.0, seed=seed)) for seed in range(60)]
    assert sum(spread.p < 0.05 for spread in spreads) <= 8
    nothing = [spread for spread in spreads if spread.sd == 0]
    assert len(nothing) > 15, "half of the samples, or somewhat more"
    assert all(spread.low == 0 < spread.high and spread.p == 1 for spread in nothing)


def test_labels_and_order_of_clusters_do_not_matter(agrees):
    linear, cells, cluster = sample(0.5)
    order = np.random.default_rng(2).permutation(len(linear))
    other = random_intercept.fit(linear[order], cells.iloc[order], np.array([f"c{each}" for each in cluster])[order])
    agrees("random intercept: in another order", other, random_intercept.fit(linear, cells, cluster), 8)


def test_median_odds_ratio_and_intraclass_correlation():
    draws = np.random.default_rng(3).normal(0, 0.7, (2, 400_000))
    assert random_intercept.median_odds_ratio(0.7) == pytest.approx(
        np.median(np.exp(abs(draws[0] - draws[1]))), rel=0.01
    )
    assert random_intercept.median_odds_ratio(0.0) == 1 and random_intercept.intraclass_correlation(0.0) == 0
    assert random_intercept.intraclass_correlation(np.pi / np.sqrt(3)) == pytest.approx(0.5)


def test_what_cannot_be_compared_is_refused():
    linear, cells, cluster = sample(0.5)
    with pytest.raises(ValueError, match="two or more"):
        random_intercept.fit(linear, cells, np.zeros(len(cells)))
    with pytest.raises(ValueError, match="has no cluster"):
        random_intercept.fit(linear, cells, np.where(cluster == 0, np.nan, cluster))
