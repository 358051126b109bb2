"""One form for an estimate with its interval, and for a test of the chi-square kind."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm


@dataclass(frozen=True)
class Estimate:
    """An estimate, its confidence limits, and its standard error (NaN where the interval comes without one)."""

    value: float
    low: float
    high: float
    se: float = np.nan

    @property
    def with_limits(self) -> tuple[float, float, float]:
        """Value, lower and upper limit."""
        return self.value, self.low, self.high


class ChiSquare(NamedTuple):
    """A chi-square test: statistic, degrees of freedom and p-value; NaN where there is no test."""

    chi_square: float
    df: int
    p: float


def check_confidence(confidence: float) -> None:
    """Raise ValueError for a confidence level that does not lie between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {confidence}")


def half_width(se: ArrayLike, confidence: float = 0.95) -> float | np.ndarray:
    """Return half the width of the interval of a normal distribution with this standard error.

    Raises
    ------
    ValueError
        For a confidence level that does not lie between 0 and 1.
    """
    check_confidence(confidence)
    return norm.ppf((1 + confidence) / 2) * se


def wald(value: float, se: float, confidence: float = 0.95) -> Estimate:
    """Return an estimate with the limits that a normal distribution gives it.

    >>> [round(each, 2) for each in wald(1.0, 0.5).with_limits]
    [1.0, 0.02, 1.98]
    """
    value, se = float(value), float(se)
    half = float(half_width(se, confidence))
    return Estimate(value, value - half, value + half, se)
