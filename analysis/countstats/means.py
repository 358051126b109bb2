"""Means, variances and quantiles of groups from counts by value, tests of them, and comparisons of all pairs.

All values are whole numbers, or decimals that become whole numbers of a small unit, so sums and sums of squares are
kept as Python integers of any length and divided once at the end: exact until the last rounding. A table of cells has
the value itself as a column, and `n`.
"""

import functools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import root_scalar
from scipy.stats import chi2, studentized_range, t
from statsmodels.stats.oneway import anova_generic

from countstats.columns import N
from countstats.counts import alike, finite, has_columns, whole
from countstats.estimates import ChiSquare, check_confidence

# Below this no implementation of the studentized range is right to a digit, R's included (they disagree with
# one another), so smaller p-values are reported as this one.
SMALLEST_P = 1e-6


class FTest(NamedTuple):
    """An F ratio, its degrees of freedom and p-value; F and p are NaN where there is no test."""

    statistic: float
    df1: int
    df2: int
    p: float


def group_moments(cells: pd.DataFrame, x: str, by: str) -> pd.DataFrame:
    """Return size, mean and variance of a variable in each group.

    Why not a library: pandas and statsmodels weight in floating point, which on NIST's hard data sets
    (SmLs07 to 09) leaves no correct digit in an F ratio.

    Parameters
    ----------
    cells
        Table of cells with `n`, by `x` and the column `by`. Cells without a value are left out.

    Returns
    -------
    pandas.DataFrame
        One row per group that has values, in the order of the categories: n, mean, deviation (group mean less the mean
        of all), variance (n - 1 in the denominator; NaN for a single value) and sd, in the units of x. Give deviation
        in place of mean to a test that does not depend on the origin: it is subtracted before rounding, so that no
        digit is lost where the mean is large and the spread small.

    Raises
    ------
    ValueError
        For a value without end, counts that are none (`counts.whole`), and a column that is absent.
    """
    cells = _recorded(cells, x, by)
    count = cells[N].tolist()
    numbers, unit = _whole(cells[x])
    powers = [(n, n * number, n * number * number) for n, number in zip(count, numbers, strict=True)]
    sums = pd.DataFrame(powers, columns=["n", "sum", "squares"], dtype=object)
    grand = Fraction(sum(sums["sum"]), sum(sums["n"]) or 1)
    groups, rows = [], []
    for group, part in sums.groupby(cells[by], observed=True):
        n, total, squares = (sum(part[column]) for column in ("n", "sum", "squares"))
        if not n:
            continue
        mean = Fraction(total, n)
        variance = float((squares - total * mean) * unit**2 / (n - 1)) if n > 1 else np.nan
        groups.append(group)
        rows.append((n, float(mean * unit), float((mean - grand) * unit), variance, variance**0.5))
    index = pd.Index(groups, name=by)
    return pd.DataFrame(rows, index=index, columns=["n", "mean", "deviation", "variance", "sd"])


def _recorded(cells: pd.DataFrame, x: str, by: str) -> pd.DataFrame:
    """Return the cells that have a value of `x`, their counts checked, and their rows numbered from 0."""
    has_columns(cells, x, by, N)
    cells = cells[cells[x].notna()].reset_index(drop=True)  # cells put together of several have rows of one label
    return cells.assign(**{N: whole(cells[N])})


def _whole(values: pd.Series) -> tuple[list[int], Fraction]:
    """Return the values as integers of any length, and the unit in which they count: 1 where all are whole numbers.

    A float is taken for the shortest decimal that is read as it: 20.5 is 205 tenths. Raises ValueError for infinity.
    """
    if pd.api.types.is_integer_dtype(values):
        return [int(value) for value in values], Fraction(1)
    exact = [Fraction(str(value)) for value in values]
    unit = math.lcm(*(number.denominator for number in exact))
    return [int(number * unit) for number in exact], Fraction(1, unit)


