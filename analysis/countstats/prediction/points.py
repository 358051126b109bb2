"""A logistic model as a table of whole points that can be added up by hand.

Sullivan, Massaro and D'Agostino 2004, doi 10.1002/sim.1742. Why not a library: none makes such a table.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from countstats.glm import firth
from countstats.glm.design import INTERCEPT, TERM


class Points(NamedTuple):
    """The points of each category, and what they stand for.

    table : columns variable, code, b (log odds above the lowest of the variable), points, in the order of the model
    base, unit : the log odds of no points, and of one before rounding
    """

    table: pd.DataFrame
    base: float
    unit: float


def points(coefficients: pd.Series, reference: Mapping[str, str], largest: int = 10) -> Points:
    """Return the points of each category.

    In each variable the category with the least risk gets no points, so that none are negative. Terms without a finite
    coefficient are left out. `log_odds_per_point` estimates what a sum of rounded points means.

    Parameters
    ----------
    coefficients
        Log odds indexed by (variable, code), the intercept among them, as `glm.design` names the terms.
    reference
        {variable: code whose coefficient is 0}
    largest
        Points of the category that is furthest from the lowest of its own variable.

    Raises
    ------
    ValueError
        Where no category differs from another.
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
    return Points(frame, base, unit)


def total(cells: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Return the sum of the points of each row of a table of codes; NaN where a category has no points."""
    sums = np.zeros(len(cells))
    for variable, rows in table.groupby("variable", sort=False):
        sums += cells[variable].astype(object).map(rows.set_index("code")["points"]).to_numpy(float)
    return sums


def log_odds_per_point(sums: ArrayLike, events: ArrayLike, others: ArrayLike) -> tuple[float, float]:
    """Estimate the log odds of no points and of one point from sums of rounded points: (base, unit).

    Points that are whole numbers scatter around what they stand for, so that one of them is worth less than the unit
    that they were rounded to: risks computed with that unit are too extreme.

    Parameters
    ----------
    sums
        As `total` gives them, NaN for those that do not count.
    events, others
        Counts along them.
    """
    sums, counts = np.asarray(sums, float), np.column_stack([events, others])
    kept = np.isfinite(sums)
    x = np.column_stack([np.ones(kept.sum()), sums[kept]])
    base, unit = firth.refit(x, *counts[kept].T)
    return float(base), float(unit)


def risk_by_sum(table: pd.DataFrame, base: float, unit: float) -> pd.DataFrame:
    """Return the risk at every sum of points that can occur: columns sum and risk, from no points to the most.

    Parameters
    ----------
    table
        As `points` gives it.
    base, unit
        As `log_odds_per_point` gives them.
    """
    sums = np.arange(table.groupby("variable")["points"].max().sum() + 1)
    return pd.DataFrame({"sum": sums, "risk": risk(sums, base, unit)})


def risk(sums: ArrayLike, base: float, unit: float) -> np.ndarray:
    """Return the risk at so many points."""
    return expit(base + unit * np.asarray(sums, float))
