"""Notebooks 06-logistic and 06-robustness from rows: odds ratios, what each block adds, and other analyses of them."""

import functools
from itertools import pairwise

import by_rows
import numpy as np
import pandas as pd
from numpy.polynomial import Chebyshev
from scipy import stats
from scipy.optimize import root
from scipy.special import expit
from statsmodels.discrete.discrete_model import MNLogit

from countstats.glm import imputation
from rows.risks import split
from rows.study import LEVELS, recomputes

# --- 06-logistic ------------------------------------------------------------------------------------


def event_of(study, outcome):
    """Return whether each complete pupil has the event."""
    return study.complete[outcome] == "yes"


@functools.cache
def whole_model(study, outcome):
    """Return the model of all predictors, fitted to the complete pupils, and its columns."""
    x = by_rows.dummies(study.complete, study.reference)
    return by_rows.logistic(event_of(study, outcome), x), x


def profiles(fit, x, y, limits):
    """Return the profile limits of odds ratios that a notebook proposes, each moved by a step of Newton's.

    limits: frame with low and high, odds ratios, in the order of the columns of x after the first
    """
    return pd.DataFrame(
        [
            [np.exp(by_rows.profile_limit(y, x, place, (fit, np.log(limit)))) for limit in pair]
            for place, pair in enumerate(limits.to_numpy(float), start=1)
        ],
        limits.index,
        ["low", "high"],
    )


@recomputes("06-logistic", "odds_ratios", "variable", "code")
def odds_ratios(study, outcome):
    file = study.result(f"06-logistic-{outcome}", "odds_ratios").set_index(["variable", "code"])
    rows, y = study.complete, event_of(study, outcome).to_numpy()
    fits = {("multivariable", name): whole_model(study, outcome) for name in study.names}
    for name, base in study.reference.items():
        x = by_rows.dummies(rows, {name: base})
        fits["univariable", name] = by_rows.logistic(y, x), x
    ends = {}
    for fit, x in {id(each[0]): each for each in fits.values()}.values():
        kind = "multivariable" if x.columns.get_level_values(0).nunique() > 2 else "univariable"
        proposed = file.loc[list(x.columns[1:]), [f"profile_low_{kind}", f"profile_high_{kind}"]]
        ends[id(fit)] = profiles(fit, x.to_numpy(), y, proposed)
    effects, found = average_effects(study, outcome), []
    for name, base in study.reference.items():
        for code in rows[name].cat.remove_unused_categories().cat.categories:
            has = (rows[name] == code).to_numpy()
            row = {"variable": name, "code": code, "reference": code == base, "n": has.sum(), "events": y[has].sum()}
            row["block"] = next(block for block, names in study.blocks.items() if name in names)
            for kind in ("univariable", "multivariable"):
                fit, x = fits[kind, name]
                if code == base:
                    row |= {f"odds_ratio_{kind}": 1.0}
                    continue
                own, limits = by_rows.table(fit, x.columns).loc[(name, code)], ends[id(fit)].loc[(name, code)]
                row |= {f"odds_ratio_{kind}": np.exp(own["b"]), f"p_{kind}": own["p"]}
                row |= {f"low_{kind}": np.exp(own["low"]), f"high_{kind}": np.exp(own["high"])}
                row |= {f"profile_low_{kind}": limits["low"], f"profile_high_{kind}": limits["high"]}
            found.append(row | effects.get((name, code), {}))
    return pd.DataFrame(found)


def average_effects(study, outcome):
    """Return the mean change of the predicted probability if all cases went from the reference to a code."""
    (fit, x), found = whole_model(study, outcome), {}
    for term in x.columns[1:]:
        base = x.copy()
        base.loc[:, base.columns.get_level_values(0) == term[0]] = 0.0
        other = base.copy()
        other[term] = 1.0
        (one, slope_one), (two, slope_two) = (
            by_rows.standardized_probability(fit, x.to_numpy(), each.to_numpy()) for each in (base, other)
        )
        slope = slope_two - slope_one
        reach = by_rows.Z * np.sqrt(slope @ fit.cov_params() @ slope)
        found[term] = {"effect_multivariable": two - one}
        found[term] |= {"effect_low_multivariable": two - one - reach, "effect_high_multivariable": two - one + reach}
    return found


