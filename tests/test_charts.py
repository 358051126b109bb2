"""The charts show every number that they are given, where it belongs."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from hotline import charts, style


@pytest.fixture(autouse=True)
def no_window():
    """Draw into memory, and forget the figure afterwards."""
    plt.switch_backend("agg")
    yield
    plt.close("all")


def block(rows):
    return pd.DataFrame(np.full((len(rows), 2), -3.2), index=rows, columns=["Well", "High risk"])


def test_residual_map_shows_each_block_whole():
    blocks = {"Sex": block(["Boy", "Girl"]), "Bullied": block(["No", "Yes"]), "Stage": block(["Primary", "Junior"])}
    figure = charts.residual_map(blocks)
    shown = [[tick.get_text() for tick in ax.get_yticklabels()] for ax in figure.axes]
    assert shown[0] + shown[1] == ["Sex", "Boy", "Girl", "Bullied", "No", "Yes", "Stage", "Primary", "Junior"]
    assert shown[1][0] in blocks, "a block is torn apart"
    printed = [written.get_text() for ax in figure.axes for written in ax.texts]
    assert printed == ["−3"] * 12, "a heading carries numbers, or a cell carries none"


def test_residual_map_of_a_single_block():
    assert len(charts.residual_map({"Sex": block(["Boy", "Girl"])}).axes) == 1


def test_odds_ratios_are_on_one_scale_and_inside_it():
    figure = charts.odds_ratios(["a", "b"], {"One": [(2, 1.5, 6), (1, 0.9, 1.1)], "Two": [(0.5, 0.4, 0.6)] * 2})
    left, right = figure.axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_xlim()[0] < 1 / 6 and left.get_xlim()[1] > 6
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["a", "b"]
    assert left.yaxis_inverted(), "the first label does not stand on top"
    assert {"0.25", "0.5", "1", "2", "4"} == {tick.get_text() for tick in left.get_xticklabels()}


def counts(values, level="well"):
    return pd.DataFrame({"level": level, "value": np.array(values, dtype=float), "n": 10})


def test_distributions_have_a_curve_for_each_level_and_hide_empty_panels():
    both = pd.concat([counts(range(100)), counts(range(50), "high_risk")])
    labels = {"well": "Well", "high_risk": "High risk"}
    figure = charts.distributions({"Age": both, "Rating": counts([1, 2, 3])}, labels)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_xlabel() for ax in shown] == ["Age", "Rating"]
    assert len(shown[0].lines) == 2
    assert [entry.get_text() for entry in figure.legends[0].get_texts()] == ["Well", "High risk"]


def test_distributions_leave_out_extremes_but_no_step_of_a_few():
    panels = {"Long": counts([*range(200), 9999]), "Few": counts([0] * 99 + [2])}
    figure = charts.distributions(panels, {"well": "Well"})
    long, few = (ax.get_xlim()[1] for ax in figure.axes[:2])
    assert 190 < long < 220
    assert few > 2


CURVE = pd.DataFrame({"specificity": [1, 0.7, 0], "sensitivity": [0, 0.8, 1]})
TENTHS = pd.DataFrame({"predicted": [0.1, 0.3], "observed": [0.12, 0.25], "low": [0.1, 0.2], "high": [0.2, 0.4]})
SHAPES = pd.DataFrame({"risk": [0.1, 0.3] * 2, "pupils": [80, 20, 10, 15], "had": ["others"] * 2 + ["events"] * 2})


def test_roc_curves_run_from_false_alarms_to_hits_with_the_threshold_marked():
    points = {"one": {"specificity": 0.7, "sensitivity": 0.8}, "two": {"specificity": 0.6, "sensitivity": 0.9}}
    figure = charts.roc_curves({"one": CURVE, "two": CURVE}, points, {"one": "One: 0.7", "two": "Two: 0.8"}, "at risk")
    _, first, mark, _, other = figure.axes[0].lines
    assert first.get_xydata() == pytest.approx(np.array([[0, 0], [0.3, 0.8], [1, 1]]))
    assert mark.get_xydata() == pytest.approx(np.array([[0.3, 0.8]]))
    assert other.get_xydata() == pytest.approx(np.array([[0.4, 0.9]]))
    assert [entry.get_text() for entry in figure.legends[0].get_texts()] == ["A coin: 0.500", "One: 0.7", "Two: 0.8"]


def test_calibration_plot_has_axes_alike_that_hold_every_interval():
    figure = charts.calibration_plot({"development": TENTHS, "validation": TENTHS}, SHAPES, "at high risk")
    upper, lower = figure.axes
    assert upper.get_xlim() == upper.get_ylim() == lower.get_xlim()
    assert 0.4 < upper.get_ylim()[1] < 0.5
    points = [line for line in upper.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() for line in points] == ["white", style.ACCENT]
    assert list(points[1].get_ydata()) == [0.12, 0.25]
    assert [entry.get_text() for entry in lower.get_legend().get_texts()] == ["others", "at high risk"]


def test_what_stands_side_by_side_is_of_one_size():
    points = {"a": CURVE.loc[1], "b": CURVE.loc[1]}
    roc = charts.roc_curves({"a": CURVE, "b": CURVE}, points, {"a": "A", "b": "B"}, "ill")
    calibration = charts.calibration_plot({"a": TENTHS, "b": TENTHS}, SHAPES, "ill")
    assert tuple(roc.get_size_inches()) == tuple(calibration.get_size_inches()) == charts.HALF
    assert 2 * charts.HALF[0] <= style.WIDTH
