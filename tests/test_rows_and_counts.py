"""Rows against counts: every number in the results of notebooks 02 to 08, computed anew from one row per call or pupil.

For each result file one function below takes the rows of 01-clean, which the notebooks never see, and returns what
the file should hold. All numbers are compared, to ten digits (`DIGITS`; what is less exact says why). A result that no
function recomputes, and a column that it leaves out, is a failure: whoever adds one adds its way from rows.
"""

import functools
import json
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.discrete.discrete_model import Logit
from statsmodels.genmod.families import Binomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.contingency_tables import Table, Table2x2
from statsmodels.stats.oneway import anova_oneway

import by_rows
from agreement import digits
from hotline import paths
from hotline.codebook import codebook
from hotline.predictors import predictors
from hotline.stats import cells as on_cells

pytestmark = pytest.mark.xdist_group("pipeline")
DIGITS = 10
# A p-value far in the tail has fewer digits than its statistic: an error in z counts z squared times.
TAIL = 7
NUMERIC = ["age", "call_length", "waiting", "earlier_calls", "follow_ups", "satisfaction"]
LEVELS = ["well", "imbalance", "high_risk"]
OUTCOMES = ("at_risk", "high_risk")
# The codebook as a table: nothing in it is computed from the data.
NOT_STATISTICS = {("02-describe", "dictionary")}
RECOMPUTED = {}


def recomputes(step, name, *keys):
    """Mark a function of the `Study` as the way from rows to a result whose rows are named by the columns `keys`.

    The name of a notebook that runs once per outcome stands for both runs; its function takes the outcome too.
    """

    def marked(function):
        for outcome in OUTCOMES if step in ("06-logistic", "07-prediction") else (None,):
            full = f"{step}-{outcome}" if outcome else step
            given = (lambda study, outcome=outcome: function(study, outcome)) if outcome else function
            RECOMPUTED[full, name] = given, list(keys)
        return function

    return marked


class Study:
    """The rows behind a finished copy of the compendium."""

    def __init__(self, folder):
        self.folder, self.book = folder, codebook()
        self.pupils, self.calls = (
            by_rows.read(folder / f"data-derived/01-clean/{name}.parquet", self.book) for name in ("pupils", "calls")
        )
        self.blocks = predictors(self.book)
        self.names = [name for names in self.blocks.values() for name in names]
        self.complete = self.pupils.dropna(subset=self.names)
        self.reference = {name: self.book[name].reference for name in self.names}

    def parameter(self, step, name):
        """Return a parameter with which a step was run."""
        return json.loads((self.folder / "data-derived" / step / "run.json").read_text(encoding="utf-8"))["parameters"][
            name
        ]

    def by_level(self, x):
        """Return the recorded values of a number, level by level."""
        known = self.pupils[["level", x]].dropna().astype({x: float})
        return [known.loc[known["level"] == level, x].to_numpy() for level in LEVELS]


@pytest.fixture(scope="module")
def study(built):
    return Study(built.folder)


# --- 02-describe ------------------------------------------------------------------------------------


@recomputes("02-describe", "levels", "level")
def levels(study):
    n, total = study.pupils["level"].value_counts(), len(study.pupils)
    ends = {level: by_rows.wilson(k, total) for level, k in n.items()}
    return pd.DataFrame(
        {"level": level, "n": k, "share": k / total, "low": ends[level][0], "high": ends[level][1]}
        for level, k in n.items()
    )


@recomputes("02-describe", "categories", "variable", "code")
def categories(study):
    pupils, rows = study.pupils, []
    for name in study.book.select(block=("individual", "family", "environment", "call"), categorical=True):
        if name == "problem_detail":
            continue
        gap = by_rows.distance(pupils[[name, "level"]], "level")
        for code in pupils[name].dropna().unique():
            has = pupils[name] == code
            row = {"variable": name, "code": code, "n": has.sum(), "share": has[pupils[name].notna()].mean()}
            for level in LEVELS:
                of_level = has[(pupils["level"] == level) & pupils[name].notna()]
                row |= {f"n_{level}": of_level.sum(), f"share_{level}": of_level.mean()}
            absent = pupils[name].isna()
            rows.append(row | {"missing": absent.sum(), "missing_share": absent.mean(), "difference": gap})
    return pd.DataFrame(rows)


