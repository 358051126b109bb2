"""The tables of the risk model as the paper prints them: texts under headings, from the frames of `stats`."""

import numpy as np
import pandas as pd

from countstats.prediction.points import risk
from hotline import text
from hotline.report.values import Value
from hotline.text import DASH

# What a row of `performance.measure` is called, and how it is printed.
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
CRITERIA = {
    "shrinkage": ("Development", "Expected calibration slope in new pupils at least {0}"),
    "optimism": ("Development", "Apparent less adjusted R² at most {0}"),
    "overall_risk": ("Development", "Overall risk known to ± {0}"),
    "error": ("Development", "Mean absolute error of the predicted risks at most {0}"),
    "oe": ("Validation", "Interval of observed / expected no wider than {0}"),
    "slope": ("Validation", "Interval of the calibration slope no wider than {0}"),
    "area": ("Validation", "Interval of the AUC no wider than {0}"),
}


def estimate(row, name, digits=3):
    """An estimate of a row of `performance.measure` with its interval, or a dash where there is none.

    digits: decimals; of a share, which is printed in per cent, two less.
    """
    if not np.isfinite(row[name]):
        return DASH
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if name in SHARES:
        return text.percent_estimate(row[name], low, high, digits - 2)
    return text.estimate(row[name], low, high, digits) if np.isfinite(low) else text.number(row[name], digits)


def value(row: pd.Series, name: str) -> Value:
    """Return an estimate of a row of `performance.measure` with its interval as a named value."""
    kind = "share" if name in SHARES else "performance"
    return Value(row[name], kind, interval=(row[f"{name}_low"], row[f"{name}_high"]))


def performance(samples, found):
    """How well a model does in several samples: a row per measure, a column per sample.

    samples: {heading: row of `performance.measure`}, which may hold more: partial_auc with `_low` and `_high`,
    average_precision, ici, e50, e90, and a result of `calibration.hosmer_lemeshow` as hl; found: the event, such as
    "at risk".
    """
    columns = {}
    for heading, row in samples.items():
        share = text.percent(row["events"] / row["n"]) if row["n"] else DASH
        cells = {
            "Pupils": text.count(row["n"]),
            f"Pupils {found}": f"{text.count(row['events'])} ({share})",
        }
        columns[heading] = cells | {title: _cell(row, name) for name, title in MEASURES.items() if name in row}
    table = pd.DataFrame(columns)
    order = [title for title in table.index if title not in MEASURES.values()] + list(MEASURES.values())
    return (
        table.reindex([title for title in order if title in table.index])
        .fillna(DASH)
        .rename_axis("Measure")
        .reset_index()
    )


def _cell(row, name):
    """One measure as printed."""
    if f"{name}_low" in row:
        return estimate(row, name)
    if name == "hl":
        test = row["hl"]
        shown = f"{text.number(test.chi_square, 1)} ({test.df}; {text.p_value(test.p)})"
        return shown if np.isfinite(test.chi_square) else DASH
    return text.percent(row[name]) if name == "threshold" else text.number(row[name], 4)


def sample_size(criteria, have):
    """Riley's criteria: what each asks for, how many pupils that needs, and how many there are.

    criteria: rows of `sample_size.development` and `sample_size.validation`; have: {"development": n, "validation": n}.
    """
    rows = []
    for row in criteria.itertuples():
        part, asks = CRITERIA[row.criterion]
        here = have[part.lower()]
        met = "Yes" if here >= row.n else "No"
        rows.append((part, asks.format(f"{row.target:g}"), text.count(row.n), text.count(here), met))
    return pd.DataFrame(rows, columns=["Part", "What is asked", "Pupils needed", "Pupils here", "Met"])


def thresholds(rows, calls_per_shift):
    """What flagging at each of several thresholds does: a row per threshold.

    rows: {name: row of `performance.of_all`}. Alerts are counted per 1,000 assessed calls that come in, with a score or
    without, and per counsellor's shift.
    """
    out = []
    for name, row in rows.items():
        alerts = [
            text.number(1000 * row["flagged_of_all"], 0),
            text.number(calls_per_shift * row["flagged_of_all"], 1),
        ]
        limit = text.percent(row["threshold"]) if np.isfinite(row["threshold"]) else DASH
        shares = [estimate(row, each, 2) for each in ("sensitivity_of_all", "sensitivity", "specificity", "ppv", "npv")]
        out.append((name, limit, *alerts, *shares))
    heads = ["Chosen by", "Risk", "Alerts per 1,000", "Per shift", "Found of all", "Sensitivity", "Specificity", "PPV",
             "NPV"]  # fmt: skip
    return pd.DataFrame(out, columns=heads)


