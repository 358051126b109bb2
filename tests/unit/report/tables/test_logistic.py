"""The tables of the logistic models show the numbers that they are given, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from samples import logit

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, interaction, marginal, profile, wald
from countstats.glm import logit as quick
from hotline.codebook import codebook
from hotline.report.tables import logistic

REFERENCE = {"sex": "male", "left_behind": "no", "bullying": "no", "peer_relation": "good"}
BLOCKS = {"individual": ["sex"], "family": ["left_behind"], "environment": ["bullying", "peer_relation"]}


@pytest.fixture(scope="module")
def model():
    """Cells of four variables with a strong effect of sex and none of being left behind, and their fit."""
    codes = [codebook()[name].kept_codes for name in REFERENCE]
    grid = pd.MultiIndex.from_product(codes, names=list(REFERENCE)).to_frame(index=False)
    grid = grid.astype({name: pd.CategoricalDtype(codes[i]) for i, name in enumerate(REFERENCE)})
    risk = 0.2 + 0.4 * (grid["sex"] == "female") + 0.1 * (grid["bullying"] == "yes")
    grid = grid.assign(events=(1000 * risk).astype(int))
    grid["others"] = 1000 - grid["events"]
    x = design.matrix(grid, REFERENCE)
    return grid, x, wald.coefficients(logit(x, grid["events"], grid["others"]), x)


@pytest.fixture
def table(model):
    grid, _, coefficients = model
    alone = wald.univariable(grid, REFERENCE)
    return logistic.side_by_side(alone, wald.odds_ratios(coefficients), BLOCKS, REFERENCE)


def test_side_by_side_has_one_row_per_category_with_its_block(table, model):
    assert table["variable"].tolist() == [*["sex"] * 2, *["left_behind"] * 2, *["bullying"] * 2, *["peer_relation"] * 3]
    assert table["block"].tolist() == ["individual"] * 2 + ["family"] * 2 + ["environment"] * 5
    references = table[table["reference"]]
    assert references["code"].tolist() == list(REFERENCE.values())
    assert references[["odds_ratio_univariable", "odds_ratio_multivariable"]].eq(1).all(axis=None)
    assert references[["low_univariable", "p_multivariable"]].isna().all(axis=None)
    grid = model[0]
    assert table.groupby("variable")["n"].sum().eq(grid[COUNTS].to_numpy().sum()).all()


def test_side_by_side_keeps_both_kinds_of_odds_ratio(table, model):
    girl = table.set_index("code").loc["female"]
    assert girl["odds_ratio_multivariable"] == pytest.approx(np.exp(model[2].loc[("sex", "female"), "b"]))
    by_hand = cell_table.collapse(model[0], ["sex"])[COUNTS].to_numpy()
    assert girl["odds_ratio_univariable"] == pytest.approx(
        by_hand[1, 0] * by_hand[0, 1] / (by_hand[1, 1] * by_hand[0, 0])
    )
    assert (
        logistic.one_kind(table, "univariable").set_index("code").loc["female", "odds_ratio"]
        == girl["odds_ratio_univariable"]
    )


def test_odds_ratios_print_references_and_counts(table):
    shown = logistic.odds_ratios(table, codebook(), "At risk", confidence=0.9).printed()
    assert shown["Variable"].tolist()[:4] == ["Sex", "", "Left behind", ""]
    assert shown.loc[0, ["Category", "OR alone (90% CI)", "p"]].tolist() == ["Boy", "1 (reference)", ""]
    assert shown.loc[1, "p"] == "<0.001"
    assert shown.loc[1, "At risk"] == "7,800 (65.0%)"


def test_odds_ratios_print_a_dash_without_an_estimate(table):
    empty = ["odds_ratio_multivariable", "low_multivariable", "high_multivariable", "p_multivariable"]
    table.loc[1, empty] = np.nan
    shown = logistic.odds_ratios(table, codebook(), "At risk").printed()
    assert shown.loc[1, ["OR together (95% CI)", "p"]].tolist() == ["–", "–"]


def test_coefficients_start_with_the_intercept(model):
    shown = logistic.coefficients(model[2], codebook()).printed()
    assert shown["Variable"].tolist() == ["Intercept", "Sex", "Left behind", "Bullied", "Peer relation", ""]
    assert shown["Category"].tolist() == ["", "Girl", "Yes", "Yes", "Fair", "Poor"]
    assert float(shown.loc[1, "Coefficient"]) == pytest.approx(model[2].loc[("sex", "female"), "b"], abs=5e-5)


# --- profiles, effects, interactions ----------------------------------------------------------------


@pytest.fixture(scope="module")
def complete(model):
    """The table with profile limits and marginal effects, as the notebook makes it."""
    grid, x, coefficients = model
    fitted = quick.fit(x, grid)
    alone = wald.univariable(grid, REFERENCE).join(profile.univariable(grid, REFERENCE).add_prefix("profile_"))
    effects = marginal.average_effects(x, grid, fitted)[["effect", "low", "high"]]
    effects = effects.set_axis(["effect", "effect_low", "effect_high"], axis=1)
    together = wald.odds_ratios(coefficients).join(profile.multivariable(x, grid, fitted).add_prefix("profile_"))
    return logistic.side_by_side(alone, together.join(effects), BLOCKS, REFERENCE), fitted


def test_profiles_leave_out_the_references(complete):
    shown = logistic.profiles(complete[0], codebook(), 0.9).printed()
    assert shown["Category"].tolist() == ["Girl", "Yes", "Yes", "Fair", "Poor"]
    assert shown["Variable"].tolist() == ["Sex", "Left behind", "Bullied", "Peer relation", ""]
    girl = complete[0].set_index("code").loc["female"]
    points = 100 * girl["effect_multivariable"]
    assert points == pytest.approx(40, abs=1), "as the cells were made"
    assert shown.loc[0, "Marginal effect, points (90% CI)"].startswith(f"{points:.1f} (")
    assert shown.loc[0, "OR together (90% profile CI)"].startswith(f"{girl['odds_ratio_multivariable']:.2f} (")


def test_term_values_cover_every_code_of_every_predictor(complete):
    table = complete[0][~complete[0]["reference"] & (complete[0]["code"] != "poor")]
    named = logistic.term_values(table, BLOCKS, codebook())
    girls = {"variable": "sex", "code": "female"}
    assert named["or_sex_female"].texts()["en"] == logistic.odds_ratios(table, codebook(), "").rows()[0][5]
    assert named["or_sex_female"].source == ("odds_ratios", girls, "odds_ratio_multivariable")
    assert {named[f"{name}_peer_relation_poor"].texts()["en"] for name in ("or", "ame")} == {"–"}
    assert named["or_sex_male"].number is None, "a reference has no odds ratio"
    assert named["ame_sex_female"].number == pytest.approx(0.4, abs=0.01)
    assert len(named) == 2 * (2 + 2 + 2 + 3)


@pytest.fixture(scope="module")
def within(model, complete):
    grid, x, _ = model
    _, larger, fitted, _ = interaction.fit(x, grid, "sex", "peer_relation")
    _, wider, other, _ = interaction.fit(x, grid, "peer_relation", "sex")
    return {"sex": interaction.within(larger, grid, fitted, "sex", "peer_relation")}, {
        "peer_relation": interaction.within(wider, grid, other, "peer_relation", "sex")
    }


def test_interactions_have_a_column_for_each_code(within):
    for tables, columns in zip(within, (["Girl / boy"], ["Fair / good", "Poor / good"]), strict=True):
        shown = logistic.interactions(tables, REFERENCE, codebook()).printed()
        assert shown.columns.tolist()[1:] == columns
        assert shown.iloc[:, 1:].map(lambda cell: " to " in cell).all(axis=None)


def test_interactions_mark_what_rests_on_few(within):
    tables = {"sex": within[0]["sex"].copy()}
    tables["sex"].loc[("female", "poor"), "sparse"] = True
    shown = logistic.interactions(tables, REFERENCE, codebook()).printed()["Girl / boy"]
    assert [each.endswith("†") for each in shown] == [False, False, True]
    assert "†: fewer than 10 pupils" in logistic.interaction_note({}, tables, 10, codebook())


def test_interactions_have_a_dash_for_a_combination_without_cases(within):
    tables = {"sex": within[0]["sex"].copy()}
    tables["sex"].iloc[1, 1:5] = np.nan
    assert logistic.interactions(tables, REFERENCE, codebook()).printed()["Girl / boy"].tolist()[1] == "–"


def test_interactions_without_the_other_variable_are_a_sentence():
    assert "not among the predictors" in logistic.interactions({}, REFERENCE, codebook()).printed().iloc[0, 0]


def test_interaction_note_names_each_test_and_those_not_made():
    crossed = {"sex": {"chi_square": 9.5, "df": 2, "p": 0.0087, "kind": "likelihood ratio"},
               "stage": {"chi_square": np.nan, "df": 0, "p": np.nan, "kind": "likelihood ratio"}}  # fmt: skip
    note = logistic.interaction_note(crossed, {}, 10, codebook())
    assert "†" not in note
    assert "sex and presenting problem: likelihood ratio χ²(2) = 9.5, p = 0.009." in note
    assert "stage and presenting problem: not tested, since no further combination" in note and "nan" not in note


def gains():
    row = {"chi_square": 50.0, "df": 3, "p": 1e-9, "mcfadden": 0.1, "cox_snell": 0.12, "nagelkerke": 0.2, "tjur": 0.15,
           "auc": 0.7, "auc_low": 0.68, "auc_high": 0.72, "gain": 0.2, "gain_low": 0.18, "gain_high": 0.22,
           "gain_p": 0.0}  # fmt: skip
    return pd.DataFrame([{"block": "individual", **row}, {"block": "family", **row, "gain_p": np.nan}])


def test_blocks_variables_and_their_values_have_dashes_for_what_was_left_out():
    shown = logistic.blocks(gains()).printed()
    assert shown.columns.tolist() == ["Measure", "Individual", "and family"] and len(shown) == 9
    assert shown["Individual"].tolist()[:2] == ["50.0 (3)", "<0.001"]
    tests = pd.DataFrame(
        {"chi_square": [9.0, 4.0], "df": [1, 2], "p": [0.003, 0.1], "p_holm": [0.006, 0.1]},
        index=["sex", "left_behind"],
    )
    fractions = pd.DataFrame({"fraction": [0.1], "low": [0.05], "high": [0.15], "events": [5.0]}, index=["left_behind"])
    blocks = {"individual": ["sex"], "family": ["left_behind"]}
    variables = logistic.variables(tests, fractions, blocks, codebook()).printed()
    assert variables.iloc[:, -1].tolist() == ["", "10.0% (5.0 to 15.0)"]
    crossed = {"sex": {"chi_square": 9.5, "df": 2, "p": 0.009}}
    named = logistic.model_values(gains(), tests, fractions, crossed, BLOCKS)
    printed = {name: value.texts()["en"] for name, value in named.items()}
    left_out = ["p_environment", "stage_by_problem", "fraction_environment", "gain_p_family"]
    assert {printed[name] for name in left_out} == {"–"}
    assert {named[name].number for name in left_out} == {None}
    assert printed["sex_by_problem"] == "χ²(2) = 9.5, p = 0.009" and printed["p_family"] == "p < 0.001"
    assert printed["fraction_left_behind"] == "10.0% (5.0 to 15.0)"
