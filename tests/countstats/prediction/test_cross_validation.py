"""The parts of a cross-validation are a division of the units, at random and of equal size."""

import numpy as np
import pandas as pd
import pytest

from countstats.columns import COUNTS
from countstats.prediction import cross_validation

CELLS = pd.DataFrame({"cell": list("abc"), "events": [30, 0, 9], "others": [20, 41, 3]})


def test_every_unit_is_in_one_part_and_parts_are_alike_in_size():
    parts = cross_validation.folds(CELLS, 10, np.random.default_rng(1))
    sizes = [part[COUNTS].to_numpy().sum() for part in parts]
    assert len(parts) == 10 and sum(sizes) == 103 and max(sizes) - min(sizes) <= 1
    together = pd.concat(parts).groupby("cell")[COUNTS].sum()
    assert together.to_numpy().tolist() == CELLS[COUNTS].to_numpy().tolist()


def test_a_part_holds_its_share_of_a_cell_on_average():
    rng = np.random.default_rng(2)
    last = [cross_validation.folds(CELLS, 4, rng)[-1].set_index("cell")["events"].get("a", 0) for _ in range(400)]
    assert np.mean(last) == pytest.approx(30 / 4, abs=0.4) and np.std(last) > 1, "units are divided, and not cells"


@pytest.mark.parametrize("number", [1, 104])
def test_too_few_or_too_many_parts_are_an_error(number):
    with pytest.raises(ValueError, match="103 units cannot be divided"):
        cross_validation.folds(CELLS, number, np.random.default_rng(1))
