"""The figures of the comparisons between levels, and of the hotline's response.

All take finished numbers and labels, estimate nothing, and return a figure at the size of print: as wide as the
paper's text. Only where an axis ends is taken from the data.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from countstats.means import quantile
from hotline import text
from hotline.report.figures import style

BLANK = "white"
DASHES = ["-", (0, (4, 1.2)), (0, (1.2, 0.8))]  # of the levels
AXIS_END = 0.98  # the quantile at which an axis ends: extremes would squeeze the rest
FULL_COLOUR = 20  # the residual at which the colour is full
NARROWEST = 1.4  # odds ratio that an axis reaches at least
# Tick marks of odds ratios, where the axis reaches beyond WIDE, and where it does not.
WIDE, FAR_TICKS, NEAR_TICKS = 2.2, (0.125, 0.25, 0.5, 1, 2, 4, 8), (0.5, 0.67, 0.8, 1, 1.25, 1.5, 2)
ROOM = 0.04  # share of a bar from which there is room for its percentage
DARK = 1.4  # sum of red, green and blue below which letters on a colour are white
LABEL_WIDTH = 12  # letters after which the label of a group breaks


class Panel(NamedTuple):
    """Shares of some groups with their intervals, for one panel.

    title : what stands above;  shares : columns estimate, low and high, labels in the index
    joined : whether the groups follow one another, as years do, and their points are joined
    """

    title: str
    shares: pd.DataFrame
    joined: bool = False


def distributions(panels: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> Figure:
    """Draw the cumulative distributions of several variables, a panel for each and a curve for each level.

    panels: {title: counts with the columns level, value and n}, at most six; labels: {level: label}. An axis ends at
    the quantile AXIS_END, but takes in four steps of a variable with few values.
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
        end = min(most, max(quantile(counts["value"], counts["n"], AXIS_END), least + 3))
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


