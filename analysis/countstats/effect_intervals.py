"""Intervals of omega squared and Cramer's V that suppose neither equal spreads, nor bell shapes, nor even tables.

Both effects are lengths of a vector. Omega squared estimates the squared length of the groups' deviations, root of the
group's share times (mean - mean of all) over the SD of all; V is the length of (share - expected) / root of expected,
over the cells, divided by the root of the smaller side less one. An estimated length can't be negative, and is too
large by chance, the more so the shorter the true one. So not the length is taken to be normal but the vector, with
the covariance that its influence function has in the table (the delta method). The limits are the lengths, in
the direction of the estimate, under which the observed one is at the 97.5th and the 2.5th percentile; 0 where no length
is so short. The covariance goes with the length: the deviations are multiplied and all else stays. So without an effect
V has the distribution of Pearson's test, and omega squared that of a test that lets the groups keep their spreads.

Equal-tailed limits of what can't be negative hold a true zero in 97.5 of 100 samples. The noncentral distributions of F
and chi-square (`effect_size`) are the case of equal spreads, normal values and no association; elsewhere their limits
are too narrow, or too wide. No limits see what a sample lacks: where a few units in ten thousand make most of the
variance, a sample of a few thousand holds hardly any of them, and its interval is too narrow as well.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import ncx2, norm

from countstats.counts import finite, two_way_table, whole
from countstats.effect_size import bergsma

NEARLY_NORMAL = 1e9  # noncentrality from which a chi-square is as good as normal; scipy's gives out somewhat later
SMALLEST_DF = 1e-9  # degrees of freedom that rounding may leave


class Limits(NamedTuple):
    """The lower and the upper limit of an interval."""

    low: float
    high: float


def length_probability(length: float, mean: ArrayLike, covariance: ArrayLike) -> float:
    """Return the probability that a normal vector is at most as long as `length`.

    Its squared length is a sum of noncentral chi-squares. A multiple of a single one takes their place, with the same
    mean, variance and skewness; where none has these, the central one with the same mean and variance (Box 1954, doi
    10.1214/aoms/1177728786). Exact in one dimension, and where all directions vary alike. It begins at zero, as
    the sum does: an approximation that is shifted as well (Liu, Tang and Zhang 2009, doi 10.1016/j.csda.2008.11.025) is
    nearer for long vectors, and gives short ones no probability, so that their upper limits come out too low.

    Why not a library: scipy has single chi-squares only; R has sums of them (CompQuadForm).
    """
    mean, covariance = np.asarray(mean, float), np.asarray(covariance, float)
    square, image = covariance @ covariance, covariance @ mean
    # The cumulants, but for the factors 1, 2 and 8 that a single chi-square has as well.
    first = np.trace(covariance) + mean @ mean
    second = np.trace(square) + 2 * mean @ image
    third = (square * covariance).sum() + 3 * image @ image
    if not second > 0:
        return float(first <= length**2)
    scale = (second - np.sqrt(max(0.0, second**2 - first * third))) / first
    noncentrality = max(0.0, (second / scale - first) / scale)
    df = max(SMALLEST_DF, first / scale - noncentrality)
    if noncentrality > NEARLY_NORMAL:
        return float(norm.cdf((length**2 - first) / np.sqrt(2 * second)))
    return float(ncx2.cdf(length**2 / scale, df, noncentrality))


def length_limits(
    vector: np.ndarray, covariance: Callable[[float], np.ndarray], longest: float, confidence: float = 0.95
) -> Limits:
    """Return the limits of a vector's length from its estimate.

    Parameters
    ----------
    vector
        The estimate.
    covariance
        `covariance(times)`: that of the estimate if the true vector were so many times the estimated one.
    longest
        The greatest length there can be.
    confidence
        Confidence level of the interval.
    """
    observed = np.sqrt(vector @ vector)
    if observed == 0:  # shorter than nearly all that chance brings about
        return Limits(0.0, 0.0)

    def beyond(times: float, probability: float) -> float:
        """Return by how much a length as short as observed is more probable than `probability`."""
        return length_probability(observed, times * vector, covariance(times)) - probability

    ends, most = [], longest / observed
    for probability in ((1 + confidence) / 2, (1 - confidence) / 2):
        if beyond(0.0, probability) <= 0:
            ends.append(0.0)
        elif beyond(most, probability) >= 0:
            ends.append(longest)
        else:
            ends.append(observed * brentq(beyond, 0.0, most, args=(probability,), xtol=1e-12, rtol=1e-12))
    return Limits(*ends)


def _around(estimate: float, limits: Limits) -> Limits:
    """Widen an interval so that it holds the estimate, whose correction for chance is another one."""
    return Limits(float(min(limits.low, estimate)), float(max(limits.high, estimate)))


def omega_squared_limits(values: ArrayLike, counts: ArrayLike, confidence: float = 0.95) -> Limits:
    """Return the limits of the population's share of variance that lies between groups.

    Parameters
    ----------
    values
        The distinct values.
    counts
        How often each occurs: a row per group, a column per value. No group is empty.

    Raises
    ------
    ValueError
        Where a group is empty, or all values are the same; and as `counts.whole`.
    """
    values, counts = finite(values, "the values"), whole(counts)
    n = counts.sum()
    cells = counts / n
    group = cells.sum(axis=1)
    if not group.all():
        raise ValueError("a group is empty")
    centred = values - cells.sum(axis=0) @ values
    spread = np.sqrt(cells.sum(axis=0) @ centred**2)
    if not spread > 0:
        raise ValueError("all values are the same")
    score = centred / spread
    mean, root = cells @ score / group, np.sqrt(group)
    deviations = root * mean
    # The influence of a unit of group j with the value v on the deviation of group i: of its distance from its own
    # group's mean, which stays as it is, and of all that is multiplied when the means draw apart.
    own_group = np.eye(len(group))
    within = (own_group / root[:, None] - root[:, None])[:, :, None] * (score - mean[:, None])
    of_means = (own_group - group[:, None]) * (mean / root)[:, None] / 2 - root[:, None] * mean
    between = of_means[:, :, None] - (deviations / 2)[:, None, None] * (score**2 - 1)
    counted = cells.ravel() > 0
    weight, groups = cells.ravel()[counted], len(group)
    within, between = (each.reshape(groups, -1)[:, counted] for each in (within, between))
    parts = [(one * weight) @ other.T / n for one, other in ((within, within), (within, between), (between, between))]

    def covariance(times: float) -> np.ndarray:
        return parts[0] + times * (parts[1] + parts[1].T) + times**2 * parts[2]

    low, high = length_limits(deviations, covariance, 1.0, confidence)
    eta2, df2 = deviations @ deviations, n - groups
    omega2 = max(0.0, (eta2 * df2 - (1 - eta2) * (groups - 1)) / (df2 + 1 - eta2))
    return _around(omega2, Limits(low**2, high**2))


def cramers_v_limits(table: ArrayLike, confidence: float = 0.95) -> Limits:
    """Return the limits of the population's Cramer's V.

    Parameters
    ----------
    table
        Two-way table of counts, no row or column of which is empty.

    Raises
    ------
    ValueError
        As `counts.two_way_table`.
    """
    table = two_way_table(table).astype(float)  # products of margins pass the end of int64
    n, smaller = table.sum(), min(table.shape) - 1
    shares = (table / n).ravel()
    row, column = (side.ravel() for side in np.indices(table.shape))
    same_row, same_column = row[:, None] == row, column[:, None] == column
    expected = (table.sum(axis=1)[:, None] * table.sum(axis=0) / n**2).ravel()
    deviations = (shares - expected) / np.sqrt(expected)
    # The influence of a unit of one cell (across) on the deviation of another (down): without an association, and what
    # is added to it in proportion to the association.
    margins = same_row / (table.sum(axis=1) / n)[row] + same_column / (table.sum(axis=0) / n)[column]
    alone = np.eye(len(shares)) / np.sqrt(expected) - np.sqrt(expected)[:, None] * margins
    added = -deviations[:, None] / 2 * margins

    def covariance(times: float) -> np.ndarray:
        influence, weight = alone + times * added, expected + min(times, 1.0) * (shares - expected)
        mean = influence @ weight
        return ((influence * weight) @ influence.T - np.outer(mean, mean)) / n

    low, high = length_limits(deviations, covariance, float(np.sqrt(smaller)), confidence) / np.sqrt(smaller)
    v = np.sqrt(deviations @ deviations / smaller)
    return _around(bergsma(v, n, *table.shape), Limits(low, high))
