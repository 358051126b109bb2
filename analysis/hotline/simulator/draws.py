"""Numbers and random draws for the simulator: small functions that know nothing about hotlines.

Every draw comes from the one generator `rng` that the caller seeds, in the order in which the functions are
called, so that the same seed gives the same export byte for byte. Every number comes from published.yml.
Which variables are drawn from which stands in `scenario`, how they are written in `export`.
"""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import brentq
from scipy.special import expit

from hotline.errors import InputError

STATUS = ("published", "borrowed", "derived", "assumed")


def read_numbers(path):
    """Return the values of published.yml as ``numbers.topic.name``.

    A name that is not a word, such as "sex:problem", is reached with ``vars(numbers.topic)``. Raises
    InputError where an entry lacks its value, its status or a source that the file lists.
    """
    content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    sources, topics = content["sources"], {}
    for topic, entries in content.items():
        if topic == "sources" or not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            if "value" not in entry or entry.get("status") not in STATUS or entry.get("source") not in sources:
                raise InputError(
                    f'{path.name}: "{topic}: {name}" needs a value, a status (one of {", ".join(STATUS)}) '
                    "and a source from the list at its head"
                )
        topics[topic] = SimpleNamespace(**{name: entry["value"] for name, entry in entries.items()})
    return SimpleNamespace(**topics)


# --- how variables depend on others --------------------------------------------------------------------


def log_odds(frame, odds_ratios):
    """Return the sum of the log odds ratios of every row's codes, shape (rows,).

    `odds_ratios` is {variable: {code: odds ratio}}; a code that is not named counts as 1. A variable
    "a:b" is the interaction of a and b, and its codes are written "code of a:code of b". The columns
    of `frame` are categoricals.
    """
    total = np.zeros(len(frame))
    for variable, ratios in odds_ratios.items():
        names, rows = [""], np.zeros(len(frame), dtype=np.intp)
        for name in variable.split(":"):
            column = frame[name].cat
            names = [f"{one}:{other}" if one else str(other) for one in names for other in column.categories]
            rows = rows * len(column.categories) + column.codes.to_numpy()
        total += np.array([np.log(ratios.get(name, 1.0)) for name in names])[rows]
    return total


def nominal(rng, frame, shares, odds_ratios=None, by=None):
    """Draw one code per row from unordered categories.

    `shares` is {code: share}, or {group: {code: share}} where `by` names the variable with the groups.
    `odds_ratios`, {code: {variable: {code: odds ratio}}}, multiply the share of a code in the rows that
    they name: a multinomial logit. Returns a Categorical, shape (rows,).
    """
    by_group = pd.DataFrame(shares).T.fillna(0.0) if by else pd.DataFrame([shares])
    codes, groups = by_group.columns, 0
    if by:
        by_group, groups = by_group.reindex(frame[by].cat.categories), frame[by].cat.codes.to_numpy()
    weights = by_group.to_numpy(float)[np.broadcast_to(groups, len(frame))]
    for code, ratios in (odds_ratios or {}).items():
        weights[:, codes == code] *= np.exp(log_odds(frame, ratios))[:, None]
    return pd.Categorical.from_codes(pick(rng, weights), codes)


def pick(rng, weights):
    """Return for every row of weights, shape (rows, k), the number of a column drawn in their proportion."""
    edges = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)


def threshold(score, share):
    """Return the c for which ``expit(score - c)`` has the mean `share`: the intercept of a logit, reversed."""
    values, many = np.unique(score, return_counts=True)  # a score of categories takes few values

    def excess(c):
        return many @ expit(values - c) / len(score) - share

    return brentq(excess, values[0] - 30, values[-1] + 30, xtol=1e-9)


def ordinal(rng, frame, shares, odds_ratios=None, score=0.0):
    """Draw one code per row from ordered categories: a proportional-odds model.

    `shares`, {code: share} from low to high, hold for all rows together; the thresholds are solved for
    them. `odds_ratios` and `score` (log odds, shape (rows,)) move a row up. With two codes this is
    a logistic model. Returns a Categorical, shape (rows,).
    """
    score = log_odds(frame, odds_ratios or {}) + score
    above = 1 - np.cumsum(list(shares.values()))[:-1]
    latent = score + rng.logistic(size=len(frame))
    rank = sum((latent > threshold(score, share)).astype(int) for share in above)
    return pd.Categorical.from_codes(rank, list(shares))


