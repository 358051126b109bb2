"""Several analyses of the same question side by side, as tidy tables.

An analysis is a table of coefficients (b, se, low, high, p, by variable and code), or None where the export does not
tell what it would need.
"""

import numpy as np
import pandas as pd

from countstats.glm import design as on_cells
from countstats.glm import firth, imputation, logit, robust, splines
from countstats.glm.solver import NoEstimate
from hotline import text

MAIN = "main"
# What is no predictor and yet tells something of gaps: in short calls much is left out, and age goes with the stage.
AUXILIARIES = ("length_band", "age")
AGES = (9, 11, 13, 15, 17)  # the last years of the bands of age, but for the oldest
STILL = 1e-9  # a log odds ratio that moves by less has not moved: that is rounding


def clustered(model, counts, cluster, outcome, start, level=0.95):
    """The model on cells that know their cluster, with errors robust to it: (coefficients, size in words, largest).

    model     as `estimable` gives it;  counts   a tally by its variables, the outcome and the cluster
    start     estimates to start from
    The largest is how many the largest cluster has. The coefficients are None where fewer than two clusters are known,
    or too few pupils with one for the model.
    """
    cells = model.keep(on_cells.cells_of(counts, [*model.names, cluster], outcome))
    cells = cells[cells[cluster].ne("missing")].reset_index(drop=True)
    sizes = cells.groupby(cluster, observed=True)[on_cells.COUNTS].sum().sum(axis=1)
    largest = int(sizes.max()) if len(sizes) else 0
    if len(sizes) < 2:
        return None, "the export does not tell", largest
    if not _holds(cells, model.reference):
        return None, "too few pupils", largest
    matrix = on_cells.design(cells, model.reference, np.int8)
    fitted = estimate(on_cells.collapse(cells, model.names), model.reference, start)
    size = f"{text.count(sizes.sum())} in {text.count(len(sizes))}"
    return robust.sandwich(matrix, cells, fitted, cells[cluster], level), size, largest


def estimate(cells, reference, start=None):
    """Fit the model as `firth.estimate` does, but without a design matrix where there are finite estimates: a Fit."""
    try:
        return logit.fit(on_cells.coded(cells, reference), cells, start)
    except NoEstimate:
        return firth.fit(on_cells.design(cells, reference), cells)


def completed(model, counts, variables, happened, number, rng, start=None):
    """The model fitted to each of several tables in which the gaps are filled: a list of Fits.

    model       as `estimable` gives it;  counts, variables   as `with_auxiliaries` gives them
    happened    {variable: codes with which a pupil has the event}, of one variable
    number, rng, start   of imputations, a numpy Generator, and estimates to start from
    """
    fits, ((outcome, codes),) = [], happened.items()
    for filled in imputation.impute(counts, variables, number, rng):
        with_event = filled[outcome].isin(codes)
        split = filled.assign(events=filled["n"].where(with_event, 0), others=filled["n"].where(~with_event, 0))
        cells = model.without_excluded(on_cells.collapse(split, model.names))
        fits.append(estimate(cells, model.reference, start))
    return fits


def _holds(cells, reference):
    """Whether some pupils have the event, some have not, and some have each reference code."""
    both = (cells[on_cells.COUNTS].sum() > 0).all()
    return both and all((cells[name] == base).any() for name, base in reference.items())


def with_age(cells, reference, knots):
    """Design matrices with age in place of the school stage, and beside it: (designs, against) for `logit.compare`.

    cells   cells with events and others that also know the age;  knots   of the curve
    Both are empty where too few pupils have an age recorded.
    """
    if not _holds(cells, reference):
        return {}, {}
    curve = splines.columns("age", cells["age"], cells[on_cells.COUNTS].sum(axis=1), knots)
    staged = on_cells.design(cells, reference)
    bare = staged.loc[:, staged.columns.get_level_values(0) != "stage"]
    designs = {
        "School stage": staged,
        "Age as a straight line": bare.join(curve.iloc[:, :1]),
        "Age as a curve": bare.join(curve),
        "School stage and age as a line": staged.join(curve.iloc[:, :1]),
    }
    return designs, {
        "Age as a curve": "Age as a straight line",
        "School stage and age as a line": "School stage",
    }


def compare_ages(cells, reference, knots, start=None):
    """The models of `with_age` side by side, as `logit.compare` gives them.

    cells, reference, knots   as `with_age` takes them;  start   estimates to start from
    """
    designs, against = with_age(cells, reference, knots)
    return logit.compare(designs, cells, against, start)


