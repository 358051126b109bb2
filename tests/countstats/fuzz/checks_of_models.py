"""What holds the models and their validation: scikit-learn and statsmodels on rows, or the definition written out."""

import numpy as np
import pandas as pd
from samples_at_random import holds, modelled, rows_of_scored, scored
from scipy import stats
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from countstats.glm import (
    cell_table,
    collinearity,
    design,
    firth,
    fit_measures,
    multinomial,
    ordinal,
    profile,
    separation,
    solver,
    splines,
    wald,
)
from countstats.glm import logit as logistic
from countstats.prediction import calibration, decision_curve, roc

close = np.testing.assert_allclose
# What takes too long for many tables, or is random itself, with the test file that holds it on chosen ones.
ELSEWHERE = {
    "glm.firth.limits": "glm/test_firth.py",
    "glm.imputation.impute": "glm/test_imputation.py",
    "glm.imputation.pool": "glm/test_imputation.py",
    "glm.interaction.fit": "glm/test_interaction.py",
    "glm.interaction.together": "glm/test_interaction.py",
    "glm.interaction.with_products": "glm/test_interaction.py",
    "glm.interaction.within": "glm/test_interaction.py",
    "glm.marginal.attributable_fractions": "glm/test_marginal.py",
    "glm.marginal.average_effects": "glm/test_marginal.py",
    "glm.ordinal.departures": "glm/test_ordinal.py",
    "glm.random_intercept.fit": "glm/test_random_intercept.py",
    "glm.random_intercept.intraclass_correlation": "glm/test_random_intercept.py",
    "glm.random_intercept.median_odds_ratio": "glm/test_random_intercept.py",
    "glm.robust.sandwich": "glm/test_robust.py",
    "prediction.benchmark.boosting": "prediction/test_benchmark.py",
    "prediction.benchmark.choose_rounds": "prediction/test_benchmark.py",
    "prediction.benchmark.compare_models": "prediction/test_benchmark.py",
    "prediction.benchmark.ridge": "prediction/test_benchmark.py",
    "prediction.benchmark.stacked": "prediction/test_benchmark.py",
    "prediction.bootstrap.optimism": "prediction/test_bootstrap.py",
    "prediction.bootstrap.roc_band": "prediction/test_bootstrap.py",
    "prediction.calibration.smooth_curve": "prediction/test_calibration.py",
    "prediction.clustered.auc": "prediction/test_clustered.py",
    "prediction.clustered.observed_expected": "prediction/test_clustered.py",
    "prediction.workload.chance_of_at_most": "prediction/test_workload.py",
    "prediction.workload.extra_variance": "prediction/test_workload.py",
    "prediction.workload.flagged_shares": "prediction/test_workload.py",
    "prediction.calibration.between_groups": "prediction/test_calibration.py",
    "prediction.calibration.by_rank": "prediction/test_calibration.py",
    "prediction.calibration.smooth_error": "prediction/test_calibration.py",
    "prediction.cross_validation.folds": "prediction/test_cross_validation.py",
    "prediction.instability.of_draws": "prediction/test_instability.py",
    "prediction.updating.crosswise": "prediction/test_updating.py",
    "prediction.updating.misfit": "prediction/test_updating.py",
    "prediction.updating.spread": "prediction/test_updating.py",
}


@holds("prediction.roc.by_score", "prediction.roc.as_weighted_rows", "prediction.roc.auc", "prediction.roc.compare",
       "prediction.roc.gains", "prediction.roc.placements",
       "prediction.roc.partial_area", "prediction.roc.average_precision")  # fmt: skip
