"""What holds the comparisons of groups: scipy and statsmodels on rows, or the definition written out."""

import itertools

import numpy as np
import pandas as pd
from samples_at_random import cells_of, counts, holds, rows_of, small, two_way
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import proportion_confint

from countstats import counts as checked
from countstats import effect_intervals, effect_size, estimates, hypothesis_tests, means, shares, tables

close = np.testing.assert_allclose


@holds("counts.whole", "counts.alike", "counts.two_way_table", "counts.finite", "counts.has_columns")
def of_counts(rng, kind):
    table = two_way(rng, kind)
    for same in (table, table.astype(float), table.tolist(), table.astype(object)):
        close(checked.whole(same), table)
        close(checked.two_way_table(same), table)
    checked.alike(table, table)
    close(checked.finite(table, "counts"), table)
    checked.has_columns(cells_of(table), "g", "x", "n")


@holds("means.group_moments", "means.mean_intervals")
def moments(rng, kind):
    table = counts(rng, small(kind), 3, 5)
    values = np.sort(rng.choice(np.arange(-40, 90) / 4, 5, replace=False))
    found = means.group_moments(cells_of(table, values), "x", "g")
    limits = means.mean_intervals(found)
    assert found.index.tolist() == np.flatnonzero(table.sum(axis=1)).tolist()
    everything = np.concatenate(rows_of(table, values))
    for group, row in found.iterrows():
        own = rows_of(table, values)[group]
        close([row["n"], row["mean"]], [len(own), own.mean()], atol=1e-12)
        close(row["deviation"], own.mean() - everything.mean(), atol=1e-12)
        if len(own) < 2:
            assert np.isnan([row["variance"], limits.loc[group, "low"]]).all()
            continue
        close([row["variance"], row["sd"]], [own.var(ddof=1), own.std(ddof=1)], atol=1e-12)
        if own.std() > 0:
            theirs = stats.t.interval(0.95, len(own) - 1, own.mean(), stats.sem(own))
            close(limits.loc[group, ["low", "high"]].astype(float), theirs, rtol=1e-9)


@holds("means.quantile", "means.group_quantiles")
def quantiles(rng, kind):
    table = counts(rng, small(kind), 2, 6)
    values, q = rng.normal(size=6), np.append(rng.random(3), [0, 1])
    grouped = means.group_quantiles(cells_of(table, values), "x", "g", list(q))
    for group, own in enumerate(rows_of(table, values)):
        found = means.quantile(values, table[group], q)
        theirs = np.quantile(own, q) if len(own) else np.full(5, np.nan)
        close(found, theirs, rtol=1e-12)
        close(grouped.loc[group], theirs, rtol=1e-12)


@holds("means.levene", "means.kruskal_wallis")
def spread_and_ranks(rng, kind):
    table = counts(rng, small(kind), 3, 5)
    table = table[table.sum(axis=1) > 0]
    groups = rows_of(table)
    h, levene = means.kruskal_wallis(table), means.levene(cells_of(table), "x", "g")
    if len(groups) < 2 or len(np.unique(np.concatenate(groups))) < 2:
        assert np.isnan(h.p)
        return
    theirs = stats.kruskal(*groups)
    close([h.chi_square, h.p], [theirs.statistic, theirs.pvalue], rtol=1e-9, atol=1e-12)
    if not np.isnan(levene.statistic):
        theirs = stats.levene(*groups)
        close([levene.statistic, levene.p], [theirs.statistic, theirs.pvalue], rtol=1e-8, atol=1e-12)


