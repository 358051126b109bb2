"""Discrimination from counts: how well a score distinguishes units with the event from those without.

Every function takes three arrays of one length: the score, and how many `cases` (units with the event) and `controls`
(units without it) have it. A score may occur more than once. Rows of single units are the special case of ones and
zeros. Counts that are no whole numbers are refused: weights have no place here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import norm

from countstats.counts import alike, finite, whole
from countstats.estimates import Estimate, half_width
from countstats.shares import wilson

TIE_TOL = 1e-12  # scores that differ relatively by less are the same score
NEAR_ZERO = 4 * np.finfo(float).eps  # and so are those that differ by less than this share of the largest
FEW = 100  # cases or controls below which the normal distribution does not give the limits of an area
BORROWED = 10  # units as many as which the formula of the variance counts, next to the variance of the sample
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
    score, cases, controls = _alike(score, cases, controls)
    if cases.sum() == 0 or controls.sum() == 0:
        raise ValueError("the sample needs cases and controls; it has only one of the two")
    present = (cases + controls) > 0
    return score[present], cases[present], controls[present]


def _alike(score: ArrayLike, *counts: ArrayLike) -> tuple[np.ndarray, ...]:
    """Return scores and counts as arrays of one length, after checking them."""
    alike(score, *counts)
    return np.atleast_1d(finite(score, "scores")), *(np.atleast_1d(whole(each)) for each in counts)


def _rising(thresholds: ArrayLike) -> np.ndarray:
    """Return thresholds as an array, after checking that they rise."""
    thresholds = np.atleast_1d(finite(thresholds, "thresholds"))
    if (np.diff(thresholds) <= 0).any():
        raise ValueError("thresholds must rise")
    return thresholds


def _groups(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct scores in rising order, and the place among them of each score."""
    distinct, place = np.unique(score, return_inverse=True)
    size = np.abs(distinct)
    # Log odds of about zero are sums of larger numbers, whose rounding they have.
    new = np.append(True, np.diff(distinct) > TIE_TOL * size[1:] + NEAR_ZERO * size.max(initial=0))[: len(distinct)]
    return distinct[new], (np.cumsum(new) - 1)[place]


