"""The rows behind a finished copy of the compendium, and the list of the results that are computed from them."""

import json
from functools import cached_property

import by_rows
import numpy as np
import pandas as pd

from hotline.codebook import codebook
from hotline.models.predictors import predictors
from hotline.pipeline import schedule

LEVELS = ["well", "imbalance", "high_risk"]
STEPS = schedule.runs()
OUTCOMES = tuple(step.removeprefix("07-use-") for step in STEPS if step.startswith("07-use-"))
NUMERIC = ["age", "call_length", "waiting", "follow_ups", "satisfaction"]
RECOMPUTED = {}


def recomputes(step, name, *keys, looser=None):
    """Mark a function of the `Study` as the way from rows to a result whose rows are named by the columns `keys`.

    looser: {column, or key of a row: digits} where fewer than all can be asked for; the reason stands next to it.
    A notebook that runs once for each outcome stands for all its runs; its function takes the outcome too.
    """

    def marked(function):
        for outcome in (None,) if step in STEPS else OUTCOMES:
            full = f"{step}-{outcome}" if outcome else step
            of_outcome = (lambda study, outcome=outcome: function(study, outcome)) if outcome else function
            RECOMPUTED[full, name] = of_outcome, list(keys), looser or {}
        return function

    return marked


class Study:
    """The rows behind a finished copy of the compendium."""

    def __init__(self, folder):
        self.folder, self.book = folder, codebook()
        self.cases, self.calls = (
            by_rows.read(folder / f"data-derived/01-clean/{name}.parquet", self.book) for name in ("cases", "calls")
        )
        self.blocks = predictors(self.book)
        self.names = [name for names in self.blocks.values() for name in names]
        self.reference = {name: self.book[name].reference for name in self.names}

    @cached_property
    def complete(self):
        """The pupils with all predictors recorded."""
        rows = self.cases.dropna(subset=self.names).reset_index(drop=True)
        for outcome in OUTCOMES:  # else some would be set apart, for which nothing here provides
            assert all(pd.crosstab(rows[name], rows[outcome]).to_numpy().min() > 0 for name in self.names)
        return rows

    def parameter(self, step, name):
        """Return a parameter with which a step was run."""
        run = json.loads((self.folder / "data-derived" / step / "run.json").read_text(encoding="utf-8"))
        return run["parameters"][name]

    def result(self, step, name):
        """Return a result as the notebook wrote it."""
        file = self.folder / "data-derived" / step / "results" / f"{name}.csv"
        return pd.read_csv(file, keep_default_na=False, na_values=[""])

    def by_level(self, x):
        """Return the recorded values of a number, level by level."""
        known = self.cases[["level", x]].dropna().astype({x: float})
        return [known.loc[known["level"] == level, x].to_numpy() for level in LEVELS]


def kinds(rows, by, event):
    """Return a number for each row: rows alike in the columns `by` and in the event have the same one.

    In the order in which a notebook's cells stand, events before others: so a draw of counts can be made again.
    """
    return 2 * rows.groupby(by, observed=True).ngroup().to_numpy() + ~event


def counts(kind):
    """Return how many rows of each kind there are: pairs, of which the last may be empty."""
    return np.bincount(kind, minlength=2 * (kind.max() // 2) + 2)


def first_part(kind, portion, rng):
    """Return which rows go into the first part of a random split: the notebook's own draw, made again.

    It draws how many of each kind go; rows of one kind are alike, so the first ones go.
    """
    taken = rng.multivariate_hypergeometric(counts(kind), round(portion * len(kind)), method="marginals")
    return pd.Series(kind).groupby(kind).cumcount().to_numpy() < taken[kind]


def bootstrap(kind, rng):
    """Return the places of the rows of a bootstrap draw: the notebook's own, of how many of each kind, made again."""
    held, place = np.unique(kind, return_index=True)
    return np.repeat(place, rng.multinomial(len(kind), counts(kind) / len(kind))[held])