@recomputes("02-describe", "numbers", "variable", "level")
def numbers(study):
    rows = []
    for x in NUMERIC:
        values = dict(zip(LEVELS, study.by_level(x), strict=True))
        gap = max(
            abs(a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
            for a, b in combinations(values.values(), 2)
        )
        values["all"] = np.concatenate(list(values.values()))
        for level, known in values.items():
            q1, median, q3 = np.quantile(known, [0.25, 0.5, 0.75])
            of_level = len(study.pupils) if level == "all" else (study.pupils["level"] == level).sum()
            spread = {
                "n": len(known),
                "mean": known.mean(),
                "sd": known.std(ddof=1),
                "q1": q1,
                "median": median,
                "q3": q3,
            }
            rows.append({"variable": x, "level": level, **spread, "missing": of_level - len(known), "difference": gap})
    return pd.DataFrame(rows)


# --- 03-anova ---------------------------------------------------------------------------------------


@recomputes("03-anova", "groups", "variable", "level")
def groups(study):
    rows = []
    for x in NUMERIC:
        grand = np.concatenate(study.by_level(x)).mean()
        for level, known in zip(LEVELS, study.by_level(x), strict=True):
            q1, median, q3 = np.quantile(known, [0.25, 0.5, 0.75])
            row = {"n": len(known), "mean": known.mean(), "deviation": known.mean() - grand, "q1": q1, "median": median}
            spread = {"q3": q3, "variance": known.var(ddof=1), "sd": known.std(ddof=1)}
            rows.append({"variable": x, "level": level, **row, **spread})
    return pd.DataFrame(rows)


@recomputes("03-anova", "anova", "variable")
def anova(study):
    rows = []
    for x in NUMERIC:
        values = study.by_level(x)
        welch, fisher = anova_oneway(values, use_var="unequal"), stats.f_oneway(*values)
        kruskal, share = stats.kruskal(*values), by_rows.variance_share(study.pupils, x, "level")
        row = {"variable": x, "n": sum(map(len, values)), "omega2": share["omega2"]}
        row |= {"omega2_low": share["low"], "omega2_high": share["high"]}
        row |= {
            "welch_f": welch.statistic,
            "welch_df1": welch.df_num,
            "welch_df2": welch.df_denom,
            "welch_p": welch.pvalue,
        }
        row |= {"fisher_f": fisher.statistic, "fisher_df1": 2, "fisher_df2": row["n"] - 3, "fisher_p": fisher.pvalue}
        row |= {"kruskal_h": kruskal.statistic, "kruskal_df": 2, "kruskal_p": kruskal.pvalue}
        for level, known in zip(LEVELS, values, strict=True):
            row |= {f"n_{level}": len(known), f"mean_{level}": known.mean(), f"sd_{level}": known.std(ddof=1)}
        rows.append(row)
    return pd.DataFrame(rows).assign(welch_p_holm=lambda frame: by_rows.holm(frame["welch_p"]))


@recomputes("03-anova", "pairs", "variable", "first", "second")
def pairs(study):
    """The limits of a pair are tried, not sought (a quantile takes fifteen times as long as its probability): they are
    right if the studentized range is beyond them once in twenty times, to ten digits."""
    file = pd.read_csv(study.folder / "data-derived/03-anova/results/pairs.csv").set_index(
        ["variable", "first", "second"]
    )
    rows = []
    for x in NUMERIC:
        for (one, low), (other, high) in combinations(zip(LEVELS, study.by_level(x), strict=True), 2):
            test = stats.ttest_ind(high, low, equal_var=False)
            row = {"variable": x, "first": one, "second": other, "difference": high.mean() - low.mean()}
            row |= {"t": test.statistic, "df": test.df, "se": row["difference"] / test.statistic}
            row["p"] = max(1e-6, stats.studentized_range.sf(abs(test.statistic) * np.sqrt(2), 3, test.df))
            half = np.diff(file.loc[(x, one, other), ["low", "high"]].to_numpy(float))[0] / 2
            beyond = stats.studentized_range.sf(half / row["se"] * np.sqrt(2), 3, test.df)
            half = half if digits(beyond, 0.05) >= DIGITS else np.nan
            rows.append(row | {"low": row["difference"] - half, "high": row["difference"] + half})
    return pd.DataFrame(rows)


# --- 04-chi-square ----------------------------------------------------------------------------------


def compared(study):
    """Return the variables of notebook 04."""
    blocks, known = ("individual", "family", "environment", "call"), ("dialling", "intake")
    names = study.book.select(block=blocks, known=known, categorical=True)
    return [name for name in names if name != "problem_detail"] + ["emotional_state"]


@recomputes("04-chi-square", "chi_square", "variable")
def chi_square(study):
    rows = []
    for name in compared(study):
        pupils = study.pupils[[name, "level"]]
        row = {"variable": name, "missing": pupils[name].isna().sum()}
        gap = by_rows.association(pupils[name].isna(), pupils["level"])["v_corrected"] if row["missing"] else np.nan
        rows.append(row | by_rows.association(pupils[name], pupils["level"]) | {"v_missing": gap})
    return pd.DataFrame(rows).assign(p_holm=lambda frame: by_rows.holm(frame["p"]))


@recomputes("04-chi-square", "residuals", "variable", "category", "level")
def residuals(study):
    found = []
    for name in compared(study):
        known = study.pupils[[name, "level"]].dropna().astype(str)
        table = Table.from_data(known, shift_zeros=False)
        both = pd.DataFrame({"residual": table.standardized_resids.stack(), "n": table.table_orig.stack()})
        found.append(both.rename_axis(["category", "level"]).reset_index().assign(variable=name))
    frame = pd.concat(found)
    return frame.assign(beyond_limit=frame["residual"].abs() > stats.norm.isf(0.025 / len(frame)))


@recomputes("04-chi-square", "incidence", "variable", "category")
def incidence(study):
    rows = []
    for name in compared(study):
        for code, part in study.pupils.groupby(name, observed=True):
            row = {"variable": name, "category": code, "n": len(part)}
            row |= {level: (part["level"] == level).sum() for level in LEVELS}
            row["at_risk"] = (part["level"] != "well").sum()
            for outcome in OUTCOMES:
                low, high = by_rows.wilson(row[outcome], len(part))
                row |= {f"{outcome}_share": row[outcome] / len(part), f"{outcome}_low": low, f"{outcome}_high": high}
            rows.append(row)
    return pd.DataFrame(rows)


def fourfold(exposed, event):
    """Return odds ratio, limits and p of a logistic model on rows; those of the table where a cell is empty."""
    if pd.crosstab(exposed, event).to_numpy().min() == 0 or exposed.nunique() + event.nunique() < 4:
        counts = [
            [(exposed & event).sum(), (exposed & ~event).sum()],
            [(~exposed & event).sum(), (~exposed & ~event).sum()],
        ]
        table = Table2x2(np.array(counts), shift_zeros=True)
        return table.oddsratio, *table.oddsratio_confint(), table.oddsratio_pvalue()
    fit = by_rows.logistic(event, pd.DataFrame({"constant": 1.0, "exposed": exposed.astype(float)}))
    return np.exp(fit.params[1]), *np.exp(fit.conf_int()[1]), fit.pvalues[1]


@recomputes("04-chi-square", "sex", "problem")
def sex(study):
    known, rows = study.pupils.dropna(subset=["sex", "problem", "at_risk"]), []
    girl = known["sex"] == "female"
    for problem in known["problem"].unique():
        has = known["problem"] == problem
        row = {"problem": problem, "girls": (has & girl).sum(), "boys": (has & ~girl).sum()}
        for kind, given in (
            ("mix", fourfold(girl, has)),
            ("risk", fourfold(girl[has], known.loc[has, "at_risk"] == "yes")),
        ):
            row |= {f"{kind}_{part}": value for part, value in zip(("or", "low", "high", "p"), given, strict=True)}
        rows.append(row)
    frame = pd.DataFrame(rows)
    frame[["mix_p_holm", "risk_p_holm"]] = by_rows.holm(frame[["mix_p", "risk_p"]].to_numpy().ravel()).reshape(-1, 2)
    return frame


# --- 05-response ------------------------------------------------------------------------------------

PLACES = ["hour_band", "year", "region"]


@recomputes("05-response", "response", "measure", "by", "group")
def response(study):
    rows = []
    for by in PLACES:
        for group, part in study.calls.groupby(by, observed=True):
            k = (part["answered"] == "yes").sum()
            rows.append(["answered", by, str(group), len(part), k / len(part), *by_rows.wilson(k, len(part))])
    known = study.pupils.dropna(subset="disposition")
    for level, part in known.groupby("level", observed=True):
        for code in known["disposition"].unique():
            k = (part["disposition"] == code).sum()
            rows.append(
                [f"disposition_{code}", "level", level, len(part), k / len(part), *by_rows.wilson(k, len(part))]
            )
    for x in ("waiting", "follow_ups", "satisfaction"):
        for level, values in zip(LEVELS, study.by_level(x), strict=True):
            ends = stats.ttest_1samp(values, 0).confidence_interval(0.95)
            rows.append([x, "level", level, len(values), values.mean(), ends.low, ends.high])
    return pd.DataFrame(rows, columns=["measure", "by", "group", "n", "estimate", "low", "high"])


@recomputes("05-response", "tests", "measure", "by", "test")
def tests(study):
    rows = []
    for measure, by, table in (
        *(("answered", by, study.calls) for by in PLACES),
        ("disposition", "level", study.pupils),
    ):
        found = by_rows.association(table[by], table[measure])
        row = {"measure": measure, "by": by, "test": "chi-square", "n": found["n"], "statistic": found["chi2"]}
        row |= {"df1": found["df"], "p": found["p"], "df2": np.nan, "effect": found["v_corrected"]}
        rows.append(row | {"low": found["v_low"], "high": found["v_high"]})
    year, answered = study.calls["year"].to_numpy(float), (study.calls["answered"] == "yes").to_numpy(float)
    line = stats.linregress(year, answered)
    trend = {"measure": "answered", "by": "year", "test": "Cochran-Armitage", "n": len(year), "df1": 1, "df2": np.nan}
    trend |= {"statistic": len(year) * line.rvalue**2, "effect": line.slope, "low": np.nan, "high": np.nan}
    rows.append(trend | {"p": stats.chi2.sf(trend["statistic"], 1)})
    for x in ("waiting", "follow_ups", "satisfaction"):
        welch = anova_oneway(study.by_level(x), use_var="unequal")
        share = by_rows.variance_share(study.pupils, x, "level")
        row = {
            "measure": x,
            "by": "level",
            "test": "Welch",
            "n": study.pupils[x].notna().sum(),
            "statistic": welch.statistic,
        }
        row |= {"df1": welch.df_num, "df2": welch.df_denom, "p": welch.pvalue, "effect": share["omega2"]}
        rows.append(row | {"low": share["low"], "high": share["high"]})
    return pd.DataFrame(rows).assign(p_holm=lambda frame: by_rows.holm(frame["p"]))


@recomputes("05-response", "demand", "year")
def demand(study):
    rows = []
    for year, part in study.calls.groupby("year"):
        answered, months = (part["answered"] == "yes").sum(), part["month"].nunique()
        row = {"year": year, "months": months, "answered": answered, "lost": len(part) - answered}
        rows.append(row | {"calls_per_month": len(part) / months, "answered_per_month": answered / months})
    return pd.DataFrame(rows)


# --- 06-logistic ------------------------------------------------------------------------------------


@recomputes("06-logistic", "odds_ratios", "variable", "code")
def odds_ratios(study, outcome):
    rows = study.complete
    event = rows[outcome] == "yes"
    together = by_rows.logistic(event, x := by_rows.dummies(rows, study.reference))
    place = {term: number for number, term in enumerate(x.columns)}
    found = []
    for name, base in study.reference.items():
        alone = by_rows.logistic(event, x_alone := by_rows.dummies(rows, {name: base}))
        for code in rows[name].cat.remove_unused_categories().cat.categories:
            has = rows[name] == code
            row = {
                "variable": name,
                "code": code,
                "reference": code == base,
                "n": has.sum(),
                "events": (has & event).sum(),
            }
            fits = {"univariable": (alone, x_alone.columns), "multivariable": (together, x.columns)}
            for kind, (fit, columns) in fits.items():
                if code == base:
                    row |= {
                        f"odds_ratio_{kind}": 1.0,
                        f"low_{kind}": np.nan,
                        f"high_{kind}": np.nan,
                        f"p_{kind}": np.nan,
                    }
                    continue
                place = list(columns).index((name, code))
                low, high = np.exp(fit.conf_int()[place])
                row |= {f"odds_ratio_{kind}": np.exp(fit.params[place]), f"p_{kind}": fit.pvalues[place]}
                row |= {f"low_{kind}": low, f"high_{kind}": high}
            found.append(row)
    return pd.DataFrame(found)


@recomputes("06-logistic", "blocks", "block")
def blocks(study, outcome):
    rows = study.complete
    event, entered, fits, found = rows[outcome] == "yes", [], {}, []
    fits["none"] = by_rows.logistic(event, by_rows.dummies(rows, {}))
    for block, names in study.blocks.items():
        entered += names
        fits[block] = by_rows.logistic(event, by_rows.dummies(rows, {name: study.reference[name] for name in entered}))
    for before, block in pairwise(fits):
        fit, smaller = fits[block], fits[before]
        statistic, df = 2 * (fit.llf - smaller.llf), fit.df_model - smaller.df_model
        row = {
            "block": block,
            "n": fit.nobs,
            "events": event.sum(),
            "parameters": len(fit.params),
            "chi_square": statistic,
        }
        # Not `prsquared`: statsmodels stops the fit of its null model early, which leaves nine digits.
        null = fits["none"].llf
        row |= {"log_likelihood": fit.llf, "df": df, "p": stats.chi2.sf(statistic, df), "mcfadden": 1 - fit.llf / null}
        cox_snell = 1 - np.exp(2 * (null - fit.llf) / fit.nobs)
        found.append(row | {"nagelkerke": cox_snell / (1 - np.exp(2 * null / fit.nobs))})
    return pd.DataFrame(found)


# --- 07-prediction ----------------------------------------------------------------------------------


@functools.cache
def samples(study, outcome):
    """Return the rows of development and validation, and the model fitted to the former: (rows by sample, fit, terms).

    Who is in which sample is the notebook's own draw, repeated; within a cell pupils are alike, so the first ones go.
    """
    step = f"07-prediction-{outcome}"
    rows = study.complete.assign(event=study.complete[outcome] == "yes")
    counted = rows.groupby(study.names, observed=True)["event"].agg(events="sum", n="size").reset_index()
    counted = counted.assign(others=counted["n"] - counted["events"]).drop(columns="n")
    rng = np.random.default_rng(study.parameter(step, "seed"))
    taken = on_cells.split(counted, study.parameter(step, "development_share"), rng)[0].set_index(study.names)
    keys = pd.MultiIndex.from_frame(rows[study.names].astype(str))
    taken.index = pd.MultiIndex.from_frame(taken.index.to_frame(index=False).astype(str))
    quota = taken.reindex(keys, fill_value=0)
    allowed = np.where(rows["event"], quota["events"], quota["others"])
    place = rows.groupby([*study.names, "event"], observed=True).cumcount().to_numpy()
    parts = {"development": rows[place < allowed], "validation": rows[place >= allowed]}
    matrix = by_rows.dummies(rows, study.reference)
    fit = by_rows.logistic(parts["development"]["event"], matrix.loc[parts["development"].index])
    risk = pd.Series(fit.predict(matrix.to_numpy()), index=rows.index)
    return {name: part.assign(risk=risk[part.index].round(13)) for name, part in parts.items()}, fit, matrix.columns


@recomputes("07-prediction", "model", "variable", "code")
def model(study, outcome):
    _, fit, terms = samples(study, outcome)
    low, high = fit.conf_int().T
    frame = pd.DataFrame({"b": fit.params, "se": fit.bse, "low": low, "high": high, "p": fit.pvalues})
    return frame.assign(variable=[term[0] for term in terms], code=[term[1] for term in terms])


def estimate(name, fit, place):
    """Return an estimate of a fit and its limits as three columns."""
    low, high = fit.conf_int()[place]
    return {name: fit.params[place], f"{name}_low": low, f"{name}_high": high}


@recomputes("07-prediction", "performance", "sample")
def performance(study, outcome):
    parts, rows, threshold = samples(study, outcome)[0], [], None
    for name, part in parts.items():
        risk, event = part["risk"].to_numpy(), part["event"].to_numpy()
        odds = np.log(risk / (1 - risk))
        area, low, high = by_rows.delong(risk, event)
        assert digits(area, roc_auc_score(event, risk)) > DIGITS
        row = {"sample": name, "n": len(part), "events": event.sum(), "auc": area, "auc_low": low, "auc_high": high}
        large = GLM(event.astype(float), np.ones((len(part), 1)), family=Binomial(), offset=odds).fit(tol=1e-14)
        slope = Logit(event.astype(float), np.column_stack([np.ones(len(part)), odds])).fit(disp=0, tol=1e-14)
        row |= estimate("calibration_intercept", large, 0) | estimate("calibration_slope", slope, 1)
        if threshold is None:  # Youden's, chosen where the model was developed: halfway between two risks
            values = np.unique(risk)
            worth = [(risk[event] >= cut).mean() + (risk[~event] < cut).mean() for cut in values]
            best = int(np.argmax(np.round(worth, 12)))
            threshold = (values[best - 1] + values[best]) / 2
        row |= {"brier": brier_score_loss(event, risk), "threshold": threshold, "flagged": (risk >= threshold).mean()}
        for measure, hit in (("sensitivity", risk[event] >= threshold), ("specificity", risk[~event] < threshold)):
            ends = by_rows.wilson(hit.sum(), len(hit))
            row |= {measure: hit.mean(), f"{measure}_low": ends[0], f"{measure}_high": ends[1]}
        rows.append(row)
    return pd.DataFrame(rows)


@recomputes("07-prediction", "calibration", "sample", "group")
def calibration(study, outcome):
    rows = []
    for name, part in samples(study, outcome)[0].items():
        tenth = np.searchsorted(np.quantile(part["risk"], np.arange(1, 10) / 10), part["risk"], side="left")
        for number, (_, group) in enumerate(part.groupby(tenth), start=1):
            k, n = group["event"].sum(), len(group)
            row = {"sample": name, "group": number, "n": n, "events": k, "expected": group["risk"].sum()}
            row |= {"predicted": group["risk"].mean(), "observed": k / n}
            rows.append(row | dict(zip(("low", "high"), by_rows.wilson(k, n), strict=True)))
    return pd.DataFrame(rows)


@recomputes("07-prediction", "roc", "sample", "threshold")
def roc(study, outcome):
    """What each threshold of the file does to rows; which thresholds stay of the thousands is no statistic."""
    parts, rows = samples(study, outcome)[0], []
    file = study.folder / f"data-derived/07-prediction-{outcome}/results/roc.csv"
    for name, threshold in pd.read_csv(file)[["sample", "threshold"]].itertuples(index=False):
        risk, event = parts[name]["risk"], parts[name]["event"]
        row = {"sample": name, "threshold": threshold, "sensitivity": (risk[event] >= threshold).mean()}
        rows.append(row | {"specificity": (risk[~event] < threshold).mean()})
    return pd.DataFrame(rows)


# --- 08-time-and-place ------------------------------------------------------------------------------


@recomputes("08-time-and-place", "by_day", "day")
def by_day(study):
    n = study.calls["day"].value_counts()
    days = pd.date_range(n.index.min(), n.index.max())
    frame = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "calls": n.reindex(days, fill_value=0).to_numpy()})
    return frame.assign(year=days.year, month=days.month, weekday=days.isocalendar().day.to_numpy())


