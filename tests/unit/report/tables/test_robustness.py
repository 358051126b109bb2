"""The tables of the robustness analyses: dashes and sentences where an analysis could not be made."""

import numpy as np
import pandas as pd
import pytest
from analyses import TERMS, coefficients

from hotline.codebook import codebook
from hotline.models import sensitivity
from hotline.report.tables import robustness

REFERENCE = {"sex": "male", "stage": "primary", "bullying": "no"}
LABELS = {"main": "Main", "firth": "Firth", "city": "Cities", "calls": "Calls"}


def counts():
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female", "female"]),
            "stage": pd.Categorical(["primary", "junior"] * 2, ["primary", "junior"]),
            "events": [50, 3, 40, 30],
            "others": [60, 70, 80, 0],
        }
    )


def test_comparison_says_what_could_not_be_made(tidy):
    sizes = {"main": "100", "firth": "100", "city": "90 in 21", "calls": "not in the export"}
    shown = robustness.comparison(sensitivity.compare(tidy), LABELS, sizes, codebook()).printed()
    assert shown.iloc[3].tolist() == ["Calls", "not in the export", "–", "–", "–", "–"]
    assert shown.iloc[2, 3] == "1.22 (junior high)"
    assert shown.iloc[2, 5] == "junior high, bullied: yes"
    assert not shown.map(lambda cell: "nan" in cell.lower()).any(axis=None)


def test_rare_has_both_estimates():
    rare = sensitivity.rarest(counts(), {"sex": "male", "stage": "primary"}, fewer_than=40)
    pairs = sensitivity.rare_combinations(counts(), [("sex", "stage")], 10)
    table = coefficients([0.0, 0.5, 0.1, 0.6, 0.4], [0.1] * 5)
    limits = pd.DataFrame({"low": [-1.0], "high": [1.0]}, index=TERMS[2:3])
    shown = robustness.rare(rare, pairs, table.drop(("sex", "female")), table, limits, 10, codebook()).printed()
    assert shown.iloc[0].tolist() == [
        "School stage: junior high",
        "103",
        "33",
        "70",
        "1.11 (0.90 to 1.35)",
        "1.11 (0.37 to 2.72)",
    ]
    assert shown.iloc[1, 4] == "–", "no estimate by maximum likelihood"
    assert shown.iloc[2:].to_numpy().tolist() == [
        ["Sex: boy and school stage: junior high", "73", "fewer than 10", "the rest", "", ""],
        ["Sex: girl and school stage: junior high", "30", "the rest", "fewer than 10", "", ""],
    ]
    few = robustness.rare(rare, pairs, table, table, limits, 50, codebook()).printed().iloc[3, 1:4]
    assert few.tolist() == ["fewer than 50"] * 3
    note = robustness.rare_note(rare, pd.Series([-1], index=TERMS[2:3]), 40, codebook())
    assert "1 of the categories are" in note and "maximum likelihood: junior high." in note
    note = robustness.rare_note(rare.assign(sparse=False), pd.Series(dtype=int), 40, codebook())
    assert "no category is" in note and "No combination of terms" in note


def test_levels_have_dashes_and_a_sentence_without_estimates():
    tables = {"Ordinal": coefficients([0.0, 0.5, 0.1, 0.6, 0.4], [0.1] * 5), "High risk / well": None}
    shown = robustness.levels(list(TERMS[1:]), tables, None, codebook()).printed()
    assert shown["High risk / well (95% CI)"].tolist() == ["–"] * 4
    assert shown["Variable"].tolist() == ["Sex", "School stage", "", "Bullied"]
    note = robustness.levels_note(tables, None)
    assert "No finite estimates: High risk / well" in note and "could not be tested" in note


def test_age_names_the_smaller_model_of_each_test():
    tested = {"chi_square": [np.nan, np.nan, 5.0], "df": [np.nan, np.nan, 2.0], "p": [np.nan, np.nan, 0.08]}
    ages = pd.DataFrame({"model": ["Stage", "Line", "Curve"], "parameters": [5.0, 3.0, 5.0], "aic": 9.0,
                         "against": ["", "", "Line"], **tested})  # fmt: skip
    shown = robustness.age(ages).printed()
    assert shown.iloc[:, 3].tolist() == ["", "", "χ²(2) = 5.0, p = 0.080, against line"]


def test_age_says_that_too_few_have_one():
    assert "Too few pupils" in robustness.age(pd.DataFrame(columns=["model"])).printed().iloc[0, 0]


def test_values_have_all_names_without_an_analysis(tidy):
    ages = pd.DataFrame({"model": ["stage", "line", "curve", "both"], "against": ["", "", "line", "stage"],
                         "chi_square": [np.nan, np.nan, 4.0, np.nan], "df": [np.nan, np.nan, 2, np.nan],
                         "p": [np.nan, np.nan, 0.135, np.nan]})  # fmt: skip
    gvif = pd.DataFrame({"gvif_per_df": [1.1, 1.2]})
    named = robustness.values(sensitivity.compare(tidy), None, ages, gvif, pd.Series([0.1, 0.2]), codebook())
    for name in ("calls_change", "proportional", "age_with_stage"):
        assert named[name].value is None and named[name].text in (None, "–"), name
    assert named["age_curve"].text == "χ²(2) = 4.0, p = 0.135" and named["fmi_largest"].value == 0.2
    changed = {name: named[f"{name}_changed_significance"] for name in ("city", "firth")}
    assert (changed["city"].value, changed["city"].text) == (2, "junior high, bullied: yes")
    assert (changed["firth"].value, changed["firth"].text) == (0, "none")
    assert named["largest_change"].value == pytest.approx(np.exp(0.2))


def test_clusters_note_has_degrees_of_freedom_and_the_largest():
    table = coefficients([0.0] * 5, [0.1] * 5).assign(df=[1.0, 11.44, 16.0, 1234.5, 12.0])
    note = robustness.clusters_note({"counsellor": None, "calls": table, "main": table}, {"calls": 1268})
    assert note == "Callers: t with 11.4 to 1,234.5 degrees of freedom, 1,268 calls in the largest."
    assert robustness.clusters_note({"city": None}, {}) == ""
