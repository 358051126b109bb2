"""Odds ratios as shares of units: average marginal effects and attributable fractions.

Both come from standardization over the cells: the fitted model gives the probability of the event for every unit as
recorded, and as it would be with one variable set to another code and all else unchanged; the mean over the units
counts cells by their units. An average marginal effect is the difference of two such means. The attributable fraction
is the share of the expected events that the model would not expect if all units had the reference codes (Greenland and
Drescher 1993, Biometrics 49: 865-872, doi 10.2307/2532206; Bruzzi and others 1985, American Journal of Epidemiology
122: 904-914). Both describe the model among the units counted. Neither is an effect of changing anything.

The intervals are the delta method's, for the predictors of these units; that of a fraction is made on the scale of
log(1 - fraction), which keeps it below 1.

Why not a library: the marginal effects of statsmodels' GLM take a cell for an observation, and it has no attributable
fractions.
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from countstats.estimates import half_width
from countstats.glm.design import INTERCEPT, Coded, as_design
from countstats.glm.solver import Fit


def average_effects(
    matrix: pd.DataFrame | Coded, cells: pd.DataFrame, fitted: Fit, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the average marginal effect of each code against its variable's reference.

    Parameters
    ----------
    matrix, cells, fitted : a design matrix with (variable, code) columns, written out or coded, its counts and its fit
        (`logit.fit`)

    Returns
    -------
    DataFrame : effect, se, low, high, p on the scale of shares, and the standardized shares with the code (`share`) and
        with the reference (`share_reference`); one row per term without the intercept
    """
    units = _Standardized(matrix, cells, fitted)
    rows, before = {}, None
    for place, term in enumerate(matrix.columns):
        if place in units.fixed:
            continue
        if term[0] != before:
            before, own = term[0], units.columns_of([term[0]])
            log_odds = units.log_odds(own)
            with_reference, slope_reference = units.mean(own, log_odds)
        with_code, slope_code = units.mean(own, log_odds, place)
        effect, slope = with_code - with_reference, slope_code - slope_reference
        se = np.sqrt(slope @ fitted.covariance @ slope)
        rows[term] = {"effect": effect, "se": se, "share": with_code, "share_reference": with_reference}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(matrix.columns.names)
    half = half_width(table["se"], confidence)
    table["low"], table["high"] = table["effect"] - half, table["effect"] + half
    return table.assign(p=2 * norm.sf((table["effect"] / table["se"]).abs()))


def attributable_fractions(
    matrix: pd.DataFrame | Coded,
    cells: pd.DataFrame,
    fitted: Fit,
    sets: dict[str, list[str]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the share of the expected events beyond those with all variables of a set at their reference.

    Parameters
    ----------
    matrix, cells, fitted : as `average_effects` takes them
    sets : {name: variables}

    Returns
    -------
    DataFrame : fraction, low, high (a fraction below 0 means that the reference has the higher probability) and events,
        the fraction of the events in units; one row per set
    """
    units = _Standardized(matrix, cells, fitted)
    expected, slope_expected = units.mean([], units.log_odds([]))
    rows = {}
    for name, variables in sets.items():
        own = units.columns_of(variables)
        left, slope = units.mean(own, units.log_odds(own))
        remaining = left / expected
        slope = slope / left - slope_expected / expected
        half = half_width(np.sqrt(slope @ fitted.covariance @ slope), confidence)
        rows[name] = {
            "fraction": 1 - remaining,
            "low": 1 - remaining * np.exp(half),
            "high": 1 - remaining * np.exp(-half),
            "events": (1 - remaining) * cells["events"].sum(),
        }
    columns = ["fraction", "low", "high", "events"]  # also where there is no set
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns).rename_axis("set")


class _Standardized:
    """The units behind the cells, and their mean probability with some columns set to other values."""

    def __init__(self, matrix, cells, fitted):
        self.x, self.b = as_design(matrix), fitted.estimates.to_numpy()
        n = cells["events"].to_numpy(float) + cells["others"].to_numpy(float)
        self.weight = n / n.sum()
        self.variable_of = matrix.columns.get_level_values(0)
        self.fixed = np.flatnonzero(self.variable_of == INTERCEPT[0])

    def columns_of(self, variables):
        """The places of the columns of some variables."""
        return np.flatnonzero(self.variable_of.isin(list(variables)))

    def log_odds(self, zero):
        """The log odds of each cell with the columns `zero` at 0."""
        b = self.b.copy()
        b[np.asarray(zero, dtype=int)] = 0.0
        return self.x.times(b)

    def mean(self, zero, log_odds, one=None):
        """The mean probability and its slope in b, from `log_odds` of these columns, and with the column `one` at 1."""
        risk = expit(log_odds + (self.b[one] if one is not None else 0.0))
        pull = self.weight * risk * (1 - risk)
        slope = self.x.transposed_times(pull)
        slope[np.asarray(zero, dtype=int)] = 0.0
        if one is not None:
            slope[one] = pull.sum()
        return self.weight @ risk, slope