@holds("means.games_howell", "means.tukey_kramer")
def pairs(rng, kind):
    if kind != "plain":  # the same for all kinds, and slow in scipy
        return
    sizes = rng.integers(2, 9, 3)
    groups = [rng.normal(rng.normal(), 1 + rng.random(), size) for size in sizes]
    summaries = [[each.mean() for each in groups], [each.var(ddof=1) for each in groups], sizes]
    for function, equal in ((means.games_howell, False), (means.tukey_kramer, True)):
        theirs, found = stats.tukey_hsd(*groups, equal_var=equal), function(*summaries)
        limits = theirs.confidence_interval()
        for row, (i, j) in zip(found.itertuples(), itertools.combinations(range(3), 2), strict=True):
            close(row.p, max(theirs.pvalue[i, j], means.SMALLEST_P), rtol=1e-6, atol=1e-9)
            close([row.low, row.high], [-limits.high[i, j], -limits.low[i, j]], rtol=1e-6)


@holds("effect_size.eta_squared", "effect_size.omega_squared", "effect_size.cohen_f", "hypothesis_tests.welch",
       "hypothesis_tests.why_not_means", "effect_intervals.omega_squared_limits")  # fmt: skip
def variance_explained(rng, kind):
    table = counts(rng, small(kind), 3, 5)
    cells, labels = cells_of(table), {0: "a", 1: "b", 2: "c"}
    found = hypothesis_tests.welch(cells, "x", "g", labels)
    groups = rows_of(table)
    testable = all(len(each) > 1 and each.std() > 0 for each in groups)
    assert bool(found.reason) == (not testable)
    reason = hypothesis_tests.why_not_means(means.group_moments(cells, "x", "g").reindex(range(3)), labels)
    assert found.reason == reason
    if not testable:
        return
    theirs = anova_oneway(groups, use_var="unequal")
    close([found.statistic, found.p], [theirs.statistic, theirs.pvalue], rtol=1e-8, atol=1e-12)
    everything = np.concatenate(groups)
    total = ((everything - everything.mean()) ** 2).sum()
    within = sum(((each - each.mean()) ** 2).sum() for each in groups)
    f, n = stats.f_oneway(*groups).statistic, len(everything)
    eta2 = effect_size.eta_squared(f, 2, n - 3)
    close(eta2, 1 - within / total, atol=1e-12)
    close(effect_size.cohen_f(eta2) ** 2, (total - within) / within, atol=1e-12)
    omega2 = (total - within - 2 * within / (n - 3)) / (total + within / (n - 3))
    close(found.effect, max(0, omega2), atol=1e-9)
    close(effect_size.omega_squared(f, 2, n - 3), max(0, omega2), atol=1e-9)
    limits = effect_intervals.omega_squared_limits(np.arange(5), table)
    assert 0 <= limits.low <= found.effect + 1e-12 and found.effect <= limits.high + 1e-12 <= 1 + 1e-9
    assert limits == (found.low, found.high)


@holds("effect_size.noncentral_f_limits", "effect_size.noncentral_chi2_limits", "effect_size.noncentral_omega_squared",
       "effect_size.noncentral_cramers_v")  # fmt: skip
def noncentral(rng, kind):
    f, df1, df2 = rng.chisquare(3), int(rng.integers(1, 6)), int(rng.integers(5, 500))
    tails = (0.975, 0.025)
    for limit, tail in zip(effect_size.noncentral_f_limits(f, df1, df2), tails, strict=True):
        at = stats.ncf.cdf(f, df1, df2, limit)
        assert abs(at - tail) < 1e-9 if limit else at <= tail
    low, high = effect_size.noncentral_f_limits(f, df1, df2)
    total = df1 + df2 + 1
    close(effect_size.noncentral_omega_squared(f, df1, df2), (low / (low + total), high / (high + total)), atol=1e-12)
    chi2 = rng.chisquare(df1) * 10 ** rng.integers(0, 6)
    for limit, tail in zip(effect_size.noncentral_chi2_limits(chi2, df1), tails, strict=True):
        at = stats.ncx2.cdf(chi2, df1, limit)
        assert abs(at - tail) < 1e-7 if limit else at <= tail
    low, high = effect_size.noncentral_cramers_v(two_way(rng, kind))
    assert 0 <= low <= high <= 1


