"""The charts of several panels or many strokes, so that the notebooks need only name what is drawn.

All take finished numbers and labels, estimate nothing, and return a figure at the size of print: as wide as the
paper's text or, for two that stand side by side, as half of it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from hotline import style, text
from hotline.stats.moments import quantile

BLANK = "white"
HALF = (3.05, 3.6)  # inches: one of two figures side by side
SMALL = 7.5  # points, in such a figure
DASHES = ["-", (0, (4, 1.2)), (0, (1.2, 0.8))]  # of the levels


def distributions(panels, labels):
    """Draw the cumulative distributions of several variables, a panel for each and a curve for each level.

    panels: {title: counts with the columns level, value and n}, at most six; labels: {level: label}. An axis ends at
    the 98th percentile (but takes in four steps of a variable with few values): extremes would squeeze the rest.
    """
    figure, axes = plt.subplots(2, 3, figsize=(style.WIDTH, 4.2), sharey=True)
    for ax, (title, counts) in zip(axes.flat, panels.items(), strict=False):
        sns.ecdfplot(
            counts,
            x="value",
            weights="n",
            hue="level",
            hue_order=list(labels),
            palette=style.LEVELS,
            legend=False,
            ax=ax,
        )
        # Dashes on top of the solid line let both be seen where they lie on each other.
        for place, line in enumerate(ax.lines[::-1]):  # seaborn draws the last level first
            line.set(linestyle=DASHES[place], zorder=2 + 0.1 * place)
        least, most = counts["value"].min(), counts["value"].max()
        end = min(most, max(quantile(counts["value"], counts["n"], 0.98), least + 3))
        margin = 0.04 * (end - least)
        ax.set(xlim=(least - margin, end + margin), ylim=(0, 1.02), xlabel=title, ylabel="Share of pupils")
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    handles = [
        plt.Line2D([], [], color=style.LEVELS[level], label=label, linestyle=dash)
        for (level, label), dash in zip(labels.items(), DASHES, strict=False)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(labels))
    return figure


def residual_map(blocks, strong=20):
    """Draw a heat map of residuals in two halves, each made of blocks with a heading.

    blocks: {heading: DataFrame of residuals, labels in its index and columns}, with the same columns in all;
    strong: the residual at which the colour is full. Red is more than expected, blue is less.
    """
    headed = [
        pd.concat([pd.DataFrame(np.nan, index=[heading], columns=block.columns), block])
        for heading, block in blocks.items()
    ]
    ends = np.cumsum([len(block) for block in headed])
    cut = int(np.abs(ends - ends[-1] / 2).argmin()) + 1  # between two blocks, as near to the middle as can be
    halves = [pd.concat(part) for part in (headed[:cut], headed[cut:]) if part]
    rows = max(map(len, halves))
    figure, axes = plt.subplots(1, len(halves), figsize=(style.WIDTH, 0.5 + 0.19 * rows), squeeze=False)
    for ax, half in zip(axes[0], halves, strict=True):
        sns.heatmap(
            half, ax=ax, cmap="vlag", center=0, vmin=-strong, vmax=strong, cbar=False, linewidths=0.5,
            annot=half.map(lambda x: text.number(x, 0)), fmt="", annot_kws={"size": 7}, yticklabels=list(half.index),
        )  # fmt: skip
        ax.set(xlabel="", ylabel="", ylim=(rows, 0), facecolor=BLANK)
        ax.grid(False)
        ax.set_xticks(ax.get_xticks(), list(half.columns), va="baseline")
        ax.xaxis.tick_top()
        ax.tick_params(labelsize=7.5, length=0)
        for tick, heading in zip(ax.get_yticklabels(), half.isna().all(axis=1), strict=True):
            tick.set_color(style.ACCENT if heading else "black")
    return figure


def odds_ratios(labels, panels, axis="Odds ratio"):
    """Draw odds ratios with their intervals on one logarithmic scale, a panel for each set.

    labels: one per row, top to bottom; panels: {title: array of (odds ratio, low, high) per row, NaN where there is
    none, and perhaps a fourth, another odds ratio to be marked by a stroke}; axis: what stands below each panel.
    """
    sets = {title: np.asarray(rows, dtype=float) for title, rows in panels.items()}
    largest = max(np.nanmax(np.exp(np.abs(np.log(rows)))) for rows in sets.values())
    span = 1.1 * max(1.4, largest)
    ticks = [0.125, 0.25, 0.5, 1, 2, 4, 8] if span > 2.2 else [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2]
    ticks = [tick for tick in ticks if 1 / span < tick < span]
    size = (style.WIDTH, 0.6 + 0.29 * len(labels))
    figure, axes = plt.subplots(1, len(sets), figsize=size, sharey=True, squeeze=False)
    for ax, (title, rows) in zip(axes[0], sets.items(), strict=True):
        ratio, low, high, *other = rows.T
        ax.errorbar(ratio, labels, xerr=[ratio - low, high - ratio], fmt="o", color=style.ACCENT, markersize=4)
        for stroke in other:
            ax.plot(stroke, labels, "|", color=style.MUTED, markersize=10, markeredgewidth=1.3)
        ax.axvline(1, color=style.MUTED, linewidth=1)
        ax.set(xscale="log", title=title, xlabel=axis, xlim=(1 / span, span))
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    axes[0, 0].invert_yaxis()
    return figure


def roc_curves(curves, points, labels, found):
    """Draw ROC curves with one marked threshold each; a figure for one half of the page.

    curves: {sample: columns sensitivity and specificity}; points: {sample: mapping with the same two names};
    labels: {sample: legend}; the last sample is drawn in front. found: the event, such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    ax.plot([0, 1], [0, 1], ":", color=style.MUTED, linewidth=0.8, label="A coin: 0.500")
    for (name, curve), (colour, dash) in zip(curves.items(), [(style.MUTED, "--"), (style.ACCENT, "-")], strict=True):
        point = points[name]
        ax.plot(1 - curve["specificity"], curve["sensitivity"], dash, color=colour, linewidth=1.2, label=labels[name])
        ax.plot(1 - point["specificity"], point["sensitivity"], "o", color=colour, markersize=4.5)
    ax.set_box_aspect(1)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _small(ax, "Flagged among the others (1 − specificity)", f"Flagged among those {found} (sensitivity)")
    _percent(ax.xaxis, ax.yaxis)
    figure.legend(title="Area under the curve", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def calibration_plot(tenths, shapes, found):
    """Draw observed share against predicted risk, and below it how the risks are spread; for half of the page.

    tenths: {sample: columns predicted, observed, low and high}, the last drawn in front and filled; shapes: columns
    risk, pupils (a weight) and had, which is events or others; found: the event, such as "at risk". The axes are alike
    and end where hardly a pupil has a greater risk.
    """
    figure, (upper, lower) = plt.subplots(2, 1, figsize=HALF, sharex=True, height_ratios=[3.2, 1])
    upper.axline((0, 0), slope=1, color=style.MUTED, linewidth=0.8, linestyle=":")
    looks = [(style.MUTED, "white"), (style.ACCENT, style.ACCENT)]
    for (name, rows), (colour, face) in zip(tenths.items(), looks, strict=True):
        reach = [rows["observed"] - rows["low"], rows["high"] - rows["observed"]]
        upper.errorbar(
            rows["predicted"],
            rows["observed"],
            reach,
            fmt="o",
            color=colour,
            markerfacecolor=face,
            markersize=3.5,
            linewidth=0.9,
            label=name.capitalize(),
        )
    highest = max(rows[["predicted", "high"]].max(axis=None) for rows in tenths.values())
    end = min(1.0, 1.05 * max(highest, quantile(shapes["risk"], shapes["pupils"], 0.99)))
    upper.set_ylim(0, end)
    upper.legend(loc="lower right", fontsize=SMALL, handletextpad=0.2, borderaxespad=0.1)
    sns.histplot(
        shapes,
        x="risk",
        weights="pupils",
        hue="had",
        hue_order=["others", "events"],
        stat="percent",
        common_norm=False,
        element="step",
        linewidth=0.8,
        binwidth=end / 40,
        binrange=(0, 1),
        ax=lower,
        legend=False,
        palette=[style.LEVELS["well"], style.LEVELS["high_risk"]],
    )
    for label, colour in (("others", style.LEVELS["well"]), (found, style.LEVELS["high_risk"])):
        lower.fill_between([], [], color=colour, alpha=0.4, label=label)
    lower.set(xlim=(0, end), ylim=(0, 1.4 * lower.get_ylim()[1]))
    lower.legend(loc="upper right", fontsize=SMALL, ncols=2, handlelength=1, columnspacing=1, borderaxespad=0.1)
    _small(upper, "", f"Observed share {found}")
    _small(lower, "Predicted risk", "Pupils")
    _percent(lower.xaxis, upper.yaxis)
    lower.yaxis.set_major_formatter(PercentFormatter(100, 0))
    lower.yaxis.set_major_locator(MaxNLocator(2))
    figure.align_ylabels()
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
