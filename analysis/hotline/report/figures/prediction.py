"""The figures of the risk model.

All take finished numbers and labels, estimate nothing, and return a figure at the size of print. Only where an axis
ends is taken from the data.
"""

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.special import expit, logit

from countstats.means import quantile
from hotline.report.figures import style

HALF = (3.05, 3.6)  # inches: one of two figures side by side
SMALL = 7.5  # points, in such a figure
EVENT, OTHERS = style.LEVELS["high_risk"], style.LEVELS["well"]
AXIS_END = 0.99  # the quantile of the risks at which an axis ends: hardly a pupil has a greater one
BINS = 40  # of the histogram of risks
LONGEST = 3  # an interval of so many medians is cut off at the frame
LOOKS = [(style.ACCENT, "-"), (style.LEVELS["imbalance"], "--"), (style.MUTED, "-."), ("black", ":")]

# Of the nomogram.
LINE = 0.29  # height of a scale with one row of labels, inches
FAR = 0.42  # what a further row of labels adds, in such heights
SIZE = 7.0  # of letters, points
LEFT = 0.23  # share of the width that the names take
NAME_END = -0.03  # where a name ends, in lengths of the longest scale
# Risks to label, the most wanted first: where two would touch, the later one goes.
RISKS = (0.5, 0.1, 0.9, 0.01, 0.99, 0.2, 0.8, 0.05, 0.95, 0.3, 0.7, 0.02, 0.98, 0.4, 0.6)
LABEL_ROWS = (-1, 1, -2, 2, -3, 3)  # rows of labels: above and below the scale, then further away
PLACES = 100  # points of the answer that counts most


class Measure(NamedTuple):
    """A measure that has a panel: its title, a reference value to draw, and whether it is a share in per cent."""

    title: str
    reference: float | None = None
    percent: bool = False


