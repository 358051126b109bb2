"""Does the model that made the data find its own coefficients again, and what keeps it from doing so?

One replication draws pupils from `scenario`, fits the model of the level to them, and returns estimates beside the
numbers that made them. The terms are those of published.yml, named "variable=code".

A dozen variables leave nearly every pupil a cell of its own, so counting pupils into cells saves nothing here. What
does: the terms are made once for all fits to the same pupils, who are counted by how often a setting shows them.
"""

import contextlib
import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import chi2, chi2_contingency
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.oneway import anova_generic

from countstats.glm import logit as logistic
from countstats.glm import ordinal
from countstats.glm.solver import NoEstimate
from countstats.means import kruskal_wallis
from countstats.simulation_study import covered, performance
from hotline.errors import InputError
from hotline.simulator import scenario

LEVEL = 0.95
# Far below every standard error; further steps would change digits that nobody reads.
ENOUGH = {"tolerance": 1e-4}
# What records may do to the same pupils, and how readers know it; see `threaten`.
SETTINGS = {
    "complete": "Complete",
    "missing": "Missing entries",
    "assessed": "Assessed only",
    "cases": "Cases, as in the study",
    "repeat_callers": "Repeat callers",
    "two_at_risk": "Two levels: at risk",
    "two_high_risk": "Two levels: high risk",
    "proportional": "No departures",
}


# --- the model that made the data --------------------------------------------------------------------


def terms(frame, ratios):
    """Return a 0/1 column for every code that `ratios`, {variable: {code: ratio}}, names; "a:b" is an interaction."""
    columns = {}
    for variable, codes in ratios.items():
        for code in codes:
            pairs = zip(variable.split(":"), code.split(":"), strict=True)
            columns[f"{variable}={code}"] = np.logical_and.reduce([frame[name] == value for name, value in pairs])
    return pd.DataFrame(columns, dtype=float)


def log_ratios(table):
    """Return the logarithms of a table of odds ratios of published.yml, as a Series by term."""
    ratios = {f"{variable}={code}": x for variable, codes in vars(table).items() for code, x in codes.items()}
    return np.log(pd.Series(ratios, dtype=float))


def truth(known):
    """Return the coefficients that draw the level, named as `ordinal.fit` names its estimates."""
    intercepts = pd.Series(known.level.intercepts).rename("{}: intercept".format)
    departures = log_ratios(known.level_departures).rename("high_risk: {}".format)
    return pd.concat([intercepts, departures, log_ratios(known.level_odds_ratios)])


def truth_of_two(known, lowest):
    """Return the coefficients of a logistic model of being at the level `lowest` or a higher one."""
    slopes = log_ratios(known.level_odds_ratios)
    if lowest == "high_risk":
        slopes = slopes.add(log_ratios(known.level_departures), fill_value=0)[slopes.index]
    return pd.concat([pd.Series({"event: intercept": known.level.intercepts[lowest]}), slopes])


def fit(x, counts, true, departures=()):
    """Fit an ordinal model to `terms` and the counts of each row by level; returns its table beside the true values.

    departures   names of the terms that depart from proportional odds at high risk
    Returns columns term, b, se, low, high, truth. The fit begins at the true values, which saves steps and moves no
    maximum.
    """
    found = ordinal.fit(x, counts, {"high_risk": list(departures)}, start=true, **ENOUGH)
    table = found.table(LEVEL)[["b", "se", "low", "high"]].rename_axis("term")
    return table.assign(truth=true).reset_index()


# --- drawing -----------------------------------------------------------------------------------------


def draw_pupils(rng, place, callers):
    """Return the pupils of so many callers with their level, complete and without error, one row each."""
    pupils = scenario.draw_pupils(rng, place, callers).assign(kind="pupil")
    pupils["level"] = scenario.draw_level(rng, place.known, pupils)
    return pupils.assign(pupil=pupils.index)


def draw_talks(rng, place, pupils):
    """Return all answered calls about these pupils, with what was seen and done, in the callers' order."""
    rows = scenario.draw_desk(rng, place, scenario.draw_calls(rng, place, pupils), redial=0)
    return scenario.draw_assessment(rng, place, scenario.draw_talks(rng, place, rows, reconnect=0))


def recorded(rng, place, talks):
    """Return the talks of which every term of the model was written down."""
    variables = {name for variable in vars(place.known.level_odds_ratios) for name in variable.split(":")}
    return scenario.fill_in(rng, place, talks).dropna(subset=sorted(variables))


# --- one replication ---------------------------------------------------------------------------------


def recover(rng, place, callers):
    """Draw complete data and fit the model that made them; returns `fit`."""
    pupils, known = draw_pupils(rng, place, callers), place.known
    x = terms(pupils, vars(known.level_odds_ratios))
    return fit(x, pd.get_dummies(pupils["level"]), truth(known), log_ratios(known.level_departures).index)


