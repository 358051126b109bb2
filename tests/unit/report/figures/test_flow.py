"""The diagram of the flow of records: every stage with its rows, and what left it."""

import pandas as pd
import pytest

from hotline.cleaning.rules import STAGES
from hotline.report.figures.flow import flow_diagram

pytestmark = pytest.mark.usefixtures("no_window")


@pytest.fixture
def flow():
    """Two stages: one loses rows for two reasons, of which one did not occur; one merges some."""
    first, second = list(STAGES)[:2]
    columns = ["stage", "words", "action", "rows", "rows_in", "rows_kept"]
    rows = [
        (first, "no caller's number", "rejected", 1200, 9000, 7800),
        (first, "impossible times", "rejected", 0, 9000, 7800),
        (second, "the same call again", "merged", 300, 7800, 7500),
    ]
    return pd.DataFrame(rows, columns=columns)


def test_flow_diagram_shows_each_stage_with_the_rows_that_stay_and_leave(flow):
    (axes,) = flow_diagram(flow).axes
    texts = [each.get_text() for each in axes.texts]
    boxes = [
        "Rows of the export\n9,000",
        *(f"{STAGES[stage]}\n{rows}" for stage, rows in zip(STAGES, ("7,800", "7,500"), strict=False)),
    ]
    assert [text for text in texts if text in boxes] == boxes
    assert "1,200  no caller's number" in texts and "300  the same call again (merged)" in texts
    assert not any("impossible times" in text for text in texts), "a reason without rows is left out"


def test_flow_diagram_breaks_long_reasons_and_grows_with_them(flow):
    long = flow.assign(words=flow["words"].where(flow["rows"] != 1200, "a reason that goes on " * 8))
    short, tall = flow_diagram(flow), flow_diagram(long)
    assert tall.get_figheight() > short.get_figheight()
    lines = [line for each in tall.axes[0].texts for line in each.get_text().splitlines()]
    assert max(map(len, lines)) <= 52
