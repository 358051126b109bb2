"""Discrimination from counts: how well a score distinguishes units with the event from those without.

Every function takes three arrays of one length: the score, and how many `cases` (units with the event) and `controls`
(units without it) have it. A score may occur more than once. Rows of single units are the special case of ones and
zeros.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from countstats.estimates import Estimate, half_width
from countstats.shares import wilson

TIE_TOL = 1e-12  # scores that differ relatively by less are the same score
ROUNDING = 1e-10  # what a score may lack of a threshold and reach it: two computations of a risk differ by less
# Thresholds that say nothing of a unit: a risk at which to act is a round number, and not one that a person has.
WHOLE_PERCENTS = np.arange(1, 100) / 100


@dataclass(frozen=True)
class Difference(Estimate):
    """Difference of two areas of the same units, and the test of no difference."""

    z: float = np.nan
    p: float = np.nan


def _checked(score: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the three as arrays, after checking them, without the scores that no unit has."""
    score, cases, controls = np.asarray(score, float), np.asarray(cases), np.asarray(controls)
    if not np.isfinite(score).all():
        raise ValueError("a score is missing or infinite")
    if (cases < 0).any() or (controls < 0).any():
        raise ValueError("a count is negative")
    if cases.sum() == 0 or controls.sum() == 0:
        raise ValueError("the sample needs cases and controls; it has only one of the two")
    present = (cases + controls) > 0
    return score[present], cases[present], controls[present]


