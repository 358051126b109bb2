"""The score of whole points: what each answer gets, and what the sum means."""

import numpy as np
import pandas as pd
import pytest
from samples import logit

from countstats.prediction import calibration, points

REFERENCE = {"sex": "male", "stress": "low"}
B = pd.Series(
    {
        ("intercept", ""): -2.0,
        ("sex", "female"): -0.4,
        ("stress", "medium"): 0.55,
        ("stress", "high"): 1.0,
    }
)


def test_points_are_rounded_log_odds_above_the_least_of_each_question():
    sheet, base, unit = points.points(B, REFERENCE, largest=5)
    got = {(row.variable, row.code): row.points for row in sheet.itertuples()}
    assert unit == pytest.approx(0.2) and base == pytest.approx(-2.4), "girls, at least stress"
    assert got == {
        ("sex", "male"): 2,
        ("sex", "female"): 0,
        ("stress", "low"): 0,
        ("stress", "medium"): 3,
        ("stress", "high"): 5,
    }


def test_with_fine_points_the_sum_gives_the_risk_of_the_model():
    sheet, base, unit = points.points(B, REFERENCE, largest=100000)
    cells = pd.DataFrame({"sex": ["male", "female", "female"], "stress": ["high", "low", "medium"]})
    sums = points.total(cells, sheet)
    odds = [-2 + 1.0, -2 - 0.4, -2 - 0.4 + 0.55]
    assert np.allclose(points.risk(sums, base, unit), 1 / (1 + np.exp(-np.array(odds))), atol=1e-5)


def test_risk_by_sum_goes_from_no_points_to_the_most():
    table = pd.DataFrame({"variable": ["a", "a", "b"], "code": ["x", "y", "z"], "points": [0, 4, 2]})
    risks = points.risk_by_sum(table, -2.0, 0.1)
    assert risks["sum"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert risks["risk"].tolist() == pytest.approx([1 / (1 + np.exp(2 - 0.1 * each)) for each in range(7)])


def test_the_line_of_the_sums_is_that_of_statsmodels_and_its_risks_are_calibrated():
    sums, events, others = np.array([0.0, 2, 3, 7, np.nan]), np.array([3, 9, 20, 30, 5]), np.array([40, 31, 22, 9, 5])
    base, unit = points.log_odds_per_point(sums, events, others)
    expected = logit(np.column_stack([np.ones(4), sums[:4]]), events[:4], others[:4]).params
    assert (base, unit) == pytest.approx(tuple(expected), rel=1e-9)
    at = points.risk(sums[:4], base, unit), events[:4], others[:4]
    assert calibration.slope(*at).value == pytest.approx(1)
    assert calibration.observed_expected(*at).value == pytest.approx(1)


def test_the_unit_of_rounding_gives_risks_that_are_too_extreme():
    """Coarse points of many answers: the line through their sums is flatter than the unit that they were rounded to."""
    rng = np.random.default_rng(3)
    b = pd.Series({(f"q{i}", "yes"): each for i, each in enumerate(rng.uniform(0.2, 1.4, 10))})
    reference = {name: "no" for name, _ in b.index}
    sheet, _, unit = points.points(pd.concat([B.iloc[:1], b]), reference, largest=3)
    answers = pd.DataFrame(rng.choice(["yes", "no"], (4000, 10)), columns=list(reference))
    true = 1 / (1 + np.exp(2 - (answers == "yes").to_numpy(float) @ b.to_numpy()))
    assert points.log_odds_per_point(points.total(answers, sheet), 1000 * true, 1000 * (1 - true))[1] < unit


def test_an_answer_without_an_estimate_has_no_points_and_no_sum():
    b = B.copy()
    b["stress", "medium"] = np.nan
    sheet, *_ = points.points(b, REFERENCE)
    assert "medium" not in set(sheet["code"])
    cells = pd.DataFrame({"sex": ["male", "male"], "stress": ["medium", "low"]})
    sums = points.total(cells.astype("category"), sheet)
    assert np.isnan(sums[0]) and np.isfinite(sums[1])


def test_a_model_without_effects_gives_no_points():
    with pytest.raises(ValueError, match="no category differs"):
        points.points(pd.Series({("intercept", ""): -1.0, ("sex", "female"): 0.0}), {"sex": "male"})
