"""Calibration from counts: whether predicted risks are the risks that come true.

Every function takes three arrays of one length: the predicted risk, and how many `cases` (units with the event) and
`controls` (units without it) have it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import chi2

from countstats.estimates import ChiSquare, Estimate, half_width, wald
from countstats.glm import firth, splines
from countstats.glm.logit import Logit
from countstats.glm.solver import covariance, maximise
from countstats.means import quantile
from countstats.prediction.roc import as_weighted_rows, by_score
from countstats.shares import wilson

FITTED_DF = {"development": 2, "validation": 0}  # degrees of freedom that the fit has used up in Hosmer-Lemeshow


def log_odds(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct risks as log odds, with their counts (two columns).

    Raises
    ------
    ValueError
        Unless all risks lie between 0 and 1, both excluded.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    if risk[0] <= 0 or risk[-1] >= 1:
        raise ValueError("a predicted risk must lie between 0 and 1, both excluded")
    return logit(risk), np.column_stack([cases, controls])


def check_overlap(odds: np.ndarray, counts: np.ndarray) -> None:
    """Raise ValueError where a logistic model on log odds has no finite slope: one risk, or cases all on one side."""
    if len(odds) == 1:
        raise ValueError("all units have the same predicted risk: it has no calibration slope")
    of_cases, of_controls = odds[counts[:, 0] > 0], odds[counts[:, 1] > 0]
    if of_cases.min() >= of_controls.max() or of_cases.max() <= of_controls.min():
        raise ValueError("the risk separates cases from controls: no finite calibration slope")


def in_the_large(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate calibration-in-the-large: the intercept of a logistic model on the predicted log odds, slope held at 1.

    0 is ideal; above 0 the risks were predicted too low on the whole. Cox 1958, Biometrika 45: 562-565;
    Steyerberg 2019, Clinical Prediction Models, chapter 15.
    """
    odds, counts = log_odds(risk, cases, controls)
    model = Logit(np.ones((len(odds), 1)), *counts.T, offset=odds)
    b = maximise(model, [0.0])
    return wald(b[0], np.sqrt(covariance(model, b)[0, 0]), confidence)


