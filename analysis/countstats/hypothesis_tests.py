"""Tests as rows of one table, where many of them stand below one another, and what cannot be tested, in words.

The functions call the libraries as one would by hand, and add the form: a `Test` with its numbers, or with the reason
why there are none. The libraries give NaN, a warning, an error, or a number there, each in its own way; a reader needs
a sentence.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2_contingency
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_generic

from countstats.columns import N
from countstats.counts import whole
from countstats.effect_intervals import cramers_v_limits, omega_squared_limits
from countstats.effect_size import cramers_v, omega_squared
from countstats.estimates import wald
from countstats.means import group_moments
from countstats.shares import same_share
from countstats.tables import cochran_armitage


class Test(NamedTuple):
    """A test and its effect size, or the reason why there is none. A list of them makes a DataFrame.

    test, effect_size : names
    n : units in the test
    statistic, df1, df2, p : NaN where the test has none
    effect, low, high : the effect and its limits
    reason : why nothing can be tested, else empty; all numbers but n are NaN then
    """

    test: str
    effect_size: str
    n: int
    statistic: float = np.nan
    df1: float = np.nan
    df2: float = np.nan
    p: float = np.nan
    effect: float = np.nan
    low: float = np.nan
    high: float = np.nan
    reason: str = ""


def chi_square(table: pd.DataFrame, confidence: float = 0.95, rows: str = "group", columns: str = "outcome") -> Test:
    """Test a table of counts for independence (Pearson), with Cramer's V corrected for bias.

    Parameters
    ----------
    table
        Counts; an empty row is left out.
    rows, columns
        What a row and a column are called, for the reason.
    """
    reason, n = why_not_table(table, rows, columns), int(table.to_numpy().sum())
    if reason:
        return Test("chi-square", "cramers_v", n, reason=reason)
    table = table[table.sum(axis=1) > 0]
    pearson, limits = chi2_contingency(table, correction=False), cramers_v_limits(table, confidence)
    return Test(
        "chi-square",
        "cramers_v",
        n,
        statistic=pearson.statistic,
        df1=pearson.dof,
        p=pearson.pvalue,
        effect=cramers_v(table).v_corrected,
        low=limits.low,
        high=limits.high,
    )


def trend(events: pd.Series, totals: pd.Series, scores: ArrayLike, confidence: float = 0.95) -> Test:
    """Test for a trend of the share of events over groups (Cochran-Armitage); the effect is the change per score.

    Parameters
    ----------
    events, totals, scores
        One entry per group: counts, and its position.
    """
    n = int(totals.sum())
    reason = why_not_table(pd.DataFrame({"events": events, "others": totals - events}), "group", "outcome")
    if reason:
        return Test("Cochran-Armitage", "slope", n, reason=reason)
    line = cochran_armitage(events, totals, scores, confidence)
    return Test(
        "Cochran-Armitage",
        "slope",
        n,
        statistic=line.chi2,
        df1=1,
        p=line.p,
        effect=line.slope,
        low=line.low,
        high=line.high,
    )


def weighted_kappa(table: pd.DataFrame, confidence: float = 0.95, rows: str = "row", columns: str = "column") -> Test:
    """Return Cohen's kappa with linear weights of a square table of counts, with limits from its standard error.

    Parameters
    ----------
    table
        Counts of two ratings on one scale.
    rows, columns
        What a row and a column are called, for the reason.
    """
    whole(table)
    reason, n = why_not_table(table.loc[:, table.sum() > 0], rows, columns), int(table.to_numpy().sum())
    if reason:
        return Test("weighted kappa", "kappa", n, reason=reason)
    kappa = cohens_kappa(table, wt="linear")
    _, low, high = wald(kappa.kappa, kappa.std_kappa, confidence).with_limits
    return Test("weighted kappa", "kappa", n, effect=kappa.kappa, low=low, high=high)


def welch(cells: pd.DataFrame, x: str, by: str, labels: Mapping, confidence: float = 0.95) -> Test:
    """Test the equality of the groups' means (Welch), with omega squared.

    Parameters
    ----------
    cells
        Table of cells with `n`, by `x` and `by`.
    labels
        {group: its name in print}, for the groups that are to be compared.
    """
    cells = cells[cells[x].notna() & cells[by].isin(labels)]
    moments = group_moments(cells, x, by).reindex(list(labels))
    reason, n = why_not_means(moments, labels), int(moments["n"].sum())
    if reason:
        return Test("Welch", "omega2", n, reason=reason)
    summaries = [moments[name].to_numpy(float) for name in ("deviation", "variance", "n")]
    unequal, fisher = (anova_generic(*summaries, use_var=kind) for kind in ("unequal", "equal"))
    counts = cells.pivot_table(N, by, x, "sum", fill_value=0, observed=True)
    limits = omega_squared_limits(counts.columns, counts, confidence)
    return Test(
        "Welch",
        "omega2",
        n,
        statistic=unequal.statistic,
        df1=unequal.df[0],
        df2=unequal.df[1],
        p=unequal.pvalue,
        effect=omega_squared(fisher.statistic, *fisher.df),
        low=limits.low,
        high=limits.high,
    )


def equal_shares(standardized: pd.DataFrame) -> Test:
    """Test the equality of standardized shares; the effect is the gap between the largest and the smallest.

    Parameters
    ----------
    standardized
        As `shares.standardized_shares` gives it.
    """
    n, same = int(standardized["n"].sum()), same_share(standardized)
    if np.isnan(same.chi_square):
        none = "one group only, no stratum in common, or no share but 0 or 1"
        return Test("equal shares", "gap", n, reason="nothing recorded" if standardized.empty else none)
    gap = np.ptp(standardized["share"])
    return Test("equal shares", "gap", n, statistic=same.chi_square, df1=same.df, p=same.p, effect=gap)


def why_not_means(moments: pd.DataFrame, labels: Mapping | None = None) -> str:
    """Return why the groups' means cannot be compared, or "" if they can.

    Parameters
    ----------
    moments
        One row per group with n and variance (NaN where a group has no value), as of `means.group_moments` reindexed
        to all groups.
    labels
        {group: its name in print}

    Examples
    --------
    >>> why_not_means(pd.DataFrame({"n": [5, 0], "variance": [1.2, float("nan")]}, index=["well", "high risk"]))
    'no value for high risk'
    """
    name = {group: (labels or {}).get(group, group) for group in moments.index}
    n = moments["n"].fillna(0)
    if n.sum() == 0:
        return "nothing recorded"
    if len(moments) < 2:
        return "one group only"
    for needed, words in ((1, "no value for"), (2, "a single value for")):
        few = [str(name[group]) for group in moments.index[n < needed]]
        if few:
            return f"{words} {', '.join(few)}"
    constant = [str(name[group]) for group in moments.index[~(moments["variance"] > 0)]]
    if len(constant) == len(moments):
        return "the values do not vary"
    return f"the values do not vary within {', '.join(constant)}" if constant else ""


def why_not_table(
    table: pd.DataFrame, rows: str = "category", columns: str = "group", labels: Mapping | None = None
) -> str:
    """Return why a table of counts cannot be tested for independence, or "" if it can.

    Parameters
    ----------
    table
        Counts.
    rows, columns
        What to call a row and a column in print.
    labels
        {column: its name in print}

    Examples
    --------
    >>> why_not_table(pd.DataFrame([[3, 4]]))
    'one category only'

    Raises
    ------
    ValueError
        For counts that are none (`counts.whole`).
    """
    whole(table)
    if table.size == 0 or table.to_numpy().sum() == 0:
        return "nothing recorded"
    if (table.sum(axis=1) > 0).sum() < 2:
        return f"one {rows} only"
    empty = [str((labels or {}).get(column, column)) for column in table.columns[table.sum() == 0]]
    if table.shape[1] - len(empty) < 2:
        return f"one {columns} only"
    return f"nothing recorded for {', '.join(empty)}" if empty else ""


def adjusted(p: ArrayLike, method: str = "holm") -> np.ndarray:
    """Adjust the p-values of one family for many tests, where some of them could not be made.

    Why not a library: `multipletests` does the work, but one NaN among its arguments makes others wrong.

    Parameters
    ----------
    p
        P-values, of any shape. A NaN is no test, stays NaN and counts for nothing.
    method
        As for statsmodels' `multipletests`, such as "holm" (1979) or "fdr_bh" (Benjamini and Hochberg 1995, doi
        10.1111/j.2517-6161.1995.tb02031.x).

    Returns
    -------
    numpy.ndarray
        Of the shape of `p`.
    """
    p = np.asarray(p, float)
    out, made = np.full(p.shape, np.nan), ~np.isnan(p)
    if made.any():
        out[made] = multipletests(p[made], method=method)[1]
    return out
