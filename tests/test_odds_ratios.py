"""The tables and the forest plot show the odds ratios that they are given, and nothing else."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from hotline import odds_ratios
from hotline.codebook import codebook
from hotline.stats import cells as on_cells
from samples import logit

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
    x = on_cells.design(grid, REFERENCE)
    return grid, x, on_cells.coefficients(logit(x, grid["events"], grid["others"]), x)


@pytest.fixture
def table(model):
    grid, _, coefficients = model
    alone = on_cells.univariable(grid, REFERENCE)
    return odds_ratios.side_by_side(alone, on_cells.odds_ratios(coefficients), BLOCKS, REFERENCE)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_one_row_per_category_with_its_block(table, model):
    assert table["variable"].tolist() == [*["sex"] * 2, *["left_behind"] * 2, *["bullying"] * 2, *["peer_relation"] * 3]
    assert table["block"].tolist() == ["individual"] * 2 + ["family"] * 2 + ["environment"] * 5
    references = table[table["reference"]]
    assert references["code"].tolist() == list(REFERENCE.values())
    assert references[["odds_ratio_univariable", "odds_ratio_multivariable"]].eq(1).all(axis=None)
    assert references[["low_univariable", "p_multivariable"]].isna().all(axis=None)
    grid = model[0]
    assert table.groupby("variable")["n"].sum().eq(grid[on_cells.COUNTS].to_numpy().sum()).all()


def test_alone_and_together_stay_apart(table, model):
    girl = table.set_index("code").loc["female"]
    assert girl["odds_ratio_multivariable"] == pytest.approx(np.exp(model[2].loc[("sex", "female"), "b"]))
    by_hand = on_cells.collapse(model[0], ["sex"])[on_cells.COUNTS].to_numpy()
    assert girl["odds_ratio_univariable"] == pytest.approx(
        by_hand[1, 0] * by_hand[0, 1] / (by_hand[1, 1] * by_hand[0, 0])
    )
    assert (
        odds_ratios.one_kind(table, "univariable").set_index("code").loc["female", "odds_ratio"]
        == girl["odds_ratio_univariable"]
    )


def test_printed_table(table):
    shown = odds_ratios.printed(table, codebook(), "At risk", level=0.9)
    assert shown["Variable"].tolist()[:4] == ["Sex", "", "Left behind", ""]
    assert shown.loc[0, ["Category", "OR alone (90% CI)", "p"]].tolist() == ["Boy", "1 (reference)", ""]
    assert shown.loc[1, "p"] == "<0.001"
    assert shown.loc[1, "At risk"] == "7,800 (65.0%)"


def test_no_estimate_prints_as_a_dash(table):
    empty = ["odds_ratio_multivariable", "low_multivariable", "high_multivariable", "p_multivariable"]
    table.loc[1, empty] = np.nan
    shown = odds_ratios.printed(table, codebook(), "At risk")
    assert shown.loc[1, ["OR together (95% CI)", "p"]].tolist() == ["–", "–"]
    figure = forest.forest(odds_ratios.one_kind(table, "multivariable"), codebook(), "Odds ratio")
    assert "no estimate" in texts(figure)


def texts(figure):
    return [each.get_text() for each in figure.axes[0].texts]


def test_forest_has_a_line_for_each_estimate_and_names_each_reference(table):
    figure = forest.forest(odds_ratios.one_kind(table, "multivariable"), codebook(), "Odds ratio", 0.9)
    axis, shown = figure.axes[0], texts(figure)
    assert axis.get_xscale() == "log"
    printed = [each for each in odds_ratios.estimates(table, "multivariable") if each != "1 (reference)"]
    assert [each for each in shown if " to " in each] == printed
    for label in ("Sex: girl (reference: boy)", "Peer relation (reference: good)", "Environment", "OR (90% interval)"):
        assert label in shown
    assert "Good" not in shown, "a reference has no line of its own"


def test_a_marker_is_filled_only_where_the_interval_leaves_out_one(table):
    figure = forest.forest(odds_ratios.one_kind(table, "multivariable"), codebook(), "Odds ratio")
    markers = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    filled = [line.get_markerfacecolor() != "white" for line in markers]
    assert filled == [True, False, True, False, False]


def test_an_interval_beyond_the_axis_is_cut_with_a_point(table):
    table.loc[1, "high_multivariable"] = 1e6
    figure = forest.forest(odds_ratios.one_kind(table, "multivariable"), codebook(), "Odds ratio")
    axis = figure.axes[0]
    assert axis.get_xlim()[1] == 32
    assert [line.get_marker() for line in axis.lines].count(">") == 1


def test_printed_model_starts_with_the_intercept(model):
    shown = odds_ratios.printed_model(model[2], codebook())
    assert shown["Variable"].tolist() == ["Intercept", "Sex", "Left behind", "Bullied", "Peer relation", ""]
    assert shown["Category"].tolist() == ["", "Girl", "Yes", "Yes", "Fair", "Poor"]
    assert float(shown.loc[1, "Coefficient"]) == pytest.approx(model[2].loc[("sex", "female"), "b"], abs=5e-5)


def test_the_columns_of_the_forest_do_not_overlap_and_fill_the_width(table):
    figure = forest.forest(odds_ratios.one_kind(table, "multivariable"), codebook(), "Odds ratio")
    axis = figure.axes[0]
    boxes = {each.get_text(): each.get_window_extent() for each in axis.texts}
    printed = [box for words, box in boxes.items() if " to " in words or words.startswith("OR")]
    labels = [box for words, box in boxes.items() if not (" to " in words or words.startswith("OR"))]
    plot = axis.get_window_extent()
    assert max(box.x1 for box in labels) < min(box.x0 for box in printed)
    assert max(box.x1 for box in printed) < plot.x0
    assert plot.x1 == pytest.approx(figure.bbox.x1)
    assert plot.width > 0.3 * figure.bbox.width
