"""How many alerts a shift brings: not on average alone, but with the chance that there are no more than can be borne.

The number of units in a shift varies beyond Poisson, since some days are busier than others. With a rate that varies as
a gamma distribution does, that number has a negative binomial distribution, and so has the number of those that raise
an alert, each with the same chance: its mean shrinks with that chance, its relative extra variance stays.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import nbinom, poisson

from countstats.prediction.roc import reached


def extra_variance(counts: ArrayLike, group: ArrayLike) -> float:
    """Estimate by how much the rate behind counts varies within groups: the variance of rate / mean rate.

    By moments: within each group the variance of the counts less their mean, over the squared mean; numerators and
    denominators are added up over the groups. 0 where the counts vary no more than Poisson's.

    Parameters
    ----------
    counts
        Of units in shifts, shape (shifts,), shifts without a unit among them.
    group
        What makes shifts alike, such as the time of day, shape (shifts,).
    """
    frame = pd.DataFrame({"n": np.asarray(counts, float), "group": np.asarray(group)})
    of = frame.groupby("group")["n"].agg(["size", "mean", "var"])
    of = of[of["size"] > 1]
    beyond = ((of["var"] - of["mean"]) * of["size"]).sum()
    # A group's mean is an estimate itself, and its square is too large by the variance of the mean.
    squared = ((of["mean"] ** 2 - of["var"] / of["size"]) * of["size"]).sum()
    return float(max(0.0, beyond / squared)) if squared > 0 else 0.0


def chance_of_at_most(alerts: int, mean: ArrayLike, extra: float) -> np.ndarray:
    """Return the probability of at most so many alerts in a shift.

    Parameters
    ----------
    alerts
        The number that can be borne.
    mean
        Alerts expected in a shift, a number or an array.
    extra
        As `extra_variance` gives it.

    Returns
    -------
    numpy.ndarray
        Of the shape of `mean`.
    """
    mean = np.asarray(mean, float)
    if extra == 0:
        return poisson.cdf(alerts, mean)
    return nbinom.cdf(alerts, 1 / extra, 1 / (1 + extra * mean))


def flagged_shares(score: ArrayLike, n: ArrayLike, kind: ArrayLike, thresholds: ArrayLike) -> pd.DataFrame:
    """Return which share of the units of each kind of shift a threshold flags.

    Parameters
    ----------
    score, n, kind
        The scores, how many units have each, and the kind of shift to which these belong, of one length. A unit without
        a score (NaN) counts, and is never flagged.
    thresholds
        Shape (thresholds,).

    Returns
    -------
    pandas.DataFrame
        A row per threshold, in the order given, and a column per kind.
    """
    score, n = np.asarray(score, float), np.asarray(n, float)
    shares = {}
    for each in pd.unique(pd.Series(kind)):
        here = np.asarray(kind) == each
        own, units = score[here & ~np.isnan(score)], n[here & ~np.isnan(score)]
        order = np.argsort(own, kind="stable")
        above = np.append(np.cumsum(units[order][::-1])[::-1], 0.0)
        first = [np.searchsorted(reached(own[order], limit), True) for limit in np.asarray(thresholds, float)]
        shares[each] = above[first] / n[here].sum()
    return pd.DataFrame(shares, index=pd.Index(thresholds, name="threshold"))
