"""Plots of odds ratios: the forest of a whole model, and one variable within the categories of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import NullLocator
from matplotlib.transforms import blended_transform_factory

from hotline import text
from hotline.codebook import Codebook
from hotline.report.figures import style

# The forest plot.
LINE = 0.175  # height of one line, inches
SIZE = 8.5  # of its letters, points
MARGIN_LINES, AXIS_LINES = 4.5, 3  # above and below the plot, and below it alone, in lines
INDENT, GAP = 0.022, 0.02  # of a variable's categories; between the columns; as shares of the figure's width
WIDEST_LABEL = 0.55  # share of the figure's width that a label may take, so that room is left for the plot
BLOCKS = {
    "individual": style.ACCENT,
    "family": "#009E73",
    "environment": style.LEVELS["high_risk"],
    "time": "#CC79A7",
}

# Axes of odds ratios.
TICKS = {
    1 / 16: "1/16",
    1 / 8: "1/8",
    1 / 4: "1/4",
    1 / 2: "1/2",
    2 / 3: "2/3",
    1: "1",
    1.5: "1.5",
    2: "2",
    4: "4",
    8: "8",
    16: "16",
    32: "32",
}
CROWDED = (2 / 3, 1.5)  # ticks left out where the axis is long
LONG, LONG_OF_PANEL = 32, 8  # ratio of its ends from which an axis is long: as wide as the page, and in a panel
NARROWEST, WIDEST = (0.62, 1.6), (1 / 16, 32.0)  # what an axis reaches at least, and at most
BEYOND = 1.08  # factor by which it reaches further than the widest interval

# Series within categories, and analyses.
SERIES = [style.ACCENT, style.LEVELS["high_risk"], "#009E73", "#CC79A7", style.LEVELS["imbalance"]]
SHIFT = 0.18  # between the series of one category, in lines
ANALYSES = ["#000000", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#6E6E6E"]
BETWEEN_TERMS = 2.4  # room between the analyses of two terms, in analyses
PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # behind words that a line would cross


@dataclass(frozen=True)
class Line:
    """What stands on one line of the forest plot.

    kind : "block", "variable" (the heading of several categories), "term" (one of them) or "single" (a variable with
        one category besides its reference);  odds_ratio, low, high : None in a heading, NaN without an estimate
    """

    kind: str
    label: str
    block: str
    odds_ratio: float | None = None
    low: float | None = None
    high: float | None = None


def lines(table: pd.DataFrame, book: Codebook) -> list[Line]:
    """Return what stands on each line of the forest plot, from the top.

    A variable of two codes takes one line; one of more takes a heading, which names the reference.

    table : one row per term, references included: block, variable, code, reference (True or False), odds_ratio, low,
        high; rows without an estimate (NaN) are kept and get no marker
    """
    out = []
    for block, of_block in table.groupby("block", sort=False):
        out.append(Line("block", block.capitalize(), block))
        for name, rows in of_block.groupby("variable", sort=False):
            base = rows.loc[rows["reference"], "code"].iloc[0]
            against = f"(reference: {_small(book.label(name, base))})"
            terms = rows[~rows["reference"]]
            single = len(terms) == 1
            if len(terms) > 1:
                out.append(Line("variable", f"{book[name].title} {against}", block))
            for term in terms.itertuples():
                label = book.label(name, term.code)
                label = f"{book[name].title}: {_small(label)} {against}" if single else label
                kind = "single" if single else "term"
                out.append(Line(kind, label, block, term.odds_ratio, term.low, term.high))
    return out


def _small(label):
    """Return a label as it stands within a line: its first letter small."""
    return label[:1].lower() + label[1:]


def forest(table: pd.DataFrame, book: Codebook, xlabel: str, confidence: float = 0.95) -> Figure:
    """Draw the forest plot of a table as `lines` takes it, as wide as the paper's text.

    From left to right: labels, printed odds ratios, plot, each as wide as its text needs. The axis is logarithmic, so
    that an odds ratio of 2 lies as far from 1 as one of 1/2. A filled marker has an interval that leaves out 1.
    What an interval has beyond the axis is cut off with an arrow's point.
    """
    rows = lines(table, book)
    height = LINE * (len(rows) + MARGIN_LINES)
    figure, axis = plt.subplots(figsize=(style.WIDTH, height), layout="none")
    estimates = [row for row in rows if row.odds_ratio is not None]
    left, right = _limits([end for row in estimates for end in (row.low, row.high)])
    axis.set(xscale="log", xlim=(left, right), ylim=(len(rows) - 0.4, -1.8))
    axis.set_xlabel(xlabel, x=1, ha="right")
    axis.axvline(1, color=style.MUTED, linewidth=0.9, zorder=1)
    labels = [_shortened(_label(axis, y, row)) for y, row in enumerate(rows)]
    printed = [_write(axis, -1.2, f"OR ({text.percent(confidence, 0)} interval)")]
    printed += [_estimate(axis, y, row, left, right) for y, row in enumerate(rows) if row.odds_ratio is not None]
    column = _widest(labels) + GAP
    start = column + _widest(printed) + GAP
    for each in printed:
        each.set_x(column)
    axis.set_position([start, AXIS_LINES * LINE / height, 1 - start, 1 - AXIS_LINES * LINE / height])
    _ticks(axis, left, right, LONG)
    axis.set_yticks([])
    axis.grid(axis="y", visible=False)
    for side in ("left", "right", "top"):
        axis.spines[side].set_visible(False)
    return figure


def _limits(ends):
    """Return the ends of the axis for the limits of some intervals: a little beyond the widest, within WIDEST."""
    ends = [end for end in ends if np.isfinite(end)]
    left, right = min([*ends, NARROWEST[0]]) / BEYOND, max([*ends, NARROWEST[1]]) * BEYOND
    return max(WIDEST[0], left), min(WIDEST[1], right)


def _write(axis: Axes, y: float, words: str, x: float = 0.0, **look) -> Text:
    """Write on line y of the plot, x being a share of the figure's width."""
    place = blended_transform_factory(axis.figure.transFigure, axis.transData)
    return axis.text(x, y, words, transform=place, va="center", **{"fontsize": SIZE, **look})


