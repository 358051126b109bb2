"""Shares of a table of counts, with intervals."""

import pandas as pd
from statsmodels.stats.proportion import proportion_confint


def share_of(events, n, level=0.95):
    """Shares with Wilson's interval: columns `n`, `estimate`, `low` and `high`, one row per entry of `events`.

    events, n: Series of counts with one index. The interval (Wilson 1927, doi 10.1080/01621459.1927.10502953) stays
    within 0 and 1 and holds its level also for small groups and rare events. NaN where n is zero.

    Why not a library: it is statsmodels' interval; this keeps it beside the share, and mends what rounding does to the
    end at a share of exactly 0 or 1.
    """
    share = (events / n.where(n > 0)).astype(float)
    low, high = proportion_confint(events.where(n > 0), n.where(n > 0), alpha=1 - level, method="wilson")
    low, high = low.mask(share == 0, 0.0), high.mask(share == 1, 1.0)
    return pd.DataFrame({"n": n.astype(int), "estimate": share, "low": low, "high": high})