@holds("effect_size.cramers_v", "effect_size.bergsma", "effect_intervals.cramers_v_limits",
       "hypothesis_tests.chi_square", "hypothesis_tests.why_not_table")  # fmt: skip
def association(rng, kind):
    table = two_way(rng, kind)
    n, (rows, columns) = int(table.sum()), table.shape
    theirs = stats.chi2_contingency(table, correction=False)
    found = hypothesis_tests.chi_square(pd.DataFrame(table))
    close([found.statistic, found.p, found.df1], [theirs.statistic, theirs.pvalue, theirs.dof], rtol=1e-12)
    v = effect_size.cramers_v(table)
    close(v.v, stats.contingency.association(table, method="cramer"), rtol=1e-12)
    if n > max(table.shape):
        phi2 = max(0.0, theirs.statistic / n - (rows - 1) * (columns - 1) / (n - 1))
        sides = [each - (each - 1) ** 2 / (n - 1) for each in (rows, columns)]
        close(v.v_corrected, np.sqrt(phi2 / (min(sides) - 1)), atol=1e-7)
    close(effect_size.bergsma(v.v, n, rows, columns), v.v_corrected)
    low, high = effect_intervals.cramers_v_limits(table)
    assert 0 <= low <= v.v_corrected + 1e-12 and v.v_corrected <= high + 1e-12
    empty = np.vstack([table, np.zeros(columns, int)])
    assert hypothesis_tests.chi_square(pd.DataFrame(empty)).statistic == found.statistic
    assert hypothesis_tests.why_not_table(pd.DataFrame(empty.T))
    assert hypothesis_tests.chi_square(pd.DataFrame(table[:1])).reason


@holds("effect_size.difference_of_means", "effect_size.difference_of_shares")
def differences(rng, kind):
    table = counts(rng, kind, 2, int(rng.integers(2, 5)))
    found = effect_size.difference_of_shares(table)
    if not table.sum(axis=1).all():
        assert np.isnan(found)
    elif not (table > 0).all(axis=0).any():
        assert found == np.inf
    else:
        p, q = table[:, table.sum(axis=0) > 0] / table.sum(axis=1, keepdims=True)
        spread = sum(np.diag(each) - np.outer(each, each) for each in (p, q)) / 2
        assert (
            abs(found - np.sqrt(max(0, (p - q) @ np.linalg.pinv(spread, rcond=1e-14) @ (p - q)))) <= 1e-5 * found + 1e-7
        )
    m, v = rng.normal(size=2), rng.random(2) + 0.1
    close(effect_size.difference_of_means(m, v), abs(m[0] - m[1]) / np.sqrt(v.mean()))


@holds("effect_intervals.length_probability", "effect_intervals.length_limits")
def lengths(rng, kind):
    mean, scale = rng.normal(size=3), rng.random() + 0.1
    length = np.sqrt(mean @ mean) * (0.5 + rng.random())
    found = effect_intervals.length_probability(length, mean, scale * np.eye(3))
    close(found, stats.ncx2.cdf(length**2 / scale, 3, mean @ mean / scale), rtol=1e-6, atol=1e-9)
    low, high = effect_intervals.length_limits(mean, lambda times: scale * np.eye(3), 1e3)
    for limit, tail in ((low, 0.975), (high, 0.025)):
        at = stats.ncx2.cdf(mean @ mean / scale, 3, limit**2 / scale)
        assert abs(at - tail) < 1e-6 if limit else at <= tail + 1e-6


@holds("estimates.half_width", "estimates.wald", "estimates.check_confidence")
def normal_limits(rng, kind):
    value, se, confidence = rng.normal(), rng.random(), rng.uniform(0.5, 0.99)
    close(estimates.wald(value, se, confidence).with_limits[1:], stats.norm.interval(confidence, value, se))
    close(estimates.half_width(se, confidence), stats.norm.ppf((1 + confidence) / 2) * se)
    estimates.check_confidence(confidence)


