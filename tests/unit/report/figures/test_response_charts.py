"""The charts of the response show every number that they are given, where it belongs."""

import numpy as np
import pandas as pd
import pytest

from hotline.report.figures import response_charts as charts
from hotline.report.figures import style

pytestmark = pytest.mark.usefixtures("no_window")


SHARES = pd.DataFrame({"estimate": [0.8, 0.9], "low": [0.7, 0.85], "high": [0.85, 0.95]}, index=["a", "b"])


def test_answering_shows_all_shares_on_one_scale_and_joins_only_years():
    demand = pd.DataFrame({"calls_per_month": [1500, 2000], "answered_per_month": [1400, 1500]}, index=[2019, 2020])
    low = SHARES - 0.3
    figure = charts.answering(demand, {"By year": SHARES, "By hour": low, "By region": SHARES})
    first, *panels = figure.axes
    assert first.get_ylim()[0] == 0 and [list(line.get_ydata()) for line in first.lines] == [[1500, 2000], [1400, 1500]]
    assert len({ax.get_ylim() for ax in panels}) == 1
    assert panels[0].get_ylim()[0] < 0.4 and panels[0].get_ylim()[1] > 0.95
    assert [ax.lines[0].get_linestyle() for ax in panels] == ["-", "None", "None"]
    assert list(panels[1].lines[0].get_ydata()) == pytest.approx([0.5, 0.6])


def test_stacked_shares_print_each_share_that_has_room():
    shares = pd.DataFrame([[0.9, 0.08, 0.02], [0.5, 0.3, 0.2]], index=["Well", "High risk"], columns=["a", "b", "c"])
    figure = charts.stacked_shares(shares, "Share")
    ax = figure.axes[0]
    assert [written.get_text() for written in ax.texts] == ["90%", "50%", "8%", "30%", "", "20%"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Well", "High risk"] and ax.yaxis_inverted()


def test_equality_has_a_row_for_each_group_below_its_heading_and_leaves_out_what_there_is_not():
    keys = pd.MultiIndex.from_tuples([("place", "city"), ("region", "east"), ("region", "west")])
    more = pd.DataFrame({"share": [0.7, 0.8, 0.9], "low": 0.6, "high": 0.95, "crude": [0.7, 0.81, 0.88]}, keys)
    more = more.assign(n=[100, 50, 50], events=[70, 40, 45])
    titles = {"region": "Region", "place": "Place", "answered": "Answered", "more": "More than a talk"}
    figure = charts.equality({"answered": more.loc[["region"]], "more": more}, titles, lambda by, group: group.title())
    left, right = figure.axes
    ticks = left.get_yticklabels()
    assert [tick.get_text() for tick in ticks] == ["Region", "East", "West", "Place", "City"]
    assert [tick.get_color() == style.ACCENT for tick in ticks] == [True, False, False, True, False]
    assert left.get_ylim()[0] > left.get_ylim()[1], "the first group does not stand on top"
    whole, stroke, points = right.lines[:3]
    assert whole.get_xdata()[0] == pytest.approx(155 / 200)
    assert list(stroke.get_xdata()) == [0.81, 0.88, 0.7]
    assert list(points.get_xdata()) == [0.8, 0.9, 0.7] and list(points.get_ydata()) == [1, 2, 4]
    assert np.isnan(left.lines[2].get_xdata()[2]), "a place is shown that the measure does not have"
