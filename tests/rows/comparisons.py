"""Notebooks 02 to 05 and 08 from rows: descriptions, comparisons of the levels, the hotline's response, rates."""

from itertools import combinations

import by_rows
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from agreement import digits
from scipy import stats
from statsmodels.genmod.families import Poisson
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.oneway import anova_oneway

from hotline import paths
from rows.study import LEVELS, NUMERIC, OUTCOMES, recomputes

RECORDED = ("length_band", "hour_band", "day_type", "year", "region", "channel")  # of every answered call

# --- 02-describe ------------------------------------------------------------------------------------


@recomputes("02-describe", "levels", "level")
def levels(study):
    n, total = study.cases["level"].value_counts(), len(study.cases)
    ends = {level: by_rows.wilson(k, total) for level, k in n.items()}
    return pd.DataFrame(
        {"level": level, "n": k, "share": k / total, "low": ends[level][0], "high": ends[level][1]}
        for level, k in n.items()
    )


def answered_calls(study):
    """Return the answered calls with what is recorded of all of them as texts, and whether they were assessed."""
    calls = study.calls[study.calls["answered"] == "yes"]
    texts = {name: calls[name].astype("string").fillna("missing").astype("category") for name in RECORDED}
    return calls.assign(**texts, assessed=calls["level"].notna())


@recomputes("02-describe", "assessment", "variable", "code")
def assessment(study):
    calls, rows = answered_calls(study), []
    for name in RECORDED:
        for code, of_code in calls.groupby(name, observed=True)["assessed"]:
            found = by_rows.share((~of_code).to_numpy())
            row = {"variable": name, "code": code, "answered": len(of_code), "not_assessed": (~of_code).sum()}
            rows.append(row | {"share": found["estimate"], "low": found["low"], "high": found["high"]})
    return pd.DataFrame(rows)


@recomputes("02-describe", "selection", "level")
def selection(study):
    calls = answered_calls(study)
    reference = {name: calls[name].mode()[0] for name in RECORDED}
    fit = by_rows.logistic(calls["assessed"], by_rows.dummies(calls, reference))
    # A case is a call with the data of that call: the first of its caller's with these.
    key = ["caller", "earlier_calls"]
    weight = 1 / calls.assign(risk=fit.predict()).set_index(key)["risk"]
    weight = weight.reindex(pd.MultiIndex.from_frame(study.cases[key])).to_numpy()
    return pd.DataFrame(
        {"level": level, "share": (study.cases["level"] == level).mean(),
         "weighted": weight[study.cases["level"] == level].sum() / weight.sum()}
        for level in LEVELS
    )  # fmt: skip


@recomputes("02-describe", "categories", "variable", "code")
def categories(study):
    cases, rows = study.cases, []
    for name in study.book.select(block=("individual", "family", "environment", "time", "call"), categorical=True):
        if name == "problem_detail":
            continue
        gap = by_rows.largest_mahalanobis_distance(cases[[name, "level"]], "level")
        for code in cases[name].dropna().unique():
            has = cases[name] == code
            row = {"variable": name, "code": code, "n": has.sum(), "share": has[cases[name].notna()].mean()}
            for level in LEVELS:
                of_level = has[(cases["level"] == level) & cases[name].notna()]
                row |= {f"n_{level}": of_level.sum(), f"share_{level}": of_level.mean()}
            absent = cases[name].isna()
            rows.append(row | {"missing": absent.sum(), "missing_share": absent.mean(), "difference": gap})
    return pd.DataFrame(rows)


def spread(known):
    """Return the quartiles, the mean and the variance of some values."""
    q1, median, q3 = np.quantile(known, [0.25, 0.5, 0.75])
    row = {"n": len(known), "mean": known.mean(), "q1": q1, "median": median, "q3": q3}
    return row | {"variance": known.var(ddof=1), "sd": known.std(ddof=1)}


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
            of_level = len(study.cases) if level == "all" else (study.cases["level"] == level).sum()
            missing = of_level - len(known)
            rows.append({"variable": x, "level": level, **spread(known), "missing": missing, "difference": gap})
    return pd.DataFrame(rows)


