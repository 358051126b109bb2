"""The tables of the risk model: what is estimated with its interval, and a dash with a reason for what is not."""

import numpy as np
import pandas as pd
import pytest

from hotline import prediction_tables, validation_tables
from hotline.codebook import codebook
from hotline.stats import performance, roc
from hotline.stats.pooling import Pooled
from hotline.stats.updating import Update

GOOD = performance.measure([0.1, 0.3, 0.5, 0.8], [2, 5, 9, 14], [20, 15, 10, 4], 0.4)
BARE = performance.measure([0.1, 0.3], [0, 0], [20, 15], 0.2)


def test_performance_prints_intervals_and_dashes_and_no_nan():
    more = pd.Series({"hl": {"chi_square": 13.34, "df": 10, "p": 0.2}, "partial_auc": 0.6, "partial_auc_low": np.nan,
                      "partial_auc_high": np.nan, "ici": 0.00812})  # fmt: skip
    table = prediction_tables.performance({"A": pd.concat([GOOD, more]), "B": BARE}, "ill").set_index("Measure")
    assert table.loc["AUC", "A"].startswith("0.8") and " to " in table.loc["AUC", "A"]
    assert table.loc["Hosmer-Lemeshow χ² (df; p)", "A"] == "13.3 (10; 0.200)"
    assert table.loc["Partial AUC at high specificity", "A"] == "0.600", "no interval was made"
    assert (
        table.loc["Pupils ill", "B"] == "0 (0.0%)"
        and table.loc["AUC", "B"] == "–"
        and table.loc["Sensitivity", "B"] == "–"
    )
    assert not table.map(lambda cell: "nan" in str(cell).lower()).any(axis=None)


def test_groups_are_labelled_and_their_gaps_explained():
    frame = pd.DataFrame([{"variable": "sex", "code": "male", **GOOD}, {"variable": "region", "code": "north", **BARE}])
    table = prediction_tables.groups(frame, codebook())
    assert table[["Group", "Category"]].to_numpy().tolist() == [["Sex", "Boy"], ["Region", "North"]]
    assert table["AUC"].iloc[1] == "–" and table["Alerts"].iloc[1].startswith("43%")
    note = prediction_tables.missing_note(frame, codebook())
    assert note.endswith("Region: North (nobody has the event: only the flagged can be counted).")
    assert prediction_tables.missing_note(frame.iloc[:1], codebook()) == ""


def test_thresholds_count_alerts_by_calls_and_by_shift():
    row = roc.at_threshold([0.1, 0.6], [10, 30], [40, 20], 0.5)
    table = prediction_tables.thresholds({"Youden": row, "None": {**row, "threshold": np.inf}}, 12).set_index(
        "Chosen by"
    )
    assert table.loc["Youden", ["Risk", "Alerts per 1,000", "Per shift"]].tolist() == ["50.0%", "500", "6.0"]
    assert table.loc["None", "Risk"] == "–"


def test_differences_are_printed_and_tidied():
    area, pair = roc.auc([1, 2, 3], [3, 5, 9], [9, 5, 2]), roc.Difference(-0.0123, 0.001, -0.014, -0.01, -9, 1e-9)
    rows = {"All": (area, None), "Without": (area, pair)}
    table = prediction_tables.differences(rows)
    assert table["Difference"].tolist() == ["–", "−0.0123 (−0.0140 to −0.0100)"] and table["p"].tolist() == [
        "",
        "<0.001",
    ]
    tidy = prediction_tables.tidy_differences(rows)
    assert tidy.loc[1, "difference"] == -0.0123 and np.isnan(tidy.loc[0, "p"]) and tidy.loc[0, "auc"] == area.value


def test_the_score_has_a_row_for_each_step_of_the_sum():
    sheet = pd.DataFrame({"variable": ["a", "a", "b"], "code": ["x", "y", "z"], "points": [0, 30, 10]})
    table = prediction_tables.score(sheet, -2.0, 0.1, rows=10)
    assert table["Sum of points"].tolist() == ["0", "4", "8", "12", "16", "20", "24", "28", "32", "36", "40"]
    assert table["Risk"].iloc[0] == "11.9%" and table["Risk"].iloc[-1] == "88.1%"


def test_samples_end_with_the_pooled_row():
    corrected = pd.DataFrame({"corrected": [0.7, 0.0, 0.9]}, index=["auc", "intercept", "slope"])
    pooled = {name: Pooled(1, 0.5, 1.5, 0.1, 0, 2) for name in corrected.index}
    frame = validation_tables.samples(
        corrected, GOOD, {("Later year", "2022"): GOOD, ("Another region", "North"): BARE}, pooled
    )
    assert frame["label"].tolist() == ["Bootstrap, corrected", "Random validation part", "2022", "North", "Pooled"]
    assert frame["heading"].iloc[-1] == "Another region" and frame.loc[4, "auc_high"] == 1.5
    printed = validation_tables.elsewhere(frame)
    assert printed["AUC"].tolist()[0] == "0.700" and printed["AUC"].tolist()[3] == "–"
    assert printed["Pupils"].tolist() == ["–", "79", "79", "35", "–"]
    assert validation_tables.missing({"North": BARE, "2022": GOOD}).count("(") == 1
    assert validation_tables.missing({"2022": GOOD}) == ""


def test_a_chart_leaves_out_those_of_no_recorded_category():
    frame = pd.DataFrame([{"variable": "sex", "code": "male", **GOOD}, {"variable": "sex", "code": "missing", **GOOD}])
    shown = validation_tables.in_panels(frame, codebook())
    assert shown[["heading", "label"]].to_numpy().tolist() == [["Sex", "Boy"]]


def test_recalibration_says_what_was_changed():
    changes = {
        "2022": (Update("none", 0.0, 1.0, 0.4), GOOD, GOOD),
        "North": (Update("both", 0.2, 0.8, 1e-5), GOOD, GOOD),
    }
    table = validation_tables.recalibration(changes)
    assert table["Change"].tolist() == ["No change", "Intercept and slope"]
    assert table["Intercept; slope"].tolist() == ["–", "0.20; 0.80"] and table["p"].tolist() == [
        "0.400",
        "<0.001",
    ]
    tidy = validation_tables.tidy_recalibration(changes)
    assert tidy.loc[1, "slope"] == 0.8 and tidy.loc[0, "oe_before"] == GOOD["oe"]


@pytest.mark.parametrize(("value", "named"), [(0.5, 0.5), (np.nan, None), (np.inf, None)])
def test_a_value_without_a_number_is_none(value, named):
    assert validation_tables.finite(value) == named
