"""Does the model that made the data find its own coefficients again, and what keeps it from doing so?

One replication draws pupils from `scenario`, fits the model of the level to them, and returns estimates beside the
numbers that made them. The terms are those of published.yml, named "variable=code".
"""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import binom, chi2, chi2_contingency
from statsmodels.stats.oneway import anova_generic

from hotline import scenario
from hotline.stats import ordinal

LEVEL = 0.95
# Far below every standard error, and a third faster than the last digit.
ENOUGH = {"tolerance": 1e-6}


# --- the model that made the data --------------------------------------------------------------------


def terms(frame, ratios):
    """Return a 0/1 column for every code that `ratios`, {variable: {code: ratio}}, names; "a:b" is an interaction."""
    columns = {}
    for variable, codes in ratios.items():
        for code in codes:
            pairs = zip(variable.split(":"), code.split(":"), strict=True)
            columns[f"{variable}={code}"] = np.logical_and.reduce([frame[name] == value for name, value in pairs])
    return pd.DataFrame(columns, dtype=float)


def truth(known):
    """Return the coefficients that draw the level, named as `ordinal.fit` names its estimates."""
    found = {f"{level}: intercept": number for level, number in known.level.intercepts.items()}
    for table, prefix in ((known.level_departures, "high_risk: "), (known.level_odds_ratios, "")):
        for variable, codes in vars(table).items():
            found |= {f"{prefix}{variable}={code}": np.log(ratio) for code, ratio in codes.items()}
    return pd.Series(found)


def fit(frame, known, departures=True):
    """Fit the model of the level to one row per pupil; returns the table of `ordinal.Fit`."""
    departing = list(terms(frame, vars(known.level_departures))) if departures else []
    x = terms(frame, vars(known.level_odds_ratios))
    return ordinal.fit(x, pd.get_dummies(frame["level"]), {"high_risk": departing}, **ENOUGH).table(LEVEL)


def beside(table, true):
    """Return the estimates with their true values: columns term, truth, b, se, low, high."""
    table = table[["b", "se", "low", "high"]].rename_axis("term").reset_index()
    return table.assign(truth=table["term"].map(true)).dropna(subset="truth")


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
    """Return the talks of which every term of the model was written down, with their true level."""
    form = scenario.fill_in(rng, place, talks).assign(level=talks["level"])
    variables = {name for variable in vars(place.known.level_odds_ratios) for name in variable.split(":")}
    return form.dropna(subset=sorted(variables))


# --- one replication ---------------------------------------------------------------------------------


def recover(rng, place, callers):
    """Draw complete data and fit the model that made them; returns `beside`."""
    return beside(fit(draw_pupils(rng, place, callers), place.known), truth(place.known))


def threaten(rng, place, callers):
    """Fit the model to the same pupils as records of several kinds would show them; returns `beside` for each.

    A setting whose data give no estimate (nobody of a small group may be at high risk) has no rows; how often
    that happens is a result of its own.
    """
    known, true = place.known, truth(place.known)
    pupils = draw_pupils(rng, place, callers)
    talks = draw_talks(rng, place, pupils)
    cases = talks[talks["assessed"] != "not_assessed"].drop_duplicates("pupil")
    settings = {
        "complete": lambda: fit(pupils, known),
        "missing": lambda: fit(recorded(rng, place, talks.drop_duplicates("pupil")), known),
        "assessed": lambda: fit(cases, known),
        "repeat_callers": lambda: fit(talks, known),
        "cases": lambda: fit(recorded(rng, place, cases), known),
        "proportional": lambda: fit(pupils, known, departures=False),
        "two_at_risk": lambda: fit_two(pupils, known, ["imbalance", "high_risk"]),
        "two_high_risk": lambda: fit_two(pupils, known, ["high_risk"]),
    }
    own = true.filter(like="high_risk: ").rename(lambda name: name.removeprefix("high_risk: "))
    tables = {}
    for setting, estimate in settings.items():
        try:
            found = estimate()
        except ordinal.NoEstimate:
            continue
        tables[setting] = beside(found, true.add(own, fill_value=0) if setting == "two_high_risk" else true)
    return pd.concat(tables, names=["setting"]).reset_index(level=0)