# --- 03-anova ---------------------------------------------------------------------------------------


@recomputes("03-anova", "groups", "variable", "level")
def groups(study):
    rows = []
    for x in NUMERIC:
        values = study.by_level(x)
        grand = np.concatenate(values).mean()
        for level, known in zip(LEVELS, values, strict=True):
            rows.append({"variable": x, "level": level, **spread(known), "deviation": known.mean() - grand})
    return pd.DataFrame(rows)


@recomputes("03-anova", "anova", "variable")
def anova(study):
    rows, file = [], study.result("03-anova", "anova").set_index("variable")
    for x in NUMERIC:
        values, ends = study.by_level(x), file.loc[x, ["omega2_low", "omega2_high"]].astype(float)
        row = {"variable": x, "n": sum(map(len, values))} | by_rows.variance_share(study.cases, x, "level", ends)
        row |= {f"cohen_f{end}": np.sqrt(1 / (1 - row[f"omega2{end}"]) - 1) for end in ("", "_low", "_high")}
        welch = anova_oneway(values, use_var="unequal")
        row |= {"welch_f": welch.statistic, "welch_df1": welch.df[0], "welch_df2": welch.df[1], "welch_p": welch.pvalue}
        row |= by_rows.brown_forsythe(values)
        fisher, kruskal, levene = stats.f_oneway(*values), stats.kruskal(*values), stats.levene(*values)
        row |= {"fisher_f": fisher.statistic, "fisher_p": fisher.pvalue}
        row |= {"kruskal_h": kruskal.statistic, "kruskal_df": 2, "kruskal_p": kruskal.pvalue}
        row |= {"levene_f": levene.statistic, "levene_df1": 2, "levene_df2": row["n"] - 3, "levene_p": levene.pvalue}
        both, highest = np.concatenate([values[0], values[-1]]), np.arange(len(values[0]) + len(values[-1]))
        pairs = by_rows.area(both, highest >= len(values[0]))
        row |= {f"superiority{end}": pairs[f"auc{end}"] for end in ("", "_low", "_high")}
        found = [row[f"{name}_p"] < 0.05 for name in ("welch", "fisher", "forsythe", "kruskal")]
        rows.append(row | {"tests_agree": len(set(found)) == 1})
    return pd.DataFrame(rows).assign(welch_p_holm=lambda frame: by_rows.holm(frame["welch_p"]))


def tried(centre, ends, se, df):
    """Return the limits of a difference of three groups if they are right, and none otherwise.

    They are tried, not sought (a quantile takes fifteen times as long as its probability): right are limits beyond
    which the studentized range is once in twenty times, to nine digits: nearly ten of the limits.
    """
    half = (ends.iloc[1] - ends.iloc[0]) / 2
    beyond = stats.studentized_range.sf(half / se * np.sqrt(2), 3, df)
    half = half if digits(beyond, 0.05) >= 9 else np.nan
    return centre - half, centre + half


# scipy has the tail of the studentized range as one less a probability: thirteen decimals, of a p of 1e-6 seven digits.
@recomputes("03-anova", "pairs", "variable", "first", "second", looser={"p": 6, "tukey_p": 6})
def pairs(study):
    file = study.result("03-anova", "pairs").set_index(["variable", "first", "second"])
    rows = []
    for x in NUMERIC:
        values = dict(zip(LEVELS, study.by_level(x), strict=True))
        within = np.concatenate([known - known.mean() for known in values.values()])
        freedom = len(within) - len(values)
        for (one, low), (other, high) in combinations(values.items(), 2):
            test, ends = stats.ttest_ind(high, low, equal_var=False), file.loc[(x, one, other)]
            row = {"variable": x, "first": one, "second": other, "n": len(low) + len(high)}
            row |= {"difference": (gap := high.mean() - low.mean()), "t": test.statistic, "df": test.df}
            row |= {"se": gap / test.statistic, "d": gap / np.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2)}
            pooled = np.sqrt((within**2).sum() / freedom * (1 / len(low) + 1 / len(high)))
            for kind, se, df in (("", row["se"], test.df), ("tukey_", pooled, freedom)):
                row[f"{kind}p"] = max(1e-6, stats.studentized_range.sf(abs(gap) / se * np.sqrt(2), 3, df))
                limits = tried(gap, ends[[f"{kind}low", f"{kind}high"]], se, df)
                row |= {f"{kind}low": limits[0], f"{kind}high": limits[1]}
            rows.append(row)
    return pd.DataFrame(rows)


