"""The design matrix of a table of cells, written out or coded.

`by_size` chooses: written out where a student can look at it, coded where it would take gigabytes.

Units that share all predictors share one predicted probability, so the likelihood needs only how many of them had the
event and how many had not: a model is fitted to one row per cell, with the coefficients and standard errors of one row
per unit. A term of the model is a pair (variable, code).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

TERM = ["variable", "code"]
INTERCEPT = ("intercept", "")
MAX_JOINT_CODES = 64  # of the variables that share one code in a `Coded` design
MANY_CELLS = 50_000  # with more cells than this `by_size` does not write a matrix out


class Dense:
    """A design matrix that is written out.

    Parameters
    ----------
    x : numbers, (cells, terms): an array or a DataFrame
    """

    def __init__(self, x: ArrayLike):
        self.x = np.ascontiguousarray(x, dtype=float)
        self.shape = self.x.shape

    def times(self, b: np.ndarray) -> np.ndarray:
        """Multiply with coefficients, (terms,) or (terms, several): a row per cell."""
        return self.x @ b

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Multiply numbers per cell, (cells,) or (cells, several), with it: (terms,) or (several, terms)."""
        return values.T @ self.x

    def gram(self, weight: np.ndarray) -> np.ndarray:
        """Multiply it with itself, with a weight for each cell: (terms, terms)."""
        return self.x.T @ (self.x * weight[:, None])

    def quadratic(self, form: np.ndarray) -> np.ndarray:
        """Return x' form x of each row x, (cells,), with a symmetric (terms, terms)."""
        return (self.x * (self.x @ form)).sum(axis=1)

    def rows(self, which: np.ndarray | slice) -> np.ndarray:
        """Return some rows as numbers, (cells, terms)."""
        return self.x[which]