def _groups(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct scores in rising order, and the place among them of each score."""
    distinct, place = np.unique(score, return_inverse=True)
    new = np.append(True, np.diff(distinct) > TIE_TOL * np.abs(distinct[1:]))
    return distinct[new], (np.cumsum(new) - 1)[place]


def by_score(score: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the counts at each distinct score, in rising order: arrays score, cases, controls.

    Scores that differ by rounding alone are one score: equal units must tie, wherever they stand in a
    table, and a matrix product may give them risks that differ in the sixteenth digit.

    Raises
    ------
    ValueError
        For scores that are not finite, for negative counts, or if cases or controls are absent.
    """
    score, cases, controls = _checked(score, cases, controls)
    distinct, group = _groups(score)
    return distinct, *(np.bincount(group, weights=each).astype(np.int64) for each in (cases, controls))


def as_weighted_rows(
    score: ArrayLike, cases: ArrayLike, controls: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return counts in the form that scikit-learn's metrics take: outcome, score, and `sample_weight`."""
    score, cases, controls = by_score(score, cases, controls)
    return np.repeat([1, 0], len(score)), np.tile(score, 2), np.concatenate([cases, controls])


def _placements(score: np.ndarray, cases: np.ndarray, controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return DeLong's structural components: per score, the share of controls below it and of cases above it.

    Ties count half. One entry for each score as given, so that two scores of the same units can be put side by side.
    """
    _, group = _groups(score)
    of_cases, of_controls = np.bincount(group, weights=cases), np.bincount(group, weights=controls)
    beaten = (np.cumsum(of_controls) - of_controls / 2) / controls.sum()
    beating = (cases.sum() - np.cumsum(of_cases) + of_cases / 2) / cases.sum()
    return beaten[group], beating[group]


def auc(score: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate the area under the ROC curve, with DeLong's standard error and limits, cut at 0 and 1.

    The probability that a case scores higher than a control, ties counting half. DeLong, DeLong and
    Clarke-Pearson 1988, Biometrics 44: 837-845. The standard error needs two cases and two controls; with fewer
    it and the limits are NaN.

    Why not a library: those that have DeLong's variance take one row per unit. (The area alone is scikit-learn's
    `roc_auc_score` with weights; here it comes with the components of the variance.)
    """
    score, cases, controls = by_score(score, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    beaten, beating = _placements(score, cases, controls)
    value = (cases * beaten).sum() / n_cases
    if min(n_cases, n_controls) < 2:
        return Estimate(float(value), np.nan, np.nan)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    value, se = float(value), float(np.sqrt(variance))
    half = float(half_width(se, confidence))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), se)


def compare(
    first: ArrayLike, second: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95
) -> Difference:
    """Estimate the area of `first` less that of `second`, two scores of the same units.

    DeLong's test of correlated areas (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44: 837-845); both scores have
    one entry per row of `cases` and `controls`. Valid on units to which neither score was fitted; on those to which
    nested models were fitted it is not (Demler, Pencina and D'Agostino 2012, doi 10.1002/sim.5328). Where both order
    the units in the same way, the difference is 0 and p is 1. With fewer than two cases or controls all but the
    difference is NaN.

    Why not a library: none takes counts, and the one that has the paired test fails under numpy 2.
    """
    first, *_ = _checked(first, cases, controls)
    second, cases, controls = _checked(second, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    pairs = [_placements(score, cases, controls) for score in (first, second)]
    beaten, beating = pairs[0][0] - pairs[1][0], pairs[0][1] - pairs[1][1]
    value = float((cases * beaten).sum() / n_cases)
    if min(n_cases, n_controls) < 2:
        return Difference(value, np.nan, np.nan)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    se = float(np.sqrt(variance))
    if se < TIE_TOL:
        equal = abs(value) < TIE_TOL
        return Difference(value, value, value, se, z=0.0 if equal else np.inf, p=float(equal))
    half, z = float(half_width(se, confidence)), value / se
    return Difference(value, value - half, value + half, se, z=z, p=float(2 * norm.sf(abs(z))))


def gains(
    scores: Mapping[str, ArrayLike], cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the area of each of several scores, and what it gains over the score before it.

    Parameters
    ----------
    scores
        {name: array}, two or more.

    Returns
    -------
    pandas.DataFrame
        One row per score but the first: auc, auc_low, auc_high, and of `compare` gain, gain_low, gain_high and gain_p.
    """
    rows = {}
    for before, name in pairwise(scores):
        area = auc(scores[name], cases, controls, confidence)
        change = compare(scores[name], scores[before], cases, controls, confidence)
        rows[name] = {
            **{"auc": area.value, "auc_low": area.low, "auc_high": area.high},
            **{"gain": change.value, "gain_low": change.low, "gain_high": change.high, "gain_p": change.p},
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def reached(score: ArrayLike, threshold: ArrayLike) -> np.ndarray:
    """Return which scores are at or above a threshold; one that is below it by rounding alone is."""
    return np.asarray(score, float) >= np.asarray(threshold, float) - ROUNDING


def _thresholds(score, given):
    """Return the thresholds to try on scores in rising order, and how many of the scores are below each."""
    if given is None:
        return (score[1:] + score[:-1]) / 2, np.arange(1, len(score))
    return np.asarray(given, float), np.searchsorted(score, np.asarray(given, float) - ROUNDING)


def curve(score: ArrayLike, cases: ArrayLike, controls: ArrayLike, thresholds: ArrayLike | None = None) -> pd.DataFrame:
    """Return the ROC curve: columns threshold, sensitivity and specificity, from flagging all to flagging none.

    A unit is flagged that scores at or above the threshold; the ends are -inf and +inf.

    Parameters
    ----------
    thresholds
        In rising order. Those halfway between neighbouring scores, if not given: then the curve is a list of the
        units' scores, which is not for publication where each unit is a person.
    """
    score, cases, controls = by_score(score, cases, controls)
    thresholds, below = _thresholds(score, thresholds)
    below = np.concatenate([[0], below, [len(score)]])
    missed, spared = (np.append(0, np.cumsum(each))[below] for each in (cases, controls))
    return pd.DataFrame(
        {
            "threshold": np.concatenate([[-np.inf], thresholds, [np.inf]]),
            "sensitivity": 1 - missed / missed[-1],
            "specificity": spared / spared[-1],
        }
    )


def partial_area(score: ArrayLike, cases: ArrayLike, controls: ArrayLike, specificity: float = 0.9) -> float:
    """Return the area under the ROC curve where the specificity is at least so high, on McClish's scale.

    0.5 is a coin and 1 is perfect, as for the whole area. McClish 1989, doi 10.1177/0272989X8900900307.

    Raises
    ------
    ValueError
        Unless the specificity lies between 0 and 1, 1 excluded.
    """
    if not 0 <= specificity < 1:
        raise ValueError(f"the specificity must lie between 0 and 1, not {specificity}")
    from sklearn.metrics import roc_auc_score  # slow to import, and rarely needed

    outcome, score, weight = as_weighted_rows(score, cases, controls)
    return float(roc_auc_score(outcome, score, sample_weight=weight, max_fpr=1 - specificity))


def precision(points: pd.DataFrame, share: float) -> pd.Series:
    """Return the share of the flagged that have the event, at each point of a `curve`; NaN where none is flagged.

    Parameters
    ----------
    share
        Of the event among the units that are screened.
    """
    hits = share * points["sensitivity"]
    flagged = hits + (1 - share) * (1 - points["specificity"])
    return (hits / flagged.where(flagged > 0)).rename("precision")


def average_precision(score: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> float:
    """Return the precision averaged over the steps of sensitivity, the area under the precision-recall curve.

    The share of the event is that of a useless score. The sum over steps, not the trapezoid, which is optimistic
    (Davis and Goadrich 2006, doi 10.1145/1143844.1143874).
    """
    from sklearn.metrics import average_precision_score  # slow to import, and rarely needed

    outcome, score, weight = as_weighted_rows(score, cases, controls)
    return float(average_precision_score(outcome, score, sample_weight=weight))


def youden(score: ArrayLike, cases: ArrayLike, controls: ArrayLike, thresholds: ArrayLike | None = None) -> float:
    """Return the threshold at which sensitivity + specificity is largest (Youden 1950, Cancer 3: 32-35).

    Of several such thresholds the lowest, which misses fewest. -inf if no threshold is better than flagging all.

    Parameters
    ----------
    thresholds
        To choose from, in rising order; those halfway between neighbouring scores, if not given.
    """
    score, cases, controls = by_score(score, cases, controls)
    thresholds, below = _thresholds(score, thresholds)
    missed, spared = (np.append(0, np.cumsum(each))[below] for each in (cases, controls))
    better = spared * int(cases.sum()) - missed * int(controls.sum())  # whole numbers, so that ties are ties
    if not len(better) or better.max() <= 0:
        return -np.inf
    return float(thresholds[np.argmax(better)])


def for_workload(score: ArrayLike, n: ArrayLike, share: float, thresholds: ArrayLike | None = None) -> float:
    """Return the lowest threshold that flags at most this share of the units.

    -inf if all may be flagged, +inf if no threshold flags a unit and so few.

    Parameters
    ----------
    score, n
        The scores and how many units have each, of one length.
    thresholds
        To choose from, in rising order; those halfway between neighbouring scores, if not given.
    """
    score, n = np.asarray(score, float), np.asarray(n)
    distinct, group = _groups(score[n > 0])
    n = np.append(0, np.cumsum(np.bincount(group, weights=n[n > 0])))
    most = share * n[-1] * (1 + TIE_TOL)
    if n[-1] <= most:
        return -np.inf
    thresholds, below = _thresholds(distinct, thresholds)
    flagged = n[-1] - n[below]
    feasible = np.flatnonzero((flagged <= most) & (flagged > 0))
    return float(thresholds[feasible[0]]) if len(feasible) else np.inf


def at_threshold(
    score: ArrayLike, cases: ArrayLike, controls: ArrayLike, threshold: float, confidence: float = 0.95
) -> pd.Series:
    """Return what flagging all units at or above a threshold does.

    Returns
    -------
    pandas.Series
        threshold, then flagged (share of all), sensitivity, specificity, ppv and npv (share of the flagged that have
        the event, and of the others that have not), each with Wilson limits as _low and _high. A share of no unit is
        NaN: one class may be absent here.
    """
    score, cases, controls = np.asarray(score, float), np.asarray(cases), np.asarray(controls)
    above = reached(score, threshold)
    hit, alarms = int(cases[above].sum()), int(controls[above].sum())
    missed, spared = int(cases.sum()) - hit, int(controls.sum()) - alarms
    shares = {
        "flagged": (hit + alarms, hit + alarms + missed + spared),
        "sensitivity": (hit, hit + missed),
        "specificity": (spared, spared + alarms),
        "ppv": (hit, hit + alarms),
        "npv": (spared, spared + missed),
    }
    out = {"threshold": threshold}
    for name, (count, of) in shares.items():
        share = count / of if of else np.nan
        low, high = wilson(share, of or np.nan, confidence)
        out |= {name: share, f"{name}_low": float(low), f"{name}_high": float(high)}
    return pd.Series(out)
