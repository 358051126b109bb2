"""Shares of a table of counts, with intervals."""

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint


def wilson(share, n, level=0.95):
    """Wilson's limits (low, high) of shares of `n` cases, arrays of one length.

    They stay within 0 and 1 and hold their level also for small groups and rare events. `n` need not be whole. Wilson
    1927, doi 10.1080/01621459.1927.10502953.

    Why not a library: it is statsmodels' interval; this undoes what rounding does to its end at a share of 0 or 1.
    """
    low, high = proportion_confint(np.multiply(share, n), n, alpha=1 - level, method="wilson")
    return tuple(np.where(np.isclose(end, share, rtol=0, atol=1e-12), share, end) for end in (low, high))


def share_of(events, n, level=0.95):
    """Shares with Wilson's interval: columns `n`, `estimate`, `low` and `high`, one row per entry of `events`.

    events, n: Series of counts with one index. NaN where n is zero.
    """
    known = n.where(n > 0).astype(float)
    share = events / known
    low, high = wilson(share, known, level)
    return pd.DataFrame({"n": n.astype(int), "estimate": share, "low": low, "high": high})
