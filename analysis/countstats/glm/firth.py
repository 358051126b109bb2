"""Firth's bias-reduced logistic regression on counts: finite estimates where the likelihood has none.

Where no unit of a category has the event, the likelihood grows for ever as the category's coefficient falls; where
few have it, estimates are biased away from zero. Firth (1993, Biometrika 80: 27-38, doi 10.1093/biomet/80.1.27)
adds half the logarithm of the information's determinant to the log-likelihood, which takes away the leading term of
the bias and makes every estimate finite (Heinze and Schemper 2002, Statistics in Medicine 21: 2409-2419, doi
10.1002/sim.1047). With many units in every category it changes next to nothing.

The estimates and their profile limits are those of `firthmodels`, which takes counts as weights. Two things it does not
give are here: a test of several terms at once (its own has one degree of freedom), and standard errors from the
information of the likelihood alone, as R's brglm2 has them (its own come from an information with the penalty in it,
and are up to a tenth smaller where units are few). statsmodels and scikit-learn have no such penalty. The package
writes the matrix out; a coded design (`design.coded`) is fitted by the same likelihood here, and so are counts of so
many units that the package's rule of stopping, which is absolute, is never met.
"""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.columns import COUNTS
from countstats.glm import logit, profile
from countstats.glm.collinearity import dependent_columns
from countstats.glm.design import Coded, Dense, as_design, select
from countstats.glm.solver import Fit, NoEstimate, covariance, maximise, solve

STEP_TOL = 1e-11  # a fit ends when no coefficient would move by more
MAX_STEPS = 500
# Near the maximum rounding decides whether a step has raised the likelihood; halving it then would only end the fit too
# early. The package's steps, whose curvature allows for the penalty, do not need it.
FIT = {
    "fit_intercept": False,
    "backend": "numpy",
    "max_iter": MAX_STEPS,
    "max_halfstep": 0,
    "gtol": 1e-6,
    "xtol": STEP_TOL,
}
LIMITS = {"method": "pl", "max_iter": MAX_STEPS, "tol": 1e-8}


def fit(matrix: pd.DataFrame | Coded, cells: pd.DataFrame) -> Fit:
    """Fit the model by the penalised likelihood.

    Parameters
    ----------
    matrix, cells : as `logit.fit` takes them

    Returns
    -------
    Fit : its log-likelihood is the penalised one, its covariance the inverse of the information at the estimates

    Raises
    ------
    NoEstimate : where two terms cannot be distinguished, be it since a term keeps less than 1e-10 of its information
        next to the others, as where the reference has no events among more than some 1e10 units
    ValueError : where all or no units have the event
    """
    logit.refuse_constant(cells)
    model = logit.Logit(matrix, cells["events"], cells["others"])
    fitted = None if isinstance(matrix, Coded) else _firthmodels(matrix, cells)
    if fitted is not None and fitted.converged_:
        b, value = fitted.coef_, fitted.loglik_
    else:
        penalised = _Penalised(model.x, model.events, model.others)
        b = maximise(penalised, np.zeros(model.x.shape[1]), None, STEP_TOL, MAX_STEPS)
        value = penalised.value_and_score(b)[0]
    return Fit(pd.Series(b, matrix.columns), covariance(model, b), value)


def limits(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, terms: list, confidence: float = 0.95) -> pd.DataFrame:
    """Return limits from the profile of the penalised likelihood (Heinze and Schemper 2002): low and high, by term.

    A limit that the search does not reach is NaN.
    """
    if isinstance(matrix, Coded):
        model = _Penalised(matrix, cells["events"], cells["others"])
        return profile.limits(model, fit(matrix, cells).estimates, terms, confidence)
    places = [matrix.columns.get_loc(term) for term in terms]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a limit that is not reached
        ends = _firthmodels(matrix, cells).conf_int(1 - confidence, features=places, **LIMITS)
    return pd.DataFrame(ends[places], index=matrix.columns[places], columns=["low", "high"])


def estimate(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, start: pd.Series | None = None) -> tuple[Fit, bool]:
    """Fit by maximum likelihood, or with the penalty where that has no finite estimates: (Fit, whether penalised)."""
    try:
        return logit.fit(matrix, cells, start), False
    except NoEstimate:
        return fit(matrix, cells), True


