"""What holds rates, pooling, sample sizes and the measures of risks: definitions written out, statsmodels on rows."""

import numpy as np
import pandas as pd
from samples_at_random import counts, holds, modelled, rows_of_scored, scored
from scipy import stats
from scipy.special import expit
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from countstats import rates, simulation_study
from countstats.estimates import Estimate
from countstats.glm import design
from countstats.prediction import bootstrap, calibration, performance, points, pooling, roc, sample_size

close = np.testing.assert_allclose


@holds("rates.products", "rates.period_products")
def what_hangs_together(rng, kind):
    table = counts(rng, kind, 4, 3)  # clusters, categories
    cluster, category = (each.ravel() for each in np.indices(table.shape))
    cells = pd.DataFrame({"who": cluster.astype(float), "c": category, "n": table.ravel()})
    close(rates.products(cells, "c", [0, 1, 2], ["who"]), table.T @ table)
    alone = cells.assign(who=cells["who"].where(cells["who"] > 0))
    expected = table[1:].T @ table[1:] + np.diag(table[0])
    close(rates.products(alone, "c", [0, 1, 2], ["who"]), expected)
    left = table - table.mean(axis=0)
    close(rates.period_products(table, np.broadcast_to(table.mean(axis=0), table.shape), 1), left.T @ left * 4 / 3)


@holds("rates.table", "rates.growth", "rates.departure")
def rates_of_independent_units(rng, kind):
    n = pd.Series(counts(rng, "plain" if kind in ("sparse", "few") else kind, 4), index=[1, 2, 3, 4])
    exposure = pd.Series(rng.uniform(1, 5, 4), index=n.index)
    spread = rates.Spread(np.diag(n), np.diag(n), np.diag(n))
    found, rest = rates.table(n, exposure, spread), n.sum() - n
    close(found["rate"], n / exposure)
    close(found["ratio"], n / exposure / (rest / (exposure.sum() - exposure)))
    close(found["se"], np.sqrt(1 / n + 1 / rest))
    x = np.column_stack([np.ones(4), n.index])
    theirs = GLM(n, x, family=Poisson(), exposure=exposure).fit(tol=1e-12)
    close(rates.growth(n, exposure, spread).value, np.exp(theirs.params.iloc[1]), rtol=1e-7)
    expected = exposure / exposure.sum() * n.sum()
    as_expected = rates.Spread(*[np.diag(expected)] * 3)
    test, pearson = rates.departure(n, exposure, as_expected), stats.chisquare(n, expected)
    close([test.chi_square, test.p, test.df], [pearson.statistic, pearson.pvalue, 3], rtol=1e-7, atol=1e-12)


@holds("simulation_study.replicate", "simulation_study.covered", "simulation_study.performance",
       "simulation_study.band")  # fmt: skip
def replications(rng, kind):
    def draw(own):
        b = own.normal()
        return pd.DataFrame({"name": ["b"], "b": [b], "se": [1.0], "low": [b - 1], "high": [b + 1], "truth": [0.0]})

    table = simulation_study.replicate(range(20), draw)
    assert table["replication"].tolist() == list(range(20))
    covered = abs(table["b"]) <= 1
    assert (simulation_study.covered(table) == covered).all()
    found = simulation_study.performance(table, ["name"]).iloc[0]
    close(
        [found["bias"], found["coverage"], found["empirical_se"]], [table["b"].mean(), covered.mean(), table["b"].std()]
    )
    low, high = simulation_study.band(0.95, 100, 1, 0.9)
    assert stats.binom.cdf(low * 100, 100, 0.95) >= 0.05 > stats.binom.cdf(low * 100 - 1, 100, 0.95) and high <= 1


@holds("prediction.sample_size.largest_r2", "prediction.sample_size.development", "prediction.sample_size.validation",
       "prediction.sample_size.expected_shrinkage", "prediction.sample_size.area_se")  # fmt: skip
def sizes(rng, kind):
    share, parameters = rng.uniform(0.05, 0.6), int(rng.integers(2, 30))
    most = sample_size.largest_r2(share)
    close(most, 1 - (share**share * (1 - share) ** (1 - share)) ** 2)
    r2 = most * rng.uniform(0.05, 0.5)
    n = sample_size.development(parameters, r2, share).set_index("criterion")["n"]
    shrinkage = [sample_size.expected_shrinkage(parameters, r2, each) for each in (n["shrinkage"], n["shrinkage"] - 1)]
    assert abs(shrinkage[0] - 0.9) < 0.05 and shrinkage[0] > shrinkage[1]
    odds, area = rng.normal(size=30), rng.uniform(0.6, 0.95)
    found = sample_size.validation(odds, np.ones(30), share, area).set_index("criterion")["n"]
    wanted = 0.05 / stats.norm.ppf(0.975)
    assert (
        sample_size.area_se(area, share, found["area"]) <= wanted < sample_size.area_se(area, share, found["area"] - 1)
    )