@recomputes("08-time-and-place", "rates", "variable", "code")
def rates(study):
    daily, calls, rows = by_day(study), study.calls, []
    calendar = smf.glm("calls ~ C(year) + C(month) + C(weekday)", daily, family=Poisson()).fit(tol=1e-13)
    dispersion = max(1.0, calendar.pearson_chi2 / calendar.df_resid)
    children = pd.read_csv(paths.ROOT / study.parameter("08-time-and-place", "population"))
    children = children.set_index("city")["children_0_14"]
    years = len(daily) / 365.25
    exposure = {("hour", str(hour)): children.sum() * years / 24 for hour in range(24)}
    for name in ("weekday", "month", "year"):
        share = daily[name].value_counts() / len(daily)
        exposure |= {(name, str(code)): part * children.sum() * years for code, part in share.items()}
    exposure |= {("city", city): number * years for city, number in children.items()}
    for (name, code), here in exposure.items():
        k, known = (calls[name].astype(str) == code).sum(), calls[name].notna().sum()
        rest = sum(value for (other, _), value in exposure.items() if other == name) - here
        reach = np.exp(1.959963984540054 * np.sqrt(dispersion * (1 / k + 1 / (known - k)))) if k else np.nan
        row = {"variable": name, "code": code, "calls": k, "child_years": here, "rate": 1e4 * k / here}
        ratio = k / here / ((known - k) / rest)
        rows.append(row | {"ratio": ratio, "low": ratio / reach, "high": ratio * reach, "dispersion": dispersion})
    return pd.DataFrame(rows)