def _shortened(label):
    """Return a text cut off where it is too wide for a label; the tables have the whole."""
    most = WIDEST_LABEL * label.figure.bbox.width
    while (width := label.get_window_extent().width) > most:
        words = label.get_text().removesuffix("…")
        label.set_text(words[: min(len(words) - 1, int(len(words) * most / width))].rstrip() + "…")
    return label


def _widest(texts):
    """Return the width that some texts take, their indents included, as a share of the figure's width."""
    whole = texts[0].figure.bbox.width
    return max(each.get_position()[0] + each.get_window_extent().width / whole for each in texts)


def odds_by_category(
    within: Mapping[str, pd.DataFrame],
    overall: pd.Series,
    book: Codebook,
    reference: Mapping[str, str],
    fewer_than: int = 1,
) -> Figure:
    """Draw odds ratios within each category of another variable, a panel for each variable.

    Parameters
    ----------
    within : {variable: as `interaction.within` gives it}, all within the same other variable
    overall : the odds ratios of the model without interaction, by (variable, code): a dashed line in a panel of one
        code
    reference : {variable: code}
    fewer_than : fewer pupils than this with, or without, the event have a cross for a marker
    """
    if not within:
        figure, axis = plt.subplots(figsize=(style.WIDTH, 0.8))
        axis.axis("off")
        axis.text(0.5, 0.5, "The presenting problem is not among the predictors.", ha="center")
        return figure
    codes = next(iter(within.values())).index.unique(1)
    labels = [book.label(codes.name, code) for code in codes]
    size = (style.WIDTH, 1.1 + 0.3 * len(labels))
    figure, axes = plt.subplots(1, len(within), figsize=size, sharey=True, squeeze=False)
    for axis, (name, table) in zip(axes[0], within.items(), strict=True):
        firsts = table.index.unique(0)
        marks = _series(axis, [table.loc[code].reindex(codes) for code in firsts])
        title = book[name].title
        if len(firsts) == 1:
            title = book.label(name, firsts[0])
            axis.axvline(overall[name, firsts[0]], color=SERIES[0], linewidth=0.9, linestyle="--")
        else:
            look = {"ncols": 2, "columnspacing": 1, "handletextpad": 0.1}
            of_codes = [book.label(name, code) for code in firsts]
            axis.legend(marks, of_codes, loc="upper center", bbox_to_anchor=(0.5, -0.15), **look)
        axis.set_title(f"{title} against {_small(book.label(name, reference[name]))}")
    if any(table["sparse"].any() for table in within.values()):
        few = f"Cross: fewer than {text.count(fewer_than)} pupils with, or without, the event, here or in the reference"
        figure.supxlabel(few, fontsize=SIZE, x=1, ha="right")
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    return figure