class Coded:
    """A design matrix of categories that is never written out: an intercept and a 0/1 column for each code.

    Each row of such a matrix says no more than one code per variable does, and a million cells by fifty columns are
    half a gigabyte, of which a fit makes several copies. Here a few variables at a time share one joint code of at
    most `MAX_JOINT_CODES` values. A linear predictor is then a sum of looked-up numbers, and an information follows
    from the table of weights by each two of these codes, which fits into the processor's cache. Time grows with the
    number of cells, but not with that of the columns.

    Parameters
    ----------
    codes : one array per variable, the code of each cell as a whole number from 0
    positions : one array per variable, the column of each code; -1 for a code that has none, as a reference
    shape : how many rows and columns the matrix has; the intercept is the first column
    columns : names of the columns, (variable, code), where they have some

    Notes
    -----
    Why not a library: tabmat, which glum is built on, has products of categorical matrices, from where the idea comes,
    but makes one for each two variables in place of each two groups; scipy's sparse matrices would keep an index of
    eight bytes for every cell and variable.
    """

    def __init__(self, codes, positions, shape: tuple[int, int], columns: pd.MultiIndex | None = None):
        self.shape, self.columns = shape, columns
        self.parts = [_joint(group, codes, positions, shape) for group in _groups(positions)]
        self.parts[0][1][:, 0] = 1.0  # every cell has one code of the first group, and so one intercept

    def times(self, b: np.ndarray) -> np.ndarray:
        """Multiply with coefficients, (terms,) or (terms, several): a row per cell."""
        return sum((meaning @ b)[code] for code, meaning in self.parts)

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Multiply numbers per cell, (cells,) or (cells, several), with it: (terms,) or (several, terms)."""
        if values.ndim > 1:
            return np.array([self.transposed_times(column) for column in values.T])
        return sum(meaning.T @ np.bincount(code, values, len(meaning)) for code, meaning in self.parts)

    def gram(self, weight: np.ndarray) -> np.ndarray:
        """Multiply it with itself, with a weight for each cell: (terms, terms)."""
        out = np.zeros((self.shape[1], self.shape[1]))
        for place, (code, meaning) in enumerate(self.parts):
            out += meaning.T @ (np.bincount(code, weight, len(meaning))[:, None] * meaning)
            for other, of_other in self.parts[place + 1 :]:
                both = np.bincount(code * len(of_other) + other, weight, len(meaning) * len(of_other))
                block = meaning.T @ both.reshape(len(meaning), -1) @ of_other
                out += block + block.T
        return out

    def quadratic(self, form: np.ndarray) -> np.ndarray:
        """Return x' form x of each row x, (cells,), with a symmetric (terms, terms)."""
        out = np.zeros(self.shape[0])
        for place, (code, meaning) in enumerate(self.parts):
            out += ((meaning @ form) * meaning).sum(axis=1)[code]
            for other, of_other in self.parts[place + 1 :]:
                out += (2 * meaning @ form @ of_other.T).ravel()[code * len(of_other) + other]
        return out

    def rows(self, which: np.ndarray | slice) -> np.ndarray:
        """Return some rows as numbers, (cells, terms)."""
        return sum(meaning[code[which]] for code, meaning in self.parts)

    def written_out(self) -> pd.DataFrame:
        """Return the matrix itself, as `matrix` gives it."""
        return pd.DataFrame(self.rows(slice(None)), columns=self.columns)

    def select(self, rows: np.ndarray | slice = slice(None), columns: np.ndarray | None = None) -> "Coded":
        """Return some rows and columns, which share this design's tables; columns are booleans, all by default."""
        columns = np.ones(self.shape[1], dtype=bool) if columns is None else np.asarray(columns)
        parts = [(code[rows], np.ascontiguousarray(meaning[:, columns])) for code, meaning in self.parts]
        labels = None if self.columns is None else self.columns[columns]
        return self._of(parts, labels)

    def join(self, code: np.ndarray, meaning: np.ndarray, labels: pd.MultiIndex) -> "Coded":
        """Return the design with further columns, (codes, columns), looked up by one more code of each cell."""
        old, new = self.shape[1], meaning.shape[1]
        parts = [(own, np.hstack([rows, np.zeros((len(rows), new))])) for own, rows in self.parts]
        parts.append((np.asarray(code, np.int32), np.hstack([np.zeros((len(meaning), old)), meaning])))
        return self._of(parts, self.columns.append(labels))

    @staticmethod
    def _of(parts, columns) -> "Coded":
        """Return a design of codes and tables that are there already."""
        made = object.__new__(Coded)
        made.parts, made.columns = parts, columns
        made.shape = len(parts[0][0]), parts[0][1].shape[1]
        return made


def _groups(positions):
    """Return variables in groups, the product of whose numbers of codes is at most `MAX_JOINT_CODES`, by first fit."""
    groups = []
    for variable in sorted(range(len(positions)), key=lambda variable: -len(positions[variable])):
        for group in groups:
            if np.prod([len(positions[each]) for each in [*group, variable]]) <= MAX_JOINT_CODES:
                group.append(variable)
                break
        else:
            groups.append([variable])
    return groups or [[]]


def _joint(group, codes, positions, shape):
    """Return the joint code of some variables, one per cell, and its rows of the matrix: floats, (codes, terms)."""
    widths = [len(positions[variable]) for variable in group]
    joint = np.zeros(shape[0], np.int32)
    for variable, width in zip(group, widths, strict=True):
        joint = joint * width + codes[variable]
    meaning = np.zeros((int(np.prod(widths)), shape[1]))
    each = np.unravel_index(np.arange(len(meaning)), widths) if group else ()
    for variable, place in zip(group, each, strict=True):
        column = positions[variable][place]
        meaning[np.flatnonzero(column >= 0), column[column >= 0]] = 1.0
    return joint, meaning


