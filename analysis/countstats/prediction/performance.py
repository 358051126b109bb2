"""All that is asked of predicted risks in one sample, side by side, so that samples and groups can be compared."""

import numpy as np
import pandas as pd

from countstats.columns import COUNTS
from countstats.glm.design import complete
from countstats.prediction import calibration, roc
from countstats.shares import share_of

# With limits `_low` and `_high` each.
WITH_LIMITS = ("auc", "oe", "intercept", "slope", "flagged", "sensitivity", "specificity", "ppv", "npv")
PLAIN = ("brier", "scaled_brier", "threshold")


def measure(risk, cases, controls, threshold, confidence=0.95):
    """The performance of predicted risks in one sample: a Series.

    risk, cases, controls: arrays of the same length, risks between 0 and 1 and how many with and without the event
    have each; threshold: of risk, at and above which a pupil is flagged.

    Returns n, events, then auc (DeLong), oe (observed / expected), intercept (calibration-in-the-large), slope,
    flagged, sensitivity, specificity, ppv and npv (Wilson), each with `_low` and `_high`; auc_variance, intercept_se
    and slope_se; brier, scaled_brier, threshold; and `why`, which says what could not be estimated and for what
    reason. What could not is NaN: a group without the event has no area, but it has a share of flagged.
    """
    risk, cases, controls = np.asarray(risk, float), np.asarray(cases), np.asarray(controls)
    n, events = int(cases.sum() + controls.sum()), int(cases.sum())
    out = dict.fromkeys([f"{name}{end}" for name in WITH_LIMITS for end in ("", "_low", "_high")], np.nan)
    out |= dict.fromkeys([*PLAIN, "auc_variance", "intercept_se", "slope_se"], np.nan)
    out |= roc.at_threshold(risk, cases, controls, threshold, confidence).to_dict()
    if 0 < events < n:
        area = roc.auc(risk, cases, controls, confidence)
        out |= _limits("auc", area) | {"auc_variance": area.variance}
        out |= _limits("oe", calibration.observed_expected(risk, cases, controls, confidence))
        out["brier"] = calibration.brier(risk, cases, controls)
        out["scaled_brier"] = calibration.scaled_brier(risk, cases, controls)
    why = _why(n, events, risk)
    if not why:
        large = calibration.in_the_large(risk, cases, controls, confidence)
        out |= _limits("intercept", large) | {"intercept_se": large.se}
        try:
            slope = calibration.slope(risk, cases, controls, confidence)
            out |= _limits("slope", slope) | {"slope_se": slope.se}
        except ValueError as error:
            why = str(error)
    return pd.Series({"n": n, "events": events, **out, "why": why})


def of_all(row, scored, caught):
    """What flagging does among all pupils, those without a score among them: a Series, `row` with more.

    row: as `roc.at_threshold` gives it for those who have a score; scored, caught: the share of all pupils, and of
    those with the event, who have one. Whoever has none is never flagged. Adds flagged_of_all and sensitivity_of_all,
    each with `_low` and `_high`: the two shares are counts of everybody, and multiply estimate and limits alike.
    """
    shares = {"flagged": scored, "sensitivity": caught}
    more = {f"{name}_of_all{end}": row[f"{name}{end}"] * share
            for name, share in shares.items() for end in ("", "_low", "_high")}  # fmt: skip
    return pd.concat([row, pd.Series(more)])


def _limits(name, estimate):
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _why(n, events, risk):
    if n == 0:
        return "nobody"
    if events in (0, n):
        return f"{'nobody' if events == 0 else 'everybody'} has the event: only the flagged can be counted"
    if risk.min() <= 0 or risk.max() >= 1:
        return "a risk rounds to 0 or 1, as those of a model of few pupils may: its calibration can't be told"
    return ""


def by_group(cells, risk, variables, threshold, confidence=0.95):
    """`measure` within each category of each variable: a frame, one row per variable and code that occurs.

    cells: one row per cell, with the variables and `events` and `others`; risk: an array along its rows. Columns
    variable and code, then those of `measure`. The pupils whose category is not recorded are a group of their own.
    """
    rows = []
    for variable in variables:
        for code, part in cells.groupby(variable, observed=True, sort=True):
            of_part = np.asarray(risk)[cells.index.get_indexer(part.index)]
            found = measure(of_part, *part[COUNTS].to_numpy().T, threshold, confidence)
            rows.append({"variable": variable, "code": code, **found})
    return pd.DataFrame(rows)


def scored(cells, predictors, variables, confidence=0.95):
    """How many of each category can have a score at all: a frame, one row per variable and code that occurs.

    cells: one row per cell of all pupils, with predictors, variables, `events` and `others`. Columns variable, code,
    cases, and scored (the share of them with every predictor recorded) with Wilson's limits scored_low, scored_high.
    """
    parts, whole = {}, complete(cells, predictors)
    for variable in variables:
        having, everybody = (of.groupby(variable, observed=True)[COUNTS].sum().sum(axis=1) for of in (whole, cells))
        everybody = everybody[everybody > 0]
        parts[variable] = share_of(having.reindex(everybody.index, fill_value=0), everybody, confidence)
    found = pd.concat(parts, names=["variable", "code"]).reset_index()
    names = {"n": "cases", "estimate": "scored", "low": "scored_low", "high": "scored_high"}
    return found.rename(columns=names)
