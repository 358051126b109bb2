"""Coefficients and odds ratios with Wald limits, of a logistic model that statsmodels fitted to cells."""

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from countstats.columns import COUNTS
from countstats.estimates import half_width
from countstats.glm.cell_table import collapse
from countstats.glm.design import INTERCEPT, TERM
from countstats.glm.separation import infinite_terms

# For GLM.fit: stop when no coefficient moves any more. statsmodels' own rule watches the deviance, which is
# flat near its minimum: it leaves standard errors with about five digits.
GLM_TOL = {"tol_criterion": "params", "tol": 1e-10}
NO_ESTIMATE = dict.fromkeys(("odds_ratio", "low", "high", "p"), np.nan)


def coefficients(result, matrix: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the coefficients of a fitted GLM of statsmodels: b, se, low, high (Wald limits), p; one row per term.

    Parameters
    ----------
    result : the results of a GLM (binomial, logit) of (events, others) on `matrix`
    matrix : as `design.matrix` gives it

    Notes
    -----
    The row of a term without a finite estimate is NaN (`separation.infinite_terms`; the fit stopped on its way to
    infinity), and so is that of a term that no unit has.
    """
    b, se = np.asarray(result.params), np.asarray(result.bse)
    half = half_width(se, confidence)
    table = pd.DataFrame(
        {"b": b, "se": se, "low": b - half, "high": b + half, "p": np.asarray(result.pvalues)},
        index=matrix.columns,
    )
    table.loc[_infinite(result, matrix)] = np.nan
    return table


def _infinite(result, matrix):
    """Return which terms have no finite estimate: one boolean per column."""
    n = np.asarray(result.model.n_trials)
    events = np.rint(np.asarray(result.model.endog) * n)
    cells = pd.DataFrame(dict(zip(COUNTS, (events, n - events), strict=True)))
    absent = n @ np.abs(matrix.to_numpy(float)) == 0
    return matrix.columns.isin(infinite_terms(matrix, cells).index) | absent


def odds_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Return `coefficients` on the scale of odds ratios: odds_ratio, low, high, p; without the intercept."""
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
