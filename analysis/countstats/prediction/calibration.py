"""Calibration from counts: whether predicted risks are the risks that come true.

Every function takes three arrays of the same length: the predicted risk, and how many `cases` (with the
event) and `controls` (without) were given it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import chi2, norm

from countstats.glm import firth, splines
from countstats.glm.logit import Logit
from countstats.glm.solver import covariance, maximise
from countstats.means import quantile
from countstats.prediction.roc import by_score
from countstats.shares import wilson

LOST_IN_HL = {"development": 2, "validation": 0}  # degrees of freedom that the fit has used up


class Estimate(NamedTuple):
    """A number with its standard error and its Wald limits."""

    value: float
    se: float
    low: float
    high: float


def log_odds(risk, cases, controls):
    """Distinct risks as log odds, with their counts (two columns); ValueError unless all lie between 0 and 1."""
    risk, cases, controls = by_score(risk, cases, controls)
    if risk[0] <= 0 or risk[-1] >= 1:
        raise ValueError("a predicted risk must lie between 0 and 1, both excluded")
    return logit(risk), np.column_stack([cases, controls])


def check_overlap(odds, counts):
    """ValueError where a logistic model on log odds has no finite slope: a single risk, or cases all on one side."""
    if len(odds) == 1:
        raise ValueError("everybody has the same predicted risk: it has no calibration slope")
    of_cases, of_controls = odds[counts[:, 0] > 0], odds[counts[:, 1] > 0]
    if of_cases.min() >= of_controls.max() or of_cases.max() <= of_controls.min():
        raise ValueError("the risk separates cases from controls: no finite calibration slope")


def _estimate(value, variance, confidence):
    se = float(np.sqrt(variance))
    reach = norm.ppf((1 + confidence) / 2) * se
    return Estimate(float(value), se, value - reach, value + reach)


def in_the_large(risk, cases, controls, confidence=0.95):
    """Calibration-in-the-large: the intercept of a logistic model on the predicted log odds, slope held at 1.

    0 is ideal; above 0 the risks were predicted too low on the whole. Cox 1958, Biometrika 45: 562-565;
    Steyerberg 2019, Clinical Prediction Models, chapter 15.
    """
    odds, counts = log_odds(risk, cases, controls)
    model = Logit(np.ones((len(odds), 1)), *counts.T, offset=odds)
    b = maximise(model, [0.0])
    return _estimate(b[0], covariance(model, b)[0, 0], confidence)


def joint(risk, cases, controls, confidence=0.95):
    """Intercept and slope of a logistic model on the predicted log odds, both free: a pair of Estimates.

    With them risks are recalibrated (`recalibrated`). The intercept is not calibration-in-the-large, which holds the
    slope at 1. Cox 1958. ValueError if all have the same risk, or if the risk separates cases from controls.
    """
    odds, counts = log_odds(risk, cases, controls)
    check_overlap(odds, counts)
    line = Logit(np.column_stack([np.ones_like(odds), odds]), *counts.T)
    b = maximise(line, [0.0, 1.0])
    return tuple(_estimate(*pair, confidence) for pair in zip(b, np.diag(covariance(line, b)), strict=True))


def slope(risk, cases, controls, confidence=0.95):
    """Calibration slope: the slope of a logistic model on the predicted log odds, its intercept free.

    1 is ideal; below 1 the predictions are too extreme, as those of an overfitted model are. Cox 1958.
    ValueError if all have the same risk, or if the risk separates cases from controls: no slope then.
    """
    return joint(risk, cases, controls, confidence)[1]


def recalibrated(risk, intercept=0.0, slope=1.0):
    """Risks moved by an intercept and stretched by a slope on the scale of log odds."""
    return expit(intercept + slope * logit(risk))


def observed_expected(risk, cases, controls, confidence=0.95):
    """Observed number of events divided by the expected one (O/E), with limits on the logarithmic scale.

    1 is ideal; above 1 the risks were too low. The variance of its logarithm is (1 - share) / events: Debray et al.
    2017, doi 10.1136/bmj.i6460. The standard error is that of the logarithm. ValueError without cases or controls.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    events, total = cases.sum(), cases.sum() + controls.sum()
    ratio = float(events / (risk @ (cases + controls)))
    se = float(np.sqrt((1 - events / total) / events))
    reach = np.exp(norm.ppf((1 + confidence) / 2) * se)
    return Estimate(ratio, se, ratio / reach, ratio * reach)


