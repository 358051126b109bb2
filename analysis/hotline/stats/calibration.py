"""Calibration from counts: whether predicted risks are the risks that come true.

Every function takes three arrays of the same length: the predicted risk, and how many `cases` (with the
event) and `controls` (without) were given it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.proportion import proportion_confint

from hotline.stats.cells import TIGHT
from hotline.stats.roc import by_score


class Estimate(NamedTuple):
    """A number with its standard error and its Wald limits."""

    value: float
    se: float
    low: float
    high: float


def _log_odds(risk, cases, controls):
    """Distinct risks as log odds, with their counts; ValueError unless every risk lies between 0 and 1."""
    risk, cases, controls = by_score(risk, cases, controls)
    if risk[0] <= 0 or risk[-1] >= 1:
        raise ValueError("a predicted risk must lie between 0 and 1, both excluded")
    return logit(risk), np.column_stack([cases, controls])


def _estimate(fit, term, level):
    value, se = float(fit.params[term]), float(fit.bse[term])
    reach = norm.ppf((1 + level) / 2) * se
    return Estimate(value, se, value - reach, value + reach)


def in_the_large(risk, cases, controls, level=0.95):
    """Calibration-in-the-large: the intercept of a logistic model on the predicted log odds, slope held at 1.

    0 is ideal; above 0 the risks were predicted too low on the whole. Cox 1958, Biometrika 45: 562-565;
    Steyerberg 2019, Clinical Prediction Models, chapter 15.
    """
    odds, counts = _log_odds(risk, cases, controls)
    fit = GLM(counts, np.ones((len(odds), 1)), family=Binomial(), offset=odds).fit(**TIGHT)
    return _estimate(fit, 0, level)


def slope(risk, cases, controls, level=0.95):
    """Calibration slope: the slope of a logistic model on the predicted log odds, its intercept free.

    1 is ideal; below 1 the predictions are too extreme, as those of an overfitted model are. Cox 1958.
    ValueError if all have the same risk, or if the risk separates cases from controls: no slope then.
    """
    odds, counts = _log_odds(risk, cases, controls)
    if len(odds) == 1:
        raise ValueError("everybody has the same predicted risk: it has no calibration slope")
    of_cases, of_controls = odds[counts[:, 0] > 0], odds[counts[:, 1] > 0]
    if of_cases.min() >= of_controls.max() or of_cases.max() <= of_controls.min():
        raise ValueError("the risk separates cases from controls: no finite calibration slope")
    fit = GLM(counts, np.column_stack([np.ones_like(odds), odds]), family=Binomial()).fit(**TIGHT)
    return _estimate(fit, 1, level)


def brier(risk, cases, controls):
    """Mean squared difference of predicted risk and outcome (Brier 1950, Monthly Weather Review 78: 1-3)."""
    risk, cases, controls = by_score(risk, cases, controls)
    return float((cases * (1 - risk) ** 2 + controls * risk**2).sum() / (cases.sum() + controls.sum()))


def tenths(risk, cases, controls, groups=10, level=0.95):
    """Predicted against observed risk in groups of equal size by predicted risk, a frame with a row each.

    group, n, events, expected (sum of the risks), predicted (mean risk), observed (share) and its Wilson
    limits low, high. The cuts are quantiles of the predicted risk of type 7 (Hyndman and Fan 1996), those of
    R; a group holds the risks above its lower cut and up to its upper one. Risks so few that cuts
    coincide give fewer groups.
    """
    risk, cases, controls = by_score(risk, cases, controls)
    n = cases + controls
    cuts = _quantiles(risk, n, groups)
    group = np.searchsorted(np.unique(cuts), risk, side="left")
    frame = pd.DataFrame({"n": n, "events": cases, "expected": n * risk}).groupby(group).sum()
    frame["predicted"], frame["observed"] = frame["expected"] / frame["n"], frame["events"] / frame["n"]
    low, high = proportion_confint(frame["events"], frame["n"], 1 - level, method="wilson")
    # At a share of 0 or 1 rounding would put the limit that equals it on its wrong side.
    frame["low"], frame["high"] = np.minimum(low, frame["observed"]), np.maximum(high, frame["observed"])
    frame.insert(0, "group", np.arange(1, len(frame) + 1))
    return frame.reset_index(drop=True)


def _quantiles(values, n, groups):
    """The type-7 quantiles that cut sorted distinct values, which occur `n` times each, into groups."""
    last = np.cumsum(n)
    rank = np.arange(1, groups) * (last[-1] - 1) / groups
    below = np.floor(rank)
    left, right = (values[np.searchsorted(last, place, side="right")] for place in (below, np.ceil(rank)))
    return left + (rank - below) * (right - left)
