"""What can't be compared stops a notebook with a sentence."""

import numpy as np
import pandas as pd
import pytest

from hotline.errors import NothingToEstimate
from hotline.models.comparable import never_answered, refuse


def test_refuse_tells_every_reason_and_only_where_all_have_one():
    refuse({"a": "", "b": "nothing recorded"}, "the numbers")
    with pytest.raises(
        NothingToEstimate, match="the numbers can't be compared: a: one level only; b: nothing recorded"
    ):
        refuse({"a": "one level only", "b": "nothing recorded"}, "the numbers")


def test_lost_calls_of_callers_who_got_through_at_another_time_are_not_lost_for_good():
    rows = [(1, "yes", 3), (1, "no", 2), (2, "no", 4), (3, "yes", 1), (4, "no", 1), (None, "no", 9)]
    cells = pd.DataFrame(rows, columns=["caller", "answered", "n"]).astype({"caller": "Int64"})
    assert never_answered(cells) == 5 / 7
    assert np.isnan(never_answered(cells[cells["answered"] == "yes"]))
    assert never_answered(cells[cells["answered"] == "no"]) == 1
