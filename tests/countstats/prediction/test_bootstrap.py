"""The bootstrap on counts does what the bootstrap on rows does, given the same draws."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import logit, ones
from scipy.special import expit
from scipy.stats import t
from sklearn.metrics import roc_auc_score, roc_curve
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from countstats.prediction import bootstrap, calibration, roc


@pytest.fixture(scope="module")
def cells():
    """A design of twelve cells and their counts."""
    rng = np.random.default_rng(9)
    grid = pd.MultiIndex.from_product([[0, 1], [0, 1], [0, 1, 2]]).to_frame(index=False).to_numpy(float)
    x = np.column_stack([np.ones(12), grid[:, 0], grid[:, 1], grid[:, 2] == 1, grid[:, 2] == 2])
    n = rng.integers(15, 60, 12)
    events = rng.binomial(n, 1 / (1 + np.exp(-(x @ [-1, 0.8, 0.5, 0.3, 0.9]))))
    return x, events, n - events


def rows_of(x, counts):
    """One row per unit: design and outcome."""
    return np.vstack([np.repeat(x, counts[:, 0], axis=0), np.repeat(x, counts[:, 1], axis=0)]), np.repeat(
        [1, 0], counts.sum(axis=0)
    )


def measures(model_b, x, y):
    """The measures by libraries that take one row per unit."""
    eta = x @ model_b
    risk = 1 / (1 + np.exp(-eta))
    large = GLM(y, np.ones((len(y), 1)), family=Binomial(), offset=eta).fit(tol=1e-12)
    line = logit(np.column_stack([np.ones(len(y)), eta]), *ones(y))
    return {"auc": roc_auc_score(y, np.round(eta, 10)), "intercept": large.params[0], "slope": line.params[1],
            "brier": ((y - risk) ** 2).mean()}  # fmt: skip


def best(b, x, y):
    """Youden's threshold by hand, among the log odds of whole per cents."""
    cuts = np.log(np.arange(1, 100) / np.arange(99, 0, -1))
    return max(cuts, key=lambda cut: (round(index(b, x, y, cut), 12), -cut))


def index(b, x, y, threshold):
    flagged = np.round(x @ b, 10) >= threshold
    return flagged[y == 1].mean() - flagged[y == 0].mean()


def test_optimism_equals_that_of_rows_refitted_by_statsmodels(cells):
    x, events, others = cells
    counts = np.column_stack([events, others])
    found = bootstrap.optimism(x, events, others, 5, np.random.default_rng(4)).table
    rng, gaps = np.random.default_rng(4), []
    whole_x, whole_y = rows_of(x, counts)
    for _ in range(5):
        some = rng.multinomial(counts.sum(), counts.ravel() / counts.sum()).reshape(counts.shape)
        own_x, own_y = rows_of(x, some)
        b = logit(own_x, *ones(own_y)).params
        cut = best(b, own_x, own_y)
        inside, outside = measures(b, own_x, own_y), measures(b, whole_x, whole_y)
        inside["youden"], outside["youden"] = index(b, own_x, own_y, cut), index(b, whole_x, whole_y, cut)
        gaps.append({name: inside[name] - outside[name] for name in inside})
    expected = pd.DataFrame(gaps)
    for name in found.index:
        assert abs(found.loc[name, "optimism"] - expected[name].mean()) < 1e-8, name
        assert abs(found.loc[name, "error"] - expected[name].std() / np.sqrt(5)) < 1e-8, name
    b = logit(whole_x, *ones(whole_y)).params
    for name, value in measures(b, whole_x, whole_y).items():
        assert abs(found.loc[name, "apparent"] - value) < 1e-8, name
        assert found.loc[name, "corrected"] == found.loc[name, "apparent"] - found.loc[name, "optimism"]


def test_a_model_of_noise_is_corrected_towards_a_coin():
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(120), rng.integers(0, 2, (120, 12))]).astype(float)
    y = rng.integers(0, 2, 120)
    found = bootstrap.optimism(x, y, 1 - y, 60, rng).table
    assert found.loc["auc", "apparent"] > 0.6, "it has learnt by heart"
    assert 0.4 < found.loc["auc", "corrected"] < 0.6
    assert found.loc["slope", "corrected"] < 0.6
    assert found.loc["brier", "corrected"] > found.loc["brier", "apparent"]
    assert found.loc["youden", "corrected"] < found.loc["youden", "apparent"]


def test_draws_that_lack_a_category_are_no_hindrance():
    x = np.array([[1, 0], [1, 1]], dtype=float)
    found = bootstrap.optimism(x, [40, 1], [60, 1], 30, np.random.default_rng(1)).table
    assert np.isfinite(found.to_numpy()).all()


