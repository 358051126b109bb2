"""A design matrix of categories that is never written out: the codes of a few variables in place of their columns.

Each row of such a matrix says no more than one code per variable does, and a million cells by fifty columns are half a
gigabyte, of which a fit makes several copies. Here a few variables at a time are drawn together into one code of at
most `WIDE` values. A linear predictor is then a sum of looked-up numbers, and an information follows from the table of
weights by each two of these codes, which fits into the processor's cache. Time grows with the number of cells, but not
with that of the columns.

Why not a library: tabmat, which glum is built on, has products of categorical matrices, from where the idea comes, but
makes one for each two variables in place of each two groups; scipy's sparse matrices would keep an index of eight
bytes for every cell and variable.
"""

import numpy as np

WIDE = 64


class Coded:
    """An intercept and a 0/1 column for each code of some variables that has one.

    codes : one array per variable, the code of each cell as a whole number from 0
    columns : one array per variable, the column of each code; -1 for a code that has none, as a reference
    cells, terms : how many rows and columns the matrix has; the intercept is the first column
    """

    def __init__(self, codes, columns, cells, terms):
        self.terms = terms
        self.parts = [_draw_together(group, codes, columns, cells, terms) for group in _groups(columns)]
        self.parts[0][1][:, 0] = 1.0  # every cell has one code of the first group, and so one intercept

    def times(self, b):
        """Return the matrix times coefficients, (terms,) or (terms, several): a row per cell."""
        return sum((meaning @ b)[code] for code, meaning in self.parts)

    def back(self, values):
        """Return numbers per cell, (cells,) or (cells, several), times the matrix: (terms,) or (several, terms)."""
        if values.ndim > 1:
            return np.array([self.back(column) for column in values.T])
        return sum(meaning.T @ np.bincount(code, values, len(meaning)) for code, meaning in self.parts)

    def gram(self, weight):
        """Return the matrix times itself with a weight for each cell, terms x terms."""
        out = np.zeros((self.terms, self.terms))
        for place, (code, meaning) in enumerate(self.parts):
            out += meaning.T @ (np.bincount(code, weight, len(meaning))[:, None] * meaning)
            for other, of_other in self.parts[place + 1 :]:
                both = np.bincount(code * len(of_other) + other, weight, len(meaning) * len(of_other))
                block = meaning.T @ both.reshape(len(meaning), -1) @ of_other
                out += block + block.T
        return out


def _groups(columns):
    """Return variables in groups, the product of whose numbers of codes is at most `WIDE`, by first fit."""
    groups = []
    for variable in sorted(range(len(columns)), key=lambda variable: -len(columns[variable])):
        for group in groups:
            if np.prod([len(columns[each]) for each in [*group, variable]]) <= WIDE:
                group.append(variable)
                break
        else:
            groups.append([variable])
    return groups or [[]]


def _draw_together(group, codes, columns, cells, terms):
    """Return the joint code of some variables, one per cell, and what it means: floats, (joint codes, terms)."""
    widths = [len(columns[variable]) for variable in group]
    joint = np.zeros(cells, np.int32)
    for variable, width in zip(group, widths, strict=True):
        joint = joint * width + codes[variable]
    meaning = np.zeros((int(np.prod(widths)), terms))
    each = np.unravel_index(np.arange(len(meaning)), widths) if group else ()
    for variable, place in zip(group, each, strict=True):
        column = columns[variable][place]
        meaning[np.flatnonzero(column >= 0), column[column >= 0]] = 1.0
    return joint, meaning
