"""Group sizes, means, variances and quantiles from tallies, exact until the last rounding.

A tally holds for a variable x the columns `x_n` (values present), `x_sum` (their sum) and `x_ss` (the sum of
squares about the cell's own mean); a tally *by* x holds x itself and `n`. Both are taken here. All variables
are integers, so sums and sums of squares are kept as Python integers of any length and divided once at the end.
"""

from fractions import Fraction

import numpy as np
import pandas as pd
from statsmodels.stats.oneway import anova_generic


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