def areas(rng, kind):
    first, second, cases, controls = scored(rng, kind, several=True)
    score, event = rows_of_scored(first, cases, controls)
    other, _ = rows_of_scored(second, cases, controls)
    distinct, of_cases, of_controls = roc.by_score(first, cases, controls)
    close(distinct, np.unique(score))
    close(of_cases, [(score[event] == each).sum() for each in distinct])
    close(of_controls, [(score[~event] == each).sum() for each in distinct])
    outcome, at, weight = roc.as_weighted_rows(first, cases, controls)
    found = roc.auc(first, cases, controls)
    close(found.value, roc_auc_score(outcome, at, sample_weight=weight))
    close(found.value, roc_auc_score(event, score), rtol=1e-12)

    def won(score):
        return (score[event][:, None] > score[~event]) + 0.5 * (score[event][:, None] == score[~event])

    def variance(won):
        return sum(won.mean(axis=axis).var(ddof=1) / won.shape[1 - axis] for axis in (0, 1))

    close(found.se**2, variance(won(score)), rtol=1e-9, atol=1e-15)
    assert 0 <= found.low <= found.value <= found.high <= 1
    beaten, beating = roc.placements(first, cases, controls)
    close(np.repeat(beaten, cases), won(score).mean(axis=1), atol=1e-12)
    close(np.repeat(beating, controls), won(score).mean(axis=0), atol=1e-12)
    paired = roc.compare(first, second, cases, controls)
    close(paired.value, won(score).mean() - won(other).mean(), atol=1e-12)
    close(paired.se**2, variance(won(score) - won(other)), rtol=1e-8, atol=1e-15)
    gain = roc.gains({"second": second, "first": first}, cases, controls)
    close(gain.loc["first", ["auc", "gain"]].astype(float), [found.value, paired.value], atol=1e-12)
    close(roc.partial_area(first, cases, controls, 0.8), roc_auc_score(event, score, max_fpr=0.2), rtol=1e-9)
    close(roc.average_precision(first, cases, controls), average_precision_score(event, score), rtol=1e-9)


@holds("prediction.roc.curve", "prediction.roc.reached", "prediction.roc.at_threshold", "prediction.roc.youden",
       "prediction.roc.for_workload", "prediction.roc.precision", "prediction.decision_curve.net_benefit",
       "prediction.decision_curve.surely_ahead")  # fmt: skip
def thresholds(rng, kind):
    score, cases, controls = scored(rng, kind)
    of_row, event = rows_of_scored(score, cases, controls)
    at = np.array([0.12, 0.33, 0.61, 0.87])
    curve = roc.curve(score, cases, controls, at)
    flags = np.array([of_row >= each for each in (-np.inf, *at, np.inf)])
    close(curve["sensitivity"], flags[:, event].mean(axis=1), atol=1e-12)
    close(curve["specificity"], 1 - flags[:, ~event].mean(axis=1), atol=1e-12)
    precision = [event[each].mean() if each.any() else np.nan for each in flags]
    close(roc.precision(curve, event.mean()), precision, atol=1e-9)
    close(roc.reached(score, 0.33), score >= 0.33)
    one = roc.at_threshold(score, cases, controls, 0.33)
    close(one[["flagged", "sensitivity"]].astype(float), [flags[2].mean(), flags[2][event].mean()])
    sums = flags[:, event].mean(axis=1) - flags[:, ~event].mean(axis=1)
    best = roc.youden(score, cases, controls, at)
    assert (
        best == -np.inf if sums[1:-1].max() <= 1e-12 else best == at[np.argmax(sums[1:-1] > sums[1:-1].max() - 1e-12)]
    )
    share = rng.random()
    feasible = [t for t, each in zip(at, flags[1:-1], strict=True) if 0 < each.mean() <= share + 1e-12]
    assert roc.for_workload(score, cases + controls, share, at) == (feasible[0] if feasible else np.inf)
    benefit, odds = decision_curve.net_benefit(score, cases, controls, at), at / (1 - at)
    gain = flags[1:-1, event].sum(axis=1) - odds * flags[1:-1, ~event].sum(axis=1)
    close(benefit["model"], gain / len(event), atol=1e-12)
    ahead, gaps = decision_curve.surely_ahead(benefit)
    assert len(ahead) == (benefit["ahead_low"] > 0).sum() and gaps <= 1


@holds("prediction.calibration.brier", "prediction.calibration.scaled_brier",
       "prediction.calibration.observed_expected", "prediction.calibration.in_the_large",
       "prediction.calibration.intercept_and_slope", "prediction.calibration.slope",
       "prediction.calibration.log_odds", "prediction.calibration.check_overlap",
       "prediction.calibration.recalibrated")  # fmt: skip
