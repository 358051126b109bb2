"""Adjusted p-values: against R's p.adjust, and with tests that could not be made."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from countstats.multiplicity import adjusted

R = pd.read_csv(Path(__file__).parent / "reference" / "r_families.csv").set_index(["case", "test", "quantity"])["value"]
P = [1e-12, 0.0004, 0.003, 0.0031, 0.012, 0.02, 0.041, 0.049, 0.2, 0.7]


@pytest.mark.parametrize("method, theirs", [("holm", "holm"), ("fdr_bh", "BH")])
def test_as_in_r(method, theirs, agrees):
    for place, value in enumerate(adjusted(P, method), start=1):
        agrees(f"p.adjust, {theirs}", value, R["p vector of 10", f"p.adjust {theirs}", f"p[{place}]"], 12)


def test_a_test_that_was_not_made_stays_so_and_counts_for_nothing():
    with_gaps = np.array([[0.01, np.nan], [np.nan, 0.04]])
    assert adjusted(with_gaps)[[0, 1], [0, 1]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted(with_gaps)[[0, 1], [1, 0]]).all()


def test_an_empty_family():
    assert adjusted([]).shape == (0,)
    assert np.isnan(adjusted([np.nan])).all()