@recomputes("08-time-and-place", "evenness", "variable")
def evenness(study):
    rows = []
    for name, part in rates(study).groupby("variable"):
        expected = part["calls"].sum() * part["child_years"] / part["child_years"].sum()
        statistic = ((part["calls"] - expected) ** 2 / expected).sum() / part["dispersion"].iloc[0]
        row = {"variable": name, "chi2": statistic, "df": len(part) - 1, "p": stats.chi2.sf(statistic, len(part) - 1)}
        rows.append(row | {"span": part["rate"].max() / part["rate"].min()})
    return pd.DataFrame(rows)


# --- the comparison ---------------------------------------------------------------------------------


def agree(name, value, expected):
    """Return whether two numbers of a column agree."""
    if pd.isna(value) or pd.isna(expected):
        return pd.isna(value) and pd.isna(expected)
    if digits(value, expected) >= DIGITS or abs(value - expected) < 1e-12:
        return True
    return name.startswith("p") and max(value, expected) < 1e-8 and digits(value, expected) >= TAIL


def compare(result, expected, keys):
    """Compare two tables cell by cell; returns the numeric columns of the first that the second has not."""
    result, expected = (
        frame.fillna(dict.fromkeys(keys, "")).astype(dict.fromkeys(keys, str)).set_index(keys)
        for frame in (result, expected)
    )
    assert not expected.index.has_duplicates and set(result.index) == set(expected.index)
    expected, wrong = expected.reindex(result.index), []
    numeric = result.select_dtypes(["number", "bool"])
    for name in numeric.columns.intersection(expected.columns):
        pairs = zip(result.index, result[name].astype(float), expected[name].astype(float), strict=True)
        wrong += [f"{name} of {at}: {one!r} and {other!r}" for at, one, other in pairs if not agree(name, one, other)]
    assert not wrong, f"{len(wrong)} numbers differ:\n" + "\n".join(wrong[:20])
    return set(numeric.columns) - set(expected.columns)