def calibrated(rng, kind):
    risk, cases, controls = scored(rng, kind)
    of_row, event = rows_of_scored(risk, cases, controls)
    close(calibration.brier(risk, cases, controls), brier_score_loss(event, of_row))
    useless = brier_score_loss(event, np.full(len(event), event.mean()))
    scaled = 1 - brier_score_loss(event, of_row) / useless
    close(calibration.scaled_brier(risk, cases, controls), scaled, atol=1e-12)
    close(calibration.observed_expected(risk, cases, controls).value, event.sum() / of_row.sum())
    odds, counted = calibration.log_odds(risk, cases, controls)
    close(odds, logit(np.unique(of_row)))
    theirs = GLM(event, np.ones(len(event)), Binomial(), offset=logit(of_row)).fit(tol=1e-12)
    large = calibration.in_the_large(risk, cases, controls)
    close([large.value, large.se], [theirs.params[0], theirs.bse[0]], rtol=1e-6, atol=1e-8)
    try:
        calibration.check_overlap(odds, counted)
    except ValueError:
        return
    theirs = GLM(event, np.column_stack([np.ones(len(event)), logit(of_row)]), Binomial()).fit(tol=1e-12)
    intercept, slope = calibration.intercept_and_slope(risk, cases, controls)
    close([intercept.value, slope.value], theirs.params, rtol=1e-5, atol=1e-7)
    close([intercept.se, slope.se], theirs.bse, rtol=1e-5)
    assert calibration.slope(risk, cases, controls) == slope
    shifted = calibration.recalibrated(risk, intercept.value, slope.value)
    close(shifted, expit(intercept.value + slope.value * logit(risk)))


@holds("glm.cell_table.cells_of", "glm.cell_table.counts_by", "glm.cell_table.collapse", "glm.cell_table.complete",
       "glm.cell_table.split")  # fmt: skip
def cells(rng, kind):
    table = modelled(rng, kind)
    long = table.melt(["a", "b"], ["events", "others"], "had", "n").assign(had=lambda each: each["had"].astype(str))
    again = cell_table.cells_of(long, ["a", "b"], "had", "events")
    pd.testing.assert_frame_equal(again.sort_values(["a", "b"], ignore_index=True), table, check_dtype=False)
    wide = cell_table.counts_by(long, ["a"], "had")
    close(wide[["events", "others"]], cell_table.collapse(table, ["a"])[["events", "others"]])
    gaps = table.assign(a=table["a"].where(table["a"] != "q"))
    assert len(cell_table.complete(gaps, ["a", "b"])) == 4 and len(cell_table.complete(gaps, ["b"])) == 6
    parts = cell_table.split(table, 0.6, rng)
    both = cell_table.collapse(pd.concat(parts), ["a", "b"])
    close(both[["events", "others"]], table[["events", "others"]])
    total = table[["events", "others"]].to_numpy().sum()
    assert parts[0][["events", "others"]].to_numpy().sum() == round(0.6 * total)


@holds("glm.design.matrix", "glm.design.coded", "glm.design.as_design", "glm.logit.fit", "glm.logit.risks",
       "glm.logit.measures", "glm.fit_measures.of_counts", "glm.fit_measures.of_result",
       "glm.wald.coefficients", "glm.wald.odds_ratios", "glm.wald.univariable")  # fmt: skip
def regressions(rng, kind):
    table, reference = modelled(rng, kind), {"a": "p", "b": "no"}
    x = design.matrix(table, reference)
    close(design.coded(table, reference).written_out(), x)
    close(design.as_design(x).times(np.ones(x.shape[1])), x.to_numpy().sum(axis=1))
    theirs = GLM(table[["events", "others"]], x, Binomial()).fit(tol=1e-13)
    fitted = logistic.fit(x, table)
    close(fitted.estimates, theirs.params, rtol=1e-6, atol=1e-8)
    close(np.sqrt(np.diag(fitted.covariance)), theirs.bse, rtol=1e-6)
    close(logistic.fit(design.coded(table, reference), table).estimates, fitted.estimates, rtol=1e-7, atol=1e-9)
    close(logistic.risks(x, fitted), theirs.fittedvalues, rtol=1e-6)
    measured = logistic.measures(x, table, fitted)
    risk = logistic.risks(x, fitted)
    log_likelihood = (table["events"] * np.log(risk) + table["others"] * np.log1p(-risk)).sum()
    close(measured["log_likelihood"], log_likelihood, rtol=1e-9)
    close(fit_measures.of_result(theirs)["aic"], measured["aic"], rtol=1e-9)
    of_counts = fit_measures.of_counts(table["events"], table["others"], risk, x.shape[1])
    close(of_counts["log_likelihood"], log_likelihood, rtol=1e-9)
    ratios = wald.odds_ratios(wald.coefficients(theirs, x))
    close(ratios["odds_ratio"], np.exp(np.asarray(theirs.params)[1:]))
    for name, one in wald.univariable(table, reference)["odds_ratio"].drop([("a", "p"), ("b", "no")]).items():
        four = [table[table[name[0]] == code][["events", "others"]].sum() for code in (name[1], reference[name[0]])]
        close(one, four[0]["events"] * four[1]["others"] / four[0]["others"] / four[1]["events"])