def test_the_limits_are_the_spread_of_the_differences(cells):
    x, events, others = cells
    found = bootstrap.optimism(x, events, others, 9, np.random.default_rng(4), confidence=0.9)
    assert found.draws.shape == (9, 5) and found.whole.shape == (5,)
    half = t.ppf(0.95, 8) * found.table["error"] * np.sqrt(9 + 1)
    assert np.allclose(found.table["corrected"] - found.table["low"], half, rtol=1e-12)
    assert np.allclose(found.table["high"] - found.table["corrected"], half, rtol=1e-12)


def test_the_limits_hold_the_performance_of_this_very_model_among_all_units():
    """Sixty samples of 400: most intervals hold the true slope and area, which differ from model to model."""
    rng = np.random.default_rng(6)
    population = np.column_stack([np.ones(3000), rng.integers(0, 2, (3000, 6))]).astype(float)
    true = expit(population @ [-1.2, 0.9, 0.7, 0.5, -0.5, 0.3, 0.0])
    all_units = np.rint(1e6 * true).astype(int), np.rint(1e6 * (1 - true)).astype(int)
    held = []
    for _ in range(60):
        some = rng.integers(0, 3000, 400)
        y = (rng.random(400) < true[some]).astype(int)
        found = bootstrap.optimism(population[some], y, 1 - y, 20, rng)
        risk = expit(population @ found.whole)
        values = {"auc": roc.auc(risk, *all_units).value, "slope": calibration.slope(risk, *all_units).value}
        held.append([found.table.loc[name, "low"] <= value <= found.table.loc[name, "high"]
                     for name, value in values.items()])  # fmt: skip
    assert (np.mean(held, axis=0) > 0.87).all(), "95% less three binomial standard errors"


def test_draws_that_all_lack_the_event_are_an_error():
    class Luckless:
        """A generator whose draws never hold the event."""

        def multinomial(self, total, shares):
            return np.array([0, total])

    with pytest.raises(ValueError, match="too few of one"):
        bootstrap.optimism(np.ones((1, 1)), [1], [10**6], 3, Luckless())
    with pytest.raises(ValueError, match="too few of one"):
        bootstrap.roc_band([0.2], [1], [10**6], 3, Luckless())


def test_a_draw_has_as_many_units_and_the_right_mean():
    counts = np.array([[5, 20], [0, 75]])
    rng = np.random.default_rng(2)
    drawn = np.array([bootstrap.resample(counts, rng) for _ in range(4000)])
    assert (drawn.sum(axis=(1, 2)) == 100).all() and (drawn[:, 1, 0] == 0).all()
    assert np.abs(drawn.mean(axis=0) - counts).max() < 0.3
    assert drawn[:, 0, 1].var() == pytest.approx(100 * 0.2 * 0.8, rel=0.1), "binomial, as each count of a multinomial"


def test_the_band_holds_the_middle_of_the_draws_curves():
    rng = np.random.default_rng(3)
    score = np.linspace(0, 1, 25)
    cases, controls = rng.integers(1, 9, 25) * (score > 0.2), rng.integers(1, 9, 25)
    found = bootstrap.roc_band(score, cases, controls, 40, np.random.default_rng(5), confidence=0.8, points=21)
    again, drawn = np.random.default_rng(5), []
    distinct, *both = roc.by_score(score, cases, controls)
    counts = np.column_stack(both)
    for _ in range(40):
        some = again.multinomial(counts.sum(), counts.ravel() / counts.sum()).reshape(counts.shape)
        y, s = np.repeat([1, 0], some.sum(axis=0)), np.concatenate([np.repeat(distinct, some[:, i]) for i in (0, 1)])
        alarms, hits, _ = roc_curve(y, s, drop_intermediate=False)
        # At each share of false alarms the most that can be found.
        most = pd.Series(hits).groupby(alarms).max()
        drawn.append(np.interp(1 - found.curve["specificity"], most.index, most))
    low, high = np.quantile(drawn, [0.1, 0.9], axis=0)
    assert np.allclose(found.curve["low"], low, atol=1e-12) and np.allclose(found.curve["high"], high, atol=1e-12)
    assert found.area.low < found.area.value < found.area.high
    assert digits(found.area.value, roc.partial_area(score, cases, controls)) > 12


def test_the_band_of_a_perfect_score_has_no_width():
    found = bootstrap.roc_band([0.1, 0.9], [0, 30], [30, 0], 20, np.random.default_rng(1))
    assert (found.curve[["sensitivity", "low", "high"]] == 1).all(axis=None)
    assert found.area.with_limits == pytest.approx((1, 1, 1))
