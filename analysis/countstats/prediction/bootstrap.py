"""The bootstrap on counts: resampling units with replacement is a multinomial draw of the counts.

Drawing N of N units with replacement and counting how many of each cell and outcome were drawn gives, by definition,
the multinomial distribution; here the counts are drawn from it directly, so that a draw costs as its cells.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from countstats.counts import whole
from countstats.estimates import Estimate
from countstats.glm import firth
from countstats.glm.logit import Logit
from countstats.glm.solver import NoEstimate, maximise
from countstats.prediction import roc


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


def optimism(
    x: ArrayLike, events: ArrayLike, others: ArrayLike, resamples: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Estimate how much too well a model performs on the units to which it was fitted (Harrell's optimism).

    Every draw repeats all steps: the model is fitted and Youden's threshold chosen on the draw, and both are evaluated
    there and on the original counts; the optimism is the mean difference. Draws without events or without others are
    left out. Harrell, Lee and Mark 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4.

    Why not a library: none refits from counts; refits start from the coefficients of the whole (see `firth.refit`).

    Parameters
    ----------
    x
        Design matrix (cells, terms), the intercept first.
    events, others
        Counts, one entry per cell.
    resamples
        How many draws.

    Returns
    -------
    pandas.DataFrame
        One row per measure: auc; intercept, with the slope held at one; slope; brier; youden, which is sensitivity +
        specificity - 1 at the threshold chosen. Columns apparent, optimism, corrected (apparent less optimism), and
        error (standard error of the optimism, from the finite number of draws).

    Raises
    ------
    ValueError
        Where no draw has both events and others.
    """
    x, counts = np.asarray(x, float), np.column_stack([events, others])
    whole = firth.refit(x, *counts.T)
    apparent = _performance(x, counts, whole, _threshold(x, counts, whole))
    differences = []
    for _ in range(resamples):
        some = resample(counts, rng)
        if not (some.sum(axis=0) > 0).all():
            continue
        present = some.sum(axis=1) > 0
        b = firth.refit(x[present], *some[present].T, whole)
        threshold = _threshold(x[present], some[present], b)
        inside = _performance(x[present], some[present], b, threshold)
        outside = _performance(x, counts, b, threshold)
        differences.append({name: inside[name] - outside[name] for name in inside})
    if not differences:
        raise ValueError("no draw has both cases and controls: there are too few of one")
    table = pd.DataFrame({"apparent": apparent})
    table["optimism"] = pd.DataFrame(differences).mean()
    table["corrected"] = table["apparent"] - table["optimism"]
    table["error"] = pd.DataFrame(differences).std() / np.sqrt(len(differences))
    return table.rename_axis("measure")


def _threshold(x: np.ndarray, counts: np.ndarray, b: np.ndarray) -> float:
    """Return Youden's threshold of the log odds, whose risk is a whole per cent."""
    return roc.youden(x @ b, *counts.T, logit(roc.WHOLE_PERCENTS))


def _performance(x: np.ndarray, counts: np.ndarray, b: np.ndarray, threshold: float) -> dict[str, float]:
    """Return the measures of a model with coefficients `b` on some counts."""
    eta, n, events = x @ b, counts.sum(axis=1), counts[:, 0]
    risk, ones = expit(eta), np.ones((len(eta), 1))
    flagged = counts[roc.reached(eta, threshold)].sum(axis=0) / counts.sum(axis=0)
    return {
        "auc": roc.auc(eta, *counts.T).value,
        "intercept": maximise(Logit(ones, *counts.T, offset=eta), [0.0])[0],
        "slope": _slope(eta, counts),
        "brier": float((events * (1 - risk) ** 2 + counts[:, 1] * risk**2).sum() / n.sum()),
        "youden": float(flagged[0] - flagged[1]),
    }


def _slope(eta: np.ndarray, counts: np.ndarray) -> float:
    """Return the calibration slope of log odds on some counts; NaN where they separate the two kinds."""
    try:
        return maximise(Logit(np.column_stack([np.ones_like(eta), eta]), *counts.T), [0.0, 1.0])[1]
    except NoEstimate:
        return np.nan
