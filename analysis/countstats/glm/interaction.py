"""Interactions: whether one variable matters more in some categories of another.

The products of the columns of two variables give every combination an odds ratio of its own. Whether they are needed
is a likelihood-ratio test; what they look like is shown by the odds ratio of the one variable within each category of
the other. Where a combination is so rare that an estimate would be infinite, or lie too far from 1, Firth's penalised
likelihood takes the place of the likelihood in both.

Why not a library: patsy and formulaic make such products from rows by a formula, with names from which the codes would
have to be read again, and keep products that no unit has.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from countstats.columns import COUNTS
from countstats.estimates import ChiSquare, half_width
from countstats.glm import firth, logit
from countstats.glm.collinearity import dependent_columns
from countstats.glm.design import Coded, as_design, select
from countstats.glm.solver import Fit


class Interaction(NamedTuple):
    """The interaction of two variables.

    test : that no product is needed; where none is left to test, df is 0, and chi_square and p are NaN
    matrix : the design matrix with the products
    fit : of the model with the products
    kind : "likelihood ratio" or "penalised likelihood ratio"
    """

    test: ChiSquare
    matrix: pd.DataFrame | Coded
    fit: Fit
    kind: str


def with_products(matrix: pd.DataFrame | Coded, cells: pd.DataFrame, first: str, second: str) -> pd.DataFrame | Coded:
    """Return the design matrix followed by the products of two variables: columns (first:second, code:code).

    A product that no unit has, or that follows from the other columns, gets no column.
    """
    one, two = (matrix.columns[matrix.columns.get_level_values(0) == name] for name in (first, second))
    n = cells[COUNTS].sum(axis=1).to_numpy()
    names = [(f"{first}:{second}", f"{a[1]}:{b[1]}") for a in one for b in two]
    labels = pd.MultiIndex.from_tuples(names, names=matrix.columns.names)
    if isinstance(matrix, Coded):
        places = [pd.Index(group.get_level_values(1)).get_indexer(cells[group[0][0]]) for group in (one, two)]
        code = np.where((places[0] < 0) | (places[1] < 0), len(names), places[0] * len(two) + places[1])
        larger = matrix.join(code, np.eye(len(names) + 1)[:, :-1], labels)
    else:
        larger = matrix.copy()
        for name, (a, b) in zip(names, product(one, two), strict=True):
            larger[name] = matrix[a].to_numpy() * matrix[b].to_numpy()
    units = as_design(larger).transposed_times(n.astype(float))
    larger = select(larger, columns=larger.columns[(units > 0) | ~larger.columns.isin(labels)])
    dependent = labels.intersection(dependent_columns(larger, n))
    return select(larger, columns=larger.columns.difference(dependent, sort=False)) if len(dependent) else larger


def fit(
    matrix: pd.DataFrame | Coded,
    cells: pd.DataFrame,
    first: str,
    second: str,
    start: pd.Series | None = None,
    sparse: int = 1,
) -> Interaction:
    """Test the interaction of two variables.

    Parameters
    ----------
    matrix, cells : the design matrix of the model without the interaction, and its counts
    first, second : the variables
    start : estimates to start from
    sparse : where a combination has fewer events or fewer others, Firth's penalised likelihood is taken
    """
    larger = with_products(matrix, cells, first, second)
    added = larger.columns[matrix.shape[1] :]
    if len(added) and (_fewest(cells, first, second) < sparse).any():
        fitted, penalised = firth.fit(larger, cells), True
    else:
        fitted, penalised = firth.estimate(larger, cells, start)
    if penalised:
        smaller = firth.log_likelihood_without(larger, cells, added)
    else:
        smaller = logit.fit(matrix, cells, start).log_likelihood
    statistic = 2 * (fitted.log_likelihood - smaller) if len(added) else np.nan
    test = ChiSquare(statistic, len(added), chi2.sf(statistic, len(added)))
    return Interaction(test, larger, fitted, "penalised likelihood ratio" if penalised else "likelihood ratio")


def _fewest(cells, first, second):
    """Return how many events, or others if they are fewer, each combination with units has: a Series."""
    counts = cells.groupby([first, second], observed=True)[COUNTS].sum()
    return counts[counts.sum(axis=1) > 0].min(axis=1)


def within(
    matrix: pd.DataFrame | Coded,
    cells: pd.DataFrame,
    fitted: Fit,
    first: str,
    second: str,
    confidence: float = 0.95,
    sparse: int = 1,
) -> pd.DataFrame:
    """Return the odds ratio of each code of `first` within each code of `second`.

    Parameters
    ----------
    matrix, fitted : as `fit` returns them
    cells, first, second, sparse : as `fit` takes them

    Returns
    -------
    DataFrame : one row per pair of codes: n (units of that combination), odds_ratio, low and high (Wald limits), p, and
        sparse: whether the combination, or the one of the reference that it is compared with, has fewer than `sparse`
        events or others. A combination that no unit has gets NaN
    """
    rows = {}
    pairs = cells.groupby([first, second], observed=True)[COUNTS].sum().sum(axis=1)
    codes = cells[second].cat.remove_unused_categories().cat.categories
    labels, fewest = matrix.columns[matrix.columns.get_level_values(0) == first], _fewest(cells, first, second)
    (base,) = set(cells[first]) - {code for _, code in labels}
    for label in labels:
        for code in codes:
            product = (f"{first}:{second}", f"{label[1]}:{code}")
            n = pairs.get((label[1], code), 0)
            pick = matrix.columns.isin([label, product]).astype(float)
            own = (second, code) in matrix.columns
            b = pick @ fitted.estimates.to_numpy() if n and (not own or product in matrix.columns) else np.nan
            se = np.sqrt(pick @ fitted.covariance @ pick)
            half = half_width(se, confidence)
            limits = {"odds_ratio": np.exp(b), "low": np.exp(b - half), "high": np.exp(b + half)}
            few = min(fewest.get((each, code), 0) for each in (label[1], base)) < sparse
            rows[label[1], code] = {"n": n, **limits, "p": 2 * norm.sf(abs(b) / se), "sparse": few}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis([first, second])


def together(tables: dict[str, pd.DataFrame], at_least: int = 1) -> pd.DataFrame:
    """Return tables of `within`, {variable: table}, as one tidy table, its keys in the column variable.

    An n below `at_least` is left empty: a few units that share two categories are not reported.
    """
    columns = ["variable", "code", "within", "n", "odds_ratio", "low", "high", "p", "sparse"]
    if not tables:
        return pd.DataFrame(columns=columns)
    named = {name: table.rename_axis(["code", "within"]) for name, table in tables.items()}
    table = pd.concat(named, names=["variable"]).reset_index().astype({"n": "Int64"})
    return table.assign(n=table["n"].mask(table["n"] < at_least))