def intercept_and_slope(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Estimate intercept and slope of a logistic model on the predicted log odds, both free.

    With them risks are recalibrated (`recalibrated`). The intercept is not calibration-in-the-large, which holds the
    slope at 1. Cox 1958.

    Raises
    ------
    ValueError
        If all have the same risk, or if the risk separates cases from controls.
    """
    odds, counts = log_odds(risk, cases, controls)
    check_overlap(odds, counts)
    line = Logit(np.column_stack([np.ones_like(odds), odds]), *counts.T)
    b = maximise(line, [0.0, 1.0])
    errors = np.sqrt(np.diag(covariance(line, b)))
    return wald(b[0], errors[0], confidence), wald(b[1], errors[1], confidence)


def slope(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate the calibration slope: of a logistic model on the predicted log odds, its intercept free.

    1 is ideal; below 1 the predictions are too extreme, as those of an overfitted model are. Cox 1958. Errors as of
    `intercept_and_slope`.
    """
    return intercept_and_slope(risk, cases, controls, confidence)[1]


def recalibrated(risk: ArrayLike, intercept: float = 0.0, slope: float = 1.0) -> np.ndarray:
    """Return the risks shifted by an intercept and stretched by a slope on the scale of log odds."""
    return expit(intercept + slope * logit(risk))


def observed_expected(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate the observed number of events divided by the expected one (O/E), with limits on the logarithmic scale.

    1 is ideal; above 1 the risks were too low. The variance of its logarithm is (1 - share) / events: Debray et al.
    2017, doi 10.1136/bmj.i6460. The standard error is that of the logarithm.

    Raises
    ------
    ValueError
        Without cases or without controls.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    events, total = cases.sum(), cases.sum() + controls.sum()
    ratio = float(events / (risk @ (cases + controls)))
    se = float(np.sqrt((1 - events / total) / events))
    factor = float(np.exp(half_width(se, confidence)))
    return Estimate(ratio, ratio / factor, ratio * factor, se)


def brier(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> float:
    """Return the mean squared difference of predicted risk and outcome (Brier 1950, Monthly Weather Review 78: 1-3)."""
    from sklearn.metrics import brier_score_loss  # slow to import, and rarely needed

    outcome, risk, weight = as_weighted_rows(risk, cases, controls)
    return float(brier_score_loss(outcome, risk, sample_weight=weight))


def scaled_brier(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> float:
    """Return the share of the Brier score of a useless model (all units at the mean risk) that the model removes.

    1 is perfect, 0 useless, below 0 worse than that. Steyerberg et al. 2010, doi 10.1097/EDE.0b013e3181c30fb2.
    """
    share = np.sum(cases) / (np.sum(cases) + np.sum(controls))
    return 1 - brier(risk, cases, controls) / float(share * (1 - share))


def deciles(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, groups: int = 10, confidence: float = 0.95
) -> pd.DataFrame:
    """Return predicted against observed risk in groups of equal size by predicted risk.

    The cuts are quantiles of the predicted risk of type 7 (Hyndman and Fan 1996), those of R; a group holds the risks
    above its lower cut and up to its upper one. Risks so few that cuts coincide give fewer groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: group, n, events, expected (sum of the risks), predicted (mean risk), observed (share) and
        its Wilson limits low, high.
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


def hosmer_lemeshow(groups: pd.DataFrame, sample: str = "validation") -> ChiSquare:
    """Test calibration by the groups of `deciles` (Hosmer and Lemeshow).

    How the groups are cut decides the result, and with tens of thousands of units the test finds a misfit that
    does not matter. NaN where it has no degree of freedom, or a group is expected to have no event or nothing else.
    Hosmer, Lemeshow and Sturdivant 2013, Applied Logistic Regression, chapter 5, doi 10.1002/9781118548387.

    Why not a library: statsmodels has only the building block and no way of cutting the groups.

    Parameters
    ----------
    groups
        As `deciles` gives them.
    sample
        "development" (the model was fitted to these units: two degrees of freedom less than groups) or "validation"
        (as many as groups).
    """
    df = len(groups) - FITTED_DF[sample]
    spread = groups["expected"] * (1 - groups["predicted"])
    if df < 1 or (spread <= 0).any():
        return ChiSquare(np.nan, max(df, 0), np.nan)
    statistic = float(((groups["events"] - groups["expected"]) ** 2 / spread).sum())
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))


class SmoothCurve(NamedTuple):
    """A smooth calibration curve and how far it lies from the ideal, over all units.

    curve : frame of predicted, observed, low, high (pointwise Wald limits)
    ici : mean distance of predicted from observed risk
    e50, e90, largest : its median, 90th percentile and maximum
    knots : how many the spline has; 0 for a straight line
    """

    curve: pd.DataFrame
    ici: float
    e50: float
    e90: float
    largest: float
    knots: int


def smooth_curve(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, points: int = 100, confidence: float = 0.95
) -> SmoothCurve:
    """Estimate the observed share of the event at each predicted risk as a smooth curve.

    A restricted cubic spline of the predicted log odds in a logistic model, in place of the usual local smoother, which
    needs one row per unit (Austin, Harrell and van Klaveren 2020, doi 10.1002/sim.8570). Where the risks take too few
    values for five knots, four or three or a straight line serve.

    Parameters
    ----------
    points
        At how many risks the curve is given: from the 0.5th to the 99.5th percentile of the units, evenly in log odds.

    Raises
    ------
    ValueError
        For risks of 0 or 1, for one class alone, for a single risk, or where the risk separates cases from controls.
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
    half = half_width(np.sqrt(np.einsum("ij,jk,ik->i", x, spread, x)), confidence)
    curve = {"predicted": at, "observed": eta, "low": eta - half, "high": eta + half}
    e50, e90 = quantile(distance, n, [0.5, 0.9])
    ici, largest = distance @ n / n.sum(), distance.max()
    return SmoothCurve(pd.DataFrame(curve).apply(expit), *map(float, (ici, e50, e90, largest)), len(knots))


def _knots(odds: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the knots on the scale of log odds: five, or as many as differ from one another; none for a line."""
    for number in sorted(splines.PLACES, reverse=True):
        places = quantile(odds, n, splines.PLACES[number])
        inside = np.searchsorted(odds, places)
        if len(np.unique(inside)) == number and len(odds) > number:
            return places
    return np.array([])
