"""Ordinal logistic models on counts: proportional odds, and named terms that depart from them.

For ordered categories 0, 1, ..., J the model is ``logit P(Y >= j) = a_j + x b + z_j d_j``: the terms x have one
coefficient for all j (McCullagh 1980, J. R. Stat. Soc. B 42: 109-142), the terms z_j one more at j alone (partial
proportional odds; Peterson and Harrell 1990, Applied Statistics 39: 205-217).

Why not a library: statsmodels' OrderedModel takes no counts (it ignores weights without a word) and has no
terms that depart from proportional odds.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit, xlogy
from scipy.stats import chi2

from countstats.estimates import ChiSquare
from countstats.glm.design import INTERCEPT, Coded, Dense, as_design
from countstats.glm.solver import Fit, covariance, maximise

STEP_TOL = 1e-11  # scoring closes in step by step, so that what is still missing at the end is of this size
MAX_STEPS = 50


class Ordinal:
    """The log-likelihood of counts, for `solver.maximise`; its information is the expected one (Fisher scoring).

    Parameters
    ----------
    x : a design of `design.py`, (cells, terms): a constant, and the terms with one coefficient for all categories
    own : for each category above the first, the places of the columns of x that have a coefficient of their own there:
        0, the constant, and those of the terms that depart
    counts : (cells, categories), how many units of each cell are in each category, from low to high

    Notes
    -----
    The coefficients are those of each category of `own`, one after the other, then those of x without the constant.
    """

    def __init__(self, x: Dense | Coded, own: list[np.ndarray], counts: np.ndarray):
        self.x, self.own, self.counts = x, own, counts
        self.ends = np.cumsum([len(each) for each in own])
        self.starts = np.append(0, self.ends[:-1])

    def probabilities(self, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log odds of each category or a higher one, (cells, J), and each category's probability.

        A probability is the difference of two cumulative ones, taken here as a product: where both are nearly one, as
        they get where an estimate is infinite, a difference would be zero, and the fit would end as if it had settled.
        """
        together = np.tile(np.append(0.0, b[self.ends[-1] :])[:, None], len(self.own))
        for j, (places, start, end) in enumerate(zip(self.own, self.starts, self.ends, strict=True)):
            together[places, j] += b[start:end]
        log_odds = self.x.times(together)
        end = np.full((len(log_odds), 1), np.inf)
        upper, lower = np.hstack([end, log_odds]), np.hstack([log_odds, -end])
        return log_odds, expit(upper) * expit(-lower) * -np.expm1(lower - upper)

    def value_and_score(self, b: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the log-likelihood of single units and its slope; -inf where a probability is not above zero."""
        log_odds, probability = self.probabilities(b)
        if (probability <= 0).any():
            return -np.inf, np.zeros(len(b))
        ratio = self.counts / probability
        pull = expit(log_odds) * expit(-log_odds) * (ratio[:, 1:] - ratio[:, :-1])  # score of each log odds
        score = self.x.transposed_times(pull)
        own = [row[places] for row, places in zip(score, self.own, strict=True)]
        return xlogy(self.counts, probability).sum(), np.concatenate([*own, score.sum(axis=0)[1:]])

    def information(self, b: np.ndarray) -> np.ndarray:
        """Return the expected information, (coefficients, coefficients)."""
        log_odds, probability = self.probabilities(b)
        slope, n = expit(log_odds) * expit(-log_odds), self.counts.sum(axis=1)
        logits = range(len(self.own))
        gram = {}
        for j in logits:
            gram[j, j] = self.x.gram(n * slope[:, j] ** 2 * (1 / probability[:, j] + 1 / probability[:, j + 1]))
        for j in logits[1:]:
            gram[j - 1, j] = gram[j, j - 1] = self.x.gram(-n * slope[:, j - 1] * slope[:, j] / probability[:, j])
        out = np.zeros((len(b), len(b)))
        place, shared = [slice(*pair) for pair in zip(self.starts, self.ends, strict=True)], slice(self.ends[-1], None)
        for (j, k), each in gram.items():
            out[place[j], place[k]] = each[np.ix_(self.own[j], self.own[k])]
        for j in logits:
            block = sum(each for (one, _), each in gram.items() if one == j)[self.own[j], 1:]
            out[place[j], shared], out[shared, place[j]] = block, block.T
        out[shared, shared] = sum(gram.values())[1:, 1:]
        return out


def fit(
    x: pd.DataFrame | Coded,
    counts: pd.DataFrame,
    departing: dict[str, list] | None = None,
    start: pd.Series | None = None,
    tolerance: float = STEP_TOL,
) -> Fit:
    """Fit the model by maximum likelihood.

    Parameters
    ----------
    x : the terms, (cells, terms), without a constant; or a design of `design.py`, whose intercept is the constant
    counts : (cells, categories), how many units of each cell are in each category, from low to high
    departing : {category: names of terms in x that have a coefficient of their own at that category}
    start : coefficients to begin from, by the names below; by default no term has an effect
    tolerance : the fit ends when no coefficient moves by more

    Returns
    -------
    Fit : its estimates are named as the terms of x, "category: intercept", and "category: term" for the terms that
        depart

    Raises
    ------
    ValueError : where a category is empty
    NoEstimate : where the estimates do not settle. With terms of 0 and 1, as of categories, that finds every infinite
        estimate; a term that takes any value may be infinite and settle far out
    """
    above, terms = list(counts.columns[1:]), list(_terms(x))
    names = {each: list((departing or {}).get(each, ())) for each in above}
    own = [np.array([0, *(1 + terms.index(term) for term in names[each])]) for each in above]
    labels = [f"{each}: {term}" for each in above for term in ("intercept", *names[each])] + terms
    shares = counts.sum().to_numpy(float) / counts.to_numpy().sum()
    if not (shares > 0).all():
        raise ValueError("no unit is in one of the categories")
    constant = len(terms) < x.shape[1]
    design = as_design(x if constant else np.column_stack([np.ones(len(x)), x.to_numpy(float)]))
    model = Ordinal(design, own, counts.to_numpy(float))
    b = np.zeros(len(labels))
    b[model.starts] = logit(1 - np.cumsum(shares)[:-1])
    if start is not None:
        b = start[labels].to_numpy(float)
    b = maximise(model, b, tolerance=tolerance, max_steps=MAX_STEPS)
    return Fit(pd.Series(b, labels), covariance(model, b), model.value_and_score(b)[0])


def _terms(x):
    """Return the labels of the terms: without the intercept, which a design has first."""
    return x.columns[1:] if x.columns[0] == INTERCEPT else x.columns


class ProportionalOdds(NamedTuple):
    """The test of proportional odds.

    test : likelihood-ratio test against the model in which all terms depart at every category above the second
    by_variable : chi_square, df and p of Wald's test of each variable's departures in that model, one row per variable
    """

    test: ChiSquare
    by_variable: pd.DataFrame


def departures(x: pd.DataFrame | Coded, counts: pd.DataFrame, common: Fit) -> ProportionalOdds:
    """Test whether proportional odds hold: that every term has one coefficient for all categories.

    Parameters
    ----------
    x, counts : as `fit` takes them, the terms being (variable, code)
    common : the fit with proportional odds

    Raises
    ------
    NoEstimate : where the model with departures has no finite estimates
    """
    categories, terms = counts.columns[2:], _terms(x)
    larger = fit(x, counts, {category: list(terms) for category in categories})
    statistic = 2 * (larger.log_likelihood - common.log_likelihood)
    df = len(larger.estimates) - len(common.estimates)
    variables = terms.unique(0)
    own = [
        larger.wald([f"{category}: {term}" for category in categories for term in terms if term[0] == name])
        for name in variables
    ]
    by_variable = pd.DataFrame(own, pd.Index(variables, name="variable"), ChiSquare._fields)
    return ProportionalOdds(ChiSquare(statistic, df, chi2.sf(statistic, df)), by_variable)
