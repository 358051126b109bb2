"""The flow of records as a diagram, as STROBE asks."""

import textwrap

import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

from hotline import text
from hotline.cleaning.rules import STAGES
from hotline.report.figures import style

BOX = 1.5  # height of a box, in units of the axes
MIDDLE = 2.0  # where the boxes stand


def flow_diagram(flow, wrap=52):
    """Draw the stages as boxes from top to bottom, each with the rows that left it beside the arrow.

    Parameters
    ----------
    flow : DataFrame of `flow.apply_rules`, one row per stage and rule
    wrap : characters after which a reason breaks

    Returns a matplotlib Figure of the paper's width.
    """
    boxes = [("Rows of the export", int(flow["rows_in"].iloc[0]), [])]
    for stage, rows in flow.groupby("stage", sort=False):
        left = [
            f"{text.count(row.rows)}  {row.words}{' (merged)' if row.action == 'merged' else ''}"
            for row in rows.itertuples()
            if row.rows
        ]
        boxes.append((STAGES[stage], int(rows["rows_kept"].iloc[0]), left))
    wrapped = [
        [line for reason in left for line in textwrap.wrap(reason, wrap, subsequent_indent="     ")]
        for *_, left in boxes
    ]
    gaps = [max(0.5 * len(lines) + 0.5, 0.9) for lines in wrapped]
    figure, axes = plt.subplots(figsize=(style.WIDTH, 0.28 * (sum(gaps[1:]) + BOX * len(boxes))))
    axes.set_axis_off()
    top = 0.0  # upper edge of the next box
    for number, ((title, rows, _), lines, gap) in enumerate(zip(boxes, wrapped, gaps, strict=True)):
        if number:
            axes.annotate(
                "",
                (MIDDLE, top - gap),
                (MIDDLE, top),
                arrowprops={"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0},
            )
            top -= gap
            if lines:
                axes.plot([MIDDLE, 4.15], [top + gap / 2] * 2, color=style.MUTED, lw=0.8)
                axes.text(4.3, top + gap / 2, "\n".join(lines), va="center", fontsize=7.5, linespacing=1.3)
        axes.add_patch(
            FancyBboxPatch(
                (MIDDLE - 1.5, top - BOX),
                3,
                BOX,
                boxstyle="round,pad=0,rounding_size=0.15",
                fc="#F3F6F9",
                ec=style.ACCENT,
                lw=1,
            )
        )
        axes.text(
            MIDDLE,
            top - BOX / 2,
            f"{title}\n{text.count(rows)}",
            va="center",
            ha="center",
            fontsize=8.5,
            linespacing=1.3,
        )
        top -= BOX
    axes.set(xlim=(0, 10), ylim=(top - 0.1, 0.1))
    return figure
