"""Net benefit, from counts: whether acting on a predicted risk does more good than harm."""

import numpy as np
import pandas as pd
from scipy.stats import norm


def net_benefit(risk, cases, controls, thresholds, level=0.95):
    """The decision curve: a frame with a row per threshold.

    risk, cases, controls: arrays of the same length, the predicted risk and how many with and without the event have
    it. Whoever has at least the threshold's risk is flagged. Columns: threshold; model (net benefit of flagging by
    the model) with its Wald limits low, high; all (of flagging everybody). Flagging nobody has 0.

    The threshold says what a false alarm costs: at 20% four false alarms weigh as much as one pupil found. Net benefit
    is found pupils less weighted false alarms, per pupil: a mean over pupils of 1, minus the odds of the threshold, or
    0, and so its standard error is that of a mean. Vickers and Elkin 2006, doi 10.1177/0272989X06295361.
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
    model = found - odds * alarms
    spread = np.sqrt(np.clip(found + odds**2 * alarms - model**2, 0, None) / total)
    reach = norm.ppf((1 + level) / 2) * spread
    share = cases.sum() / total
    columns = {"threshold": thresholds, "model": model, "low": model - reach, "high": model + reach}
    return pd.DataFrame(columns | {"all": share - odds * (1 - share)})
