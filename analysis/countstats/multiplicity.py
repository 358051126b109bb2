"""Correction for many tests, where some of them could not be made."""

import numpy as np
from statsmodels.stats.multitest import multipletests


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
