"""The charts of the risk model. All take finished numbers and labels and return a figure at the size of print."""

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.ticker import MaxNLocator, PercentFormatter

from countstats.means import quantile
from hotline.report.figures import style

HALF = (3.05, 3.6)  # inches: one of two figures side by side
SMALL = 7.5  # points, in such a figure
EVENT, OTHERS = style.LEVELS["high_risk"], style.LEVELS["well"]
LOOKS = [(style.ACCENT, "-"), (style.LEVELS["imbalance"], "--"), (style.MUTED, "-."), ("black", ":")]


def roc_curves(curves, band, points, labels, found):
    """Draw ROC curves with one marked threshold each, the last with its band; for one half of the page.

    curves: {sample: columns sensitivity and specificity}; band: columns specificity, low and high, of the last sample;
    points: {sample: mapping with sensitivity and specificity}; labels: {sample: legend}; found: the event, such as
    "at risk".
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
    _small(ax, "Flagged among the others (1 − specificity)", f"Flagged among those {found} (sensitivity)")
    _percent(ax.xaxis, ax.yaxis)
    figure.legend(title="Area under the curve", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def calibration_plot(tenths, curve, shapes, found):
    """Draw observed share against predicted risk, and below it how the risks are spread; for half of the page.

    tenths: columns predicted, observed, low and high; curve: the same, of the smooth curve with its band; shapes:
    columns risk, pupils (a weight) and had, which is events or others; found: the event, such as "at risk". The axes
    are alike and end where hardly a pupil has a greater risk.
    """
    figure, (upper, lower) = plt.subplots(2, 1, figsize=HALF, sharex=True, height_ratios=[3.2, 1])
    upper.axline((0, 0), slope=1, color=style.MUTED, linewidth=0.8, linestyle=":", label="Ideal")
    upper.fill_between(curve["predicted"], curve["low"], curve["high"], color=style.ACCENT, alpha=0.25, linewidth=0)
    upper.plot(curve["predicted"], curve["observed"], color=style.ACCENT, linewidth=1.2, label="Smooth curve, band")
    reach = [tenths["observed"] - tenths["low"], tenths["high"] - tenths["observed"]]
    look = {"fmt": "o", "color": "black", "markersize": 3, "linewidth": 0.8, "label": "Tenths of the pupils"}
    upper.errorbar(tenths["predicted"], tenths["observed"], reach, **look)
    highest = tenths[["predicted", "high"]].max(axis=None)
    end = min(1.0, 1.05 * max(highest, quantile(shapes["risk"], shapes["pupils"], 0.99)))
    upper.set_ylim(0, end)
    upper.legend(loc="upper left", fontsize=SMALL, handletextpad=0.4, borderaxespad=0.1)
    sns.histplot(
        shapes, x="risk", weights="pupils", hue="had", hue_order=["others", "events"], palette=[OTHERS, EVENT],
        stat="percent", common_norm=False, element="step", linewidth=0.8, binwidth=end / 40, binrange=(0, 1), ax=lower,
        legend=False,
    )  # fmt: skip
    for label, colour in (("others", OTHERS), (found, EVENT)):
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


def precision_recall(curve, share, average, found):
    """Draw precision against recall with the base rate; for half of the page.

    curve: columns sensitivity and precision; share: of the event, the precision of flagging at random; average: the
    average precision; found: the event, such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    shown = curve[curve["precision"].notna()]
    label = f"Validation: {average:.3f}"
    ax.plot(shown["sensitivity"], shown["precision"], color=style.ACCENT, linewidth=1.2, label=label)
    ax.axhline(share, color=style.MUTED, linestyle=":", linewidth=1, label=f"At random: {share:.3f}")
    ax.set_box_aspect(1)
    ax.set(xlim=(-0.02, 1.02), ylim=(0, 1.02))
    _small(ax, f"Flagged among those {found} (recall)", f"Truly {found} among the flagged (precision)")
    _percent(ax.xaxis, ax.yaxis)
    figure.legend(title="Average precision", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def decision_curves(curves, band):
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


def workload(curve, chosen, found):
    """Draw what a workload buys: sensitivity and precision against alerts per shift; for half of the page.

    curve: columns per_shift, sensitivity_of_all with `_low` and `_high`, and ppv, rising in per_shift; chosen: the
    same names for the threshold in use; found: the event, such as "at risk".
    """
    figure, ax = plt.subplots(figsize=HALF)
    limits = curve["sensitivity_of_all_low"], curve["sensitivity_of_all_high"]
    ax.fill_between(curve["per_shift"], *limits, color=style.ACCENT, alpha=0.25, linewidth=0)
    for name, label, colour, dash in (
        ("sensitivity_of_all", f"Found of all those {found}", style.ACCENT, "-"),
        ("ppv", f"Truly {found} of the flagged", EVENT, "--"),
    ):
        ax.plot(curve["per_shift"], curve[name], dash, color=colour, linewidth=1.2, label=label)
        ax.plot(chosen["per_shift"], chosen[name], "o", color=colour, markersize=4.5)
    ax.axvline(chosen["per_shift"], color=style.MUTED, linestyle=":", linewidth=0.9)
    ax.set(xlim=(0, curve["per_shift"].max()), ylim=(0, 1.02))
    _small(ax, "Alerts per counsellor's shift", "Share")
    _percent(ax.yaxis)
    figure.legend(title="What the work buys", loc="outside upper center", fontsize=SMALL, title_fontsize=SMALL)
    return figure


def panels(rows, measures, overall=None):
    """Draw several measures of several samples or groups: a panel for each measure, a row for each group.

    rows: frame with the columns heading and label, top to bottom, and for each measure its value, `_low` and `_high`;
    rows of one heading stand together under it. measures: {column: (title, reference value or None)}, shares among
    them when the title ends in "%". overall: a mapping with the measures of all cases, drawn as a thin line. An
    interval much longer than most, as that of a tiny group, is cut off at the frame.
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
    for ax, (name, (title, reference)) in zip(axes[0], measures.items(), strict=True):
        value, low, high = (rows[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
        if reference is not None:
            ax.axvline(reference, color="black", linewidth=0.7, linestyle=":")
        if overall is not None:
            ax.axvline(overall[name], color=style.MUTED, linewidth=0.7)
        reach = np.nan_to_num([value - low, high - value]).clip(0)
        most = 3 * np.median(reach[reach > 0]) if (reach > 0).any() else 0.1
        ends = np.nanmin(value - reach[0].clip(max=most)), np.nanmax(value + reach[1].clip(max=most))
        margin = 0.06 * (ends[1] - ends[0]) or 0.1
        ax.set_xlim(ends[0] - margin, ends[1] + margin)
        ax.errorbar(value, places, xerr=reach, fmt="o", color=style.ACCENT, markersize=3.2, linewidth=0.9)
        for place in np.array(places)[~np.isfinite(value)]:
            ax.text(0.5, place, "–", transform=ax.get_yaxis_transform(), ha="center", va="center", fontsize=SMALL)
        ax.set_title(title.removesuffix(" %"), fontsize=SMALL + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        ax.grid(axis="y", visible=False)
        ax.tick_params(labelsize=SMALL)
        if title.endswith("%"):
            ax.xaxis.set_major_formatter(PercentFormatter(1, 0))
    first = axes[0, 0]
    first.set_ylim(y - 0.9, -0.7)
    first.set_yticks([place for place, *_ in ticks], [label for _, label, _ in ticks])
    for tick, (*_, heading) in zip(first.get_yticklabels(), ticks, strict=True):
        tick.set_color(style.ACCENT if heading else "black")
    return figure


def cells_against_pupils(curves):
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