def roc_curves(curves: Mapping, band: pd.DataFrame, points: Mapping, labels: Mapping, phrase: str) -> Figure:
    """Draw ROC curves with one marked threshold each, the last with its band; for one half of the page.

    curves: {sample: columns sensitivity and specificity}; band: columns specificity, low and high, of the last sample;
    points: {sample: mapping with sensitivity and specificity}; labels: {sample: legend}; phrase: the event in words,
    such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    ax.plot([0, 1], [0, 1], ":", color=style.MUTED, linewidth=0.8, label="A coin: 0.500")
    ax.fill_between(1 - band["specificity"], band["low"], band["high"], color=style.ACCENT, alpha=0.25, linewidth=0)
    for (name, curve), (colour, dash) in zip(curves.items(), [(style.MUTED, "--"), (style.ACCENT, "-")], strict=True):
        point = points[name]
        ax.plot(1 - curve["specificity"], curve["sensitivity"], dash, color=colour, linewidth=1.2, label=labels[name])
        ax.plot(1 - point["specificity"], point["sensitivity"], "o", color=colour, markersize=4.5)
    ax.set_box_aspect(1)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _small(ax, "Flagged among the others (1 − specificity)", f"Flagged among those {phrase} (sensitivity)")
    _percent(ax.xaxis, ax.yaxis)
    figure.legend(title="Area under the curve", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def calibration_plot(deciles: pd.DataFrame, curve: pd.DataFrame, shapes: pd.DataFrame, phrase: str) -> Figure:
    """Draw observed share against predicted risk, and below it how the risks are spread; for half of the page.

    deciles: columns predicted, observed, low and high; curve: the same, of the smooth curve with its band; shapes:
    columns risk, pupils (a weight) and had, which is events or others; phrase: the event in words, such as "at risk".
    The axes are alike and end where hardly a pupil has a greater risk.
    """
    figure, (upper, lower) = plt.subplots(2, 1, figsize=HALF, sharex=True, height_ratios=[3.2, 1])
    upper.axline((0, 0), slope=1, color=style.MUTED, linewidth=0.8, linestyle=":", label="Ideal")
    upper.fill_between(curve["predicted"], curve["low"], curve["high"], color=style.ACCENT, alpha=0.25, linewidth=0)
    upper.plot(curve["predicted"], curve["observed"], color=style.ACCENT, linewidth=1.2, label="Smooth curve, band")
    reach = [deciles["observed"] - deciles["low"], deciles["high"] - deciles["observed"]]
    look = {"fmt": "o", "color": "black", "markersize": 3, "linewidth": 0.8, "label": "Tenths of the pupils"}
    upper.errorbar(deciles["predicted"], deciles["observed"], reach, **look)
    highest = deciles[["predicted", "high"]].max(axis=None)
    end = min(1.0, 1.05 * max(highest, quantile(shapes["risk"], shapes["pupils"], AXIS_END)))
    upper.set_ylim(0, end)
    upper.legend(loc="upper left", fontsize=SMALL, handletextpad=0.4, borderaxespad=0.1)
    sns.histplot(
        shapes, x="risk", weights="pupils", hue="had", hue_order=["others", "events"], palette=[OTHERS, EVENT],
        stat="percent", common_norm=False, element="step", linewidth=0.8, binwidth=end / BINS, binrange=(0, 1),
        ax=lower, legend=False,
    )  # fmt: skip
    for label, colour in (("others", OTHERS), (phrase, EVENT)):
        lower.fill_between([], [], color=colour, alpha=0.4, label=label)
    lower.set(xlim=(0, end), ylim=(0, 1.4 * lower.get_ylim()[1]))
    lower.legend(loc="upper right", fontsize=SMALL, ncols=2, handlelength=1, columnspacing=1, borderaxespad=0.1)
    _small(upper, "", f"Observed share {phrase}")
    _small(lower, "Predicted risk", "Pupils")
    _percent(lower.xaxis, upper.yaxis)
    lower.yaxis.set_major_formatter(PercentFormatter(100, 0))
    lower.yaxis.set_major_locator(MaxNLocator(2))
    figure.align_ylabels()
    return figure


def precision_recall(curve: pd.DataFrame, share: float, average: float, phrase: str) -> Figure:
    """Draw precision against recall with the base rate; for half of the page.

    curve: columns sensitivity and precision; share: of the event, the precision of flagging at random; average: the
    average precision; phrase: the event in words, such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    shown = curve[curve["precision"].notna()]
    label = f"Validation: {average:.3f}"
    ax.plot(shown["sensitivity"], shown["precision"], color=style.ACCENT, linewidth=1.2, label=label)
    ax.axhline(share, color=style.MUTED, linestyle=":", linewidth=1, label=f"At random: {share:.3f}")
    ax.set_box_aspect(1)
    ax.set(xlim=(-0.02, 1.02), ylim=(0, 1.02))
    _small(ax, f"Flagged among those {phrase} (recall)", f"Truly {phrase} among the flagged (precision)")
    _percent(ax.xaxis, ax.yaxis)
    figure.legend(title="Average precision", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def decision_curves(curves: Mapping[str, pd.DataFrame], band: pd.DataFrame) -> Figure:
    """Draw net benefit against the threshold of risk; for half of the page.

    curves: {legend: columns threshold and net_benefit}, the first with a band: columns threshold, low and high. The
    reference of flagging none is the line at zero. What lies far below zero is cut off.
    """
    figure, ax = plt.subplots(figsize=HALF)
    ax.fill_between(band["threshold"], band["low"], band["high"], color=LOOKS[0][0], alpha=0.25, linewidth=0)
    for (label, curve), (colour, dash) in zip(curves.items(), LOOKS, strict=False):
        ax.plot(curve["threshold"], curve["net_benefit"], dash, color=colour, linewidth=1.2, label=label)
    ax.axhline(0, color="black", linestyle=":", linewidth=1, label="None")
    top = max(curve["net_benefit"].max() for curve in curves.values())
    ax.set(xlim=(0, band["threshold"].max()), ylim=(-0.15 * top, 1.08 * top))
    _small(ax, "Threshold of risk", "Net benefit per pupil")
    _percent(ax.xaxis)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    figure.legend(title="Whom to flag", loc="outside upper center", ncols=2, fontsize=SMALL, title_fontsize=SMALL,
                  columnspacing=1, handlelength=1.8)  # fmt: skip
    return figure


def workload(curve: pd.DataFrame, chosen: Mapping[str, Mapping], phrase: str) -> Figure:
    """Draw what a workload buys: sensitivity and precision against alerts per shift; for half of the page.

    curve: columns per_shift, sensitivity_of_all with `_low` and `_high`, and ppv, rising in per_shift; chosen: {how the
    alerts are kept to: the same names} for the thresholds in use; phrase: the event in words, such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    limits = curve["sensitivity_of_all_low"], curve["sensitivity_of_all_high"]
    ax.fill_between(curve["per_shift"], *limits, color=style.ACCENT, alpha=0.25, linewidth=0)
    for name, label, colour, dash in (
        ("sensitivity_of_all", f"Found of all those {phrase}", style.ACCENT, "-"),
        ("ppv", f"Truly {phrase} of the flagged", EVENT, "--"),
    ):
        ax.plot(curve["per_shift"], curve[name], dash, color=colour, linewidth=1.2, label=label)
        for row in chosen.values():
            ax.plot(row["per_shift"], row[name], "o", color=colour, markersize=4.5)
    for (words, row), dash in zip(chosen.items(), (":", "-."), strict=True):
        ax.axvline(row["per_shift"], color=style.MUTED, linestyle=dash, linewidth=0.9, label=words)
    ax.set(xlim=(0, curve["per_shift"].max()), ylim=(0, 1.02))
    _small(ax, "Alerts per counsellor's shift", "Share")
    _percent(ax.yaxis)
    figure.legend(title="What the work buys", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def panels(rows: pd.DataFrame, measures: Mapping[str, Measure], overall: Mapping | None = None) -> Figure:
    """Draw several measures of several samples or groups: a panel for each measure, a row for each group.

    rows: frame with the columns heading and label, top to bottom, and for each measure its value, `_low` and `_high`;
    rows of one heading stand together under it. overall: a mapping with the measures of all cases, drawn as a thin
    line. An interval much longer than most, as that of a tiny group, is cut off at the frame.
    """
    places, ticks, y = [], [], 0.0
    for heading, part in rows.groupby("heading", sort=False):
        ticks.append((y, heading, True))
        for label in part["label"]:
            y += 1
            places.append(y)
            ticks.append((y, label, False))
        y += 1.3
    height = 0.75 + 0.163 * (y + 0.5)
    figure, axes = plt.subplots(1, len(measures), figsize=(style.WIDTH, height), sharey=True, squeeze=False)
    for ax, (name, (title, reference, percent)) in zip(axes[0], measures.items(), strict=True):
        value, low, high = (rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
        if reference is not None:
            ax.axvline(reference, color="black", linewidth=0.7, linestyle=":")
        if overall is not None:
            ax.axvline(overall[name], color=style.MUTED, linewidth=0.7)
        reach = np.nan_to_num([value - low, high - value]).clip(0)
        most = LONGEST * np.median(reach[reach > 0]) if (reach > 0).any() else 0.1
        ends = np.nanmin(value - reach[0].clip(max=most)), np.nanmax(value + reach[1].clip(max=most))
        margin = 0.06 * (ends[1] - ends[0]) or 0.1
        ax.set_xlim(ends[0] - margin, ends[1] + margin)
        ax.errorbar(value, places, xerr=reach, fmt="o", color=style.ACCENT, markersize=3.2, linewidth=0.9)
        for place in np.array(places)[~np.isfinite(value)]:
            ax.text(0.5, place, "–", transform=ax.get_yaxis_transform(), ha="center", va="center", fontsize=SMALL)
        ax.set_title(title, fontsize=SMALL + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        ax.grid(axis="y", visible=False)
        ax.tick_params(labelsize=SMALL)
        if percent:
            ax.xaxis.set_major_formatter(PercentFormatter(1, 0))
    first = axes[0, 0]
    first.set_ylim(y - 0.9, -0.7)
    first.set_yticks([place for place, *_ in ticks], [label for _, label, _ in ticks])
    for tick, (*_, heading) in zip(first.get_yticklabels(), ticks, strict=True):
        tick.set_color(style.ACCENT if heading else "black")
    return figure


def instability(bands: pd.DataFrame, curves: pd.DataFrame, phrase: str) -> Figure:
    """Draw how risks and calibration change from draw to draw: two panels, as wide as the paper's text.

    bands: columns predicted, low and high, a row for each band of risk; curves: columns predicted, median, low and
    high, of the draws' calibration; phrase: the event in words, such as "at risk".
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.WIDTH, 3.0))
    look = {"color": style.ACCENT, "alpha": 0.25, "linewidth": 0}
    for ax, frame, middle in ((left, bands, "predicted"), (right, curves, "median")):
        end = min(1.0, 1.05 * max([*frame["high"], *frame["predicted"], 0.05]))
        ax.axline((0, 0), slope=1, color=style.MUTED, linewidth=0.8, linestyle=":")
        ax.fill_between(frame["predicted"], frame["low"], frame["high"], **look)
        ax.plot(frame["predicted"], frame[middle], color=style.ACCENT, linewidth=1.2)
        ax.set_box_aspect(1)
        ax.set(xlim=(0, end), ylim=(0, end))
        _percent(ax.xaxis, ax.yaxis)
    left.plot(bands["predicted"], bands["predicted"], "o", color=style.ACCENT, markersize=3)
    _small(left, "Risk by the model, bands of pupils", "Risk by the models of the draws")
    _small(right, "Risk by the model of a draw", f"Observed share {phrase}")
    return figure


