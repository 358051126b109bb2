"""The tables of the risk model and of its validation."""

from collections.abc import Mapping

import numpy as np
from pandas import DataFrame, Series

from countstats.prediction.pooling import Pooled
from hotline import text
from hotline.codebook import Codebook
from hotline.models.risk_model import LaterCalls
from hotline.report.tables.table import Column, Table, estimate, named, plain

# What a row of `performance.measure` is called.
MEASURES = {
    "auc": "AUC",
    "oe": "Observed / expected",
    "intercept": "Calibration intercept",
    "slope": "Calibration slope",
    "partial_auc": "Partial AUC at high specificity",
    "average_precision": "Average precision",
    "ici": "Mean calibration error (ICI)",
    "e50": "Median calibration error (E50)",
    "e90": "90th percentile of it (E90)",
    "brier": "Brier score",
    "scaled_brier": "Scaled Brier score",
    "hl": "Hosmer-Lemeshow χ² (df; p)",
    "threshold": "Threshold of risk",
    "flagged": "Flagged",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
}
SHARES = ("flagged", "sensitivity", "specificity", "ppv", "npv", "flagged_of_all", "sensitivity_of_all", "scored")
WITH_INTERVAL = ("auc", "oe", "intercept", "slope", "partial_auc", *SHARES)
SMALL = ("average_precision", "ici", "e50", "e90", "brier", "scaled_brier")  # in need of a fourth decimal
CRITERIA = {
    "shrinkage": ("Development", "Expected calibration slope in new pupils at least {0}"),
    "optimism": ("Development", "Apparent less adjusted R² at most {0}"),
    "overall_risk": ("Development", "Overall risk known to ± {0}"),
    "error": ("Development", "Mean absolute error of the predicted risks at most {0}"),
    "oe": ("Validation", "Interval of observed / expected no wider than {0}"),
    "slope": ("Validation", "Interval of the calibration slope no wider than {0}"),
    "area": ("Validation", "Interval of the AUC no wider than {0}"),
}
VERDICTS = {"relevant": "Recalibrate", "irrelevant": "Fits", "open": "Open"}


def _measure(name, label, digits=None):
    """Return the column of a measure of `performance.measure`, with its interval where it has one."""
    kind = "text" if name == "hl" else "share" if name in (*SHARES, "threshold") else "performance"
    digits = {"threshold": 0, **dict.fromkeys(SMALL, 4)}.get(name) if digits is None else digits
    limits = (f"{name}_low", f"{name}_high") if name in WITH_INTERVAL else None
    return Column(name, label, kind, interval=limits, digits=digits)


def performance(samples: Mapping[str, Series], phrase: str) -> Table:
    """Return how well a model does in several samples: a row per measure, a column per sample.

    Parameters
    ----------
    samples : {heading: row of `performance.measure`}, which may hold more: partial_auc with `_low` and `_high`,
        average_precision, ici, e50, e90, and a result of `calibration.hosmer_lemeshow` as hl
    phrase : the event in words, such as "at risk"
    """
    frame = DataFrame(samples).T
    if "hl" in frame:
        frame["hl"] = [_hosmer_lemeshow(row.get("hl")) for row in samples.values()]
    columns = [
        Column("name", "Measure"),
        Column("n", "Pupils", "count"),
        Column("events", f"Pupils {phrase}", "count", then=" ({share:share})"),
        *(_measure(name, label) for name, label in MEASURES.items() if name in frame),
    ]
    frame = frame.assign(name=list(samples), share=frame["events"] / frame["n"].replace(0, np.nan))
    return Table(frame, columns, transposed=True)


def _hosmer_lemeshow(test):
    """Return the test as a text; None where there is none."""
    if test is None or not np.isfinite(test.chi_square):
        return None
    return f"{text.quantity('statistic', test.chi_square)} ({test.df}; {text.p_value(test.p)})"


