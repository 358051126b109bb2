"""The charts show every number that they are given, where it belongs."""

import numpy as np
import pandas as pd
import pytest

from hotline.report.figures import comparisons, style

pytestmark = pytest.mark.usefixtures("no_window")


def block(rows):
    return pd.DataFrame(np.full((len(rows), 2), -3.2), index=rows, columns=["Well", "High risk"])


def test_residual_map_shows_each_block_whole():
    blocks = {"Sex": block(["Boy", "Girl"]), "Bullied": block(["No", "Yes"]), "Stage": block(["Primary", "Junior"])}
    figure = comparisons.residual_map(blocks)
    shown = [[tick.get_text() for tick in ax.get_yticklabels()] for ax in figure.axes]
    assert shown[0] + shown[1] == ["Sex", "Boy", "Girl", "Bullied", "No", "Yes", "Stage", "Primary", "Junior"]
    assert shown[1][0] in blocks, "a block is split"
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


def test_distributions_leave_out_extremes_but_no_step_of_few_values():
    panels = {"Long": counts([*range(200), 9999]), "Few": counts([0] * 99 + [2])}
    figure = comparisons.distributions(panels, {"well": "Well"})
    long, few = (ax.get_xlim()[1] for ax in figure.axes[:2])
    assert 190 < long < 220
    assert few > 2


# --- the hotline's response ---------------------------------------------------------------------------


SHARES = pd.DataFrame({"estimate": [0.8, 0.9], "low": [0.7, 0.85], "high": [0.85, 0.95]}, index=["a", "b"])


def test_answering_shows_all_shares_on_one_scale_and_joins_only_years():
    demand = pd.DataFrame({"calls_per_month": [1500, 2000], "answered_per_month": [1400, 1500]}, index=[2019, 2020])
    low = SHARES - 0.3
    figure = comparisons.answering(
        demand,
        [
            comparisons.Panel("By year", SHARES, joined=True),
            comparisons.Panel("By hour", low),
            comparisons.Panel("By region", SHARES),
        ],
    )
    first, *panels = figure.axes
    assert first.get_ylim()[0] == 0 and [list(line.get_ydata()) for line in first.lines] == [[1500, 2000], [1400, 1500]]
    assert len({ax.get_ylim() for ax in panels}) == 1
    assert panels[0].get_ylim()[0] < 0.4 and panels[0].get_ylim()[1] > 0.95
    assert [ax.lines[0].get_linestyle() for ax in panels] == ["-", "None", "None"]
    assert list(panels[1].lines[0].get_ydata()) == pytest.approx([0.5, 0.6])


def test_stacked_shares_print_each_share_that_has_room():
    shares = pd.DataFrame([[0.9, 0.08, 0.02], [0.5, 0.3, 0.2]], index=["Well", "High risk"], columns=["a", "b", "c"])
    figure = comparisons.stacked_shares(shares, "Share")
    ax = figure.axes[0]
    assert [written.get_text() for written in ax.texts] == ["90%", "50%", "8%", "30%", "", "20%"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Well", "High risk"] and ax.yaxis_inverted()


def test_equality_has_a_row_for_each_group_below_its_heading():
    keys = pd.MultiIndex.from_tuples([("place", "city"), ("region", "east"), ("region", "west")])
    more = pd.DataFrame({"share": [0.7, 0.8, 0.9], "low": 0.6, "high": 0.95, "crude": [0.7, 0.81, 0.88]}, keys)
    more = more.assign(n=[100, 50, 50], events=[70, 40, 45])
    titles = {"region": "Region", "place": "Place", "answered": "Answered", "more": "More than a talk"}
    figure = comparisons.equality(
        {"answered": more.loc[["region"]], "more": more}, titles, lambda by, group: group.title()
    )
    left, right = figure.axes
    ticks = left.get_yticklabels()
    assert [tick.get_text() for tick in ticks] == ["Region", "East", "West", "Place", "City"]
    assert [tick.get_color() == style.ACCENT for tick in ticks] == [True, False, False, True, False]
    assert left.get_ylim()[0] > left.get_ylim()[1], "the first group does not stand on top"
    whole, crude, points = right.lines[:3]
    assert whole.get_xdata()[0] == pytest.approx(155 / 200)
    assert list(crude.get_xdata()) == [0.81, 0.88, 0.7]
    assert list(points.get_xdata()) == [0.8, 0.9, 0.7] and list(points.get_ydata()) == [1, 2, 4]
    assert np.isnan(left.lines[2].get_xdata()[2]), "a place is shown that the measure does not have"
