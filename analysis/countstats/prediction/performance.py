"""All measures of predicted risks in one sample, so that samples and groups can be compared."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.columns import COUNTS
from countstats.counts import whole
from countstats.estimates import Estimate
from countstats.glm.cell_table import complete
from countstats.prediction import calibration, roc
from countstats.shares import share_of

# Each with its limits, `_low` and `_high`.
WITH_LIMITS = ("auc", "oe", "intercept", "slope", "flagged", "sensitivity", "specificity", "ppv", "npv")
WITHOUT_LIMITS = ("brier", "scaled_brier", "threshold")


def measure(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, threshold: float, confidence: float = 0.95
) -> pd.Series:
    """Return the performance of predicted risks in one sample.

    Parameters
    ----------
    risk, cases, controls
        Risks between 0 and 1, and how many units with and without the event have each, of one length.
    threshold
        Of risk; a unit is flagged at or above it.

    Returns
    -------
    pandas.Series
        n, events; auc (DeLong), oe (observed / expected), intercept (calibration-in-the-large), slope, flagged,
        sensitivity, specificity, ppv and npv (Wilson), each with _low and _high; auc_variance, intercept_se and
        slope_se; brier, scaled_brier, threshold; and why, which says what could not be estimated and for what
        reason. That is NaN: a group without the event has no area, but it has a share of flagged.
    """
    risk, cases, controls = np.asarray(risk, float), whole(cases), whole(controls)
    n, events = int(cases.sum() + controls.sum()), int(cases.sum())
    out = dict.fromkeys([f"{name}{end}" for name in WITH_LIMITS for end in ("", "_low", "_high")], np.nan)
    out |= dict.fromkeys([*WITHOUT_LIMITS, "auc_variance", "intercept_se", "slope_se"], np.nan)
    out |= roc.at_threshold(risk, cases, controls, threshold, confidence).to_dict()
    if 0 < events < n:
        area = roc.auc(risk, cases, controls, confidence)
        out |= _limits("auc", area) | {"auc_variance": area.se**2}
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


def of_all(row: pd.Series, scored: Estimate, caught: Estimate) -> pd.Series:
    """Return what flagging does among all units, those without a score among them.

    A unit without a score is never flagged: each share is a product of two estimated ones. Its limits are those of a
    sum, by MOVER on the logarithmic scale (Zou and Donner 2008, doi 10.1002/sim.3095), from the limits of the two.

    Parameters
    ----------
    row
        As `roc.at_threshold` gives it for the units with a score.
    scored, caught
        The share of all units, and of those with the event, that have a score, with limits.

    Returns
    -------
    pandas.Series
        `row` with flagged_of_all and sensitivity_of_all, each with _low and _high.
    """
    more = {}
    for name, share in (("flagged", scored), ("sensitivity", caught)):
        more |= _limits(f"{name}_of_all", _product(row[[name, f"{name}_low", f"{name}_high"]], share.with_limits))
    return pd.concat([row, pd.Series(more)])


def _product(*shares: Sequence[float]) -> Estimate:
    """Return the product of independent shares, each with its limits; zero with their products."""
    value, low, high = np.prod(np.asarray(shares, float), axis=0)
    if not value > 0:
        return Estimate(value, low, high)
    with np.errstate(divide="ignore"):
        middle, *ends = np.log(np.asarray(shares, float)).T
    down, up = (np.sqrt(((end - middle) ** 2).sum()) for end in ends)
    return Estimate(value, float(value * np.exp(-down)), float(min(1.0, value * np.exp(up))))


def _limits(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _why(n: int, events: int, risk: np.ndarray) -> str:
    if n == 0:
        return "no units"
    if events in (0, n):
        return f"{'none' if events == 0 else 'all'} have the event: only the flagged can be counted"
    if risk.min() <= 0 or risk.max() >= 1:
        return "a risk rounds to 0 or 1, as those of a model of few units may: its calibration cannot be estimated"
    return ""


def by_group(
    cells: pd.DataFrame, risk: ArrayLike, variables: Sequence[str], threshold: float, confidence: float = 0.95
) -> pd.DataFrame:
    """Return `measure` within each category of each variable.

    Parameters
    ----------
    cells
        Table of cells with the variables, `events` and `others`.
    risk
        One entry per row of `cells`.

    Returns
    -------
    pandas.DataFrame
        One row per variable and code that occurs: variable, code, and the entries of `measure`. Units whose category
        is not recorded are a group of their own.
    """
    rows = []
    for variable in variables:
        for code, part in cells.groupby(variable, observed=True, sort=True):
            of_part = np.asarray(risk)[cells.index.get_indexer(part.index)]
            measured = measure(of_part, *part[COUNTS].to_numpy().T, threshold, confidence)
            rows.append({"variable": variable, "code": code, **measured})
    return pd.DataFrame(rows)


def scored(
    cells: pd.DataFrame, predictors: Sequence[str], variables: Sequence[str], confidence: float = 0.95
) -> pd.DataFrame:
    """Return how many units of each category can have a score at all.

    Parameters
    ----------
    cells
        Table of all cells with predictors, variables, `events` and `others`.

    Returns
    -------
    pandas.DataFrame
        One row per variable and code that occurs: variable, code, cases (all units), and scored (the share with every
        predictor recorded) with Wilson's limits scored_low, scored_high.
    """
    parts, whole = {}, complete(cells, predictors)
    for variable in variables:
        having, n = (of.groupby(variable, observed=True)[COUNTS].sum().sum(axis=1) for of in (whole, cells))
        n = n[n > 0]
        parts[variable] = share_of(having.reindex(n.index, fill_value=0), n, confidence)
    names = {"n": "cases", "estimate": "scored", "low": "scored_low", "high": "scored_high"}
    return pd.concat(parts, names=["variable", "code"]).reset_index().rename(columns=names)
