"""Rates of units that hang together: against statsmodels on rows, a bootstrap of clusters, and by their coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from countstats import rates
from countstats.rates import Spread

CODES = ["a", "b", "c"]
MOST_CALLS = 300


def as_cells(grid):
    """A grid of counts, clusters x days x categories, as a table of cells."""
    place = np.nonzero(grid)
    columns = {"caller": place[0], "day": place[1], "place": [CODES[each] for each in place[2]], "n": grid[place]}
    return pd.DataFrame(columns)


def spread_of(grid):
    """The covariances of a grid's counts, where each day is expected to bring the same."""
    cells, daily = as_cells(grid), grid.sum(axis=0)
    of = {each: rates.products(cells, "place", CODES, each) for each in (("caller",), ("caller", "day"))}
    expected = np.broadcast_to(daily.mean(axis=0), daily.shape)
    return Spread(of["caller",], rates.period_products(daily, expected, 0), of["caller", "day"])


@pytest.fixture
def grid():
    """Counts in which callers and days each have a weight of their own."""
    rng = np.random.default_rng(7)
    caller, day = rng.gamma(0.3, 3.0, (40, 1, 3)), rng.gamma(4, 0.1, (1, 25, 3))
    return rng.poisson(caller * day)


@pytest.fixture
def exposure():
    return pd.Series([3.0, 2.0, 5.0], CODES)


def rows_of(grid, exposure):
    """Outcome, categories, exposure and groups of a row per caller, day and category, empty ones included."""
    caller, day, place = (each.ravel() for each in np.indices(grid.shape))
    per_row = exposure.to_numpy()[place] / (grid.shape[0] * grid.shape[1])
    return grid.ravel(), np.eye(3)[place], per_row, np.column_stack([caller, day])


@pytest.mark.parametrize(
    ("groups", "candidate"), [([0], 0), ([1], 1), ([0, 1], 2)], ids=["callers", "days", "callers and days"]
)
def test_errors_are_those_of_statsmodels_on_rows(grid, exposure, groups, candidate, agrees):
    outcome, dummies, per_row, clusters = rows_of(grid, exposure)
    options = {"groups": clusters[:, groups].squeeze(), "use_correction": False}
    model = GLM(outcome, dummies, family=Poisson(), exposure=per_row)
    covariance = model.fit(cov_type="cluster", cov_kwds=options, tol=1e-14).cov_params()
    n = grid.sum(axis=(0, 1))
    ours = spread_of(grid).candidates[candidate] / np.outer(n, n)
    for contrast in ([1, -1, 0], [0, 1, -1]):
        contrast = np.array(contrast)
        theirs = contrast @ covariance @ contrast
        agrees("errors of rates over clusters and periods", contrast @ ours @ contrast, theirs, 10)


def test_ratio_to_the_rest_as_by_statsmodels_on_rows(grid, exposure, agrees):
    *_, clusters = rows_of(grid, exposure)
    # the rest is one category with the sum of the exposures: rows of b and c that share a caller and a day are added
    rest = grid[:, :, 1:].sum(axis=2).ravel()
    both = np.concatenate([grid[:, :, 0].ravel(), rest])
    per_row = np.repeat([3.0, 7.0], len(rest)) / len(rest)
    design = np.column_stack([np.ones(len(both)), np.repeat([1.0, 0.0], len(rest))])
    groups = np.tile(clusters[::3], (2, 1))
    options = {"groups": groups, "use_correction": False}
    theirs = GLM(both, design, family=Poisson(), exposure=per_row).fit(cov_type="cluster", cov_kwds=options, tol=1e-14)
    counts = pd.Series(grid.sum(axis=(0, 1)), CODES)
    ours = rates.table(counts, exposure, spread_of(grid)).loc["a"]
    agrees("rate ratio", np.log(ours["ratio"]), theirs.params[1], 12)
    assert ours["se"] >= theirs.bse[1] * (1 - 1e-12)
    two_way = spread_of(grid).candidates[2]
    gradient = np.array([1 / counts["a"], *[-1 / (counts["b"] + counts["c"])] * 2])
    agrees("errors of rates over clusters and periods", np.sqrt(gradient @ two_way @ gradient), theirs.bse[1], 10)
    limits = ours["ratio"] * np.exp(norm.ppf([0.025, 0.975]) * ours["se"])
    agrees("rate ratio", ours[["low", "high"]].to_numpy(float), limits, 12)


