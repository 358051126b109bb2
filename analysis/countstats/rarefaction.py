"""How many cells a table of counts would have with fewer pupils."""

import numpy as np


def cells_met(n, sizes):
    """Expected number of distinct cells among so many pupils, drawn at random without putting any back.

    n: pupils of each cell; sizes: how many are drawn, whole numbers from 0 to their sum. Returns an array of the shape
    of `sizes`. Hurlbert 1971, doi 10.2307/1934145. ValueError for a size beyond the sum.

    Why not a library: it is one formula; ecologists' packages would bring many others.
    """
    n, sizes = np.asarray(n, int), np.atleast_1d(np.asarray(sizes, float))
    total = n.sum()
    if (sizes < 0).any() or (sizes > total).any():
        raise ValueError(f"from 0 to {total:.0f} pupils can be drawn")
    values, times = np.unique(n[n > 0], return_counts=True)
    left = total - np.arange(values.max(initial=0))  # among whom the first, second ... pupil of a cell may be drawn
    met = []
    for size in sizes:
        with np.errstate(divide="ignore"):  # more are drawn than there are others: the cell can't be missed
            missed = np.cumsum(np.log1p(-np.minimum(size / left, 1)))
        met.append(-(times * np.expm1(missed[values - 1])).sum())
    return np.array(met)
