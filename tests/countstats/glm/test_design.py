"""The design matrix has a column for each code that occurs, and is the same coded as written out."""

import numpy as np
import pandas as pd
import pytest
from samples import MODELS, table, three_stages

from countstats.glm import cell_table, design
from countstats.glm.design import Coded, Dense


def test_design_leaves_out_empty_codes():
    assert list(design.matrix(three_stages([1, 2, 3], [4, 5, 6]), {"stage": "primary"})) == [
        design.INTERCEPT,
        ("stage", "junior"),
        ("stage", "senior"),
    ]


def test_design_refuses_an_empty_reference():
    with pytest.raises(ValueError, match="no unit has the reference code 'adult' of 'stage'"):
        design.matrix(three_stages([1, 2, 3], [4, 5, 6]), {"stage": "adult"})


def test_design_of_small_integers_is_the_same():
    outcome, event, bases = MODELS["titanic"]
    cells = cell_table.cells_of(table("titanic"), bases, outcome, event)
    found = design.matrix(cells, bases, np.int8)
    assert set(found.dtypes) == {np.dtype(np.int8)}
    pd.testing.assert_frame_equal(found.astype(float), design.matrix(cells, bases))


def both(widths, cells=300, seed=1):
    """Codes of some variables, of which the first code has no column, as `Coded` and as `Dense`."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, width, cells).astype(np.int8) for width in widths]
    ends = np.cumsum([1, *(width - 1 for width in widths)])
    positions = [np.append(-1, np.arange(start, start + width - 1)) for start, width in zip(ends, widths, strict=False)]
    x = np.hstack([np.ones((cells, 1)), *(np.eye(width)[code, 1:] for code, width in zip(codes, widths, strict=True))])
    return Coded(codes, positions, (cells, ends[-1])), Dense(x), rng


@pytest.mark.parametrize("widths", [[], [2], [3, 2, 5], [9, 70, 2, 8, 8, 4, 3]])
def test_coded_multiplies_as_dense(widths):
    short, dense, rng = both(widths)
    assert short.shape == dense.shape
    for shape in ((short.shape[1],), (short.shape[1], 3)):
        b = rng.normal(size=shape)
        np.testing.assert_allclose(short.times(b), dense.times(b), atol=1e-12)
    for shape in ((300,), (300, 3)):
        values = rng.normal(size=shape)
        np.testing.assert_allclose(short.transposed_times(values), dense.transposed_times(values), atol=1e-11)
    weight = rng.random(300)
    np.testing.assert_allclose(short.gram(weight), dense.gram(weight), atol=1e-11)
    np.testing.assert_array_equal(short.written_out(), dense.x)


@pytest.mark.parametrize("make", [design.matrix, design.coded])
def test_designs_refuse_a_cell_without_a_code(make):
    cells = three_stages([1, 2, 3], [4, 5, 6])
    cells.loc[1, "stage"] = np.nan
    with pytest.raises(ValueError, match="a cell has no code of 'stage'"):
        make(cells, {"stage": "primary"})
