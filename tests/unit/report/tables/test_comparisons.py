"""The printed tables: every number where it belongs, every variable that was not compared with its reason, no NaN."""

import numpy as np
import pandas as pd
import pytest

from countstats import hypothesis_tests
from countstats.tables import mix_and_risk
from hotline.codebook import codebook
from hotline.report.tables import comparisons

LABELS = {"well": "Well", "high_risk": "High risk"}
NAMES = {"age": "Age (years)", "waiting": "Waiting time (s)", "call_length": "Length (min)"}
UNITS = {"age": 1, "waiting": 1, "call_length": 60}
ANOVA = pd.DataFrame(
    {
        "variable": ["age", "call_length"],
        "n": [90, 1200],
        "omega2": [0.01, 0.04],
        "omega2_low": [0.0, 0.03],
        "omega2_high": [0.03, 0.05],
        "superiority": [0.51, 0.66],
        "superiority_low": [0.5, 0.64],
        "superiority_high": [0.52, 0.68],
        "welch_f": [1.5, 99.5],
        "welch_p_holm": [0.2, 1e-9],
        "eta2": [0.011, 0.041],
        "cohen_f": [0.1, 0.2],
        "cohen_f_low": [0.0, 0.17],
        "cohen_f_high": [0.17, 0.23],
        **{f"{name}_{end}": [2.5, 3.5] for name in ("fisher", "forsythe", "levene") for end in "fp"},
        **{f"kruskal_{end}": [4.5, 5.5] for end in "hp"},
    }
)
GROUPS = pd.DataFrame(
    {
        "variable": ["age", "age", "call_length", "call_length"],
        "level": ["well", "high_risk"] * 2,
        "mean": [12.0, 13.0, 600.0, 900.0],
        "sd": [2.0, 2.5, 300.0, 360.0],
    }
)


def no_holes(table):
    """Nothing that a reader could take for a fault of the program."""
    assert not table.isna().any(axis=None)
    assert not table.astype(str).apply(lambda column: column.str.contains("nan|None|inf")).any(axis=None)


def test_effects_begin_with_the_largest_and_end_with_the_not_compared():
    reasons = {"age": "", "call_length": "", "waiting": "nothing recorded"}
    table = comparisons.effects(ANOVA, GROUPS, LABELS, NAMES, UNITS, reasons).printed()
    assert table.columns.tolist()[:2] == ["Variable", "ω² (interval)"] and table.columns[-1] == "n"
    assert table["Variable"].tolist() == ["Length (min)", "Age (years)", "Waiting time (s)"]
    assert table.iloc[0].tolist()[1:] == [
        "0.040 (0.030 to 0.050)", "10.0 (5.0)", "15.0 (6.0)", "66% (64 to 68)", "99.5", "<0.001", "1,200",
    ]  # fmt: skip
    assert table.iloc[2].tolist()[1:3] == ["not compared: nothing recorded", "–"]
    no_holes(table)


def test_checks_and_pairs():
    table = comparisons.checks(ANOVA.assign(levene_f=np.nan, levene_p=np.nan), NAMES).printed()
    assert table["Fisher F (p)"].tolist() == ["3.5 (>0.999)", "2.5 (>0.999)"]
    assert table["Levene F (p)"].tolist() == ["–"] * 2
    no_holes(table)
    pair = {"variable": "call_length", "first": "well", "second": "high_risk", "n": 1200, "difference": 300.0}
    pair |= {"low": 240.0, "high": 360.0, "d": 0.9, "p": 1e-6, "tukey_low": 252.0, "tukey_high": 348.0, "tukey_p": 0.03}
    assert comparisons.pairs(pd.DataFrame([pair]), LABELS, NAMES, UNITS).printed().iloc[0].tolist() == [
        "Length (min)", "High risk − well", "5.00 (4.00 to 6.00)", "0.90", "<0.001", "4.20 to 5.80", "0.030",
        "1,200",
    ]  # fmt: skip


def test_associations_mark_p_from_random_tables():
    found = pd.DataFrame(
        {
            "variable": ["a", "b"],
            "v": [0.21, 0.13],
            "v_corrected": [0.2, 0.1],
            "v_low": [0.1, 0.0],
            "v_high": [0.3, 0.2],
            "chi2": [9.0, 3.0],
        }
        | {
            "g2": [9.1, 3.1],
            "df": [2, 2],
            "p_holm": [0.01, 0.2],
            "p_fdr_bh": [0.01, 0.1],
            "n": [90, 80],
            "monte_carlo": [0, 1],
        }
    )
    names = {"a": "A", "b": "B", "c": "C"}
    table = comparisons.associations(found, names, {"a": "", "c": "one category only"}).printed()
    assert table["Raw V"].tolist() == ["0.210", "0.130", "–"]
    assert table["Holm"].tolist() == ["0.010", "0.200†", "–"]
    assert table.iloc[2].tolist()[:2] == ["C", "not compared: one category only"]
    no_holes(table)


def test_trends_or_a_sentence():
    row = {"variable": "a", "n": 90, "first": 0.2, "last": 0.4, "slope": 0.1, "low": 0.05, "high": 0.15, "chi2": 9.0}
    row |= {"p_holm": 0.01, "correlation": 0.2, "departure_p": 0.5}
    table = comparisons.trends(pd.DataFrame([row]), {"a": "A"}).printed()
    assert table.iloc[0].tolist()[:3] == ["A", "20.0% to 40.0%", "10.0 (5.0 to 15.0)"]
    none = comparisons.trends(pd.DataFrame(columns=["p"]), {}).printed()
    assert none.iloc[0, 1].startswith("not compared: ")