@holds("tables.cochran_armitage", "hypothesis_tests.trend")
def trends(rng, kind):
    k = int(rng.integers(2, 6))
    events, others = counts(rng, kind, 2, k)
    totals, scores = events + others, np.cumsum(rng.integers(1, 4, k)).astype(float)
    used = totals > 0
    if used.sum() < 2 or not events.sum() or not others.sum():
        assert hypothesis_tests.trend(pd.Series(events), pd.Series(totals), scores).reason
        return
    found = tables.cochran_armitage(events, totals, scores)
    share = events.sum() / totals.sum()
    weight = scores - scores @ totals / totals.sum()
    close(found.chi2, (weight @ events) ** 2 / (share * (1 - share) * (totals @ weight**2)), rtol=1e-7, atol=1e-9)
    slope = np.polyfit(scores[used], events[used] / totals[used], 1, w=np.sqrt(totals[used]))[0]
    close(found.slope, slope, rtol=1e-6, atol=1e-9)
    pearson = stats.chi2_contingency([events[used], others[used]], correction=False).statistic
    if used.sum() > 2:
        close(found.departure + found.chi2, pearson, rtol=1e-7, atol=1e-9)
    if (events[used] + others[used]).all():
        line = hypothesis_tests.trend(pd.Series(events), pd.Series(totals), scores)
        assert line.reason or line.statistic == found.chi2


@holds("hypothesis_tests.weighted_kappa")
def kappa(rng, kind):
    table = counts(rng, kind, 3, 3) + np.eye(3, dtype=int)
    found, theirs = hypothesis_tests.weighted_kappa(pd.DataFrame(table)), cohens_kappa(table, wt="linear")
    distance = abs(np.subtract.outer(range(3), range(3)))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    close(found.effect, 1 - (distance * table).sum() / (distance * expected).sum(), rtol=1e-9, atol=1e-12)
    close([found.low, found.high], [theirs.kappa_low, theirs.kappa_upp], rtol=1e-9)


@holds("hypothesis_tests.adjusted")
def families(rng, kind):
    p = rng.random(6) ** 3
    with_gap = np.insert(p, 2, np.nan)
    for method in ("holm", "fdr_bh", "bonferroni"):
        close(hypothesis_tests.adjusted(with_gap, method), np.insert(multipletests(p, method=method)[1], 2, np.nan))


@holds("tables.two_way", "tables.cube")
def layouts(rng, kind):
    table = counts(rng, kind, 3, 2)
    cells = cells_of(table).astype({"g": str, "x": str})
    shuffled = pd.concat([cells, cells]).sample(frac=1, random_state=int(rng.integers(10**6)))
    found, gaps = tables.two_way(shuffled.replace({"g": {"2": "missing"}}), "g", "x", ["0", "1"])
    used = table[:2].sum(axis=1) > 0
    close(found.to_numpy(), 2 * table[:2][used])
    close(gaps.to_numpy(), 2 * table[2])
    close(tables.cube(shuffled, {"g": ["0", "1", "2"], "x": ["0", "1"]}), 2 * table)


@holds("tables.sparse_expected")
def cochrans_rule(rng, kind):
    expected = rng.random(10) * 12
    assert tables.sparse_expected(expected) == (min(expected) < 1 or sum(each < 5 for each in expected) > 2)


