"""The list of work from counts, as the notebooks do it, through `tally`.

    python bench/count_based.py FOLDER study|eight|growth|million|floor

Prints one line of JSON: seconds of each piece, cells of the models, seconds within the engine, and all numbers.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency
from statsmodels.stats.oneway import anova_generic

import work
from countstats.glm import design, logit
from countstats.glm.cell_table import cells_of
from countstats.means import group_moments, group_quantiles
from countstats.prediction.roc import auc
from countstats.tables import cube
from hotline.codebook import MISSING, codebook
from hotline.run import become, current_run
from hotline.tally import duckdb_engine
from hotline.tally import query as tally

taken, numbers, cells_of_model, peaks = {}, {}, {}, {}


def timed(name, work_piece, *arguments):
    """Return the result of a piece of work; note under its name how long it took, and the most memory meanwhile."""
    work.forget_most_memory()
    started = time.perf_counter()
    result = work_piece(*arguments)
    taken[name], peaks[name] = time.perf_counter() - started, work.most_memory()
    return result


def two_way(cells, name, codes):
    """Return the codes of a variable that occur, and their counts by level."""
    table = cube(cells, {name: codes, "level": work.LEVELS})
    occurs = table.any(axis=1)
    return np.array(codes)[occurs], table[occurs]


def table_1():
    """Describe all variables by level: shares of categories; mean, standard deviation and quartiles of numbers."""
    asked = [[name, "level"] for name in (*work.CATEGORIES, *work.NUMBERS)]
    for (name, _), cells in zip(asked, tally.tallies("cases", asked), strict=True):
        if name in work.CATEGORIES:
            codes, table = two_way(cells, name, [*codebook()[name].kept_codes, MISSING])
            for level, shares in zip(work.LEVELS, (table / table.sum(axis=0)).T, strict=True):
                numbers.update(
                    {f"share {name} {code} {level}": share for code, share in zip(codes, shares, strict=True)}
                )
        else:
            spread = group_moments(cells, name, "level").join(group_quantiles(cells, name, "level"))
            for level, row in spread.iterrows():
                summary = {"mean": row["mean"], "sd": row["sd"], "q1": row[0.25], "median": row[0.5], "q3": row[0.75]}
                numbers.update({f"{key} {name} {level}": value for key, value in summary.items()})


def anovas():
    """Do three analyses of variance, Welch's and Fisher's."""
    for name, cells in zip(work.ANOVAS, tally.tallies("cases", [[name, "level"] for name in work.ANOVAS]), strict=True):
        groups = group_moments(cells, name, "level")
        summaries = [groups[column].to_numpy(float) for column in ("deviation", "variance", "n")]
        for kind in ("unequal", "equal"):
            test = anova_generic(*summaries, use_var=kind)
            numbers[f"F {kind} {name}"], numbers[f"p {kind} {name}"] = test.statistic, test.pvalue


def chi_squares():
    """Do ten tests of a category against the level."""
    asked = [[name, "level"] for name in work.CHI_SQUARES]
    for (name, _), cells in zip(asked, tally.tallies("cases", asked), strict=True):
        _, table = two_way(cells, name, codebook()[name].kept_codes)
        test = chi2_contingency(table, correction=False)
        numbers[f"chi2 {name}"], numbers[f"p chi2 {name}"] = test.statistic, test.pvalue


def model_cells(reference):
    """Return the cells of a model; `reference` is {predictor: reference code}."""
    cells = cells_of(tally.tally("cases", [*reference, work.OUTCOME]), list(reference), work.OUTCOME)
    return cells.assign(year=pd.Categorical(cells["year"].astype("int64"))) if "year" in reference else cells


def logistic(cells, reference, label):
    """Fit a logistic model; return the risk of each cell."""
    x = design.coded(cells, reference)
    fit = logit.fit(x, cells)
    for (name, code), row in fit.table().iterrows():
        numbers[f"b {label} {name} {code}"], numbers[f"se {label} {name} {code}"] = row["b"], row["se"]
    numbers[f"log-likelihood {label}"] = fit.log_likelihood
    return logit.risks(x, fit)


def discrimination(risk, cells):
    """Compute the area under the ROC curve with DeLong's interval."""
    area = auc(risk, cells["events"], cells["others"])
    numbers.update({"auc": area.value, "variance": area.se**2, "low": area.low, "high": area.high})


