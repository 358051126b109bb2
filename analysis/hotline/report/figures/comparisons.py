"""The charts of several panels or many strokes, so that the notebooks need only name what is drawn.

All take finished numbers and labels, estimate nothing, and return a figure at the size of print: as wide as the
paper's text. Those of the risk model are in `charts_prediction`.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from countstats.means import quantile
from hotline import text
from hotline.report.figures import style

BLANK = "white"
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
    if all(np.isnan(rows).all() for rows in sets.values()):
        return style.words("no odds ratio to show")
    largest = np.nanmax([np.exp(np.abs(np.log(rows))) for rows in sets.values()])
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
