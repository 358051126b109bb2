"""The tables of the risk model: what is estimated with its interval, and a dash with a reason for what is not."""

import numpy as np
import pandas as pd

from countstats.estimates import ChiSquare, Estimate
from countstats.prediction import performance, roc
from countstats.prediction.pooling import Pooled
from hotline.codebook import codebook
from hotline.models import validation
from hotline.models.risk_model import LaterCalls, Line
from hotline.report.tables import prediction

GOOD = performance.measure([0.1, 0.3, 0.5, 0.8], [2, 5, 9, 14], [20, 15, 10, 4], 0.4)
BARE = performance.measure([0.1, 0.3], [0, 0], [20, 15], 0.2)


def test_performance_prints_intervals_and_dashes():
    more = pd.Series({"hl": ChiSquare(13.34, 10, 0.2), "partial_auc": 0.6, "partial_auc_low": np.nan,
                      "partial_auc_high": np.nan, "ici": 0.00812})  # fmt: skip
    table = prediction.performance({"A": pd.concat([GOOD, more]), "B": BARE}, "ill").printed().set_index("Measure")
    assert table.loc["AUC", "A"].startswith("0.8") and " to " in table.loc["AUC", "A"]
    assert table.loc["Hosmer-Lemeshow χ² (df; p)", "A"] == "13.3 (10; 0.200)"
    assert table.loc["Partial AUC at high specificity", "A"] == "0.600", "no interval was made"
    assert (
        table.loc["Pupils ill", "B"] == "0 (0.0%)"
        and table.loc["AUC", "B"] == "–"
        and table.loc["Sensitivity", "B"] == "–"
    )
    assert not table.map(lambda cell: "nan" in str(cell).lower()).any(axis=None)


def test_groups_have_labels_and_reasons_for_gaps():
    frame = pd.DataFrame([{"variable": "sex", "code": "male", **GOOD}, {"variable": "region", "code": "north", **BARE}])
    frame["cases"], frame["scored"] = [5254, 70], [0.613, 0.5]
    table = prediction.groups(frame, codebook()).printed()
    assert table[["Group", "Category"]].to_numpy().tolist() == [["Sex", "Boy"], ["Region", "North"]]
    assert table["AUC"].iloc[1] == "–" and table["Alerts"].iloc[1].startswith("43%")
    assert table["Complete"].tolist() == ["61% of 5,254", "50% of 70"]
    note = prediction.missing_note(frame, codebook())
    assert note.endswith("Region: North (none have the event: only the flagged can be counted).")
    assert prediction.missing_note(frame.iloc[:1], codebook()) == ""


def test_thresholds_have_the_alerts_of_a_shift_and_how_often_they_are_kept():
    row = performance.of_all(
        roc.at_threshold([0.1, 0.6], [10, 30], [40, 20], 0.5), Estimate(0.5, 0.45, 0.55), Estimate(0.4, 0.3, 0.5)
    )
    row = pd.concat([row, pd.Series({"per_shift": 3.04, "kept": 0.651})])
    rows = {"Youden": row, "None": {**row, "threshold": np.inf}}
    table = prediction.thresholds(rows, 3).printed().set_index("Chosen by")
    assert table.loc["Youden", ["Risk", "Alerts per shift", "Shifts with at most 3"]].tolist() == ["50%", "3.0", "65%"]
    assert table.loc["None", "Risk"] == "–"
    assert table.loc["Youden", "Found of all"].startswith("30% (") and table.loc["Youden", "Sensitivity"][:3] == "75%"
    note = prediction.thresholds_note(12, 3, 0.5, 0.4, "ill", "95%")
    assert "12 in a shift on average" in note and "no more than 3" in note
    assert "all pupils ill" in note and "40.0% of them have one, and 50.0% of all pupils" in note


def test_gaps_and_calls_have_intervals_and_blanks():
    limits = {f"{name}{end}": value for name in ("auc", "oe", "slope", "submodel_auc", "submodel_oe")
              for end, value in (("", 1.02), ("_low", 0.9), ("_high", 1.1))}  # fmt: skip
    bare = {name: np.nan for name in limits}
    frame = pd.DataFrame([{"cases": "One gap", "n": 1200, "events": 300, **limits},
                          {"cases": "Sex", "n": 12, "events": 3, **bare}])  # fmt: skip
    table = prediction.gaps(frame).printed()
    assert table.iloc[0].tolist() == ["One gap", "1,200 (300)", "1.020 (0.900 to 1.100)", *["1.02 (0.90 to 1.10)"] * 2,
                                      "1.020 (0.900 to 1.100)", "1.02 (0.90 to 1.10)"]  # fmt: skip
    assert table.iloc[1].tolist() == ["Sex", "12 (3)", "–", "–", "–", "", ""]
    of = {"calls": 90, "events": 30, "callers": 40, **limits}
    table = prediction.calls(pd.DataFrame([{"which": "Later calls", "risks": risks, **of}
                                           for risks in ("as they are", "recalibrated")])).printed()  # fmt: skip
    assert table["Calls"].tolist() == ["Later calls", ""] and table["O/E"].tolist() == ["1.02 (0.90 to 1.10)"] * 2


