"""Shares with their intervals: plain, and standardized to the same mix of strata.

One region may have fewer crisis interventions than another because fewer of its callers are at high risk. Direct
standardization takes the group's own share within each stratum (level and age band, say) and averages these with the
weights that the strata have in all groups together.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2
from statsmodels.stats.proportion import proportion_confint

from countstats.columns import EVENTS, MISSING, N
from countstats.estimates import ChiSquare


def wilson(share: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's limits (low, high) of shares.

    They stay within 0 and 1, and hold for small groups and rare events, too. Wilson 1927, doi
    10.1080/01621459.1927.10502953.

    Why not a library: it is statsmodels' interval; this undoes what rounding does to its end at a share of 0 or 1.

    Parameters
    ----------
    share, n
        Shares and the number of units behind each, of one shape. `n` need not be whole; where it is NaN so are the
        limits.
    """
    limits = proportion_confint(np.multiply(share, n), n, alpha=1 - confidence, method="wilson")
    low, high = (np.where(np.isclose(limit, share, rtol=0, atol=1e-12), share, limit) for limit in limits)
    return low, high


def share_of(events: pd.Series, n: pd.Series, confidence: float = 0.95) -> pd.DataFrame:
    """Return shares with Wilson's interval: columns n, estimate, low and high, one row per entry of `events`.

    Parameters
    ----------
    events, n
        Counts with one index. The share of an `n` of zero is NaN.
    """
    units = n.where(n > 0).astype(float)
    share = events / units
    low, high = wilson(share, units, confidence)
    return pd.DataFrame({"n": n.astype(int), "estimate": share, "low": low, "high": high})


def standardized_shares(
    cells: pd.DataFrame, by: str, over: Sequence[str], has_event: ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the directly standardized shares of the groups of a variable, with intervals.

    The standard is the mix of all groups together over the strata that occur in every group (in another a group has no
    share of its own). Its weights w are taken as fixed, so that the variance is the sum of w^2 p (1 - p) / n over
    the strata (Breslow and Day 1987, Statistical Methods in Cancer Research II, section 2.3). The limits are
    Wilson's with the effective number in place of n, as is recommended for weighted shares (Franco et al. 2019, doi
    10.1093/jssam/smy019); with a single stratum they are those of the plain share.

    Why not a library: none that is kept for Python standardizes; the interval is statsmodels'.

    Parameters
    ----------
    cells
        Table of cells with `n`, by the variable `by`, the variables `over` and perhaps others. Cells in which `by` or
        one of `over` is not recorded are left out.
    has_event
        Whether the units of a cell have the event, one boolean per row of `cells`.

    Returns
    -------
    pandas.DataFrame
        One row per group: n, events, crude (the plain share), covered (the part of all units that lies in the strata
        on which the standardized shares rest, the same for all groups), effective (the number of units that would give
        a plain share the same standard error), share (standardized), low and high. NaN where no stratum is common.
    """
    cells = cells.assign(events=cells[N].where(has_event, 0))
    for name in (by, *over):
        cells = cells[cells[name].notna() & (cells[name] != MISSING)].astype({name: str})
    groups = list(dict.fromkeys(cells[by]))
    events, n = (cells.pivot_table(column, over, by, "sum", fill_value=0) for column in (EVENTS, N))
    events, n = events[groups].to_numpy(float), n[groups].to_numpy(float)
    common = (n > 0).all(axis=1)
    shares = pd.DataFrame({"n": n.sum(axis=0).astype(int), "events": events.sum(axis=0).astype(int)}, groups)
    shares["crude"] = shares["events"] / shares["n"]
    shares["covered"] = float(n[common].sum() / n.sum()) if n.sum() else 0.0
    if not groups or not common.any():
        return shares.assign(effective=np.nan, share=np.nan, low=np.nan, high=np.nan)
    p, n = events[common] / n[common], n[common]
    weight = n.sum(axis=1, keepdims=True) / n.sum()
    share, variance = (weight * p).sum(axis=0), (weight**2 * p * (1 - p) / n).sum(axis=0)
    # Where all units or none have the event, the variance is zero and says nothing: then it is the weights that count.
    plain = share * (1 - share)
    effective = np.where(variance > 0, plain / np.where(variance > 0, variance, 1), 1 / (weight**2 / n).sum(axis=0))
    low, high = wilson(share, effective, confidence)
    return shares.assign(effective=effective, share=share, low=low, high=high)


def same_share(standardized: pd.DataFrame) -> ChiSquare:
    """Test that the standardized shares of all groups are equal.

    Each group counts with its effective number; with a single stratum this is Pearson's chi-square. NaN where there is
    nothing to compare: one group, no common stratum, or all units or none with the event.

    Parameters
    ----------
    standardized
        As `standardized_shares` gives it.
    """
    weight, share = standardized["effective"].to_numpy(float), standardized["share"].to_numpy(float)
    overall = weight @ share / weight.sum() if len(standardized) > 1 else np.nan
    if not 0 < overall < 1:
        return ChiSquare(np.nan, 0, np.nan)
    statistic, df = float(weight @ (share - overall) ** 2 / (overall * (1 - overall))), len(standardized) - 1
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))
