"""Which groups differ: all pairs of means, from means, variances and counts.

Why not a library: scipy's `tukey_hsd` and statsmodels' `pairwise_tukeyhsd` need one entry per call, and the
function behind the latter, which takes summaries, is one of statsmodels' experiments (`sandbox`).
"""

import functools
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import root_scalar
from scipy.stats import studentized_range, t

# Below this no implementation of the studentized range is right to a digit, R's included (they disagree with
# one another), so smaller p-values are reported as this one.
SMALLEST_P = 1e-6


@functools.cache
def _reach(groups, df, level):
    """The quantile of the studentized range, by secants from its limit for many calls.

    The quantile is close to that limit times 1 + 1.5 / df, and the logarithm of the tail is almost a line there.
    scipy's `ppf` knows neither, and takes three times as long for the same number.
    """
    if groups == 2:
        return np.sqrt(2) * t.ppf((1 + level) / 2, df)
    start = studentized_range.ppf(level, groups, np.inf) * (1 + 1.5 / df)
    found = root_scalar(
        lambda q: np.log(studentized_range.sf(q, groups, df) / (1 - level)),
        x0=start,
        x1=start * (1 + 0.5 / df),
        xtol=1e-12,
        rtol=1e-13,
    )
    return found.root if found.converged else studentized_range.ppf(level, groups, df)


def _adjusted(ratio, groups, df):
    """The p-value of a difference that is `ratio` standard errors wide, adjusted for all pairs of `groups`."""
    pairs = groups * (groups - 1) / 2
    if pairs * 2 * t.sf(ratio, df) < SMALLEST_P:  # Bonferroni's bound; saves what would not be reported
        return SMALLEST_P
    return max(studentized_range.sf(ratio * np.sqrt(2), groups, df), SMALLEST_P)


def _pairs(means, labels, counts, error, df, spread, level):
    """One row per pair (first, second): difference second - first, its interval and adjusted p-value.

    error(i, j): squared standard error of the difference; df(i, j): its degrees of freedom; spread(i, j): the
    variance in whose root the difference is expressed as well.
    """
    groups = len(means)
    labels = list(range(groups)) if labels is None else list(labels)
    rows = []
    for i, j in combinations(range(groups), 2):
        difference, se, freedom = means[j] - means[i], np.sqrt(error(i, j)), float(df(i, j))
        # The studentized range is scaled by the error of one mean, sqrt(2) smaller than that of a difference.
        width = _reach(groups, freedom, level) * se / np.sqrt(2)
        limits = difference - width, difference + width
        ratio, size = difference / se, difference / np.sqrt(spread(i, j))
        p = _adjusted(abs(ratio), groups, freedom)
        n = int(counts[i] + counts[j])
        rows.append((labels[i], labels[j], n, difference, se, *limits, size, ratio, freedom, p))
    columns = ["first", "second", "n", "difference", "se", "low", "high", "d", "t", "df", "p"]
    return pd.DataFrame(rows, columns=columns)


def games_howell(means, variances, counts, labels=None, level=0.95):
    """Games-Howell comparison of all pairs of means, for groups with unequal variances.

    means, variances (n - 1 in the denominator), counts: one entry per group, at least two calls in each, and the
    variances above zero; labels: names of the groups. Returns a DataFrame with one row per pair: `first`, `second`,
    `n` (both), `difference` (second less first), `se`, `low`, `high` (simultaneous limits), `d` (in standard
    deviations: the root of the mean of the two variances), `t`, `df` (Welch-Satterthwaite), `p` (adjusted for all
    pairs; at least SMALLEST_P). Games and Howell 1976, doi 10.3102/10769986001002113.
    """
    means, counts = np.asarray(means, float), np.asarray(counts, float)
    variances = np.asarray(variances, float)
    share = variances / counts

    def freedom(i, j):
        parts = share[i] ** 2 / (counts[i] - 1) + share[j] ** 2 / (counts[j] - 1)
        return (share[i] + share[j]) ** 2 / parts

    def error(i, j):
        return share[i] + share[j]

    def spread(i, j):
        return (variances[i] + variances[j]) / 2

    return _pairs(means, labels, counts, error, freedom, spread, level)


def tukey_kramer(means, variances, counts, labels=None, level=0.95):
    """Tukey-Kramer comparison of all pairs of means, with one pooled variance: goes with the classical F.

    Arguments and result as in `games_howell`; `df` is the number of calls less the number of groups, and `d` is in
    units of the pooled standard deviation. Kramer 1956, doi 10.2307/3001469.
    """
    means, counts = np.asarray(means, float), np.asarray(counts, float)
    within = counts.sum() - len(counts)
    pooled = (counts - 1) @ np.asarray(variances, float) / within

    def error(i, j):
        return pooled * (1 / counts[i] + 1 / counts[j])

    return _pairs(means, labels, counts, error, lambda i, j: within, lambda i, j: pooled, level)
