"""Group sizes, means, variances and quantiles from tallies, exact until the last rounding.

A tally holds for a variable x the columns `x_n` (values present), `x_sum` (their sum) and `x_ss` (the sum of
squares about the cell's own mean); a tally *by* x holds x itself and `n`. Both are taken here. All variables
are integers, so sums and sums of squares are kept as Python integers of any length and divided once at the end.
"""

import functools
from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import root_scalar
from scipy.stats import studentized_range, t
from statsmodels.stats.oneway import anova_generic

# Below this no implementation of the studentized range is right to a digit, R's included (they disagree with
# one another), so smaller p-values are reported as this one.
SMALLEST_P = 1e-6


def _power_sums(cells, x):
    """Per cell the exact integers (number, sum, sum of squares about zero), as columns of Python ints."""
    if f"{x}_n" not in cells:  # a tally by x itself: every call of the cell has the same value
        cells = cells[cells[x].notna()]
        count, value = [int(n) for n in cells["n"]], [int(v) for v in cells[x]]
        sums = [(n, n * v, n * v * v) for n, v in zip(count, value, strict=True)]
    else:
        cells = cells[cells[f"{x}_n"] > 0]
        rows = zip(cells[f"{x}_n"], cells[f"{x}_sum"], cells[f"{x}_ss"], strict=True)
        # The sum of squares about zero is a whole number, so rounding undoes the rounding of `x_ss`.
        sums = [(int(n), int(s), round(Fraction(float(q)) + Fraction(int(s) ** 2, int(n)))) for n, s, q in rows]
    return pd.DataFrame(sums, index=cells.index, columns=["n", "sum", "squares"], dtype=object)


def group_moments(cells, x, by):
    """Size, mean and variance of the integer variable `x` in each group of the column `by`.

    `cells` is a tally with `x` among its `sums`, or with `x` itself among its columns. Returns a DataFrame
    with one row per group that has values, in the order of the categories: `n`, `mean`, `deviation` (group
    mean less the mean of all), `variance` (n - 1 in the denominator; NaN for a single value) and `sd`, in the
    units of x. Give `deviation` in place of `mean` to a test that does not depend on the origin: it is
    subtracted before rounding, so that no digit is lost where the mean is large and the spread small.

    Why not a library: pandas and statsmodels weight in floating point, which on NIST's hard data sets
    (SmLs07 to 09) leaves no correct digit in an F ratio.
    """
    cells = cells.reset_index(drop=True)  # a tally put together of several has rows of one label
    sums = _power_sums(cells, x)
    grand = Fraction(sum(sums["sum"]), sum(sums["n"]) or 1)
    groups, rows = [], []
    for group, part in sums.groupby(cells.loc[sums.index, by], observed=True):
        n, total, squares = (sum(part[column]) for column in ("n", "sum", "squares"))
        mean = Fraction(total, n)
        variance = float((squares - total * mean) / (n - 1)) if n > 1 else np.nan
        groups.append(group)
        rows.append((n, float(mean), float(mean - grand), variance, variance**0.5))
    index = pd.Index(groups, name=by)
    return pd.DataFrame(rows, index=index, columns=["n", "mean", "deviation", "variance", "sd"])


def quantile(values, counts, q):
    """Quantiles of `values` that occur `counts` times, by R's type 7 (the default of numpy and of R).

    values, counts: sequences of the same length (values in any order); q: probability or sequence of them.
    Returns an array of the shape of `q`; NaN throughout if all counts are zero.

    Why not a library: numpy's weighted quantiles know only the inverted distribution function, which does
    not interpolate and so differs from the usual median when the number of values is even.
    """
    values, counts = np.asarray(values, dtype=float), np.asarray(counts, dtype=np.int64)
    order = np.argsort(values)
    values, last = values[order], np.cumsum(counts[order])
    if last.size == 0 or last[-1] == 0:
        return np.full(np.shape(q), np.nan)
    position = (last[-1] - 1) * np.asarray(q, dtype=float)
    below = np.floor(position)
    lower = values[np.searchsorted(last, below, side="right")]
    upper = values[np.searchsorted(last, np.ceil(position), side="right")]
    return lower + (upper - lower) * (position - below)


def group_quantiles(cells, x, by, q=(0.25, 0.5, 0.75)):
    """Type-7 quantiles of `x` in each group of the column `by`; `cells` is a tally by both.

    Returns a DataFrame with one row per group and one column per probability in `q`.
    """
    cells = cells[cells[x].notna()]
    rows = {group: quantile(part[x], part["n"], q) for group, part in cells.groupby(by, observed=True)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(q)).rename_axis(by)


