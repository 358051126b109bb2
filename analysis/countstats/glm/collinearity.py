"""Collinearity: columns that follow from others, and how much the other variables blur an estimate.

A variable with several columns has one generalized factor for all of them, which does not depend on its reference
(Fox and Monette 1992, Journal of the American Statistical Association 87: 178-183, doi
10.1080/01621459.1992.10475190). GVIF^(1/(2 df)) is comparable between variables: the factor by which the width of
an interval grows, on average over the columns.

Why not a library: statsmodels' `variance_inflation_factor` is that of single columns in a linear model; for a
logistic one, and a variable of several columns, it agrees with the right figure in about one digit.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.glm.design import Coded, as_design

RANK_TOL = 1e-9  # share of a column that the columns before it leave unexplained; with less it follows from them


def gvif(covariance: ArrayLike, variables) -> pd.DataFrame:
    """Return generalized variance inflation factors from the covariance of the estimates.

    Parameters
    ----------
    covariance : (terms, terms), in the order of the coefficients
    variables : the variable of each coefficient; None for one that belongs to none, as the intercept

    Returns
    -------
    DataFrame : df, gvif, and gvif_per_df, which is gvif^(1/(2 df)); one row per variable
    """
    covariance, variables = np.asarray(covariance), np.array(list(variables), dtype=object)
    named = np.array([each is not None for each in variables])
    scale = np.sqrt(np.diag(covariance)[named])
    correlation, variables = covariance[np.ix_(named, named)] / np.outer(scale, scale), variables[named]
    rows = {}
    for name in dict.fromkeys(variables):
        own = variables == name
        parts = (correlation[np.ix_(part, part)] for part in (own, ~own, own | ~own))
        inside, outside, whole = (np.linalg.slogdet(part)[1] if part.size else 0.0 for part in parts)
        factor = np.exp(inside + outside - whole)
        rows[name] = {"df": int(own.sum()), "gvif": factor, "gvif_per_df": factor ** (1 / (2 * own.sum()))}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")


def dependent_columns(matrix: pd.DataFrame | Coded, n: ArrayLike) -> list:
    """Return the labels of the columns that follow from those before them, or that no unit has, among the cells with
    units.

    Parameters
    ----------
    matrix : a design matrix, (cells, terms), written out or coded
    n : units of each cell
    """
    gram = as_design(matrix).gram((np.asarray(n) > 0).astype(float))
    scale = np.sqrt(np.diag(gram))
    scale[scale == 0] = 1.0
    gram = gram / np.outer(scale, scale)
    kept, dependent = [], []
    for place, label in enumerate(matrix.columns):
        left = gram[place, place]
        if kept:
            across = gram[kept, place]
            left -= across @ np.linalg.solve(gram[np.ix_(kept, kept)], across)
        if left > RANK_TOL:
            kept.append(place)
        else:
            dependent.append(label)
    return dependent
