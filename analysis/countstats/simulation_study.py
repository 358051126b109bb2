"""Replications of a simulation, and what they amount to: bias, standard errors, coverage, with Monte-Carlo errors.

Source of the formulas: Morris, White and Crowther (2019), Statistics in Medicine 38: 2074-2102, table 6,
doi 10.1002/sim.8086. Why not a library: Stata (simsum) and R (rsimsum) have one, Python has none.
"""

import numpy as np
import pandas as pd
from scipy.stats import binom


def replicate(streams, draw, *given):
    """Run `draw(rng, *given)` once with each stream; returns the tables below one another."""
    tables = [draw(np.random.default_rng(stream), *given) for stream in streams]
    return pd.concat(tables, keys=range(len(tables)), names=["replication"]).reset_index(level=0)


def covered(estimates):
    """Return for each estimate whether its interval contains the truth."""
    return (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])


def performance(estimates, by):
    """Return bias, empirical SE and coverage of every group of estimates, each with its Monte-Carlo error.

    estimates   one row per estimate: b, se, low, high, truth, and the columns `by` that name the groups
    Returns one row per group: its names, truth, mean, empirical_se (SD of the estimates), n, bias, model_se (root
    mean square of the estimated standard errors), coverage; ..._mcse are Monte-Carlo standard errors.
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


def band(share, replications, tests=1, confidence=0.999):
    """Return the shares between which a true `share` stays over so many replications, in all `tests` at once."""
    tail = (1 - confidence) / 2 / tests
    return binom.ppf(tail, replications, share) / replications, binom.isf(tail, replications, share) / replications
