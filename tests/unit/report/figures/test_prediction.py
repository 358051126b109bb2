"""The charts of the risk model show every number that they are given, where it belongs."""

import numpy as np
import pandas as pd
import pytest

from countstats.prediction import points
from hotline.report.figures import prediction as charts
from hotline.report.figures import style

pytestmark = pytest.mark.usefixtures("no_window")


CURVE = pd.DataFrame({"specificity": [1, 0.7, 0], "sensitivity": [0, 0.8, 1]})
BAND = pd.DataFrame({"specificity": [0, 0.5, 1], "low": [0.9, 0.7, 0], "high": [1, 0.9, 0.1]})
POINTS = {"one": {"specificity": 0.7, "sensitivity": 0.8}, "two": {"specificity": 0.6, "sensitivity": 0.9}}
TENTHS = pd.DataFrame({"predicted": [0.1, 0.3], "observed": [0.12, 0.25], "low": [0.1, 0.2], "high": [0.2, 0.4]})
SHAPES = pd.DataFrame({"risk": [0.1, 0.3] * 2, "pupils": [80, 20, 10, 15], "had": ["others"] * 2 + ["events"] * 2})


def legend_of(figure):
    return [entry.get_text() for entry in figure.legends[0].get_texts()]


def test_roc_curves_have_a_band_and_marked_thresholds():
    figure = charts.roc_curves(
        {"one": CURVE, "two": CURVE}, BAND, POINTS, {"one": "One: 0.7", "two": "Two: 0.8"}, "ill"
    )
    ax = figure.axes[0]
    _, first, mark, _, other = ax.lines
    assert first.get_xydata() == pytest.approx(np.array([[0, 0], [0.3, 0.8], [1, 1]]))
    assert mark.get_xydata() == pytest.approx(np.array([[0.3, 0.8]]))
    assert other.get_xydata() == pytest.approx(np.array([[0.4, 0.9]]))
    assert legend_of(figure) == ["A coin: 0.500", "One: 0.7", "Two: 0.8"]
    edge = ax.collections[0].get_paths()[0].vertices
    assert {(0.5, 0.7), (0.5, 0.9)} <= {tuple(np.round(point, 9)) for point in edge}


def test_calibration_plot_has_equal_axes_with_every_interval():
    figure = charts.calibration_plot(TENTHS, TENTHS, SHAPES, "at high risk")
    upper, lower = figure.axes
    assert upper.get_xlim() == upper.get_ylim() == lower.get_xlim()
    assert 0.4 < upper.get_ylim()[1] < 0.5
    shown = [list(line.get_ydata()) for line in upper.lines if len(line.get_xdata()) == 2]
    assert [0.12, 0.25] in shown
    assert [entry.get_text() for entry in lower.get_legend().get_texts()] == ["others", "at high risk"]


def test_instability_has_a_band_in_both_panels():
    bands = pd.DataFrame({"predicted": [0.1, 0.4], "low": [0.05, 0.3], "high": [0.2, 0.5]})
    curves = bands.assign(median=[0.12, 0.38])
    left, right = charts.instability(bands, curves, "ill").axes
    for ax in (left, right):
        edge = {tuple(np.round(point, 9)) for point in ax.collections[0].get_paths()[0].vertices}
        assert {(0.1, 0.05), (0.4, 0.5)} <= edge and ax.get_xlim() == ax.get_ylim()
    assert [0.12, 0.38] in [list(line.get_ydata()) for line in right.lines]
    empty = charts.instability(bands, curves.iloc[:0], "ill")
    assert len(empty.axes) == 2, "no draw has a curve"


def test_precision_recall_has_the_base_rate_and_no_undefined_point():
    curve = CURVE.assign(precision=[np.nan, 0.6, 0.25])
    figure = charts.precision_recall(curve, 0.25, 0.51, "ill")
    line, base = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[0.8, 0.6], [1, 0.25]]
    assert list(base.get_ydata()) == [0.25, 0.25]
    assert legend_of(figure) == ["Validation: 0.510", "At random: 0.250"]


def test_decision_curves_show_each_policy_and_cut_off_far_below_zero():
    limits = [0.1, 0.3, 0.5]
    curves = {name: pd.DataFrame({"threshold": limits, "net_benefit": each})
              for name, each in {"Model": [0.3, 0.2, 0.1], "All": [0.3, 0.0, -0.5]}.items()}  # fmt: skip
    band = pd.DataFrame({"threshold": limits, "low": [0.25, 0.15, 0.05], "high": [0.35, 0.25, 0.15]})
    figure = charts.decision_curves(curves, band)
    ax = figure.axes[0]
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[0.3, 0.2, 0.1], [0.3, 0.0, -0.5]]
    assert legend_of(figure) == ["Model", "All", "None"]
    assert -0.1 < ax.get_ylim()[0] < 0 and 0.3 < ax.get_ylim()[1] < 0.35


def test_workload_marks_the_threshold_in_use():
    curve = pd.DataFrame({"per_shift": [1, 3], "sensitivity_of_all": [0.3, 0.6], "sensitivity_of_all_low": [0.2, 0.5],
                          "sensitivity_of_all_high": [0.4, 0.7], "ppv": [0.9, 0.7]})  # fmt: skip
    marked = {"At most 2": {"per_shift": 2, "sensitivity_of_all": 0.5, "ppv": 0.8},
              "Seldom more": {"per_shift": 1, "sensitivity_of_all": 0.3, "ppv": 0.9}}  # fmt: skip
    figure = charts.workload(curve, marked, "ill")
    lines = figure.axes[0].lines
    assert [line.get_xydata().tolist() for line in lines[:6]] == [
        [[1, 0.3], [3, 0.6]],
        [[2, 0.5]],
        [[1, 0.3]],
        [[1, 0.9], [3, 0.7]],
        [[2, 0.8]],
        [[1, 0.9]],
    ]
    assert [(line.get_label(), line.get_xdata()[0]) for line in lines[6:]] == [("At most 2", 2), ("Seldom more", 1)]


