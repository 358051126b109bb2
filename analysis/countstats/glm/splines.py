"""Restricted cubic splines: a curve in a number that is a straight line beyond its outermost knots.

With k knots the curve has k - 1 columns, the first being the number itself, so that the others together test whether
the relation is a straight line (Harrell 2015, Regression Modeling Strategies, 2nd edition, section 2.4.5, doi
10.1007/978-3-319-19425-7).

Why not a library: patsy's `cr` spans the same curves, but the straight line is not one of its columns,
which the test needs, its knots come from cells rather than units, and it refuses a value beyond the outer ones; the
tests compare the two.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.glm.design import TERM
from countstats.means import quantile

# Where k knots lie: quantiles among the units (Harrell, table 2.3).
PLACES = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
}


def knots(x: ArrayLike, n: ArrayLike, number: int = 4) -> np.ndarray:
    """Return the distinct knots for values x that n units have: at most `number`, fewer where quantiles coincide."""
    return np.unique([quantile(x, n, place) for place in PLACES[number]])


def restricted_cubic(x: ArrayLike, knots: ArrayLike) -> np.ndarray:
    """Return the columns of the spline: floats, (values, knots - 1), the first of them x itself.

    The cubic ones are divided by the square of the distance of the outer knots, so that all have the scale of x. With
    fewer than three knots there is no curve: x alone.
    """
    x, knots = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)
    if len(knots) < 3:
        return x[:, None]
    last, before = knots[-1], knots[-2]

    def cubed(at):
        return np.clip(x - at, 0, None) ** 3

    columns = [
        cubed(at) - cubed(before) * (last - at) / (last - before) + cubed(last) * (before - at) / (last - before)
        for at in knots[:-2]
    ]
    return np.column_stack([x, *(column / (last - knots[0]) ** 2 for column in columns)])


def columns(name: str, x: ArrayLike, n: ArrayLike, number: int = 4) -> pd.DataFrame:
    """Return the spline as columns of a design matrix: (name, "line"), (name, "curve 1"), and so on.

    Parameters
    ----------
    x, n : the values and how many units have each
    number : of knots
    """
    values = restricted_cubic(x, knots(x, n, number))
    labels = [(name, f"curve {place}" if place else "line") for place in range(values.shape[1])]
    return pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(labels, names=TERM))
