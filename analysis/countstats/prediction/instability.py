"""Instability of individual risks: how much a unit's risk depends on which units the model happened to be fitted to.

Models of bootstrap draws, of the same size and made in the same way, give the same unit other risks. Riley and Collins
2023, doi 10.1002/bimj.202200302. Everything is shown by bands of risk, each of many units, and never unit by unit.

Why not a library: R's pminternal plots single units, and none takes counts.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from countstats.glm.design import Coded, Dense, as_design
from countstats.means import quantile
from countstats.prediction import roc
from countstats.prediction.calibration import ROUNDED, by_rank, smooth_curve

BANDS = 20  # of risk, as many units in each
LEAST = 20  # units in a band: with fewer units there are fewer bands
STEP = 0.001  # to which differences of risks are rounded before their quantiles are taken
POINTS = 25  # of a calibration curve


class Instability(NamedTuple):
    """How much risks change from draw to draw.

    bands : frame with a row per band of the model's risk: band, n (units), predicted (their mean risk), low and high
        (between which the risks of the draws lie, with the probability asked for, for a unit of the band's mean risk),
        mape (mean distance of the draws' risks from the model's), flips (share of units and draws that are flagged by
        one model and not by the other)
    curves : frame of the draws' calibration on all units: place (of the risks, from the lowest), predicted, median, low
        and high (of the observed shares, draw by draw); without rows where no draw has a curve
    mape, flips : of all units
    """

    bands: pd.DataFrame
    curves: pd.DataFrame
    mape: float
    flips: float


def of_draws(
    x: Dense | Coded | ArrayLike,
    events: ArrayLike,
    others: ArrayLike,
    whole: ArrayLike,
    draws: ArrayLike,
    threshold: float,
    confidence: float = 0.95,
) -> Instability:
    """Estimate how much individual risks vary over the models of bootstrap draws.

    Parameters
    ----------
    x
        Design of the units to which the model was fitted (cells, terms), as of `bootstrap.optimism`.
    events, others
        Counts, one entry per cell.
    whole, draws
        Coefficients of the model, (terms,), and of the draws' models, (draws, terms).
    threshold
        Of risk, at which all models flag.

    Notes
    -----
    The memory needed does not grow with the number of draws.
    """
    log_odds, counts = as_design(x).times, np.column_stack([events, others])
    risk, n = expit(log_odds(np.asarray(whole, float))), counts.sum(axis=1)
    number = int(np.clip(n.sum() // LEAST, 1, BANDS))
    band = np.unique(by_rank(risk, n, number), return_inverse=True)[1]
    number, steps = band.max() + 1, round(1 / STEP)
    differences, flips, size = np.zeros(number * (2 * steps + 1), np.int64), np.zeros(number), np.zeros(number)
    flagged, curves = roc.reached(risk, threshold), []
    grid = _grid(risk, n)
    for b in np.asarray(draws, float):
        other = expit(log_odds(b))
        away = np.rint((other - risk) * steps).astype(np.int64) + steps
        differences += np.bincount(band * (2 * steps + 1) + away, n, len(differences)).astype(np.int64)
        size += np.bincount(band, n * np.abs(other - risk), number)
        flips += np.bincount(band, n * (roc.reached(other, threshold) != flagged), number)
        curves.append(_curve(other, counts, grid))
    units, values = np.bincount(band, n, number), np.arange(-steps, steps + 1) * STEP
    frame = pd.DataFrame({"band": np.arange(1, number + 1), "n": units.astype(int)})
    frame["predicted"] = np.bincount(band, n * risk, number) / units
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    reach = np.array([quantile(values, own, ends) for own in differences.reshape(number, -1)])
    frame["low"], frame["high"] = (frame["predicted"].to_numpy()[:, None] + reach).clip(0, 1).T
    frame["mape"], frame["flips"] = size / units / len(draws), flips / units / len(draws)
    total = n.sum() * len(draws)
    return Instability(frame, _spread(curves, grid, ends), float(size.sum() / total), float(flips.sum() / total))


def _grid(risk: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return log odds at which curves are read: from the 2nd to the 98th percentile of the units, evenly."""
    return np.linspace(*logit(quantile(risk, n, [0.02, 0.98])), POINTS)


def _curve(risk: np.ndarray, counts: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the calibration curve of risks at some log odds, as observed shares; NaN where it has none."""
    try:
        curve = smooth_curve(expit(np.round(logit(risk) / ROUNDED) * ROUNDED), *counts.T).curve
    except ValueError:  # a risk that rounds to 0 or 1, or one that separates the two kinds
        return np.full(len(grid), np.nan)
    return expit(np.interp(grid, logit(curve["predicted"]), logit(curve["observed"])))


def _spread(curves: list[np.ndarray], grid: np.ndarray, ends: list[float]) -> pd.DataFrame:
    """Return the pointwise quantiles of curves, of those that are there."""
    there = [curve for curve in curves if np.isfinite(curve).all()]
    if not there:
        return pd.DataFrame(columns=["place", "predicted", "median", "low", "high"], dtype=float)
    low, median, high = np.quantile(there, [ends[0], 0.5, ends[1]], axis=0)
    return pd.DataFrame(
        {"place": np.arange(1, len(grid) + 1), "predicted": expit(grid), "median": median, "low": low, "high": high}
    )
