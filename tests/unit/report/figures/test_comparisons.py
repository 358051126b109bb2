"""The charts show every number that they are given, where it belongs."""

import numpy as np
import pandas as pd
import pytest

from hotline.report.figures import comparisons

pytestmark = pytest.mark.usefixtures("no_window")


def block(rows):
    return pd.DataFrame(np.full((len(rows), 2), -3.2), index=rows, columns=["Well", "High risk"])


def test_residual_map_shows_each_block_whole():
    blocks = {"Sex": block(["Boy", "Girl"]), "Bullied": block(["No", "Yes"]), "Stage": block(["Primary", "Junior"])}
    figure = comparisons.residual_map(blocks)
    shown = [[tick.get_text() for tick in ax.get_yticklabels()] for ax in figure.axes]
    assert shown[0] + shown[1] == ["Sex", "Boy", "Girl", "Bullied", "No", "Yes", "Stage", "Primary", "Junior"]
    assert shown[1][0] in blocks, "a block is torn apart"
    printed = [written.get_text() for ax in figure.axes for written in ax.texts]
    assert printed == ["−3"] * 12, "a heading carries numbers, or a cell carries none"


def test_residual_map_of_a_single_block():
    assert len(comparisons.residual_map({"Sex": block(["Boy", "Girl"])}).axes) == 1


def test_odds_ratios_are_on_one_scale_and_inside_it():
    figure = comparisons.odds_ratios(["a", "b"], {"One": [(2, 1.5, 6), (1, 0.9, 1.1)], "Two": [(0.5, 0.4, 0.6)] * 2})
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
    figure = comparisons.distributions({"Age": both, "Rating": counts([1, 2, 3])}, labels)
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_xlabel() for ax in shown] == ["Age", "Rating"]
    assert len(shown[0].lines) == 2
    assert [entry.get_text() for entry in figure.legends[0].get_texts()] == ["Well", "High risk"]


def test_distributions_leave_out_extremes_but_no_step_of_a_few():
    panels = {"Long": counts([*range(200), 9999]), "Few": counts([0] * 99 + [2])}
    figure = comparisons.distributions(panels, {"well": "Well"})
    long, few = (ax.get_xlim()[1] for ax in figure.axes[:2])
    assert 190 < long < 220
    assert few > 2