def fit_two(frame, known, codes):
    """Fit a logistic model of being at one of the levels `codes` or not, with the same terms; returns a table."""
    event = frame["level"].isin(codes)
    two = pd.DataFrame({"others": ~event, "event": event})
    return ordinal.fit(terms(frame, vars(known.level_odds_ratios)), two, **ENOUGH).table(LEVEL).drop("event: intercept")


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


def null_tests(rng, place, callers, blocks):
    """Return the p-values of the tests of the study on data `without_effects`: rows of test, variable and p.

    place    a setting of `without_effects`
    blocks   {block: names of predictors}, in the order in which they enter the logistic model
    """
    cases = draw_talks(rng, place, draw_pupils(rng, place, callers)).drop_duplicates("pupil")
    cases = cases.assign(age=cases["age"].astype(int), satisfaction=cases["satisfaction"].astype(int))
    rows = []
    for name in ("age", "length", "waiting", "follow_ups", "satisfaction"):
        groups = cases.groupby("level", observed=True)[name].agg(["mean", "var", "size"]).to_numpy(float).T
        for test, kind in (("Welch", "unequal"), ("Fisher", "equal")):
            rows.append((test, name, anova_generic(*groups, use_var=kind).pvalue))
    for name in [*(name for names in blocks.values() for name in names), "emotional_state", "disposition"]:
        rows.append(("chi-square", name, chi2_contingency(pd.crosstab(cases[name], cases["level"])).pvalue))
    for outcome, codes in {"at_risk": ["imbalance", "high_risk"], "high_risk": ["high_risk"]}.items():
        for block, p in block_tests(cases, cases["level"].isin(codes), blocks).items():
            rows.append(("likelihood ratio", f"{block} ({outcome})", p))
    return pd.DataFrame(rows, columns=["test", "variable", "p"])


def block_tests(cases, event, blocks):
    """Return {block: p} of the likelihood-ratio test of each block, added to those before it."""
    two, found = pd.DataFrame({"others": ~event, "event": event}), {}
    names, smaller = [], None
    for block in [None, *blocks]:
        names = names + blocks.get(block, [])
        x = pd.DataFrame(index=cases.index)
        if names:
            x = pd.get_dummies(cases[names], drop_first=True)
        x = x.loc[:, x.any()]
        larger = {"fit": ordinal.fit(x, two, **ENOUGH), "terms": x.shape[1]}
        if smaller:
            statistic = 2 * (larger["fit"].log_likelihood - smaller["fit"].log_likelihood)
            found[block] = chi2.sf(statistic, larger["terms"] - smaller["terms"])
        smaller = larger
    return found


# --- over replications -------------------------------------------------------------------------------


def replicate(streams, draw, *given):
    """Run `draw(rng, *given)` once with each stream; returns the tables below one another."""
    tables = [draw(np.random.default_rng(stream), *given) for stream in streams]
    return pd.concat(tables, keys=range(len(tables)), names=["replication"]).reset_index(level=0)


def performance(estimates, by):
    """Return bias, empirical SE and coverage of every group of estimates, each with its Monte-Carlo error.

    Source of the formulas: Morris, White and Crowther (2019), Statistics in Medicine 38: 2074-2102, table 6.
    """
    covered = (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])
    groups = estimates.assign(covered=covered, square=estimates["se"] ** 2).groupby(by, sort=False)
    table = groups.agg(truth=("truth", "first"), mean=("b", "mean"), empirical_se=("b", "std"), n=("b", "size"))
    table["bias"] = table["mean"] - table["truth"]
    table["bias_mcse"] = table["empirical_se"] / np.sqrt(table["n"])
    table["empirical_se_mcse"] = table["empirical_se"] / np.sqrt(2 * (table["n"] - 1))
    table["model_se"] = np.sqrt(groups["square"].mean())
    table["coverage"] = groups["covered"].mean()
    table["coverage_mcse"] = np.sqrt(table["coverage"] * (1 - table["coverage"]) / table["n"])
    return table.reset_index()


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


def band(share, replications, tests=1, level=0.999):
    """Return the shares between which a true `share` stays over so many replications, in all `tests` at once."""
    tail = (1 - level) / 2 / tests
    return binom.ppf(tail, replications, share) / replications, binom.isf(tail, replications, share) / replications
