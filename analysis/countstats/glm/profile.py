"""Profile-likelihood limits: the values of one coefficient that the data do not make implausible.

A value lies within the limits if the best fit with the coefficient held there is hardly worse than the best of all:
twice the loss in log-likelihood stays below the chi-square quantile with one degree of freedom. Unlike Wald's limits
these need not lie symmetrically about the estimate, and they do not depend on the scale.

The two limits solve a system of equations (the log-likelihood has the wanted value, and its slope in all other
directions is nought), to which Newton's steps lead in a few rounds (Venzon and Moolgavkar 1988, Applied Statistics
37: 87-94, doi 10.2307/2347496).

Why not a library: statsmodels has no profile limits for its generalized linear models.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2

from countstats.glm import design as on_cells
from countstats.glm import logit
from countstats.glm.solver import NoEstimate, maximise, solve

ROUNDS = 40  # of Newton's steps before a search takes over
CLOSE = 1e-9  # of the log-likelihood to the wanted value, and of the slopes, in standard errors, to nought


def limits(model, estimates, terms, level=0.95):
    """Profile-likelihood limits of some coefficients: a DataFrame with low and high, one row per term.

    Parameters
    ----------
    model : has value_and_score(b) and information(b), as `logit.Logit` has
    estimates : Series of the coefficients at the maximum
    terms : which of its labels
    level : the confidence level

    A limit that does not exist, since the likelihood never falls so far, is infinite.
    """
    b = estimates.to_numpy(float)
    information = model.information(b)
    covariance = solve(information, np.eye(len(b)))
    target = model.value_and_score(b)[0] - chi2.ppf(level, 1) / 2
    places = estimates.index.get_indexer(pd.Index(terms))
    found = [
        [_limit(model, b, information, covariance, place, sign, target, level) for sign in (-1, 1)] for place in places
    ]
    return pd.DataFrame(found, index=estimates.index[places], columns=["low", "high"])


def univariable(cells, reference, level=0.95):
    """Profile-likelihood limits of the odds ratio of each code with nothing else in the model: low and high.

    cells, reference   as `cells.univariable` takes them
    One row per (variable, code) without the references; NaN where one of the four counts is nought.
    """
    found = {}
    for variable, base in reference.items():
        counts = on_cells.collapse(cells, [variable])
        held = counts[(counts[on_cells.COUNTS] > 0).all(axis=1)].reset_index(drop=True)
        found |= {(variable, code): (np.nan, np.nan) for code in counts[variable] if code != base}
        if base not in set(held[variable]) or len(held) < 2:
            continue
        matrix = on_cells.design(held, {variable: base})
        fitted = logit.fit(matrix, held)
        own = limits(logit.Logit(matrix, held["events"], held["others"]), fitted.estimates, matrix.columns[1:], level)
        found |= {term: tuple(np.exp(pair)) for term, pair in zip(own.index, own.to_numpy(), strict=True)}
    table = pd.DataFrame(list(found.values()), pd.MultiIndex.from_tuples(found, names=on_cells.TERM))
    return table.set_axis(["low", "high"], axis=1)


def multivariable(matrix, cells, fitted, level=0.95):
    """Profile-likelihood limits of the odds ratio of each term beside all others: low and high, one row per term.

    matrix, cells, fitted   a design matrix, its counts and its fit (`logit.fit`)
    """
    model = logit.Logit(matrix, cells["events"], cells["others"])
    return np.exp(limits(model, fitted.estimates, matrix.columns.drop(on_cells.INTERCEPT), level))


def _limit(model, b, information, covariance, place, sign, target, level):
    """One limit: by Newton's steps from where it would lie if the log-likelihood were a parabola."""
    se = np.sqrt(np.diag(covariance))
    reach = np.sqrt(chi2.ppf(level, 1))
    at = b + sign * reach * covariance[:, place] / se[place]
    others = np.arange(len(b)) != place
    before = np.inf
    for _ in range(ROUNDS):
        value, score = model.value_and_score(at)
        off = max(abs(value - target), np.abs(score * se)[others].max(initial=0.0))
        if off < CLOSE:
            return at[place] if sign * (at[place] - b[place]) > 0 else _search(model, b, se, place, sign, target)
        if off > 0.2 * before:  # the curvature at an earlier point no longer serves
            information = model.information(at)
        before = off
        equations = -information
        equations[place], wrong = score, -score
        wrong[place] = target - value
        try:
            step = np.linalg.solve(equations, wrong)
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all() or np.abs(step / se).max() > 5:
            break
        at = at + step
    return _search(model, b, se, place, sign, target)


def _search(model, b, se, place, sign, target):
    """The same limit by a search along the coefficient, the others fitted anew at every value; slow and safe."""
    free = np.arange(len(b)) != place
    best = b.copy()

    def beyond(value):
        nonlocal best
        best = np.where(free, best, value)
        best = maximise(model, best, free)
        return model.value_and_score(best)[0] - target

    near, far = b[place], b[place] + sign * se[place]
    try:
        while beyond(far) > 0:
            near, far = far, far + 2 * (far - b[place])
            if abs(far - b[place]) > 1e3 * max(1.0, se[place]):
                return sign * np.inf
        return brentq(beyond, near, far, xtol=1e-11, rtol=1e-12)
    except NoEstimate:
        return sign * np.inf
