"""How many cells a table of counts would have with fewer pupils."""

import numpy as np
from scipy.special import gammaln


def cells_met(n, sizes):
    """Expected number of distinct cells among so many pupils, drawn at random without putting any back.

    n: pupils of each cell; sizes: how many are drawn, whole numbers from 0 to their sum. Returns an array of the shape
    of `sizes`. Hurlbert 1971, doi 10.2307/1934145. ValueError for a size beyond the sum.

    Why not a library: it is one formula; ecologists' packages would bring many others.
    """
    n, sizes = np.asarray(n, float), np.atleast_1d(np.asarray(sizes, float))
    total = n.sum()
    if (sizes < 0).any() or (sizes > total).any():
        raise ValueError(f"from 0 to {total:.0f} pupils can be drawn")
    rest = total - n  # a cell is missed if all that are drawn come from the rest
    values, times = np.unique(rest, return_counts=True)
    met = []
    for size in sizes:
        possible = values >= size
        logs = gammaln(values[possible] + 1) - gammaln(values[possible] - size + 1)
        logs += gammaln(total - size + 1) - gammaln(total + 1)
        met.append(len(n) - (times[possible] * np.exp(logs)).sum())
    return np.array(met)