def mean_intervals(moments: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return means with their t intervals: columns n, estimate, low and high, one row per group.

    Parameters
    ----------
    moments
        One row per group, as `group_moments` gives it, perhaps reindexed. The limits of fewer than two values are NaN.
    """
    check_confidence(confidence)
    n = moments["n"].fillna(0).astype(int)
    half = t.ppf((1 + confidence) / 2, n.where(n > 1) - 1) * moments["sd"] / np.sqrt(n.where(n > 1))
    mean = moments["mean"].astype(float)
    return pd.DataFrame({"n": n, "estimate": mean, "low": mean - half, "high": mean + half})


def quantile(values: ArrayLike, counts: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return quantiles of values that occur several times, by R's type 7 (the default of numpy and of R).

    Why not a library: numpy's weighted quantiles know only the inverted distribution function, which does
    not interpolate and so differs from the usual median when the number of values is even.

    Parameters
    ----------
    values, counts
        The values, in any order, and how often each occurs, of the same length.
    q
        Probabilities.

    Raises
    ------
    ValueError
        For a probability outside 0 and 1, a value that is missing or infinite, counts that are none (`counts.whole`).

    Returns
    -------
    numpy.ndarray
        Of the shape of `q`; NaN throughout if all counts are zero.
    """
    alike(values, counts)
    values, counts, q = finite(values, "values"), whole(counts), np.asarray(q, dtype=float)
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError("the probability of a quantile lies between 0 and 1")
    order = np.argsort(values)
    values, last = values[order], np.cumsum(counts[order])
    if last.size == 0 or last[-1] == 0:
        return np.full(np.shape(q), np.nan)
    position = (last[-1] - 1) * q
    below = np.floor(position)
    lower = values[np.searchsorted(last, below, side="right")]
    upper = values[np.searchsorted(last, np.ceil(position), side="right")]
    return lower + (upper - lower) * (position - below)


def group_quantiles(cells: pd.DataFrame, x: str, by: str, q: Sequence[float] = (0.25, 0.5, 0.75)) -> pd.DataFrame:
    """Return type-7 quantiles of `x`: one row per group of the column `by`, one column per probability in `q`.

    Parameters
    ----------
    cells
        Table of cells with `n`, by `x` and `by`.
    """
    cells = _recorded(cells, x, by)
    rows = {group: quantile(part[x], part[N], q) for group, part in cells.groupby(by, observed=True)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(q)).rename_axis(by)


def levene(cells: pd.DataFrame, x: str, by: str) -> FTest:
    """Test that the spread of `x` is the same in all groups of the column `by` (Levene's test, centred at the medians).

    It is Fisher's analysis of variance of each value's distance from its group's median (Brown and Forsythe 1974, doi
    10.1080/01621459.1974.10482955). NaN where these distances do not vary within the groups.

    Why not a library: scipy's `levene` needs one entry per unit; the analysis of variance itself is statsmodels'.

    Parameters
    ----------
    cells
        Table of cells with `n`, by `x` and `by`.
    """
    cells = _recorded(cells, x, by)
    cells = cells[cells[N] > 0]
    cells = cells.assign(**{x: _whole(cells[x])[0]})  # the ratio is the same in any unit
    median = group_quantiles(cells, x, by, q=[0.5])[0.5]
    # Twice the distance: a median of whole numbers is whole or a half, so this stays whole, and exact.
    twice = [abs(2 * value - int(2 * median[group])) for value, group in zip(cells[x], cells[by], strict=True)]
    moments = group_moments(cells.assign(**{x: twice}), x, by)
    df1, df2 = len(moments) - 1, int(moments["n"].sum()) - len(moments)
    if df1 < 1 or df2 < 1 or not moments["variance"].max() > 0:
        return FTest(np.nan, df1, df2, np.nan)
    summaries = [moments[name].fillna(0).to_numpy(float) for name in ("deviation", "variance", "n")]
    test = anova_generic(*summaries, use_var="equal")
    return FTest(float(test.statistic), df1, df2, float(test.pvalue))


def _midranks(counts: ArrayLike) -> np.ndarray:
    """Return the mean rank, counted from 1, of each of the ordered values that occur `counts` times (ties share one).

    With ranks in place of values an analysis of variance gives the Kruskal-Wallis test.
    Why not a library: scipy's `rankdata` and `kruskal` need one entry per unit.
    """
    counts = np.asarray(counts, dtype=np.int64)
    return np.cumsum(counts) - (counts - 1) / 2


def kruskal_wallis(table: ArrayLike) -> ChiSquare:
    """Test that no group tends to larger values than another, by ranks (Kruskal and Wallis), corrected for ties.

    H = (N - 1) times the share of the variance of the mid-ranks that lies between groups (Kruskal and Wallis 1952, doi
    10.1080/01621459.1952.10483441). H and p are NaN where all values are the same, or there are none.

    Parameters
    ----------
    table
        Counts (groups, values), the values in ascending order. Empty groups and values are left out.

    Raises
    ------
    ValueError
        For what is no table of counts (`counts.whole`).
    """
    table = whole(table).astype(float)
    if table.ndim != 2:
        raise ValueError("the table must have a row for each group and a column for each value")
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return ChiSquare(np.nan, max(0, len(table) - 1), np.nan)
    of_value, of_group = table.sum(axis=0), table.sum(axis=1)
    total = of_value.sum()
    rank = _midranks(of_value) - (total + 1) / 2  # centred: the mean rank of all is (N + 1) / 2
    between = ((table @ rank) ** 2 / of_group).sum()
    statistic, df = float((total - 1) * between / (of_value @ rank**2)), len(table) - 1
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))


