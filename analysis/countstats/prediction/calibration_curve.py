"""The smooth calibration curve, from counts: the observed share of the event at each predicted risk.

A restricted cubic spline of the predicted log odds in a logistic model, in place of the usual local smoother, which
needs one row per pupil (Austin, Harrell and van Klaveren 2020, doi 10.1002/sim.8570).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from countstats.glm import newton, splines
from countstats.means import quantile
from countstats.prediction.calibration import check_overlap, log_odds


class Smooth(NamedTuple):
    """A smooth calibration curve and how far it lies from the ideal, over all pupils.

    curve   frame of predicted, observed, low, high (pointwise Wald limits)
    ici     mean distance of predicted from observed risk; e50, e90, largest: its median, 90th percentile, maximum
    knots   how many the spline has; 0 for a straight line
    """

    curve: pd.DataFrame
    ici: float
    e50: float
    e90: float
    largest: float
    knots: int


def smooth(risk, cases, controls, points=100, level=0.95):
    """The smooth calibration curve of predicted risks: a Smooth, drawn at `points` risks.

    The drawn risks run from the 0.5th to the 99.5th percentile of the pupils, evenly in log odds. Where the risks take
    too few values for five knots, four or three or a straight line serve. ValueError for risks of 0 or 1, for one class
    alone, for a single risk, or where the risk separates cases from controls.
    """
    odds, counts = log_odds(risk, cases, controls)
    n = counts.sum(axis=1)
    check_overlap(odds, counts)
    knots = _knots(odds, n)

    def design(x):
        return np.column_stack([np.ones_like(x), splines.restricted_cubic(x, knots)])

    terms = design(odds)
    b = newton.fit(terms, counts[:, 0], n, start=[0.0, 1.0, *[0.0] * (terms.shape[1] - 2)])
    distance = np.abs(expit(terms @ b) - expit(odds))
    at = np.linspace(*quantile(odds, n, [0.005, 0.995]), points)
    x = design(at)
    eta, spread = x @ b, newton.covariance(terms, n, b)
    reach = norm.ppf((1 + level) / 2) * np.sqrt(np.einsum("ij,jk,ik->i", x, spread, x))
    drawn = {"predicted": at, "observed": eta, "low": eta - reach, "high": eta + reach}
    e50, e90 = quantile(distance, n, [0.5, 0.9])
    ici, largest = distance @ n / n.sum(), distance.max()
    return Smooth(pd.DataFrame(drawn).apply(expit), *map(float, (ici, e50, e90, largest)), len(knots))


def _knots(odds, n):
    """The knots on the scale of log odds: five, or as many as stand apart from one another; none for a line."""
    for number in sorted(splines.PLACES, reverse=True):
        places = quantile(odds, n, splines.PLACES[number])
        inside = np.searchsorted(odds, places)
        if len(np.unique(inside)) == number and len(odds) > number:
            return places
    return np.array([])
