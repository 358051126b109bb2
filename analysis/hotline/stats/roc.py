"""Discrimination from counts: how well a score tells those with the event from those without.

Every function takes three arrays of the same length: the score, and how many `cases` (with the event) and
`controls` (without) have it. A score may occur more than once. Rows of single pupils are the special case
of ones and zeros.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

SAME = 1e-12  # scores that differ relatively by less are the same score


class Auc(NamedTuple):
    """Area under the ROC curve, its variance and its confidence limits."""

    value: float
    variance: float
    low: float
    high: float


def by_score(score, cases, controls):
    """The counts at each distinct score, in rising order: arrays score, cases, controls.

    Scores that differ by rounding alone are one score: equal pupils must tie, wherever they stand in a
    table, and a matrix product may give them risks that differ in the sixteenth digit.
    ValueError for scores that are not finite, for negative counts, or if cases or controls are absent.
    """
    score, cases, controls = np.asarray(score, float), np.asarray(cases), np.asarray(controls)
    if not np.isfinite(score).all():
        raise ValueError("a score is missing or infinite")
    if (cases < 0).any() or (controls < 0).any():
        raise ValueError("a count is negative")
    if cases.sum() == 0 or controls.sum() == 0:
        raise ValueError("the sample needs cases and controls; it has only one of the two")
    held = (cases + controls) > 0
    distinct, place = np.unique(score[held], return_inverse=True)
    apart = np.diff(distinct) > SAME * np.abs(distinct[1:])
    group = np.append(0, np.cumsum(apart))
    counts = [np.bincount(group[place], each[held]).astype(np.int64) for each in (cases, controls)]
    return distinct[np.append(True, apart)], *counts


def auc(score, cases, controls, level=0.95):
    """Area under the ROC curve with DeLong's variance and limits, cut at 0 and 1.

    The chance that a case scores higher than a control, ties counting half. DeLong, DeLong and
    Clarke-Pearson 1988, Biometrics 44: 837-845. The variance needs two cases and two controls; with fewer
    it and the limits are NaN.
    """
    _, cases, controls = by_score(score, cases, controls)
    n_cases, n_controls = cases.sum(), controls.sum()
    beaten = (np.cumsum(controls) - controls / 2) / n_controls  # share of controls that a case here beats
    beating = (n_cases - np.cumsum(cases) + cases / 2) / n_cases  # share of cases that beat a control here
    value = (cases * beaten).sum() / n_cases
    if min(n_cases, n_controls) < 2:
        return Auc(value, np.nan, np.nan, np.nan)
    variance = (cases * (beaten - value) ** 2).sum() / (n_cases - 1) / n_cases
    variance += (controls * (beating - value) ** 2).sum() / (n_controls - 1) / n_controls
    reach = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return Auc(value, variance, max(0.0, value - reach), min(1.0, value + reach))


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


def at_threshold(score, cases, controls, threshold, level=0.95):
    """What flagging everybody at or above a threshold does: a Series.

    flagged (share of all), sensitivity and specificity, each of the two with Wilson limits (Wilson 1927,
    JASA 22: 209-212) as `_low` and `_high`.
    """
    score, cases, controls = by_score(score, cases, controls)
    hit, spared = cases[score >= threshold].sum(), controls[score < threshold].sum()
    alarms = controls.sum() - spared
    out = {"threshold": threshold, "flagged": (hit + alarms) / (cases.sum() + controls.sum())}
    for name, count, of in (("sensitivity", hit, cases.sum()), ("specificity", spared, controls.sum())):
        low, high = proportion_confint(count, of, alpha=1 - level, method="wilson")
        out |= {name: count / of, f"{name}_low": low, f"{name}_high": high}
    return pd.Series(out)
