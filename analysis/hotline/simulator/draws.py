"""Numbers and random draws for the simulator: small functions that know nothing about hotlines.

Every draw comes from the one generator `rng` that the caller seeds, in the order in which the functions are
called, so that the same seed gives the same export byte for byte. Every share, odds ratio, time and length comes from
published.yml. `scenario` says which variables are drawn from which, `export` how they are written.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit

from hotline import marked_yaml
from hotline.errors import InputError

STATUS = ("published", "borrowed", "derived", "assumed")
SECONDS_PER_HOUR = 3600
DAYS_PER_YEAR = 365.25
# The intercept of a logit lies between the lowest and the highest score, and this many log odds beyond.
INTERCEPT_MARGIN = 30

Shares = Mapping[str, float]  # {code: share}
OddsRatios = Mapping[str, Mapping[str, float]]  # {variable: {code: odds ratio}}


def read_numbers(path: Path) -> SimpleNamespace:
    """Return the values of published.yml as ``numbers.topic.name``.

    A name that is not a word, such as "sex:problem", is reached with ``vars(numbers.topic)``.

    Raises
    ------
    InputError
        Where an entry lacks its value, its status or a source that the file lists.
    """
    content = marked_yaml.typed(path.read_bytes(), path.name)
    if not isinstance(content, dict) or not isinstance(content.get("sources"), dict):
        raise InputError(f"{path.name}: expected topics, and first of all the list `sources`")
    sources, topics = content["sources"], {}
    for topic, entries in content.items():
        if topic == "sources" or not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            if (
                not isinstance(entry, dict)
                or "value" not in entry
                or entry.get("status") not in STATUS
                or entry.get("source") not in sources
            ):
                raise InputError(
                    f'{path.name}: "{topic}: {name}" needs a value, a status (one of {", ".join(STATUS)}) '
                    "and a source from the list at its head"
                )
        topics[topic] = SimpleNamespace(**{name: entry["value"] for name, entry in entries.items()})
    return SimpleNamespace(**topics)


# --- how variables depend on others --------------------------------------------------------------------


def log_odds(frame: pd.DataFrame, odds_ratios: OddsRatios) -> np.ndarray:
    """Return the sum of the log odds ratios of every row's codes, shape (rows,).

    Parameters
    ----------
    frame
        Categorical columns, shape (rows, variables).
    odds_ratios
        {variable: {code: odds ratio}}; a code that is not named counts as 1. A variable "a:b" is the interaction of a
        and b, and its codes are written "code of a:code of b".
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


def nominal(
    rng: np.random.Generator,
    frame: pd.DataFrame,
    shares: Shares | Mapping[str, Shares],
    odds_ratios: Mapping[str, OddsRatios] | None = None,
    by: str | None = None,
) -> pd.Categorical:
    """Draw one code per row from unordered categories.

    Parameters
    ----------
    frame
        The variables drawn before, shape (rows, variables).
    shares
        {code: share}, or {group: {code: share}} where `by` names the variable with the groups.
    odds_ratios
        {code: {variable: {code: odds ratio}}}: they multiply the share of a code in the rows that they name, as in a
        multinomial logit.

    Returns
    -------
    pandas.Categorical
        Shape (rows,).
    """
    by_group = pd.DataFrame(shares).T.fillna(0.0) if by else pd.DataFrame([shares])
    codes, groups = by_group.columns, 0
    if by:
        by_group, groups = by_group.reindex(frame[by].cat.categories), frame[by].cat.codes.to_numpy()
    weights = by_group.to_numpy(float)[np.broadcast_to(groups, len(frame))]
    for code, ratios in (odds_ratios or {}).items():
        weights[:, codes == code] *= np.exp(log_odds(frame, ratios))[:, None]
    return pd.Categorical.from_codes(pick(rng, weights), codes)


def pick(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """Return for every row of weights, shape (rows, k), the number of a column drawn in their proportion."""
    edges = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)


def threshold(score: np.ndarray, share: float) -> float:
    """Return the c for which ``expit(score - c)`` has the mean `share`: the intercept of a logit, reversed."""
    values, counts = np.unique(score, return_counts=True)  # a score of categories takes few values

    def excess(c):
        return counts @ expit(values - c) / len(score) - share

    return brentq(excess, values[0] - INTERCEPT_MARGIN, values[-1] + INTERCEPT_MARGIN, xtol=1e-9)


def ordinal(
    rng: np.random.Generator,
    frame: pd.DataFrame,
    shares: Shares,
    odds_ratios: OddsRatios | None = None,
    score: ArrayLike = 0.0,
) -> pd.Categorical:
    """Draw one code per row from ordered categories: a proportional-odds model; with two codes, a logistic one.

    Parameters
    ----------
    frame
        The variables drawn before, shape (rows, variables).
    shares
        {code: share} from low to high, for all rows together; the thresholds are solved for them.
    odds_ratios, score
        What moves a row up: odds ratios by code, and log odds, shape (rows,).

    Returns
    -------
    pandas.Categorical
        Shape (rows,).
    """
    score = log_odds(frame, odds_ratios or {}) + score
    above = 1 - np.cumsum(list(shares.values()))[:-1]
    latent = score + rng.logistic(size=len(frame))
    rank = sum((latent > threshold(score, share)).astype(int) for share in above)
    return pd.Categorical.from_codes(rank, list(shares))


