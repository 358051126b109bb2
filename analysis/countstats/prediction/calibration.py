"""Calibration from counts: whether predicted risks are the risks that come true.

Every function takes three arrays of one length: the predicted risk, and how many `cases` (units with the event) and
`controls` (units without it) have it.
"""

import functools
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

ROUNDED = 0.05  # log odds that are alike in drawn curves: no risk moves by more than 0.00625
HALVINGS = 12  # of the multiples between which a limit lies
MOST_TIMES = 64  # the largest multiple that is tried
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

    1 is ideal; above 1 the risks were too low. The variance of its logarithm is the sum of the units' squared
    distances from their risks, which are brought to the observed total first, divided by the squared number of events.
    Where all have one risk that is (1 - share) / events, as Debray et al. 2017 (doi 10.1136/bmj.i6460) give it; the
    more risks differ, the smaller it is. The standard error is that of the logarithm.

    Raises
    ------
    ValueError
        Without cases or without controls.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    events = cases.sum()
    ratio = float(events / (risk @ (cases + controls)))
    if not 0 < events < events + controls.sum():
        raise ValueError("observed / expected needs units with the event and without it")
    level = risk * ratio
    se = float(np.sqrt(cases @ (1 - level) ** 2 + controls @ level**2) / events)
    factor = float(np.exp(half_width(se, confidence)))
    return Estimate(ratio, ratio / factor, ratio * factor, se)


def between_groups(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, group: ArrayLike) -> ChiSquare:
    """Test whether groups of units differ in calibration-in-the-large (score test, groups - 1 degrees of freedom).

    The risks are moved by one intercept, so that those of all units together are right; each group's observed less
    expected events is then compared with its variance. A group without an event does no harm, as it would to the
    likelihood-ratio test. Rao 1948, doi 10.1017/S0305004100023987.

    Parameters
    ----------
    risk, cases, controls, group
        One entry per cell; units of one group have the same entry.

    Returns
    -------
    ChiSquare
        NaN with no degree of freedom where there is one group only.
    """
    risk, counts, group = np.asarray(risk, float), np.column_stack([cases, controls]), np.asarray(group)
    n = counts.sum(axis=1)
    shift = in_the_large(risk, *counts.T).value
    level = recalibrated(risk, shift)
    sums = pd.DataFrame({"off": counts[:, 0] - n * level, "variance": n * level * (1 - level)}).groupby(group).sum()
    sums = sums[sums["variance"] > 0]
    df = len(sums) - 1
    if df < 1:
        return ChiSquare(np.nan, 0, np.nan)
    statistic = float((sums["off"] ** 2 / sums["variance"]).sum())
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))


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


def by_rank(risk: ArrayLike, n: ArrayLike, groups: int = 10) -> np.ndarray:
    """Return the group of each risk, from 0: groups of equal size by predicted risk, as R's `cut` forms them.

    The cuts are quantiles of the predicted risk of type 7 (Hyndman and Fan 1996); a group holds the risks above its
    lower cut and up to its upper one, the first its lower end too. So units that share the lowest risk, be they more
    than a group holds, are grouped with those up to the next cut. A number may have no risk, as a group of R may.

    Parameters
    ----------
    risk, n
        Risks in any order, and how many units have each, of one length.
    """
    risk, n = np.asarray(risk, float), np.asarray(n)
    cuts = np.unique(quantile(risk, n, np.arange(1, groups) / groups))
    return np.searchsorted(cuts[cuts > risk[n > 0].min(initial=np.inf)], risk, side="left")


