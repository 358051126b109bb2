"""Tests of tables of counts that the libraries lack (chi-square and residuals come from scipy and statsmodels)."""

import numpy as np
from scipy.stats import chi2


def cochran_armitage(events, totals, scores=None):
    """Cochran-Armitage test for a trend in shares over ordered groups, as R's `prop.trend.test`.

    events, totals: counts per group, in order; scores: the groups' positions (default 0, 1, 2, ...). Returns a
    dict: `chi2` (one degree of freedom), `p`, and `slope` (change of the share per unit of score, weighted
    least squares). Armitage 1955, doi 10.2307/3001775.

    Why not a library: statsmodels' `Table.test_ordinal_association` permutes the table and so divides by
    N - 1 where this test divides by N; scipy has no test for trend.
    """
    events, totals = np.asarray(events, float), np.asarray(totals, float)
    scores = np.arange(len(totals), dtype=float) if scores is None else np.asarray(scores, float)
    share = events.sum() / totals.sum()
    centred = scores - scores @ totals / totals.sum()
    spread = totals @ centred**2
    if spread == 0 or share in (0, 1):
        raise ValueError("no trend can be tested: all calls are in one group, or all or none are events")
    slope = float(centred @ events / spread)
    statistic = slope**2 * spread / (share * (1 - share))
    return {"chi2": float(statistic), "p": float(chi2.sf(statistic, 1)), "slope": slope}
