"""A logistic model as a sheet of whole points that can be added up by hand.

Sullivan, Massaro and D'Agostino 2004, doi 10.1002/sim.1742. Why not a library: none makes such a sheet.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.glm import firth
from countstats.glm.design import INTERCEPT, TERM


def points(coefficients, reference, largest=10):
    """The points of each category: a frame with columns variable, code, b, points, in the order of the model.

    coefficients   a Series of log odds indexed by (variable, code), the intercept among them, as `cells.design` names
                   the terms; reference: {variable: code that counts 0 there}
    largest        points of the category that is furthest from the lowest of its own variable

    In each variable the category with the least risk gets no points, so that none are negative. Terms without a finite
    coefficient are left out. Returns (frame, base, unit): the log odds of no points, and of one before rounding.
    `line` says what a sum of rounded points means. ValueError where no category differs from another.
    """
    finite = coefficients[np.isfinite(coefficients)]
    rows, base = [], float(finite[INTERCEPT])
    for variable, code in reference.items():
        of_variable = finite[finite.index.get_level_values(0) == variable]
        b = pd.Series([0.0, *of_variable], index=[code, *of_variable.index.get_level_values(1)])
        base += b.min()
        rows += [(variable, each, value - b.min()) for each, value in b.items()]
    frame = pd.DataFrame(rows, columns=[*TERM, "b"])
    unit = frame["b"].max() / largest
    if not unit > 0:
        raise ValueError("no category differs from another: there is nothing to give points for")
    frame["points"] = np.rint(frame["b"] / unit).astype(int)
    return frame, base, unit


def total(cells, sheet):
    """The points of each row of a table of codes, added up: an array. NaN where a category has no points."""
    sums = np.zeros(len(cells))
    for variable, rows in sheet.groupby("variable", sort=False):
        sums += cells[variable].astype(object).map(rows.set_index("code")["points"]).to_numpy(float)
    return sums


def line(sums, events, others):
    """The log odds of no points and of one point, fitted to sums of rounded points: (base, unit).

    sums: as `total` gives them, NaN for those that do not count; events, others: counts along them. Points that are
    whole numbers scatter around what they stand for, so that one of them is worth less than the unit that they were
    rounded to: risks reckoned with that unit are too extreme.
    """
    sums, counts = np.asarray(sums, float), np.column_stack([events, others])
    kept = np.isfinite(sums)
    x = np.column_stack([np.ones(kept.sum()), sums[kept]])
    base, unit = firth.refit(x, *counts[kept].T)
    return float(base), float(unit)


def risk(sums, base, unit):
    """The risk at so many points."""
    return expit(base + unit * np.asarray(sums, float))