@holds(
    "glm.design.by_size",
    "glm.design.select",
    "glm.design.join",
    "glm.wald.fit",
    "glm.wald.as_fit",
    "glm.wald.estimated",
)
def both_forms(rng, kind):
    table, reference = modelled(rng, kind), {"a": "p", "b": "no"}
    dense, coded = (design.by_size(table, reference, many) for many in (len(table), 0))
    assert isinstance(coded, design.Coded)
    kept = table.index.to_numpy() % 2 == 0
    close(design.select(coded, kept, dense.columns[:2]).written_out(), dense.loc[kept].iloc[:, :2])
    close(design.select(dense, kept, dense.columns[:2]), dense.loc[kept].iloc[:, :2])
    further = pd.DataFrame({("number", "line"): rng.choice([0.5, 2.0, 7.25], len(table))}, dense.index)
    further.columns = pd.MultiIndex.from_tuples(further.columns)
    close(design.join(coded, further).written_out(), design.join(dense, further))
    theirs = GLM(table[["events", "others"]], dense, Binomial()).fit(tol=1e-13)
    for x in (dense, coded):
        fitted = wald.fit(x, table)
        close(fitted.estimates, theirs.params, rtol=1e-6, atol=1e-8)
        close(wald.estimated(fitted, x, table)["se"], theirs.bse, rtol=1e-6)
    close(wald.as_fit(theirs, dense).covariance, theirs.cov_params(), rtol=1e-12)


@holds("glm.logit.compare", "glm.logit.drop_each", "glm.logit.refuse_constant", "glm.fit_measures.likelihood_ratio",
       "glm.collinearity.gvif", "glm.collinearity.dependent_columns", "glm.separation.infinite_terms")  # fmt: skip
def comparisons(rng, kind):
    table, reference = modelled(rng, kind), {"a": "p", "b": "no"}
    logistic.refuse_constant(table)
    x = design.matrix(table, reference)
    small, fitted = x.drop(columns=[("b", "yes")]), logistic.fit(x, table)
    theirs = [GLM(table[["events", "others"]], each, Binomial()).fit(tol=1e-13) for each in (small, x)]
    statistic = theirs[0].deviance - theirs[1].deviance
    close(logistic.drop_each(x, table, fitted).loc["b", "chi_square"], statistic, rtol=1e-5, atol=1e-6)
    measured = [logistic.measures(each, table, logistic.fit(each, table)) for each in (small, x)]
    close(fit_measures.likelihood_ratio(*measured).chi_square, statistic, rtol=1e-5, atol=1e-6)
    compared = logistic.compare({"small": small, "large": x}, table, {"large": "small"}).set_index("model")
    close(compared.loc["large", "chi_square"], statistic, rtol=1e-5, atol=1e-6)
    correlation = theirs[1].cov_params().to_numpy()[1:, 1:]
    correlation = correlation / np.sqrt(np.outer(np.diag(correlation), np.diag(correlation)))
    close(collinearity.gvif(fitted.covariance, [None, "a", "a", "b"]).loc["b", "gvif"],
          np.linalg.inv(correlation)[2, 2], rtol=1e-5)  # fmt: skip
    twice = x.assign(again=x.iloc[:, 1])
    assert len(collinearity.dependent_columns(twice, np.ones(6))) == 1
    assert separation.infinite_terms(x, table).empty


@holds("glm.solver.maximise", "glm.solver.covariance", "glm.solver.solve", "glm.profile.limits",
       "glm.profile.multivariable", "glm.profile.univariable")  # fmt: skip