@recomputes("06-logistic", "blocks", "block")
def blocks(study, outcome):
    """What each block adds; its areas in the validation part of the notebooks 07."""
    rows, y, entered = study.complete, event_of(study, outcome), []
    fits, found = {"none": by_rows.logistic(y, by_rows.dummies(rows, {}))}, []
    first = ~rows.index.isin(split(study, outcome).parts["validation"].index)
    held_out, scores = y[~first].to_numpy(), {"none": np.zeros((~first).sum())}
    for block, names in study.blocks.items():
        entered += names
        x = by_rows.dummies(rows, {name: study.reference[name] for name in entered})
        fits[block] = by_rows.logistic(y, x)
        scores[block] = (x[~first] @ by_rows.logistic(y[first], x[first]).params).to_numpy().round(12)
    for before, block in pairwise(fits):
        fit, null = fits[block], fits["none"].llf
        statistic, df = 2 * (fit.llf - fits[before].llf), fit.df_model - fits[before].df_model
        row = {"block": block, "n": fit.nobs, "events": y.sum(), "parameters": len(fit.params)}
        row |= {"log_likelihood": fit.llf, "null_log_likelihood": null, "aic": fit.aic, "bic": fit.bic}
        cox_snell, p = 1 - np.exp(2 * (null - fit.llf) / fit.nobs), fit.predict()
        row |= {"mcfadden": 1 - fit.llf / null, "cox_snell": cox_snell, "tjur": p[y].mean() - p[~y].mean()}
        row |= {"nagelkerke": cox_snell / (1 - np.exp(2 * null / fit.nobs))}
        row |= {"chi_square": statistic, "df": df, "p": stats.chi2.sf(statistic, df)}
        gain = by_rows.area_difference(scores[block], scores[before], held_out)
        row |= by_rows.area(scores[block], held_out) | {"gain": gain["difference"], "gain_low": gain["low"]}
        found.append(row | {"gain_high": gain["high"], "gain_p": gain["p"]})
    return pd.DataFrame(found)


@recomputes("06-logistic", "variables", "variable")
def variables(study, outcome):
    """Leaving out each variable, and the share of the events that the model would not expect without some."""
    y, (fit, x), found = event_of(study, outcome), whole_model(study, outcome), {}
    variable_of = x.columns.get_level_values(0)
    for name in study.names:
        less = by_rows.logistic(y, x.loc[:, variable_of != name])
        statistic, df = 2 * (fit.llf - less.llf), fit.df_model - less.df_model
        found[name] = {"chi_square": statistic, "df": df, "p": stats.chi2.sf(statistic, df)}
    smallest_first = sorted(found, key=lambda name: found[name]["p"])
    for place, name in enumerate(smallest_first):
        stepped = [(len(found) - k) * found[each]["p"] for k, each in enumerate(smallest_first[: place + 1])]
        found[name]["p_holm"] = min(1.0, max(stepped))
    around = {block: study.blocks[block] for block in ("family", "environment")}
    expected, slope_expected = by_rows.standardized_probability(fit, x.to_numpy())
    for name, those in (around | {name: [name] for names in around.values() for name in names}).items():
        base = x.copy()
        base.loc[:, variable_of.isin(those)] = 0.0
        left, slope = by_rows.standardized_probability(fit, x.to_numpy(), base.to_numpy())
        slope = slope / left - slope_expected / expected
        reach = np.exp(by_rows.Z * np.sqrt(slope @ fit.cov_params() @ slope))
        row = {"fraction": 1 - left / expected, "events": (1 - left / expected) * y.sum()}
        row |= {"low": 1 - left / expected * reach, "high": 1 - left / expected / reach}
        found[name] = found.get(name, {}) | row
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("variable").reset_index()


@recomputes("06-logistic", "interactions", "variable", "code", "within")
def interactions(study, outcome):
    """In place of products: each code of the one variable has a column of its own within each code of the other."""
    rows, y, found = study.complete, event_of(study, outcome), []
    x, sparse = whole_model(study, outcome)[1], study.parameter(f"06-logistic-{outcome}", "sparse")
    for name in ("sex", "stage"):
        codes = [code for variable, code in x.columns if variable == name]
        own = {
            (name, code, within): (rows[name] == code).astype(float) * (rows["problem"] == within)
            for code in codes
            for within in rows["problem"].cat.categories
        }
        others = x.loc[:, x.columns.get_level_values(0) != name]
        matrix = np.column_stack([others, *own.values()])
        pairs = pd.get_dummies(rows[name].astype(str) + rows["problem"].astype(str), dtype=float).to_numpy()
        b, covariance = by_rows.maximum_likelihood_or_firth(y, matrix, pairs, sparse)
        few = pd.crosstab([rows[name], rows["problem"]], y).min(axis=1) < sparse
        for place, ((_, code, within), column) in enumerate(own.items(), start=others.shape[1]):
            se = np.sqrt(covariance[place, place])
            row = {"variable": name, "code": code, "within": within, "odds_ratio": np.exp(b[place])}
            row |= {"n": column.sum() if column.sum() >= sparse else np.nan}
            row |= {"sparse": few[code, within] or few[study.reference[name], within]}
            row |= {"low": np.exp(b[place] - by_rows.Z * se), "high": np.exp(b[place] + by_rows.Z * se)}
            found.append(row | {"p": 2 * stats.norm.sf(abs(b[place]) / se)})
    return pd.DataFrame(found)


