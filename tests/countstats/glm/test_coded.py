"""A design matrix held as codes multiplies as the one that is written out."""

import numpy as np
import pytest

from countstats.glm.coded import Coded
from countstats.glm.multinomial import Dense


def both(widths, cells=300, seed=1):
    """Codes of some variables, of which the first code has no column, as `Coded` and as `Dense`."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, width, cells).astype(np.int8) for width in widths]
    ends = np.cumsum([1, *(width - 1 for width in widths)])
    columns = [np.append(-1, np.arange(start, start + width - 1)) for start, width in zip(ends, widths, strict=False)]
    x = np.hstack([np.ones((cells, 1)), *(np.eye(width)[code, 1:] for code, width in zip(codes, widths, strict=True))])
    return Coded(codes, columns, cells, ends[-1]), Dense(x), rng


@pytest.mark.parametrize("widths", [[], [2], [3, 2, 5], [9, 70, 2, 8, 8, 4, 3]])
def test_all_three_products_agree(widths):
    coded, dense, rng = both(widths)
    assert coded.terms == dense.terms
    for shape in ((coded.terms,), (coded.terms, 3)):
        b = rng.normal(size=shape)
        np.testing.assert_allclose(coded.times(b), dense.times(b), atol=1e-12)
    for shape in ((300,), (300, 3)):
        values = rng.normal(size=shape)
        np.testing.assert_allclose(coded.back(values), dense.back(values), atol=1e-11)
    weight = rng.random(300)
    np.testing.assert_allclose(coded.gram(weight), dense.gram(weight), atol=1e-11)
