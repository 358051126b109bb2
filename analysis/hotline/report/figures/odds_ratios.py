"""Plots of odds ratios: the forest of a whole model, and one variable within the categories of another."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator
from matplotlib.transforms import blended_transform_factory

from hotline import text
from hotline.report.figures import style

LINE = 0.175  # height of one line of the forest plot, inches
SIZE = 8.5  # of its letters, points
INDENT, GAP = 0.022, 0.02  # of a variable's categories; between the columns; as shares of the figure's width
BLOCKS = {"individual": style.ACCENT, "family": "#009E73", "environment": style.LEVELS["high_risk"]}
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
SERIES = [style.ACCENT, style.LEVELS["high_risk"], "#009E73", "#CC79A7", style.LEVELS["imbalance"]]
ANALYSES = ["#000000", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7", "#6E6E6E"]
PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # behind words that a line would cross
CROWDED = (2 / 3, 1.5)  # left out where the axis is long


def lines(table, book):
    """Return what stands on each line of the plot, from the top: dicts of kind, label, block and, for an
    estimate, odds_ratio, low and high.

    table   one row per term, references included: block, variable, code, reference (True or False),
            odds_ratio, low, high; rows without an estimate (NaN) are kept and get no marker
    A variable of two codes takes one line; one of more takes a heading, which names the reference.
    """
    out = []
    for block, of_block in table.groupby("block", sort=False):
        out.append({"kind": "block", "label": block.capitalize(), "block": block})
        for name, rows in of_block.groupby("variable", sort=False):
            field = book[name]
            base = rows.loc[rows["reference"], "code"].iloc[0]
            against = f"(reference: {_small(book.label(name, base))})"
            terms = rows[~rows["reference"]]
            if len(terms) > 1:
                out.append({"kind": "variable", "label": f"{field.title} {against}", "block": block})
            for term in terms.to_dict("records"):
                label = book.label(name, term["code"])
                if len(terms) == 1:
                    label = f"{field.title}: {_small(label)} {against}"
                one = {key: term[key] for key in ("block", "odds_ratio", "low", "high")}
                out.append({"kind": "single" if len(terms) == 1 else "term", "label": label, **one})
    return out


def _small(label):
    """A label as it stands within a line: its first letter small."""
    return label[:1].lower() + label[1:]


def forest(table, book, xlabel, level=0.95):
    """Draw the forest plot of a table as `lines` takes it; return the figure, as wide as the paper's text.

    From left to right: labels, printed odds ratios, plot, each as wide as its text needs. The axis is logarithmic, so
    that an odds ratio of 2 lies as far from 1 as one of 1/2. A filled marker has an interval that leaves out 1.
    What an interval has beyond the axis is cut off with an arrow's point.
    """
    rows = lines(table, book)
    height = LINE * (len(rows) + 4.5)
    figure, axis = plt.subplots(figsize=(style.WIDTH, height), layout="none")
    left, right = _limits(rows)
    axis.set(xscale="log", xlim=(left, right), ylim=(len(rows) - 0.4, -1.8))
    axis.set_xlabel(xlabel, x=1, ha="right")
    axis.axvline(1, color=style.MUTED, linewidth=0.9, zorder=1)
    labels = [_label(axis, y, row) for y, row in enumerate(rows)]
    printed = [_write(axis, -1.2, f"OR ({text.percent(level, 0)} interval)")]
    printed += [_estimate(axis, y, row, left, right) for y, row in enumerate(rows) if "odds_ratio" in row]
    column = _widest(labels) + GAP
    start = column + _widest(printed) + GAP
    for each in printed:
        each.set_x(column)
    axis.set_position([start, 3 * LINE / height, 1 - start, 1 - 3 * LINE / height])
    _ticks(axis, left, right, 32)
    axis.set_yticks([])
    axis.grid(axis="y", visible=False)
    for side in ("left", "right", "top"):
        axis.spines[side].set_visible(False)
    return figure


def _limits(rows):
    """The ends of the axis: a little beyond the widest interval, never beyond 1/16 and 32."""
    ends = [row[end] for row in rows for end in ("low", "high") if np.isfinite(row.get(end, np.nan))]
    return max(1 / 16, min([*ends, 0.62]) / 1.08), min(32.0, max([*ends, 1.6]) * 1.08)


def _write(axis, y, words, x=0.0, **look):
    """Write on line y of the plot, x being a share of the figure's width."""
    place = blended_transform_factory(axis.figure.transFigure, axis.transData)
    return axis.text(x, y, words, transform=place, va="center", **{"fontsize": SIZE, **look})


def _widest(texts):
    """The width that some texts take, their indents included, as a share of the figure's width."""
    whole = texts[0].figure.bbox.width
    return max(each.get_position()[0] + each.get_window_extent().width / whole for each in texts)