def sample_size(criteria: DataFrame, pupils: Mapping[str, int]) -> Table:
    """Return Riley's criteria: what each asks for, how many pupils that needs, how many there are, and if it is met.

    Parameters
    ----------
    criteria : rows of `sample_size.development` and `sample_size.validation`
    pupils : {"development": n, "validation": n}
    """
    rows = []
    for row in criteria.itertuples():
        part, asks = CRITERIA[row.criterion]
        here = pupils[part.lower()]
        met = "Yes" if here >= row.n else "No"
        rows.append({"part": part, "asks": asks.format(f"{row.target:g}"), "n": row.n, "here": here, "met": met})
    numbers = plain({"n": "Pupils needed", "here": "Pupils here"}, "count")
    words = plain({"part": "Part", "asks": "What is asked"})
    return Table(DataFrame(rows), [*words, *numbers, Column("met", "Met")], once=["part"])


def thresholds(rows: Mapping[str, Series], alerts_per_shift: int) -> Table:
    """Return what flagging at each of several thresholds does: a row per threshold.

    rows : {name: row of `performance.of_all` with per_shift, the alerts of a shift on average, and kept, the share of
        shifts with no more than `alerts_per_shift`}
    """
    frame = DataFrame(rows).T
    shares = {"sensitivity_of_all": "Found of all", "sensitivity": "Sensitivity", "specificity": "Specificity"}
    shares |= {"ppv": "PPV", "npv": "NPV"}
    columns = [
        Column("name", "Chosen by"),
        Column("threshold", "Risk", "share", digits=0),
        Column("per_shift", "Alerts per shift", "mean"),
        Column("kept", f"Shifts with at most {alerts_per_shift}", "share", digits=0),
        *(_measure(name, label, 0) for name, label in shares.items()),
    ]
    return Table(frame.assign(name=list(rows)), columns)


def thresholds_note(
    calls_per_shift: int, alerts_per_shift: int, scored: float, caught: float, phrase: str, level: str
) -> str:
    """Return the note of that table; scored, caught : as in `performance.of_all`;  level : of the intervals."""
    return (
        f"Alerts are those of all assessed calls, first and later ones, {calls_per_shift} in a shift on average, whose "
        "number varies from shift to shift as that of the quarters of a day does; the next column is the share of "
        f"shifts with no more than {alerts_per_shift} of them. All else: first calls of the validation part; in "
        f"brackets {level} intervals after Wilson. Found of all: of all pupils {phrase}, with a score or without; "
        f"{text.percent(caught)} of them have one, and {text.percent(scored)} of all pupils, counted among all cases; "
        "its interval holds the error of both shares. Sensitivity: of those with a score. PPV: share of the alerts "
        "that were right; NPV: share of the others without the event."
    )


def gaps(frame: DataFrame) -> Table:
    """Return how right risks are where a predictor is not recorded: a row per set of cases, as of `gaps.judge`."""
    columns = [
        Column("cases", "Cases"),
        Column("n", "Pupils (events)", "count", then=" ({events:count})"),
        _measure("auc", "AUC"),
        _measure("oe", "O/E", 2),
        _measure("slope", "Slope", 2),
        estimate("submodel_auc", "AUC of a submodel", "performance", "submodel_auc_", absent=""),
        estimate("submodel_oe", "O/E of a submodel", "performance", "submodel_oe_", digits=2, absent=""),
    ]
    return Table(frame, columns)


def calls(frame: DataFrame) -> Table:
    """Return how right risks are on first and later calls: a row per set, as `later_calls.judge_each` gives them."""
    columns = [
        Column("which", "Calls"),
        Column("risks", "Risks"),
        Column("calls", "Calls (events)", "count", then=" ({events:count})"),
        Column("callers", "Callers", "count"),
        _measure("oe", "O/E", 2),
        _measure("auc", "AUC"),
        Column("slope", "Slope", "performance", digits=2),
    ]
    return Table(frame, columns, once=["which"])


