"""The frames of a validation: example callers, groups and their extremes."""

import numpy as np
import pandas as pd

from countstats.prediction import performance
from hotline.codebook import codebook
from hotline.models import validation

GOOD = performance.measure([0.1, 0.3, 0.5, 0.8], [2, 5, 9, 14], [20, 15, 10, 4], 0.4)


def test_example_callers_need_an_estimate_of_every_answer():
    cells = pd.DataFrame({"stage": ["primary"] * 2 + ["junior"] * 2, "sex": ["male", "female"] * 2,
                          "events": [1, 5, 2, 0], "others": [2, 3, 2, 1]})  # fmt: skip
    b = {("stage", "primary"): 0.0, ("stage", "junior"): 0.4, ("sex", "male"): 0.1, ("sex", "female"): 0.0}
    sheet = pd.DataFrame([(*term, each) for term, each in b.items()], columns=["variable", "code", "b"])
    reference, book = {"stage": "primary", "sex": "male"}, codebook()
    assert validation.example_callers(cells, sheet, reference, book) == {
        "Reference throughout": reference,
        "Most points throughout": {"stage": "junior", "sex": "male"},
        "Usual answers: Junior high": {"stage": "junior", "sex": "male"},
        "Usual answers: Primary": {"stage": "primary", "sex": "female"},
    }
    assert "Usual answers: Primary" not in validation.example_callers(cells, sheet.iloc[:3], reference, book)


def test_labelled_groups_leave_out_missing():
    frame = pd.DataFrame([{"variable": "sex", "code": "male", **GOOD}, {"variable": "sex", "code": "missing", **GOOD}])
    shown = validation.labelled_groups(frame, codebook())
    assert shown[["heading", "label"]].to_numpy().tolist() == [["Sex", "Boy"]]


def test_extremes_are_recorded_groups_with_an_interval():
    frame = pd.DataFrame([
        {"variable": "sex", "code": "male", "auc": 0.8, "auc_low": 0.7},
        {"variable": "sex", "code": "female", "auc": 0.7, "auc_low": 0.6},
        {"variable": "region", "code": "north", "auc": 0.5, "auc_low": np.nan},
        {"variable": "region", "code": "missing", "auc": 0.4, "auc_low": 0.1},
    ])  # fmt: skip
    found = validation.extremes(frame, codebook(), "auc")
    assert found == {
        "least": ("Sex: Girl", {"variable": "sex", "code": "female"}),
        "most": ("Sex: Boy", {"variable": "sex", "code": "male"}),
    }
    least = validation.extremes(frame.iloc[2:], codebook(), "auc")["least"]
    assert least == ("–", {"variable": None, "code": None})


def groups(**oe):
    """Groups of regions with an estimate of O/E and its limits."""
    rows = [{"variable": "region", "code": code, "oe": value, "oe_low": value - 0.1, "oe_high": value + 0.1,
             "slope": 1.0, "slope_low": 0.9, "slope_high": 1.1, "slope_se": 0.05}
            for code, value in oe.items()]  # fmt: skip
    return pd.DataFrame(rows)


def corrected(p):
    return pd.DataFrame({"variable": ["region"] * 2, "measure": ["oe", "slope"], "p_holm": [p, 0.9]})


def test_a_group_is_named_only_where_test_and_interval_agree():
    found = groups(north=1.3, east=1.05, missing=2.0)
    named = validation.standing_out(found, corrected(0.01), codebook(), 0.05)
    assert named["label"].tolist() == ["Region: North"], "not one whose interval holds one, nor the unrecorded"
    assert validation.verdict_of_groups(named).endswith("for Region: North (O/E 1.30, 1.20 to 1.40)")
    assert validation.advice_for_groups(named, 0.1, 0.2).endswith("before they are used for Region: North")
    assert "within the margins" in validation.advice_for_groups(named, 0.4, 0.2)
    by_chance = validation.standing_out(found, corrected(0.2), codebook(), 0.05)
    assert by_chance.empty and "no group" in validation.verdict_of_groups(by_chance)
    assert validation.advice_for_groups(by_chance, 0.1, 0.2) == "nothing here asks for a recalibration by group"


def test_heterogeneity_is_seen_where_a_group_is_off_and_corrected_for_all_tests():
    rng, n = np.random.default_rng(1), 4000
    cells = pd.DataFrame({"region": rng.choice(["north", "east", "missing"], n), "sex": rng.choice(["m", "f"], n)})
    risk = 1 / (1 + np.exp(-rng.normal(-1, 1, n)))
    happened = rng.random(n) < risk * np.where(cells["region"] == "north", 0.6, 1)
    cells = cells.assign(events=happened.astype(int), others=(~happened).astype(int))
    found = performance.by_group(cells, risk, ["region", "sex"], 0.5)
    tests = validation.heterogeneity(cells, risk, found).set_index(["variable", "measure"])
    assert tests.loc[("region", "oe"), "p_holm"] < 1e-6 and tests.loc[("region", "oe"), "df"] == 1
    assert tests.loc[("sex", "oe"), "p"] > 0.01
    assert (tests["p_holm"] >= tests["p"]).all()


def sample(n, seed=1):
    rng = np.random.default_rng(seed)
    risk = 1 / (1 + np.exp(-rng.normal(-1, 1, n)))
    happened = (rng.random(n) < risk).astype(int)
    x = np.column_stack([np.ones(n), np.log(risk / (1 - risk))])
    return x, pd.DataFrame({"row": np.arange(n), "risk": risk, "events": happened, "others": 1 - happened})


def test_a_sample_is_judged_by_its_misfit():
    x, cells = sample(3000)
    found = validation.judged(x, [0, 1], np.zeros((2, 2)), cells, 0.2, 0.3, 0.95, 40, np.random.default_rng(1))
    assert list(found) == validation.JUDGED and found["verdict"] == "irrelevant" and found["n"] == 3000
    assert abs(found["brier_after"] - found["brier_before"]) < 0.002 and found["ici_low"] <= found["ici"]


def test_a_sample_without_a_line_has_counts_and_no_verdict():
    cells = pd.DataFrame({"row": [0, 1], "risk": [0.1, 0.9], "events": [0, 30], "others": [30, 0]})
    x = np.array([[1, -2.197], [1, 2.197]])
    found = validation.judged(x, [0, 1], np.zeros((2, 2)), cells, 0.2, 0.3, 0.95, 40, np.random.default_rng(1))
    assert found["verdict"] == "" and found["events"] == 30 and np.isnan(found["slope"])
