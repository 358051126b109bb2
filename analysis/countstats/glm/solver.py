"""The one way to maximise a log-likelihood, by Newton's steps, and the fit that comes of it.

Every model of this package is a small class with two methods:

value_and_score(b)   the log-likelihood at the coefficients b, a number, and its slope, an array like b
information(b)       the information there, a square array (the observed or the expected one)

Counts may be weights here that are not whole, as those of imputed units or of inverse probabilities are: a likelihood
takes them as they are. Then the information is that of as many units as the weights add up to.

`maximise` takes any of them. A penalty or an offset belongs to the model; coefficients that must not move are left
out by a mask.

Why not a library: statsmodels fits a single binomial model to counts well (see `wald`). It has no weights in its
ordinal and multinomial models, no fit with one coefficient fixed (which a profile needs) and no penalty; and it solves
each step through a pseudo-inverse of the whole design matrix, which takes ten times as long as the normal equations
where some fifty models are fitted. `scipy.optimize` has Newton methods that make the step shorter or change its
direction, but none that distinguishes a likelihood without a maximum from one that is merely flat.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.linalg.lapack import dpotrf, dpotrs
from scipy.stats import chi2, norm

from countstats.estimates import ChiSquare, half_width

RANK_TOL = 1e-10  # share of its information that a coefficient keeps next to the others; with less it has none
STEP_TOL = 1e-9  # a fit ends when no coefficient moves by more
MAX_STEPS = 60
VALUE_TOL = 1e-9  # relative loss of log-likelihood up to which a step is taken: that is rounding


class NoEstimate(ValueError):
    """The likelihood has no maximum at finite coefficients, as where no unit with a term has the event."""


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    estimates : the coefficients, named
    covariance : of the estimates, in their order, (terms, terms)
    log_likelihood : of single units, without multinomial coefficients
    """

    estimates: pd.Series
    covariance: np.ndarray
    log_likelihood: float

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return b, se, low, high (Wald limits) and p for every coefficient."""
        b, se = self.estimates, np.sqrt(np.diag(self.covariance))
        half = half_width(se, confidence)
        p = 2 * norm.sf((b / se).abs())
        return pd.DataFrame({"b": b, "se": se, "low": b - half, "high": b + half, "p": p})

    def wald(self, labels) -> ChiSquare:
        """Test that the coefficients with these labels are all zero (Wald)."""
        places = [self.estimates.index.get_loc(label) for label in labels]
        b = self.estimates.to_numpy()[places]
        statistic = b @ np.linalg.solve(self.covariance[np.ix_(places, places)], b)
        return ChiSquare(statistic, len(b), chi2.sf(statistic, len(b)))


def solve(information: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve information @ x = right, a vector or the columns of a matrix.

    Raises
    ------
    NoEstimate : where a term has no information of its own: it is empty, or cannot be distinguished from the others
    """
    scale = np.sqrt(information.diagonal())
    if not ((scale > 0) & (scale < np.inf)).all():
        raise NoEstimate("a term has no finite estimate")
    # LAPACK itself: `cho_factor` and `cho_solve` take several times as long to look at a small matrix as to solve it.
    factor, failed = dpotrf(information / scale / scale[:, None], lower=True)
    if failed or not (factor.diagonal() ** 2 >= RANK_TOL).all():
        raise NoEstimate("two terms cannot be distinguished")
    scale = scale if right.ndim == 1 else scale[:, None]
    return dpotrs(factor, right / scale, lower=True)[0] / scale


def covariance(model, b: np.ndarray) -> np.ndarray:
    """Return the covariance of the coefficients: the inverse of the model's information at b, (terms, terms)."""
    return solve(model.information(b), np.eye(len(b)))


def maximise(
    model,
    start: ArrayLike,
    free: ArrayLike | None = None,
    tolerance: float = STEP_TOL,
    max_steps: int = MAX_STEPS,
) -> np.ndarray:
    """Maximise a log-likelihood by Newton's steps, each halved as long as it leads downwards.

    Parameters
    ----------
    model : has value_and_score(b), a number and an array like b, and information(b), a square array
    start : coefficients to start from
    free : which of them may change, booleans; all where it is left out. The others keep their starting values
    tolerance : the fit ends when no coefficient moves by more
    max_steps : after so many it gives up

    Returns
    -------
    array : the coefficients

    Raises
    ------
    NoEstimate : where two terms cannot be distinguished, and where the coefficients do not settle, as they do not where
        the likelihood grows for ever
    """
    b = np.array(start, dtype=float)
    free = np.ones(len(b), dtype=bool) if free is None else np.asarray(free)
    if not free.any():
        return b
    square = np.ix_(free, free)
    value, score = model.value_and_score(b)
    for _ in range(max_steps):
        step = np.zeros(len(b))
        step[free] = solve(model.information(b)[square], score[free])
        reached, slope = model.value_and_score(b + step)
        while not reached >= value - VALUE_TOL * abs(value) and np.abs(step).max() > tolerance:
            step = step / 2
            reached, slope = model.value_and_score(b + step)
        b, value, score = b + step, reached, slope
        if np.abs(step).max() < tolerance:
            return b
    raise NoEstimate(f"the estimates did not settle in {max_steps} steps")
