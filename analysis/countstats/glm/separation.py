"""Which coefficients have no finite estimate, since a combination of terms tells some pupils' outcome for certain.

The likelihood of a logistic model has a maximum unless some combination x b is never negative for a pupil with the
event, never positive for one without, and not nought for all (Albert and Anderson 1984, Biometrika 71: 1-10, doi
10.1093/biomet/71.1.1). Whether there is one is a linear programme (Konis 2007, Linear programming algorithms for
detecting separated data in binary logistic regression models, Oxford).

Its solution need not tell everybody's outcome whom another combination tells, and of several it is an arbitrary one.
So the terms are named by the shortest combination that tells all whom any tells. There is only one, and it is the
direction in which estimates with a ridge penalty go as the penalty vanishes. Non-negative least squares find it (Lawson
and Hanson 1974, Solving Least Squares Problems, chapter 23).

Why not a library: statsmodels reports only a perfect prediction of all units. firthmodels solves the linear programme,
but its direction is an arbitrary one of those that separate. Both solvers here are scipy's.
"""

import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.optimize import linprog, nnls

NOUGHT = 1e-7  # of a combination's largest part: what is less is rounding


def infinite_terms(matrix, cells):
    """The terms whose maximum-likelihood estimate is infinite: a Series of -1 or 1 (its sign), by term.

    matrix   a design matrix, (cells, terms);  cells   its counts: events and others
    Empty where every estimate is finite.
    """
    x = matrix.to_numpy(float)
    events, others = (cells[name].to_numpy() > 0 for name in ("events", "others"))
    rows = np.unique(np.vstack([x[events], -x[others]]), axis=0)  # how cells are cut or ordered can't matter
    told = _told(rows)
    if not told.any():  # nothing but directions in which no pupil differs
        return pd.Series(dtype=int, index=matrix.columns[:0])
    b = _shortest(rows[told], rows[~told])
    b = pd.Series(np.sign(np.where(np.abs(b) > NOUGHT * np.abs(b).max(), b, 0)), matrix.columns)
    return b[b != 0].astype(int)


def _told(rows):
    """Which rows some combination b tells: rows @ b is positive there and nowhere negative."""
    told = np.zeros(len(rows), dtype=bool)
    while not told.all():
        goal = -rows[~told].sum(axis=0)
        solved = linprog(goal, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
        if solved.status != 0:
            raise RuntimeError(f"the linear programme of separation did not come to an end: {solved.message}")
        more = ~told & (rows @ solved.x > 1e-6)
        if not more.any():
            break
        told |= more
    return told


def _shortest(told, untold):
    """The shortest combination b with told @ b >= 1 and untold @ b = 0."""
    free = null_space(np.linalg.qr(untold, mode="r")) if len(untold) else np.eye(told.shape[1])
    sides = np.vstack([(told @ free).T, np.ones(len(told))])
    goal = np.append(np.zeros(free.shape[1]), 1.0)
    left = sides @ nnls(sides, goal)[0] - goal
    return free @ (left[:-1] / -left[-1])
