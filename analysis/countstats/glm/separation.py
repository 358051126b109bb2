"""Separation: coefficients without a finite estimate, where a combination of terms decides some units' outcome.

The likelihood of a logistic model has a maximum unless some combination x b is never negative for a unit with the
event, never positive for one without, and not zero for all (Albert and Anderson 1984, Biometrika 71: 1-10, doi
10.1093/biomet/71.1.1). Whether there is one is a linear programme (Konis 2007, Linear programming algorithms for
detecting separated data in binary logistic regression models, Oxford).

Its solution need not decide the outcome of all units that another combination decides, and of several it is an
arbitrary one. So the terms are named by the shortest combination that decides whatever any decides. There is only one,
and it is the direction in which estimates with a ridge penalty go as the penalty vanishes. Non-negative least squares
find it (Lawson and Hanson 1974, Solving Least Squares Problems, chapter 23).

A maximum at finite coefficients excludes separation, so that it is looked for only where none is found. The programme
starts without rows and is given, round after round, some of those that its solution has on the wrong side, until there
are none: a million cells take little more memory than their codes.

Why not a library: statsmodels reports only a perfect prediction of all units. firthmodels solves the linear programme,
but its direction is an arbitrary one of those that separate. Both solvers here are scipy's.
"""

import numpy as np
import pandas as pd
from scipy.linalg import null_space
from scipy.optimize import linprog, nnls

from countstats.columns import COUNTS
from countstats.glm import logit
from countstats.glm.design import Coded, as_design

ZERO_TOL = 1e-7  # of a combination's largest part: what is less is rounding
SIDE_TOL = 1e-6  # a row lies on one side of a combination only where it is further from zero
MAX_ROWS = 2000  # that a programme is given at once
MAX_WRITTEN = 20_000  # rows that are written out at once


def infinite_terms(matrix: pd.DataFrame | Coded, cells: pd.DataFrame) -> pd.Series:
    """Return the terms whose maximum-likelihood estimate is infinite.

    Parameters
    ----------
    matrix : a design matrix, (cells, terms), written out or coded
    cells : its counts: events and others

    Returns
    -------
    Series : -1 or 1, the sign of the estimate, by term; empty where every estimate is finite
    """
    try:
        logit.fit(matrix, cells)
        return pd.Series(dtype=int, index=matrix.columns[:0])
    except ValueError:  # NoEstimate, or all or no units have the event
        pass
    rows = _Rows(matrix, cells)
    decided = _decided(rows)
    if not decided.any():  # nothing but directions in which no unit differs
        return pd.Series(dtype=int, index=matrix.columns[:0])
    b = _shortest(np.unique(rows.written(decided), axis=0), rows.triangle(~decided))
    b = pd.Series(np.sign(np.where(np.abs(b) > ZERO_TOL * np.abs(b).max(), b, 0)), matrix.columns)
    return b[b != 0].astype(int)


class _Rows:
    """The rows of a design of the cells with events, and the negative ones of those with others."""

    def __init__(self, matrix, cells):
        self.x = as_design(matrix)
        events, others = (np.flatnonzero(cells[name].to_numpy() > 0) for name in COUNTS)
        self.cell, self.sign = np.append(events, others), np.repeat([1.0, -1.0], [len(events), len(others)])

    def times(self, b):
        """Return rows @ b."""
        return self.sign * self.x.times(b)[self.cell]

    def sum(self, which):
        """Return the sum of some rows; which are booleans."""
        return self.x.transposed_times(np.bincount(self.cell[which], self.sign[which], self.x.shape[0]))

    def written(self, which):
        """Return some rows as numbers."""
        return self.x.rows(self.cell[which]) * self.sign[which, None]

    def triangle(self, which):
        """Return a triangle with the null space of some rows: the R of their QR decomposition."""
        out, places = np.zeros((0, self.x.shape[1])), np.flatnonzero(which)
        for start in range(0, len(places), MAX_WRITTEN):
            part = self.written(places[start : start + MAX_WRITTEN])
            out = np.linalg.qr(np.vstack([out, part]), mode="r")
        return out


def _decided(rows):
    """Return which rows some combination b decides: rows @ b is positive there and nowhere negative."""
    decided, limits = np.zeros(len(rows.cell), dtype=bool), np.zeros((0, rows.x.shape[1]))
    while not decided.all():
        goal = -rows.sum(~decided)
        goal = goal / max(np.abs(goal).max(), 1.0)
        while True:
            b = _solved(goal, limits)
            sides = rows.times(b)
            wrong = np.flatnonzero(sides < -SIDE_TOL)
            if not len(wrong):
                break
            worst = wrong[np.argsort(sides[wrong], kind="stable")[:MAX_ROWS]]
            limits = np.unique(np.vstack([limits, rows.written(worst)]), axis=0)
        more = ~decided & (sides > SIDE_TOL)
        if not more.any():
            break
        decided |= more
    return decided


def _solved(goal, limits):
    """Return the b between -1 and 1 with the least goal @ b that has no row of `limits` on the wrong side."""
    solved = linprog(goal, A_ub=-limits, b_ub=np.zeros(len(limits)), bounds=(-1, 1), method="highs")
    if solved.status != 0:
        raise RuntimeError(f"the linear programme of separation did not come to an end: {solved.message}")
    return solved.x


def _shortest(decided, triangle):
    """Return the shortest b with decided @ b >= 1 and, for the other rows of which `triangle` is, rows @ b = 0."""
    free = null_space(triangle) if len(triangle) else np.eye(decided.shape[1])
    sides = np.vstack([(decided @ free).T, np.ones(len(decided))])
    goal = np.append(np.zeros(free.shape[1]), 1.0)
    left = sides @ nnls(sides, goal)[0] - goal
    return free @ (left[:-1] / -left[-1])
