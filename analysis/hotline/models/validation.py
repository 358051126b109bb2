"""A risk model's validation put together: its samples, groups, comparisons and recalibrations as frames.

What `countstats.prediction` estimates comes in; frames for results, tables and figures go out. Nothing is printed here.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from countstats.columns import COUNTS
from countstats.estimates import Estimate
from countstats.prediction.pooling import Pooled
from countstats.prediction.roc import Difference
from countstats.prediction.updating import Update
from hotline.codebook import MISSING, Codebook
from hotline.text import DASH

CHANGED = ("intercept", "both")  # the kinds of an Update that change a model


class Extreme(NamedTuple):
    """The group with the least or the greatest value of a measure.

    label : the group in words, "–" where there is none
    place : its variable and code, which find its row of `performance.by_group`; None where there is none
    """

    label: str
    place: dict[str, str | None]


class Recalibrated(NamedTuple):
    """How many samples were tested, how many models were changed, and how many of these improved by the Brier score."""

    tested: int
    changed: int
    improved: int


def tidy_differences(areas: Mapping[str, tuple[Estimate, Difference | None]]) -> pd.DataFrame:
    """Return models compared on the same pupils, a row each.

    Parameters
    ----------
    areas
        {model: (its AUC, the difference from the model that all are compared with; None for that model itself)}

    Returns
    -------
    pandas.DataFrame
        Columns model, auc, auc_low, auc_high, then the difference with se, low, high, z and p.
    """
    rows = []
    for name, (area, difference) in areas.items():
        row = {"model": name, "auc": area.value, "auc_low": area.low, "auc_high": area.high}
        row["difference"] = np.nan if difference is None else difference.value
        row |= {key: getattr(difference, key, np.nan) for key in ("se", "low", "high", "z", "p")}
        rows.append(row)
    return pd.DataFrame(rows)


def example_callers(
    cells: pd.DataFrame, points: pd.DataFrame, reference: Mapping[str, str], book: Codebook
) -> dict[str, dict[str, str]]:
    """Return made-up callers as {name: {predictor: code}}.

    They are the caller with the reference category of every predictor, the one with the most points, and for each
    school stage the one with the most frequent answer to each question. A caller with an answer that has no points,
    since the model has no estimate for it, is left out.

    Parameters
    ----------
    cells
        Counts by all predictors, with `events` and `others`.
    points
        As `countstats.prediction.points.points` gives them: variable, code, b, points.
    reference
        {predictor: code}
    """
    most = {name: part.loc[part["b"].idxmax(), "code"] for name, part in points.groupby("variable", sort=False)}
    callers = {"Reference throughout": reference, "Most points throughout": most}
    for stage, part in cells.groupby("stage", observed=True) if "stage" in cells else ():
        usual = {name: part.groupby(name, observed=True)[COUNTS].sum().sum(axis=1).idxmax() for name in most}
        callers[f"Usual answers: {book.label('stage', stage)}"] = usual
    estimated = set(zip(points["variable"], points["code"], strict=True))
    return {name: codes for name, codes in callers.items() if set(codes.items()) <= estimated}


def samples(
    corrected: pd.DataFrame,
    validation: pd.Series,
    external: Mapping[tuple[str, str], pd.Series],
    pooled: Mapping[str, Pooled],
) -> pd.DataFrame:
    """Return the performance in all samples in which a model was evaluated, a row each, for a table and a figure.

    Parameters
    ----------
    corrected
        As `bootstrap.optimism` gives it.
    validation
        Row of `performance.measure` of the random validation part.
    external
        {(kind, sample): such a row}
    pooled
        {measure: Pooled}, over the samples of the last kind, where there are any.

    Returns
    -------
    pandas.DataFrame
        Columns heading (the kind of sample), label and those of `performance.measure`.
    """
    rows = [{"heading": "Internal", "label": "Bootstrap, corrected", **corrected["corrected"][list(pooled)]}]
    rows.append({"heading": "Internal", "label": "Random validation part", **validation})
    rows += [{"heading": kind, "label": name, **row} for (kind, name), row in external.items()]
    ends = {f"{name}{end}": each for name, of in pooled.items()
            for end, each in zip(("", "_low", "_high"), of.with_limits, strict=True)}  # fmt: skip
    if external and np.isfinite([each.value for each in pooled.values()]).any():
        rows.append({"heading": rows[-1]["heading"], "label": "Pooled", **ends})
    return pd.DataFrame(rows)


def count_recalibrated(changes: Mapping[str, tuple[Update, pd.Series, pd.Series]]) -> Recalibrated:
    """Count the samples in which the model was tested, changed and improved.

    Parameters
    ----------
    changes
        {sample: (Update, performance before, performance after)}, as `updating.on_halves` gives each.
    """
    tested = [each for each in changes.values() if np.isfinite(each[0].p)]
    changed = [(before, after) for update, before, after in tested if update.kind in CHANGED]
    return Recalibrated(
        len(tested), len(changed), sum(bool(after["brier"] < before["brier"]) for before, after in changed)
    )


def tidy_recalibration(changes: Mapping[str, tuple[Update, pd.Series, pd.Series]]) -> pd.DataFrame:
    """Return the update of each sample and its performance before and after, a row per sample.

    Parameters
    ----------
    changes
        As `count_recalibrated` takes them; may be empty.
    """
    names = [(each, when) for each in ("oe", "intercept", "slope", "brier") for when in ("before", "after")]
    rows = [
        {"sample": name, **update._asdict()}
        | {f"{each}_{when}": (before if when == "before" else after)[each] for each, when in names}
        for name, (update, before, after) in changes.items()
    ]
    return pd.DataFrame(rows, columns=["sample", *Update._fields, *(f"{each}_{when}" for each, when in names)])


def labelled_groups(groups: pd.DataFrame, book: Codebook) -> pd.DataFrame:
    """Return `performance.by_group` with the heading and the label under which a figure shows each group.

    Pupils whose category is not recorded are left to the table: they are few, and would stretch every axis.
    """
    groups = groups[groups["code"] != MISSING]
    return groups.assign(
        heading=[book[name].title for name in groups["variable"]],
        label=[book.label(*pair) for pair in zip(groups["variable"], groups["code"], strict=True)],
    )


def extremes(groups: pd.DataFrame, book: Codebook, measure: str) -> dict[str, Extreme]:
    """Return the groups with the least and the greatest value of a measure, as {"least": ..., "most": ...}.

    Pupils whose category is not recorded are no group here, and a group counts only if it has an interval.

    Parameters
    ----------
    groups
        As `performance.by_group` gives it.
    """
    finite_rows = np.isfinite(groups[[measure, f"{measure}_low"]].astype(float)).all(axis=1)
    kept = groups[(groups["code"] != MISSING) & finite_rows]
    if kept.empty:
        return dict.fromkeys(("least", "most"), Extreme(DASH, {"variable": None, "code": None}))
    values = kept[measure].astype(float)
    ends = {}
    for end, row in {"least": values.idxmin(), "most": values.idxmax()}.items():
        place = kept.loc[row, ["variable", "code"]].to_dict()
        label = f"{book[place['variable']].title}: {book.label(place['variable'], place['code'])}"
        ends[end] = Extreme(label, place)
    return ends