def odds_by_category(within, overall, book, reference, least=1):
    """Draw odds ratios within each category of another variable, a panel for each variable; return the figure.

    within      {variable: as `interaction.within` gives it}, all within the same other variable
    overall     the odds ratios of the model without interaction, by (variable, code): a dashed line in a panel of
                one code
    reference   {variable: code}
    least       fewer pupils than this with, or without, the event have a cross for a marker
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
        _series(axis, {book.label(name, code): table.loc[code].reindex(codes) for code in firsts})
        title = book[name].title
        if len(firsts) == 1:
            title = book.label(name, firsts[0])
            axis.axvline(overall[name, firsts[0]], color=SERIES[0], linewidth=0.9, linestyle="--")
        else:
            axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, columnspacing=1, handletextpad=0.1)
        axis.set_title(f"{title} against {_small(book.label(name, reference[name]))}")
    if any(table["sparse"].any() for table in within.values()):
        few = f"Cross: fewer than {text.count(least)} pupils with, or without, the event, here or in the reference"
        figure.supxlabel(few, fontsize=SIZE, x=1, ha="right")
    axes[0, 0].set_yticks(range(len(labels)), labels)
    axes[0, 0].set_ylim(len(labels) - 0.5, -0.5)
    return figure


def analyses(tidy, terms, labels, book, reference):
    """Draw some terms of several analyses, one below the other, in two panels; return the figure.

    tidy    one row per analysis and term: analysis, variable, code, odds_ratio, low, high
    terms   [(variable, code)], top to bottom and left to right;  labels  {analysis: legend}, top to bottom
    """
    known = tidy.set_index(["variable", "code"])
    halves = [half for half in (terms[: (len(terms) + 1) // 2], terms[(len(terms) + 1) // 2 :]) if half]
    shown = [name for name in labels if name in set(tidy["analysis"])]
    height = 0.8 + len(halves[0]) * (0.27 + 0.092 * len(shown))
    figure, axes = plt.subplots(1, len(halves), figsize=(style.WIDTH, height), squeeze=False)
    left, right = _limits(tidy[tidy.set_index(["variable", "code"]).index.isin(terms)].to_dict("records"))
    for axis, half in zip(axes[0], halves, strict=True):
        for place, term in enumerate(half):
            rows = known.loc[[term]].set_index("analysis").reindex(shown)
            y = place * (len(shown) + 2.4) + np.arange(len(shown))
            ends = rows[["low", "high"]].clip(left, right)
            colours = [ANALYSES[number % len(ANALYSES)] for number in range(len(shown))]
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
        axis.set_ylim(len(halves[0]) * (len(shown) + 2.4) - 2.4, -2)
        axis.grid(axis="y", visible=False)
        _ticks(axis, left, right, 8)
    marks = [plt.Line2D([], [], color=ANALYSES[n % len(ANALYSES)], marker="o", markersize=3) for n in range(len(shown))]
    figure.legend(marks, [labels[name] for name in shown], loc="outside lower center", ncols=2, columnspacing=1.5)
    return figure


def _series(axis, series):
    """Draw some series of odds ratios, {legend: odds_ratio, low, high, sparse}, side by side on the same lines."""
    left, right = _limits([row for rows in series.values() for row in rows.to_dict("records")])
    for place, (legend, rows) in enumerate(series.items()):
        y = np.arange(len(rows)) + (place - (len(series) - 1) / 2) * 0.18
        ends, colour = rows[["low", "high"]].clip(left, right), SERIES[place % len(SERIES)]
        axis.hlines(y, ends["low"], ends["high"], color=colour, linewidth=1.1)
        few = rows["sparse"].eq(True).to_numpy()
        axis.plot(rows["odds_ratio"][~few], y[~few], "o", color=colour, markersize=3.5, label=legend)
        axis.plot(rows["odds_ratio"][few], y[few], "x", color=colour, markersize=4.5)
    axis.axvline(1, color=style.MUTED, linewidth=0.9)
    axis.set(xscale="log", xlabel="Odds ratio", xlim=(left, right))
    _ticks(axis, left, right, 8)


def _ticks(axis, left, right, long):
    """Mark the axis at round odds ratios; where it spans a ratio of `long` or more, without the crowded ones."""
    ticks = [tick for tick in TICKS if left <= tick <= right and (right / left < long or tick not in CROWDED)]
    axis.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())


def _label(axis, y, row):
    """Write the line's label: blocks large and coloured, the categories of a variable indented."""
    if row["kind"] == "block":
        return _write(axis, y, row["label"], color=BLOCKS.get(row["block"], "black"), fontsize=SIZE + 1)
    return _write(axis, y, row["label"], x=INDENT if row["kind"] == "term" else 0.0)


def _estimate(axis, y, row, left, right):
    """Draw one odds ratio with its interval; return the text that prints it."""
    if not np.isfinite(row["odds_ratio"]):
        return _write(axis, y, "no estimate")
    colour = BLOCKS.get(row["block"], "black")
    clear = row["low"] > 1 or row["high"] < 1
    ends = [max(row["low"], left), min(row["high"], right)]
    axis.plot(ends, [y, y], color=colour, linewidth=1.3, zorder=2)
    axis.plot(
        row["odds_ratio"], y, "o", markersize=4.5, color=colour, zorder=3, markerfacecolor=colour if clear else "white"
    )
    for end, beyond, point in zip(ends, (row["low"] < left, row["high"] > right), "<>", strict=True):
        if beyond:
            axis.plot(end, y, point, color=colour, markersize=4, zorder=3, clip_on=False)
    return _write(axis, y, text.estimate(row["odds_ratio"], row["low"], row["high"]))
