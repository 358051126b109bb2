"""The data sets behind the reference figures of R, as rows and as cells."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.datasets import fair, spector
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from countstats.columns import COUNTS
from countstats.glm import cell_table, design
from countstats.glm import logit as quick
from countstats.glm.wald import GLM_TOL

REFERENCE = Path(__file__).parent / "reference"
# Of each published table: the outcome, its event, and the predictors with their references.
MODELS = {
    "ucb": ("Admit", "Admitted", {"Dept": "A", "Gender": "Male"}),
    "titanic": ("Survived", "Yes", {"Class": "1st", "Sex": "Male", "Age": "Child"}),
}


def reference(name):
    """The figures of one reference file: {(case, test, quantity): value}."""
    with open(REFERENCE / f"{name}.csv", encoding="utf-8") as file:
        return {(row["case"], row["test"], row["quantity"]): float(row["value"]) for row in csv.DictReader(file)}


def table(name):
    """A published table ("ucb" or "titanic") as a frame of categories and `n`, one row per cell."""
    content = json.loads((REFERENCE / "admissions_titanic.json").read_text(encoding="utf-8"))[name]
    levels = content["dims"]
    grid = pd.MultiIndex.from_product(list(levels.values())[::-1], names=list(levels)[::-1]).to_frame(index=False)
    frame = grid[list(levels)].assign(n=content["counts_colmajor"])
    return frame.astype({key: pd.CategoricalDtype(codes) for key, codes in levels.items()})


def ones(outcome):
    """Rows of single units as counts: (events, others), each 0 or 1."""
    outcome = np.asarray(outcome).astype(int)
    return outcome, 1 - outcome


def spector_rows():
    """Predictors (with constant) and outcome of Spector and Mazzeo's 32 students."""
    data = spector.load_pandas().data
    return data[["GPA", "TUCE", "PSI"]].assign(const=1.0), data["GRADE"]


def fair_rows(occupation=True):
    """Predictors (with constant; occupation as dummies) and outcome (any affair) of Fair's 6,366 women."""
    data = fair.load_pandas().data
    names = ["rate_marriage", "age", "yrs_married", "children", "religious", "educ"]
    jobs = {f"occupation{job}": (data["occupation"] == job).astype(float) for job in range(2, 7)}
    jobs = jobs if occupation else {}
    return data[names].assign(**jobs, const=1.0), data["affairs"] > 0


def rated_marriages():
    """Two terms, and counts of marriages rated up to 3, 4 and 5, of Fair's women, by cells."""
    data = fair.load_pandas().data
    x = pd.DataFrame({"skilled": data["occupation"] >= 4, "children": np.floor(data["children"]).clip(upper=3)})
    rating = data["rate_marriage"].clip(lower=3).astype(int).astype(str)
    cells = x.astype(float).join(pd.get_dummies(rating).astype(int)).groupby(list(x), as_index=False).sum()
    return cells[list(x)], cells[["3", "4", "5"]]


ROWS = {"fair": fair_rows, "spector": spector_rows}


def by_row(name):
    """Terms, counts of single rows and the library's own fit of one of ROWS."""
    x, y = ROWS[name]()
    cells = pd.DataFrame(dict(zip(COUNTS, ones(y), strict=True)))
    return x, cells, quick.fit(x, cells)


def logit(x, events, others):
    """A binomial GLM of statsmodels on counts."""
    return GLM(np.column_stack([events, others]), x, family=Binomial()).fit(**GLM_TOL)


def published(name):
    """Cells, design matrix and fit of a published table (`table`)."""
    outcome, event, bases = MODELS[name]
    cells = cell_table.cells_of(table(name), bases, outcome, event)
    cells = cells[cells[COUNTS].sum(axis=1) > 0]
    x = design.matrix(cells, bases)
    return cells, x, logit(x, cells["events"], cells["others"])


def three_stages(events, others):
    """Three cells of one variable, with the counts given."""
    frame = pd.DataFrame(
        {"stage": pd.Categorical(["primary", "junior", "senior"], ["primary", "junior", "senior", "adult", "missing"])}
    )
    return frame.assign(events=events, others=others)
