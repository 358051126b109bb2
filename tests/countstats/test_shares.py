"""Shares with intervals: against R's binconf."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from countstats.shares import share_of

R = pd.read_csv(Path(__file__).parent / "reference" / "r_families.csv").set_index(["case", "test", "quantity"])["value"]
CASES = sorted({case for case, test, _ in R.index if "wilson" in test})


@pytest.mark.parametrize("case", CASES)
def test_wilsons_interval_as_in_r(case, agrees):
    events, n = (pd.Series([int(part)]) for part in case.split()[1].split("/"))
    found = share_of(events, n).loc[0]
    assert found["n"] == n.loc[0]
    for name, theirs in (("estimate", "p"), ("low", "lo"), ("high", "hi")):
        agrees("Wilson's interval", found[name], R[case, "binconf wilson", theirs], 9)


def test_none_and_all_and_nobody():
    found = share_of(pd.Series([0, 7, 0]), pd.Series([7, 7, 0]))
    assert found["low"][0] == 0 == found["estimate"][0] and found["high"][1] == 1 == found["estimate"][1]
    assert found["n"].tolist() == [7, 7, 0]
    assert np.isnan(found.loc[2, ["estimate", "low", "high"]].astype(float)).all()