def log_likelihood_without(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, terms) -> float:
    """Return the greatest penalised log-likelihood with the coefficients of some terms at zero.

    The terms stay in the penalty, as a penalised likelihood-ratio test wants it (Heinze and Schemper 2002).
    """
    model = _Penalised(matrix, cells["events"], cells["others"])
    start, free = np.zeros(matrix.shape[1]), ~matrix.columns.isin(list(terms))
    return model.value_and_score(maximise(model, start, free, STEP_TOL, MAX_STEPS))[0]


def _firthmodels(matrix, cells):
    """Fit by the package: a row for the events and one for the others of each cell, weighted by how many they are."""
    from firthmodels import FirthLogisticRegression  # slow to import, and rarely needed

    x, weight = matrix.to_numpy(float), cells[COUNTS].to_numpy(float).ravel(order="F")
    covariance(logit.Logit(x, *cells[COUNTS].to_numpy().T), np.zeros(x.shape[1]))  # refuses terms that are alike
    used = weight > 0
    rows, outcome = np.vstack([x, x])[used], np.repeat([1, 0], len(x))[used]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a fit that has not converged
        fitted = FirthLogisticRegression(**FIT).fit(rows, outcome, sample_weight=weight[used])
    return fitted


class _Penalised(logit.Logit):
    """The log-likelihood of `logit.Logit` plus half the log-determinant of its information.

    The penalty pulls every unit towards a half as a further unit would, of the weight of its leverage. The curvature
    allows for that: else steps go too far, twice as far for a category of one unit, and so to and fro for ever.
    """

    _leverages = None  # at the last b: a step asks for them twice

    def value_and_score(self, b):
        value, score = super().value_and_score(b)
        sign, size = np.linalg.slogdet(super().information(b))
        if sign <= 0:
            return -np.inf, score
        pull = self.n * self._leverage(b) * (0.5 - self._at(b)[1])
        return value + size / 2, score + self.x.transposed_times(pull)

    def information(self, b):
        _, risk = self._at(b)
        return self.x.gram(self.n * (1 + self._leverage(b)) * risk * (1 - risk))

    def _leverage(self, b):
        """Return the share of its own fit that one unit of each cell has (a diagonal entry of the hat matrix)."""
        if self._leverages is None or not np.array_equal(self._leverages[0], b):
            _, risk = self._at(b)
            form = solve(super().information(b), np.eye(len(b)))
            self._leverages = np.array(b), risk * (1 - risk) * self.x.quadratic(form)
        return self._leverages[1]


def refit(
    x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike, start: ArrayLike | None = None
) -> np.ndarray:
    """Fit a model again to other counts, which may lack something that the model has: its coefficients.

    A resample, or a country without one of its regions, may well lack a category: its coefficient is 0 then, as that of
    a column that follows from others. Where some estimate is infinite, since all or no units of a category have the
    event, Firth's penalty takes the place of the likelihood: else the coefficients would depend on when a fit gives up.

    Parameters
    ----------
    x : a design of `design.py`, or numbers, (cells, terms), the intercept first
    events, others : counts along the rows
    start : coefficients to start from

    Raises
    ------
    NoEstimate, ValueError : as `fit` does
    """
    x, n = as_design(x), np.asarray(events) + np.asarray(others)
    has = x.transposed_times(n.astype(float)) if isinstance(x, Coded) else n @ np.abs(x.x)
    free = has > 0  # columns that some unit has
    b = np.where(free, 0.0 if start is None else start, 0.0)
    try:
        return maximise(logit.Logit(x, events, others), b, free)
    except NoEstimate:
        cells = pd.DataFrame(dict(zip(COUNTS, (events, others), strict=True)))
    numbered = x.select() if isinstance(x, Coded) else pd.DataFrame(x.x)
    numbered.columns = pd.RangeIndex(x.shape[1])
    fitted = reduced(select(numbered, columns=np.flatnonzero(free)), cells)
    return fitted.estimates.reindex(numbered.columns, fill_value=0.0).to_numpy()


def reduced(matrix: pd.DataFrame | Coded, cells: pd.DataFrame) -> Fit:
    """Fit without the columns that follow from others, and with the penalty where the likelihood has no maximum.

    Parameters
    ----------
    matrix, cells : as `logit.fit` takes them; columns may follow from others, or have no unit

    Returns
    -------
    Fit : its estimates lack these columns
    """
    dependent = dependent_columns(matrix, cells[COUNTS].sum(axis=1))
    if not dependent:
        return fit(matrix, cells)
    return estimate(select(matrix, columns=matrix.columns.drop(dependent)), cells)[0]