ROWS = pd.DataFrame(
    {
        "heading": ["Sex", "Sex", "Stage"],
        "label": ["Boy", "Girl", "Primary"],
        "auc": [0.7, 0.8, np.nan],
        "auc_low": [0.6, np.nan, np.nan],
        "auc_high": [0.8, np.nan, np.nan],
        "flagged": [0.2, 0.4, 0.1],
        "flagged_low": [0.1, 0.3, 0.0],
        "flagged_high": [0.3, 0.5, 0.2],
    }
)


def test_panels_have_a_row_or_a_dash_for_each_group():
    measures = {"auc": charts.Measure("AUC", 0.5), "flagged": charts.Measure("Alerts", percent=True)}
    figure = charts.panels(ROWS, measures, {"auc": 0.75, "flagged": 0.3})
    first, second = figure.axes
    labels = [tick.get_text() for tick in first.get_yticklabels()]
    assert labels == ["Sex", "Boy", "Girl", "Stage", "Primary"] and first.yaxis_inverted()
    headings = [tick.get_color() == style.ACCENT for tick in first.get_yticklabels()]
    assert headings == [True, False, False, True, False]
    assert [written.get_text() for written in first.texts] == ["–"] and not second.texts
    assert [ax.get_title() or ax.get_title(loc="left") for ax in figure.axes] == ["AUC", "Alerts"]
    assert "%" in second.xaxis.get_major_formatter()(0.2)
    places = dict(zip(labels, first.get_yticks(), strict=True))
    assert first.texts[0].get_position()[1] == places["Primary"]


def test_cells_against_pupils_has_a_line_of_one_row_for_each_pupil():
    curve = pd.DataFrame({"pupils": [10, 100], "cells": [9, 40]})
    figure = charts.cells_against_pupils({"3 predictors": curve})
    diagonal, line = figure.axes[0].lines
    assert diagonal.get_xydata().tolist() == [[10, 10], [100, 100]] and line.get_xydata().tolist() == [
        [10, 9],
        [100, 40],
    ]
    assert legend_of(figure) == ["A row for each pupil", "3 predictors"]


def test_figures_side_by_side_have_one_size():
    labels = {"one": "A", "two": "B"}
    halves = [
        charts.roc_curves({"one": CURVE, "two": CURVE}, BAND, POINTS, labels, "ill"),
        charts.calibration_plot(TENTHS, TENTHS, SHAPES, "ill"),
        charts.precision_recall(CURVE.assign(precision=0.5), 0.2, 0.5, "ill"),
    ]
    assert {tuple(figure.get_size_inches()) for figure in halves} == {charts.HALF}
    assert 2 * charts.HALF[0] <= style.WIDTH


# --- the nomogram ------------------------------------------------------------------------------------

B = pd.Series(
    {("intercept", ""): -3.0, ("sex", "f"): 0.5, **{("problem", code): 2 + 0.01 * i for i, code in enumerate("abcd")}}
)
LABELS = {"sex": ("Sex", {"m": "Boy", "f": "Girl"}),
          "problem": ("Problem", {"x": "Other", **{code: f"A long problem {code}" for code in "abcd"}})}  # fmt: skip


def drawn():
    sheet, base, _ = points.points(B, {"sex": "m", "problem": "x"})
    figure = charts.nomogram(sheet, base, LABELS)
    figure.canvas.draw()
    return figure, figure.axes[0]


def test_nomogram_read_with_a_ruler_gives_the_risk_of_the_model():
    _, ax = drawn()
    places = {written.get_text(): written.xy[0] for written in ax.texts}
    got = 100 * (places["Girl"] + places["A long problem d"])  # read on the scale of points, from 0 to 100
    assert got == pytest.approx(100 * (0.5 + 2.03) / 2.03)
    sum_of = {float(text): x for text, x in places.items() if text.isdigit() and text not in ("0",)}
    per_point = sum_of[max(sum_of)] / max(sum_of)
    for risk in (0.1, 0.2, 0.3):
        odds = np.log(risk / (1 - risk))
        assert places[f"{risk:.0%}"] == pytest.approx((odds + 3) / (2.03 / 100) * per_point), "unit: log odds per point"


def test_nomogram_labels_do_not_touch():
    figure, ax = drawn()
    boxes = [written.get_window_extent() for written in ax.texts if written.get_text()]
    inside = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
    assert not [1 for a, b in inside if a.overlaps(b) and min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and
                min(a.y1, b.y1) - max(a.y0, b.y0) > 2]  # fmt: skip
    assert figure.get_figwidth() == style.WIDTH


def test_nomogram_labels_do_not_touch_the_name_of_their_scale():
    """The first label is centred on the beginning of its scale, where the name ends."""
    sheet, base, _ = points.points(B, {"sex": "m", "problem": "x"})
    long = {"sex": LABELS["sex"], "problem": ("Problem", {**LABELS["problem"][1], "x": "A first label that is long"})}
    figure = charts.nomogram(sheet, base, long)
    figure.canvas.draw()
    box = {written.get_text(): written.get_window_extent() for written in figure.axes[0].texts}
    assert not box["Problem"].overlaps(box["A first label that is long"])
    assert box["A first label that is long"].x0 < box["Problem"].x1, "the two would not have met anyhow"
