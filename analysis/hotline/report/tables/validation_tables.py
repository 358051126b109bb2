"""The tables of a risk model's validation as the paper prints them, from the frames of `stats`."""

import numpy as np
import pandas as pd

from hotline import text
from hotline.models.validation import CHANGED
from hotline.report.tables.prediction import MEASURES, estimate
from hotline.text import DASH

OPTIMISM = {**MEASURES, "youden": "Youden's index"}
CHANGES = {
    "none": "No change",
    "intercept": "Intercept",
    "both": "Intercept and slope",
    "few": "Too few to choose",
    "no_line": "No line can be fitted",
}


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


def elsewhere(rows):
    """The performance in samples that the model has not seen: a row per sample.

    rows: frame with heading, label and the columns of `performance.measure`, as `models.validation.samples` gives it.
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


def left_out(reasons):
    """A sentence on the samples that could not be held out, or nothing.

    reasons: {name: why}, as `cohort.external_samples` gives them.
    """
    told = [f"{name} ({why})" for name, why in reasons.items()]
    return f"Not held out, for want of cases: {'; '.join(told)}." if told else ""


def recalibration(changes):
    """What was changed in each sample, and what it brought: a row per sample.

    changes: {sample: (Update, performance before, performance after)}, none at all maybe.
    """
    rows = []
    for name, (change, before, after) in changes.items():
        line = f"{text.number(change.intercept)}; {text.number(change.slope)}" if change.kind in CHANGED else DASH
        pairs = [estimate(row, "oe", 2) for row in (before, after)]
        both = {each: f"{text.number(before[each], digits)} → {text.number(after[each], digits)}"
                for each, digits in (("slope", 2), ("brier", 4))}  # fmt: skip
        shown = [*pairs, *both.values()] if np.isfinite(change.p) else [DASH] * 4
        rows.append((name, text.p_value(change.p), CHANGES[change.kind], line, *shown))
    heads = ["Sample", "p", "Change", "Intercept; slope", "O/E before", "O/E after", "Slope", "Brier score"]
    return pd.DataFrame(rows or [["None could be held out", *[DASH] * 7]], columns=heads)


def contest(frame):
    """The comparator models next to the plain one, of `benchmark.compare_models`: a row per split and model."""
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
