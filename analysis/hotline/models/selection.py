"""Which answered calls were assessed: what is recorded of all of them, and weights for those that were.

A level is on record for assessed calls only. Where being assessed depends on what is recorded of every answered call,
the assessed ones are weighted by the inverse of their probability, so that they stand for the others as well (Li et
al. 2013, doi 10.1177/0962280211403597). For what is recorded of assessed calls alone, that does nothing.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from countstats.columns import COUNTS, N
from countstats.glm import cell_table, design, firth, logit
from countstats.shares import share_of
from hotline.codebook import MISSING

# What is on record of a call without what was said in it: when it came, from where and how, and how long it lasted.
RECORDED = ("length_band", "hour_band", "day_type", "year", "region", "channel")


def by_assessment(calls: pd.DataFrame, variables: Sequence[str] = RECORDED) -> pd.DataFrame:
    """Return the cells of answered calls: `events` counts those that were assessed, `others` those that were not.

    Parameters
    ----------
    calls
        Tally of the answered calls by the variables and the level.

    Returns
    -------
    pandas.DataFrame
        One row per cell; every variable is a category of texts, a gap among them.
    """
    assessed = np.where(calls["level"] == MISSING, "no", "yes")
    return cell_table.cells_of(_as_texts(calls, variables).assign(assessed=assessed), variables, "assessed")


def not_assessed(cells: pd.DataFrame, variables: Sequence[str] = RECORDED, confidence: float = 0.95) -> pd.DataFrame:
    """Return the share of answered calls that were not assessed, in each category of each variable.

    Parameters
    ----------
    cells
        As `by_assessment` gives them.

    Returns
    -------
    pandas.DataFrame
        One row per variable and code that occurs: variable, code, answered, not_assessed, and share with Wilson's
        limits low and high.
    """
    parts = {}
    for name in variables:
        n = cells.groupby(name, observed=True)[COUNTS].sum()
        shares = share_of(n["others"], n.sum(axis=1), confidence).rename(columns={"n": "answered", "estimate": "share"})
        parts[name] = shares.assign(not_assessed=n["others"])
    table = pd.concat(parts, names=["variable", "code"]).reset_index()
    return table[["variable", "code", "answered", "not_assessed", "share", "low", "high"]]


def weights(cells: pd.DataFrame, variables: Sequence[str] = RECORDED) -> pd.Series:
    """Return the inverse probability of having been assessed for each cell, by a logistic model of all variables.

    All are 1 where every answered call was assessed. A variable with one category only has no part in the model; where
    all calls of a category were assessed, Firth's penalty keeps the estimates finite.

    Parameters
    ----------
    cells
        As `by_assessment` gives them, with some calls that were assessed.
    """
    if not cells["others"].sum():
        return pd.Series(1.0, cells.index)
    most = {name: cells.groupby(name, observed=True)[COUNTS].sum().sum(axis=1) for name in variables}
    matrix = design.by_size(cells, {name: n.idxmax() for name, n in most.items() if len(n) > 1})
    fitted, _ = firth.estimate(matrix, cells)
    return pd.Series(1 / logit.risks(matrix, fitted), cells.index)


def weighted_levels(
    cases: pd.DataFrame, cells: pd.DataFrame, weight: pd.Series, variables: Sequence[str] = RECORDED
) -> pd.DataFrame:
    """Return the shares of the levels among cases, as they are and with the weight of each case's call.

    Parameters
    ----------
    cases
        Tally of the cases by the variables and the level.
    cells, weight
        As `by_assessment` and `weights` give them.

    Returns
    -------
    pandas.DataFrame
        One row per level: level, share and weighted.
    """
    of_cell = cells[list(variables)].assign(weight=weight)
    counted = _as_texts(cases, variables).merge(of_cell, on=list(variables), how="left", validate="many_to_one")
    sums = (
        counted.assign(weighted=counted[N] * counted["weight"]).groupby("level", observed=False)[[N, "weighted"]].sum()
    )
    shares = (sums / sums.sum()).drop(index=MISSING, errors="ignore").rename(columns={N: "share"})
    return shares.rename_axis("level").reset_index()


def _as_texts(counts, variables):
    """Return a tally with its variables as categories of texts, numbers among them."""
    texts = {}
    for name in variables:
        column = counts[name]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype("string").fillna(MISSING).astype("category")
        texts[name] = column
    return counts.assign(**texts)
