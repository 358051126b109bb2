"""A risk model's validation put together: its samples, groups, comparisons and recalibrations as frames.

What `countstats.prediction` estimates comes in; frames for results, tables and figures go out. Nothing is printed here.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2
from statsmodels.stats.multitest import multipletests

from countstats.columns import COUNTS
from countstats.estimates import ChiSquare, Estimate
from countstats.glm.design import Coded, Dense, as_design
from countstats.prediction import calibration, updating
from countstats.prediction.pooling import Pooled
from countstats.prediction.roc import Difference
from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.text import DASH

JUDGED = [
    *("n", "events", "oe", "oe_low", "oe_high", "intercept", "intercept_low", "intercept_high"),
    *("slope", "slope_low", "slope_high", "expected_slope", "ici", "ici_low", "ici_high"),
    *("p", "p_of_sample", "verdict", "brier_before", "brier_after"),
]


class Extreme(NamedTuple):
    """The group with the least or the greatest value of a measure.

    label : the group in words, "–" where there is none
    place : its variable and code, which find its row of `performance.by_group`; None where there is none
    """

    label: str
    place: dict[str, str | None]


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
    crossed: pd.Series,
    validation: pd.Series,
    external: Mapping[tuple[str, str], pd.Series],
    pooled: Mapping[str, Pooled],
) -> pd.DataFrame:
    """Return the performance in all samples in which a model was evaluated, a row each, for a table and a figure.

    Parameters
    ----------
    corrected
        Table of `bootstrap.optimism`.
    crossed, validation
        Rows of `performance.measure`: of the cross-validated risks, and of the random validation part.
    external
        {(kind, sample): such a row}
    pooled
        {measure: Pooled}, over the samples of the last kind, where there are any.

    Returns
    -------
    pandas.DataFrame
        Columns heading (the kind of sample), label and those of `performance.measure`.
    """
    limits = {f"{name}{end}": corrected.loc[name, column] for name in pooled
              for end, column in (("", "corrected"), ("_low", "low"), ("_high", "high"))}  # fmt: skip
    rows = [{"heading": "Internal", "label": "Bootstrap, corrected", **limits}]
    rows.append({"heading": "Internal", "label": "Cross-validation", **crossed})
    rows.append({"heading": "Internal", "label": "One random split", **validation})
    rows += [{"heading": kind, "label": name, **row} for (kind, name), row in external.items()]
    ends = {f"{name}{end}": each for name, of in pooled.items()
            for end, each in zip(("", "_low", "_high"), of.with_limits, strict=True)}  # fmt: skip
    if external and np.isfinite([each.value for each in pooled.values()]).any():
        rows.append({"heading": rows[-1]["heading"], "label": "Pooled", **ends})
    return pd.DataFrame(rows)


def judged(
    x: Dense | Coded | ArrayLike,
    b: np.ndarray,
    spread: np.ndarray,
    cells: pd.DataFrame,
    margin: float,
    slope_margin: float,
    confidence: float,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, float | str]:
    """Return how far risks are off in a sample, whether that matters, and what recalibration would bring.

    Parameters
    ----------
    x, b, spread
        Design, coefficients and their covariance, as `updating.misfit` takes them.
    cells
        Cells of the sample with `row` (of the design), `risk`, `events` and `others`.
    margin, slope_margin
        As `updating.Misfit.verdict` takes them.
    draws
        Curves that are drawn for the limits of the mean calibration error.

    Returns
    -------
    dict
        The entries `JUDGED`. The Brier scores are those of `updating.crosswise`; the second is NaN where a half has too
        few cases for a line. Where the risks have no line at all, only counts and Brier score are there.
    """
    counts = cells[COUNTS].to_numpy().T
    row = dict.fromkeys(JUDGED, np.nan) | {"n": int(counts.sum()), "events": int(counts[0].sum()), "verdict": ""}
    row["brier_before"] = calibration.brier(cells["risk"], *counts)
    of_rows = [np.bincount(cells["row"], each, as_design(x).shape[0]).astype(int) for each in counts]
    try:
        misfit = updating.misfit(x, b, spread, *of_rows, confidence)
        error = calibration.smooth_error(cells["risk"], *counts, draws, rng, confidence).loc["ici"]
    except ValueError:  # a risk that rounds to 0 or 1, or one that separates the two kinds
        return row
    for name in ("oe", "intercept", "slope"):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), getattr(misfit, name).with_limits, strict=True))
    row |= {
        "ici": error["value"],
        "ici_low": error["low"],
        "ici_high": error["high"],
        "expected_slope": misfit.expected,
    }
    row |= {
        "p": misfit.p,
        "p_of_sample": misfit.p_of_sample,
        "verdict": misfit.verdict(margin, slope_margin, confidence),
    }
    both = updating.crosswise(cells[["risk", *COUNTS]], rng)
    if both is not None:
        row["brier_after"] = calibration.brier(both["recalibrated"], *both[COUNTS].to_numpy().T)
    return row


def heterogeneity(cells: pd.DataFrame, risk: np.ndarray, groups: pd.DataFrame) -> pd.DataFrame:
    """Test, variable by variable, whether calibration differs between the recorded groups.

    Calibration-in-the-large by `calibration.between_groups`, which says little of a variable that is a predictor: its
    own terms make the risks of its groups right on average. Slopes by Cochran's Q (1954, doi 10.2307/3001666).

    Parameters
    ----------
    cells, risk
        Cells with the variables, `events` and `others`, and the risk of each.
    groups
        As `performance.by_group` gives it for these.

    Returns
    -------
    pandas.DataFrame
        Two rows per variable: variable, measure (oe, slope), chi_square, df, p, and p_holm (corrected for all of them).
    """
    rows = []
    for variable, part in groups[groups["code"] != MISSING].groupby("variable", sort=False):
        here = (cells[variable] != MISSING).to_numpy()
        counts = cells.loc[here, COUNTS].to_numpy().T
        level = calibration.between_groups(risk[here], *counts, cells.loc[here, variable].astype(str))
        rows.append({"variable": variable, "measure": "oe", **level._asdict()})
        slopes = part.loc[part["slope_se"].notna(), ["slope", "slope_se"]].to_numpy(float).T
        rows.append({"variable": variable, "measure": "slope", **_cochran(*slopes)._asdict()})
    frame = pd.DataFrame(rows)
    tested = frame["p"].notna()
    frame.loc[tested, "p_holm"] = multipletests(frame.loc[tested, "p"], method="holm")[1] if tested.any() else np.nan
    return frame


def _cochran(values: np.ndarray, errors: np.ndarray) -> ChiSquare:
    """Test that independent estimates are of one value."""
    df = len(values) - 1
    if df < 1:
        return ChiSquare(np.nan, 0, np.nan)
    statistic = float((((values - np.average(values, weights=errors**-2)) / errors) ** 2).sum())
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))


def standing_out(groups: pd.DataFrame, tests: pd.DataFrame, book: Codebook, alpha: float) -> pd.DataFrame:
    """Return the recorded groups whose risks are off by more than chance explains.

    A group is named for a measure only where its variable's corrected test of that measure rejects, and its
    simultaneous interval leaves out one.

    Parameters
    ----------
    groups
        As `performance.by_group` gives it, with simultaneous limits.
    tests
        As `heterogeneity` gives it.
    alpha
        Level of the tests.

    Returns
    -------
    pandas.DataFrame
        One row per group and measure: label, measure, value, low, high.
    """
    rows = []
    for test in tests[tests["p_holm"] < alpha].itertuples():
        for _, row in groups[(groups["variable"] == test.variable) & (groups["code"] != MISSING)].iterrows():
            value, low, high = (row[f"{test.measure}{end}"] for end in ("", "_low", "_high"))
            if low > 1 or high < 1:
                label = f"{book[test.variable].title}: {book.label(test.variable, row['code'])}"
                rows.append({"label": label, "measure": test.measure, "value": value, "low": low, "high": high})
    return pd.DataFrame(rows, columns=["label", "measure", "value", "low", "high"])


def verdict_of_groups(named: pd.DataFrame) -> str:
    """Return what is said of the groups' calibration, a clause.

    Parameters
    ----------
    named
        As `standing_out` gives it.
    """
    if named.empty:
        return "the risks of no group were off by more than chance explains"
    words = {"oe": "O/E", "slope": "slope"}
    each = [f"{row.label} ({words[row.measure]} {text.number(row.value)}, {text.interval(row.low, row.high)})"
            for row in named.itertuples()]  # fmt: skip
    return f"the risks were off by more than chance explains for {'; '.join(each)}"


def advice_for_groups(named: pd.DataFrame, margin: float, slope_margin: float) -> str:
    """Return what follows from the groups' calibration, a clause.

    Parameters
    ----------
    named
        As `standing_out` gives it.
    margin, slope_margin
        Of O/E, as a factor, and of the slope, as a difference: within them a misfit does not matter.
    """
    if named.empty:
        return "nothing here asks for a recalibration by group"
    ends = {"oe": (1 / (1 + margin), 1 + margin), "slope": (1 - slope_margin, 1 + slope_margin)}
    within = [ends[row.measure][0] <= row.value <= ends[row.measure][1] for row in named.itertuples()]
    beyond = named.loc[~np.array(within), "label"].drop_duplicates()
    if beyond.empty:
        return "where calibration was off by more than chance explains, it was within the margins that were set"
    return f"the risks should be recalibrated before they are used for {'; '.join(beyond)}"


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