def study():
    """Do the whole list, with the model of six predictors."""
    timed("table 1", table_1)
    timed("anova", anovas)
    timed("chi-square", chi_squares)
    cells = timed("tally of the model", model_cells, work.SIX)
    risk = timed("logistic model", logistic, cells, work.SIX, "six")
    timed("AUC", discrimination, risk, cells)
    cells_of_model["six"] = len(cells)


def eight():
    """Fit the model of eight predictors alone."""
    cells = timed("tally of the model", model_cells, work.EIGHT)
    timed("logistic model", logistic, cells, work.EIGHT, "eight")
    cells_of_model["eight"] = len(cells)


def growth():
    """Fit models of ever more predictors: how the time grows with the cells, next to statsmodels'."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    from countstats.columns import COUNTS
    from countstats.glm import wald

    for n in range(2, len(work.GROWING) + 1):
        reference = dict(list(work.GROWING.items())[:n])
        cells = timed(f"tally {n}", model_cells, reference)
        timed(f"codes {n}", logistic, cells, reference, n)
        cells_of_model[n] = len(cells)
        if len(cells) <= 50_000:
            started = time.perf_counter()
            GLM(cells[COUNTS], design.matrix(cells, reference), family=Binomial()).fit(**wald.GLM_TOL)
            taken[f"matrix {n}"] = time.perf_counter() - started


def million():
    """Fit the notebooks' predictors and the year to a million cells: the fit, profile limits, leaving each out."""
    from countstats.glm import profile
    from hotline.models.predictors import in_order, predictors

    names = in_order(predictors(codebook()))
    reference = {name: codebook()[name].reference for name in names} | {"year": work.SIX["year"]}
    cells = timed("tally", model_cells, reference)
    cells = cells.sample(min(len(cells), work.MILLION), random_state=0)
    x = timed("codes", design.coded, cells, reference)
    fit = timed("main fit", logit.fit, x, cells)
    model, terms = logit.Logit(x, cells["events"], cells["others"]), list(x.columns[1:])
    timed("profile limits of all terms", profile.limits, model, fit.estimates, terms)
    timed("each variable left out", logit.drop_each, x, cells, fit)
    cells_of_model.update(cells=len(cells), terms=len(terms), variables=len(reference))


def floor():
    """Read once, and do nothing else with, the columns that the study's list of work counts."""
    columns = dict.fromkeys([*work.CATEGORIES, *work.NUMBERS, *work.SIX, work.OUTCOME, "level"])
    file = str(current_run().clean / "cases.parquet")
    query = f"SELECT {', '.join(f'sum({name})' for name in columns)} FROM read_parquet(?)"
    timed("floor", lambda: duckdb_engine.connect().execute(query, [file]).fetchall())


def main():
    """Do the piece of work that the command line names; print times and numbers."""
    become(replace(current_run(), tree=Path(sys.argv[1]).parents[1]))
    scan_seconds = []
    count = duckdb_engine.count

    def timed_count(*arguments):
        started = time.perf_counter()
        result = count(*arguments)
        scan_seconds.append(time.perf_counter() - started)
        return result

    duckdb_engine.count = timed_count
    {"study": study, "eight": eight, "growth": growth, "million": million, "floor": floor}[sys.argv[2]]()
    record = {"taken": taken, "cells": cells_of_model, "scans": sum(scan_seconds), "memory": max(peaks.values())}
    record["peaks"] = peaks
    print(json.dumps(record | {"numbers": numbers}, default=float))


if __name__ == "__main__":
    main()