def residual_map(blocks: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw a heat map of residuals in two halves, each made of blocks with a heading.

    blocks: {heading: DataFrame of residuals, labels in its index and columns}, with the same columns in all. Red is
    more than expected, blue is less.
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
            half, ax=ax, cmap="vlag", center=0, vmin=-FULL_COLOUR, vmax=FULL_COLOUR, cbar=False, linewidths=0.5,
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


def odds_ratios(labels: Sequence[str], panels: Mapping, axis: str = "Odds ratio") -> Figure:
    """Draw odds ratios with their intervals on one logarithmic scale, a panel for each set.

    labels: one per row, top to bottom; panels: {title: array of (odds ratio, low, high) per row, NaN where there is
    none, and perhaps a fourth, another odds ratio to be marked by a line}; axis: what stands below each panel.
    """
    sets = {title: np.asarray(rows, dtype=float) for title, rows in panels.items()}
    if all(np.isnan(rows).all() for rows in sets.values()):
        return style.words("no odds ratio to show")
    largest = np.nanmax([np.exp(np.abs(np.log(rows))) for rows in sets.values()])
    span = 1.1 * max(NARROWEST, largest)
    ticks = [tick for tick in (FAR_TICKS if span > WIDE else NEAR_TICKS) if 1 / span < tick < span]
    size = (style.WIDTH, 0.6 + 0.29 * len(labels))
    figure, axes = plt.subplots(1, len(sets), figsize=size, sharey=True, squeeze=False)
    for ax, (title, rows) in zip(axes[0], sets.items(), strict=True):
        ratio, low, high, *other = rows.T
        ax.errorbar(ratio, labels, xerr=[ratio - low, high - ratio], fmt="o", color=style.ACCENT, markersize=4)
        for marked in other:
            ax.plot(marked, labels, "|", color=style.MUTED, markersize=10, markeredgewidth=1.3)
        ax.axvline(1, color=style.MUTED, linewidth=1)
        ax.set(xscale="log", title=title, xlabel=axis, xlim=(1 / span, span))
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    axes[0, 0].invert_yaxis()
    return figure


def answering(demand: pd.DataFrame, panels: Sequence[Panel]) -> Figure:
    """Draw calls and answered calls a month, and the share answered in several groupings on one scale.

    demand: columns calls_per_month and answered_per_month, years in the index; panels: three of them.
    """
    figure, axes = plt.subplots(2, 2, figsize=(style.WIDTH, 4.2))
    first = axes[0, 0]
    for column, colour in (("calls_per_month", style.MUTED), ("answered_per_month", style.ACCENT)):
        first.plot(demand.index.astype(str), demand[column], "o-", color=colour, markersize=4)
    first.legend(["All calls", "Answered calls"], loc="lower right")
    first.set(title="Calls a month", xlim=(-0.4, len(demand) - 0.6), ylim=(0, 1.1 * demand["calls_per_month"].max()))
    first.yaxis.set_major_formatter("{x:,.0f}")
    together = pd.concat(panel.shares for panel in panels)
    scale = max(0, together["low"].min() - 0.03), min(1, together["high"].max() + 0.03)
    for ax, (title, part, joined) in zip(axes.flat[1:], panels, strict=True):
        reach = [part["estimate"] - part["low"], part["high"] - part["estimate"]]
        line = "o-" if joined else "o"
        names = [textwrap.fill(str(name), LABEL_WIDTH) for name in part.index]
        ax.errorbar(names, part["estimate"], reach, fmt=line, color=style.ACCENT, markersize=3.5, capsize=2.5)
        ax.set(title=title, xlim=(-0.4, len(part) - 0.6), ylim=scale)
        ax.yaxis.set_major_formatter(PercentFormatter(1, 0))
    return figure


def stacked_shares(shares: pd.DataFrame, axis: str) -> Figure:
    """Draw a bar for each row of `shares`, divided as its columns say, with the percentages written in.

    shares: labels in index and columns, each row summing to 1; axis: what stands below. Without any column the picture
    says that nothing is recorded.
    """
    if not shares.size:
        return style.words("nothing recorded")
    palette = sns.color_palette("cividis_r", shares.shape[1])
    ax = shares.plot.barh(
        stacked=True, figsize=(style.WIDTH, 0.9 + 0.47 * len(shares)), width=0.8, color=palette, edgecolor="white",
        legend=False,
    )  # fmt: skip
    for bars, colour in zip(ax.containers, palette, strict=True):
        printed = [text.percent(bar.get_width(), 0) if bar.get_width() > ROOM else "" for bar in bars]
        ink = "white" if sum(colour) < DARK else "black"
        ax.bar_label(bars, printed, label_type="center", color=ink, fontsize=8)
    ax.set(xlabel=axis, ylabel="", xlim=(0, 1))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.invert_yaxis()
    ax.grid(False)
    ax.figure.legend(
        *ax.get_legend_handles_labels(), loc="outside upper center", ncols=4, columnspacing=1, handlelength=1
    )
    return ax.figure


def equality(shares: Mapping[str, pd.DataFrame], titles: Mapping[str, str], label: Callable) -> Figure:
    """Draw standardized shares with intervals, a panel for each measure and a row for each group.

    shares: {measure: result of `shares.standardized_shares`, index (by, group)}; a group that a measure does not
    have is left out of its panel. titles: {measure or by: name in print}, in order; label(by, group): what is printed
    for a group. The broken line is the share of all, and a short line that of a group before standardization.
    """
    keys = pd.concat(list(shares.values())).index.unique()
    keys = [key for by in titles for key in keys if key[0] == by]
    if not keys:
        return style.words("nothing recorded")
    first = np.array([place == 0 or keys[place - 1][0] != by for place, (by, _) in enumerate(keys)])
    row = np.arange(len(keys)) + first.cumsum()  # a heading takes a row of its own
    size = (style.WIDTH, 0.7 + 0.19 * (row[-1] + 1))
    figure, axes = plt.subplots(1, len(shares), figsize=size, sharey=True, squeeze=False)
    for ax, (measure, own) in zip(axes[0], shares.items(), strict=True):
        own = own.reindex(keys)
        reach = [own["share"] - own["low"], own["high"] - own["share"]]
        if own["n"].sum():
            ax.axvline(own["events"].sum() / own["n"].sum(), color=style.MUTED, linewidth=0.8, linestyle="--")
        ax.plot(own["crude"], row, "|", color=style.MUTED, markersize=8, markeredgewidth=1.2)
        ax.errorbar(own["share"], row, xerr=reach, fmt="o", color=style.ACCENT, markersize=3.5)
        ax.set_title(titles[measure], fontsize=8.5)
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(lambda share, _: f"{round(100 * share, 6):g}%")
        ax.grid(False, axis="y")
    heads = {row[place] - 1: titles[keys[place][0]] for place in np.flatnonzero(first)}
    ticks = sorted({**heads, **{at: label(*key) for at, key in zip(row, keys, strict=True)}}.items())
    axes[0, 0].set_yticks([place for place, _ in ticks], [name for _, name in ticks])
    axes[0, 0].set_ylim(row[-1] + 0.6, -0.6)
    for (place, _), tick in zip(ticks, axes[0, 0].get_yticklabels(), strict=True):
        tick.set_color(style.ACCENT if place in heads else "black")
    return figure