def brier(risk, cases, controls):
    """Mean squared difference of predicted risk and outcome (Brier 1950, Monthly Weather Review 78: 1-3)."""
    risk, cases, controls = by_score(risk, cases, controls)
    return float((cases * (1 - risk) ** 2 + controls * risk**2).sum() / (cases.sum() + controls.sum()))


def scaled_brier(risk, cases, controls):
    """The share of the Brier score of a useless model (everybody at the mean risk) that the model does away with.

    1 is perfect, 0 useless, below 0 worse than that. Steyerberg et al. 2010, doi 10.1097/EDE.0b013e3181c30fb2.
    """
    share = np.sum(cases) / (np.sum(cases) + np.sum(controls))
    return 1 - brier(risk, cases, controls) / float(share * (1 - share))


def tenths(risk, cases, controls, groups=10, confidence=0.95):
    """Predicted against observed risk in groups of equal size by predicted risk, a frame with a row each.

    group, n, events, expected (sum of the risks), predicted (mean risk), observed (share) and its Wilson
    limits low, high. The cuts are quantiles of the predicted risk of type 7 (Hyndman and Fan 1996), those of
    R; a group holds the risks above its lower cut and up to its upper one. Risks so few that cuts
    coincide give fewer groups.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    n = cases + controls
    cuts = quantile(risk, n, np.arange(1, groups) / groups)
    group = np.searchsorted(np.unique(cuts), risk, side="left")
    frame = pd.DataFrame({"n": n, "events": cases, "expected": n * risk}).groupby(group).sum()
    frame["predicted"], frame["observed"] = frame["expected"] / frame["n"], frame["events"] / frame["n"]
    frame["low"], frame["high"] = wilson(frame["observed"], frame["n"], confidence)
    frame.insert(0, "group", np.arange(1, len(frame) + 1))
    return frame.reset_index(drop=True)


def hosmer_lemeshow(groups, sample="validation"):
    """Hosmer and Lemeshow's test of calibration, from the groups of `tenths`: chi_square, df, p.

    sample   "development" (the model was fitted to these pupils: two degrees of freedom less than groups) or
             "validation" (as many as groups)
    How the groups are cut decides the result, and with tens of thousands of pupils the test finds a misfit that
    matters to nobody. NaN where it has no degree of freedom, or a group is expected to have no event or nothing else.
    Hosmer, Lemeshow and Sturdivant 2013, Applied Logistic Regression, chapter 5, doi 10.1002/9781118548387.

    Why not a library: statsmodels has only the building block and no way of cutting the groups.
    """
    df = len(groups) - LOST_IN_HL[sample]
    spread = groups["expected"] * (1 - groups["predicted"])
    if df < 1 or (spread <= 0).any():
        return {"chi_square": np.nan, "df": max(df, 0), "p": np.nan}
    statistic = float(((groups["events"] - groups["expected"]) ** 2 / spread).sum())
    return {"chi_square": statistic, "df": df, "p": float(chi2.sf(statistic, df))}


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


def smooth(risk, cases, controls, points=100, confidence=0.95):
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
    b = firth.refit(terms, *counts.T, start=[0.0, 1.0, *[0.0] * (terms.shape[1] - 2)])
    distance = np.abs(expit(terms @ b) - expit(odds))
    at = np.linspace(*quantile(odds, n, [0.005, 0.995]), points)
    x = design(at)
    eta, spread = x @ b, covariance(Logit(terms, *counts.T), b)
    reach = norm.ppf((1 + confidence) / 2) * np.sqrt(np.einsum("ij,jk,ik->i", x, spread, x))
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
