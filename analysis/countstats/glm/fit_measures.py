"""Measures of a fitted logistic model in units, not cells, and the likelihood-ratio test of two nested models.

The coefficients of a fit to cells are those of one row per unit. What is not is everything that statsmodels works out
from its number of rows (`nobs` counts cells) or from a likelihood with binomial coefficients in it. Here both count
units, so that cutting a cell in two changes nothing.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import xlogy
from scipy.stats import chi2

from countstats.estimates import ChiSquare


def of_result(result) -> pd.Series:
    """Return how well a fitted binomial GLM of statsmodels does, counted in units: `of_counts` its fitted risks."""
    n = np.asarray(result.model.n_trials, dtype=float)
    events = np.rint(np.asarray(result.model.endog) * n)
    return of_counts(events, n - events, np.asarray(result.mu), int(result.df_model) + 1)


def of_counts(events: ArrayLike, others: ArrayLike, risk: ArrayLike, parameters: int) -> pd.Series:
    """Return how well fitted risks agree with counts, in units.

    Parameters
    ----------
    events, others, risk : one entry per cell
    parameters : the number of coefficients

    Returns
    -------
    Series : n, events, parameters, log_likelihood and null_log_likelihood (of single units, without binomial
        coefficients), aic, bic, and four pseudo R-squared: mcfadden, cox_snell, nagelkerke (Nagelkerke 1991, Biometrika
        78: 691-692) and tjur (Tjur 2009, doi 10.1198/tast.2009.08210: the mean risk of units with the event less that
        of the others)

    Raises
    ------
    ValueError : where all or no units have the event
    """
    events, others, risk = (np.asarray(each, dtype=float) for each in (events, others, risk))
    total, happened = (events + others).sum(), events.sum()
    if not 0 < happened < total:
        raise ValueError("a logistic model needs units with the event and units without it")
    fitted = (xlogy(events, risk) + xlogy(others, 1 - risk)).sum()
    null = xlogy(happened, happened / total) + xlogy(total - happened, 1 - happened / total)
    cox_snell = -np.expm1(2 * (null - fitted) / total)
    return pd.Series(
        {
            "n": total,
            "events": happened,
            "parameters": parameters,
            "log_likelihood": fitted,
            "null_log_likelihood": null,
            "aic": 2 * (parameters - fitted),
            "bic": parameters * np.log(total) - 2 * fitted,
            "mcfadden": 1 - fitted / null,
            "cox_snell": cox_snell,
            "nagelkerke": cox_snell / -np.expm1(2 * null / total),
            "tjur": events @ risk / happened - others @ risk / (total - happened),
        }
    )


def likelihood_ratio(smaller: pd.Series, larger: pd.Series) -> ChiSquare:
    """Test two nested models, each given by its measures, by their likelihood ratio.

    Raises
    ------
    ValueError : where they were not fitted to the same units, or the second is not the larger
    """
    same = smaller["n"] == larger["n"] and np.isclose(smaller["events"], larger["events"], rtol=1e-12)
    df = int(larger["parameters"] - smaller["parameters"])
    if not same or df < 1:
        raise ValueError("a likelihood-ratio test needs two nested models of the same units")
    statistic = 2 * (larger["log_likelihood"] - smaller["log_likelihood"])
    return ChiSquare(statistic, df, chi2.sf(statistic, df))