# --- 04-chi-square ----------------------------------------------------------------------------------


def compared(study):
    """Return the variables of notebook 04, in its order."""
    blocks, known = ("individual", "family", "environment", "time", "call"), ("dialling", "intake")
    names = study.book.select(block=blocks, known=known, categorical=True)
    return [*names, "year", "emotional_state"]


@recomputes("04-chi-square", "chi_square", "variable")
def chi_square(study):
    """Where counts are small, p comes from random tables: those of the notebook, drawn again, and counted."""
    rng, resamples = np.random.default_rng(study.parameter("04-chi-square", "seed")), None
    rows, file = [], study.result("04-chi-square", "chi_square").set_index("variable")
    for name in compared(study):
        cases, ends = study.cases[[name, "level"]], file.loc[name, ["v_low", "v_high"]].astype(float)
        row = {"variable": name, "block": study.book[name].block, "missing": cases[name].isna().sum()}
        gap = by_rows.association(cases[name].isna(), cases["level"])["v_corrected"] if row["missing"] else np.nan
        row |= by_rows.association(cases[name], cases["level"], ends) | {"v_missing": gap}
        if row["monte_carlo"]:
            resamples = study.parameter("04-chi-square", "resamples")
            row["p"] = drawn_p(pd.crosstab(cases[name], cases["level"])[LEVELS].to_numpy(), resamples, rng)
        rows.append({"p": row["chi2_p"]} | row)
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=by_rows.holm(frame["p"]), p_fdr_bh=stats.false_discovery_control(frame["p"]))


