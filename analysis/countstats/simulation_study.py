"""Replications of a simulation, and what they show: bias, standard errors, coverage, with Monte-Carlo errors.

Source of the formulas: Morris, White and Crowther (2019), Statistics in Medicine 38: 2074-2102, table 6,
doi 10.1002/sim.8086. Why not a library: Stata (simsum) and R (rsimsum) have one, Python has none.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom


def replicate(streams: Iterable[Any], draw: Callable[..., pd.DataFrame], *args: Any) -> pd.DataFrame:
    """Run `draw(rng, *args)` once with each stream, and return the tables below one another.

    Parameters
    ----------
    streams
        Seeds, or children of a `numpy.random.SeedSequence`.
    draw
        Draws a sample and estimates; returns a row per estimate.

    Returns
    -------
    pandas.DataFrame
        The rows of all tables, with the column replication in front.
    """
    tables = [draw(np.random.default_rng(stream), *args) for stream in streams]
    return pd.concat(tables, keys=range(len(tables)), names=["replication"]).reset_index(level=0)


def covered(estimates: pd.DataFrame) -> pd.Series:
    """Return for each estimate whether its interval, low to high, contains the truth."""
    return (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])


def performance(estimates: pd.DataFrame, by: str | Sequence[str]) -> pd.DataFrame:
    """Return bias, empirical SE and coverage of every group of estimates, each with its Monte-Carlo error.

    Parameters
    ----------
    estimates
        One row per estimate: b, se, low, high, truth, and the columns `by` that name the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: its names, truth, mean, empirical_se (SD of the estimates), n, bias, model_se (root mean
        square of the estimated standard errors), coverage; those that end in _mcse are Monte-Carlo standard errors.
    """
    groups = estimates.assign(covered=covered(estimates), square=estimates["se"] ** 2).groupby(by, sort=False)
    table = groups.agg(truth=("truth", "first"), mean=("b", "mean"), empirical_se=("b", "std"), n=("b", "size"))
    table["bias"] = table["mean"] - table["truth"]
    table["bias_mcse"] = table["empirical_se"] / np.sqrt(table["n"])
    table["empirical_se_mcse"] = table["empirical_se"] / np.sqrt(2 * (table["n"] - 1))
    table["model_se"] = np.sqrt(groups["square"].mean())
    table["coverage"] = groups["covered"].mean()
    table["coverage_mcse"] = np.sqrt(table["coverage"] * (1 - table["coverage"]) / table["n"])
    return table.reset_index()


def band(share: float, replications: int, tests: int = 1, confidence: float = 0.999) -> tuple[float, float]:
    """Return the limits between which an observed share stays, in all of several tests at once.

    Parameters
    ----------
    share
        The true share, such as the nominal coverage.
    replications
        How many replications each observed share comes from.
    tests
        How many shares are looked at; the tails are divided among them (Bonferroni).
    """
    tail = (1 - confidence) / 2 / tests
    return binom.ppf(tail, replications, share) / replications, binom.isf(tail, replications, share) / replications
