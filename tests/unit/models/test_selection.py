"""Which answered calls were assessed, and weights for those that were: by rows, and by hand."""

import numpy as np
import pandas as pd
import pytest
from samples import logit

from hotline.codebook import MISSING
from hotline.models import selection

TWO = ("length_band", "year")


def tally(rows):
    """A tally of (length_band, year, level, n)."""
    table = pd.DataFrame(rows, columns=[*TWO, "level", "n"])
    return table.astype({"length_band": "category", "level": "category", "year": "Int64"})


CALLS = tally(
    [
        ("short", 2019, MISSING, 30), ("short", 2019, "well", 50), ("short", 2019, "high_risk", 20),
        ("short", None, MISSING, 12), ("short", None, "well", 18), ("long", 2019, MISSING, 2),
        ("long", 2019, "well", 40), ("long", 2019, "high_risk", 58), ("long", None, MISSING, 5),
        ("long", None, "well", 35),
    ]
)  # fmt: skip


def test_shares_not_assessed_by_hand():
    cells = selection.by_assessment(CALLS, TWO)
    assert cells["others"].sum() == 49 and cells["events"].sum() == 221
    found = selection.not_assessed(cells, TWO).set_index(["variable", "code"])
    assert found.loc[("length_band", "short"), ["answered", "not_assessed"]].tolist() == [130, 42]
    assert found.loc[("year", MISSING), "share"] == pytest.approx(17 / 70)
    assert (found["low"] < found["share"]).all() and (found["share"] < found["high"]).all()


def test_weights_are_the_inverse_of_a_logistic_models_probabilities():
    cells = selection.by_assessment(CALLS, TWO)
    x = np.column_stack([np.ones(4), cells["length_band"] == "short", cells["year"] == MISSING]).astype(float)
    expected = 1 / logit(x, cells["events"], cells["others"]).fittedvalues
    np.testing.assert_allclose(selection.weights(cells, TWO), expected, rtol=1e-9)


def test_weighted_cases_from_short_calls_count_more():
    cells = selection.by_assessment(CALLS, TWO)
    cases = CALLS[CALLS["level"] != MISSING]
    found = selection.weighted_levels(cases, cells, selection.weights(cells, TWO), TWO).set_index("level")
    assert found["share"].to_dict() == pytest.approx({"well": 143 / 221, "high_risk": 78 / 221})
    assert found["weighted"].sum() == pytest.approx(1)
    assert found.loc["well", "weighted"] > found.loc["well", "share"]  # most of the short ones are well


def test_where_all_were_assessed_nothing_changes():
    cases = CALLS[CALLS["level"] != MISSING]
    cells = selection.by_assessment(cases, TWO)
    weight = selection.weights(cells, TWO)
    assert (weight == 1).all()
    found = selection.weighted_levels(cases, cells, weight, TWO)
    assert found["share"].tolist() == found["weighted"].tolist()


def test_a_category_that_was_always_assessed_keeps_a_finite_weight():
    always = CALLS[~((CALLS["length_band"] == "long") & (CALLS["level"] == MISSING))]
    weight = selection.weights(selection.by_assessment(always, TWO), TWO)
    assert np.isfinite(weight).all() and (weight >= 1).all()