def with_auxiliaries(counts, variables):
    """Counts for an imputation, by some variables and the AUXILIARIES that can help: (counts, names of all of them).

    counts   a tally by `variables` and AUXILIARIES, of which age becomes a category of bands
    An auxiliary variable that leaves fewer than half of the complete pupils complete, or with one code of any variable,
    stays out.
    """
    ends = [-np.inf, *AGES, np.inf]
    bands = pd.cut(counts["age"].astype(float), ends, labels=[f"up to {each}" for each in AGES] + ["older"])
    counts = counts.assign(age=bands.cat.add_categories("missing").fillna("missing"))
    used = list(variables)
    whole = ~(counts[used] == "missing").any(axis=1)
    for name in AUXILIARIES:
        known = whole & (counts[name] != "missing")
        enough = 2 * counts.loc[known, "n"].sum() >= counts.loc[whole, "n"].sum()
        if enough and (counts.loc[known, [*used, name]].nunique() > 1).all():
            used, whole = [*used, name], known
    return counts.groupby(used, observed=True, as_index=False)["n"].sum(), used


def gather(analyses):
    """Return all analyses as one tidy table of odds ratios: analysis, variable, code, odds_ratio, low, high, p, se.

    analyses   {name: table of coefficients or None}; intercepts and codes "missing" are left out
    """
    parts = []
    for name, table in analyses.items():
        if table is None:
            continue
        rows = table.drop([term for term in table.index if term[0] == "intercept" or term[1] == "missing"])
        ratios = np.exp(rows[["b", "low", "high"]]).set_axis(["odds_ratio", "low", "high"], axis=1)
        rows = ratios.join(rows[[each for each in ("p", "se", "df") if each in rows]])
        parts.append(rows.rename_axis(["variable", "code"]).reset_index().assign(analysis=name))
    tidy = pd.concat(parts, ignore_index=True)
    return tidy[["analysis", *tidy.columns.drop("analysis")]]


def compare(tidy):
    """How far each analysis lies from the main one: one row per analysis.

    tidy   as `gather` gives it, the analysis "main" among them
    Columns: terms (that both have), clear (whose interval leaves out 1), turned (clear in one of the two only, as
    [(variable, code)]), se_ratio (median of the standard errors over those of the main one), se_largest, change (the
    largest factor between the odds ratios of a term) and at (that term, or nothing where none has moved).
    """
    wide = {name: rows.set_index(["variable", "code"]) for name, rows in tidy.groupby("analysis", sort=False)}
    main, found = wide[MAIN], {}
    for name, rows in wide.items():
        both = rows.index.intersection(main.index)
        own, its = rows.loc[both], main.loc[both]
        own, its = (each[own["odds_ratio"].notna() & its["odds_ratio"].notna()] for each in (own, its))
        moved = np.log(own["odds_ratio"] / its["odds_ratio"]).abs()
        still = not moved.max() > STILL
        clear = (own["low"] > 1) | (own["high"] < 1)
        ratio = own["se"] / its["se"]
        found[name] = {
            "terms": len(own),
            "clear": int(clear.sum()),
            "turned": list(own.index[clear != ((its["low"] > 1) | (its["high"] < 1))]),
            "se_ratio": ratio.median(),
            "se_largest": ratio.max(),
            "change": 1.0 if still else np.exp(moved.max()),
            "at": () if still else moved.idxmax(),
        }
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("analysis")


def leading(tidy):
    """The code of each variable that lies farthest from its reference in the main analysis: [(variable, code)]."""
    main = tidy[tidy["analysis"] == MAIN]
    far = np.log(main["odds_ratio"]).abs()
    best = far.groupby(main["variable"], sort=False).idxmax()
    return list(main.loc[best, ["variable", "code"]].itertuples(index=False, name=None))


def rarest(cells, reference, least, number=5):
    """The rarest categories of a model: events and others of those below `least`, or of the `number` rarest.

    Returns a table by variable and code, without the references: n, events, others and sparse (True below `least`).
    """
    counts = {
        (name, code): pair
        for name, base in reference.items()
        for code, pair in cells.groupby(name, observed=True)[["events", "others"]].sum().iterrows()
        if code != base
    }
    table = pd.DataFrame.from_dict(counts, orient="index").rename_axis(["variable", "code"])
    fewer = table.min(axis=1)
    table = table.assign(n=table.sum(axis=1), sparse=fewer < least)
    return table.loc[fewer.sort_values(kind="stable").index].head(max(number, int(table["sparse"].sum())))


def rare_combinations(cells, pairs, least):
    """The combinations of two variables with fewer than `least` events or others.

    pairs   [(variable, variable)]
    Returns a table: first, code_first, second, code_second, n, events, others.
    """
    parts = []
    for first, second in pairs:
        counts = cells.groupby([first, second], observed=True)[["events", "others"]].sum()
        few = counts[(counts.min(axis=1) < least) & (counts.sum(axis=1) > 0)].rename_axis(["code_first", "code_second"])
        parts.append(few.reset_index().assign(first=first, second=second))
    columns = ["first", "code_first", "second", "code_second", "n", "events", "others"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(n=table["events"] + table["others"])[columns]