def deciles(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, groups: int = 10, confidence: float = 0.95
) -> pd.DataFrame:
    """Return predicted against observed risk in groups of equal size by predicted risk.

    Groups as `by_rank` forms them. Risks so few that cuts coincide give fewer groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: group, n, events, expected (sum of the risks), predicted (mean risk), observed (share) and
        its Wilson limits low, high.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    n = cases + controls
    group = by_rank(risk, n, groups)
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
    knots, b, spread = _spline(odds, counts)
    at = np.linspace(*quantile(odds, n, [0.005, 0.995]), points)
    x = _terms(at, knots)
    eta = x @ b
    half = half_width(np.sqrt(np.einsum("ij,jk,ik->i", x, spread, x)), confidence)
    curve = {"predicted": at, "observed": eta, "low": eta - half, "high": eta + half}
    distance = np.abs(expit(_terms(odds, knots) @ b) - expit(odds))
    return SmoothCurve(pd.DataFrame(curve).apply(expit), *_sizes(distance, n), distance.max(), len(knots))


def smooth_error(
    risk: ArrayLike,
    cases: ArrayLike,
    controls: ArrayLike,
    resamples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimate how far the smooth curve lies from the ideal, with limits: ICI, E50 and E90.

    A curve that is estimated lies off the ideal even where the true one does not, so that the estimates are too large,
    the more the fewer units there are. The limits allow for it: curves of the estimated shape, but nearer to the ideal
    or farther from it, are drawn with the estimated one's covariance. The limits are the distances of those from which
    a draw is as far off as the estimate, or farther, and no farther, with a probability of (1 - confidence) / 2 (test
    inversion: Carpenter 1999, Journal of the Royal Statistical Society B 61: 159-172); the lower one is 0 where the
    ideal itself is not left out. They hold the sampling error of the units; the model is taken as it is.

    Parameters
    ----------
    risk, cases, controls
        As in `smooth_curve`.
    resamples
        How many curves are drawn. For their distances log odds are rounded to `ROUNDED`.

    Returns
    -------
    pandas.DataFrame
        Rows ici, e50 and e90; columns value, low and high.

    Raises
    ------
    ValueError
        As `smooth_curve`.
    """
    odds, counts = log_odds(risk, cases, controls)
    n = counts.sum(axis=1)
    knots, b, spread = _spline(odds, counts)
    value = _sizes(np.abs(expit(_terms(odds, knots) @ b) - expit(odds)), n)
    rounded, place = np.unique(np.round(odds / ROUNDED), return_inverse=True)
    at, weight = rounded * ROUNDED, np.bincount(place, n).astype(np.int64)
    terms, ideal = _terms(at, knots), np.array([0.0, 1.0, *[0.0] * (len(b) - 2)])
    noise = (terms @ rng.multivariate_normal(0 * b, spread, resamples, method="cholesky").T).T
    shape = terms @ (b - ideal)

    @functools.cache
    def sizes(times):
        """Return the distances of draws of a multiple, and its own."""
        return [_sizes(np.abs(expit(at + times * shape + each) - expit(at)), weight) for each in (noise, 0.0)]

    limits = [_inverted(lambda times, i=i: [each[i] for each in sizes(times)], value[i], confidence) for i in range(3)]
    low, high = zip(*limits, strict=True)
    return pd.DataFrame({"value": value, "low": low, "high": high}, index=["ici", "e50", "e90"])


def _inverted(at, observed: float, confidence: float) -> tuple[float, float]:
    """Return the distances that are compatible with the observed one.

    at : of a multiple of the estimated shape, the distances of draws and the distance without error
    """

    def limit(q):
        """Return the distance of the multiple whose draws have `observed` as their q-quantile; 0 where none has."""
        if np.quantile(at(0.0)[0], q) >= observed:
            return 0.0
        low, high = 0.0, 1.0
        while np.quantile(at(high)[0], q) < observed and high < MOST_TIMES:
            low, high = high, 2 * high
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if np.quantile(at(middle)[0], q) >= observed else (middle, high)
        return float(at(high)[1])

    return limit((1 + confidence) / 2), limit((1 - confidence) / 2)


def _spline(odds: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the knots of the smooth curve, its coefficients and their covariance."""
    check_overlap(odds, counts)
    knots = _knots(odds, counts.sum(axis=1))
    terms = _terms(odds, knots)
    # A spline's terms are nearly collinear: where the penalty is needed, its steps settle only along right angles.
    straight, back = np.linalg.qr(terms)
    ideal = np.array([0.0, 1.0, *[0.0] * (terms.shape[1] - 2)])
    b = np.linalg.solve(back, firth.refit(straight, *counts.T, start=back @ ideal))
    return knots, b, covariance(Logit(terms, *counts.T), b)


def _terms(odds: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Return the terms of the smooth curve."""
    return np.column_stack([np.ones_like(odds), splines.restricted_cubic(odds, knots)])


def _sizes(distance: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return mean, median and ninetieth percentile of the distances of so many units, along the last axis."""
    mean = distance @ n / n.sum()
    if distance.ndim == 1:
        return float(mean), *map(float, quantile(distance, n, [0.5, 0.9]))
    order = np.argsort(distance, axis=1)
    last = np.cumsum(n[order], axis=1)
    places = (order[np.arange(len(order)), (last > q * (n.sum() - 1)).argmax(axis=1)] for q in (0.5, 0.9))
    return mean, *(distance[np.arange(len(order)), place] for place in places)


def _knots(odds: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the knots on the scale of log odds: five, or as many as differ from one another; none for a line."""
    for number in sorted(splines.PLACES, reverse=True):
        places = quantile(odds, n, splines.PLACES[number])
        inside = np.searchsorted(odds, places)
        if len(np.unique(inside)) == number and len(odds) > number:
            return places
    return np.array([])