def thresholds_note(calls_per_shift, scored, caught, found, level):
    """What stands below that table; scored, caught: as in `performance.of_all`; level: of the intervals, as printed."""
    return (
        f"Validation part; in brackets {level} intervals after Wilson. Alerts are told of all assessed calls that come "
        f"in, {calls_per_shift} in a shift, of which {text.percent(scored)} have every predictor recorded and so a "
        f"score. Found of all: of all pupils {found}, with a score or without; {text.percent(caught)} of them have "
        "one, counted among all cases and taken as known. Sensitivity: of those with a score. PPV: share of the alerts "
        "that were right; NPV: share of the others without the event."
    )


def groups(frame, book, names=("auc", "oe", "slope", "flagged", "sensitivity")):
    """The performance in groups of pupils: a row per category of each variable.

    frame: as `performance.by_group` gives it, with `cases` and `scored` of `performance.scored`. A dash stands where a
    group is too small or has one outcome only; `missing_note` says which.
    """
    printed = {
        "Group": [book[name].title for name in frame["variable"]],
        "Category": [book.label(*pair) for pair in zip(frame["variable"], frame["code"], strict=True)],
        "Pupils (events)": [
            f"{text.count(n)} ({text.count(k)})" for n, k in zip(frame["n"], frame["events"], strict=True)
        ],
    }
    heads = MEASURES | {"oe": "O/E", "slope": "Slope", "flagged": "Alerts", "sensitivity": "Found"}
    for name in names:
        printed[heads[name]] = [estimate(row, name, 2) for _, row in frame.iterrows()]
    scored = zip(frame["scored"], frame["cases"], strict=True)
    return pd.DataFrame(printed | {"Scored": [f"{text.percent(share, 0)} of {text.count(n)}" for share, n in scored]})


def missing_note(frame, book):
    """A sentence on the groups in which something could not be estimated, or nothing."""
    gaps = frame[frame["why"] != ""]
    if gaps.empty:
        return ""
    named = [f"{book[row.variable].title}: {book.label(row.variable, row.code)}" for row in gaps.itertuples()]
    told = [f"{name} ({why})" for name, why in zip(named, gaps["why"], strict=True)]
    return "A dash marks what could not be estimated: " + "; ".join(told) + "."


def differences(rows):
    """Models compared on the same pupils: a row per model.

    rows: {name: (Auc, Difference from the model that they are compared with, or None for that model itself)}.
    """
    out = []
    for name, (area, difference) in rows.items():
        of = DASH if difference is None else text.estimate(difference.value, difference.low, difference.high, 4)
        p = "" if difference is None else text.p_value(difference.p)
        out.append((name, text.estimate(area.value, area.low, area.high, 3), of, p))
    return pd.DataFrame(out, columns=["Model", "AUC", "Difference", "p"])


def points(sheet, book):
    """The points of all answers, as they are looked up: `points.points` with labels, a row per question."""
    rows = []
    for name, of in sheet.groupby("variable", sort=False):
        answers = [f"{book.label(name, code)} {number}" for code, number in zip(of["code"], of["points"], strict=True)]
        rows.append((book[name].title, "; ".join(answers)))
    return pd.DataFrame(rows, columns=["Question", "Points for each answer"])


def score(sheet, base, unit, pairs=4):
    """The risk at every sum of points, in so many pairs of columns, to be read downwards and then to the right."""
    most = int(sheet.groupby("variable")["points"].max().sum())
    rows = -(-(most + 1) // pairs)
    cells = [(str(s), text.percent(risk(s, base, unit))) for s in range(most + 1)]
    cells += [("", "")] * (pairs * rows - len(cells))
    # Spaces after a heading, which nobody sees, tell the pairs apart.
    columns = {f"{head}{' ' * pair}": [each[place] for each in cells[pair * rows : (pair + 1) * rows]]
               for pair in range(pairs) for place, head in enumerate(("Sum", "Risk"))}  # fmt: skip
    return pd.DataFrame(columns)


def typical(risks):
    """The risks of made-up callers: a row each.

    risks: as statsmodels' `summary_frame` gives them (mean, mean_ci_lower, mean_ci_upper), the callers in its index.
    """
    shown = [text.percent_estimate(row.mean_, row.mean_ci_lower, row.mean_ci_upper)
             for row in risks.rename(columns={"mean": "mean_"}).itertuples()]  # fmt: skip
    return pd.DataFrame({"Caller": risks.index, "Risk": shown})
