"""The multinomial logistic model on counts: each category against the first, with coefficients of its own.

For categories 0, 1, ..., J the model is ``log(P(Y = j) / P(Y = 0)) = x b_j``. It does not use that the categories are
ordered, and so shows what an ordinal model takes for granted.

Why not a library: statsmodels' MNLogit ignores weights with no more than a warning, so that it would need a row per
unit; scikit-learn takes weights but gives no standard errors.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.glm.design import Coded, Dense, as_design
from countstats.glm.solver import Fit, covariance, maximise


class Multinomial:
    """The log-likelihood of counts, for `solver.maximise`; the coefficients lie one category after the other.

    Parameters
    ----------
    x : a design of `design.py`, or numbers, (cells, terms), with an intercept
    counts : (cells, categories), how many units of each cell are in each; the first is compared with
    """

    def __init__(self, x: Dense | Coded | ArrayLike, counts: ArrayLike):
        self.x, self.counts = as_design(x), np.asarray(counts, dtype=float)
        self.n = self.counts.sum(axis=1)
        self.logits = self.counts.shape[1] - 1

    def log_probabilities(self, b: np.ndarray) -> np.ndarray:
        """Return the logarithm of each category's probability, (cells, categories)."""
        eta = np.zeros(self.counts.shape)
        eta[:, 1:] = self.x.times(b.reshape(self.logits, -1).T)
        eta -= eta.max(axis=1, keepdims=True)  # so that no exponential grows too large
        eta -= np.log(np.exp(eta).sum(axis=1, keepdims=True))
        return eta

    def value_and_score(self, b: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log-likelihood of single units and its slope."""
        log_probabilities = self.log_probabilities(b)
        over = self.counts - self.n[:, None] * np.exp(log_probabilities)
        return (self.counts * log_probabilities).sum(), self.x.transposed_times(over[:, 1:]).ravel()

    def information(self, b: np.ndarray) -> np.ndarray:
        """Return the information; observed and expected are the same in this model."""
        probability = np.exp(self.log_probabilities(b))[:, 1:]
        terms = self.x.shape[1]
        out = np.empty((self.logits, terms, self.logits, terms))
        for j in range(self.logits):
            for k in range(j, self.logits):
                weight = self.n * probability[:, j] * ((j == k) - probability[:, k])
                out[j, :, k] = out[k, :, j] = self.x.gram(weight)
        return out.reshape(self.logits * terms, -1)


def fit(x: pd.DataFrame | Coded, counts: pd.DataFrame) -> Fit:
    """Fit by maximum likelihood.

    Parameters
    ----------
    x : the terms, (cells, terms), with an intercept: a DataFrame or a coded design
    counts : (cells, categories), how many units of each cell are in each; the first is compared with

    Returns
    -------
    Fit : its estimates are named (category, *term)

    Raises
    ------
    ValueError : where a category is empty
    NoEstimate : where the estimates do not settle
    """
    totals = counts.sum().to_numpy()
    if not (totals > 0).all():
        raise ValueError("no unit is in one of the categories")
    model = Multinomial(x, counts)
    b = maximise(model, np.zeros(model.logits * x.shape[1]))
    labels = [
        (category, *(term if isinstance(term, tuple) else (term,)))
        for category in counts.columns[1:]
        for term in x.columns
    ]
    return Fit(pd.Series(b, pd.MultiIndex.from_tuples(labels)), covariance(model, b), model.value_and_score(b)[0])