def analyses(
    tidy: pd.DataFrame,
    terms: Sequence[tuple[str, str]],
    labels: Mapping[str, str],
    book: Codebook,
    reference: Mapping[str, str],
) -> Figure:
    """Draw some terms of several analyses, one below the other, in two panels.

    Parameters
    ----------
    tidy : one row per analysis and term: analysis, variable, code, odds_ratio, low, high
    terms : (variable, code), top to bottom and left to right
    labels : {analysis: legend}, top to bottom
    reference : {variable: code}
    """
    by_term = tidy.set_index(["variable", "code"])
    halves = [half for half in (terms[: (len(terms) + 1) // 2], terms[(len(terms) + 1) // 2 :]) if half]
    shown = [name for name in labels if name in set(tidy["analysis"])]
    height = 0.8 + len(halves[0]) * (0.27 + 0.092 * len(shown))
    figure, axes = plt.subplots(1, len(halves), figsize=(style.WIDTH, height), squeeze=False)
    left, right = _limits(by_term[by_term.index.isin(terms)][["low", "high"]].to_numpy().ravel())
    colours = [ANALYSES[place % len(ANALYSES)] for place in range(len(shown))]
    for axis, half in zip(axes[0], halves, strict=True):
        for place, term in enumerate(half):
            rows = by_term.loc[[term]].set_index("analysis").reindex(shown)
            y = place * (len(shown) + BETWEEN_TERMS) + np.arange(len(shown))
            ends = rows[["low", "high"]].clip(left, right)
            axis.hlines(y, ends["low"], ends["high"], color=colours, linewidth=1.2)
            axis.scatter(rows["odds_ratio"], y, c=colours, s=9, zorder=3)
            main = rows["odds_ratio"].iloc[0]
            axis.vlines(main, y[0] - 0.6, y[-1] + 0.6, color=style.MUTED, linewidth=0.8, linestyle=":", zorder=1)
            name, code = term
            against = _small(book.label(name, reference[name]))
            label = f"{book[name].title}: {_small(book.label(name, code))} (against {against})"
            axis.text(left * 1.03, y[0] - 1.15, label, fontsize=7.5, va="center", zorder=4, bbox=PLAIN)
        axis.axvline(1, color=style.MUTED, linewidth=0.9, zorder=1)
        axis.set(xscale="log", xlabel="Odds ratio", xlim=(left, right), yticks=[])
        axis.set_ylim(len(halves[0]) * (len(shown) + BETWEEN_TERMS) - BETWEEN_TERMS, -2)
        axis.grid(axis="y", visible=False)
        _ticks(axis, left, right, LONG_OF_PANEL)
    marks = [plt.Line2D([], [], color=colour, marker="o", markersize=3) for colour in colours]
    figure.legend(marks, [labels[name] for name in shown], loc="outside lower center", ncols=2, columnspacing=1.5)
    return figure


def _series(axis, series):
    """Draw series of odds_ratio, low, high and sparse side by side on the same lines; return a mark of each."""
    left, right = _limits([end for rows in series for end in rows[["low", "high"]].to_numpy().ravel()])
    marks = []
    for place, rows in enumerate(series):
        y = np.arange(len(rows)) + (place - (len(series) - 1) / 2) * SHIFT
        ends, colour = rows[["low", "high"]].clip(left, right), SERIES[place % len(SERIES)]
        axis.hlines(y, ends["low"], ends["high"], color=colour, linewidth=1.1)
        few = rows["sparse"].eq(True).to_numpy()
        marks += axis.plot(rows["odds_ratio"][~few], y[~few], "o", color=colour, markersize=3.5)
        axis.plot(rows["odds_ratio"][few], y[few], "x", color=colour, markersize=4.5)
    axis.axvline(1, color=style.MUTED, linewidth=0.9)
    axis.set(xscale="log", xlabel="Odds ratio", xlim=(left, right))
    _ticks(axis, left, right, LONG_OF_PANEL)
    return marks


def _ticks(axis, left, right, long):
    """Mark the axis at round odds ratios; where it spans a ratio of `long` or more, without the crowded ones."""
    ticks = [tick for tick in TICKS if left <= tick <= right and (right / left < long or tick not in CROWDED)]
    axis.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())


def _label(axis: Axes, y: float, row: Line) -> Text:
    """Write the line's label: blocks large and coloured, the categories of a variable indented."""
    if row.kind == "block":
        return _write(axis, y, row.label, color=BLOCKS.get(row.block, "black"), fontsize=SIZE + 1)
    return _write(axis, y, row.label, x=INDENT if row.kind == "term" else 0.0)


def _estimate(axis: Axes, y: float, row: Line, left: float, right: float) -> Text:
    """Draw one odds ratio with its interval; return the text that prints it."""
    if not np.isfinite(row.odds_ratio):
        return _write(axis, y, "no estimate")
    colour = BLOCKS.get(row.block, "black")
    filled = colour if row.low > 1 or row.high < 1 else "white"
    ends = [max(row.low, left), min(row.high, right)]
    axis.plot(ends, [y, y], color=colour, linewidth=1.3, zorder=2)
    axis.plot(row.odds_ratio, y, "o", markersize=4.5, color=colour, zorder=3, markerfacecolor=filled)
    for end, beyond, point in zip(ends, (row.low < left, row.high > right), "<>", strict=True):
        if beyond:
            axis.plot(end, y, point, color=colour, markersize=4, zorder=3, clip_on=False)
    return _write(axis, y, text.estimate(row.odds_ratio, row.low, row.high))
