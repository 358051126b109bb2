"""A logistic model fitted to cells, by statsmodels or on codes; its coefficients and odds ratios with Wald limits."""

import numpy as np
import pandas as pd
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.contingency_tables import Table2x2

from countstats.columns import COUNTS
from countstats.glm import firth, fit_measures, logit
from countstats.glm.cell_table import collapse
from countstats.glm.design import INTERCEPT, TERM, Coded
from countstats.glm.separation import infinite_terms
from countstats.glm.solver import Fit, NoEstimate

# For GLM.fit: stop when no coefficient moves any more. statsmodels' own rule watches the deviance, which is
# flat near its minimum: it leaves standard errors with about five digits.
GLM_TOL = {"tol_criterion": "params", "tol": 1e-10}
NO_ESTIMATE = dict.fromkeys(("odds_ratio", "low", "high", "p"), np.nan)


def fit(matrix: pd.DataFrame | Coded, cells: pd.DataFrame) -> Fit:
    """Fit by maximum likelihood: by statsmodels where the matrix is written out, else on its codes.

    The two agree to ten digits (tested). With `design.by_size` one call fits a model of any size.

    Parameters
    ----------
    matrix, cells : as `logit.fit` takes them

    Returns
    -------
    Fit : a term that no unit has, or that follows from others, has no variance (NaN) on codes and a coefficient of
        zero. Where an estimate is infinite, statsmodels stops on its way there; on codes Firth's penalty keeps all
        finite
    """
    if not isinstance(matrix, Coded):
        return as_fit(GLM(cells[COUNTS], matrix, family=Binomial()).fit(**GLM_TOL), matrix)
    try:
        return logit.fit(matrix, cells)
    except NoEstimate:
        fitted = firth.reduced(matrix, cells)
    covariance = pd.DataFrame(fitted.covariance, fitted.estimates.index, fitted.estimates.index)
    covariance = covariance.reindex(index=matrix.columns, columns=matrix.columns).to_numpy()
    return Fit(fitted.estimates.reindex(matrix.columns, fill_value=0.0), covariance, fitted.log_likelihood)


def as_fit(result, matrix: pd.DataFrame) -> Fit:
    """Return the `Fit` of a fitted binomial GLM of statsmodels, its log-likelihood that of single units.

    Parameters
    ----------
    result : the results of a GLM (binomial, logit) of (events, others) on `matrix`
    matrix : as `design.matrix` gives it
    """
    estimates = pd.Series(np.asarray(result.params), matrix.columns)
    log_likelihood = float(fit_measures.of_result(result)["log_likelihood"])
    return Fit(estimates, np.asarray(result.cov_params()), log_likelihood)


def estimated(fitted: Fit, matrix: pd.DataFrame | Coded, cells: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the coefficients of a fit of `fit`: b, se, low, high (Wald limits), p; one row per term.

    The row of a term that no unit has is NaN, and so is that of one without a finite estimate, unless it was fitted
    with a penalty.

    Parameters
    ----------
    fitted, matrix, cells : what `fit` returned, and what it was given
    """
    table = fitted.table(confidence)
    table.loc[table["se"].isna()] = np.nan
    if not isinstance(matrix, Coded):
        absent = cells[COUNTS].sum(axis=1).to_numpy() @ np.abs(matrix.to_numpy(float)) == 0
        table.loc[matrix.columns.isin(infinite_terms(matrix, cells).index) | absent] = np.nan
    return table


def coefficients(result, matrix: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return `estimated` of a fitted GLM of statsmodels.

    Parameters
    ----------
    result, matrix : as `as_fit` takes them
    """
    n = np.asarray(result.model.n_trials)
    events = np.rint(np.asarray(result.model.endog) * n)
    cells = pd.DataFrame(dict(zip(COUNTS, (events, n - events), strict=True)))
    return estimated(as_fit(result, matrix), matrix, cells, confidence)


def odds_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Return `estimated` on the scale of odds ratios: odds_ratio, low, high, p; without the intercept."""
    terms = table.drop(INTERCEPT)
    ratios = np.exp(terms[["b", "low", "high"]]).rename(columns={"b": "odds_ratio"})
    return ratios.assign(p=terms["p"])


def univariable(cells: pd.DataFrame, reference: dict[str, str], confidence: float = 0.95) -> pd.DataFrame:
    """Return the odds ratio of each code with nothing else in the model, next to its counts.

    With one categorical predictor the logistic model is a set of two-by-two tables, so no fit is needed.

    Parameters
    ----------
    cells, reference : as `design.matrix` takes them

    Returns
    -------
    DataFrame : one row per (variable, code) that occurs, the reference among them: n, events, odds_ratio, low, high
        (Wald limits), p. The reference has an odds ratio of 1 and no limits; where one of the four counts is zero,
        there is no estimate (NaN)
    """
    rows = {}
    for variable, base in reference.items():
        counts = collapse(cells, [variable]).set_index(variable)
        for code, pair in counts.iterrows():
            rows[variable, code] = {"n": pair.sum(), "events": pair["events"], "odds_ratio": float(code == base)}
            four = counts.loc[[code, base]]
            if code != base:
                rows[variable, code] |= _two_by_two(four, confidence) if (four > 0).all(axis=None) else NO_ESTIMATE
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(TERM)


def _two_by_two(four, confidence):
    """Return the odds ratio, its Wald limits and p of four counts, none of them zero."""
    table = Table2x2(four.to_numpy(), shift_zeros=False)
    low, high = table.oddsratio_confint(1 - confidence)
    return {"odds_ratio": table.oddsratio, "low": low, "high": high, "p": table.log_oddsratio_pvalue()}
