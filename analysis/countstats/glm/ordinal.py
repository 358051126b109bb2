"""Ordinal logistic models on counts: proportional odds, and named terms that depart from them.

For ordered categories 0, 1, ..., J the model is ``logit P(Y >= j) = a_j + x b + z_j d_j``: the terms x have one
coefficient for all j (McCullagh 1980, J. R. Stat. Soc. B 42: 109-142), the terms z_j one more at j alone (partial
proportional odds; Peterson and Harrell 1990, Applied Statistics 39: 205-217).

Why not a library: statsmodels' OrderedModel takes no counts (it ignores weights without a word) and has no
terms that depart from proportional odds.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logit, xlogy
from scipy.stats import chi2

from countstats.glm.solver import Fit, NoEstimate, solve

__all__ = ["Fit", "NoEstimate", "departures", "fit"]


def fit(x, counts, departing=None, tolerance=1e-11, most_steps=50, start=None):
    """Fit by Fisher scoring, which needs the expected information alone and so gives the covariance as well.

    Parameters
    ----------
    x : DataFrame of the terms, (cells, terms), without a constant
    counts : DataFrame, (cells, categories), how many pupils of each cell are in each category, from low to high
    departing : {category: names of terms in x that have a coefficient of their own at that category}
    tolerance : the fit ends when no coefficient moves by more; scoring closes in step by step, so that what is still
        left then is of that size
    most_steps : where it gives up
    start : Series of coefficients to begin from, by the names below; by default no term has an effect

    Returns a Fit. Its estimates are named as the terms of x, "category: intercept", and "category: term" for the
    terms that depart. Raises ValueError where a category is empty, and NoEstimate where the estimates do not
    settle. With terms of 0 and 1, as of categories, that tells every infinite estimate; a term that takes any value
    may be infinite and settle far out.
    """
    n, common = counts.to_numpy(float), x.to_numpy(float)
    above = list(counts.columns[1:])
    names = {each: list((departing or {}).get(each, ())) for each in above}
    own = [np.column_stack([np.ones(len(x)), x[names[each]].to_numpy(float)]) for each in above]
    labels = [f"{each}: {term}" for each in above for term in ("intercept", *names[each])] + list(x.columns)
    ends = np.cumsum([each.shape[1] for each in own])
    shares = n.sum(axis=0) / n.sum()
    if not (shares > 0).all():
        raise ValueError("nobody is in one of the categories")
    b = np.zeros(len(labels))
    b[ends - [each.shape[1] for each in own]] = logit(1 - np.cumsum(shares)[:-1])
    if start is not None:
        b = start[labels].to_numpy(float)
    for _ in range(most_steps):
        score, information = _derivatives(b, own, ends, common, n)
        step = solve(information, score)
        # Half the way, and half again, as long as that leads higher: a whole step may go too far, or even
        # to where a chance is negative.
        reached, half = (_log_likelihood(b + part, own, ends, common, n) for part in (step, step / 2))
        while half > reached or reached == -np.inf:
            step, reached, half = step / 2, half, _log_likelihood(b + step / 4, own, ends, common, n)
        b = b + step
        if np.abs(step).max() < tolerance:
            information = _derivatives(b, own, ends, common, n)[1]
            return Fit(pd.Series(b, labels), solve(information, np.eye(len(b))), reached)
    raise NoEstimate(f"the estimates did not settle in {most_steps} steps")


def _chances(b, own, ends, common):
    """The logits of each category or a higher one, (cells, logits), and the chance of each category.

    A chance is the difference of two cumulative ones, taken here as a product: where both are nearly one, as they get
    where an estimate is infinite, a difference would be nought, and the fit would end there as if it had settled.
    """
    shared = common @ b[ends[-1] :]
    starts = np.append(0, ends[:-1])
    eta = np.column_stack([each @ b[i:j] + shared for each, i, j in zip(own, starts, ends, strict=True)])
    end = np.full((len(eta), 1), np.inf)
    upper, lower = np.hstack([end, eta]), np.hstack([eta, -end])
    return eta, expit(upper) * expit(-lower) * -np.expm1(lower - upper)


def _log_likelihood(b, own, ends, common, n):
    chance = _chances(b, own, ends, common)[1]
    if (chance <= 0).any():
        return -np.inf
    return xlogy(n, chance).sum()


def _derivatives(b, own, ends, common, n):
    """Score and expected information; the coefficients are those of each `own`, then those of `common`."""
    eta, chance = _chances(b, own, ends, common)
    slope = expit(eta) * expit(-eta)
    ratio, total = n / chance, n.sum(axis=1)
    pull = slope * (ratio[:, 1:] - ratio[:, :-1])  # the score of each logit, (cells, logits)
    logits = range(len(own))
    weight = {(j, j): total * slope[:, j] ** 2 * (1 / chance[:, j] + 1 / chance[:, j + 1]) for j in logits}
    for j in logits[1:]:
        weight[j - 1, j] = weight[j, j - 1] = -total * slope[:, j - 1] * slope[:, j] / chance[:, j]
    score = np.concatenate([own[j].T @ pull[:, j] for j in logits] + [common.T @ pull.sum(axis=1)])
    starts, size = np.append(0, ends[:-1]), len(b)
    information = np.zeros((size, size))
    shared = slice(ends[-1], size)
    for (j, k), w in weight.items():
        information[starts[j] : ends[j], starts[k] : ends[k]] = own[j].T @ (w[:, None] * own[k])
    for j in logits:
        row = sum(w for (one, _), w in weight.items() if one == j)
        block = own[j].T @ (row[:, None] * common)
        information[starts[j] : ends[j], shared], information[shared, starts[j] : ends[j]] = block, block.T
    information[shared, shared] = common.T @ (sum(weight.values())[:, None] * common)
    return score, information


def departures(x, counts, common):
    """Test whether proportional odds hold: that every term has one coefficient for all categories.

    x, counts   as `fit` takes them, the columns of x being (variable, code);  common   the fit with proportional odds
    Returns (test, by_variable): the likelihood-ratio test against the model in which all terms depart at every category
    above the second (chi_square, df and p), and Wald's test of the departures of each variable in that model, one row
    per variable. Raises NoEstimate where that model has no finite estimates.
    """
    categories = counts.columns[2:]
    larger = fit(x, counts, {category: list(x.columns) for category in categories})
    statistic = 2 * (larger.log_likelihood - common.log_likelihood)
    df = len(larger.estimates) - len(common.estimates)
    own = {
        name: larger.wald([f"{category}: {term}" for category in categories for term in x if term[0] == name])
        for name in x.columns.unique(0)
    }
    by_variable = pd.DataFrame.from_dict(own, orient="index").rename_axis("variable")
    return {"chi_square": statistic, "df": df, "p": chi2.sf(statistic, df)}, by_variable