def test_growth_as_by_statsmodels_on_rows(grid, agrees):
    """A year is a category; a factor for each further year, errors over callers."""
    exposure = pd.Series([365.0, 366.0, 365.0], [2019, 2020, 2021])
    outcome, _, _, clusters = rows_of(grid, exposure)
    place = np.indices(grid.shape)[2].ravel()
    design = np.column_stack([np.ones(len(outcome)), place - 1.0])
    per_row = exposure.to_numpy()[place] / (grid.shape[0] * grid.shape[1])
    options = {"groups": clusters[:, 0], "use_correction": False}
    model = GLM(outcome, design, family=Poisson(), exposure=per_row)
    theirs = model.fit(cov_type="cluster", cov_kwds=options, tol=1e-14)
    only_callers = Spread(spread_of(grid).cluster, *[np.zeros((3, 3))] * 2)
    ours = rates.growth(pd.Series(grid.sum(axis=(0, 1)), exposure.index), exposure, only_callers)
    agrees("growth of a rate", np.log(ours.value), theirs.params[1], 10)
    agrees("growth of a rate", ours.se, theirs.bse[1], 10)


def test_errors_are_those_of_a_bootstrap_of_callers(grid, exposure):
    rng = np.random.default_rng(3)
    per_caller = grid.sum(axis=1)
    draws = rng.poisson(1.0, (20_000, len(per_caller))) @ per_caller
    logs = np.log(draws[:, 0] / draws[:, 1:].sum(axis=1))
    only_callers = Spread(spread_of(grid).cluster, *[np.zeros((3, 3))] * 2)
    counts = pd.Series(grid.sum(axis=(0, 1)), CODES)
    assert rates.table(counts, exposure, only_callers)["se"]["a"] == pytest.approx(logs.std(), rel=0.1)


def test_independent_units_have_the_errors_of_poisson(exposure, agrees):
    counts = pd.Series([40, 25, 60], CODES)
    poisson = Spread(*[np.diag(counts.to_numpy(float))] * 3)
    found = rates.table(counts, exposure, poisson)
    agrees("rate ratio", found["se"]["b"], np.sqrt(1 / 25 + 1 / 100), 14)
    agrees("rate ratio", found["rate_high"]["b"], 25 / 2 * np.exp(norm.ppf(0.975) / 5), 14)
    assert found["design_effect"].tolist() == pytest.approx([1, 1, 1])
    expected = exposure / exposure.sum() * counts.sum()
    statistic = ((counts - expected) ** 2 / expected).sum()
    test = rates.departure(counts, exposure, Spread(*[np.diag(expected)] * 3))
    agrees("evenness of rates", test[:3], [statistic, 2, chi2.sf(statistic, 2)], 12)
    assert test.design_effect == pytest.approx(1)
    against_a = rates.table(counts, exposure, poisson, against="a")
    agrees("rate ratio", against_a["ratio"]["c"], (60 / 5) / (40 / 3), 14)
    agrees("rate ratio", against_a["se"]["c"], np.sqrt(1 / 60 + 1 / 40), 14)
    assert against_a["ratio"]["a"] == 1 and against_a.loc["a", ["low", "high", "se"]].isna().all()


def test_units_that_come_in_tens_have_ten_times_the_variance(exposure, agrees):
    single = pd.Series([40, 25, 60], CODES)
    alone = exposure / exposure.sum() * single.sum()
    counts, tens, alone = 10 * single, Spread(*[np.diag(100 * alone)] * 3), Spread(*[np.diag(alone)] * 3)
    found, as_single = (rates.departure(*each) for each in ((counts, exposure, tens), (single, exposure, alone)))
    agrees("evenness of rates", found[:3], as_single[:3], 12)
    assert found.design_effect == pytest.approx(10)


