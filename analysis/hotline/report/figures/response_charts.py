"""The charts of the hotline's response: who gets through, what was done, and whether it is the same for all.

They take finished numbers and labels, and estimate nothing.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from hotline import text
from hotline.report.figures import style


def answering(demand, shares):
    """Draw calls and answered calls a month, and the share answered in several groupings on one scale.

    demand: columns calls_per_month and answered_per_month, years in the index; shares: {title: columns estimate, low
    and high, labels in the index}, three of them. The points of a title that ends in "year" are joined.
    """
    figure, axes = plt.subplots(2, 2, figsize=(style.WIDTH, 4.2))
    first = axes[0, 0]
    for column, colour in (("calls_per_month", style.MUTED), ("answered_per_month", style.ACCENT)):
        first.plot(demand.index.astype(str), demand[column], "o-", color=colour, markersize=4)
    first.legend(["All calls", "Answered calls"], loc="lower right")
    first.set(title="Calls a month", xlim=(-0.4, len(demand) - 0.6), ylim=(0, 1.1 * demand["calls_per_month"].max()))
    first.yaxis.set_major_formatter("{x:,.0f}")
    together = pd.concat(shares.values())
    scale = max(0, together["low"].min() - 0.03), min(1, together["high"].max() + 0.03)
    for ax, (title, part) in zip(axes.flat[1:], shares.items(), strict=True):
        reach = [part["estimate"] - part["low"], part["high"] - part["estimate"]]
        line = "o-" if title.endswith("year") else "o"
        names = [str(name).replace(" River ", " River\n") for name in part.index]
        ax.errorbar(names, part["estimate"], reach, fmt=line, color=style.ACCENT, markersize=3.5, capsize=2.5)
        ax.set(title=title, xlim=(-0.4, len(part) - 0.6), ylim=scale)
        ax.yaxis.set_major_formatter(PercentFormatter(1, 0))
    return figure


def stacked_shares(shares, axis, least=0.04):
    """Draw a bar for each row of `shares`, divided as its columns say, with the percentages written in.

    shares: labels in index and columns, each row summing to 1; axis: what stands below; least: the share from which
    there is room for its percentage. Without any column the picture says that nothing is recorded.
    """
    if not shares.size:
        return style.words("nothing recorded")
    palette = sns.color_palette("cividis_r", shares.shape[1])
    ax = shares.plot.barh(
        stacked=True, figsize=(style.WIDTH, 0.9 + 0.47 * len(shares)), width=0.8, color=palette, edgecolor="white",
        legend=False,
    )  # fmt: skip
    for bars, colour in zip(ax.containers, palette, strict=True):
        printed = [text.percent(bar.get_width(), 0) if bar.get_width() > least else "" for bar in bars]
        ink = "white" if sum(colour) < 1.4 else "black"
        ax.bar_label(bars, printed, label_type="center", color=ink, fontsize=8)
    ax.set(xlabel=axis, ylabel="", xlim=(0, 1))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.invert_yaxis()
    ax.grid(False)
    ax.figure.legend(
        *ax.get_legend_handles_labels(), loc="outside upper center", ncols=4, columnspacing=1, handlelength=1
    )
    return ax.figure


def equality(found, titles, label):
    """Draw standardized shares with intervals, a panel for each measure and a row for each group.

    found: {measure: result of `shares.standardized_shares`, index (by, group)}; a group that a measure does not
    have is left out of its panel. titles: {measure or by: name in print}, in order; label(by, group): what is printed
    for a group. The broken line is the share of all, and a stroke that of a group before standardization.
    """
    keys = pd.concat(list(found.values())).index.unique()
    keys = [key for by in titles for key in keys if key[0] == by]
    if not keys:
        return style.words("nothing recorded")
    first = np.array([place == 0 or keys[place - 1][0] != by for place, (by, _) in enumerate(keys)])
    row = np.arange(len(keys)) + first.cumsum()  # a heading takes a row of its own
    size = (style.WIDTH, 0.7 + 0.19 * (row[-1] + 1))
    figure, axes = plt.subplots(1, len(found), figsize=size, sharey=True, squeeze=False)
    for ax, (measure, shares) in zip(axes[0], found.items(), strict=True):
        shares = shares.reindex(keys)
        reach = [shares["share"] - shares["low"], shares["high"] - shares["share"]]
        if shares["n"].sum():
            ax.axvline(shares["events"].sum() / shares["n"].sum(), color=style.MUTED, linewidth=0.8, linestyle="--")
        ax.plot(shares["crude"], row, "|", color=style.MUTED, markersize=8, markeredgewidth=1.2)
        ax.errorbar(shares["share"], row, xerr=reach, fmt="o", color=style.ACCENT, markersize=3.5)
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