def occurs(rng: np.random.Generator, score: np.ndarray, share: float) -> np.ndarray:
    """Return for every row whether an event occurs whose log odds are `score` plus what gives `share` overall."""
    return rng.random(len(score)) < expit(score - threshold(score, share))


def at_or_above(
    frame: pd.DataFrame, intercepts: Mapping[str, float], odds_ratios: OddsRatios, departures: Mapping[str, OddsRatios]
) -> np.ndarray:
    """Return the probability of each category or a higher one: partial proportional odds.

    ``logit P(Y >= j) = intercepts[j] + log odds ratios + departures at j`` (Peterson and Harrell 1990,
    Applied Statistics 39: 205-217, doi 10.2307/2347760).

    Parameters
    ----------
    intercepts
        {category: log odds} for all categories but the lowest.
    odds_ratios
        Those that hold at every category.
    departures
        {category: odds ratios} that multiply them at the one named.

    Returns
    -------
    numpy.ndarray
        Shape (rows, categories - 1).

    Raises
    ------
    ValueError
        Where a category would have a negative probability.
    """
    common = log_odds(frame, odds_ratios)
    logits = [number + common + log_odds(frame, departures.get(code, {})) for code, number in intercepts.items()]
    if any((higher > lower).any() for lower, higher in pairwise(logits)):
        raise ValueError("the departures from proportional odds make the probability of a category negative")
    return expit(np.column_stack(logits))


def cumulative(rng: np.random.Generator, probabilities: np.ndarray, codes: Shares | list[str]) -> pd.Categorical:
    """Draw one of the ordered `codes` per row from the probabilities of `at_or_above`."""
    return pd.Categorical.from_codes((rng.random(len(probabilities))[:, None] < probabilities).sum(axis=1), list(codes))


# --- time ----------------------------------------------------------------------------------------------


def lognormal(rng: np.random.Generator, median: ArrayLike, spread: float, size: int) -> np.ndarray:
    """Draw right-skewed positive numbers, shape (size,), with a median and an SD of the log."""
    return median * np.exp(spread * rng.standard_normal(size))


def day_weights(days: pd.DatetimeIndex, calendar: SimpleNamespace, examinations: bool = False) -> np.ndarray:
    """Return the share of calls that falls on each day, shape (days,): growth x month x weekday.

    Parameters
    ----------
    calendar
        The numbers of the topic `calendar`.
    examinations
        Whether the months of examinations weigh more.
    """
    weights = calendar.growth ** ((days - days[0]).days.to_numpy() / DAYS_PER_YEAR)
    weights = weights * np.array(calendar.month)[days.month - 1] * np.array(calendar.weekday)[days.day_of_week]
    if examinations:
        weights = weights * np.array([calendar.examinations.get(month, 1.0) for month in days.month])
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum()


def hour_weights(hour: SimpleNamespace) -> np.ndarray:
    """Return the share of calls in each hour of the day by level, shape (24, levels), levels in their order.

    A von Mises curve over the day with an evening peak; the tilt makes a level commoner around the late centre.

    Parameters
    ----------
    hour
        The numbers of the topic `hour`.
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


def call_times(rng: np.random.Generator, days: pd.DatetimeIndex, hours: np.ndarray) -> pd.DatetimeIndex:
    """Return the times of calls, at a random second of an hour of a day; both arrays have shape (calls,)."""
    return days + pd.to_timedelta(hours * SECONDS_PER_HOUR + rng.integers(0, SECONDS_PER_HOUR, len(hours)), unit="s")


def spread_calls(
    rng: np.random.Generator, first_day: np.ndarray, counts: np.ndarray, gap: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the days of all calls: a caller's first as stated, the others after lognormal gaps, never two on one day.

    Parameters
    ----------
    first_day
        Day of each caller's first call, in days since the calendar's start, shape (callers,).
    counts
        Number of calls of each caller, shape (callers,).
    gap
        Median (days) and spread (SD of the log) of the gaps.

    Returns
    -------
    caller, day : numpy.ndarray
        The caller's row number and the day of every call, each of shape (calls,).
    """
    caller = np.repeat(np.arange(len(counts)), counts)
    days = lognormal(rng, gap["median"] / np.sqrt(counts[caller]), gap["spread"], len(caller))
    days = np.maximum(1, np.round(days)).astype(int)
    first_call = np.cumsum(counts) - counts
    days[first_call] = 0
    elapsed = np.cumsum(days)
    return caller, first_day[caller] + elapsed - elapsed[first_call][caller]
