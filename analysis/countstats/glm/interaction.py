"""Does one variable matter more in some categories of another? Products of 0/1 columns, their test, and odds ratios.

The products of the columns of two variables give every combination an odds ratio of its own. Whether they are needed
is a likelihood-ratio test; how it looks is told by the odds ratio of the one variable within each category of the
other. Where a combination is so rare that an estimate would be infinite, or lie too far from 1, Firth's penalised
likelihood takes the place of the likelihood in both.

Why not a library: patsy and formulaic make such products from rows by a formula, with names from which the codes would
have to be read again, and keep products that nobody has.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from countstats.glm import design as on_cells
from countstats.glm import firth, logit
from countstats.glm.collinearity import dependent_columns


def with_products(matrix, cells, first, second):
    """The design matrix with the products of two variables behind: columns (first:second, code:code).

    A product that nobody has, or that follows from the other columns, gets no column.
    """
    one, two = (matrix.loc[:, matrix.columns.get_level_values(0) == name] for name in (first, second))
    n = cells[on_cells.COUNTS].sum(axis=1).to_numpy()
    products = {
        (f"{first}:{second}", f"{a[1]}:{b[1]}"): (one[a] * two[b]).to_numpy() for a in one.columns for b in two.columns
    }
    products = {name: column for name, column in products.items() if (column * n).any()}
    larger = matrix.copy()
    for name, column in products.items():
        larger[name] = column
    dependent = dependent_columns(larger, n)
    return larger.drop(columns=[name for name in products if name in dependent])


def fit(matrix, cells, first, second, start=None, sparse=1):
    """Test the interaction of two variables.

    matrix, cells   the design matrix of the model without the interaction, and its counts
    sparse          where a combination has fewer events or fewer others, Firth's penalised likelihood is taken
    Returns (test, larger, fitted, kind): test has chi_square, df and p; larger is the design matrix with the products,
    fitted its fit, and kind "likelihood ratio" or "penalised likelihood ratio". Where no product is left to test, df is
    0, and chi_square and p are NaN.
    """
    larger = with_products(matrix, cells, first, second)
    added = larger.columns[matrix.shape[1] :]
    if len(added) and (_fewest(cells, first, second) < sparse).any():
        fitted, by = firth.fit(larger, cells), "Firth's penalty"
    else:
        fitted, by = firth.estimate(larger, cells, start)
    if by == "maximum likelihood":
        smaller = logit.fit(matrix, cells, start).log_likelihood
    else:
        smaller = firth.log_likelihood_without(larger, cells, added)
    statistic = 2 * (fitted.log_likelihood - smaller)
    statistic = statistic if len(added) else np.nan
    test = {"chi_square": statistic, "df": len(added), "p": chi2.sf(statistic, len(added))}
    kind = "likelihood ratio" if by == "maximum likelihood" else "penalised likelihood ratio"
    return test, larger, fitted, kind


def _fewest(cells, first, second):
    """How many events, or others if they are fewer, each combination has that somebody has: a Series."""
    counts = cells.groupby([first, second], observed=True)[on_cells.COUNTS].sum()
    return counts[counts.sum(axis=1) > 0].min(axis=1)


def within(larger, cells, fitted, first, second, level=0.95, sparse=1):
    """The odds ratio of each code of `first` within each code of `second`: one row per pair of codes.

    larger, cells, fitted   as `fit` returns and takes them
    Columns n (pupils of that combination), odds_ratio, low and high (Wald limits), p, and sparse: whether the
    combination, or the one of the reference that it is compared with, has fewer than `sparse` events or others. A
    combination that nobody has gets NaN.
    """
    z = norm.ppf((1 + level) / 2)
    rows = {}
    pairs = cells.groupby([first, second], observed=True)[on_cells.COUNTS].sum().sum(axis=1)
    codes = cells[second].cat.remove_unused_categories().cat.categories
    labels, fewest = larger.columns[larger.columns.get_level_values(0) == first], _fewest(cells, first, second)
    (base,) = set(cells[first]) - {code for _, code in labels}
    for label in labels:
        for code in codes:
            product = (f"{first}:{second}", f"{label[1]}:{code}")
            n = pairs.get((label[1], code), 0)
            pick = larger.columns.isin([label, product]).astype(float)
            own = (second, code) in larger.columns
            b = pick @ fitted.estimates.to_numpy() if n and (not own or product in larger.columns) else np.nan
            reach = z * np.sqrt(pick @ fitted.covariance @ pick)
            limits = {"odds_ratio": np.exp(b), "low": np.exp(b - reach), "high": np.exp(b + reach)}
            few = min(fewest.get((each, code), 0) for each in (label[1], base)) < sparse
            rows[label[1], code] = {"n": n, **limits, "p": 2 * norm.sf(abs(b) / (reach / z)), "sparse": few}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis([first, second])


def together(within, least=1):
    """Return {variable: as `within` gives it} as one tidy table, its keys in the column variable.

    An n below `least` is left empty: a few pupils who share two categories are not counted out.
    """
    columns = ["variable", "code", "within", "n", "odds_ratio", "low", "high", "p", "sparse"]
    if not within:
        return pd.DataFrame(columns=columns)
    tables = {name: table.rename_axis(["code", "within"]) for name, table in within.items()}
    table = pd.concat(tables, names=["variable"]).reset_index().astype({"n": "Int64"})
    return table.assign(n=table["n"].mask(table["n"] < least))
