"""The bootstrap on counts: a draw of pupils with replacement is a multinomial draw of the counts.

Drawing N of N pupils with replacement and counting how many of each cell and outcome were drawn gives, by definition,
the multinomial distribution; here the counts are drawn from it directly, so that a draw costs as its cells.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.glm import firth
from countstats.glm.logit import Logit
from countstats.glm.solver import NoEstimate, maximise
from countstats.prediction import roc


class Band(NamedTuple):
    """A ROC curve with a pointwise bootstrap band, and its partial area with percentile limits.

    curve   frame of specificity, sensitivity, low, high
    area    (value, low, high) of `roc.partial_area` at the specificity asked for
    """

    curve: pd.DataFrame
    area: tuple


def draw(counts, rng):
    """Counts of as many pupils drawn from these with replacement: an integer array of the same shape."""
    counts = np.asarray(counts)
    total = int(counts.sum())
    return rng.multinomial(total, counts.ravel() / total).reshape(counts.shape)


def roc_band(score, cases, controls, resamples, rng, confidence=0.95, specificity=0.9, points=101):
    """The ROC curve at evenly spaced specificities with its pointwise bootstrap band: a Band.

    score, cases, controls: arrays of the same length, as in `roc`; resamples: how many draws; rng: a numpy Generator;
    specificity: where the partial area begins. At each specificity the band holds the middle `confidence` of the draws'
    sensitivities: it covers each point by itself, not the curve as a whole. Draws without cases or without controls
    are passed over. Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.

    Why not a library: none draws from counts.
    """
    score, cases, controls = roc.by_score(score, cases, controls)
    counts = np.column_stack([cases, controls])
    at = np.linspace(0, 1, points)

    def on_grid(curve):
        # From flagging all to flagging none the specificity rises; of equal ones the first has most found.
        rising = curve.drop_duplicates("specificity")
        return np.interp(at, rising["specificity"], rising["sensitivity"])

    whole = roc.curve(score, cases, controls)
    drawn, areas = [], []
    for _ in range(resamples):
        some = draw(counts, rng)
        if (some.sum(axis=0) > 0).all():
            curve = roc.curve(score, *some.T)
            drawn.append(on_grid(curve))
            areas.append(roc.partial_area(curve, specificity))
    if not drawn:
        raise ValueError("no draw has both cases and controls: there are too few of one")
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(drawn, ends, axis=0)
    frame = pd.DataFrame({"specificity": at, "sensitivity": on_grid(whole), "low": low, "high": high})
    return Band(frame, (roc.partial_area(whole, specificity), *map(float, np.quantile(areas, ends))))


def optimism(x, events, others, resamples, rng):
    """What a model's performance owes to being judged on the pupils that fitted it (Harrell's optimism).

    x, events, others: design matrix (the intercept first) and counts, a row per cell; resamples: how many draws; rng:
    a numpy Generator. In each draw everything is done anew: the model is fitted and Youden's threshold chosen on the
    draw, and judged there and on the original counts; the optimism is the mean difference.

    Returns a frame with a row per measure (auc; intercept, with the slope held at one; slope; brier; youden, which is
    sensitivity + specificity - 1 at the threshold chosen): apparent, optimism, corrected (apparent less optimism), and
    error (standard error of the optimism, from the finite number of draws). Draws without events or without others are
    passed over. Harrell, Lee and Mark 1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4.

    Why not a library: none refits from counts; refits start from the coefficients of the whole (see `firth.refit`).
    """
    x, counts = np.asarray(x, float), np.column_stack([events, others])
    whole = firth.refit(x, *counts.T)
    apparent = _judged(x, counts, whole, _threshold(x, counts, whole))
    differences = []
    for _ in range(resamples):
        some = draw(counts, rng)
        if not (some.sum(axis=0) > 0).all():
            continue
        held = some.sum(axis=1) > 0
        b = firth.refit(x[held], *some[held].T, whole)
        threshold = _threshold(x[held], some[held], b)
        inside, outside = _judged(x[held], some[held], b, threshold), _judged(x, counts, b, threshold)
        differences.append({name: inside[name] - outside[name] for name in inside})
    if not differences:
        raise ValueError("no draw has both cases and controls: there are too few of one")
    table = pd.DataFrame({"apparent": apparent})
    table["optimism"] = pd.DataFrame(differences).mean()
    table["corrected"] = table["apparent"] - table["optimism"]
    table["error"] = pd.DataFrame(differences).std() / np.sqrt(len(differences))
    return table.rename_axis("measure")


def _threshold(x, counts, b):
    return roc.youden(x @ b, *counts.T)


def _judged(x, counts, b, threshold):
    """The measures of a model with coefficients `b` on some counts, as a dictionary."""
    eta, n, events = x @ b, counts.sum(axis=1), counts[:, 0]
    risk, ones = expit(eta), np.ones((len(eta), 1))
    flagged = counts[eta >= threshold].sum(axis=0) / counts.sum(axis=0)
    return {
        "auc": roc.auc(eta, *counts.T).value,
        "intercept": maximise(Logit(ones, *counts.T, offset=eta), [0.0])[0],
        "slope": _slope(eta, counts),
        "brier": float((events * (1 - risk) ** 2 + counts[:, 1] * risk**2).sum() / n.sum()),
        "youden": float(flagged[0] - flagged[1]),
    }


def _slope(eta, counts):
    """The calibration slope of log odds on some counts, NaN where they separate the two kinds."""
    try:
        return maximise(Logit(np.column_stack([np.ones_like(eta), eta]), *counts.T), [0.0, 1.0])[1]
    except NoEstimate:
        return np.nan