def levene(cells, x, by):
    """Levene's test, centred at the medians, that the spread of `x` is the same in all groups of the column `by`.

    cells: a tally by both. It is Fisher's analysis of variance of each value's distance from its group's median
    (Brown and Forsythe 1974, doi 10.1080/01621459.1974.10482955). Returns (F, df1, df2, p); F and p are NaN where
    these distances do not vary within the groups.

    Why not a library: scipy's `levene` needs one entry per call; the analysis of variance itself is statsmodels'.
    """
    cells = cells[cells[x].notna()]
    middle = group_quantiles(cells, x, by, q=[0.5])[0.5]
    # Twice the distance: a median of whole numbers is whole or a half, so this stays whole, and exact.
    twice = [abs(2 * int(value) - int(2 * middle[group])) for value, group in zip(cells[x], cells[by], strict=True)]
    found = group_moments(cells.assign(**{x: twice}), x, by)
    df1, df2 = len(found) - 1, int(found["n"].sum()) - len(found)
    if df1 < 1 or df2 < 1 or not found["variance"].max() > 0:
        return np.nan, df1, df2, np.nan
    columns = [found[name].fillna(0).to_numpy(float) for name in ("deviation", "variance", "n")]
    test = anova_generic(*columns, use_var="equal")
    return float(test.statistic), df1, df2, float(test.pvalue)


def midranks(counts):
    """Mean rank, counted from 1, of each of the ordered values that occur `counts` times (ties share a rank).

    With ranks in place of values an analysis of variance gives the Kruskal-Wallis test.
    Why not a library: scipy's `rankdata` and `kruskal` need one entry per call.
    """
    counts = np.asarray(counts, dtype=np.int64)
    return np.cumsum(counts) - (counts - 1) / 2


def kruskal_wallis(table):
    """Kruskal-Wallis statistic, corrected for ties, and its degrees of freedom from a table of counts.

    table: (groups, values), the values in ascending order. H = (N - 1) times the share of the variance of
    the mid-ranks that lies between groups (Kruskal and Wallis 1952, doi 10.1080/01621459.1952.10483441). Groups
    and values that nobody has are passed over. Returns (H, df); H is NaN where all values are the same, or there
    are none.
    """
    table = np.asarray(table, dtype=float)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return np.nan, max(0, len(table) - 1)
    of_value, of_group = table.sum(axis=0), table.sum(axis=1)
    total = of_value.sum()
    rank = midranks(of_value) - (total + 1) / 2  # centred: the mean rank of all is (N + 1) / 2
    between = ((table @ rank) ** 2 / of_group).sum()
    return (total - 1) * between / (of_value @ rank**2), len(table) - 1


@functools.cache
def _reach(groups, df, confidence):
    """The quantile of the studentized range, by secants from its limit for many calls.

    The quantile is close to that limit times 1 + 1.5 / df, and the logarithm of the tail is almost a line there.
    scipy's `ppf` knows neither, and takes three times as long for the same number.
    """
    if groups == 2:
        return np.sqrt(2) * t.ppf((1 + confidence) / 2, df)
    start = studentized_range.ppf(confidence, groups, np.inf) * (1 + 1.5 / df)
    found = root_scalar(
        lambda q: np.log(studentized_range.sf(q, groups, df) / (1 - confidence)),
        x0=start,
        x1=start * (1 + 0.5 / df),
        xtol=1e-12,
        rtol=1e-13,
    )
    return found.root if found.converged else studentized_range.ppf(confidence, groups, df)


def _adjusted(ratio, groups, df):
    """The p-value of a difference that is `ratio` standard errors wide, adjusted for all pairs of `groups`."""
    pairs = groups * (groups - 1) / 2
    if pairs * 2 * t.sf(ratio, df) < SMALLEST_P:  # Bonferroni's bound; saves what would not be reported
        return SMALLEST_P
    return max(studentized_range.sf(ratio * np.sqrt(2), groups, df), SMALLEST_P)


def _pairs(means, labels, counts, error, df, spread, confidence):
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
        width = _reach(groups, freedom, confidence) * se / np.sqrt(2)
        limits = difference - width, difference + width
        ratio, size = difference / se, difference / np.sqrt(spread(i, j))
        p = _adjusted(abs(ratio), groups, freedom)
        n = int(counts[i] + counts[j])
        rows.append((labels[i], labels[j], n, difference, se, *limits, size, ratio, freedom, p))
    columns = ["first", "second", "n", "difference", "se", "low", "high", "d", "t", "df", "p"]
    return pd.DataFrame(rows, columns=columns)


def games_howell(means, variances, counts, labels=None, confidence=0.95):
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

    return _pairs(means, labels, counts, error, freedom, spread, confidence)


def tukey_kramer(means, variances, counts, labels=None, confidence=0.95):
    """Tukey-Kramer comparison of all pairs of means, with one pooled variance: goes with the classical F.

    Arguments and result as in `games_howell`; `df` is the number of calls less the number of groups, and `d` is in
    units of the pooled standard deviation. Kramer 1956, doi 10.2307/3001469.
    """
    means, counts = np.asarray(means, float), np.asarray(counts, float)
    within = counts.sum() - len(counts)
    pooled = (counts - 1) @ np.asarray(variances, float) / within

    def error(i, j):
        return pooled * (1 / counts[i] + 1 / counts[j])

    return _pairs(means, labels, counts, error, lambda i, j: within, lambda i, j: pooled, confidence)