def matrix(cells: pd.DataFrame, reference: dict[str, str], dtype=float) -> pd.DataFrame:
    """Return the design matrix: an intercept and one 0/1 column per code other than the reference.

    Parameters
    ----------
    cells : one row per cell, the predictors as categories
    reference : {variable: code that the others are compared with}, in the order of the columns
    dtype : of the entries; an np.int8 takes an eighth of a float, for very many cells

    Returns
    -------
    DataFrame : (cells, terms); the columns are pairs (variable, code). A code that no cell has gets no column

    Raises
    ------
    ValueError : for a reference code that no cell has, or a cell without a code
    """
    columns = {INTERCEPT: np.ones(len(cells), dtype)}
    for variable, base in reference.items():
        _check(cells[variable], base, variable)
        places, codes = cells[variable].cat.codes.to_numpy(), cells[variable].cat.categories
        for place in np.unique(places):
            if codes[place] != base:
                columns[variable, codes[place]] = (places == place).astype(dtype)
    return pd.DataFrame(columns, index=cells.index).rename_axis(columns=TERM)


def by_size(cells: pd.DataFrame, reference: dict[str, str], many: int | None = None) -> pd.DataFrame | Coded:
    """Return `matrix` of up to `many` cells, and `coded` of more: the same model, in any size.

    All fits of this package, and what follows from them, take either.

    Parameters
    ----------
    cells, reference : as `matrix` takes them
    many : `MANY_CELLS` by default

    Raises
    ------
    ValueError : as `matrix` does
    """
    return matrix(cells, reference) if len(cells) <= (MANY_CELLS if many is None else many) else coded(cells, reference)


def select(
    x: pd.DataFrame | Coded, rows: ArrayLike | slice = slice(None), columns: pd.Index | None = None
) -> pd.DataFrame | Coded:
    """Return some rows and columns of a design, written out or coded.

    Parameters
    ----------
    x : as `by_size` gives it
    rows : booleans, places, or a slice of places
    columns : labels of the columns to keep, which stay in the order of x; all by default
    """
    kept = np.ones(x.shape[1], dtype=bool) if columns is None else x.columns.isin(columns)
    return x.select(rows, kept) if isinstance(x, Coded) else x.iloc[rows].loc[:, kept]


def join(x: pd.DataFrame | Coded, columns: pd.DataFrame) -> pd.DataFrame | Coded:
    """Return a design, written out or coded, with further columns of numbers.

    Parameters
    ----------
    x : as `by_size` gives it
    columns : numbers, (cells, further terms), labelled as terms; a coded design keeps one row of each that differs
    """
    if not isinstance(x, Coded):
        return x.join(columns)
    differing, first = columns.drop_duplicates(), columns.groupby(list(columns), sort=False).ngroup()
    return x.join(first.to_numpy(), differing.to_numpy(float), columns.columns)


def coded(cells: pd.DataFrame, reference: dict[str, str]) -> Coded:
    """Return the matrix of `matrix` for very many cells: the same columns, never written out.

    Measured with 763,000 cells and 49 columns, a fit takes half a second and a tenth of a gigabyte; statsmodels' `GLM`
    takes 21 s and 3.4 GB for the dense matrix.

    Parameters
    ----------
    cells, reference : as `matrix` takes them

    Raises
    ------
    ValueError : for a reference code that no cell has, or a cell without a code
    """
    codes, positions, columns = [], [], [INTERCEPT]
    for variable, base in reference.items():
        _check(cells[variable], base, variable)
        column = cells[variable].cat.remove_unused_categories()
        present = list(column.cat.categories)
        own = [code for code in present if code != base]
        codes.append(column.cat.codes.to_numpy())
        positions.append(np.array([len(columns) + own.index(code) if code != base else -1 for code in present]))
        columns += [(variable, code) for code in own]
    labels = pd.MultiIndex.from_tuples(columns, names=TERM)
    return Coded(codes, positions, (len(cells), len(columns)), labels)


def _check(codes, base, variable):
    """Raise ValueError for a cell without a code, and for a reference code that no cell has to be compared with."""
    if codes.isna().any():
        raise ValueError(f"a cell has no code of '{variable}'; leave it out, or give it one")
    if not (codes == base).any():
        raise ValueError(f"no unit has the reference code '{base}' of '{variable}'")


def as_design(x: Dense | Coded | ArrayLike) -> Dense | Coded:
    """Return a matrix as one of the two designs that a model takes; what is one already stays as it is."""
    return x if isinstance(x, Dense | Coded) else Dense(x)
