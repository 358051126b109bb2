"""Discrimination from counts: how well a score tells those with the event from those without.

Every function takes three arrays of the same length: the score, and how many `cases` (with the event) and
`controls` (without) have it. A score may occur more than once. Rows of single pupils are the special case
of ones and zeros.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from countstats.shares import wilson

SAME = 1e-12  # scores that differ relatively by less are the same score


class Auc(NamedTuple):
    """Area under the ROC curve, its variance and its confidence limits."""

    value: float
    variance: float
    low: float
    high: float


class Difference(NamedTuple):
    """Difference of two areas of the same pupils, its standard error and limits, and the test of no difference."""

    value: float
    se: float
    low: float
    high: float
    z: float
    p: float


def _checked(score, cases, controls):
    """The three as arrays, after checking them, without the scores that nobody has; and which were held."""
    score, cases, controls = np.asarray(score, float), np.asarray(cases), np.asarray(controls)
    if not np.isfinite(score).all():
        raise ValueError("a score is missing or infinite")
    if (cases < 0).any() or (controls < 0).any():
        raise ValueError("a count is negative")
    if cases.sum() == 0 or controls.sum() == 0:
        raise ValueError("the sample needs cases and controls; it has only one of the two")
    held = (cases + controls) > 0
    return score[held], cases[held], controls[held]


def _groups(score):
    """The distinct scores in rising order, and the place among them of each score."""
    distinct, place = np.unique(score, return_inverse=True)
    apart = np.append(True, np.diff(distinct) > SAME * np.abs(distinct[1:]))
    return distinct[apart], (np.cumsum(apart) - 1)[place]


def by_score(score, cases, controls):
    """The counts at each distinct score, in rising order: arrays score, cases, controls.

    Scores that differ by rounding alone are one score: equal pupils must tie, wherever they stand in a
    table, and a matrix product may give them risks that differ in the sixteenth digit.
    ValueError for scores that are not finite, for negative counts, or if cases or controls are absent.
    """
    score, cases, controls = _checked(score, cases, controls)
    distinct, group = _groups(score)
    return distinct, *(np.bincount(group, weights=each).astype(np.int64) for each in (cases, controls))


def _placements(score, cases, controls):
    """DeLong's structural components: per score, the share of controls it beats and of cases that beat it.

    Ties count half. One entry for each score as given, so that two scores of the same pupils can be set side by side.
    """
    _, group = _groups(score)
    of_cases, of_controls = np.bincount(group, weights=cases), np.bincount(group, weights=controls)
    beaten = (np.cumsum(of_controls) - of_controls / 2) / controls.sum()
    beating = (cases.sum() - np.cumsum(of_cases) + of_cases / 2) / cases.sum()
    return beaten[group], beating[group]


def auc(score, cases, controls, confidence=0.95):
    """Area under the ROC curve with DeLong's variance and limits, cut at 0 and 1.

    The chance that a case scores higher than a control, ties counting half. DeLong, DeLong and
    Clarke-Pearson 1988, Biometrics 44: 837-845. The variance needs two cases and two controls; with fewer
    it and the limits are NaN.

    Why not a library: those that have DeLong's variance take one row per pupil.
    """
    score, cases, controls = by_score(score, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    beaten, beating = _placements(score, cases, controls)
    value = (cases * beaten).sum() / n_cases
    if min(n_cases, n_controls) < 2:
        return Auc(value, np.nan, np.nan, np.nan)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    reach = norm.ppf((1 + confidence) / 2) * np.sqrt(variance)
    return Auc(value, variance, max(0.0, value - reach), min(1.0, value + reach))


def compare(first, second, cases, controls, confidence=0.95):
    """The area of `first` less that of `second`, two scores of the same pupils: DeLong's test of correlated areas.

    Both scores have one entry per row of `cases` and `controls`. Valid on pupils that fitted neither score: on those
    who fitted nested models the test is not (Demler, Pencina and D'Agostino 2012, doi 10.1002/sim.5328). Where the two
    order the pupils alike, the difference is 0 and p is 1. With fewer than two cases or controls all but the
    difference is NaN. DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44: 837-845.

    Why not a library: none takes counts, and the one that has the paired test fails under numpy 2.
    """
    first, *_ = _checked(first, cases, controls)
    second, cases, controls = _checked(second, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    pairs = [_placements(score, cases, controls) for score in (first, second)]
    beaten, beating = pairs[0][0] - pairs[1][0], pairs[0][1] - pairs[1][1]
    value = float((cases * beaten).sum() / n_cases)
    if min(n_cases, n_controls) < 2:
        return Difference(value, *[np.nan] * 5)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    se = float(np.sqrt(variance))
    if se < SAME:
        return Difference(value, se, value, value, 0.0 if abs(value) < SAME else np.inf, float(abs(value) < SAME))
    reach, z = norm.ppf((1 + confidence) / 2) * se, value / se
    return Difference(value, se, value - reach, value + reach, z, float(2 * norm.sf(abs(z))))


def gains(scores, cases, controls, confidence=0.95):
    """The area of each of several scores, and what it gains over the score before it.

    scores: {name: array}, two or more. Returns a frame with one row per score but the first: auc, auc_low, auc_high,
    and of `compare` gain, gain_low, gain_high and gain_p.
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


def curve(score, cases, controls):
    """The ROC curve: a frame of threshold, sensitivity and specificity, from flagging all to flagging none.

    Whoever scores at or above the threshold is flagged. Thresholds lie halfway between neighbouring scores,
    so that the last digit of a score does not decide; the ends are -inf and +inf.
    """
    score, cases, controls = by_score(score, cases, controls)
    missed, spared = np.append(0, np.cumsum(cases)), np.append(0, np.cumsum(controls))
    threshold = np.concatenate([[-np.inf], (score[1:] + score[:-1]) / 2, [np.inf]])
    return pd.DataFrame(
        {"threshold": threshold, "sensitivity": 1 - missed / missed[-1], "specificity": spared / spared[-1]}
    )


def thin(points, number=200):
    """At most `number` + 1 points of a `curve`, evenly spaced along it, both ends among them.

    A curve with a point for every pupil is a list of pupils; it is not for publication.
    """
    along = (points["sensitivity"] + 1 - points["specificity"]).to_numpy() / 2
    wanted = np.linspace(1, 0, number + 1)
    nearest = np.unique(np.searchsorted(-along, -wanted).clip(max=len(points) - 1))
    return points.iloc[nearest].reset_index(drop=True)


def partial_area(points, specificity=0.9):
    """The area under a `curve` where its specificity is at least so high, on McClish's scale.

    0.5 is a coin and 1 is perfect, as for the whole area. McClish 1989, doi 10.1177/0272989X8900900307.
    ValueError unless the specificity lies between 0 and 1.

    Why not a library: scikit-learn's `roc_auc_score(max_fpr=)` agrees, and takes too long for a bootstrap.
    """
    if not 0 <= specificity < 1:
        raise ValueError(f"the specificity must lie between 0 and 1, not {specificity}")
    alarms, found = 1 - points["specificity"].to_numpy()[::-1], points["sensitivity"].to_numpy()[::-1]
    end = 1 - specificity
    inside = alarms <= end
    x = np.append(alarms[inside], end)
    y = np.append(found[inside], np.interp(end, alarms, found))
    least = end**2 / 2
    return float((1 + (np.trapezoid(y, x) - least) / (end - least)) / 2)


def precision(points, share):
    """The share of the flagged who have the event (precision), at each point of a `curve`.

    share   of the event among those who are screened. NaN where nobody is flagged.
    """
    hits = share * points["sensitivity"]
    flagged = hits + (1 - share) * (1 - points["specificity"])
    return (hits / flagged.where(flagged > 0)).rename("precision")


def average_precision(score, cases, controls):
    """Precision averaged over the steps of sensitivity, the area under the precision-recall curve.

    The share of the event is that of a useless score. The sum over steps, not the trapezoid, which is too hopeful
    (Davis and Goadrich 2006, doi 10.1145/1143844.1143874): scikit-learn's `average_precision_score`, from counts.
    """
    _, cases, controls = by_score(score, cases, controls)
    hits, alarms = np.cumsum(cases[::-1]), np.cumsum(controls[::-1])
    return float((cases[::-1] * hits / (hits + alarms)).sum() / hits[-1])


def youden(score, cases, controls):
    """The threshold at which sensitivity + specificity is largest (Youden 1950, Cancer 3: 32-35).

    Of several such thresholds the lowest, which misses fewest. -inf if no threshold beats flagging all.
    """
    score, cases, controls = by_score(score, cases, controls)
    n_cases, n_controls = int(cases.sum()), int(controls.sum())
    missed, spared = np.append(0, np.cumsum(cases)), np.append(0, np.cumsum(controls))
    best = np.argmax(spared * n_cases - missed * n_controls)  # in whole numbers, so that ties are ties
    if best == 0:
        return -np.inf
    return float((score[best - 1] + score[best]) / 2)


def for_workload(score, n, share):
    """The lowest threshold that flags at most this share of the pupils: the busiest that a hotline can bear.

    score, n: arrays of the same length, the scores and how many pupils have each. Halfway between two scores; -inf
    if all may be flagged, +inf if already those with the highest score are too many.
    """
    score, n = np.asarray(score, float), np.asarray(n)
    distinct, group = _groups(score[n > 0])
    flagged = np.cumsum(np.bincount(group, weights=n[n > 0])[::-1])[::-1]
    bearable = np.flatnonzero(flagged <= share * flagged[0] * (1 + SAME))
    if not len(bearable):
        return np.inf
    lowest = bearable[0]
    return -np.inf if lowest == 0 else float((distinct[lowest - 1] + distinct[lowest]) / 2)


def at_threshold(score, cases, controls, threshold, confidence=0.95):
    """What flagging everybody at or above a threshold does: a Series.

    threshold, then flagged (share of all), sensitivity, specificity, ppv and npv (share of the flagged who have the
    event, and of the others who have not), each with Wilson limits (Wilson 1927, JASA 22: 209-212) as `_low` and
    `_high`. A share of nobody is NaN: one class may be absent here.
    """
    score, cases, controls = np.asarray(score, float), np.asarray(cases), np.asarray(controls)
    above = score >= threshold
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