def later_note(later: LaterCalls) -> str:
    """Return a sentence on what becomes of later calls."""
    if later.refused:
        return f"Later calls get no score: {later.refused}."
    b = {name: text.number(value, 2) for name, value in later.line.model_dump().items()}
    return (
        f"Recalibrated: {b['intercept']} + {b['slope']} × log odds + {b['doubling']} for each doubling of 1 + the "
        "earlier calls of the number."
    )


def groups(frame: DataFrame, book: Codebook) -> Table:
    """Return the performance in groups of pupils: a row per category of each variable.

    frame : as `performance.by_group` gives it, with `cases` and `scored` of `performance.scored`. A dash stands where a
        group is too small or has one outcome only; `missing_note` says which.
    """
    measures = {"auc": "AUC", "oe": "O/E", "slope": "Slope", "flagged": "Alerts", "sensitivity": "Found"}
    columns = [
        *plain({"title": "Group", "label": "Category"}),
        Column("n", "Pupils (events)", "count", then=" ({events:count})"),
        *(_measure(name, label, 0 if name in SHARES else 2) for name, label in measures.items()),
        Column("scored", "Complete", "share", digits=0, then=" of {cases:count}"),
    ]
    return Table(named(frame, book), columns, once=["title"])


def missing_note(frame: DataFrame, book: Codebook) -> str:
    """Return a sentence on the groups in which something could not be estimated, or nothing."""
    gaps = frame[frame["why"] != ""]
    if gaps.empty:
        return ""
    groups = [
        f"{book[row.variable].title}: {book.label(row.variable, row.code)} ({row.why})" for row in gaps.itertuples()
    ]
    return "A dash marks what could not be estimated: " + "; ".join(groups) + "."


COMPARED = [
    _measure("auc", "AUC"),
    estimate("difference", "Difference", "performance", digits=4),
    Column("p", "p", "p", absent=""),
]


def differences(comparison: DataFrame) -> Table:
    """Return models compared on the same pupils, a row each, as `models.validation.tidy_differences` gives them."""
    return Table(comparison, [Column("model", "Model"), *COMPARED])


def points(table: DataFrame, book: Codebook) -> Table:
    """Return the points of all answers, as they are looked up: `points.points` with labels, a row per question."""
    rows = []
    for name, answers in table.groupby("variable", sort=False):
        pairs = zip(answers["code"], answers["points"], strict=True)
        listed = "; ".join(f"{book.label(name, code)} {number}" for code, number in pairs)
        rows.append({"title": book[name].title, "answers": listed})
    return Table(DataFrame(rows), plain({"title": "Question", "answers": "Points for each answer"}))


