"""A logistic model fitted again and again: Newton's steps on cells, from a start that is nearly right.

Why not a library: a bootstrap refits the same model hundreds of times, and statsmodels' GLM builds its whole
machinery anew for each; these few lines, started at the estimate of the full sample, take a tenth of its time. And
its steps are not held back: on log odds of minus forty, which a category without the event has, they run away.
These stop when no coefficient moves any more, so that the estimates agree with it to nine digits (tested).

`likelihood.py` has Newton's steps too, for the models that the notebooks report: those refuse a likelihood without a
maximum, and name the term. A resample or a region left out may well lack a category, and must go on with the others.
"""

import numpy as np
from scipy.special import expit

STEPS = 60  # a fit on its way to infinity (a term without events) is given up after so many
STILL = 1e-10  # a largest move of a coefficient below this is none
FURTHEST = 5.0  # no coefficient moves further in one step: keeps a step from a poor start in hand
HALVES = 30  # how often a step that makes the fit worse is halved


def fit(x, events, n, start=None, offset=0.0, ridge=0.0):
    """Coefficients of a logistic model on cells, maximum likelihood or ridge.

    x       floats, cells x terms, the intercept (a column of ones) first
    events  how many of the `n` pupils of each cell had the event; weights that are not whole will do
    start   coefficients to start from, nought if not given; offset: added to the log odds of each cell
    ridge   half of it times the sum of squared coefficients (without the intercept) is taken from the
            log-likelihood (Hoerl and Kennard 1970; le Cessie and van Houwelingen 1992, doi 10.2307/2347628)

    Where the data do not determine a coefficient (a term that nobody has), it stays where it started. Newton's
    method for generalized linear models (McCullagh and Nelder 1989, Generalized Linear Models, section 2.5), a step
    that makes the fit worse being halved until it does not.
    """
    x, events, n = np.asarray(x, float), np.asarray(events, float), np.asarray(n, float)
    b = np.zeros(x.shape[1]) if start is None else np.array(start, float)
    penalty = np.full(x.shape[1], float(ridge))
    penalty[0] = 0

    def worth(b):
        eta = x @ b + offset
        return events @ eta - n @ np.logaddexp(0, eta) - penalty @ b**2 / 2

    reached = worth(b)
    for _ in range(STEPS):
        gradient, information = _derivatives(x, events, n, b, offset)
        step = _solve(information + np.diag(penalty), gradient - penalty * b)
        step *= min(1.0, FURTHEST / max(np.abs(step).max(), STILL))
        # Below the last digits of the likelihood a step can't be told from a good one.
        slack = 1e-12 * abs(reached)
        for _ in range(HALVES):
            after = worth(b + step)
            if after >= reached - slack:
                break
            step /= 2
        b, reached = b + step, after
        if np.abs(step).max() < STILL:
            break
    return b


def covariance(x, n, b, offset=0.0):
    """The covariance of the coefficients `b`: the inverse of the information, terms x terms."""
    return np.linalg.pinv(_derivatives(np.asarray(x, float), 0.0, np.asarray(n, float), b, offset)[1], hermitian=True)


def effective_df(x, n, b, ridge):
    """Effective number of terms of a ridge fit, the intercept left out: trace of I (I + ridge)^-1.

    I is the information at the coefficients `b`. Gray 1992, doi 10.2307/2290630. Without ridge, the number of terms.
    """
    _, information = _derivatives(np.asarray(x, float), 0.0, np.asarray(n, float), b, 0.0)
    penalty = np.full(len(b), float(ridge))
    penalty[0] = 0
    return float(np.trace(_solve(information + np.diag(penalty), information))) - 1


def log_likelihood(x, events, n, b):
    """The log-likelihood of single pupils (without binomial coefficients) at the coefficients `b`."""
    eta = np.asarray(x, float) @ b
    return float(np.asarray(events, float) @ eta - np.asarray(n, float) @ np.logaddexp(0, eta))


def _derivatives(x, events, n, b, offset):
    risk = expit(x @ b + offset)
    weighted = x * (n * risk * (1 - risk))[:, None]
    return x.T @ (events - n * risk), x.T @ weighted


def _solve(matrix, right):
    """Solve; where the matrix is singular, the shortest solution."""
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(matrix, right, rcond=None)[0]
