"""What odds ratios mean in shares of pupils: average marginal effects and attributable fractions.

Both come from standardization over the cells: the fitted model tells the chance of every pupil as recorded, and as it
would be with one variable set to another code and all else left alone; the mean over the pupils counts cells by their
pupils. An average marginal effect is the difference of two such means. The attributable fraction is the share of the
expected events that the model would not expect if everybody had the reference codes (Greenland and Drescher 1993,
Biometrics 49: 865-872, doi 10.2307/2532206; Bruzzi and others 1985, American Journal of Epidemiology 122: 904-914).
Both describe the model among those who called. Neither is an effect of changing anything.

The intervals are the delta method's, for the predictors of the pupils counted; that of a fraction is made on the scale
of log(1 - fraction), which keeps it below 1.

Why not a library: the marginal effects of statsmodels' GLM take a cell for an observation, and it has no attributable
fractions.
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm


def average_effects(matrix, cells, fitted, level=0.95):
    """The average marginal effect of each code against its variable's reference: effect, se, low, high, p.

    matrix, cells, fitted   a design matrix with (variable, code) columns, its counts and its fit (`logit.fit`)
    Returns one row per term without the intercept, on the scale of shares, with two columns more: `share` and
    `share_reference`, the standardized shares with the code and with the reference.
    """
    pupils = _Pupils(matrix, cells, fitted)
    rows = {}
    for place, term in enumerate(matrix.columns):
        if place in pupils.fixed:
            continue
        own = pupils.columns_of([term[0]])
        with_code, slope_code = pupils.mean(own, place)
        with_reference, slope_reference = pupils.mean(own)
        effect, slope = with_code - with_reference, slope_code - slope_reference
        se = np.sqrt(slope @ fitted.covariance @ slope)
        rows[term] = {"effect": effect, "se": se, "share": with_code, "share_reference": with_reference}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(matrix.columns.names)
    reach = norm.ppf((1 + level) / 2) * table["se"]
    table["low"], table["high"] = table["effect"] - reach, table["effect"] + reach
    return table.assign(p=2 * norm.sf((table["effect"] / table["se"]).abs()))


def attributable_fractions(matrix, cells, fitted, sets, level=0.95):
    """The share of the expected events beyond those with all variables of a set at their reference.

    sets   {name: variables}
    Returns one row per set: fraction, low, high (a fraction below 0 means that the reference has the higher chance)
    and events, the fraction of the events in pupils.
    """
    pupils = _Pupils(matrix, cells, fitted)
    expected, slope_expected = pupils.mean([])
    rows = {}
    for name, variables in sets.items():
        left, slope = pupils.mean(pupils.columns_of(variables))
        remaining = left / expected
        slope = slope / left - slope_expected / expected
        reach = norm.ppf((1 + level) / 2) * np.sqrt(slope @ fitted.covariance @ slope)
        rows[name] = {
            "fraction": 1 - remaining,
            "low": 1 - remaining * np.exp(reach),
            "high": 1 - remaining * np.exp(-reach),
            "events": (1 - remaining) * cells["events"].sum(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("set")


class _Pupils:
    """The pupils behind the cells, and their mean chance with some columns set to other values."""

    def __init__(self, matrix, cells, fitted):
        self.x, self.b = matrix.to_numpy(float), fitted.estimates.to_numpy()
        n = cells["events"].to_numpy(float) + cells["others"].to_numpy(float)
        self.weight = n / n.sum()
        self.variable_of = matrix.columns.get_level_values(0)
        self.eta = self.x @ self.b
        self.fixed = np.flatnonzero(self.variable_of == "intercept")

    def columns_of(self, variables):
        """The places of the columns of some variables."""
        return np.flatnonzero(self.variable_of.isin(list(variables)))

    def mean(self, nought, one=None):
        """The mean chance with the columns `nought` at 0 and the column `one` at 1, and its slope in b."""
        nought = np.asarray(nought, dtype=int)
        shift = self.b[one] if one is not None else 0.0
        risk = expit(self.eta - self.x[:, nought] @ self.b[nought] + shift)
        pull = self.weight * risk * (1 - risk)
        slope = pull @ self.x
        slope[nought] = 0.0
        if one is not None:
            slope[one] = pull.sum()
        return self.weight @ risk, slope
