"""The tables of a risk model's validation as the paper prints them, from the frames of `stats`."""

import numpy as np
import pandas as pd

from hotline import text
from hotline.prediction_tables import DASH, MEASURES, estimate

OPTIMISM = {**MEASURES, "youden": "Youden's index"}
CHANGES = {"none": "no change", "intercept": "intercept", "both": "intercept and slope"}


def optimism(table, held_out):
    """Apparent performance, optimism and what is left, beside the validation part.

    table: as `bootstrap.optimism` gives it; held_out: the row of `performance.measure` of the validation part.
    """
    index = held_out["sensitivity"] + held_out["specificity"] - 1
    rows = []
    for name, row in table.iterrows():
        seen = index if name == "youden" else held_out[name]
        cells = [text.number(each, 4) for each in (*row[["apparent", "optimism", "error", "corrected"]], seen)]
        rows.append((OPTIMISM[name], *cells))
    return pd.DataFrame(rows, columns=["Measure", "Apparent", "Optimism", "Error", "Corrected", "Validation part"])


def samples(corrected, held_out, outside, pooled):
    """All samples in which a model was judged, the kinds under headings, for `elsewhere` and for a chart: a frame.

    corrected: as `bootstrap.optimism` gives it; held_out: the row of `performance.measure` of the random part; outside:
    {(kind, sample): such a row}; pooled: {measure: Pooled}, over the samples of the last kind.
    """
    rows = [{"heading": "Internal", "label": "Bootstrap, corrected", **corrected["corrected"][list(pooled)]}]
    rows.append({"heading": "Internal", "label": "Random validation part", **held_out})
    rows += [{"heading": kind, "label": name, **row} for (kind, name), row in outside.items()]
    ends = {f"{name}{end}": each for name, of in pooled.items()
            for end, each in zip(("", "_low", "_high"), of[:3], strict=True)}  # fmt: skip
    return pd.DataFrame([*rows, {"heading": rows[-1]["heading"], "label": "Pooled", **ends}])


def elsewhere(rows):
    """The performance in samples that the model has not seen: a row per sample.

    rows: frame with heading, label and the columns of `performance.measure`, as `samples` gives it.
    """
    printed = {
        "Kind": rows["heading"],
        "Sample": rows["label"],
        "Pupils": [text.number(n, 0) for n in rows["n"]],
        "Events": [text.number(n, 0) for n in rows["events"]],
    }
    for name, (title, digits) in {"auc": ("AUC", 3), "intercept": ("Intercept", 2), "slope": ("Slope", 2)}.items():
        printed[title] = [estimate(row, name, digits) for _, row in rows.iterrows()]
    return pd.DataFrame(printed)


def expected(pooled):
    """A sentence on what to expect of a region that was not among the pooled ones, or that there are too few.

    pooled: {"auc", "intercept", "slope": Pooled}.
    """
    if not np.isfinite([each.new_low for each in pooled.values()]).all():
        return "There are too few regions to say what to expect of another."
    area, intercept, slope = (text.interval(pooled[name].new_low, pooled[name].new_high, digits)
                              for name, digits in (("auc", 3), ("intercept", 2), ("slope", 2)))  # fmt: skip
    return f"To expect in a new region: AUC {area}, intercept {intercept}, slope {slope}."


def missing(samples):
    """A sentence on the samples in which something could not be estimated, or nothing.

    samples: {name: row of `performance.measure`}.
    """
    told = [f"{name} ({row['why']})" for name, row in samples.items() if row["why"]]
    return f"A dash marks what could not be estimated: {'; '.join(told)}." if told else ""


def recalibration(changes):
    """What was changed in each sample, and what it brought: a row per sample.

    changes: {sample: (Update, performance before, performance after)}.
    """
    rows = []
    for name, (change, before, after) in changes.items():
        line = DASH if change.kind == "none" else f"{text.number(change.intercept)}; {text.number(change.slope)}"
        pairs = [estimate(row, "oe", 2) for row in (before, after)]
        slopes = f"{text.number(before['slope'])} → {text.number(after['slope'])}"
        rows.append((name, text.p_value(change.p), CHANGES[change.kind].capitalize(), line, *pairs, slopes))
    heads = ["Intercept; slope", "O/E before", "O/E after", "Slope"]
    return pd.DataFrame(rows, columns=["Sample", "p", "Change", *heads])


def tidy_recalibration(changes):
    """The same at full precision: a row per sample."""
    names = ("oe", "intercept", "slope", "brier")
    return pd.DataFrame(
        {"sample": name, **change._asdict()}
        | {f"{each}_{when}": row[each] for each in names for when, row in (("before", before), ("after", after))}
        for name, (change, before, after) in changes.items()
    )


def contest(frame):
    """The rivals beside the plain model, as `benchmark.contest` gives them: a row per split and model."""
    plain = frame["p"].isna()
    difference = [text.estimate(row.difference, row.low, row.high, 4) for row in frame.itertuples()]
    return pd.DataFrame({
        "Split": frame["split"],
        "Model": frame["model"],
        "AUC": [estimate(row, "auc") for _, row in frame.iterrows()],
        "Difference": pd.Series(difference, index=frame.index).mask(plain, DASH),
        "p": frame["p"].map(text.p_value).mask(plain, ""),
        "Slope": frame["slope"].map(text.number),
        "Brier score": frame["brier"].map(lambda each: text.number(each, 4)),
    })  # fmt: skip


def in_panels(frame, book):
    """`performance.by_group` with the heading and the label under which a chart shows each group.

    Pupils whose category is not recorded are left to the table: they are few, and would stretch every axis.
    """
    frame = frame[frame["code"] != "missing"]
    return frame.assign(
        heading=[book[name].title for name in frame["variable"]],
        label=[book.label(*pair) for pair in zip(frame["variable"], frame["code"], strict=True)],
    )


def finite(value):
    """A value to be named, or None where there is none."""
    return float(value) if np.isfinite(value) else None