def maxima(rng, kind):
    table, reference = modelled(rng, kind), {"a": "p", "b": "no"}
    x = design.matrix(table, reference)
    model, fitted = logistic.Logit(x, table["events"], table["others"]), logistic.fit(x, table)
    b = solver.maximise(model, np.zeros(4))
    close(b, fitted.estimates, rtol=1e-7, atol=1e-9)
    inverse = np.linalg.inv(model.information(b))
    close(solver.covariance(model, b), inverse, rtol=1e-6, atol=1e-9 * inverse.max())
    close(solver.solve(model.information(b), np.ones(4)), inverse.sum(axis=1), rtol=1e-6, atol=1e-9 * inverse.max())
    found = profile.limits(model, fitted.estimates, [("b", "yes")])
    most, free = model.value_and_score(b)[0], np.array([True, True, True, False])
    for end in ("low", "high"):
        start = np.append(b[:3], found.loc[("b", "yes"), end])
        at = model.value_and_score(solver.maximise(model, start, free))[0]
        close(2 * (most - at), stats.chi2.ppf(0.95, 1), rtol=1e-5, atol=1e-12 * abs(most))
    ratios = profile.multivariable(x, table, fitted).loc[("b", "yes")]
    close(
        ratios[["low", "high"]].astype(float), np.exp(found.loc[("b", "yes"), ["low", "high"]].astype(float)), rtol=1e-6
    )
    alone = profile.univariable(table, {"b": "no"}).loc[("b", "yes")]
    one = cell_table.collapse(table, ["b"])
    own = design.matrix(one, {"b": "no"})
    close(profile.multivariable(own, one, logistic.fit(own, one)).loc[("b", "yes"), "low"], alone["low"], rtol=1e-6)


@holds("glm.firth.fit", "glm.firth.refit", "glm.firth.estimate", "glm.firth.reduced",
       "glm.firth.log_likelihood_without")  # fmt: skip
def firths_penalty(rng, kind):
    table = modelled(rng, kind)
    one = cell_table.collapse(table, ["b"])
    x = design.matrix(one, {"b": "no"})
    fitted = firth.fit(x, one)
    half = one[["events", "others"]].to_numpy() + 0.5  # of a saturated model it is half a unit in each cell
    odds = np.log(half[:, 0] / half[:, 1])
    close(fitted.estimates, [odds[0], odds[1] - odds[0]], rtol=1e-5, atol=1e-7)
    plain = logistic.fit(x, one).estimates
    close(firth.refit(x.to_numpy(), one["events"], one["others"]), plain, rtol=1e-6, atol=1e-8)
    close(firth.estimate(x, one)[0].estimates, plain, rtol=1e-6, atol=1e-8)
    without = firth.reduced(x.assign(again=x.iloc[:, 1]), one).estimates
    close(without, plain, rtol=1e-6, atol=1e-8)  # one of the columns that are alike is left out
    assert firth.log_likelihood_without(x, one, [("b", "yes")]) <= fitted.log_likelihood + 1e-6


@holds("glm.multinomial.fit", "glm.ordinal.fit")
def several_categories(rng, kind):
    table = modelled(rng, kind)
    one = cell_table.collapse(table, ["b"])
    x = design.matrix(one, {"b": "no"})
    categories = one[["others", "events"]]
    binary = logistic.fit(x, one).estimates
    close(multinomial.fit(x, categories).estimates, binary, rtol=1e-6, atol=1e-8)
    ordered = ordinal.fit(x.drop(columns=[design.INTERCEPT]), categories).estimates
    close(np.sort(np.abs(ordered)), np.sort(np.abs(binary)), rtol=1e-6, atol=1e-8)


@holds("glm.splines.knots", "glm.splines.restricted_cubic", "glm.splines.columns")
def curves(rng, kind):
    values, n = np.sort(rng.normal(size=30)), rng.integers(1, 5, 30)
    knots = splines.knots(values, n)
    close(knots, np.quantile(np.repeat(values, n), splines.PLACES[4]))
    x = np.linspace(knots[-1], knots[-1] + 2, 9)
    close(np.diff(splines.restricted_cubic(x, knots), 2, axis=0), 0, atol=1e-8)
    close(splines.columns("x", values, n).to_numpy(), splines.restricted_cubic(values, knots))