# --- 06-robustness ----------------------------------------------------------------------------------


def analysis(b, se, df=np.inf, fmi=np.nan):
    """Return a table of coefficients with t limits, the normal ones where the degrees of freedom are infinite."""
    reach = stats.t.ppf(0.975, df) * se
    columns = {"b": b, "low": b - reach, "high": b + reach, "p": 2 * stats.t.sf(abs(b) / se, df), "se": se}
    return pd.DataFrame(columns | {"df": df, "fmi": fmi}, index=b.index)


def clustered(rows, study, outcome, cluster):
    """Return the model with errors robust to clusters, corrected for few of them."""
    rows = rows.dropna(subset=[*study.names, cluster])
    x = by_rows.dummies(rows, study.reference)
    b, se, df = by_rows.bell_mccaffrey((rows[outcome] == "yes").to_numpy(float), x, rows[cluster].to_numpy())
    return analysis(pd.Series(b, x.columns), se, df)


@functools.cache
def by_steps(study):
    """Return the ordinal analysis, and the multinomial model of the levels with its terms."""
    x = by_rows.dummies(study.complete, study.reference)
    place = study.complete["level"].map(LEVELS.index).to_numpy(int)
    b, se = by_rows.proportional_odds(place, x.to_numpy()[:, 1:])
    fit = MNLogit(place, x.to_numpy()).fit(method="newton", tol=1e-11, maxiter=100, disp=0)
    return analysis(pd.Series(b, x.columns[1:]), se), fit, x.columns


def with_gaps(rows, names):
    """Return rows in which what is not recorded is a category of its own, the last."""
    return rows.assign(**{name: rows[name].cat.add_categories("missing").fillna("missing") for name in names})


@functools.cache
def completed(study, step):
    """Return the rows of each table that the notebook's imputation completes.

    The draws are the notebook's own, made again (`test_imputation` holds how they are made); what the models make of
    them is not.
    """
    names, years = [*study.names, "level", "length_band", "age"], study.cases["age"].astype(float)
    bands = pd.Categorical(np.searchsorted([9.5, 11.5, 13.5, 15.5, 17.5], years), range(6))
    rows = study.cases.assign(age=pd.Series(bands, years.index).where(years.notna()))
    rows = with_gaps(rows, [*study.names, "length_band", "age"])
    cells = rows.groupby(names, observed=True).size().rename("n").reset_index()
    rng = np.random.default_rng(study.parameter(step, "seed"))
    tables = imputation.impute(cells, names, study.parameter(step, "imputations"), rng)
    return [table.loc[table.index.repeat(table["n"])].reset_index(drop=True) for table in tables]


def imputed(study, outcome):
    """Return the pooled analysis of the completed rows."""
    fits = []
    for rows in completed(study, f"06-robustness-{outcome}"):
        x = by_rows.dummies(rows, study.reference)
        event = (rows["level"] == "high_risk") if outcome == "high_risk" else (rows["level"] != "well")
        fits.append(by_rows.logistic(event, x))
    estimates, variances = (np.array(each) for each in zip(*((fit.params, fit.bse**2) for fit in fits), strict=True))
    b, se, df, fmi = by_rows.rubin(estimates, variances, len(study.cases))
    return analysis(pd.Series(b, x.columns), se, df, fmi)


@functools.cache
def tables(study, outcome):
    """Return all analyses: {name: table of coefficients}."""
    (fit, x), y = whole_model(study, outcome), event_of(study, outcome)
    penalised, covariance = by_rows.firth(y, x)
    flagged = with_gaps(study.cases, study.names)
    x_flagged = by_rows.dummies(flagged, study.reference)
    unknown = by_rows.logistic(flagged[outcome] == "yes", x_flagged)
    return {
        "main": analysis(pd.Series(fit.params, x.columns), fit.bse),
        "firth": analysis(pd.Series(penalised, x.columns), np.sqrt(np.diag(covariance))),
        "counsellor": clustered(study.cases, study, outcome, "counsellor"),
        "city": clustered(study.cases, study, outcome, "city"),
        "calls": clustered(study.calls.dropna(subset=outcome), study, outcome, "caller"),
        "ordinal": by_steps(study)[0],
        "unknown": analysis(pd.Series(unknown.params, x_flagged.columns), unknown.bse),
        "imputed": imputed(study, outcome),
    }


