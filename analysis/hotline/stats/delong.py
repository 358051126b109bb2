"""Two areas under the ROC curve of the same pupils, compared.

The difference has DeLong's variance, in which the two areas are correlated (DeLong, DeLong and Clarke-Pearson 1988,
Biometrics 44: 837-845, doi 10.2307/2531595). Only for scores made without these pupils: the areas of two models, one
within the other, on the pupils that fitted them do not differ as the test supposes (Demler, Pencina and D'Agostino
2012, doi 10.1002/sim.5328).

Why not a library: the packages that have DeLong's test take one row per pupil.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from hotline.stats.roc import auc, by_score


class Difference(NamedTuple):
    """Area of the second score less that of the first, its standard error, limits and p-value."""

    value: float
    se: float
    low: float
    high: float
    p: float


def difference(first, second, cases, controls, level=0.95):
    """Compare the areas of two scores: a `Difference`.

    first, second, cases, controls   arrays of the same length: two scores, and how many with the event and how many
    without have this pair of scores
    The limits are of the difference and are not cut. Where both scores put all pupils in the same order, there is no
    variance: se is 0 and p is 1. With fewer than two cases or controls all but the value is NaN.
    """
    cases, controls = np.asarray(cases, dtype=float), np.asarray(controls, dtype=float)
    n_cases, n_controls = cases.sum(), controls.sum()
    beaten, beating = zip(*(_placements(score, cases, controls) for score in (first, second)), strict=True)
    gain_cases, gain_controls = beaten[1] - beaten[0], beating[1] - beating[0]
    value = cases @ gain_cases / n_cases
    if min(n_cases, n_controls) < 2:
        return Difference(value, np.nan, np.nan, np.nan, np.nan)
    variance = cases @ (gain_cases - value) ** 2 / (n_cases - 1) / n_cases
    variance += controls @ (gain_controls - value) ** 2 / (n_controls - 1) / n_controls
    se = np.sqrt(variance)
    reach = norm.ppf((1 + level) / 2) * se
    p = 2 * norm.sf(abs(value) / se) if se > 0 else 1.0
    return Difference(value, se, value - reach, value + reach, p)


def _placements(score, cases, controls):
    """For each entry: the share of controls that a case here beats, and of cases that beat a control here."""
    distinct, at_cases, at_controls = by_score(score, cases, controls)
    n_cases, n_controls = at_cases.sum(), at_controls.sum()
    beaten = (np.cumsum(at_controls) - at_controls / 2) / n_controls
    beating = (n_cases - np.cumsum(at_cases) + at_cases / 2) / n_cases
    # `by_score` gives the highest of the scores that are one: each entry belongs to the first that is not lower.
    place = np.searchsorted(distinct, np.asarray(score, dtype=float)).clip(max=len(distinct) - 1)
    return beaten[place], beating[place]


def gains(scores, cases, controls, level=0.95):
    """The area of each of several scores, and what it gains over the score before it.

    scores   {name: array}, two or more
    Returns one row per score but the first: auc, auc_low, auc_high, gain, gain_low, gain_high and gain_p.
    """
    rows = {}
    for before, name in pairwise(scores):
        area = auc(scores[name], cases, controls, level)
        change = difference(scores[before], scores[name], cases, controls, level)
        rows[name] = {
            **{"auc": area.value, "auc_low": area.low, "auc_high": area.high},
            **{"gain": change.value, "gain_low": change.low, "gain_high": change.high, "gain_p": change.p},
        }
    return pd.DataFrame.from_dict(rows, orient="index")