def threaten(rng, place, callers):
    """Fit the model to the same pupils as records of several kinds would show them; returns `fit` for each.

    With it come `records`, how many pupils (or calls) are counted, and `high_risk`, the share at high risk among them.
    A setting whose data give no estimate (nobody of a small group may be at high risk) has no rows; how often
    that happens is a result of its own.
    """
    known, true = place.known, truth(place.known)
    pupils = draw_pupils(rng, place, callers)
    talks = draw_talks(rng, place, pupils)
    cases = talks[talks["assessed"] != "not_assessed"].drop_duplicates("pupil")
    x, levels = terms(pupils, vars(known.level_odds_ratios)), pd.get_dummies(pupils["level"], dtype=int)
    departures = log_ratios(known.level_departures).index
    everybody = pupils["pupil"]
    settings = {  # whom a setting counts, and as often as it counts them; the model; its true coefficients
        "complete": (everybody, departures, true),
        "missing": (recorded(rng, place, talks.drop_duplicates("pupil"))["pupil"], departures, true),
        "assessed": (cases["pupil"], departures, true),
        "cases": (recorded(rng, place, cases)["pupil"], departures, true),
        "repeat_callers": (talks["pupil"], departures, true),
        "two_at_risk": (everybody, (), truth_of_two(known, "imbalance")),
        "two_high_risk": (everybody, (), truth_of_two(known, "high_risk")),
        "proportional": (everybody, (), true),
    }
    tables = {}
    for setting, (who, departing, given) in settings.items():
        counts = levels.mul(np.bincount(who, minlength=len(pupils)), axis=0)
        counted, total = counts.sum(axis=1) > 0, counts.sum()
        if setting.startswith("two_"):
            counts = collapsed(counts, setting.removeprefix("two_"))
        try:
            found = fit(x[counted], counts[counted], given, departing)
        except NoEstimate:
            continue
        tables[setting] = found.assign(records=total.sum(), high_risk=total["high_risk"] / total.sum())
    return pd.concat(tables, names=["setting"]).reset_index(level=0)


def collapsed(counts, outcome):
    """Return counts by level as counts of two: the others, and those with the outcome, "at_risk" or "high_risk"."""
    event = counts["high_risk"] + (counts["imbalance"] if outcome == "at_risk" else 0)
    return pd.DataFrame({"others": counts.sum(axis=1) - event, "event": event})


def without_effects(place):
    """Return the setting in which nothing depends on the level, nor the level on anything."""
    known = copy.deepcopy(place.known)
    shares = np.cumsum(list(known.level.shares.values())[::-1])[::-1][1:]
    known.level.intercepts = dict(zip(known.level.intercepts, logit(shares), strict=True))
    known.level_odds_ratios, known.level_departures = SimpleNamespace(), SimpleNamespace()
    known.caller.calls_exponent = dict.fromkeys(known.level.shares, known.caller.calls_exponent["well"])
    known.talk.length_by_level = known.talk.not_assessed_level = known.missing.level = {}
    known.talk.disposition["odds_ratios"].pop("crisis")
    for table in (known.talk.ideation, known.talk.emotional_state, known.talk.disposition):
        table["shares"] = dict.fromkeys(table["shares"], table["shares"]["well"])
    by_hour = np.repeat(place.by_hour[:, :1], len(known.level.shares), axis=1)
    return replace(place, known=known, by_hour=by_hour)


def counts_by(one, other):
    """Return the table of counts of two categorical columns, without the codes that nobody has, as an array."""
    one, other = (each.cat.remove_unused_categories().cat for each in (one, other))
    shape = len(one.categories), len(other.categories)
    return np.bincount(one.codes.to_numpy(np.intp) * shape[1] + other.codes, minlength=np.prod(shape)).reshape(shape)


def null_tests(rng, place, callers, blocks):
    """Return the p-values of the tests of the study on data `without_effects`: rows of test, variable and p.

    place    a setting of `without_effects`
    blocks   {block: names of predictors}, in the order in which they enter the logistic model
    """
    cases = draw_talks(rng, place, draw_pupils(rng, place, callers)).drop_duplicates("pupil")
    level, rows = cases["level"], []
    for name in ("age", "length", "waiting", "follow_ups", "satisfaction"):
        numbers = cases[name].astype(int)
        groups = numbers.groupby(level, observed=True).agg(["mean", "var", "size"]).to_numpy(float).T
        for test, kind in (("Welch", "unequal"), ("Fisher", "equal")):
            rows.append((test, name, anova_generic(*groups, use_var=kind).pvalue))
        h, df = kruskal_wallis(counts_by(level, numbers.astype("category")))
        rows.append(("Kruskal-Wallis", name, chi2.sf(h, df)))
    for name in [*(name for names in blocks.values() for name in names), "emotional_state", "disposition"]:
        rows.append(("chi-square", name, chi2_contingency(counts_by(cases[name], level)).pvalue))
    at_risk = (level != "well").astype("category")
    strata = [counts_by(part["sex"], at_risk[part.index]) for _, part in cases.groupby("problem", observed=True)]
    same_odds = StratifiedTable([table for table in strata if table.all()]).test_equal_odds(adjust=True)
    rows.append(("Breslow-Day", "problem", same_odds.pvalue))
    for outcome in ("at_risk", "high_risk"):
        event = collapsed(pd.get_dummies(level, dtype=int), outcome)
        with contextlib.suppress(NoEstimate):  # then nobody of a small group has the event
            rows += [(test, f"{name} ({outcome})", p) for test, name, p in logistic_tests(cases, event, blocks)]
    return pd.DataFrame(rows, columns=["test", "variable", "p"])