def by_score(score: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the counts at each distinct score, in rising order: arrays score, cases, controls.

    Scores that differ by rounding alone are one score: equal units must tie, wherever they stand in a
    table, and a matrix product may give them risks that differ in the sixteenth digit.

    Raises
    ------
    ValueError
        For scores that are not finite, for counts that are none (`counts.whole`), or if cases or controls are absent.
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


def placements(score: np.ndarray, cases: np.ndarray, controls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return DeLong's structural components: per score, the share of controls below it and of cases above it.

    Ties count half. One entry for each score as given, so that two scores of the same units can be put side by side.
    """
    _, group = _groups(score)
    of_cases, of_controls = np.bincount(group, weights=cases), np.bincount(group, weights=controls)
    beaten = (np.cumsum(of_controls) - of_controls / 2) / controls.sum()
    beating = (cases.sum() - np.cumsum(of_cases) + of_cases / 2) / cases.sum()
    return beaten[group], beating[group]


def auc(score: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95, few: int = FEW) -> Estimate:
    """Estimate the area under the ROC curve, with DeLong's standard error, and limits.

    The probability that a case scores higher than a control, ties counting half. DeLong, DeLong and
    Clarke-Pearson 1988, Biometrics 44: 837-845. The standard error needs two cases and two controls; with fewer
    it and the limits are NaN.

    With `few` cases and controls or more, the limits are DeLong's: those of the normal distribution, cut at 0 and 1.
    They are too narrow where one of the two is rare, most of all for a high area, and of no width at an area of 1.
    There the limits are the areas from which the observed one is as far as their own standard error allows (a score
    interval, Newcombe 2006, doi 10.1002/sim.2324, his method 5). Newcombe's variance supposes a form of the
    distribution of scores, so it is multiplied by the ratio of DeLong's to it, the more fully the more units there are:
    with a weight of m / (m + `BORROWED`) of the rarer kind's m.

    Measured over 1,000 samples each, of normal scores with spreads in the ratio of 2/3, 1 and 3/2, and of nine grades,
    true areas of 0.7 and 0.92, ten times as many controls as cases or twenty times: coverage of these limits with 5
    cases 0.87 to 0.98, with 10 to 60 cases 0.92 to 0.98; of DeLong's with 5 cases 0.61 to 0.88, with 10 cases 0.75 to
    0.93, with 100 cases 0.94 to 0.95.

    Why not a library: those that have DeLong's variance take one row per unit. (The area alone is scikit-learn's
    `roc_auc_score` with weights; here it comes with the components of the variance.)

    Parameters
    ----------
    score, cases, controls
        As of all functions here.
    few
        With fewer cases, or fewer controls, the limits are score limits; 0 gives DeLong's throughout.

    Raises
    ------
    ValueError
        As `by_score`.
    """
    score, cases, controls = by_score(score, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    beaten, beating = placements(score, cases, controls)
    value = (cases * beaten).sum() / n_cases
    if min(n_cases, n_controls) < 2:
        return Estimate(float(value), np.nan, np.nan)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    value, se = float(value), float(np.sqrt(variance))
    half = float(half_width(se, confidence))
    if min(n_cases, n_controls) < few:
        return Estimate(value, *_score_limits(value, se, int(n_cases), int(n_controls), confidence), se)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), se)


def _score_limits(value: float, se: float, cases: int, controls: int, confidence: float) -> tuple[float, float]:
    """Return the areas whose distance from `value` is as many of their own standard errors as `confidence` says."""

    def variance(area: float) -> float:
        half = (cases + controls) / 2 - 1
        spread = 1 + half * (1 - area) / (2 - area) + half * area / (1 + area)
        return area * (1 - area) * spread / (cases * controls)

    weight = min(cases, controls) / (min(cases, controls) + BORROWED)
    ratio = se**2 / variance(value) if se > 0 else 1.0  # an error of zero says nothing of the error
    times = (1 + weight * (ratio - 1)) * float(half_width(1.0, confidence)) ** 2

    def beyond(area: float) -> float:
        return (area - value) ** 2 - times * variance(area)

    # At 0 and 1 both sides are zero, which is no limit.
    low = brentq(beyond, 0.0, min(value, 1 - 1e-12), xtol=1e-14) if value > 0 else 0.0
    high = brentq(beyond, max(value, 1e-12), 1.0, xtol=1e-14) if value < 1 else 1.0
    return low, high


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
    alike(first, second)
    first, *_ = _checked(first, cases, controls)
    second, cases, controls = _checked(second, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    pairs = [placements(score, cases, controls) for score in (first, second)]
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

    Raises
    ------
    ValueError
        As `by_score`, and for fewer than two scores.

    Returns
    -------
    pandas.DataFrame
        One row per score but the first: auc, auc_low, auc_high, and of `compare` gain, gain_low, gain_high and gain_p.
    """
    if len(scores) < 2:
        raise ValueError("there must be two scores or more")
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
    return _rising(given), np.searchsorted(score, _rising(given) - ROUNDING)


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

    Raises
    ------
    ValueError
        Unless the share lies between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share of the event must lie between 0 and 1, not {share}")
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
    of_cases, of_controls = int(cases.sum()), int(controls.sum())
    if of_cases * of_controls >= 2**62:  # beyond int64
        missed, spared = missed.astype(object), spared.astype(object)
    better = spared * of_cases - missed * of_controls  # whole numbers, so that ties are ties
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
    score, n = _alike(score, n)
    if not 0 <= share <= 1:
        raise ValueError(f"the share that is flagged must lie between 0 and 1, not {share}")
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
    score, cases, controls = _alike(score, cases, controls)
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