@holds("tables.informative", "tables.breslow_day", "tables.odds_ratio_over_strata", "tables.mix_and_risk")
def odds_ratios(rng, kind):
    strata = counts(rng, kind, int(rng.integers(1, 5)), 2, 2)
    useful = [each for each in strata if each.sum(axis=0).all() and each.sum(axis=1).all()]
    close(tables.informative(strata), np.array(useful, float).reshape(-1, 2, 2))
    found = tables.odds_ratio_over_strata(strata)
    assert found.strata == len(useful)
    total = strata.sum(axis=0)
    if total.all():
        close(found.crude, Table2x2(total).oddsratio, rtol=1e-9)
    over = sum(each[0, 0] * each[1, 1] / each.sum() for each in useful)
    under = sum(each[0, 1] * each[1, 0] / each.sum() for each in useful)
    if useful and over and under:
        theirs = StratifiedTable([each.astype(float) for each in useful])
        close(found.common, over / under, rtol=1e-9)
        close([found.low, found.high], theirs.oddsratio_pooled_confint(), rtol=1e-8)
        if len(useful) > 1 and abs(found.common - 1) > 1e-3:
            same = theirs.test_equal_odds(adjust=True)
            close(tables.breslow_day(useful, found.common).chi_square, same.statistic, rtol=1e-4, atol=1e-6)
            close([found.homogeneity, found.homogeneity_p], [same.statistic, same.pvalue], rtol=1e-4, atol=1e-6)
    else:
        assert np.isnan(found.common)
    both = tables.mix_and_risk(np.stack([np.moveaxis(strata, 0, -1)] * 2))
    assert both["risk_strata"].tolist() == [len(useful)] * 2
    close(both["risk_common"], found.common)


@holds("tables.expected_cells")
def rarefaction(rng, kind):
    n = counts(rng, small(kind), 6)
    size = int(rng.integers(0, n.sum() + 1))
    theirs = sum(1 - stats.hypergeom.pmf(0, n.sum(), each, size) for each in n if each)
    close(tables.expected_cells(n, size), theirs, rtol=1e-9, atol=1e-12)


@holds("shares.wilson", "shares.share_of")
def plain_shares(rng, kind):
    events, others = counts(rng, kind, 2, 5)
    found = shares.share_of(pd.Series(events), pd.Series(events + others))
    for row, (hits, n) in enumerate(zip(events, events + others, strict=True)):
        if not n:
            assert np.isnan(found.loc[row, "low"])
            continue
        theirs = proportion_confint(hits, n, method="wilson")
        close(found.loc[row, ["low", "high"]].astype(float), theirs, rtol=1e-9, atol=1e-11)
        close(shares.wilson(hits / n, n), theirs, rtol=1e-9, atol=1e-11)


@holds("shares.standardized_shares", "shares.same_share", "hypothesis_tests.equal_shares")
def standardized(rng, kind):
    events, others = counts(rng, kind, 2, 2, 3)  # groups, strata
    g, s = (each.ravel() for each in np.indices(events.shape))
    cells = pd.concat([pd.DataFrame({"g": g, "s": s, "hit": hit, "n": n.ravel()})
                       for hit, n in ((True, events), (False, others))])  # fmt: skip
    cells = cells[cells["n"] > 0]
    found = shares.standardized_shares(cells, "g", ["s"], cells["hit"].to_numpy(bool))
    test, n = hypothesis_tests.equal_shares(found), events + others
    common = (n[(n.sum(axis=1) > 0)] > 0).all(axis=0)
    if (n.sum(axis=1) > 0).sum() < 2 or not common.any():
        assert test.reason
        return
    weight = n[:, common].sum(axis=0) / n[:, common].sum()
    found = found.loc[["0", "1"]]
    close(found["share"], (events / np.where(n, n, 1))[:, common] @ weight, rtol=1e-9, atol=1e-12)
    assert (found["low"] <= found["share"] + 1e-12).all() and (found["share"] <= found["high"] + 1e-12).all()
    if not test.reason:
        share, of = found["share"].to_numpy(), found["effective"].to_numpy()
        mean = np.average(share, weights=of)
        close(test.statistic, (of * (share - mean) ** 2).sum() / mean / (1 - mean), rtol=1e-7, atol=1e-12)
        close(shares.same_share(found).p, stats.chi2.sf(test.statistic, 1), rtol=1e-7)
