"""The one place where counts are checked: whole numbers, not negative, no more than a method holds, of one shape.

A count that is no whole number is refused and never cut: it is a weight, or a mistake. What takes weights as well (the
likelihoods of `countstats.glm`, for imputed and for weighted units) says so and does not ask here.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

MOST = 2**53  # units in all: up to here a float has every whole number, and sums of int64 stay far from their end


def whole(counts: ArrayLike, most: int = MOST, method: str = "a table of counts") -> np.ndarray:
    """Return counts as an array of int64, after checking them.

    Parameters
    ----------
    counts
        Numbers of units, of any shape; floats that are whole will do.
    most
        How many units in all the method holds.
    method
        What to call it where there are more.

    Raises
    ------
    ValueError
        For a count that is missing, infinite, negative, or no whole number, and for more units than `most`.

    Examples
    --------
    >>> whole([3.0, 4.0])
    array([3, 4])
    """
    numbers = np.asarray(counts)
    if numbers.dtype.kind not in "biuf":
        try:
            numbers = numbers.astype(float)
        except (TypeError, ValueError):
            raise ValueError("a count is missing, or is no number") from None
    if numbers.dtype.kind == "f":
        if np.isnan(numbers).any():
            raise ValueError("a count is missing")
        if (numbers != np.floor(numbers)).any():
            raise ValueError("a count is no whole number")
    if (numbers < 0).any():
        raise ValueError("a count is negative")
    total = numbers.sum(dtype=float)
    if total > most:
        raise ValueError(f"{method} holds {most:,} units at most, not {total:.4g}")
    return numbers.astype(np.int64)


def alike(*arrays: ArrayLike) -> None:
    """Raise ValueError unless all arrays have the same shape.

    Examples
    --------
    >>> alike([1, 2], [3, 4])
    """
    shapes = [np.shape(array) for array in arrays]
    if len(set(shapes)) > 1:
        raise ValueError(f"arrays that belong together differ in shape: {', '.join(map(str, shapes))}")


def two_way_table(table: ArrayLike) -> np.ndarray:
    """Return a two-way table of counts as an array, after checking that it has two rows and columns, none empty.

    Raises
    ------
    ValueError
        As `whole`, and for a table that has not, or in which a row or a column is empty.
    """
    table = whole(table)
    if table.ndim != 2 or min(table.shape) < 2:
        raise ValueError("a two-way table needs two rows and two columns at least")
    if not table.sum(axis=0).all() or not table.sum(axis=1).all():
        raise ValueError("a row or a column of the table is empty")
    return table


def finite(values: ArrayLike, what: str) -> np.ndarray:
    """Return values as an array of floats; raise ValueError where one is missing or infinite."""
    try:
        values = np.asarray(values, float)
    except (TypeError, ValueError):
        raise ValueError(f"{what} must be numbers") from None
    if not np.isfinite(values).all():
        raise ValueError(f"{what} must be numbers, none missing or infinite")
    return values


def has_columns(cells: pd.DataFrame, *names: str) -> None:
    """Raise ValueError where a table of cells lacks a column."""
    absent = [name for name in names if name not in cells]
    if absent:
        raise ValueError(f"the table of cells has no column {', '.join(map(repr, absent))}")
