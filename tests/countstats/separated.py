"""Cells drawn by hypothesis: with overlapping outcomes, and with complete or quasi-complete separation."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import assume, settings
from hypothesis import strategies as st

from countstats.columns import COUNTS
from countstats.glm import design

CODES = {"sex": ["male", "female"], "stage": ["primary", "junior", "senior"], "parent_child": ["good", "fair", "poor"]}
BASES = {name: codes[0] for name, codes in CODES.items()}
some = settings(max_examples=15, deadline=None)
randoms = st.randoms(use_true_random=False)


@st.composite
def overlapping(draw):
    """All combinations of two or three predictors, each with events and others."""
    names = sorted(draw(st.sets(st.sampled_from(list(CODES)), min_size=2)), key=list(CODES).index)
    cells = pd.DataFrame(itertools.product(*(CODES[name] for name in names)), columns=names)
    for name in names:
        cells[name] = pd.Categorical(cells[name], [*CODES[name], "adult", "missing"])  # no case has the last two
    for each in COUNTS:
        cells[each] = draw(st.lists(st.integers(1, 6), min_size=len(cells), max_size=len(cells)))
    return cells


@st.composite
def sure_categories(draw):
    """Such cells, of which one category has only events, or only others: (cells, variable, code, which count is 0)."""
    cells = draw(overlapping())
    name = draw(st.sampled_from(list(reference(cells))))
    code, none = draw(st.sampled_from(CODES[name])), draw(st.sampled_from(COUNTS))
    cells.loc[cells[name] == code, none] = 0
    return cells, name, code, none


@st.composite
def sure_combinations(draw):
    """Such cells, of which those on one side of a plane have only events, those on the other only others.

    On the plane both may stay, which is quasi-complete separation; where none are on it, it is complete. Some of the
    cells are empty.
    """
    cells = draw(overlapping())
    matrix = matrix_of(cells).to_numpy()
    sides = matrix @ draw(st.lists(st.integers(-2, 2), min_size=matrix.shape[1], max_size=matrix.shape[1]))
    cells.loc[sides > 0, "others"] = 0
    cells.loc[sides < 0, "events"] = 0
    empty = draw(st.lists(st.integers(0, 5), min_size=len(cells), max_size=len(cells)))
    cells = cells[np.array(empty) > 0].reset_index(drop=True)
    assume((cells[COUNTS].sum() > 0).all())
    assume(all((cells[name] == base).any() for name, base in reference(cells).items()))
    assume(np.linalg.matrix_rank(matrix_of(cells)) == matrix_of(cells).shape[1])
    return cells


def reference(cells):
    return {name: base for name, base in BASES.items() if name in cells}


def matrix_of(cells):
    return design.matrix(cells, reference(cells))


def in_other_words(cells, random):
    """The same units in another order, in cells cut in two, all of them twice."""
    cells = cells.sample(frac=1, random_state=random.randint(0, 999))
    cut = cells[COUNTS].map(lambda n: random.randint(0, n))
    parts = [cells.assign(**(2 * cut)), cells.assign(**(2 * (cells[COUNTS] - cut)))]
    return pd.concat(parts, ignore_index=True)
