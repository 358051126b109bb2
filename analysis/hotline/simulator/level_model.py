"""The ordinal model of the level that makes the simulated data, and its fit to them.

The terms are those of published.yml, named "variable=code"; "a:b=c:d" is an interaction. A dozen variables leave nearly
every pupil a cell of its own, so counting pupils into cells saves nothing here. What does: the terms are made once for
all fits to the same pupils, who are counted by how often an analysis shows them.
"""

from collections.abc import Collection, Mapping
from types import SimpleNamespace

import numpy as np
import pandas as pd

from countstats.glm import ordinal
from hotline.codebook import Codebook

CONFIDENCE = 0.95
# Far below every standard error; further steps would change digits that are never read.
FIT_TOL = 1e-4
# The lowest level that counts as an event, by outcome.
LOWEST = {"at_risk": "imbalance", "high_risk": "high_risk"}


def terms(frame: pd.DataFrame, ratios: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Return a column of 0 and 1 for every code that is named, shape (rows, terms).

    Parameters
    ----------
    ratios
        {variable: codes}, or {variable: {code: odds ratio}}; "a:b" is an interaction.
    """
    columns = {}
    for variable, codes in ratios.items():
        for code in codes:
            pairs = zip(variable.split(":"), code.split(":"), strict=True)
            columns[f"{variable}={code}"] = np.logical_and.reduce([frame[name] == value for name, value in pairs])
    return pd.DataFrame(columns, dtype=float)


def log_ratios(table: SimpleNamespace) -> pd.Series:
    """Return the logarithms of a table of odds ratios of published.yml, by term."""
    ratios = {f"{variable}={code}": x for variable, codes in vars(table).items() for code, x in codes.items()}
    return np.log(pd.Series(ratios, dtype=float))


def truth(numbers: SimpleNamespace) -> pd.Series:
    """Return the coefficients that draw the level (log odds), named as `ordinal.fit` names its estimates."""
    intercepts = pd.Series(numbers.level.intercepts).rename("{}: intercept".format)
    departures = log_ratios(numbers.level_departures).rename("high_risk: {}".format)
    return pd.concat([intercepts, departures, log_ratios(numbers.level_odds_ratios)])


def truth_of_outcome(numbers: SimpleNamespace, outcome: str) -> pd.Series:
    """Return the coefficients of a logistic model of an outcome, "at_risk" or "high_risk"."""
    slopes = log_ratios(numbers.level_odds_ratios)
    if outcome == "high_risk":
        slopes = slopes.add(log_ratios(numbers.level_departures), fill_value=0)[slopes.index]
    return pd.concat([pd.Series({"event: intercept": numbers.level.intercepts[LOWEST[outcome]]}), slopes])


def fit(x: pd.DataFrame, counts: pd.DataFrame, true: pd.Series, departures: Collection[str] = ()) -> pd.DataFrame:
    """Fit an ordinal model to `terms` and the counts of each row by level.

    The fit begins at the true values, which saves steps and does not change the maximum.

    Parameters
    ----------
    x
        The terms, shape (rows, terms).
    counts
        How often each row is counted, shape (rows, levels).
    true
        The coefficients that made the data, shape (coefficients,).
    departures
        Names of the terms that depart from proportional odds at high risk.

    Returns
    -------
    pandas.DataFrame
        One row per coefficient: term, b, se, low, high, truth.

    Raises
    ------
    countstats.glm.solver.NoEstimate
        Where the likelihood has no maximum.
    """
    model = ordinal.fit(x, counts, {"high_risk": list(departures)}, start=true, tolerance=FIT_TOL)
    table = model.table(CONFIDENCE)[["b", "se", "low", "high"]].rename_axis("term")
    return table.assign(truth=true).reset_index()


def label(book: Codebook, term: str) -> str:
    """Return a term as readers know it, such as "Sex: Girl", or for a departure "Sex: Girl, departure at high risk"."""
    level, _, name = term.rpartition(": ")
    suffix = f", departure at {book.label('level', level).lower()}" if level else ""
    if name == "intercept":
        return f"Intercept of {book.label('level', level).lower()}"
    pairs = zip(*(side.split(":") for side in name.split("=")), strict=True)
    labels = [
        f"{book[one].title}: {book.label(one, code)}" if one in book.fields else code.capitalize()
        for one, code in pairs
    ]
    return " × ".join(labels) + suffix
