"""The nomogram: a model as a sheet of scales, read with a ruler and a pencil."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import expit, logit

from hotline.report.figures import style

LINE = 0.29  # height of a scale with one row of labels, inches
FAR = 0.42  # what a further row of labels adds, in such heights
SIZE = 7.0  # of letters, points
LEFT = 0.23  # share of the width that the names take
NAME_END = -0.03  # where a name ends, in lengths of the longest scale
# Risks to label, the most wanted first: where two would touch, the later one goes.
RISKS = (0.5, 0.1, 0.9, 0.01, 0.99, 0.2, 0.8, 0.05, 0.95, 0.3, 0.7, 0.02, 0.98, 0.4, 0.6)
LEVELS = (-1, 1, -2, 2, -3, 3)  # rows of labels: above and below the scale, then further away


def nomogram(sheet, intercept, labels, places=100):
    """Draw the nomogram of a logistic model, as wide as the paper's text.

    sheet       as `stats.points.points` gives it: variable, code, b (log odds above the least of its variable)
    intercept   log odds of a pupil with the least category of every variable (its `base`)
    labels      {variable: (title, {code: label})}
    places      the points of the answer that counts most

    The uppermost scale turns a place on a variable's scale into points; the two lowest turn the sum of the points into
    a risk. Each label is centred on its mark; labels that would touch stand in several rows above and below the scale.
    """
    unit = sheet["b"].max() / places
    figure, ax = plt.subplots(figsize=(style.WIDTH, 1), layout="none")
    ax.set_position([LEFT, 0, 1 - LEFT - 0.03, 1])
    ax.set_xlim(0, 1)
    scales = [("Points", [(each / places, f"{each:.0f}") for each in np.linspace(0, places, 11)], False)]
    for name, rows in sheet.groupby("variable", sort=False):
        title, names = labels[name]
        rows = rows.sort_values("b", kind="stable")
        scales.append((title, list(zip(rows["b"] / unit / places, rows["code"].map(names), strict=True)), True))
    most = sheet.groupby("variable")["b"].max().sum() / unit
    step = 20 * max(1, round(most / 12 / 20))
    scales.append(("Total points", [(each / most, f"{each:.0f}") for each in np.arange(0, most + 1e-9, step)], False))
    wanted = [((logit(risk) - intercept) / unit / most, f"{risk:.0%}") for risk in RISKS]
    kept = []
    for mark in [each for each in wanted if 0 <= each[0] <= 1]:
        if all(not _touch(ax, mark, other) for other in kept):
            kept.append(mark)
    ends = f"{expit(intercept):.1%} to {expit(intercept + most * unit):.1%}"
    scales.append((f"Risk ({ends})", sorted(kept), False))

    y = 0.4
    for title, marks, words in scales:
        levels = _levels(ax, marks) if words else [-1] * len(marks)
        y += FAR * max(0, -min(levels, default=-1) - 1)
        _scale(ax, y, title, marks, levels, words)
        y += 1 + FAR * max(0, max(levels, default=0))
    figure.set_figheight(LINE * y)
    ax.set_ylim(y - 0.6, -0.3)
    ax.axis("off")
    return figure


def _half(ax, label):
    """Half the width of a label, in units of the axis."""
    written = ax.text(0, 0, label, fontsize=SIZE)
    width = written.get_window_extent().width / ax.get_window_extent().width
    written.remove()
    return width / 2


def _touch(ax, one, other):
    """Whether two labels, each centred on its mark, would touch in one row."""
    room = _half(ax, one[1]) + _half(ax, other[1]) + 0.006
    return abs(one[0] - other[0]) < room


def _levels(ax, marks):
    """The row of each label, so that none touches another of its row or the scale's name."""
    taken = {level: [] for level in LEVELS}
    for mark in marks:
        free = [level for level in LEVELS if not any(_touch(ax, mark, other) for other in taken[level])]
        if mark[0] - _half(ax, mark[1]) < NAME_END:  # the rows beside the scale are taken by its name
            free = [level for level in free if abs(level) > 1]
        taken[free[0] if free else LEVELS[-1]].append(mark)
    return [next(level for level in LEVELS if mark in taken[level]) for mark in marks]


def _scale(ax, y, title, marks, levels, words):
    """Draw one scale: its title on the left, a line from the first mark to the last, a stroke and a label at each."""
    colour = "black" if words else style.ACCENT
    ax.annotate(title, (NAME_END, y), ha="right", va="center", fontsize=SIZE + 0.5, annotation_clip=False, color=colour)
    if not marks:
        return
    ax.plot([marks[0][0], marks[-1][0]], [y, y], color="black", linewidth=0.8, clip_on=False)
    for (place, label), level in zip(marks, levels, strict=True):
        side, rows = np.sign(level), abs(level) - 1
        end = y + side * (0.14 + FAR * rows)
        ax.plot([place, place], [y, end], color="#B0B0B0", linewidth=0.5, clip_on=False, zorder=1)
        ax.plot([place, place], [y, y + side * 0.14], color="black", linewidth=0.8, clip_on=False)
        height = y + side * (0.33 + FAR * rows)
        ax.annotate(label, (place, height), ha="center", va="center", fontsize=SIZE, annotation_clip=False)