def games_howell(
    means: ArrayLike,
    variances: ArrayLike,
    counts: ArrayLike,
    labels: Sequence | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare all pairs of means, for groups with unequal variances (Games and Howell).

    Games and Howell 1976, doi 10.3102/10769986001002113.

    Why not a library: scipy's `tukey_hsd` and statsmodels' `pairwise_tukeyhsd` need one entry per unit, and the
    function behind the latter, which takes summaries, is one of statsmodels' experiments (`sandbox`).

    Parameters
    ----------
    means, variances, counts
        One entry per group: variances with n - 1 in the denominator, above zero, and at least two units.
    labels
        Names of the groups.

    Returns
    -------
    pandas.DataFrame
        One row per pair: first, second, n (both), difference (second less first), se, low, high (simultaneous limits),
        d (in standard deviations: the root of the mean of the two variances), t, df (Welch-Satterthwaite), p (adjusted
        for all pairs; at least `SMALLEST_P`).

    Raises
    ------
    ValueError
        For a group of fewer than two units or without a variance above zero, and for arrays of different lengths.
    """
    means, variances, counts = _summaries(means, variances, counts, confidence)
    if not (variances > 0).all():
        raise ValueError("every group needs a variance above zero")
    share = variances / counts

    def freedom(i, j):
        parts = share[i] ** 2 / (counts[i] - 1) + share[j] ** 2 / (counts[j] - 1)
        return (share[i] + share[j]) ** 2 / parts

    def error(i, j):
        return share[i] + share[j]

    def spread(i, j):
        return (variances[i] + variances[j]) / 2

    return _pairs(means, labels, counts, error, freedom, spread, confidence)


def tukey_kramer(
    means: ArrayLike,
    variances: ArrayLike,
    counts: ArrayLike,
    labels: Sequence | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare all pairs of means, with one pooled variance (Tukey and Kramer): goes with the classical F.

    Arguments, result and why it is not a library's: as in `games_howell`; df is the number of units less the number of
    groups, and d is in units of the pooled standard deviation. A variance of zero will do in some groups, not in all.
    Kramer 1956, doi 10.2307/3001469.
    """
    means, variances, counts = _summaries(means, variances, counts, confidence)
    within = counts.sum() - len(counts)
    pooled = (counts - 1) @ variances / within
    if not pooled > 0:
        raise ValueError("the values of no group vary")

    def error(i, j):
        return pooled * (1 / counts[i] + 1 / counts[j])

    return _pairs(means, labels, counts, error, lambda i, j: within, lambda i, j: pooled, confidence)


def _summaries(
    means: ArrayLike, variances: ArrayLike, counts: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the summaries of groups as arrays of floats, after checking them."""
    alike(means, variances, counts)
    check_confidence(confidence)
    means, variances, counts = finite(means, "means"), finite(variances, "variances"), whole(counts).astype(float)
    if len(counts) < 2 or (counts < 2).any():
        raise ValueError("there must be two groups or more, each of two units or more")
    if (variances < 0).any():
        raise ValueError("a variance is negative")
    return means, variances, counts


def _pairs(
    means: np.ndarray,
    labels: Sequence | None,
    counts: np.ndarray,
    error: Callable[[int, int], float],
    df: Callable[[int, int], float],
    spread: Callable[[int, int], float],
    confidence: float,
) -> pd.DataFrame:
    """Return one row per pair of groups: the difference, its interval and adjusted p-value.

    Parameters
    ----------
    error, df, spread
        For two groups: the squared standard error of the difference, its degrees of freedom, and the variance in whose
        root the difference is expressed as well.
    """
    groups = len(means)
    labels = list(range(groups)) if labels is None else list(labels)
    rows = []
    for i, j in combinations(range(groups), 2):
        difference, se, freedom = means[j] - means[i], np.sqrt(error(i, j)), float(df(i, j))
        # The studentized range is scaled by the error of one mean, sqrt(2) smaller than that of a difference.
        width = _range_quantile(groups, freedom, confidence) * se / np.sqrt(2)
        limits = difference - width, difference + width
        ratio, size = difference / se, difference / np.sqrt(spread(i, j))
        p = _adjusted_for_pairs(abs(ratio), groups, freedom)
        n = int(counts[i] + counts[j])
        rows.append((labels[i], labels[j], n, difference, se, *limits, size, ratio, freedom, p))
    columns = ["first", "second", "n", "difference", "se", "low", "high", "d", "t", "df", "p"]
    return pd.DataFrame(rows, columns=columns)


@functools.cache
def _range_quantile(groups: int, df: float, confidence: float) -> float:
    """Return the quantile of the studentized range, by secants from its limit for many units.

    The quantile is close to that limit times 1 + 1.5 / df, and the logarithm of the tail is almost a line there.
    scipy's `ppf` knows neither, and takes three times as long for the same number.
    """
    if groups == 2:
        return np.sqrt(2) * t.ppf((1 + confidence) / 2, df)
    start = studentized_range.ppf(confidence, groups, np.inf) * (1 + 1.5 / df)
    solution = root_scalar(
        lambda q: np.log(studentized_range.sf(q, groups, df) / (1 - confidence)),
        x0=start,
        x1=start * (1 + 0.5 / df),
        xtol=1e-12,
        rtol=1e-13,
    )
    return solution.root if solution.converged else studentized_range.ppf(confidence, groups, df)


def _adjusted_for_pairs(ratio: float, groups: int, df: float) -> float:
    """Return the p-value, adjusted for all pairs, of a difference that is `ratio` standard errors wide."""
    pairs = groups * (groups - 1) / 2
    if pairs * 2 * t.sf(ratio, df) < SMALLEST_P:  # Bonferroni's bound; saves what would not be reported
        return SMALLEST_P
    return max(studentized_range.sf(ratio * np.sqrt(2), groups, df), SMALLEST_P)
