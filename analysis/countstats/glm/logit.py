"""The binomial logistic model on counts.

The model is that of statsmodels' `GLM` with a binomial family; the tests compare the two. It is fitted here wherever
many models follow one another (tests of each variable, profiles, bootstrap, imputations), on very many cells
(`design.coded`), with a ridge penalty, or starting from an earlier fit.

Why not a library: `solver.py` says it for statsmodels. scikit-learn's `LogisticRegression` takes weights, but gives no
information. glum stops by the gradient alone, and its covariance is that of rows, not of counts.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from countstats.columns import COUNTS
from countstats.estimates import ChiSquare
from countstats.glm import design, fit_measures
from countstats.glm.design import Coded, Dense, as_design, select
from countstats.glm.solver import Fit, NoEstimate, covariance, maximise, solve


class Logit:
    """The log-likelihood of counts under a logistic model, for `solver.maximise`.

    Parameters
    ----------
    x : a design of `design.py`, or numbers, (cells, terms); with a ridge the intercept must be the first column
    events, others : how many units of each cell have the event and how many have not; weights need not be whole
    offset : added to the log odds of each cell, a number or an array
    ridge : half of it times the sum of squared coefficients, without the intercept, is taken from the log-likelihood
        (Hoerl and Kennard 1970; le Cessie and van Houwelingen 1992, doi 10.2307/2347628)
    """

    def __init__(
        self,
        x: Dense | Coded | ArrayLike,
        events: ArrayLike,
        others: ArrayLike,
        offset: ArrayLike = 0.0,
        ridge: float = 0.0,
    ):
        self.x = as_design(x)
        self.events, self.others = np.asarray(events, dtype=float), np.asarray(others, dtype=float)
        self.n = self.events + self.others
        self.offset = np.asarray(offset, dtype=float)
        self.penalty = np.append(0.0, np.full(self.x.shape[1] - 1, float(ridge)))
        self._last = None

    def log_odds(self, b: np.ndarray) -> np.ndarray:
        """Return the linear predictor of each cell."""
        return self.x.times(b) + self.offset

    def log_likelihood(self, b: np.ndarray) -> float:
        """Return the log-likelihood of single units (without binomial coefficients), and without the penalty."""
        return self._log_likelihood(self._at(b)[0])

    def _log_likelihood(self, log_odds):
        # log p = -log(1 + exp(-log odds)): never of a probability that has been rounded to 0 or 1. Spelled out, since
        # np.logaddexp takes ten times as long, and longer than all the rest of a step.
        rest = np.log1p(np.exp(-np.abs(log_odds)))
        return self.events @ np.minimum(log_odds, 0) - self.others @ np.maximum(log_odds, 0) - self.n @ rest

    def _at(self, b):
        """Return log odds and risk of each cell, kept for the next call: a step asks for them twice at the same b."""
        if self._last is None or not np.array_equal(self._last[0], b):
            log_odds = self.log_odds(b)
            self._last = np.array(b), log_odds, expit(log_odds)
        return self._last[1:]

    def value_and_score(self, b: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the penalised log-likelihood and its slope."""
        log_odds, risk = self._at(b)
        score = self.x.transposed_times(self.events - self.n * risk)
        return self._log_likelihood(log_odds) - self.penalty @ b**2 / 2, score - self.penalty * b

    def information(self, b: np.ndarray) -> np.ndarray:
        """Return the information, (terms, terms); observed and expected are the same in this model."""
        _, risk = self._at(b)
        return self.x.gram(self.n * risk * (1 - risk)) + np.diag(self.penalty)

    def effective_df(self, b: np.ndarray) -> float:
        """Return the effective number of terms, without the intercept: the trace of I (I + ridge)^-1.

        I is the information without the penalty. Gray 1992, doi 10.2307/2290630. Without ridge, the number of terms.
        """
        penalised = self.information(b)
        return float(np.trace(solve(penalised, penalised - np.diag(self.penalty)))) - 1


