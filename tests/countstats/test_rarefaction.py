"""How many cells so many pupils would have: by counting all draws, and at the ends."""

from itertools import combinations

import numpy as np
import pytest

from countstats.rarefaction import cells_met


def test_it_is_the_mean_over_all_draws():
    n = [3, 1, 2, 1]
    pupils = np.repeat(range(4), n)
    for size in range(8):
        drawn = [len(set(some)) for some in combinations(pupils, size)] if size else [0]
        assert cells_met(n, size)[0] == pytest.approx(np.mean(drawn), rel=1e-10)


def test_all_pupils_have_all_cells_and_one_has_one():
    n = np.random.default_rng(1).integers(1, 50, 300)
    met = cells_met(n, [0, 1, n.sum()])
    assert met == pytest.approx([0, 1, 300])
    assert met[-1] == 300, "exactly, however many pupils there are"


def test_more_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="from 0 to 4 pupils"):
        cells_met([3, 1], 5)