def test_a_steady_growth_departs_from_one_rate_and_from_itself_in_nothing(agrees):
    years = pd.Index([2019, 2020, 2021, 2022])
    counts = pd.Series([1000, 1200, 1440, 1728], years)
    exposure, poisson = pd.Series(1.0, years), Spread(*[np.diag(counts.to_numpy(float))] * 3)
    agrees("growth of a rate", rates.growth(counts, exposure, poisson).value, 1.2, 12)
    assert rates.departure(counts, exposure, poisson).p < 1e-9
    steady = rates.departure(counts, exposure, poisson, years)
    assert steady.df == pytest.approx(2) and steady.chi_square == pytest.approx(0, abs=1e-9)
    broken = pd.Series([1000, 1700, 1440, 1728], years)
    assert rates.departure(broken, exposure, Spread(*[np.diag(broken.to_numpy(float))] * 3), years).p < 1e-9


def test_without_a_cluster_a_unit_stands_alone():
    cells = pd.DataFrame({"place": ["a", "a", "b"], "caller": pd.array([1, None, None], "Int64"), "n": [3, 5, 2]})
    assert rates.products(cells, "place", ["a", "b", "c"], ["caller"]).tolist() == [[14, 0, 0], [0, 2, 0], [0, 0, 0]]
    cells = cells.assign(caller=1, place=pd.Categorical(cells["place"], ["b", "z", "a"]))
    assert rates.products(cells, "place", ["a", "b"], ["caller"]).tolist() == [[64, 16], [16, 4]]


def test_units_of_no_category_are_left_out(grid):
    cells = as_cells(grid)
    found = rates.products(cells, "place", CODES[:2], ["caller"])
    assert np.allclose(found, rates.products(cells, "place", CODES, ["caller"])[:2, :2])


def test_the_largest_candidate_is_taken():
    unit = np.eye(2)
    gradient = np.array([1.0, 0.0])
    assert Spread(2 * unit, unit, 4 * unit).variance(gradient) == 2
    assert Spread(unit, 3 * unit, 4 * unit).variance(gradient) == 3
    assert Spread(2 * unit, 2 * unit, unit).variance(gradient) == 3


@pytest.mark.parametrize("wrong", [-1, 2.5, np.nan])
def test_counts_that_are_none_are_refused(exposure, wrong):
    counts, spread = pd.Series([40, wrong, 60], CODES), Spread(*[np.eye(3)] * 3)
    for method in (rates.table, rates.departure):
        with pytest.raises(ValueError):
            method(counts, exposure, spread)
    with pytest.raises(ValueError):
        rates.products(pd.DataFrame({"place": CODES, "caller": 1, "n": counts.to_numpy()}), "place", CODES, ["caller"])


def test_categories_without_units_have_no_interval(exposure):
    counts = pd.Series([40, 0, 60], CODES)
    found = rates.table(counts, exposure, Spread(*[np.diag(counts.to_numpy(float))] * 3))
    assert found.loc["b", "rate"] == 0 and found.loc["b", ["rate_low", "low", "high", "se"]].isna().all()
    assert found.loc["a"].notna().all()


def test_one_category_has_nothing_to_compare():
    counts = pd.Series([7], [2022])
    found = rates.table(counts, counts * 1.0, Spread(*[np.full((1, 1), 7.0)] * 3))
    assert found[["low", "high", "se"]].isna().all(axis=None)
    assert np.isnan(rates.departure(counts, counts * 1.0, Spread(*[np.full((1, 1), 7.0)] * 3)).p)
    assert np.isnan(rates.growth(counts, counts * 1.0, Spread(*[np.full((1, 1), 7.0)] * 3)).value)


def test_what_a_model_leaves_is_scaled_up_by_its_terms():
    counts, expected = np.array([[1], [3], [2], [2]]), np.full((4, 1), 2)
    assert rates.period_products(counts, expected, 2).tolist() == [[4]]


# --- callers whose numbers of calls follow a power law, as a hotline's do ---------------------------


