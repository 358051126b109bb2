"""Tables of cells: units counted by their codes and by whether they have an event.

A row is a cell: one column per predictor (categories of codes), `events` and `others` (integers).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from countstats.columns import COUNTS, MISSING, N
from countstats.counts import has_columns, whole

MOST_TO_SPLIT = 10**9 - 1  # units that numpy's multivariate hypergeometric distribution holds


def cells_of(counts: pd.DataFrame, variables: Iterable[str], outcome: str, event: str = "yes") -> pd.DataFrame:
    """Return one row per cell of some variables, with `events` and `others`.

    Parameters
    ----------
    counts : a tally by the variables and the outcome: one row per cell and code of the outcome, with `n`
    variables : names of columns
    outcome : name of a column
    event : the code of the outcome that is counted as the event

    Raises
    ------
    ValueError : where the outcome of some units is missing, for counts that are none, and an absent column
    """
    variables = list(variables)
    has_columns(counts, *variables, outcome, N)
    counts = counts.assign(**{N: whole(counts[N])})
    if _unknown(counts.loc[counts[N] > 0, outcome]).any():
        raise ValueError(f"'{outcome}' is not recorded for some; leave them out before fitting")
    happened = counts[outcome] == event
    both = counts.assign(events=counts[N].where(happened, 0), others=counts[N].where(~happened, 0))
    return collapse(both, variables)


def counts_by(counts: pd.DataFrame, variables: Iterable[str], outcome: str) -> pd.DataFrame:
    """Return one row per cell of some variables, with a column of counts for each code of `outcome` that occurs.

    Parameters
    ----------
    counts, variables, outcome : as `cells_of` takes them

    Raises
    ------
    ValueError : for counts that are none, and an absent column
    """
    variables = list(variables)
    has_columns(counts, *variables, outcome, N)
    counts = counts.assign(**{N: whole(counts[N])})
    wide = counts.groupby([*variables, outcome], observed=True)[N].sum().unstack(outcome, fill_value=0)
    return wide.rename_axis(columns=None).set_axis([str(code) for code in wide], axis=1).reset_index()


def collapse(cells: pd.DataFrame, variables: Iterable[str]) -> pd.DataFrame:
    """Return the cells of fewer variables: counts added up over the variables that are not named.

    Counts may be weights here: they are added up as they are.
    """
    variables = list(variables)
    has_columns(cells, *variables, *COUNTS)
    return cells.groupby(variables, observed=True, as_index=False, dropna=False)[COUNTS].sum()


def complete(cells: pd.DataFrame, variables: Iterable[str]) -> pd.DataFrame:
    """Return the cells in which every variable is recorded."""
    variables = list(variables)
    has_columns(cells, *variables)
    return cells[~_unknown(cells[variables]).any(axis=1)].reset_index(drop=True)


def _unknown(codes):
    """Return what is not recorded: has the code `MISSING`, or no code at all."""
    return codes.isna() | (codes == MISSING)


def split(cells: pd.DataFrame, share: float, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the units behind the cells at random into development and validation: two tables of cells.

    Drawing m of N units without replacement and counting how many of each cell and outcome were drawn gives, by
    definition, the multivariate hypergeometric distribution; here the counts are drawn from it directly. So this is a
    split of single units, without having them. Cells left empty are dropped.

    Parameters
    ----------
    share : of the units that go to development; their number is rounded to a whole one

    Raises
    ------
    ValueError : for a share that does not lie between 0 and 1, counts that are none, and more units than
        `MOST_TO_SPLIT`
    """
    if not 0 < share < 1:
        raise ValueError(f"the share that goes to development must lie between 0 and 1, not {share}")
    has_columns(cells, *COUNTS)
    counts = whole(cells[COUNTS], MOST_TO_SPLIT, "a split at random")
    total = int(counts.sum())
    taken = rng.multivariate_hypergeometric(counts.ravel(), round(share * total), method="marginals")
    parts = taken.reshape(counts.shape), counts - taken.reshape(counts.shape)
    tables = (cells.assign(events=part[:, 0], others=part[:, 1])[part.sum(axis=1) > 0] for part in parts)
    return tuple(table.reset_index(drop=True) for table in tables)
