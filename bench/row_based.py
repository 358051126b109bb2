"""The list of work from one row per case: pandas, statsmodels' formulas, scikit-learn.

    python bench/row_based.py FOLDER study|eight

Prints one line of JSON: seconds of each piece and all numbers. The rows are read from the same file (by DuckDB, since
pandas would need another package to read Parquet), only the columns that are used, as categories of codes: a CSV file
of texts would take longer and more memory.
"""

import json
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy.stats import chi2_contingency, norm, rankdata
from sklearn.metrics import roc_auc_score
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.oneway import anova_oneway

import work
from hotline.codebook import MISSING, codebook

taken, numbers = {}, {}


def timed(name, work_piece, *arguments):
    """Return the result of a piece of work, and note under its name how long it took."""
    started = time.perf_counter()
    result = work_piece(*arguments)
    taken[name] = time.perf_counter() - started
    return result


def read(folder, names):
    """Return the rows; a variable of codes is a Categorical with "missing" as a code of its own."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(names)} FROM read_parquet(?)", [str(folder / "cases.parquet")]
        ).df()
    for name in names:
        kept_codes = codebook()[name].kept_codes
        if kept_codes:
            positions = rows[name].fillna(len(kept_codes)).astype("int8")
            rows[name] = pd.Categorical.from_codes(positions, [*kept_codes, MISSING]).remove_unused_categories()
    return rows


def table_1(rows):
    """Describe all variables by level: shares of categories; mean, standard deviation and quartiles of numbers."""
    for name in work.CATEGORIES:
        table = pd.crosstab(rows[name], rows["level"], normalize="columns")
        for level, shares in table.items():
            numbers.update({f"share {name} {code} {level}": share for code, share in shares.items()})
    for name in work.NUMBERS:
        values = rows.groupby("level", observed=True)[name]
        spread = values.agg(["mean", "std"]).join(values.quantile([0.25, 0.5, 0.75]).unstack())
        for level, row in spread.iterrows():
            summary = {"mean": row["mean"], "sd": row["std"], "q1": row[0.25], "median": row[0.5], "q3": row[0.75]}
            numbers.update({f"{key} {name} {level}": value for key, value in summary.items()})


def anovas(rows):
    """Do three analyses of variance, Welch's and Fisher's."""
    for name in work.ANOVAS:
        recorded = rows[[name, "level"]].dropna()
        fisher = anova_lm(smf.ols(f"{name} ~ C(level)", recorded).fit()).iloc[0]
        numbers[f"F equal {name}"], numbers[f"p equal {name}"] = fisher["F"], fisher["PR(>F)"]
        welch = anova_oneway([part for _, part in recorded.groupby("level", observed=True)[name]], use_var="unequal")
        numbers[f"F unequal {name}"], numbers[f"p unequal {name}"] = welch.statistic, welch.pvalue


def chi_squares(rows):
    """Do ten tests of a category against the level."""
    for name in work.CHI_SQUARES:
        table = pd.crosstab(rows[name], rows["level"]).drop(index=MISSING, errors="ignore")
        test = chi2_contingency(table, correction=False)
        numbers[f"chi2 {name}"], numbers[f"p chi2 {name}"] = test.statistic, test.pvalue


def logistic(rows, reference, label):
    """Fit a logistic model by formula; return the risk of each case."""
    rows = rows.assign(event=(rows[work.OUTCOME] == "yes").astype(int))
    terms = " + ".join(f"C({name}, Treatment({base!r}))" for name, base in reference.items())
    fit = smf.logit(f"event ~ {terms}", rows[["event", *reference]]).fit(disp=0)
    for term, b, se in zip(fit.params.index, fit.params, fit.bse, strict=True):
        name, _, code = term.partition(", Treatment")
        term = f"{name.removeprefix('C(')} {code.partition('[T.')[2][:-1]}" if code else "intercept "
        numbers[f"b {label} {term}"], numbers[f"se {label} {term}"] = b, se
    numbers[f"log-likelihood {label}"] = fit.llf
    return np.asarray(fit.predict())


def discrimination(risk, rows, confidence=0.95):
    """Compute the area under the ROC curve, and DeLong's interval from the ranks of all cases."""
    event = (rows[work.OUTCOME] == "yes").to_numpy()
    area = roc_auc_score(event, risk)
    risk = risk.round(12)  # equal cases must tie
    cases, controls = risk[event], risk[~event]
    ranks = rankdata(np.concatenate([cases, controls]))
    controls_below = (ranks[: len(cases)] - rankdata(cases)) / len(controls)
    cases_above = 1 - (ranks[len(cases) :] - rankdata(controls)) / len(cases)
    variance = controls_below.var(ddof=1) / len(cases) + cases_above.var(ddof=1) / len(controls)
    half_width = norm.ppf((1 + confidence) / 2) * np.sqrt(variance)
    numbers.update({"auc": area, "variance": variance, "low": area - half_width, "high": area + half_width})


def main():
    """Do the piece of work that the command line names; print times and numbers."""
    folder, piece = Path(sys.argv[1]), sys.argv[2]
    if piece == "study":
        names = dict.fromkeys([*work.CATEGORIES, *work.NUMBERS, *work.SIX, work.OUTCOME, "level"])
        rows = timed("reading", read, folder, list(names))
        timed("table 1", table_1, rows)
        timed("anova", anovas, rows)
        timed("chi-square", chi_squares, rows)
        risk = timed("logistic model", logistic, rows, work.SIX, "six")
        timed("AUC", discrimination, risk, rows)
    else:
        rows = timed("reading", read, folder, [*work.EIGHT, work.OUTCOME])
        timed("logistic model", logistic, rows, work.EIGHT, "eight")
    print(json.dumps({"taken": taken, "memory": work.most_memory(), "numbers": numbers}, default=float))


if __name__ == "__main__":
    main()
