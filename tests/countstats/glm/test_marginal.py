"""Marginal effects agree with statsmodels on rows; fractions and their errors with numerical slopes."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from samples import table
from scipy.optimize import approx_fprime
from scipy.special import expit
from scipy.stats import norm

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit, marginal

BASES = {"Class": "1st", "Sex": "Male", "Age": "Adult"}


def titanic(bases=BASES):
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    x = design.matrix(cells, bases)
    return x, cells, logit.fit(x, cells)


def rows_of(x, cells):
    """One row per person: the terms and the outcome."""
    parts = [x.loc[x.index.repeat(cells[each])] for each in COUNTS]
    outcome = np.repeat([1.0, 0.0], [len(part) for part in parts])
    return pd.concat(parts, ignore_index=True), pd.Series(outcome)


def test_effects_agree_with_statsmodels(agrees):
    x, cells, fitted = titanic({"Sex": "Male", "Age": "Adult"})
    rows, y = rows_of(x, cells)
    theirs = sm.Logit(y.to_numpy(), rows.to_numpy()).fit(disp=False, method="newton", tol=1e-12)
    theirs = theirs.get_margeff(at="overall", method="dydx", dummy=True)
    found = marginal.average_effects(x, cells, fitted)
    agrees("marginal effects", found["effect"], theirs.margeff, 12)
    agrees("marginal effects: errors and limits", found["se"], theirs.margeff_se, 11)
    agrees("marginal effects: errors and limits", found[["low", "high"]].to_numpy(), theirs.conf_int(), 11)
    assert (found["share"] - found["share_reference"]).tolist() == pytest.approx(found["effect"].tolist())


def mean_probability(rows, b, **codes):
    """The mean probability with some variables set: standardization done row by row."""
    rows = rows.copy()
    for variable, code in codes.items():
        for column in rows.columns[rows.columns.get_level_values(0) == variable]:
            rows[column] = float(column[1] == code)
    return expit(rows.to_numpy() @ b).mean()


def test_effects_agree_with_standardized_rows(agrees):
    x, cells, fitted = titanic()
    rows, _ = rows_of(x, cells)
    b = fitted.estimates.to_numpy()
    found = marginal.average_effects(x, cells, fitted)
    for code in ("2nd", "3rd", "Crew"):

        def effect(b, code=code):
            return mean_probability(rows, b, Class=code) - mean_probability(rows, b, Class="1st")

        slope = approx_fprime(b, effect, 1e-6)
        se = np.sqrt(slope @ fitted.covariance @ slope)
        agrees("marginal effects, rows set one by one", found.loc[("Class", code), "effect"], effect(b), 12)
        # A numerical slope has no more.
        agrees("marginal effects: errors by numerical slopes", found.loc[("Class", code), "se"], se, 6)


@pytest.mark.parametrize("variables", [["Class"], ["Class", "Sex"]])
def test_fractions_agree_with_standardized_rows(variables, agrees):
    x, cells, fitted = titanic()
    rows, y = rows_of(x, cells)
    b = fitted.estimates.to_numpy()

    def log_remaining(b):
        return np.log(mean_probability(rows, b, **dict.fromkeys(variables)) / expit(rows.to_numpy() @ b).mean())

    found = marginal.attributable_fractions(x, cells, fitted, {"set": variables}, confidence=0.9).loc["set"]
    slope = approx_fprime(b, log_remaining, 1e-6)
    reach = norm.ppf(0.95) * np.sqrt(slope @ fitted.covariance @ slope)
    expected = [1 - np.exp(log_remaining(b) + each) for each in (0, reach, -reach)]
    agrees("attributable fractions", found["fraction"], expected[0], 12)
    agrees("attributable fractions: limits by numerical slopes", found[["low", "high"]], expected[1:], 6)
    assert found["events"] == pytest.approx(found["fraction"] * y.sum())


def test_fraction_agrees_with_the_textbook():
    """With one yes/no variable it is (risk - risk of the unexposed) / risk (Levin 1953)."""
    cells = pd.DataFrame({"bullied": pd.Categorical(["no", "yes"]), "events": [30, 40], "others": [170, 60]})
    x = design.matrix(cells, {"bullied": "no"})
    found = marginal.attributable_fractions(x, cells, logit.fit(x, cells), {"bullied": ["bullied"]})
    assert found.loc["bullied", "fraction"] == pytest.approx(1 - (30 / 200) / (70 / 300))
    assert found.loc["bullied", "low"] < found.loc["bullied", "fraction"] < found.loc["bullied", "high"] < 1


def test_fractions_without_sets_are_empty():
    assert marginal.attributable_fractions(*titanic(), {}).empty