def fit(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, start: pd.Series | None = None) -> Fit:
    """Fit the logistic model by maximum likelihood.

    Parameters
    ----------
    matrix : as `design.matrix` or `design.coded` gives it, or any DataFrame of numeric terms with an intercept
    cells : a table with `events` and `others`, row by row as in `matrix`
    start : estimates of a fit with some of the same terms: where to start from

    Returns
    -------
    Fit : its estimates are named as the columns of `matrix`

    Raises
    ------
    NoEstimate : where no finite coefficients are best
    ValueError : where all or no units have the event

    Notes
    -----
    Profile limits, marginal effects and the tests of each variable go on from this `Fit` (estimates with a covariance
    in their order, and a log-likelihood of single units), not from a result of statsmodels, which also returns
    coefficients where the likelihood has no maximum.
    """
    refuse_constant(cells)
    model = Logit(matrix, cells["events"], cells["others"])
    columns = matrix.columns
    b = np.zeros(len(columns)) if start is None else start.reindex(columns, fill_value=0.0).to_numpy()
    b = maximise(model, b)
    return Fit(pd.Series(b, columns), covariance(model, b), model.log_likelihood(b))


def refuse_constant(cells: pd.DataFrame) -> None:
    """Raise ValueError where all or no units have the event."""
    if (cells[COUNTS].sum() == 0).any():
        raise ValueError("a logistic model needs units with the event and units without it")


def risks(matrix: pd.DataFrame | Coded, fitted: Fit) -> np.ndarray:
    """Return the fitted probability of the event for each row of a design with the fit's terms."""
    if isinstance(matrix, Coded):
        kept = (
            matrix if len(matrix.columns) == len(fitted.estimates) else select(matrix, columns=fitted.estimates.index)
        )
        return expit(kept.times(fitted.estimates.to_numpy()))
    return expit(matrix[fitted.estimates.index].to_numpy() @ fitted.estimates.to_numpy())


def measures(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, fitted: Fit) -> pd.Series:
    """Return `fit_measures.of_counts` of a fit: what a likelihood-ratio test takes."""
    return fit_measures.of_counts(cells["events"], cells["others"], risks(matrix, fitted), len(fitted.estimates))


def compare(
    designs: dict[str, pd.DataFrame | Coded],
    cells: pd.DataFrame,
    against: dict[str, str],
    start: pd.Series | None = None,
) -> pd.DataFrame:
    """Fit several models of the same cells, and test each against a smaller one.

    Parameters
    ----------
    designs : {model: design matrix}
    cells : `events` and `others`, row by row as in the matrices
    against : {model: the smaller one, further up, that it is tested against}
    start : estimates to start from

    Returns
    -------
    DataFrame : model, n, parameters, aic, against, chi_square, df, p (likelihood-ratio test), one row per model. The
        test is NaN for a model that is tested against none or is no larger than the other, and all is NaN for one that
        has no finite estimates
    """
    measured, rows = {}, []
    for name, matrix in designs.items():
        try:
            measured[name] = measures(matrix, cells, fit(matrix, cells, start))
        except NoEstimate:
            measured[name] = pd.Series(np.nan, ["n", "parameters", "aic"])
        own, other = measured[name], measured.get(against.get(name))
        larger = other is not None and own["parameters"] > other["parameters"]
        test = fit_measures.likelihood_ratio(other, own) if larger else ChiSquare(np.nan, np.nan, np.nan)
        own = own[["n", "parameters", "aic"]]
        rows.append({"model": name, **own, "against": against.get(name, ""), **test._asdict()})
    return pd.DataFrame(rows, columns=["model", "n", "parameters", "aic", "against", *ChiSquare._fields])


def drop_each(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, fitted: Fit) -> pd.DataFrame:
    """Test each variable, adjusted for all others, by the likelihood ratio of the model without it.

    The p-value does not depend on an order of entering.

    Parameters
    ----------
    matrix, cells, fitted : a design matrix with (variable, code) columns, written out or coded, its counts and its fit

    Returns
    -------
    DataFrame : chi_square, df, p, one row per variable
    """
    variable_of = matrix.columns.get_level_values(0)
    full, tests = measures(matrix, cells, fitted), {}
    for variable in variable_of.unique().drop(design.INTERCEPT[0]):
        less = select(matrix, columns=matrix.columns[variable_of != variable])
        tests[variable] = fit_measures.likelihood_ratio(measures(less, cells, fit(less, cells, fitted.estimates)), full)
    return pd.DataFrame(list(tests.values()), pd.Index(tests, name="variable"), ChiSquare._fields)
