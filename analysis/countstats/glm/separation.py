"""Separation: coefficients without a finite estimate, where a combination of terms decides some units' outcome.

The likelihood of a logistic model has a maximum unless some combination x b is never negative for a unit with the
event, never positive for one without, and not zero for all (Albert and Anderson 1984, Biometrika 71: 1-10, doi
10.1093/biomet/71.1.1). Whether there is one is a linear programme (Konis 2007, Linear programming algorithms for
detecting separated data in binary logistic regression models, Oxford).

Its solution need not decide the outcome of all units that another combination decides, and of several it is an
arbitrary one. So the terms are named by the shortest combination that decides whatever any decides. There is only one,
and it is the direction in which estimates with a ridge penalty go as the penalty vanishes. Non-negative least squares
find it (Lawson and Hanson 1974, Solving Least Squares Problems, chapter 23).

Why not a library: statsmodels reports only a perfect prediction of all units. firthmodels solves the linear programme,
but its direction is an arbitrary one of those that separate. Both solvers here are scipy's.
"""

import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.optimize import linprog, nnls

from countstats.columns import COUNTS

ZERO_TOL = 1e-7  # of a combination's largest part: what is less is rounding
SIDE_TOL = 1e-6  # a row lies on one side of a combination only where it is further from zero


def infinite_terms(matrix: pd.DataFrame, cells: pd.DataFrame) -> pd.Series:
    """Return the terms whose maximum-likelihood estimate is infinite.

    Parameters
    ----------
    matrix : a design matrix, (cells, terms)
    cells : its counts: events and others

    Returns
    -------
    Series : -1 or 1, the sign of the estimate, by term; empty where every estimate is finite
    """
    x = matrix.to_numpy(float)
    events, others = (cells[name].to_numpy() > 0 for name in COUNTS)
    rows = np.unique(np.vstack([x[events], -x[others]]), axis=0)  # how cells are cut or ordered cannot matter
    decided = _decided(rows)
    if not decided.any():  # nothing but directions in which no unit differs
        return pd.Series(dtype=int, index=matrix.columns[:0])
    b = _shortest(rows[decided], rows[~decided])
    b = pd.Series(np.sign(np.where(np.abs(b) > ZERO_TOL * np.abs(b).max(), b, 0)), matrix.columns)
    return b[b != 0].astype(int)


def _decided(rows):
    """Return which rows some combination b decides: rows @ b is positive there and nowhere negative."""
    decided = np.zeros(len(rows), dtype=bool)
    while not decided.all():
        goal = -rows[~decided].sum(axis=0)
        solved = linprog(goal, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
        if solved.status != 0:
            raise RuntimeError(f"the linear programme of separation did not come to an end: {solved.message}")
        more = ~decided & (rows @ solved.x > SIDE_TOL)
        if not more.any():
            break
        decided |= more
    return decided


def _shortest(decided, open_rows):
    """Return the shortest combination b with decided @ b >= 1 and open_rows @ b = 0."""
    free = null_space(np.linalg.qr(open_rows, mode="r")) if len(open_rows) else np.eye(decided.shape[1])
    sides = np.vstack([(decided @ free).T, np.ones(len(decided))])
    goal = np.append(np.zeros(free.shape[1]), 1.0)
    left = sides @ nnls(sides, goal)[0] - goal
    return free @ (left[:-1] / -left[-1])
