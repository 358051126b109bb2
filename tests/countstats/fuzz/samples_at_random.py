"""Random tables of counts of every kind that gives trouble, and their rows."""

import numpy as np
import pandas as pd

KINDS = ("plain", "sparse", "few", "ties", "large")
CHECKS = {}  # {name of a public function: its check, which takes a random generator and a kind of table}


def holds(*names):
    """Register a check of these public functions of countstats."""

    def register(check):
        CHECKS.update(dict.fromkeys(names, check))
        return check

    return register


def counts(rng, kind, *shape):
    """Counts of a kind, small enough for rows but where they are large."""
    drawn = {
        "plain": lambda: rng.integers(1, 12, shape),
        "sparse": lambda: rng.integers(0, 4, shape) * rng.integers(0, 2, shape),
        "few": lambda: rng.integers(0, 2, shape),
        "ties": lambda: rng.integers(3, 5, shape),
        "large": lambda: rng.integers(1, 10**7, shape),
    }
    return drawn[kind]()


def two_way(rng, kind, least=2):
    """A two-way table without an empty row or column."""
    table = counts(rng, kind, *rng.integers(least, 6, 2))
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return table if min(table.shape) >= least else np.eye(least, dtype=int) + 1


def small(kind):
    """The kind of which rows can be made: large counts as plain ones."""
    return "plain" if kind == "large" else kind


def cells_of(table, values=None):
    """Cells by group g and value x of a table (groups, values)."""
    values = np.arange(table.shape[1]) if values is None else values
    g, x = (each.ravel() for each in np.indices(table.shape))
    return pd.DataFrame({"g": g, "x": np.asarray(values)[x], "n": table.ravel()})


def rows_of(table, values=None):
    """A list of the values of each group, one entry per unit."""
    values = np.arange(table.shape[1]) if values is None else np.asarray(values)
    return [np.repeat(values, row) for row in table]


def scored(rng, kind, several=False):
    """Scores between 0 and 1 with cases and controls, both present; scores tie, and some have no unit."""
    size = int(rng.integers(2, 12))
    score = rng.integers(1, 20, size) / 20
    cases, controls = counts(rng, small(kind), 2, size)
    cases[0] += 2
    controls[-1] += 2
    if several:
        return score, rng.integers(1, 20, size) / 20, cases, controls
    return score, cases, controls


def rows_of_scored(score, cases, controls):
    """One row per unit: score, and whether it is a case."""
    event = np.repeat([True, False], [cases.sum(), controls.sum()])
    return np.concatenate([np.repeat(score, cases), np.repeat(score, controls)]), event


def modelled(rng, kind):
    """Cells of two predictors with events and others, none of them empty, so that a model has estimates."""
    a, b = (each.ravel() for each in np.indices((3, 2)))
    events, others = counts(rng, "plain" if kind in ("sparse", "few") else kind, 2, 6) + 1
    codes = {"a": pd.Categorical.from_codes(a, ["p", "q", "r"]), "b": pd.Categorical.from_codes(b, ["no", "yes"])}
    return pd.DataFrame(codes | {"events": events, "others": others})