def test_girls_and_boys_with_a_problem_of_boys_only():
    counts = np.array([[[10, 20], [5, 25]], [[0, 0], [20, 50]]])[..., None]
    sex = mix_and_risk(counts).assign(problem=["a", "b"])
    sex = sex.assign(**{f"{kind}_{name}_holm": 0.5 for kind in ("mix", "risk") for name in ("p", "homogeneity_p")})
    table = comparisons.girls_and_boys(sex, {"a": "A", "b": "B"}).printed()
    assert table["Girls"].tolist() == ["100.0%", "0.0%"] and table["n"].tolist() == ["60", "70"]
    assert table["At risk: OR"].tolist()[1] == "–"
    no_holes(table)


@pytest.fixture
def titles():
    return comparisons.response_titles(codebook())


def test_by_level_has_one_effect_for_all_dispositions_and_reasons(titles):
    levels = list(LABELS)
    shares = pd.DataFrame({"group": levels, "n": [90, 10], "estimate": [0.9, 0.1], "low": 0.05, "high": 0.95})
    means = shares.assign(estimate=[34.9, 35.6], low=30.0, high=40.0, measure="waiting", kind="mean")
    response = pd.concat(
        [
            means,
            means.assign(measure="satisfaction", n=0, estimate=np.nan, low=np.nan, high=np.nan),
            *[shares.assign(measure=f"disposition_{code}", kind="share") for code in ("counselling", "crisis")],
        ]
    )
    table = pd.DataFrame([[90, 10], [9, 1]])
    tests = pd.DataFrame(
        [
            {"measure": "disposition"} | hypothesis_tests.chi_square(table)._asdict(),
            {"measure": "waiting"} | hypothesis_tests.chi_square(table)._asdict(),
            {"measure": "satisfaction"} | hypothesis_tests.chi_square(table.iloc[:0])._asdict(),
        ]
    ).assign(p_holm=lambda rows: rows["p"])
    printed = comparisons.by_level(response, tests, titles, LABELS).printed()
    assert printed["Response"].tolist() == [
        "Counselling on the line", "Crisis intervention", "Waiting time (s)", "Satisfaction (points)",
    ]  # fmt: skip
    assert (printed["Effect (interval)"] != "").tolist() == [True, False, True, True]
    assert printed["n"].tolist() == ["100", "100", "100", "–"]
    assert printed["Well"].tolist()[-1] == "not compared: nothing recorded"
    no_holes(printed)


def test_fit_to_need_has_dashes_for_what_is_impossible(titles):
    fit = pd.DataFrame(
        [
            {"response": response, "level": level, "n": 10, "estimate": 0.5, "low": 0.2, "high": 0.8}
            for response in ("Weaker", "Fitting", "Stronger")
            for level in LABELS
        ]
    )
    need = pd.DataFrame([[7, 1, 2], [3, 3, 4]], list(LABELS), ["well", "imbalance", "high_risk"])
    table = comparisons.fit_to_need(
        need, fit, LABELS, {"well": "Talk", "imbalance": "Between", "high_risk": "Crisis"}
    ).printed()
    assert table.columns.tolist()[1:4] == ["Talk", "Between", "Crisis"]
    assert table.values.tolist() == [
        ["Well", "7", "1", "2", "–", "50.0% (20.0 to 80.0)", "50.0%", "10"],
        ["High risk", "3", "3", "4", "50.0%", "50.0% (20.0 to 80.0)", "–", "10"],
    ]


def test_equality_has_p_or_a_reason_below_each_grouping(titles):
    index = pd.MultiIndex.from_tuples([("hour_band", "night"), ("region", "delta"), ("region", "east")])
    found = {"more": pd.DataFrame({"n": [9, 8, 7], "share": 0.5, "low": 0.2, "high": 0.8}, index)}
    found["answered"] = found["more"].loc[["region"]]
    tests = pd.DataFrame(
        [
            ("more", "region", 0.3, ""),
            ("answered", "region", 0.1, ""),
            ("more", "hour_band", 0.2, ""),
            ("more", "district_type", np.nan, "nothing recorded"),
        ],
        columns=["measure", "by", "p_holm", "reason"],
    )
    table = comparisons.equality(found, tests, titles, comparisons.group_labels(codebook())).printed()
    assert table["By"].tolist() == ["Region", "", "", "Place", "Time of day", ""]
    assert table["Group"].tolist() == [
        "Pearl River Delta", "East", "p of equal shares", "not compared: nothing recorded", "0 to 5 h",
        "p of equal shares",
    ]  # fmt: skip
    assert table["Answered"].tolist() == ["50.0% (20.0 to 80.0)"] * 2 + ["0.100", "", "", ""]
    no_holes(table)


def test_answering_has_effect_or_reason(titles):
    shares = pd.DataFrame(
        {"by": ["year", "region"], "group": [2021, "east"], "n": 10, "estimate": 0.5, "low": 0.2, "high": 0.8}
    )
    tests = pd.DataFrame(
        {
            "by": ["year", "region"],
            "effect": [np.nan, 0.1],
            "low": [np.nan, 0.0],
            "high": [np.nan, 0.2],
            "p_holm": [np.nan, 0.01],
            "reason": ["one group only", ""],
        }
    )
    table = comparisons.answering(shares, tests, titles, comparisons.group_labels(codebook())).printed()
    assert table["V (interval)"].tolist() == ["one group only", "0.100 (0 to 0.200)"]
    assert table["Group"].tolist() == ["2021", "East"]
    no_holes(table)
