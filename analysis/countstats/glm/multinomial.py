"""The multinomial logistic model on counts: each category against the first, with coefficients of its own.

For categories 0, 1, ..., J the model is ``log(P(Y = j) / P(Y = 0)) = x b_j``. It does not use that the categories are
ordered, and so shows what an ordinal model takes for granted.

Why not a library: statsmodels' MNLogit ignores weights with no more than a warning, so that it would need a row per
pupil; scikit-learn takes weights but gives no standard errors.
"""

import numpy as np
import pandas as pd

from countstats.glm.design import as_design
from countstats.glm.solver import Fit, covariance, maximise


class Multinomial:
    """The log-likelihood of counts; the coefficients lie one category after the other.

    x : a design with an intercept, of `design.py` or an array;  counts : (cells, categories)
    """

    def __init__(self, x, counts):
        self.x, self.counts = as_design(x), np.asarray(counts, dtype=float)
        self.n = self.counts.sum(axis=1)
        self.logits = self.counts.shape[1] - 1

    def log_chances(self, b):
        """Return the logarithm of each category's chance, (cells, categories)."""
        eta = np.zeros(self.counts.shape)
        eta[:, 1:] = self.x.times(b.reshape(self.logits, -1).T)
        eta -= eta.max(axis=1, keepdims=True)  # so that no exponential grows too large
        eta -= np.log(np.exp(eta).sum(axis=1, keepdims=True))
        return eta

    def value_and_score(self, b):
        """Return the log-likelihood of single pupils and its slope."""
        log_chances = self.log_chances(b)
        over = self.counts - self.n[:, None] * np.exp(log_chances)
        return (self.counts * log_chances).sum(), self.x.transposed_times(over[:, 1:]).ravel()

    def information(self, b):
        """Return the information; observed and expected are the same in this model."""
        chances = np.exp(self.log_chances(b))[:, 1:]
        terms = self.x.shape[1]
        out = np.empty((self.logits, terms, self.logits, terms))
        for j in range(self.logits):
            for k in range(j, self.logits):
                weight = self.n * chances[:, j] * ((j == k) - chances[:, k])
                out[j, :, k] = out[k, :, j] = self.x.gram(weight)
        return out.reshape(self.logits * terms, -1)


def fit(x, counts):
    """Fit by maximum likelihood; returns a Fit whose estimates are named (category, *term).

    x        DataFrame of the terms, (cells, terms), with an intercept
    counts   DataFrame, (cells, categories): how many pupils of each cell are in each; the first is compared with
    Raises ValueError where a category is empty, and NoEstimate where the estimates do not settle.
    """
    totals = counts.sum().to_numpy()
    if not (totals > 0).all():
        raise ValueError("nobody is in one of the categories")
    model = Multinomial(x, counts)
    b = maximise(model, np.zeros(model.logits * x.shape[1]))
    labels = [
        (category, *(term if isinstance(term, tuple) else (term,))) for category in counts.columns[1:] for term in x
    ]
    return Fit(pd.Series(b, pd.MultiIndex.from_tuples(labels)), covariance(model, b), model.value_and_score(b)[0])
