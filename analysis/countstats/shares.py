"""Shares of a table of counts, with intervals."""

import numpy as np
import pandas as pd
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from countstats.columns import MISSING


def wilson(share, n, confidence=0.95):
    """Wilson's limits (low, high) of shares of `n` cases, arrays of one length.

    They stay within 0 and 1 and hold also for small groups and rare events. `n` need not be whole. Wilson
    1927, doi 10.1080/01621459.1927.10502953.

    Why not a library: it is statsmodels' interval; this undoes what rounding does to its end at a share of 0 or 1.
    """
    low, high = proportion_confint(np.multiply(share, n), n, alpha=1 - confidence, method="wilson")
    return tuple(np.where(np.isclose(end, share, rtol=0, atol=1e-12), share, end) for end in (low, high))


def share_of(events, n, confidence=0.95):
    """Shares with Wilson's interval: columns `n`, `estimate`, `low` and `high`, one row per entry of `events`.

    events, n: Series of counts with one index. NaN where n is zero.
    """
    known = n.where(n > 0).astype(float)
    share = events / known
    low, high = wilson(share, known, confidence)
    return pd.DataFrame({"n": n.astype(int), "estimate": share, "low": low, "high": high})


def standardized_shares(cells, by, over, hit, confidence=0.95):
    """Directly standardized shares of the groups of a variable, with intervals.

    cells: a tally by `by`, the variables `over` and perhaps others; hit: which of its rows have the event (boolean, one
    entry per row). Rows in which `by` or one of `over` is not recorded are left out. Returns a DataFrame with one row
    per group: `n`, `events`, `crude` (share), `share` (standardized), `low`, `high`, `effective`, the number of
    cases that would give a plain share the same standard error, and `covered`, the part of all cases that lies in the
    strata on which the standardized shares rest (the same for all groups).

    The standard is the mix of all groups together over the strata that occur in every group (elsewhere a group has
    no share of its own). Its weights w are taken as fixed, so that the variance is the sum of w^2 p (1 - p) / n over
    the strata (Breslow and Day 1987, Statistical Methods in Cancer Research II, section 2.3). The limits are
    Wilson's with the effective number in place of n, as is recommended for weighted shares (Franco et al. 2019, doi
    10.1093/jssam/smy019); with a single stratum they are those of the plain share. NaN where no stratum is common.

    Why not a library: none that is kept for Python standardizes; the interval is statsmodels'.
    """
    cells = cells.assign(events=cells["n"].where(hit, 0))
    for name in (by, *over):
        cells = cells[cells[name].notna() & (cells[name] != MISSING)].astype({name: str})
    groups = list(dict.fromkeys(cells[by]))
    events, n = (cells.pivot_table(values, over, by, "sum", fill_value=0) for values in ("events", "n"))
    events, n = events[groups].to_numpy(float), n[groups].to_numpy(float)
    common = (n > 0).all(axis=1)
    found = pd.DataFrame({"n": n.sum(axis=0).astype(int), "events": events.sum(axis=0).astype(int)}, groups)
    found["crude"] = found["events"] / found["n"]
    found["covered"] = float(n[common].sum() / n.sum()) if n.sum() else 0.0
    if not groups or not common.any():
        return found.assign(effective=np.nan, share=np.nan, low=np.nan, high=np.nan)
    p, n = events[common] / n[common], n[common]
    weight = n.sum(axis=1, keepdims=True) / n.sum()
    share, variance = (weight * p).sum(axis=0), (weight**2 * p * (1 - p) / n).sum(axis=0)
    # Where all or nobody has the event, the variance is zero and says nothing: then it is the weights that count.
    plain = share * (1 - share)
    effective = np.where(variance > 0, plain / np.where(variance > 0, variance, 1), 1 / (weight**2 / n).sum(axis=0))
    low, high = wilson(share, effective, confidence)
    return found.assign(effective=effective, share=share, low=low, high=high)


def same_share(found):
    """Chi-square test that the standardized shares of all groups are equal: (chi2, df, p).

    found: what `standardized_shares` returned. Each group counts with its effective number; with a single stratum
    this is Pearson's chi-square. (NaN, 0, NaN) where there is nothing to compare: one group, no common stratum, or
    all or nobody with the event.
    """
    weight, share = found["effective"].to_numpy(float), found["share"].to_numpy(float)
    together = weight @ share / weight.sum() if len(found) > 1 else np.nan
    if not 0 < together < 1:
        return np.nan, 0, np.nan
    statistic = float(weight @ (share - together) ** 2 / (together * (1 - together)))
    return statistic, len(found) - 1, float(chi2.sf(statistic, len(found) - 1))
