"""The logistic models of the study, as they are shown: tidy and printed tables, and a forest plot."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator
from matplotlib.transforms import blended_transform_factory

from hotline import style, text

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
CROWDED = (2 / 3, 1.5)  # left out where the axis is long

KINDS = ("univariable", "multivariable")


def side_by_side(alone, together, blocks, reference):
    """Return one row per category, references among them, with both kinds of odds ratio.

    alone      as `hotline.stats.cells.univariable` gives it
    together   as `hotline.stats.cells.odds_ratios` gives it
    blocks     {block: variables};  reference   {variable: code}
    Columns: block, variable, code, reference (True or False), n, events, and odds_ratio, low, high, p of
    each kind, with `_univariable` or `_multivariable` behind. A reference has an odds ratio of 1 and no more.
    """
    ratios = alone.drop(columns=["n", "events"]).add_suffix("_univariable")
    table = alone[["n", "events"]].join([ratios, together.add_suffix("_multivariable")]).reset_index()
    is_reference = table["code"] == table["variable"].map(reference)
    block_of = {name: block for block, names in blocks.items() for name in names}
    table.insert(0, "block", table["variable"].map(block_of))
    table.insert(3, "reference", is_reference)
    table.loc[is_reference, "odds_ratio_multivariable"] = 1.0
    return table.astype({"n": int, "events": int})


def one_kind(table, kind):
    """The columns of one kind ("univariable" or "multivariable"), under their plain names."""
    other = KINDS[1 - KINDS.index(kind)]
    kept = table[[name for name in table if not name.endswith("_" + other)]]
    return kept.rename(columns=lambda name: name.removesuffix("_" + kind))


def estimates(table, kind):
    """The odds ratios of one kind as printed texts: "1.33 (1.21 to 1.46)", "1 (reference)" or a dash."""
    texts = []
    for row in one_kind(table, kind).itertuples():
        one = text.estimate(row.odds_ratio, row.low, row.high) if np.isfinite(row.odds_ratio) else "–"
        texts.append("1 (reference)" if row.reference else one)
    return texts


def printed(table, book, event, level=0.95):
    """The table as the paper prints it: texts under headings, one row per category.

    A variable is named in the row of its first category only. `event` heads the column of events.
    """
    title = table["variable"].map(lambda name: book[name].title).where(~table["variable"].duplicated(), "")
    share = table["events"] / table["n"]
    return pd.DataFrame(
        {
            "Variable": title,
            "Category": [book.label(*pair) for pair in zip(table["variable"], table["code"], strict=True)],
            "Pupils": table["n"].map(text.count),
            event: table["events"].map(text.count) + " (" + share.map(text.percent) + ")",
            f"OR alone ({text.percent(level, 0)} CI)": estimates(table, "univariable"),
            f"OR together ({text.percent(level, 0)} CI)": estimates(table, "multivariable"),
            "p": table["p_multivariable"].map(text.p_value).where(~table["reference"], ""),
        }
    )


def printed_model(coefficients, book):
    """The coefficients of a model as the paper prints them, the intercept first.

    coefficients   as `hotline.stats.cells.coefficients` gives them
    """
    terms = coefficients.reset_index()
    named = {"intercept": "Intercept"} | {name: book[name].title for name in terms["variable"].iloc[1:]}
    return pd.DataFrame(
        {
            "Variable": terms["variable"].map(named).where(~terms["variable"].duplicated(), ""),
            "Category": [book.label(name, code) if code else "" for name, code in coefficients.index],
            "Coefficient": terms["b"].map(lambda b: text.number(b, 4)),
            "Standard error": terms["se"].map(lambda se: text.number(se, 4)),
        }
    )


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
            against = f"(reference: {_small(book.label(name, field.reference))})"
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
    ticks = [tick for tick in TICKS if left <= tick <= right and (right / left < 32 or tick not in CROWDED)]
    axis.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
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