def drawn_p(table, resamples, rng):
    """Return the share of random tables with the same margins, and this one, whose chi-square is as large."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    tables = stats.random_table(table.sum(axis=1), table.sum(axis=0), seed=rng).rvs(size=resamples)
    found = ((tables - expected) ** 2 / expected).sum(axis=(1, 2))
    return (1 + (found >= ((table - expected) ** 2 / expected).sum() * (1 - 1e-12)).sum()) / (1 + resamples)


@recomputes("04-chi-square", "trends", "variable")
def trends(study):
    rows = []
    for name in compared(study):
        known = study.cases[[name, "level"]].dropna()
        numeric = not study.book[name].categorical
        if known[name].nunique() < 3 or not (study.book[name].ordered or numeric):
            continue
        at_risk, level = known["level"] != "well", known["level"].map(LEVELS.index).astype(float)
        place = known[name].map(sorted(known[name].unique()).index if numeric else study.book[name].kept_codes.index)
        place = place.astype(float)
        both = stats.pearsonr(place, level).statistic
        row = {"variable": name, "n": len(known), "correlation": both} | by_rows.trend(place, at_risk)
        row |= {"first": at_risk[place == place.min()].mean(), "last": at_risk[place == place.max()].mean()}
        rows.append(row | {"linear_p": 2 * stats.norm.sf(abs(both) * np.sqrt(len(known) - 1))})
    return pd.DataFrame(rows).assign(p_holm=lambda frame: by_rows.holm(frame["p"]))


@recomputes("04-chi-square", "residuals", "variable", "category", "level")
def residuals(study):
    found = []
    for name in compared(study):
        known = study.cases[[name, "level"]].dropna().astype(str)
        table = Table.from_data(known, shift_zeros=False).standardized_resids.stack()
        found.append(table.rename_axis(["category", "level"]).rename("residual").reset_index().assign(variable=name))
    frame = pd.concat(found)
    return frame.assign(beyond_limit=frame["residual"].abs() > stats.norm.isf(0.025 / len(frame)))


@recomputes("04-chi-square", "incidence", "variable", "category")
def incidence(study):
    rows = []
    for name in compared(study):
        for code, part in study.cases.groupby(name, observed=True):
            row = {"variable": name, "category": code} | {level: (part["level"] == level).sum() for level in LEVELS}
            for outcome in OUTCOMES:
                found = by_rows.share(part[outcome] == "yes")
                row |= {f"{outcome}_{each}": found[each] for each in ("estimate", "low", "high")}
            rows.append(row)
    return pd.DataFrame(rows)


@recomputes("04-chi-square", "sex", "problem")
def sex(study):
    known, rows = study.cases.dropna(subset=["sex", "problem", "at_risk"]), []
    girl, stage = known["sex"] == "female", known["stage"].astype(object).fillna("missing")
    for problem in known["problem"].unique():
        has = known["problem"] == problem
        row = {"problem": problem, "first": (has & girl).sum(), "second": (has & ~girl).sum()}
        for kind, found in (
            ("mix", by_rows.within_strata(girl, has, stage)),
            ("risk", by_rows.within_strata(girl[has], known.loc[has, "at_risk"] == "yes", stage[has])),
        ):
            row |= {f"{kind}_{name}": value for name, value in found.items()}
        rows.append(row)
    frame = pd.DataFrame(rows)
    for family in (["mix_p", "risk_p"], ["mix_homogeneity_p", "risk_homogeneity_p"]):
        corrected = by_rows.holm(frame[family].to_numpy().ravel()).reshape(-1, 2)
        frame[[f"{name}_holm" for name in family]] = corrected
    return frame


# --- 05-response ------------------------------------------------------------------------------------

PLACES = ["hour_band", "year", "region"]
MEANS = ["waiting", "follow_ups", "follow_up_days", "satisfaction"]


def called_back(study):
    """Return, for the two shares made of numbers, the pupils of whom it is known and whether it is so."""
    for name, x, least, most in (("called_back", "follow_ups", 1, 999), ("in_a_week", "follow_up_days", 0, 7)):
        known = study.cases.dropna(subset=x)
        yield name, known, known[x].between(least, most).to_numpy(bool)


@recomputes("05-response", "response", "measure", "by", "group")
def response(study):
    rows = []
    for by in PLACES:
        for group, part in study.calls.groupby(by, observed=True):
            found = by_rows.share(part["answered"] == "yes")
            rows.append({"measure": "answered", "by": by, "group": str(group), "kind": "share", **found})
    known, by_level = study.cases.dropna(subset="disposition"), {"by": "level", "kind": "share"}
    for code in known["disposition"].unique():
        for level, part in known.groupby("level", observed=True):
            found = by_rows.share(part["disposition"] == code)
            rows.append({"measure": f"disposition_{code}", "group": level, **by_level, **found})
    for name, known, hit in called_back(study):
        for level in LEVELS:
            found = by_rows.share(hit[known["level"] == level])
            rows.append({"measure": name, "group": level, **by_level, **found})
    for x in MEANS:
        for level, values in zip(LEVELS, study.by_level(x), strict=True):
            ends, row = stats.ttest_1samp(values, 0).confidence_interval(0.95), spread(values)
            row |= {"measure": x, "by": "level", "group": level, "kind": "mean", "estimate": values.mean()}
            rows.append(row | {"low": ends.low, "high": ends.high})
    return pd.DataFrame(rows)


@recomputes("05-response", "tests", "measure", "by", "test")
def tests(study):
    rows, file = [], study.result("05-response", "tests").set_index(["measure", "by", "test"])
    limits = file[["low", "high"]].astype(float)
    pairs = [("answered", by, study.calls[by], study.calls["answered"]) for by in PLACES]
    pairs += [("disposition", "level", study.cases["level"], study.cases["disposition"])]
    pairs += [(name, "level", known["level"], hit) for name, known, hit in called_back(study)]
    for measure, by, group, hit in pairs:
        found = by_rows.association(group, hit, limits.loc[(measure, by, "chi-square")])
        row = {"measure": measure, "by": by, "test": "chi-square", "effect_size": "cramers_v", "n": found["n"]}
        row |= {"statistic": found["chi2"], "df1": found["df"], "p": found["chi2_p"], "effect": found["v_corrected"]}
        rows.append(row | {"low": found["v_low"], "high": found["v_high"]})
    line = by_rows.trend(study.calls["year"], study.calls["answered"] == "yes")
    row = {"measure": "answered", "by": "year", "test": "Cochran-Armitage", "effect_size": "slope", "df1": 1}
    row |= {"n": len(study.calls), "statistic": line["chi2"], "p": line["p"], "effect": line["slope"]}
    rows.append(row | {"low": line["low"], "high": line["high"]})
    for x in MEANS:
        welch = anova_oneway(study.by_level(x), use_var="unequal")
        share = by_rows.variance_share(study.cases, x, "level", limits.loc[(x, "level", "Welch")])
        row = {"measure": x, "by": "level", "test": "Welch", "effect_size": "omega2", "effect": share["omega2"]}
        row |= {"n": study.cases[x].notna().sum(), "statistic": welch.statistic, "p": welch.pvalue}
        row |= {"df1": welch.df_num, "df2": welch.df_denom, "low": share["omega2_low"], "high": share["omega2_high"]}
        rows.append(row)
    for measure, (found, test) in equal_shares(study):
        row = {"measure": measure, "by": found["by"][0], "test": "equal shares", "effect_size": "gap", **test}
        rows.append(row | {"n": found["n"].sum(), "effect": found["share"].max() - found["share"].min()})
    return pd.DataFrame(rows).assign(p_holm=lambda frame: by_rows.holm(frame["p"]))


@recomputes("05-response", "demand", "year")
def demand(study):
    rows = []
    for year, part in study.calls.groupby("year"):
        answered, months = (part["answered"] == "yes").sum(), part["month"].nunique()
        row = {"year": year, "months": months, "answered": answered, "lost": len(part) - answered}
        rows.append(row | {"calls_per_month": len(part) / months, "answered_per_month": answered / months})
    return pd.DataFrame(rows)


@recomputes("05-response", "fit", "response", "level")
def fit(study):
    """Counselling is the least that can be done, crisis intervention the most, and all else lies between."""
    known = study.cases.dropna(subset="disposition")
    done = known["disposition"].map({"counselling": 0, "crisis": 2}).astype(float).fillna(1)
    stronger = done - known["level"].map(LEVELS.index).astype(float)
    rows = []
    for name, hit in (("Weaker", stronger < 0), ("Fitting", stronger == 0), ("Stronger", stronger > 0)):
        rows += [{"response": name, "level": at, **by_rows.share(hit[known["level"] == at])} for at in LEVELS]
    return pd.DataFrame(rows)


@recomputes("05-response", "concordance", "level", "fits")
def concordance(study):
    known = study.cases.dropna(subset="disposition")
    fits = known["disposition"].map({"counselling": "well", "crisis": "high_risk"}).fillna("imbalance")
    rows = [
        {"level": at, "fits": to, "n": ((known["level"] == at) & (fits == to)).sum()} for at in LEVELS for to in LEVELS
    ]
    return pd.DataFrame(rows)


def equal_shares(study):
    """Return pairs of a measure and its standardized shares with their test, grouping by grouping."""
    calls, cases = study.calls, study.cases.dropna(subset="disposition")
    urgent, found = cases[cases["level"] == "high_risk"], []
    for by, other in (("region", "hour_band"), ("hour_band", "region")):
        found.append(("answered", by_rows.standardized(calls, by, [other, "year"], calls["answered"] == "yes")))
    for by in ("region", "district_type", "hour_band"):
        more, crisis = cases["disposition"] != "counselling", urgent["disposition"] == "crisis"
        found.append(("more", by_rows.standardized(cases, by, ["level", "stage"], more)))
        found.append(("crisis", by_rows.standardized(urgent, by, ["stage"], crisis)))
    return found


@recomputes("05-response", "equality", "measure", "by", "group")
def equality(study):
    return pd.concat([found.assign(measure=measure) for measure, (found, _) in equal_shares(study)])


# --- 08-time-and-place ------------------------------------------------------------------------------


def by_day(study):
    """Return how many calls came on each day, from the first call to the last."""
    n = study.calls["day"].value_counts()
    days = pd.date_range(n.index.min(), n.index.max())
    frame = pd.DataFrame({"day": days, "calls": n.reindex(days, fill_value=0).to_numpy()})
    return frame.assign(year=days.year, month=days.month, weekday=days.day_of_week + 1)


@recomputes("08-time-and-place", "by_month", "year", "month")
def by_month(study):
    days = by_day(study).assign(days=1).groupby(["year", "month"], as_index=False)[["days", "calls"]].sum()
    return days.assign(calls_a_day=days["calls"] / days["days"])


class Calendar:
    """The days of some calls, and what is expected of each day."""

    def __init__(self, study, calls):
        n = calls["day"].value_counts()
        days = pd.date_range(study.calls["day"].min(), study.calls["day"].max())
        self.frame = pd.DataFrame({"calls": n.reindex(days, fill_value=0).to_numpy()}, index=days)
        self.frame = self.frame.assign(year=days.year, month=days.month, weekday=days.day_of_week + 1)
        fit = smf.glm("calls ~ C(year) + C(month) + C(weekday)", self.frame, family=Poisson()).fit(tol=1e-13)
        self.expected, self.scale = fit.fittedvalues, len(days) / fit.df_resid

    def variance(self, calls, name, weight):
        """Return the variance of a sum over calls of the weights of their categories, a Series by code."""
        of_call = calls[name].astype(str).map(weight)
        clusters = [of_call.groupby([calls[each] for each in by]).sum() for by in (["caller"], ["caller", "day"])]
        callers, both = ((each**2).sum() for each in clusters)
        in_calendar = name in self.frame
        mean = self.frame[name].astype(str).map(weight) if in_calendar else of_call.sum() / self.expected.sum()
        left = of_call.groupby(calls["day"]).sum().reindex(self.frame.index, fill_value=0) - self.expected * mean
        days = (left**2).sum() * self.scale
        return max(callers, days, callers + days - both)


def exposures(study):
    """Return {variable: child-years by code} of the five variables."""
    daily = by_day(study)
    children = pd.read_csv(paths.ROOT / study.parameter("08-time-and-place", "population"))
    children = children.set_index("city")["children_0_14"]
    years = len(daily) / 365.25
    found = {"hour": pd.Series(children.sum() * years / 24, [str(hour) for hour in range(24)])}
    for name in ("weekday", "month", "year"):
        found[name] = daily[name].astype(str).value_counts() / len(daily) * children.sum() * years
    return found | {"city": children * years}


def rated(study):
    """Return {variable: (its calls of a known category, their counts by code, child-years by code)}."""
    found = {}
    for name, here in exposures(study).items():
        calls = study.calls[study.calls[name].notna()]
        found[name] = calls, calls[name].astype(str).value_counts().reindex(here.index, fill_value=0), here
    return found


def against(n, code, others):
    """Return weights, by code, that make a sum over calls of how the logarithm of a ratio of counts changes."""
    return (n.index == code) / n[code] - pd.Series(n.index.isin(others) / n[others].sum(), n.index)


@recomputes("08-time-and-place", "rates", "variable", "code")
def rates(study):
    calendar, rows = Calendar(study, study.calls), []
    for name, (calls, n, here) in rated(study).items():
        for code, k in n.items():
            row = {"variable": name, "code": code, "calls": k, "child_years": here[code], "rate": 1e4 * k / here[code]}
            others = [min(n.index)] if name == "year" else [other for other in n.index if other != code]
            row["ratio"] = k / here[code] / (n[others].sum() / here[others].sum())
            if k == 0:
                rows.append(row)
                continue
            weight = pd.Series((n.index == code) / k, n.index)
            reach = np.exp(by_rows.Z * np.sqrt(calendar.variance(calls, name, weight)))
            row |= {"rate_low": row["rate"] / reach, "rate_high": row["rate"] * reach}
            if code not in others:
                variance = calendar.variance(calls, name, against(n, code, others))
                reach = np.exp(by_rows.Z * np.sqrt(variance))
                row |= {"low": row["ratio"] / reach, "high": row["ratio"] * reach}
                row["design_effect"] = variance / (1 / k + 1 / n[others].sum())
            rows.append(row)
    return pd.DataFrame(rows)


def uneven(calendar, calls, name, n, expected, columns):
    """Return the test of Rao and Scott that counts are as a model with these columns expects."""
    code, known = calls[name].astype(str), n.index
    hat = expected.to_numpy()[:, None] * columns @ np.linalg.inv(columns.T * expected.to_numpy() @ columns) @ columns.T
    root = np.diag(expected**-0.5) @ (np.eye(len(n)) - hat)
    tables = [pd.crosstab(calls["caller"], code)[known], pd.crosstab([calls["caller"], calls["day"]], code)[known]]
    callers, both = (table.to_numpy().T @ table.to_numpy() for table in tables)
    of_day = pd.crosstab(calls["day"], code).reindex(index=calendar.frame.index, columns=known, fill_value=0)
    if name in calendar.frame:
        share = pd.get_dummies(calendar.frame[name].astype(str))[known].astype(float)
    else:
        share = np.tile(n / calendar.expected.sum(), (len(of_day), 1))
    left = (of_day - share * calendar.expected.to_numpy()[:, None]).to_numpy()
    days = left.T @ left * calendar.scale
    eigenvalues = [np.linalg.eigvalsh(root @ each @ root.T) for each in (callers, days, callers + days - both)]
    largest = max(eigenvalues, key=np.sum)
    pearson, factor = ((n - expected) ** 2 / expected).sum(), (largest**2).sum() / largest.sum()
    df = largest.sum() ** 2 / (largest**2).sum()
    found = {"chi2": pearson / factor, "df": df, "p": stats.chi2.sf(pearson / factor, df)}
    return found, largest.sum() / (len(n) - columns.shape[1])


@recomputes("08-time-and-place", "evenness", "variable")
def evenness(study):
    calendar, rows = Calendar(study, study.calls), []
    for name, (calls, n, here) in rated(study).items():
        expected = n.sum() * here / here.sum()
        test, effect = uneven(calendar, calls, name, n, expected, np.ones((len(n), 1)))
        rate = (n / here).sort_values()
        row = {"variable": name, **test, "design_effect": effect, "lowest": rate.index[0], "highest": rate.index[-1]}
        rows.append(row | {"span": rate.iloc[-1] / rate.iloc[0]})
    return pd.DataFrame(rows)


@recomputes("08-time-and-place", "growth", "measure")
def growth(study):
    here, rows = exposures(study)["year"].sort_index(), []
    for kind, calls in {"calls": study.calls, "answered": study.calls[study.calls["answered"] == "yes"]}.items():
        calendar, n = Calendar(study, calls), calls["year"].astype(str).value_counts().reindex(here.index)
        first, last = n.index[[0, -1]]
        step = n.index.astype(int).to_numpy() - int(first)
        model = smf.glm("n ~ step", pd.DataFrame({"n": n, "step": step}), family=Poisson(), exposure=here).fit(
            tol=1e-14
        )
        columns, fitted = np.column_stack([np.ones(len(n)), step]), pd.Series(np.asarray(model.fittedvalues), n.index)
        slope = np.linalg.inv(columns.T * fitted.to_numpy() @ columns) @ columns.T
        row = {"measure": kind}
        for prefix, factor, weight in (
            ("", n[last] / here[last] / (n[first] / here[first]), against(n, last, [first])),
            ("a_year", np.exp(np.asarray(model.params)[1]), pd.Series(slope[1], n.index)),
        ):
            reach = np.exp(by_rows.Z * np.sqrt(calendar.variance(calls, "year", weight)))
            names = [f"{prefix}_{end}" if prefix else end for end in ("low", "high")]
            row |= {prefix or "change": factor - 1, names[0]: factor / reach - 1, names[1]: factor * reach - 1}
        test, _ = uneven(calendar, calls, "year", n, fitted, columns)
        rows.append(row | test)
    return pd.DataFrame(rows)
