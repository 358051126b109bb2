"""The plots of odds ratios show those that they are given, each against its reference."""

import numpy as np
import pandas as pd
import pytest
from codebooks import book

from hotline.codebook import codebook
from hotline.report.figures import odds_ratios as charts

pytestmark = pytest.mark.usefixtures("no_window")

REFERENCE = {"sex": "male", "stage": "primary", "peer_relation": "good", "bullying": "no"}
ROWS = [
    ("individual", "sex", "male", 1, np.nan, np.nan),
    ("individual", "sex", "female", 2.0, 1.5, 2.7),
    ("environment", "bullying", "no", 1, np.nan, np.nan),
    ("environment", "bullying", "yes", 1.5, 1.2, 1.9),
    ("environment", "peer_relation", "good", 1, np.nan, np.nan),
    ("environment", "peer_relation", "fair", 1.1, 0.8, 1.5),
    ("environment", "peer_relation", "poor", 0.9, 0.6, 1.3),
]


@pytest.fixture
def table():
    """The odds ratios of three variables, references included; the last one has two categories."""
    frame = pd.DataFrame(ROWS, columns=["block", "variable", "code", "odds_ratio", "low", "high"])
    return frame.assign(reference=frame["low"].isna())


def forest(table, confidence=0.95):
    figure = charts.forest(table, codebook(), "Odds ratio", confidence)
    return figure, figure.axes[0], [each.get_text() for each in figure.axes[0].texts]


def test_lines_have_one_per_estimate_and_headings_with_the_reference(table):
    lines = charts.lines(table, codebook())
    assert [(line.kind, line.label) for line in lines] == [
        ("block", "Individual"),
        ("single", "Sex: girl (reference: boy)"),
        ("block", "Environment"),
        ("single", "Bullied: yes (reference: no)"),
        ("variable", "Peer relation (reference: good)"),
        ("term", "Fair"),
        ("term", "Poor"),
    ]
    assert [line.odds_ratio for line in lines] == [None, 2.0, None, 1.5, None, 1.1, 0.9]


def test_forest_prints_each_estimate_on_a_logarithmic_axis(table):
    _, axis, shown = forest(table, 0.9)
    assert axis.get_xscale() == "log" and "OR (90% interval)" in shown
    assert [each for each in shown if " to " in each] == [
        "2.00 (1.50 to 2.70)", "1.50 (1.20 to 1.90)", "1.10 (0.80 to 1.50)", "0.90 (0.60 to 1.30)",
    ]  # fmt: skip
    assert {line.label for line in charts.lines(table, codebook())} <= set(shown)


def test_forest_says_where_there_is_no_estimate(table):
    table.loc[1, ["odds_ratio", "low", "high"]] = np.nan
    assert "no estimate" in forest(table)[2]


def test_forest_fills_a_marker_where_the_interval_leaves_out_one(table):
    markers = [line for line in forest(table)[1].lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() != "white" for line in markers] == [True, True, False, False]


def test_forest_cuts_an_interval_beyond_the_axis_with_a_point(table):
    table.loc[1, "high"] = 1e6
    axis = forest(table)[1]
    assert axis.get_xlim()[1] == 32
    assert [line.get_marker() for line in axis.lines].count(">") == 1


def test_forest_has_columns_that_do_not_overlap_and_fill_the_width(table):
    figure, axis, _ = forest(table)
    boxes = {each.get_text(): each.get_window_extent() for each in axis.texts}
    printed = [box for words, box in boxes.items() if " to " in words or words.startswith("OR")]
    labels = [box for words, box in boxes.items() if not (" to " in words or words.startswith("OR"))]
    plot = axis.get_window_extent()
    assert max(box.x1 for box in labels) < min(box.x0 for box in printed)
    assert max(box.x1 for box in printed) < plot.x0
    assert plot.x1 == pytest.approx(figure.bbox.x1)
    assert plot.width > 0.3 * figure.bbox.width


