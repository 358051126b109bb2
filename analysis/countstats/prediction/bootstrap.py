"""The bootstrap on counts: resampling units with replacement is a multinomial draw of the counts.

Drawing N of N units with replacement and counting how many of each cell and outcome were drawn gives, by definition,
the multinomial distribution; here the counts are drawn from it directly, so that a draw costs as its cells.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import t

from countstats.counts import whole
from countstats.estimates import Estimate
from countstats.glm import firth
from countstats.glm.design import Coded, Dense, as_design
from countstats.glm.logit import Logit
from countstats.glm.solver import NoEstimate, maximise
from countstats.prediction import roc

MEASURES = ("auc", "intercept", "slope", "brier", "youden")  # of `optimism`


class Band(NamedTuple):
    """A ROC curve with a pointwise bootstrap band, and its partial area with percentile limits.

    curve : frame of specificity, sensitivity, low, high
    """

    curve: pd.DataFrame
    area: Estimate


def resample(counts: ArrayLike, rng: np.random.Generator) -> np.ndarray:
    """Return the counts of as many units drawn from these with replacement: whole numbers of the same shape.

    Raises
    ------
    ValueError
        For counts that are none (`counts.whole`), and without units.
    """
    counts = whole(counts)
    total = int(counts.sum())
    if not total:
        raise ValueError("there are no units to draw from")
    return rng.multinomial(total, counts.ravel() / total).reshape(counts.shape)


def roc_band(
    score: ArrayLike,
    cases: ArrayLike,
    controls: ArrayLike,
    resamples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    specificity: float = 0.9,
    points: int = 101,
) -> Band:
    """Return the ROC curve at evenly spaced specificities with its pointwise bootstrap band.

    At each specificity the band holds the middle of the draws' sensitivities: it covers each point by itself, not the
    curve as a whole. Draws without cases or without controls are left out. Efron and Tibshirani 1993, An Introduction
    to the Bootstrap, chapter 13.

    Why not a library: none draws from counts.

    Parameters
    ----------
    score, cases, controls
        As in `roc`.
    resamples
        How many draws.
    specificity
        Where the partial area begins.
    points
        At how many specificities the curve is given.

    Raises
    ------
    ValueError
        Where no draw has both cases and controls.
    """
    score, cases, controls = roc.by_score(score, cases, controls)
    counts = np.column_stack([cases, controls])
    at = np.linspace(0, 1, points)

    def on_grid(curve):
        # From flagging all to flagging none the specificity rises; of equal ones the first has most found.
        rising = curve.drop_duplicates("specificity")
        return np.interp(at, rising["specificity"], rising["sensitivity"])

    whole = roc.curve(score, cases, controls)
    curves, areas = [], []
    for _ in range(resamples):
        some = resample(counts, rng)
        if (some.sum(axis=0) > 0).all():
            curve = roc.curve(score, *some.T)
            curves.append(on_grid(curve))
            areas.append(_partial_area(curve, specificity))
    if not curves:
        raise ValueError("no draw has both cases and controls: there are too few of one")
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(curves, ends, axis=0)
    frame = pd.DataFrame({"specificity": at, "sensitivity": on_grid(whole), "low": low, "high": high})
    area = Estimate(_partial_area(whole, specificity), *map(float, np.quantile(areas, ends)))
    return Band(frame, area)


def _partial_area(curve: pd.DataFrame, specificity: float) -> float:
    """Return `roc.partial_area` of a curve.

    Why not scikit-learn's, which that takes: for one curve it takes longer than all else in a draw.
    """
    alarms, hits = 1 - curve["specificity"].to_numpy()[::-1], curve["sensitivity"].to_numpy()[::-1]
    end = 1 - specificity
    inside = alarms <= end
    x = np.append(alarms[inside], end)
    y = np.append(hits[inside], np.interp(end, alarms, hits))
    least = end**2 / 2
    return float((1 + (np.trapezoid(y, x) - least) / (end - least)) / 2)


class Optimism(NamedTuple):
    """How much too well a model performs where it was fitted, and the models of the draws that say so.

    table : one row per measure, as `optimism` describes it
    whole : coefficients of the model of all units, (terms,)
    draws : coefficients of the model of each draw, (draws, terms)
    """

    table: pd.DataFrame
    whole: np.ndarray
    draws: np.ndarray


def optimism(
    x: Dense | Coded | ArrayLike,
    events: ArrayLike,
    others: ArrayLike,
    resamples: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Optimism:
    """Estimate how much too well a model performs on the units to which it was fitted (Harrell's optimism).

    Every draw repeats all steps: the model is fitted and Youden's threshold chosen on the draw, and both are evaluated
    there and on the original counts; the optimism is the mean difference. Draws without events or without others are
    left out. Harrell, Lee and Mark 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4.

    A draw stands to the original counts as these stand to all units there might be: its difference imitates the
    distance of the apparent performance from the true one of this very model, in which sampling error and the error of
    the coefficients go together. So the spread of the differences gives the limits of the corrected performance, by the
    t-distribution, since draws may be few. (The spread of the draws' apparent performance, as Noma et al. 2021, doi
    10.1002/sim.9148, shift it, says nothing of a slope, which is one in every draw.)

    Why not a library: none refits from counts; refits start from the coefficients of the whole (see `firth.refit`).

    Parameters
    ----------
    x
        A design of `glm.design`, or a matrix (cells, terms), the intercept first.
    events, others
        Counts, one entry per cell.
    resamples
        How many draws.

    Returns
    -------
    Optimism
        Its table has one row per measure: auc; intercept, with the slope held at one; slope; brier; youden, which is
        sensitivity + specificity - 1 at the threshold chosen. Columns apparent, optimism, corrected (apparent less
        optimism) with low and high, and error (standard error of the optimism, from the finite number of draws).

    Raises
    ------
    ValueError
        Where no draw has both events and others.
    """
    counts = np.column_stack([events, others])
    whole = firth.refit(x, *counts.T)
    log_odds = as_design(x).times
    apparent = _Units(log_odds(whole)).of(counts)
    differences, draws = [], []
    for _ in range(resamples):
        some = resample(counts, rng)
        if not (some.sum(axis=0) > 0).all():
            continue
        b = firth.refit(x, *some.T, whole)
        units = _Units(log_odds(b))
        inside = units.of(some)
        outside = units.of(counts, inside["threshold"])
        differences.append({name: inside[name] - outside[name] for name in MEASURES})
        draws.append(b)
    if not differences:
        raise ValueError("no draw has both cases and controls: there are too few of one")
    table = pd.DataFrame({"apparent": apparent}).loc[list(MEASURES)]
    found = pd.DataFrame(differences)
    table["optimism"] = found.mean()
    table["corrected"] = table["apparent"] - table["optimism"]
    table["error"] = found.std() / np.sqrt(found.count())
    half = t.ppf((1 + confidence) / 2, found.count() - 1) * np.hypot(found.std(), table["error"])
    table["low"], table["high"] = table["corrected"] - half, table["corrected"] + half
    return Optimism(table.rename_axis("measure"), whole, np.array(draws))


class _Units:
    """The cells of a model by their log odds, which are sorted once for all counts of them."""

    def __init__(self, log_odds: np.ndarray):
        self.log_odds, self.place = np.unique(log_odds, return_inverse=True)

    def of(self, counts: np.ndarray, threshold: float | None = None) -> dict[str, float]:
        """Return the measures on some counts, at a threshold or at Youden's: a whole per cent of risk, as log odds."""
        counts = np.column_stack([np.bincount(self.place, column, len(self.log_odds)) for column in counts.T])
        present = counts.any(axis=1)
        eta, counts = self.log_odds[present], counts[present]
        if threshold is None:
            threshold = roc.youden(eta, *counts.T, logit(roc.WHOLE_PERCENTS))
        risk, ones = expit(eta), np.ones((len(eta), 1))
        flagged = counts[roc.reached(eta, threshold)].sum(axis=0) / counts.sum(axis=0)
        return {
            "auc": roc.auc(eta, *counts.T).value,
            "intercept": maximise(Logit(ones, *counts.T, offset=eta), [0.0])[0],
            "slope": _slope(eta, counts),
            "brier": float((counts[:, 0] @ (1 - risk) ** 2 + counts[:, 1] @ risk**2) / counts.sum()),
            "youden": float(flagged[0] - flagged[1]),
            "threshold": threshold,
        }


def _slope(eta: np.ndarray, counts: np.ndarray) -> float:
    """Return the calibration slope of log odds on some counts; NaN where they separate the two kinds."""
    try:
        return maximise(Logit(np.column_stack([np.ones_like(eta), eta]), *counts.T), [0.0, 1.0])[1]
    except NoEstimate:
        return np.nan
