"""The tests of notebooks 3 and 4 as rows of one table, where many of them stand below one another.

Each function returns a dict: `test`, `n`, `statistic`, `df1`, `df2` (or NaN), `p`, `effect_size` (its name), `effect`,
`low`, `high` (its limits, or NaN). Where there is nothing to compare, all numbers but n are NaN, and `reason` says why;
else it is empty. They call the libraries as those notebooks do, and add nothing but the form.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, t
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_generic

from countstats.effect_size import cramers_v, omega_squared, omega_squared_interval
from countstats.shares import same_share
from countstats.tables import cochran_armitage

_NUMBERS = ("statistic", "df1", "df2", "p", "effect", "low", "high")


def _row(test, effect_size, n, reason="", **numbers):
    empty = dict.fromkeys(_NUMBERS, np.nan)
    return {"test": test, "effect_size": effect_size, "n": int(n)} | empty | numbers | {"reason": reason}


def chi_square(table, confidence=0.95, rows="group", columns="outcome"):
    """Pearson's chi-square of a table of counts, and Cramer's V corrected for bias; `rows`, `columns`: their names.

    A row that nobody is in is passed over.
    """
    reason, n = why_not_table(table, rows, columns), table.to_numpy().sum()
    if reason:
        return _row("chi-square", "cramers_v", n, reason)
    table = table[table.sum(axis=1) > 0]
    test, size = chi2_contingency(table, correction=False), cramers_v(table, confidence)
    effect = {"effect": size["v_corrected"], "low": size["v_low"], "high": size["v_high"]}
    return _row("chi-square", "cramers_v", n, statistic=test.statistic, df1=test.dof, p=test.pvalue, **effect)


def trend(events, totals, scores, confidence=0.95):
    """Cochran-Armitage trend of the share of `events` over groups at `scores`; the effect is the change per unit."""
    reason = why_not_table(pd.DataFrame({"events": events, "others": totals - events}), "group", "outcome")
    if reason:
        return _row("Cochran-Armitage", "slope", totals.sum(), reason)
    found = cochran_armitage(events, totals, scores, confidence)
    effect = {"effect": found["slope"], "low": found["low"], "high": found["high"]}
    return _row("Cochran-Armitage", "slope", totals.sum(), statistic=found["chi2"], df1=1, p=found["p"], **effect)


def weighted_kappa(table, confidence=0.95):
    """Cohen's kappa with linear weights of a square table of counts, with limits from its standard error."""
    reason, n = why_not_table(table.loc[:, table.sum() > 0], "level", "response"), table.to_numpy().sum()
    if reason:
        return _row("weighted kappa", "kappa", n, reason)
    found = cohens_kappa(table, wt="linear")
    low, high = found.distribution_kappa.interval(confidence)
    return _row("weighted kappa", "kappa", n, effect=found.kappa, low=low, high=high)


def welch(moments, confidence=0.95, labels=None):
    """Welch's test of the groups' means, and omega squared; moments: one row per group, as of `group_moments`."""
    reason, n = why_not_means(moments, labels), moments["n"].sum()
    if reason:
        return _row("Welch", "omega2", n, reason)
    columns = [moments[name].to_numpy(float) for name in ("deviation", "variance", "n")]
    test, fisher = (anova_generic(*columns, use_var=kind) for kind in ("unequal", "equal"))
    low, high = omega_squared_interval(fisher.statistic, *fisher.df, confidence)
    effect = {"effect": omega_squared(fisher.statistic, *fisher.df), "low": low, "high": high}
    df = {"df1": test.df[0], "df2": test.df[1]}
    return _row("Welch", "omega2", n, statistic=test.statistic, p=test.pvalue, **df, **effect)


def equal_shares(found):
    """Chi-square of the equality of standardized shares, and the gap between the largest and the smallest."""
    statistic, df, p = same_share(found)
    if np.isnan(statistic):
        reason = "nothing recorded" if found.empty else "one group only, no stratum in common, or no share but 0 or 1"
        return _row("equal shares", "gap", found["n"].sum(), reason)
    return _row(
        "equal shares", "gap", found["n"].sum(), statistic=statistic, df1=df, p=p, effect=np.ptp(found["share"])
    )


def means(moments, confidence=0.95):
    """Means with their t intervals: columns n, estimate, low and high; NaN limits for fewer than two values."""
    n = moments["n"].fillna(0).astype(int)
    half = t.ppf((1 + confidence) / 2, n.where(n > 1) - 1) * moments["sd"] / np.sqrt(n.where(n > 1))
    mean = moments["mean"].astype(float)
    return pd.DataFrame({"n": n, "estimate": mean, "low": mean - half, "high": mean + half})


def why_not_means(moments, labels=None):
    """Return why the groups' means can't be compared, or "" if they can.

    moments: one row per group with `n` and `variance` (NaN where a group has no value), as of
    `moments.group_moments` reindexed to all groups; labels: {group: its name in print}.

    >>> import pandas as pd
    >>> why_not_means(pd.DataFrame({"n": [5, 0], "variance": [1.2, float("nan")]}, index=["well", "high risk"]))
    'no value for high risk'
    """
    name = {group: (labels or {}).get(group, group) for group in moments.index}
    n = moments["n"].fillna(0)
    if n.sum() == 0:
        return "nothing recorded"
    if len(moments) < 2:
        return "one group only"
    for least, words in ((1, "no value for"), (2, "a single value for")):
        few = [str(name[group]) for group in moments.index[n < least]]
        if few:
            return f"{words} {', '.join(few)}"
    constant = [str(name[group]) for group in moments.index[~(moments["variance"] > 0)]]
    if len(constant) == len(moments):
        return "the values do not vary"
    return f"the values do not vary within {', '.join(constant)}" if constant else ""


def why_not_table(table, rows="category", columns="group", labels=None):
    """Return why a table of counts can't be tested for independence, or "" if it can.

    table: DataFrame of counts; rows, columns: what to call a row and a column in print; labels: {column: its name}.

    >>> import pandas as pd
    >>> why_not_table(pd.DataFrame([[3, 4]]))
    'one category only'
    """
    if table.size == 0 or table.to_numpy().sum() == 0:
        return "nothing recorded"
    if (table.sum(axis=1) > 0).sum() < 2:
        return f"one {rows} only"
    empty = [str((labels or {}).get(each, each)) for each in table.columns[table.sum() == 0]]
    if table.shape[1] - len(empty) < 2:
        return f"one {columns} only"
    return f"nothing recorded for {', '.join(empty)}" if empty else ""


def adjusted(p, method="holm"):
    """Adjust the p-values of one family, of any shape; a NaN is no test, stays NaN and counts for nothing.

    method: as for statsmodels' `multipletests`, such as "holm" (1979) or "fdr_bh" (Benjamini and Hochberg 1995, doi
    10.1111/j.2517-6161.1995.tb02031.x). Returns an array of the shape of `p`.

    Why not a library: `multipletests` does the work, but one NaN among its arguments makes others wrong.
    """
    p = np.asarray(p, float)
    found, known = np.full(p.shape, np.nan), ~np.isnan(p)
    if known.any():
        found[known] = multipletests(p[known], method=method)[1]
    return found
