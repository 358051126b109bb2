"""Profile-likelihood limits: the values of one coefficient that the data do not make implausible.

A value lies within the limits if the best fit with the coefficient fixed there is hardly worse than the best of all:
twice the loss in log-likelihood stays below the chi-square quantile with one degree of freedom. Unlike Wald's limits
these need not lie symmetrically about the estimate, and they do not depend on the scale.

The two limits solve a system of equations (the log-likelihood has the wanted value, and its slope in all other
directions is zero), to which Newton's steps lead in a few rounds (Venzon and Moolgavkar 1988, Applied Statistics
37: 87-94, doi 10.2307/2347496).

Why not a library: statsmodels has no profile limits for its generalized linear models. firthmodels has them
(with a penalty of weight 0), but gives NaN both for a limit that does not exist and for one that it did not reach.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit
from countstats.glm.design import Coded
from countstats.glm.solver import Fit, NoEstimate, maximise, solve

MAX_STEPS = 40  # of Newton's, before a search takes over
PROFILE_TOL = 1e-9  # of the log-likelihood from the wanted value, and of the slopes, in standard errors, from zero
ROUNDING = 8 * np.finfo(float).eps  # of the log-likelihood, a share: of millions of units it exceeds PROFILE_TOL
MAX_STEP = 5.0  # standard errors that a step may move a coefficient; beyond it the search takes over
MAX_SHARE_LEFT = 0.2  # a step that leaves a larger share of the distance asks for the curvature at the new point


def limits(model, estimates: pd.Series, terms, confidence: float = 0.95) -> pd.DataFrame:
    """Return profile-likelihood limits of some coefficients: low and high, one row per term.

    A limit that does not exist, since the likelihood never falls so far, is infinite.

    Parameters
    ----------
    model : has value_and_score(b) and information(b), as `logit.Logit` has
    estimates : the coefficients at the maximum
    terms : which of its labels
    """
    profile = _Profile.of(model, estimates.to_numpy(float), confidence)
    places = [estimates.index.get_loc(term) for term in terms]
    ends = [[profile.limit(place, sign) for sign in (-1, 1)] for place in places]
    return pd.DataFrame(ends, index=estimates.index[places], columns=["low", "high"])


def univariable(cells: pd.DataFrame, reference: dict[str, str], confidence: float = 0.95) -> pd.DataFrame:
    """Return profile-likelihood limits of the odds ratio of each code with nothing else in the model: low and high.

    Parameters
    ----------
    cells, reference : as `wald.univariable` takes them

    Returns
    -------
    DataFrame : one row per (variable, code) without the references; NaN where one of the four counts is zero
    """
    rows = {}
    for variable, base in reference.items():
        counts = cell_table.collapse(cells, [variable])
        both = counts[(counts[COUNTS] > 0).all(axis=1)].reset_index(drop=True)
        rows |= {(variable, code): (np.nan, np.nan) for code in counts[variable] if code != base}
        if base not in set(both[variable]) or len(both) < 2:
            continue
        matrix = design.matrix(both, {variable: base})
        own = multivariable(matrix, both, logit.fit(matrix, both), confidence)
        rows |= {term: tuple(pair) for term, pair in zip(own.index, own.to_numpy(), strict=True)}
    table = pd.DataFrame(list(rows.values()), pd.MultiIndex.from_tuples(rows, names=design.TERM))
    return table.set_axis(["low", "high"], axis=1)


def multivariable(
    matrix: pd.DataFrame | Coded, cells: pd.DataFrame, fitted: Fit, confidence: float = 0.95
) -> pd.DataFrame:
    """Return profile-likelihood limits of the odds ratio of each term, adjusted for all others: low and high.

    Parameters
    ----------
    matrix, cells, fitted : a design matrix, written out or coded, its counts and its fit (`logit.fit`)
    """
    model = logit.Logit(matrix, cells["events"], cells["others"])
    return np.exp(limits(model, fitted.estimates, matrix.columns.drop(design.INTERCEPT), confidence))


@dataclass(frozen=True)
class _Profile:
    """A model at its maximum b, and the log-likelihood (target) at which the limits of a coefficient lie."""

    model: object
    b: np.ndarray
    information: np.ndarray
    covariance: np.ndarray
    drop: float
    target: float

    @classmethod
    def of(cls, model, b, confidence):
        information, drop = model.information(b), chi2.ppf(confidence, 1)
        covariance = solve(information, np.eye(len(b)))
        return cls(model, b, information, covariance, drop, model.value_and_score(b)[0] - drop / 2)

    def limit(self, place, sign):
        """Find one limit by Newton's steps from where it would lie if the log-likelihood were a parabola."""
        se, information = np.sqrt(np.diag(self.covariance)), self.information
        at = self.b + sign * np.sqrt(self.drop) * self.covariance[:, place] / se[place]
        others = np.arange(len(self.b)) != place
        before, tolerance = np.inf, max(PROFILE_TOL, ROUNDING * abs(self.target))
        for _ in range(MAX_STEPS):
            value, score = self.model.value_and_score(at)
            off = max(abs(value - self.target), np.abs(score * se)[others].max(initial=0.0))
            if off < tolerance:
                return at[place] if sign * (at[place] - self.b[place]) > 0 else self.search(place, sign)
            if off > MAX_SHARE_LEFT * before:
                information = self.model.information(at)
            before = off
            equations = -information
            equations[place], wrong = score, -score
            wrong[place] = self.target - value
            try:
                step = np.linalg.solve(equations, wrong)
            except np.linalg.LinAlgError:
                break
            if not np.isfinite(step).all() or np.abs(step / se).max() > MAX_STEP:
                break
            at = at + step
        return self.search(place, sign)

    def search(self, place, sign):
        """Find the same limit along the coefficient, the others fitted again at every value; slow and safe."""
        b, se = self.b, np.sqrt(self.covariance[place, place])
        free = np.arange(len(b)) != place
        best = b.copy()

        def beyond(value):
            nonlocal best
            best = maximise(self.model, np.where(free, best, value), free)
            return self.model.value_and_score(best)[0] - self.target

        near, far = b[place], b[place] + sign * se
        try:
            while beyond(far) > 0:
                near, far = far, far + 2 * (far - b[place])
                if abs(far - b[place]) > 1e3 * max(1.0, se):
                    return sign * np.inf
            return brentq(beyond, near, far, xtol=1e-11, rtol=1e-12)
        except NoEstimate:
            return sign * np.inf
