"""Cross-validation on counts: every unit is evaluated once, by a model that was fitted without it."""

import numpy as np
import pandas as pd

from countstats.glm.cell_table import split


def folds(cells: pd.DataFrame, number: int, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Divide the units behind the cells at random into parts of equal size: a table of cells for each.

    Single units are divided and not cells: each part is drawn from what the parts before have left, as
    `cell_table.split` draws, so that units of one cell may fall into several parts.

    Parameters
    ----------
    cells
        Table of cells with `events` and `others`.
    number
        Of parts, 2 or more; their sizes differ by one unit at most.

    Raises
    ------
    ValueError
        For fewer than two parts, or more parts than units.
    """
    units = int(cells[["events", "others"]].to_numpy().sum())
    if not 2 <= number <= units:
        raise ValueError(f"{units} units cannot be divided into {number} parts; expected 2 to {units}")
    parts, rest = [], cells
    for left in range(number, 1, -1):
        part, rest = split(rest, 1 / left, rng)
        parts.append(part)
    return [*parts, rest]