def cells_against_pupils(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw how many cells a table of counts has, for so many pupils.

    curves: {legend: columns pupils and cells}. The dotted line is a table with a cell for every pupil.
    """
    figure, ax = plt.subplots(figsize=(style.WIDTH, 2.6))
    ends = [min(c["pupils"].min() for c in curves.values()), max(c["pupils"].max() for c in curves.values())]
    ax.plot(ends, ends, ":", color=style.MUTED, linewidth=1, label="A row for each pupil")
    for (label, curve), (colour, dash) in zip(curves.items(), LOOKS, strict=False):
        ax.plot(curve["pupils"], curve["cells"], dash, color=colour, linewidth=1.3, label=label)
    ax.set(xscale="log", yscale="log", xlabel="Pupils", ylabel="Cells")
    ax.minorticks_off()
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    figure.legend(loc="outside right center", fontsize=SMALL)
    return figure


def _small(ax, xlabel, ylabel):
    """Label the axes of a figure that takes half of the page."""
    ax.set_xlabel(xlabel, fontsize=SMALL)
    ax.set_ylabel(ylabel, fontsize=SMALL)
    ax.tick_params(labelsize=SMALL)


def _percent(*axes):
    """Write the shares on these axes as percentages."""
    for axis in axes:
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(PercentFormatter(1, 0))


def nomogram(points: pd.DataFrame, intercept: float, labels: Mapping) -> Figure:
    """Draw the nomogram of a logistic model, as wide as the paper's text.

    Parameters
    ----------
    points : as `points.points` gives it: variable, code, b (log odds above the least of its variable)
    intercept : log odds of a pupil with the least category of every variable (its `base`)
    labels : {variable: (title, {code: label})}

    The uppermost scale turns a place on a variable's scale into points; the two lowest turn the sum of the points into
    a risk. Each label is centred on its mark; labels that would touch stand in several rows above and below the scale.
    """
    unit = points["b"].max() / PLACES
    figure, ax = plt.subplots(figsize=(style.WIDTH, 1), layout="none")
    ax.set_position([LEFT, 0, 1 - LEFT - 0.03, 1])
    ax.set_xlim(0, 1)
    scales = [("Points", [(each / PLACES, f"{each:.0f}") for each in np.linspace(0, PLACES, 11)], False)]
    for name, rows in points.groupby("variable", sort=False):
        title, names = labels[name]
        rows = rows.sort_values("b", kind="stable")
        scales.append((title, list(zip(rows["b"] / unit / PLACES, rows["code"].map(names), strict=True)), True))
    most = points.groupby("variable")["b"].max().sum() / unit
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
    """Return half the width of a label, in units of the axis."""
    written = ax.text(0, 0, label, fontsize=SIZE)
    width = written.get_window_extent().width / ax.get_window_extent().width
    written.remove()
    return width / 2


def _touch(ax, one, other):
    """Return whether two labels, each centred on its mark, would touch in one row."""
    room = _half(ax, one[1]) + _half(ax, other[1]) + 0.006
    return abs(one[0] - other[0]) < room


def _levels(ax, marks):
    """Return the row of each label, so that none touches another of its row or the name of the scale."""
    taken = {level: [] for level in LABEL_ROWS}
    for mark in marks:
        free = [level for level in LABEL_ROWS if not any(_touch(ax, mark, other) for other in taken[level])]
        if mark[0] - _half(ax, mark[1]) < NAME_END:  # its name fills the rows next to the scale
            free = [level for level in free if abs(level) > 1]
        taken[free[0] if free else LABEL_ROWS[-1]].append(mark)
    return [next(level for level in LABEL_ROWS if mark in taken[level]) for mark in marks]


def _scale(ax, y, title, marks, levels, words):
    """Draw one scale: its title on the left, a line between its ends, a tick mark and a label at each place."""
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