@holds("prediction.pooling.pooled", "prediction.pooling.pooled_measures")
def pooling_of_samples(rng, kind):
    k = int(rng.integers(3, 8))
    variances = rng.uniform(0.1, 1, k)
    estimates = rng.normal(0, rng.choice([0.01, 2]), k)
    found = pooling.pooled(estimates, variances)
    weight = 1 / (variances + found.tau**2)
    close(found.value, np.average(estimates, weights=weight), rtol=1e-8, atol=1e-10)
    q = weight @ (estimates - found.value) ** 2
    assert abs(q - (k - 1)) < 1e-6 if found.tau else q <= k - 1 + 1e-9
    rows = [pd.Series({"auc": 0.7, "auc_variance": 0.01, "intercept": b, "intercept_se": v**0.5, "slope": b,
                       "slope_se": v**0.5}) for b, v in zip(estimates, variances, strict=True)]  # fmt: skip
    both = pooling.pooled_measures(rows)
    close([both["auc"].value, both["slope"].value], [0.7, found.value], rtol=1e-7, atol=1e-9)


@holds("prediction.points.points", "prediction.points.total", "prediction.points.log_odds_per_point",
       "prediction.points.risk_by_sum", "prediction.points.risk")  # fmt: skip
def a_table_of_points(rng, kind):
    table, reference = modelled(rng, kind), {"a": "p", "b": "no"}
    b = pd.Series([rng.normal(), *rng.normal(size=3)], design.matrix(table, reference).columns)
    found = points.points(b, reference)
    assert found.table["points"].min() == 0 and found.table["points"].max() == 10
    sums = points.total(table, found.table)
    exact = design.matrix(table, reference) @ b
    assert (abs(found.base + found.unit * sums - exact) <= found.unit + 1e-9).all(), "half a point in each variable"
    close(points.risk(sums, found.base, found.unit), expit(found.base + found.unit * sums))
    by_sum = points.risk_by_sum(found.table, found.base, found.unit)
    close(by_sum.set_index("sum").loc[sums, "risk"], points.risk(sums, found.base, found.unit))
    if len(np.unique(sums)) > 1:
        base, unit = points.log_odds_per_point(sums, table["events"], table["others"])
        x = np.column_stack([np.ones(6), sums])
        score = x.T @ (table["events"] - (table["events"] + table["others"]) * expit(base + unit * sums))
        assert (abs(score) < 1e-6 * table[["events", "others"]].to_numpy().sum()).all()


@holds("prediction.performance.measure", "prediction.performance.of_all", "prediction.performance.by_group",
       "prediction.performance.scored")  # fmt: skip
def measures_of_risks(rng, kind):
    risk, cases, controls = scored(rng, kind)
    found = performance.measure(risk, cases, controls, 0.4)
    close(found["auc"], roc.auc(risk, cases, controls).value)
    close(found["auc_low"], roc.auc(risk, cases, controls).low)
    close(found["oe"], calibration.observed_expected(risk, cases, controls).value)
    close(found["flagged"], (rows_of_scored(risk, cases, controls)[0] >= 0.4).mean())
    of_all = performance.of_all(found, Estimate(0.5, 0.4, 0.6), Estimate(0.25, 0.2, 0.3))
    close(of_all["flagged_of_all"], found["flagged"] / 2)
    assert 0 <= of_all["flagged_of_all_low"] <= of_all["flagged_of_all"] <= of_all["flagged_of_all_high"] <= 1
    table = modelled(rng, kind)
    risks = rng.integers(1, 9, 6) / 10
    grouped = performance.by_group(table, risks, ["b"], 0.4)
    for code, row in zip(["no", "yes"], grouped.to_dict("records"), strict=True):
        inside = (table["b"] == code).to_numpy()
        alone = performance.measure(risks[inside], *table.loc[inside, ["events", "others"]].to_numpy().T, 0.4)
        close([row["auc"], row["ppv"]], [alone["auc"], alone["ppv"]])
    gaps = table.assign(a=table["a"].where(table["a"] != "q"))
    shares = performance.scored(gaps, ["a"], ["b"]).set_index("code")["scored"]
    n = table[["events", "others"]].sum(axis=1)
    for code in ("no", "yes"):
        inside = table["b"] == code
        close(shares[code], n[inside & gaps["a"].notna()].sum() / n[inside].sum())


@holds("prediction.calibration.deciles", "prediction.calibration.hosmer_lemeshow")
def groups_of_risk(rng, kind):
    risk, cases, controls = scored(rng, kind)
    groups = calibration.deciles(risk, cases, controls, 4)
    assert groups["n"].sum() == cases.sum() + controls.sum() and groups["events"].sum() == cases.sum()
    close(groups["expected"].sum(), risk @ (cases + controls))
    test = calibration.hosmer_lemeshow(groups)
    expected = np.column_stack([groups["expected"], groups["n"] - groups["expected"]])
    observed = np.column_stack([groups["events"], groups["n"] - groups["events"]])
    close(test.chi_square, ((observed - expected) ** 2 / expected).sum(), rtol=1e-9)


@holds("prediction.bootstrap.resample")
def drawn_again(rng, kind):
    table = counts(rng, kind, 5, 2) + 1
    again = bootstrap.resample(table, rng)
    assert again.shape == table.shape and again.sum() == table.sum() and (again >= 0).all()
