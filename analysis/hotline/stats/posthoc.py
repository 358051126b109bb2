"""Which groups differ: all pairs of means, from means, variances and counts.

Why not a library: scipy's `tukey_hsd` and statsmodels' `pairwise_tukeyhsd` need one entry per call, and the
function behind the latter, which takes summaries, is one of statsmodels' experiments (`sandbox`).
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import studentized_range

# Below this no implementation of the studentized range is right to a digit, R's included (they disagree with
# one another), so smaller p-values are reported as this one.
SMALLEST_P = 1e-6


def _pairs(means, labels, error, df, level):
    """One row per pair (first, second): difference second - first, its interval and adjusted p-value.

    error(i, j): squared standard error of the difference; df(i, j): its degrees of freedom.
    """
    groups = len(means)
    labels = list(range(groups)) if labels is None else list(labels)
    rows = []
    for i, j in combinations(range(groups), 2):
        difference, se, freedom = means[j] - means[i], np.sqrt(error(i, j)), df(i, j)
        # The studentized range is scaled by the error of one mean, sqrt(2) smaller than that of a difference.
        width = studentized_range.ppf(level, groups, freedom) * se / np.sqrt(2)
        p = studentized_range.sf(abs(difference) / se * np.sqrt(2), groups, freedom)
        limits = difference - width, difference + width
        rows.append((labels[i], labels[j], difference, se, *limits, difference / se, freedom, max(p, SMALLEST_P)))
    columns = ["first", "second", "difference", "se", "low", "high", "t", "df", "p"]
    return pd.DataFrame(rows, columns=columns)


def games_howell(means, variances, counts, labels=None, level=0.95):
    """Games-Howell comparison of all pairs of means, for groups with unequal variances.

    means, variances (n - 1 in the denominator), counts: one entry per group, at least two calls in each;
    labels: names of the groups. Returns a DataFrame with one row per pair: `first`, `second`, `difference`
    (second less first), `se`, `low`, `high` (simultaneous limits), `t`, `df` (Welch-Satterthwaite), `p`
    (adjusted for all pairs; at least SMALLEST_P). Games and Howell 1976, doi 10.3102/10769986001002113.
    """
    means, counts = np.asarray(means, float), np.asarray(counts, float)
    share = np.asarray(variances, float) / counts

    def freedom(i, j):
        parts = share[i] ** 2 / (counts[i] - 1) + share[j] ** 2 / (counts[j] - 1)
        return (share[i] + share[j]) ** 2 / parts

    return _pairs(means, labels, lambda i, j: share[i] + share[j], freedom, level)


def tukey_kramer(means, variances, counts, labels=None, level=0.95):
    """Tukey-Kramer comparison of all pairs of means, with one pooled variance: goes with the classical F.

    Arguments and result as in `games_howell`; `df` is the number of calls less the number of groups.
    """
    means, counts = np.asarray(means, float), np.asarray(counts, float)
    within = counts.sum() - len(counts)
    pooled = (counts - 1) @ np.asarray(variances, float) / within
    return _pairs(means, labels, lambda i, j: pooled * (1 / counts[i] + 1 / counts[j]), lambda i, j: within, level)