def occurs(rng, score, share):
    """Return for every row whether an event occurs whose log odds are `score` plus what gives `share` overall."""
    return rng.random(len(score)) < expit(score - threshold(score, share))


def at_or_above(frame, intercepts, odds_ratios, departures):
    """Return the probability of each category or a higher one, shape (rows, categories - 1): partial proportional odds.

    ``logit P(Y >= j) = intercepts[j] + log odds ratios + departures at j`` (Peterson and Harrell 1990,
    Applied Statistics 39: 205-217). `intercepts` is {category: number} for all categories but the lowest;
    `odds_ratios` hold at every category, and `departures`, {category: {variable: {code: ratio}}}, multiply
    them at the one named. Raises ValueError where a category would have a negative probability.
    """
    common = log_odds(frame, odds_ratios)
    logits = [number + common + log_odds(frame, departures.get(code, {})) for code, number in intercepts.items()]
    if any((higher > lower).any() for lower, higher in pairwise(logits)):
        raise ValueError("the departures from proportional odds make the probability of a category negative")
    return expit(np.column_stack(logits))


def cumulative(rng, probabilities, codes):
    """Draw one of the ordered `codes` per row from the probabilities of `at_or_above`; returns a Categorical."""
    return pd.Categorical.from_codes((rng.random(len(probabilities))[:, None] < probabilities).sum(axis=1), list(codes))


# --- time ----------------------------------------------------------------------------------------------


def lognormal(rng, median, spread, size):
    """Draw right-skewed positive numbers with a median and an SD of the log."""
    return median * np.exp(spread * rng.standard_normal(size))


def day_weights(days, calendar, examinations=False):
    """Return the share of calls that falls on each day: growth x month x weekday.

    `days` is a DatetimeIndex; with `examinations` the months of examinations weigh more.
    """
    weights = calendar.growth ** ((days - days[0]).days.to_numpy() / 365.25)
    weights = weights * np.array(calendar.month)[days.month - 1] * np.array(calendar.weekday)[days.day_of_week]
    if examinations:
        weights = weights * np.array([calendar.examinations.get(month, 1.0) for month in days.month])
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum()


def hour_weights(hour):
    """Return the share of calls in each hour of the day by level, shape (24, levels), levels in their order.

    A von Mises curve over the day with an evening peak; the tilt makes a level commoner around the late centre.
    """
    angle = 2 * np.pi * (np.arange(24) + 0.5) / 24

    def bell(centre, concentration):
        curve = np.exp(concentration * np.cos(angle - 2 * np.pi * centre / 24))
        return curve / curve.sum()

    base = (1 - hour.evening_weight) * bell(hour.centre, hour.concentration)
    base += hour.evening_weight * bell(hour.evening_centre, hour.evening_concentration)
    late = np.cos(angle - 2 * np.pi * hour.late_centre / 24)
    weights = base[:, None] * np.exp(late[:, None] * np.array(list(hour.late_tilt.values())))
    return weights / weights.sum(axis=0)


def moments(rng, days, hours):
    """Return the times of calls, at a random second of an hour of a day; both arrays have one entry per call."""
    return days + pd.to_timedelta(hours * 3600 + rng.integers(0, 3600, len(hours)), unit="s")


def spread_calls(rng, first_day, many, gap):
    """Return (caller, day) of every call: the callers' row numbers and whole days since the calendar's start.

    A caller's first call is on `first_day`; the others follow after lognormal gaps, never two on one day.
    `many`, shape (callers,), is the number of calls of each.
    """
    caller = np.repeat(np.arange(len(many)), many)
    days = lognormal(rng, gap["median"] / np.sqrt(many[caller]), gap["spread"], len(caller))
    days = np.maximum(1, np.round(days)).astype(int)
    opening = np.cumsum(many) - many
    days[opening] = 0
    elapsed = np.cumsum(days)
    return caller, first_day[caller] + elapsed - elapsed[opening][caller]
