"""Net benefit, from counts: whether acting on a predicted risk does more good than harm."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.counts import alike, finite, whole
from countstats.estimates import half_width
from countstats.prediction.roc import ROUNDING


def net_benefit(
    risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, thresholds: ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the decision curve: the net benefit of flagging by a model, at each threshold.

    The threshold says what a false alarm costs: at 20% four false alarms weigh as much as one event found. Net benefit
    is events found less weighted false alarms, per unit: a mean over units of 1, minus the odds of the threshold, or
    0, and so its standard error is that of a mean. So is that of a difference: against flagging none a unit makes
    the same difference; against flagging all, -1 if missed and plus the odds if spared. Vickers and Elkin 2006, doi
    10.1177/0272989X06295361.

    Why not a library: dcurves takes rows and holds pandas below 3; the formula has two lines.

    Parameters
    ----------
    risk, cases, controls
        The predicted risk, and how many units with and without the event have it, of one length.
    thresholds
        Of risk, between 0 and 1. A unit is flagged that has at least the threshold's risk.

    Returns
    -------
    pandas.DataFrame
        One row per threshold: threshold; model (net benefit of flagging by the model) with its Wald limits low, high;
        all (of flagging all; flagging none has 0); ahead, ahead_low, ahead_high: the model's net benefit less that of
        the better of the two simple policies, with the limits of a difference of two policies for the same units.

    Raises
    ------
    ValueError
        For a threshold that is not between 0 and 1, for counts that are none (`counts.whole`), or without units.
    """
    alike(risk, cases, controls)
    risk, cases, controls = finite(risk, "risks"), whole(cases).astype(float), whole(controls).astype(float)
    thresholds, total = finite(thresholds, "thresholds"), np.sum(cases) + np.sum(controls)
    if not total:
        raise ValueError("there are no units to be flagged")
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError("a threshold of risk must lie between 0 and 1, both excluded")
    order = np.argsort(risk)
    # How many stand at or above each threshold, of each kind.
    places = np.searchsorted(risk[order], thresholds - ROUNDING, side="left")
    hits, alarms = (np.append(np.cumsum(each[order][::-1])[::-1], 0)[places] / total for each in (cases, controls))
    odds = thresholds / (1 - thresholds)
    share = cases.sum() / total
    flag_all, missed, spared = share - odds * (1 - share), share - hits, 1 - share - alarms

    def with_limits(mean, mean_square):
        half = half_width(np.sqrt(np.clip(mean_square - mean**2, 0, None) / total), confidence)
        return np.array([mean, mean - half, mean + half])

    model = with_limits(hits - odds * alarms, hits + odds**2 * alarms)
    against_all = with_limits(odds * spared - missed, odds**2 * spared + missed)
    ahead = np.where(flag_all > 0, against_all, model)
    columns = dict(zip(("model", "low", "high"), model, strict=True)) | {"all": flag_all}
    return pd.DataFrame({"threshold": thresholds} | columns).assign(
        **dict(zip(("ahead", "ahead_low", "ahead_high"), ahead, strict=True))
    )


def surely_ahead(curve: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return where the model is significantly ahead of both simple policies: rows of the curve, and number of gaps.

    Gaps are runs of thresholds between the first and the last such row at which the lower limit of the difference is
    not above zero.

    Parameters
    ----------
    curve
        As `net_benefit` gives it.
    """
    ahead = (curve["ahead_low"] > 0).to_numpy()
    starts = np.flatnonzero(np.diff(np.append(False, ahead).astype(int)) == 1)
    return curve[ahead], max(len(starts) - 1, 0)