@recomputes("06-robustness", "analyses", "analysis", "variable", "code")
def analyses(study, outcome):
    found = []
    for name, table in tables(study, outcome).items():
        kept = table[[term[0] != "intercept" and term[1] != "missing" for term in table.index]]
        ratios = np.exp(kept[["b", "low", "high"]]).rename(columns={"b": "odds_ratio"})
        frame = kept[["p", "se", "df"]].join(ratios).replace({"df": np.inf}, np.nan)
        found.append(frame.assign(analysis=name).rename_axis(["variable", "code"]).reset_index())
    return pd.concat(found)


@recomputes("06-robustness", "comparison", "analysis")
def comparison(study, outcome):
    main, found = tables(study, outcome)["main"].iloc[1:], []
    excludes_1_in_main = (main["low"] > 0) | (main["high"] < 0)
    for name, table in tables(study, outcome).items():
        own = table.loc[main.index]
        ratio, moved = own["se"] / main["se"], (own["b"] - main["b"]).abs()
        excludes_1 = (own["low"] > 0) | (own["high"] < 0)
        row = {"analysis": name, "terms": len(own), "excludes_1": excludes_1.sum(), "se_ratio": ratio.median()}
        row |= {
            "changed_significance": str(list(own.index[excludes_1 != excludes_1_in_main])),
            "se_largest": ratio.max(),
        }
        unchanged = moved.max() < 1e-9
        found.append(row | {"change": np.exp(moved.max()), "at": np.nan if unchanged else ":".join(moved.idxmax())})
    return pd.DataFrame(found)


@recomputes("06-robustness", "levels", "model", "variable", "code")
def levels(study, outcome):
    ordinal, fit, terms = by_steps(study)
    found = {"Ordinal": ordinal}
    for place, name in enumerate(("Imbalance / well", "High risk / well")):
        found[name] = analysis(pd.Series(np.asarray(fit.params)[:, place], terms), np.asarray(fit.bse)[:, place])
    frame = pd.concat({name: table.drop(("intercept", ""), errors="ignore") for name, table in found.items()})
    return frame.drop(columns=["df", "fmi"]).rename_axis(["model", "variable", "code"]).reset_index()


@recomputes("06-robustness", "variables", "variable")
def collinearity(study, outcome):
    """GVIF from determinants of the correlations of the estimates: of a variable, of all others, and of all."""
    (fit, x), found = whole_model(study, outcome), []
    correlation = pd.DataFrame(fit.cov_params(), x.columns, x.columns).iloc[1:, 1:]
    scale = np.sqrt(np.diag(correlation))
    correlation, variable_of = correlation / np.outer(scale, scale), x.columns[1:].get_level_values(0)
    fmi = tables(study, outcome)["imputed"]["fmi"]
    for name in study.names:
        own = variable_of == name
        parts = [np.linalg.det(correlation.to_numpy()[np.ix_(part, part)]) for part in (own, ~own, own | ~own)]
        row = {"variable": name, "df": own.sum(), "gvif": parts[0] * parts[1] / parts[2]}
        row |= {"gvif_per_df": row["gvif"] ** (0.5 / own.sum()), "not_recorded": study.cases[name].isna().mean()}
        found.append(row | {"fmi": fmi[fmi.index.get_level_values(0) == name].max()})
    return pd.DataFrame(found)


@recomputes("06-robustness", "age", "model")
def age(study, outcome):
    rows = study.complete.dropna(subset="age")
    y, years = rows[outcome] == "yes", rows["age"].to_numpy(float)
    assert study.parameter(f"06-robustness-{outcome}", "knots") == 4
    curve = by_rows.natural_spline(years, np.unique(np.quantile(years, [0.05, 0.35, 0.65, 0.95])))
    staged = by_rows.dummies(rows, study.reference)
    bare = staged.loc[:, staged.columns.get_level_values(0) != "stage"]
    designs = {
        "School stage": (staged, ""),
        "Age as a straight line": (np.column_stack([bare, years]), ""),
        "Age as a curve": (np.column_stack([bare, curve]), "Age as a straight line"),
        "School stage and age as a line": (np.column_stack([staged, years]), "School stage"),
    }
    fits, found = {name: by_rows.logistic(y, x) for name, (x, _) in designs.items()}, []
    for name, (_, other) in designs.items():
        fit, row = fits[name], {"chi_square": np.nan, "df": np.nan, "p": np.nan, "against": np.nan}
        if other:
            statistic, df = 2 * (fit.llf - fits[other].llf), fit.df_model - fits[other].df_model
            row = {"chi_square": statistic, "df": df, "p": stats.chi2.sf(statistic, df), "against": other}
        found.append({"model": name, "n": len(rows), "parameters": len(fit.params), "aic": fit.aic} | row)
    return pd.DataFrame(found)