@pytest.mark.parametrize(("step", "name"), RECOMPUTED, ids=lambda each: each)
def test_every_number_from_rows(study, step, name):
    function, keys = RECOMPUTED[step, name]
    result = pd.read_csv(
        study.folder / "data-derived" / step / "results" / f"{name}.csv", keep_default_na=False, na_values=[""]
    )
    left_out = compare(result, function(study), keys)
    assert not left_out, f"{step}/{name}: nothing here computes {sorted(left_out)} from rows"


def test_every_result_has_its_way_from_rows(study):
    written = {
        (file.parts[-3], file.stem)
        for file in study.folder.glob("data-derived/*/results/*.csv")
        if "02" <= file.parts[-3] < "09"
    }
    assert written == set(RECOMPUTED) | NOT_STATISTICS


def test_the_comparison_notices_a_difference_in_the_eleventh_digit_only_before_it():
    frame = pd.DataFrame({"level": ["well", "high_risk"], "n": [3, 4], "mean": [1 / 3, 2 / 3]})
    assert compare(frame, frame.assign(mean=frame["mean"] * (1 + 1e-12)), ["level"]) == set()
    for spoilt in (
        frame.assign(mean=frame["mean"] * (1 + 1e-9)),
        frame.assign(n=[3, 5]),
        frame.assign(mean=[np.nan, 2 / 3]),
    ):
        with pytest.raises(AssertionError, match="numbers differ"):
            compare(frame, spoilt, ["level"])
    with pytest.raises(AssertionError):
        compare(frame, frame.iloc[:1], ["level"])
    assert compare(frame, frame.drop(columns="mean"), ["level"]) == {"mean"}
