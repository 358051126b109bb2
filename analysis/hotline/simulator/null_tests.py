"""The tests of the study on data in which nothing depends on the level: how often do they reject?"""

import contextlib
import copy
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import chi2, chi2_contingency
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.oneway import anova_generic

from countstats.glm import logit as logistic
from countstats.glm.solver import NoEstimate
from countstats.means import kruskal_wallis
from hotline.codebook import Codebook
from hotline.simulator.recovery import collapsed, draw_pupils, draw_talks
from hotline.simulator.scenario import Setting


def without_effects(setting: Setting) -> Setting:
    """Return the setting in which nothing depends on the level, nor the level on anything."""
    numbers = copy.deepcopy(setting.numbers)
    shares = np.cumsum(list(numbers.level.shares.values())[::-1])[::-1][1:]
    numbers.level.intercepts = dict(zip(numbers.level.intercepts, logit(shares), strict=True))
    numbers.level_odds_ratios, numbers.level_departures = SimpleNamespace(), SimpleNamespace()
    numbers.caller.calls_exponent = dict.fromkeys(numbers.level.shares, numbers.caller.calls_exponent["well"])
    numbers.talk.length_by_level = numbers.talk.not_assessed_level = numbers.missing.level = {}
    numbers.talk.disposition["odds_ratios"].pop("crisis")
    for table in (numbers.talk.ideation, numbers.talk.emotional_state, numbers.talk.disposition):
        table["shares"] = dict.fromkeys(table["shares"], table["shares"]["well"])
    by_hour = np.repeat(setting.by_hour[:, :1], len(numbers.level.shares), axis=1)
    return replace(setting, numbers=numbers, by_hour=by_hour)


def counts_by(one: pd.Series, other: pd.Series) -> np.ndarray:
    """Return the counts of two categorical columns, shape (codes of one, codes of other): those that occur."""
    one, other = (each.cat.remove_unused_categories().cat for each in (one, other))
    shape = len(one.categories), len(other.categories)
    return np.bincount(one.codes.to_numpy(np.intp) * shape[1] + other.codes, minlength=np.prod(shape)).reshape(shape)


def time_of_call(start: pd.Series, book: Codebook) -> pd.DataFrame:
    """Return the time of day and the kind of day of calls, as cleaning derives them: hour_band and day_type."""
    bands = book["hour_band"].codes
    band = np.searchsorted([code.below for code in bands[:-1]], start.dt.hour, side="right")
    kinds, groups = book["day_type"].kept_codes, {code.code: code.group for code in book["weekday"].codes}
    columns = {
        "hour_band": pd.Categorical.from_codes(band, [code.code for code in bands]),
        "day_type": pd.Categorical(start.dt.day_of_week.add(1).astype(str).map(groups), kinds),
    }
    return pd.DataFrame(columns, index=start.index)


def p_values(
    rng: np.random.Generator, setting: Setting, callers: int, blocks: Mapping[str, list[str]], book: Codebook
) -> pd.DataFrame:
    """Return the p-values of the tests of the study, on one data set.

    Parameters
    ----------
    setting
        A setting of `without_effects`.
    blocks
        {block: names of predictors}, in the order in which they enter the logistic model.
    book
        The codebook that has them.

    Returns
    -------
    pandas.DataFrame
        One row per test: test, variable, p.
    """
    cases = draw_talks(rng, setting, draw_pupils(rng, setting, callers)).drop_duplicates("pupil")
    cases = cases.join(time_of_call(cases["call_start"], book))
    level, rows = cases["level"], []
    for name in ("age", "length", "waiting", "follow_ups", "satisfaction"):
        values = cases[name].astype(int)
        groups = values.groupby(level, observed=True).agg(["mean", "var", "size"]).to_numpy(float).T
        for test, kind in (("Welch", "unequal"), ("Fisher", "equal")):
            rows.append((test, name, anova_generic(*groups, use_var=kind).pvalue))
        rows.append(("Kruskal-Wallis", name, kruskal_wallis(counts_by(level, values.astype("category"))).p))
    for name in [*(name for names in blocks.values() for name in names), "emotional_state", "disposition"]:
        rows.append(("chi-square", name, chi2_contingency(counts_by(cases[name], level)).pvalue))
    at_risk = (level != "well").astype("category")
    strata = [counts_by(part["sex"], at_risk[part.index]) for _, part in cases.groupby("problem", observed=True)]
    same_odds = StratifiedTable([table for table in strata if table.all()]).test_equal_odds(adjust=True)
    rows.append(("Breslow-Day", "problem", same_odds.pvalue))
    for outcome in ("at_risk", "high_risk"):
        event = collapsed(pd.get_dummies(level, dtype=int), outcome)
        with contextlib.suppress(NoEstimate):  # then a small group has no event
            rows += [(test, f"{name} ({outcome})", p) for test, name, p in logistic_tests(cases, event, blocks)]
    return pd.DataFrame(rows, columns=["test", "variable", "p"])


def logistic_tests(
    cases: pd.DataFrame, counts: pd.DataFrame, blocks: Mapping[str, list[str]]
) -> list[tuple[str, str, float]]:
    """Return (test, name, p): likelihood ratios of the blocks, each added to those before it, and Wald tests of terms.

    Parameters
    ----------
    cases
        The predictors, one row per case.
    counts
        Counts of the others and of those with the event, one row per case.
    """
    counts = counts.rename(columns={"event": "events"})
    tests, names, smaller = [], [], None
    for block in [None, *blocks]:
        names = names + blocks.get(block, [])
        x = pd.get_dummies(cases[names], drop_first=True) if names else pd.DataFrame(index=cases.index)
        x = x.loc[:, x.any()]
        x.insert(0, "intercept", 1)
        larger = logistic.fit(x, counts)
        if smaller:
            statistic = 2 * (larger.log_likelihood - smaller.log_likelihood)
            added = len(larger.estimates) - len(smaller.estimates)
            tests.append(("likelihood ratio", block, chi2.sf(statistic, added)))
        smaller = larger
    wald = larger.table()["p"].drop("intercept")
    return tests + [("Wald", term, p) for term, p in wald.items()]