def score(risks: DataFrame, pairs: int = 4) -> Table:
    """Return the risk at every sum of points, in so many pairs of columns, to be read downwards, then to the right.

    risks : as `points.risk_by_sum` gives them
    """
    rows = -(-len(risks) // pairs)
    frame, columns = DataFrame(index=range(rows)), []
    for pair in range(pairs):
        part = risks.iloc[pair * rows : (pair + 1) * rows].reset_index(drop=True)
        frame[f"sum_{pair}"], frame[f"risk_{pair}"] = part["sum"], part["risk"]
        columns += [Column(f"sum_{pair}", "Sum", "count", absent="")]
        columns += [Column(f"risk_{pair}", "Risk", "share", absent="")]
    return Table(frame, columns)


def typical(risks: DataFrame) -> Table:
    """Return the risks of made-up callers: a row each.

    risks : as statsmodels' `summary_frame` gives them (mean, mean_ci_lower, mean_ci_upper), the callers in its index
    """
    mean = Column("mean", "Risk", "share", interval=("mean_ci_lower", "mean_ci_upper"))
    return Table(risks.assign(who=risks.index), [Column("who", "Caller"), mean])


def optimism(table: DataFrame, validation: Mapping[str, float]) -> Table:
    """Return apparent performance, optimism and what is left, next to one random split.

    No number is printed to more decimals than the number of draws makes sure of.

    table : that of `bootstrap.optimism`;  validation : the same measures in the validation part
    """
    labels = {**MEASURES, "youden": "Youden's index"}
    headings = {
        "apparent": "Apparent",
        "optimism": "Optimism",
        "corrected": "Corrected",
        "validation": "One random split",
    }
    frame = table.assign(validation=[validation[name] for name in table.index])
    rows = []
    for name, row in frame.iterrows():
        digits = text.digits_of(row["error"])
        printed = {key: text.number(row[key], digits) for key in headings}
        printed["corrected"] = text.estimate(row["corrected"], row["low"], row["high"], digits)
        rows.append({"label": labels[name], **printed, "error": row["error"]})
    words = plain({"label": "Measure", **headings})
    return Table(DataFrame(rows), [*words, Column("error", "Error of draws", "coefficient")])


def samples(rows: DataFrame) -> Table:
    """Return the performance in samples that the model has not seen: a row per sample.

    rows : columns heading, label and those of `performance.measure`, as `models.validation.samples` gives them
    """
    measures = [_measure("auc", "AUC"), _measure("intercept", "Intercept", 2), _measure("slope", "Slope", 2)]
    words = plain({"heading": "Kind", "label": "Sample"})
    counts = plain({"n": "Pupils", "events": "Events"}, "count")
    return Table(rows, [*words, *counts, *measures], once=["heading"])


def expected(pooled: Mapping[str, Pooled]) -> str:
    """Return a sentence on what to expect of a region that was not among the pooled ones, or that there are too few.

    pooled : {"auc", "intercept", "slope": Pooled}
    """
    if not np.isfinite([each.new_low for each in pooled.values()]).all():
        return "There are too few regions to say what to expect of another."
    area, intercept, slope = (
        text.interval(pooled[name].new_low, pooled[name].new_high, digits)
        for name, digits in (("auc", 3), ("intercept", 2), ("slope", 2))
    )
    return f"To expect in a new region: AUC {area}, intercept {intercept}, slope {slope}."


def left_out(reasons: Mapping[str, str]) -> str:
    """Return a sentence on the samples that could not be held out, {name: why}, or nothing."""
    samples = [f"{name} ({why})" for name, why in reasons.items()]
    return f"Not held out, for want of cases: {'; '.join(samples)}." if samples else ""


def recalibration(rows: DataFrame) -> Table:
    """Return how far risks are off in each sample, whether it matters, and what recalibration would bring.

    rows : columns sample and those of `models.validation.JUDGED`; without rows where no sample could be held out
    """
    columns = [
        Column("sample", "Sample"),
        estimate("oe", "O/E", "ratio", "oe_"),
        estimate("slope", "Slope", "ratio", "slope_"),
        estimate("ici", "Mean error (ICI)", "performance", "ici_"),
        Column("verdict", "Verdict"),
        Column("p", "p", "p"),
        Column("p_of_sample", "p of sample", "p"),
        Column("brier_before", "Brier score", "coefficient", then=" → {brier_after:coefficient}"),
    ]
    if rows.empty:
        rows = DataFrame([{"sample": "None could be held out"}], columns=rows.columns)
    return Table(rows.assign(verdict=rows["verdict"].map(VERDICTS).fillna(text.DASH)), columns)


def heterogeneity(tests: DataFrame, book: Codebook) -> str:
    """Return a sentence on whether groups differ in calibration, for the note of the table of groups.

    tests : as `models.validation.heterogeneity` gives them
    """
    each = []
    for variable, rows in tests.groupby("variable", sort=False):
        p = rows.set_index("measure")["p_holm"].map(text.p_value)
        each.append(f"{book[variable].title} {p['oe']}; {p['slope']}")
    return f"Equal O/E and equal slope in a variable's recorded groups, p after Holm: {', '.join(each)}."


def benchmark(comparison: DataFrame) -> Table:
    """Return other models next to the plain one, as `benchmark` compares them: a row per split and model."""
    numbers = [*COMPARED, Column("slope", "Slope", "performance", digits=2), _measure("brier", "Brier score")]
    return Table(comparison, [*plain({"split": "Split", "model": "Model"}), *numbers], once=["split"])
