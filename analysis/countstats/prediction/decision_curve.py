"""Net benefit, from counts: whether acting on a predicted risk does more good than harm."""

import numpy as np
import pandas as pd
from scipy.stats import norm


def net_benefit(risk, cases, controls, thresholds, confidence=0.95):
    """The decision curve: a frame with a row per threshold.

    risk, cases, controls: arrays of the same length, the predicted risk and how many with and without the event have
    it. Whoever has at least the threshold's risk is flagged. Columns: threshold; model (net benefit of flagging by
    the model) with its Wald limits low, high; all (of flagging everybody). Flagging nobody has 0. Then ahead, with
    ahead_low and ahead_high: the model's net benefit less that of the better of the two simple policies, with the
    limits of a difference between two policies for the same pupils.

    The threshold says what a false alarm costs: at 20% four false alarms weigh as much as one pupil found. Net benefit
    is found pupils less weighted false alarms, per pupil: a mean over pupils of 1, minus the odds of the threshold, or
    0, and so its standard error is that of a mean. So is that of a difference: against flagging nobody a pupil makes
    the same difference; against everybody, -1 if missed and plus the odds if spared. Vickers and Elkin 2006, doi
    10.1177/0272989X06295361.
    ValueError for a threshold that is not between 0 and 1, or for nobody.

    Why not a library: dcurves takes rows and holds pandas below 3; the formula has two lines.
    """
    risk, cases, controls = np.asarray(risk, float), np.asarray(cases, float), np.asarray(controls, float)
    thresholds, total = np.asarray(thresholds, float), np.sum(cases) + np.sum(controls)
    if not total:
        raise ValueError("there is nobody to be flagged")
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError("a threshold of risk must lie between 0 and 1, both excluded")
    order = np.argsort(risk)
    # How many stand at or above each threshold, of each kind.
    places = np.searchsorted(risk[order], thresholds, side="left")
    found, alarms = (np.append(np.cumsum(each[order][::-1])[::-1], 0)[places] / total for each in (cases, controls))
    odds = thresholds / (1 - thresholds)
    share, z = cases.sum() / total, norm.ppf((1 + confidence) / 2)
    everybody, missed, spared = share - odds * (1 - share), share - found, 1 - share - alarms

    def with_limits(mean, mean_square):
        reach = z * np.sqrt(np.clip(mean_square - mean**2, 0, None) / total)
        return np.array([mean, mean - reach, mean + reach])

    model = with_limits(found - odds * alarms, found + odds**2 * alarms)
    against_all = with_limits(odds * spared - missed, odds**2 * spared + missed)
    ahead = np.where(everybody > 0, against_all, model)
    columns = dict(zip(("model", "low", "high"), model, strict=True)) | {"all": everybody}
    return pd.DataFrame({"threshold": thresholds} | columns).assign(
        **dict(zip(("ahead", "ahead_low", "ahead_high"), ahead, strict=True))
    )


def surely_ahead(curve):
    """Where the model is ahead of both simple policies by more than chance: (rows of the curve, number of gaps).

    curve: as `net_benefit` gives it. Gaps are runs of thresholds between the first and the last such row at which the
    lower limit of the difference is not above nought.
    """
    ahead = (curve["ahead_low"] > 0).to_numpy()
    starts = np.flatnonzero(np.diff(np.append(False, ahead).astype(int)) == 1)
    return curve[ahead], max(len(starts) - 1, 0)
