"""How many units a prediction model needs, to be developed and to be validated (Riley and colleagues).

Why not a library: pmsampsize needs Python 3.12 and pmvalsampsize draws the risks at random; both are under a licence
that does not fit that of this package. The tests hold these functions against what they print.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import norm

MAX_TERMS_FOR_ERROR = 30  # the formula of the mean absolute error was fitted to models with no more coefficients


def largest_r2(share: float) -> float:
    """Return the largest Cox-Snell R-squared that a model of an event with this share can have."""
    return 1 - math.exp(2 * (share * math.log(share) + (1 - share) * math.log(1 - share)))


def development(
    parameters: int,
    r2: float,
    share: float,
    shrinkage: float = 0.9,
    difference: float = 0.05,
    margin: float = 0.05,
    error: float = 0.05,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how many units are needed to develop a logistic model.

    Riley et al. 2019, doi 10.1002/sim.7992; Riley et al. 2020, doi 10.1136/bmj.m441. The last criterion is a formula
    fitted to simulations with no more than `MAX_TERMS_FOR_ERROR` coefficients (van Smeden et al. 2019, doi
    10.1177/0962280218784726), and left out beyond them.

    Parameters
    ----------
    parameters
        Coefficients to be estimated, without the intercept.
    r2
        Cox-Snell R-squared to expect.
    share
        Of the event.
    shrinkage
        The least calibration slope to expect in new units.
    difference
        The largest between apparent and adjusted Nagelkerke R-squared.
    margin
        Half the width of the interval of the overall risk.
    error
        The mean absolute error of the predicted risks.

    Returns
    -------
    pandas.DataFrame
        One row per criterion: criterion (shrinkage, optimism, overall_risk, error), target, n.

    Raises
    ------
    ValueError
        For an R-squared that is not below the largest at this share.
    """
    most = largest_r2(share)
    if not 0 < r2 < most:
        raise ValueError(f"at a share of {share:.3f}, R-squared lies between 0 and {most:.3f}, not {r2:.3f}")
    for_difference = r2 / (r2 + difference * most)

    def needed(target):
        return parameters / ((target - 1) * math.log(1 - r2 / target))

    rows = {
        "shrinkage": (shrinkage, needed(shrinkage)),
        "optimism": (difference, needed(for_difference)),
        "overall_risk": (margin, (norm.ppf((1 + confidence) / 2) / margin) ** 2 * share * (1 - share)),
    }
    if parameters <= MAX_TERMS_FOR_ERROR:
        log_n = (-0.508 + 0.259 * math.log(share) + 0.504 * math.log(parameters) - math.log(error)) / 0.544
        rows["error"] = (error, math.exp(log_n))
    return _frame(rows)


def expected_shrinkage(parameters: int, r2: float, n: int) -> float:
    """Return the calibration slope to expect in new units of a model with this Cox-Snell R-squared, developed on n.

    Van Houwelingen and Le Cessie 1990, doi 10.1002/sim.4780091109, in the form of Riley et al. 2019, equation 5.
    """
    return 1 + parameters / (n * math.log(1 - r2))


def validation(
    odds: ArrayLike,
    n: ArrayLike,
    share: float,
    area: float,
    oe_width: float = 0.2,
    slope_width: float = 0.2,
    area_width: float = 0.1,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how many units are needed to validate a model with a wanted precision.

    The model is taken to be well calibrated. Riley et al. 2021, doi 10.1002/sim.9025, and 2024, doi
    10.1136/bmj-2023-074821; the variance of the area is Newcombe's (2006, doi 10.1002/sim.2324). Of the criteria of
    2024 that of net benefit is left out: it needs a threshold that was agreed on before.

    Parameters
    ----------
    odds, n
        Predicted log odds, and how many units have them, of one length; their distribution decides how precise a slope
        is.
    share
        Of the event.
    area
        Under the ROC curve, to expect.
    oe_width, slope_width, area_width
        Widths of the intervals wanted for O/E, slope and area.

    Returns
    -------
    pandas.DataFrame
        One row per criterion: criterion (oe, slope, area), target, n.

    Raises
    ------
    ValueError
        Where all have the same log odds.
    """
    z = norm.ppf((1 + confidence) / 2)
    se_oe = math.asinh(oe_width / 2) / z  # the interval runs from exp(-z se) to exp(z se)
    rows = {
        "oe": (oe_width, (1 - share) / (share * se_oe**2)),
        "slope": (slope_width, _for_slope(np.asarray(odds, float), np.asarray(n, float), slope_width / (2 * z))),
        "area": (area_width, _for_area(share, area, area_width / (2 * z))),
    }
    return _frame(rows)


def _for_slope(odds: np.ndarray, n: np.ndarray, se: float) -> float:
    """Return n for a standard error of the slope, from the information of intercept and slope per unit."""
    weight = n / n.sum() * expit(odds) * expit(-odds)
    odds = np.where(np.isfinite(odds), odds, 0)  # of a risk that rounds to 0 or 1, which has no weight
    a, b, c = weight.sum(), weight @ odds, weight @ odds**2
    if a * c - b**2 <= 1e-12 * a * c:
        raise ValueError("all units have the same predicted risk: no number of units makes its slope precise")
    return a / (se**2 * (a * c - b**2))


def area_se(area: float, share: float, n: int) -> float:
    """Return the standard error of an area under the ROC curve among n units (Newcombe 2006, his method 4)."""
    half = n / 2 - 1
    spread = 1 + half * (1 - area) / (2 - area) + half * area / (1 + area)
    return math.sqrt(area * (1 - area) * spread / (n**2 * share * (1 - share)))


def _for_area(share: float, area: float, se: float) -> int:
    """Return the least n at which the area is so precise: it falls with n, so that halving finds it."""
    low, high = 1, 1
    while area_se(area, share, high) > se:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if area_se(area, share, middle) <= se else (middle, high)
    return high


def _frame(rows: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame([(name, target, math.ceil(n)) for name, (target, n) in rows.items()],
                        columns=["criterion", "target", "n"])  # fmt: skip
