"""The flow of records as a diagram, as STROBE asks."""

import textwrap
from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from hotline import text
from hotline.cleaning.rules import STAGES
from hotline.report.figures import style

# In units of the axes, which are as wide as the page.
WIDTH = 10
MIDDLE, BOX_WIDTH, BOX_HEIGHT = 2.0, 3, 1.5  # of the boxes, which stand below one another
LEAST_GAP, REASON = 0.9, 0.5  # between two boxes: at least, and for each line of reasons
REASONS, POINTER = 4.3, 4.15  # left edge of the reasons, and where the line to them ends
UNIT = 0.28  # height of one unit, inches
FILL = "#F3F6F9"


class Stage(NamedTuple):
    """One box of the diagram.

    title : of the stage;  rows : that stay;  left : lines that say which rows left before it, and why
    """

    title: str
    rows: int
    left: list[str]

    @property
    def gap(self) -> float:
        """The room above the box, for the arrow and the reasons."""
        return max(REASON * len(self.left) + REASON, LEAST_GAP)


def _stages(flow, wrap):
    """Return the boxes from top to bottom, the first one with all rows of the export."""
    stages = [Stage("Rows of the export", int(flow["rows_in"].iloc[0]), [])]
    for stage, rows in flow.groupby("stage", sort=False):
        reasons = [
            f"{text.count(row.rows)}  {row.words}{' (merged)' if row.action == 'merged' else ''}"
            for row in rows[rows["rows"] > 0].itertuples()
        ]
        left = [line for reason in reasons for line in textwrap.wrap(reason, wrap, subsequent_indent="     ")]
        stages.append(Stage(STAGES[stage], int(rows["rows_kept"].iloc[0]), left))
    return stages


def flow_diagram(flow: pd.DataFrame, wrap: int = 52) -> Figure:
    """Draw the stages as boxes from top to bottom, with the rows that left next to each arrow.

    Parameters
    ----------
    flow : as `flow.apply_rules` gives it, one row per stage and rule
    wrap : characters after which a reason breaks
    """
    stages = _stages(flow, wrap)
    height = sum(stage.gap for stage in stages[1:]) + BOX_HEIGHT * len(stages)
    figure, axes = plt.subplots(figsize=(style.WIDTH, UNIT * height))
    axes.set_axis_off()
    top = 0.0  # upper edge of the next box
    for number, stage in enumerate(stages):
        if number:
            _draw_arrow(axes, top, stage)
            top -= stage.gap
        _draw_box(axes, top, stage)
        top -= BOX_HEIGHT
    axes.set(xlim=(0, WIDTH), ylim=(top - 0.1, 0.1))
    return figure


def _draw_arrow(axes: Axes, top: float, stage: Stage) -> None:
    """Draw the arrow to a box, and to its right what left before it."""
    look = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (MIDDLE, top - stage.gap), (MIDDLE, top), arrowprops=look)
    if stage.left:
        middle = top - stage.gap / 2
        axes.plot([MIDDLE, POINTER], [middle] * 2, color=style.MUTED, lw=0.8)
        axes.text(REASONS, middle, "\n".join(stage.left), va="center", fontsize=7.5, linespacing=1.3)


def _draw_box(axes: Axes, top: float, stage: Stage) -> None:
    """Draw a box with its upper edge at `top`."""
    corner, shape = (MIDDLE - BOX_WIDTH / 2, top - BOX_HEIGHT), "round,pad=0,rounding_size=0.15"
    axes.add_patch(FancyBboxPatch(corner, BOX_WIDTH, BOX_HEIGHT, boxstyle=shape, fc=FILL, ec=style.ACCENT, lw=1))
    look = {"va": "center", "ha": "center", "fontsize": 8.5, "linespacing": 1.3}
    axes.text(MIDDLE, top - BOX_HEIGHT / 2, f"{stage.title}\n{text.count(stage.rows)}", **look)
