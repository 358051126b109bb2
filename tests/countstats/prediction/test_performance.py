"""All measures of one sample: those that can be had, and a reason for the others."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from countstats.estimates import Estimate
from countstats.prediction import calibration, performance, roc
from countstats.shares import wilson

RISK = [0.1, 0.3, 0.5, 0.8]


@pytest.fixture
def cells():
    """Cells of two regions; no unit in the north has the event, and all in the west have it."""
    frame = pd.DataFrame(
        {
            "region": pd.Categorical(["east"] * 4 + ["north"] * 2 + ["west"], ["east", "north", "west", "south"]),
            "events": [2, 5, 9, 14, 0, 0, 6],
            "others": [20, 15, 10, 4, 7, 9, 0],
        }
    )
    return frame, np.array([*RISK, 0.2, 0.6, 0.7])


def test_the_measures_are_those_of_their_modules():
    sample = RISK, [2, 5, 9, 14], [20, 15, 10, 4]
    found = performance.measure(*sample, 0.4)
    area, slope, large = roc.auc(*sample), calibration.slope(*sample), calibration.in_the_large(*sample)
    assert (found["auc"], found["auc_low"], found["auc_variance"]) == (area.value, area.low, area.se**2)
    assert (found["slope"], found["slope_se"], found["slope_high"]) == (slope.value, slope.se, slope.high)
    assert (found["intercept"], found["intercept_se"]) == (large.value, large.se)
    assert found["oe"] == calibration.observed_expected(*sample).value
    assert found["brier"] == calibration.brier(*sample) and found["scaled_brier"] == calibration.scaled_brier(*sample)
    at = roc.at_threshold(*sample, 0.4)
    assert all(found[name] == at[name] for name in at.index)
    assert (found["n"], found["events"], found["why"]) == (79, 30, "")


def test_a_group_without_the_event_has_a_share_of_flagged_and_a_reason(cells):
    found = performance.by_group(*cells, ["region"], 0.5).set_index("code")
    assert list(found.index) == ["east", "north", "west"], "a code that no unit has is no group"
    north = found.loc["north"]
    assert north["why"] == "none have the event: only the flagged can be counted"
    assert np.isnan(north[["auc", "slope", "oe", "intercept", "sensitivity"]].astype(float)).all()
    assert north["flagged"] == 9 / 16 and north["specificity"] == 7 / 16
    west = found.loc["west"]
    assert west["why"].startswith("all have the event") and west["sensitivity"] == 1
    assert found.loc["east", "why"] == "" and found["n"].sum() == 101


def test_the_groups_find_their_own_risks_whatever_the_order_of_the_cells(cells):
    frame, risk = cells
    order = np.random.default_rng(1).permutation(len(frame))
    one = performance.by_group(frame, risk, ["region"], 0.5)
    other = performance.by_group(frame.iloc[order].reset_index(drop=True), risk[order], ["region"], 0.5)
    pd.testing.assert_frame_equal(one, other)


def test_of_all_units_less_is_found_than_of_the_scored():
    row = roc.at_threshold([0.1, 0.6], [10, 30], [40, 20], 0.5)
    row = performance.of_all(row, Estimate(0.5, 0.43, 0.57), Estimate(0.4, 0.4, 0.4))
    # The hundred scored are half of two hundred; the forty with the event are 0.4 of a hundred.
    assert row["flagged_of_all"] == 50 / 200 and row["sensitivity_of_all"] == pytest.approx(30 / 100)
    assert row["sensitivity_of_all_low"] == pytest.approx(0.4 * row["sensitivity_low"]), "of a share that is known"
    assert (
        row["flagged_of_all_low"] < 0.5 * row["flagged_low"] and row["flagged_of_all_high"] > 0.5 * row["flagged_high"]
    )


def test_limits_of_what_is_found_of_all_hold_the_error_of_both_shares():
    rng, held = np.random.default_rng(3), []
    for _ in range(800):
        having = rng.binomial(300, 0.6)
        hit = rng.binomial(having, 0.7)
        row = roc.at_threshold([0.1, 0.6], [having - hit, hit], [40, 20], 0.5)
        caught = Estimate(having / 300, *map(float, wilson(having / 300, 300)))
        found = performance.of_all(row, caught, caught)
        held.append(found["sensitivity_of_all_low"] <= 0.42 <= found["sensitivity_of_all_high"])
    assert 0.93 < np.mean(held) < 0.975


def test_of_a_group_where_none_is_found_limits_stay_shares():
    row = roc.at_threshold([0.1, 0.6], [5, 0], [40, 20], 0.5)
    found = performance.of_all(row, Estimate(1.0, 0.9, 1.0), Estimate(1.0, 0.9, 1.0))
    assert found["sensitivity_of_all"] == 0 and found["sensitivity_of_all_low"] >= 0
    assert found["sensitivity_of_all_high"] <= 1


def test_who_can_have_a_score_is_counted_by_group():
    cells = pd.DataFrame({"sex": ["m", "m", "f", "missing"], "region": ["n", "missing", "n", "n"],
                          "stress": ["low", "low", "missing", "low"], "events": [3, 4, 5, 0], "others": [1, 1, 5, 2]}
                        ).astype({"sex": "category", "region": "category", "stress": "category"})  # fmt: skip
    found = performance.scored(cells, ["sex", "stress"], ["sex", "region"]).set_index(["variable", "code"])
    assert found["cases"].to_dict() == {("sex", "f"): 10, ("sex", "m"): 9, ("sex", "missing"): 2,
                                        ("region", "missing"): 5, ("region", "n"): 16}  # fmt: skip
    assert found["scored"].tolist() == [0, 1, 0, 1, 4 / 16]
    wilson = proportion_confint(4, 16, method="wilson")
    assert found.loc[("region", "n"), ["scored_low", "scored_high"]].tolist() == pytest.approx(wilson)


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (([0.3], [5], [7]), "same predicted risk"),
        (([0.1, 0.9], [0, 4], [5, 0]), "separates"),
        (([], [], []), "no units"),
    ],
)
@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero", "ignore:invalid value")
def test_a_constant_a_perfect_and_an_empty_sample_have_no_slope(sample, why):
    found = performance.measure(*sample, 0.5)
    assert why in found["why"] and np.isnan(found["slope"])


def test_one_unit_of_each_kind_has_an_area_without_limits():
    found = performance.measure([0.2, 0.6], [1, 0], [0, 1], 0.5)
    assert found["auc"] == 0 and np.isnan(found["auc_low"])


def test_a_risk_that_rounds_to_one_has_an_area_and_no_calibration():
    """So does that of a unit whom a model of few units takes for certain."""
    found = performance.measure([0.2, 0.6, 1.0], [3, 4, 2], [9, 5, 1], 0.5)
    assert found["why"].startswith("a risk rounds to 0 or 1") and found[["intercept", "slope"]].isna().all()
    assert found["auc"] > 0.5 and np.isfinite(found[["brier", "oe"]].astype(float)).all()