@recomputes("06-robustness", "spread", "cluster")
def spread(study, outcome):
    """A normal intercept of each cluster, integrated out on a grid; of limits the notebook's own begin the search."""
    file = study.result(f"06-robustness-{outcome}", "spread").set_index("cluster")
    return pd.DataFrame([spread_of(study, outcome, cluster, file.loc[cluster]) for cluster in ("counsellor", "city")])


def spread_of(study, outcome, cluster, proposed):
    """Return the row of `spread` of one kind of cluster."""
    rows = study.cases.dropna(subset=[*study.names, cluster])
    x, y = by_rows.dummies(rows, study.reference), (rows[outcome] == "yes").to_numpy(float)
    likelihood = Shifted((x @ by_rows.logistic(y, x).params).to_numpy(), y, rows[cluster])
    shift, sd = root(lambda at: likelihood(at[0], 0.0)[1], [0.0], tol=1e-13).x[0], 0.0
    none = best = likelihood(shift, 0.0)[0]
    if likelihood(shift, 1e-3)[2] > 0:
        shift, sd = root(lambda at: likelihood(*at)[1:], [shift, proposed["sd"]], tol=1e-13).x
        best = likelihood(shift, sd)[0]
    ends, below = {"low": 0.0}, best - stats.chi2.ppf(0.95, 1) / 2
    for end in ("low", "high") if none < below else ("high",):
        start = [shift, proposed[end]]
        ends[end] = root(lambda at: np.subtract(likelihood(*at)[:2], [below, 0]), start, tol=1e-13).x[1]
    row = {"cluster": cluster, "clusters": rows[cluster].nunique(), "sd": sd, **ends, "chi_square": 2 * (best - none)}
    row |= {"p": stats.chi2.sf(row["chi_square"], 1) / 2 if sd else 1.0}
    for suffix, each in {"": sd, "_low": ends["low"], "_high": ends["high"]}.items():
        row[f"median_odds_ratio{suffix}"] = np.exp(stats.norm.ppf(0.75) * np.hypot(each, each))
        row[f"icc{suffix}"] = each**2 / (each**2 + np.pi**2 / 3)
    return row


class Shifted:
    """The log-likelihood of a shift and a normal intercept of each cluster, with its slopes in shift and deviation.

    What a cluster's rows say of its own log odds is a smooth function of how far these are shifted, a polynomial to all
    digits.
    """

    def __init__(self, linear, y, cluster):
        points = 3 * np.cos(np.pi * (np.arange(64) + 0.5) / 64)
        values = [pd.Series(y * (linear + t) - np.logaddexp(0, linear + t)) for t in points]
        scores = [pd.Series(y - expit(linear + t)) for t in points]
        values, scores = (
            pd.concat(each, axis=1).groupby(cluster.astype(str).to_numpy()).sum() for each in (values, scores)
        )
        self.values, self.scores = (
            [Chebyshev.fit(points, each, 63, domain=[-3, 3]) for each in of.to_numpy()] for of in (values, scores)
        )
        self.z = np.linspace(-8, 8, 321)

    def __call__(self, shift, sd):
        at = np.clip(shift + sd * self.z, -3, 3)
        log_part = (
            np.array([each(at) for each in self.values]) + stats.norm.logpdf(self.z) + np.log(self.z[1] - self.z[0])
        )
        total = np.logaddexp.reduce(log_part, axis=1)
        weighted = np.exp(log_part - total[:, None]) * np.array([each(at) for each in self.scores])
        return total.sum(), weighted.sum(), (weighted * self.z).sum()


@recomputes("06-robustness", "rare", "variable", "code")
def rare(study, outcome):
    """The five rarest categories, and all that are sparse."""
    rows, y, found = study.complete, event_of(study, outcome), []
    for name, base in study.reference.items():
        for code in rows[name].cat.categories.drop(base):
            has = rows[name] == code
            found.append({"variable": name, "code": code, "events": (has & y).sum(), "others": (has & ~y).sum()})
    frame = pd.DataFrame(found)
    fewer = frame[["events", "others"]].min(axis=1)
    frame = frame.assign(n=frame["events"] + frame["others"])
    frame["sparse"] = fewer < study.parameter(f"06-robustness-{outcome}", "sparse")
    return frame.loc[fewer.sort_values(kind="stable").index[: max(5, frame["sparse"].sum())]]
