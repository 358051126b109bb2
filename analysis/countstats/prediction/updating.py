"""Whether a model's risks are off among new units by more than chance and by more than matters, and recalibration.

A test of calibration asks whether the misfit is exactly zero, and takes the model for known: with enough new units it
rejects every model that was itself estimated. Here a misfit is an estimate with an interval, which holds the sampling
error of the new units and that of the model's own coefficients, and is judged by a margin.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.estimates import Estimate, wald
from countstats.glm.cell_table import split
from countstats.glm.design import Coded, Dense, as_design
from countstats.glm.logit import Logit
from countstats.glm.solver import RANK_TOL
from countstats.prediction import calibration

# Units with the event, and without it, below which nothing is fitted or evaluated: with fewer, the interval of an AUC
# of 0.75 is wider than 0.2 (by the formula of Hanley and McNeil 1982, doi 10.1148/radiology.143.1.7063747).
MIN_PER_CLASS = 20


class Misfit(NamedTuple):
    """How far predicted risks are off among new units.

    oe : observed / expected events, with limits on the logarithmic scale
    intercept, slope : of the line of recalibration, both free
    expected : the slope that the overfitting of a model so precise would bring by itself
    p : of no misfit but the overfitting, from the errors of sample and model together (Wald, two degrees of freedom)
    p_of_sample : of no misfit at all with the model taken for known, as the closed test of Vergouwe et al. (2017, doi
        10.1002/sim.7179) begins; in large samples it rejects every model that was itself estimated
    """

    oe: Estimate
    intercept: Estimate
    slope: Estimate
    expected: float
    p: float
    p_of_sample: float

    def verdict(self, margin: float, slope_margin: float, confidence: float = 0.95) -> str:
        """Return "relevant", "irrelevant" or "open".

        The misfit of a quantity is relevant where its estimate lies beyond its margin and its interval leaves out what
        is expected of new units like those of the fit: 1, of the slope the one that overfitting brings. It is
        irrelevant where the whole interval lies within the margin; otherwise the question is open. Relevant if either
        quantity's is and `p` rejects both together, since two intervals err more often than one; irrelevant if both
        are.

        Parameters
        ----------
        margin
            Of O/E, as a factor: 0.1 for 1/1.1 to 1.1.
        slope_margin
            Of the slope, as a difference: 0.2 for 0.8 to 1.2.
        confidence
            That of the intervals.
        """
        rules = (
            (self.oe, 1.0, 1 / (1 + margin), 1 + margin),
            (self.slope, self.expected, 1 - slope_margin, 1 + slope_margin),
        )
        beyond = [not (low <= each.value <= high or each.low <= new <= each.high) for each, new, low, high in rules]
        within = [low <= each.low and each.high <= high for each, _, low, high in rules]
        return "relevant" if any(beyond) and self.p < 1 - confidence else "irrelevant" if all(within) else "open"


def spread(x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Return the covariance of a logistic model's coefficients, (terms, terms), zero for a term that no unit has.

    Parameters
    ----------
    x
        Design of the units to which the model was fitted (cells, terms).
    events, others
        Counts, one entry per cell.
    b
        Coefficients, as `glm.firth.refit` gives them.
    """
    information = Logit(x, events, others).information(np.asarray(b, float))
    return np.linalg.pinv(information, rcond=RANK_TOL, hermitian=True)


