"""Rows of tests, and what is counted beside them."""

import numpy as np
import pandas as pd

from countstats import hypothesis_tests


def test_lost_calls_of_callers_who_got_through_at_another_time_are_not_lost_for_good():
    rows = [(1, "yes", 3), (1, "no", 2), (2, "no", 4), (3, "yes", 1), (4, "no", 1), (None, "no", 9)]
    cells = pd.DataFrame(rows, columns=["caller", "answered", "n"]).astype({"caller": "Int64"})
    assert hypothesis_tests.never_answered(cells) == 5 / 7
    assert np.isnan(hypothesis_tests.never_answered(cells[cells["answered"] == "yes"]))
    assert hypothesis_tests.never_answered(cells[cells["answered"] == "no"]) == 1