@pytest.fixture
def within():
    """Odds ratios of girls, and of peer relations, within the categories of another variable."""
    girls = pd.MultiIndex.from_product([["female"], ["good", "fair", "poor"]], names=["code", "peer_relation"])
    peers = pd.MultiIndex.from_product([["fair", "poor"], ["male", "female"]], names=["code", "sex"])
    numbers = {"odds_ratio": 1.5, "low": 1.1, "high": 2.0, "sparse": False}
    return {"sex": pd.DataFrame(numbers, girls)}, {"peer_relation": pd.DataFrame(numbers, peers)}


OVERALL = pd.Series({("sex", "female"): 2.0})


@pytest.mark.parametrize(("place", "marks", "legend"), [(0, 3, False), (1, 4, True)])
def test_odds_by_category_has_a_mark_for_each_odds_ratio(within, place, marks, legend):
    figure = charts.odds_by_category(within[place], OVERALL, codebook(), REFERENCE)
    (axis,) = figure.axes
    assert sum(len(line.get_xdata()) for line in axis.lines if line.get_marker() == "o") == marks
    assert (axis.get_legend() is not None) == legend and not figure.get_supxlabel()


def test_odds_by_category_has_a_cross_for_what_rests_on_few(within):
    tables = within[0]
    tables["sex"].loc[("female", "poor"), ["odds_ratio", "sparse"]] = 1.7, True
    figure = charts.odds_by_category(tables, OVERALL, codebook(), REFERENCE, 10)
    (cross,) = (line for line in figure.axes[0].lines if line.get_marker() == "x")
    assert cross.get_xdata().tolist() == [1.7]
    assert "fewer than 10 pupils" in figure.get_supxlabel()


def test_odds_by_category_draws_a_gap_for_a_combination_without_cases(within):
    tables = within[0]
    tables["sex"].loc[("female", "fair"), ["odds_ratio", "low", "high"]] = np.nan
    figure = charts.odds_by_category(tables, OVERALL, codebook(), REFERENCE)
    (marks,) = (line for line in figure.axes[0].lines if line.get_marker() == "o")
    assert np.isfinite(np.asarray(marks.get_xdata(), dtype=float)).tolist() == [True, False, True]


def test_odds_by_category_without_the_other_variable_is_a_sentence():
    (axis,) = charts.odds_by_category({}, None, codebook(), REFERENCE).axes
    assert "not among the predictors" in axis.texts[0].get_text()


def test_analyses_has_a_point_for_every_analysis_and_term():
    terms = [("sex", "female"), ("stage", "senior"), ("bullying", "yes")]
    labels = {"main": "Main", "firth": "Firth", "city": "Cities", "calls": "Calls"}
    tidy = pd.DataFrame(
        [(name, *term, 1.5, 1.2, 1.9) for name in ("main", "firth", "city") for term in [*terms, ("stage", "junior")]],
        columns=["analysis", "variable", "code", "odds_ratio", "low", "high"],
    )
    figure = charts.analyses(tidy, terms, labels, codebook(), REFERENCE)
    points = [len(each.get_offsets()) for ax in figure.axes for each in ax.collections if each.get_offsets().size > 2]
    assert sum(points) == 9, "three analyses that could be made, three terms"
    assert [each.get_text() for each in figure.legends[0].get_texts()] == ["Main", "Firth", "Cities"]
    assert [each.get_text() for ax in figure.axes for each in ax.texts] == [
        "Sex: girl (against boy)",
        "School stage: senior high (against primary)",
        "Bullied: yes (against no)",
    ]


@pytest.mark.parametrize("label", ["x" * 90, "W" * 90, "many words " * 9])
def test_forest_cuts_labels_off_that_would_leave_no_room_for_the_plot(table, tmp_path, label):
    def change(fields, _):
        fields["peer_relation"]["title"] = fields["bullying"]["codes"][1]["en"] = label

    figure = charts.forest(table, book(tmp_path, change), "Odds ratio")
    axis = figure.axes[0]
    assert axis.get_position().width > 0.2 and sum(each.get_text().endswith("…") for each in axis.texts) == 2