def misfit(
    x: Dense | Coded | ArrayLike,
    b: ArrayLike,
    spread: ArrayLike,
    events: ArrayLike,
    others: ArrayLike,
    confidence: float = 0.95,
) -> Misfit:
    """Estimate how far the risks of a fitted logistic model are off among new units.

    Parameters
    ----------
    x
        Design of the new units' cells (cells, terms).
    b, spread
        The model's coefficients (terms,) and their covariance, as `spread` gives it.
    events, others
        New units, one entry per cell.

    Raises
    ------
    ValueError
        For one class alone, for a single risk, or where the risk separates the two kinds.

    Notes
    -----
    The coefficients' error moves the expected events, and the line, by their derivatives (delta method): the expected
    events by the sum of risk (1 - risk) x, the line as the score equations of its fit say. The new units are
    independent of those that the model was fitted to, so that both variances add up. The error of the coefficients also
    makes risks too extreme: it spreads the log odds, and the line on them is flatter by the share that it has of their
    variance, as in a regression on what is measured with error (Fuller 1987, Measurement Error Models, section 1.1).
    Why not a library: none allows for the error of the model.
    """
    x, b, spread = as_design(x), np.asarray(b, float), np.asarray(spread, float)
    events, others = np.asarray(events), np.asarray(others)
    eta, n = x.times(b), events + others
    risk = expit(eta)
    ratio = calibration.observed_expected(risk, events, others, confidence)
    intercept, slope = calibration.intercept_and_slope(risk, events, others, confidence)
    of_expected = x.transposed_times(n * risk * (1 - risk)) / (n @ risk)
    log_oe = wald(np.log(ratio.value), np.sqrt(ratio.se**2 + of_expected @ spread @ of_expected), confidence)
    true = calibration.recalibrated(risk, intercept.value, slope.value)
    line, weight = np.column_stack([np.ones_like(eta), eta]), n * true * (1 - true)
    of_sample = np.linalg.inv(line.T @ (line * weight[:, None]))
    of_line = slope.value * of_sample @ x.transposed_times(line * weight[:, None])
    of_model = of_line @ spread @ of_line.T
    expected, offset = _overfitted(x, eta, n * risk * (1 - risk), spread)
    off = np.array([intercept.value, slope.value - 1])
    beyond = off - [offset, expected - 1]
    p, p_of_sample = (
        float(chi2.sf(each @ np.linalg.solve(v, each), 2))
        for each, v in ((beyond, of_sample + of_model), (off, of_sample))
    )
    errors = np.sqrt(np.diag(of_sample + of_model))
    return Misfit(
        Estimate(*map(float, np.exp(log_oe.with_limits)), log_oe.se),
        wald(intercept.value, errors[0], confidence),
        wald(slope.value, errors[1], confidence),
        expected,
        p,
        p_of_sample,
    )


def _overfitted(x: Dense | Coded, eta: np.ndarray, weight: np.ndarray, spread: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of the line that the coefficients' error alone would bring."""
    total = weight.sum()
    middle, mean = x.transposed_times(weight) / total, weight @ eta / total
    of_error = (x.gram(weight) * spread).sum() / total - middle @ spread @ middle
    flatter = of_error / (weight @ (eta - mean) ** 2 / total)
    return float(1 - flatter), float(flatter * mean)


def crosswise(cells: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame | None:
    """Recalibrate each random half of the units by the line that fits the other half.

    So every unit is evaluated by a recalibration that it had no part in.

    Parameters
    ----------
    cells
        Table of cells with `risk`, `events` and `others`.

    Returns
    -------
    pandas.DataFrame
        The cells of both halves, `risk` as it was and `recalibrated`; None where a half has fewer than `MIN_PER_CLASS`
        units of a kind, or no line can be fitted to it.
    """
    halves = split(cells, 0.5, rng)
    if min(half[each].sum() for half in halves for each in COUNTS) < MIN_PER_CLASS:
        return None
    try:
        lines = [calibration.intercept_and_slope(half["risk"], *half[COUNTS].to_numpy().T) for half in halves]
    except ValueError:  # a single risk, or one that separates the two kinds
        return None
    parts = []
    for half, (intercept, slope) in zip(halves, reversed(lines), strict=True):
        risk = half["risk"].to_numpy()
        parts.append(half.assign(recalibrated=calibration.recalibrated(risk, intercept.value, slope.value)))
    return pd.concat(parts, ignore_index=True)
