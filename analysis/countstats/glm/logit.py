"""The binomial logistic model on counts, quickly: for the many models beside the one that a notebook shows.

The model itself is statsmodels' `GLM` with a binomial family, and the tests hold the two against each other. Why a
fit of our own stands in `likelihood.py`.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.glm import design as on_cells
from countstats.glm.solver import Fit, NoEstimate, maximise, solve


class Logit:
    """The log-likelihood of counts under a logistic model.

    x : floats, (cells, terms), the intercept among them
    events, others : how many pupils of each cell have the event and how many have not
    """

    def __init__(self, x, events, others):
        self.x = np.ascontiguousarray(x, dtype=float)
        self.events, self.others = np.asarray(events, dtype=float), np.asarray(others, dtype=float)
        self.n = self.events + self.others

    def value_and_score(self, b):
        """Return the log-likelihood of single pupils and its slope."""
        eta = self.x @ b
        # log p = -log(1 + exp(-eta)): never of a chance that has been rounded to 0 or 1
        value = -(self.events @ np.logaddexp(0, -eta) + self.others @ np.logaddexp(0, eta))
        return value, (self.events - self.n * expit(eta)) @ self.x

    def information(self, b):
        """Return the information, terms x terms; observed and expected are the same in this model."""
        risk = expit(self.x @ b)
        return self.x.T @ (self.x * (self.n * risk * (1 - risk))[:, None])

    def leverage(self, b):
        """Return the share of its own fit that one pupil of each cell has (a diagonal entry of the hat matrix)."""
        risk = expit(self.x @ b)
        return risk * (1 - risk) * (self.x * solve(self.information(b), self.x.T).T).sum(axis=1)


def fit(matrix, cells, start=None):
    """Fit the logistic model; returns a `likelihood.Fit` whose estimates are named as the columns of `matrix`.

    matrix   as `cells.design` gives it, or any DataFrame of numeric terms with an intercept among them
    cells    a table with `events` and `others`, row by row as in `matrix`
    start    estimates of a fit with some of the same terms: where to start from
    Raises NoEstimate where no finite coefficients are best, and ValueError where all or none had the event.
    """
    refuse_constant(cells)
    model = Logit(matrix, cells["events"], cells["others"])
    b = np.zeros(matrix.shape[1]) if start is None else start.reindex(matrix.columns, fill_value=0.0).to_numpy()
    b = maximise(model, b)
    covariance = solve(model.information(b), np.eye(len(b)))
    return Fit(pd.Series(b, matrix.columns), covariance, model.value_and_score(b)[0])


def refuse_constant(cells):
    """Raise ValueError where everybody or nobody has the event."""
    if (cells[on_cells.COUNTS].sum() == 0).any():
        raise ValueError("a logistic model needs pupils with the event and pupils without it")


def risks(matrix, fitted):
    """Return the fitted chance of the event for each row of a design matrix with the fit's terms."""
    return expit(matrix[fitted.estimates.index].to_numpy() @ fitted.estimates.to_numpy())


def measures(matrix, cells, fitted):
    """Return `cells.measures` of a fit: what the likelihood-ratio tests take."""
    return on_cells.measures_of(cells["events"], cells["others"], risks(matrix, fitted), len(fitted.estimates))


def compare(designs, cells, against, start=None):
    """Fit several models of the same cells: a DataFrame of model, n, parameters, aic, against, chi_square, df, p.

    designs   {model: design matrix};  against   {model: the smaller one, further up, that it is tested against}
    start     estimates to start from
    chi_square, df and p are those of the likelihood-ratio test. They are NaN for a model that is tested against none or
    is no larger than the other, and all is NaN for one that has no finite estimates.
    """
    measured, rows = {}, []
    for name, matrix in designs.items():
        try:
            measured[name] = measures(matrix, cells, fit(matrix, cells, start))
        except NoEstimate:
            measured[name] = pd.Series(np.nan, ["n", "parameters", "aic"])
        own, other = measured[name], measured.get(against.get(name))
        larger = other is not None and own["parameters"] > other["parameters"]
        test = on_cells.likelihood_ratio(other, own) if larger else dict.fromkeys(["chi_square", "df", "p"], np.nan)
        rows.append({"model": name, **own[["n", "parameters", "aic"]], "against": against.get(name, ""), **test})
    return pd.DataFrame(rows, columns=["model", "n", "parameters", "aic", "against", "chi_square", "df", "p"])


def drop_each(matrix, cells, fitted):
    """Likelihood-ratio test of each variable beside all others: one row per variable, chi_square, df and p.

    matrix, cells, fitted   a design matrix with (variable, code) columns, its counts and its fit
    A model without the variable is fitted for each; its p-value does not depend on an order of entering.
    """
    variable_of = matrix.columns.get_level_values(0)
    full, tests = measures(matrix, cells, fitted), {}
    for variable in variable_of.unique().drop(on_cells.INTERCEPT[0]):
        less = matrix.loc[:, variable_of != variable]
        tests[variable] = on_cells.likelihood_ratio(measures(less, cells, fit(less, cells, fitted.estimates)), full)
    return pd.DataFrame.from_dict(tests, orient="index").rename_axis("variable")