def heavy(rng, callers, sets):
    """Sets of callers' numbers of calls: how many callers of each number, up to MOST_CALLS."""
    number = np.arange(1, MOST_CALLS + 1)
    share = number**-2.7
    return rng.poisson(callers * share / share.sum(), (sets, MOST_CALLS)), number


def test_intervals_hold_for_heavy_callers_and_those_of_single_calls_do_not():
    rng, sets, callers = np.random.default_rng(1), 1500, np.array([3000, 30_000])
    drawn = [heavy(rng, each, sets) for each in callers]
    calls, squares = (np.stack([kinds @ number**power for kinds, number in drawn], axis=1) for power in (1, 2))
    exposure, counted, single = pd.Series(callers * 1.0, CODES[:2]), [], []
    for n, of_callers in zip(calls, squares, strict=True):
        counts = pd.Series(n, CODES[:2])
        robust = Spread(np.diag(of_callers.astype(float)), *[np.diag(n.astype(float))] * 2)
        for spread, hits in ((robust, counted), (Spread(*robust[2:] * 3), single)):
            low, high = rates.table(counts, exposure, spread).loc["a", ["low", "high"]]
            hits.append(low <= 1 <= high)
    assert 0.91 < np.mean(counted) < 0.97
    assert np.mean(single) < 0.65


def test_evenness_keeps_its_level_for_heavy_callers():
    rng, sets, callers = np.random.default_rng(2), 600, np.array([2000, 3000, 9000])
    drawn = [heavy(rng, each, sets) for each in callers]
    calls, squares = (np.stack([kinds @ number**power for kinds, number in drawn], axis=1) for power in (1, 2))
    exposure = pd.Series(callers * 1.0, CODES)
    robust, single = (
        np.mean([
            rates.departure(pd.Series(n, CODES), exposure, Spread(*[np.diag(each.astype(float))] * 3)).p < 0.05
            for n, each in zip(calls, of, strict=True)
        ])
        for of in (squares, calls)
    )  # fmt: skip
    assert 0.02 < robust < 0.09
    assert single > 0.4


def test_variance_over_callers_and_days_holds_where_each_alone_does_not():
    """Two halves of some days, each with callers of its own; how busy a day is differs, for all of its callers."""
    rng, sets, days, callers = np.random.default_rng(5), 300, 40, 150
    half = np.repeat([0, 1], days // 2)
    number = np.arange(1, 31)
    share = number**-2.2 / (number**-2.2).sum()
    hits = dict.fromkeys(("callers", "days", "both"), 0)
    for _ in range(sets):
        busy = rng.gamma(4, 1 / 4, days)
        in_half = rng.poisson(callers, 2)
        calls = rng.choice(number, in_half.sum(), p=share)
        caller = np.repeat(np.arange(in_half.sum()), calls)
        day = rng.integers(days // 2, size=len(caller)) + (caller >= in_half[0]) * (days // 2)
        kept = pd.DataFrame({"caller": caller, "day": day, "half": half[day], "n": rng.poisson(busy[day])}).query(
            "n > 0"
        )
        n = kept.groupby("half")["n"].sum()
        of_day = kept.groupby("day")["n"].sum().reindex(range(days), fill_value=0).to_numpy()
        is_half = half[:, None] == np.arange(2)
        spread = Spread(
            rates.products(kept, "half", [0, 1], ["caller"]),
            rates.period_products(of_day[:, None] * is_half, is_half * n.to_numpy() / (days // 2), 2),
            rates.products(kept, "half", [0, 1], ["caller", "day"]),
        )
        gradient = np.array([-1, 1]) / n.to_numpy()
        variances = [gradient @ each @ gradient for each in spread.candidates[:2]] + [spread.variance(gradient)]
        for name, variance in zip(hits, variances, strict=True):
            hits[name] += abs(np.log(n[1] / n[0])) < norm.ppf(0.975) * np.sqrt(variance)
    assert 0.91 < hits["both"] / sets < 0.98
    assert max(hits["callers"], hits["days"]) < hits["both"] - 0.03 * sets