def logistic_tests(cases, two, blocks):
    """Return (test, name, p): likelihood ratios of the blocks, each added to those before it, and Wald tests of terms.

    two   counts of the others and of those with the event, one row per case
    """
    counts = two.rename(columns={"event": "events"})
    found, names, smaller = [], [], None
    for block in [None, *blocks]:
        names = names + blocks.get(block, [])
        x = pd.get_dummies(cases[names], drop_first=True) if names else pd.DataFrame(index=cases.index)
        x = x.loc[:, x.any()]
        x.insert(0, "intercept", 1)
        larger = logistic.fit(x, counts)
        if smaller:
            statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
            added = len(larger.estimates) - len(smaller.estimates)
            found.append(("likelihood ratio", block, chi2.sf(statistic, added)))
        smaller = larger
    wald = larger.table()["p"].drop("intercept")
    return found + [("Wald", term, p) for term, p in wald.items()]


# --- over replications -------------------------------------------------------------------------------


def slopes(table):
    """Return the rows of all terms but the intercepts."""
    return table[~table["term"].str.endswith("intercept")]


def by_setting(estimates):
    """Return one row per setting of `threaten`, over all terms but the intercepts.

    n               data sets with finite estimates
    records, high_risk   their mean number of records, and share at high risk among these
    bias            root mean square of the terms' biases, less what their Monte-Carlo errors would make of it
    empirical_se, model_se   means
    coverage        mean, with its Monte-Carlo error `coverage_mcse` from one data set to another (terms of one
                    data set are not independent)
    Raises InputError where a setting has fewer than two data sets with finite estimates.
    """
    of_terms = slopes(performance(estimates, ["setting", "term"]))
    groups = of_terms.assign(beyond=of_terms["bias"] ** 2 - of_terms["bias_mcse"] ** 2).groupby("setting", sort=False)
    single = slopes(estimates.assign(covered=covered(estimates)))
    data_sets = single.groupby(["setting", "replication"], sort=False)
    data_sets = data_sets[["records", "high_risk", "covered"]].mean().groupby("setting", sort=False)
    table = data_sets.mean().rename(columns={"covered": "coverage"}).reindex(SETTINGS)
    table.insert(0, "n", data_sets.size())
    if not (table["n"] >= 2).all():
        few = ", ".join(table.index[~(table["n"] >= 2)])
        raise InputError(f"fewer than two data sets gave finite estimates ({few}); raise callers or replications")
    table["coverage_mcse"] = data_sets["covered"].std() / np.sqrt(table["n"])
    table["bias"] = np.sqrt(groups["beyond"].mean().clip(lower=0))
    return table.join(groups[["empirical_se", "model_se"]].mean()).reset_index()


def most_moved(estimates):
    """Return for each setting but the complete data the term that it surely moves most: by two MC errors less.

    A movement is the error of an estimate less that on the complete data of the same pupils, who share their chance.
    Returns one row per setting: term, truth, moved, moved_mcse, coverage.
    """
    table = slopes(estimates.assign(error=estimates["b"] - estimates["truth"], covered=covered(estimates)))
    complete = table[table["setting"] == "complete"].set_index(["replication", "term"])["error"].rename("without")
    table = table[table["setting"] != "complete"].join(complete, on=["replication", "term"])
    groups = table.assign(moved=table["error"] - table["without"]).groupby(["setting", "term"], sort=False)
    moved = groups.agg(truth=("truth", "first"), moved=("moved", "mean"), n=("moved", "size"))
    moved["moved_mcse"] = groups["moved"].std() / np.sqrt(moved.pop("n"))
    moved["coverage"] = groups["covered"].mean()
    greatest = (moved["moved"].abs() - 2 * moved["moved_mcse"]).groupby("setting", sort=False).idxmax()
    return moved.loc[greatest].reset_index("term").reindex(list(SETTINGS)[1:]).reset_index()


def label(book, term):
    """Return a term as readers know it, such as "Sex: Girl", or for a departure "Sex: Girl, departure at high risk"."""
    level, _, name = term.rpartition(": ")
    suffix = f", departure at {book.label('level', level).lower()}" if level else ""
    if name == "intercept":
        return f"Intercept of {book.label('level', level).lower()}"
    pairs = zip(*(side.split(":") for side in name.split("=")), strict=True)
    known = [
        f"{book[one].title}: {book.label(one, code)}" if one in book.fields else code.capitalize()
        for one, code in pairs
    ]
    return " × ".join(known) + suffix