def test_later_note_has_the_recalibration_or_the_reason():
    of = {"calls": 90, "events": 30, "oe": 1.0, "oe_low": 0.9, "oe_high": 1.1}
    line = Line(intercept=0.123, slope=0.95, doubling=0.3)
    said = prediction.later_note(LaterCalls(line=line, refused="", **of))
    assert "Recalibrated: 0.12 + 0.95 × log odds + 0.30 for each doubling" in said
    assert prediction.later_note(LaterCalls(line=None, refused="too few", **of)).endswith("get no score: too few.")


def test_differences_of_models():
    area, pair = roc.auc([1, 2, 3], [3, 5, 9], [9, 5, 2]), roc.Difference(-0.0123, -0.014, -0.01, 0.001, -9, 1e-9)
    rows = {"All": (area, None), "Without": (area, pair)}
    table = prediction.differences(validation.tidy_differences(rows)).printed()
    assert table["Difference"].tolist() == ["–", "−0.0123 (−0.0140 to −0.0100)"] and table["p"].tolist() == [
        "",
        "<0.001",
    ]
    tidy = validation.tidy_differences(rows)
    assert tidy.loc[1, "difference"] == -0.0123 and np.isnan(tidy.loc[0, "p"]) and tidy.loc[0, "auc"] == area.value


def test_score_has_every_sum_in_pairs_of_columns():
    risks = pd.DataFrame({"sum": range(7), "risk": [0.119, 0.13, 0.142, 0.154, 0.168, 0.182, 0.198]})
    table = prediction.score(risks, pairs=3).printed()
    assert list(table) == ["Sum", "Risk"] * 3
    assert table.iloc[:, ::2].to_numpy().tolist() == [["0", "3", "6"], ["1", "4", ""], ["2", "5", ""]]
    assert table.iloc[0].tolist() == ["0", "11.9%", "3", "15.4%", "6", "19.8%"]


def test_samples_begin_with_the_bootstrap_and_end_with_the_pooled_row():
    corrected = pd.DataFrame({"corrected": [0.7, 0.0, 0.9], "low": [0.6, -0.1, 0.8], "high": [0.8, 0.1, 1.0]},
                             index=["auc", "intercept", "slope"])  # fmt: skip
    pooled = {name: Pooled(1, 0.5, 1.5, tau=0.1, new_low=0, new_high=2) for name in corrected.index}
    frame = validation.samples(
        corrected, GOOD, GOOD, {("Later year", "2022"): GOOD, ("Another region", "North"): BARE}, pooled
    )
    first = ["Bootstrap, corrected", "Cross-validation", "One random split"]
    assert frame["label"].tolist() == [*first, "2022", "North", "Pooled"]
    assert frame["heading"].iloc[-1] == "Another region" and frame.loc[5, "auc_high"] == 1.5
    printed = prediction.samples(frame).printed()
    assert printed["AUC"].tolist()[0] == "0.700 (0.600 to 0.800)" and printed["AUC"].tolist()[4] == "–"
    assert printed["Pupils"].tolist() == ["–", "79", "79", "79", "35", "–"]
    sentence = prediction.left_out({"North": "it would have 3"})
    assert sentence == "Not held out, for want of cases: North (it would have 3)." and prediction.left_out({}) == ""
    nowhere = validation.samples(corrected, GOOD, GOOD, {}, dict.fromkeys(pooled, Pooled(*[np.nan] * 3)))
    assert nowhere["label"].tolist() == first


def test_optimism_has_no_more_decimals_than_its_draws_make_sure_of():
    rows = {"apparent": [0.81234, 1.0], "optimism": [0.00114, 0.0076], "corrected": [0.8112, 0.9924],
            "low": [0.80, 0.95], "high": [0.82, 1.03], "error": [0.0006, 0.0031]}  # fmt: skip
    table = prediction.optimism(pd.DataFrame(rows, index=["auc", "slope"]), {"auc": 0.80009, "slope": 0.916}).printed()
    assert table["Optimism"].tolist() == ["0.001", "0.01"] and table["One random split"].tolist() == ["0.800", "0.92"]
    assert table["Corrected"].tolist() == ["0.811 (0.800 to 0.820)", "0.99 (0.95 to 1.03)"]


def test_recalibration_says_how_far_risks_are_off_and_what_follows():
    row = dict.fromkeys(validation.JUDGED, 0.5)
    rows = pd.DataFrame([
        {"sample": "2022", **row, "verdict": "irrelevant"},
        {"sample": "North", **row, "verdict": "relevant", "p": 1e-5},
        {"sample": "East", **dict.fromkeys(validation.JUDGED, np.nan), "verdict": ""},
    ])  # fmt: skip
    table = prediction.recalibration(rows).printed()
    assert table["Verdict"].tolist() == ["Fits", "Recalibrate", "–"]
    assert table["p"].tolist() == ["0.500", "<0.001", "–"] and table["O/E"].tolist()[0] == "0.50 (0.50 to 0.50)"
    assert table["Brier score"].tolist()[0] == "0.5000 → 0.5000"
    assert prediction.recalibration(rows.iloc[:0]).rows()[0][0] == "None could be held out"


def test_the_note_on_groups_has_both_tests_of_a_variable():
    tests = pd.DataFrame({"variable": ["sex", "sex"], "measure": ["oe", "slope"], "p_holm": [0.5, np.nan]})
    assert "Sex 0.500; –." in prediction.heterogeneity(tests, codebook())
