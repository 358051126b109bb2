"""Other analyses of the same question: clustered errors, three levels, age in place of the stage, imputed gaps.

Each gives a table of coefficients (b, se, low, high, p, by variable and code), or None where the export does not hold
what it would need; `sensitivity` puts them side by side.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from countstats.columns import COUNTS
from countstats.estimates import ChiSquare
from countstats.glm import cell_table, design, firth, imputation, logit, multinomial, ordinal, robust, splines
from countstats.glm.solver import Fit, NoEstimate
from hotline import text
from hotline.codebook import MISSING
from hotline.models.estimable import Estimable
from hotline.models.predictors import Outcome

# No predictors, and yet informative about gaps: in short calls much is left out, and age goes with the stage.
AUXILIARIES = ("length_band", "age")
# The last years of the bands of age, but for the oldest: two years each, fine enough to distinguish ages within a
# school stage, with enough cases in each for the imputation's models.
AGE_BAND_ENDS = (9, 11, 13, 15, 17)


class ClusteredFit(NamedTuple):
    """The model with standard errors robust to clustering.

    table : coefficients; None where the model could not be fitted
    n, clusters : units (pupils or calls) with a known cluster, and how many clusters these are in
    largest : units in the largest cluster
    reason : why there is no table, or ""
    """

    table: pd.DataFrame | None
    n: int
    clusters: int
    largest: int
    reason: str = ""

    @property
    def size(self) -> str:
        """How many units in how many clusters, or the reason why there is no table."""
        return self.reason or f"{text.count(self.n)} in {text.count(self.clusters)}"


def clustered(
    model: Estimable, counts: pd.DataFrame, cluster: str, outcome: str, start: pd.Series, confidence: float = 0.95
) -> ClusteredFit:
    """Fit the model with errors robust to a cluster, such as the counsellor.

    There is no table where fewer than two clusters are known, or too few pupils with one for the model.

    Parameters
    ----------
    counts
        Tally by the model's variables, the outcome and the cluster.
    start
        Estimates to start from.
    """
    cells = model.keep(cell_table.cells_of(counts, [*model.names, cluster], outcome))
    cells = cells[cells[cluster].ne(MISSING)].reset_index(drop=True)
    sizes = cells.groupby(cluster, observed=True)[COUNTS].sum().sum(axis=1)
    n, largest = int(sizes.sum()), int(sizes.max()) if len(sizes) else 0
    if len(sizes) < 2:
        return ClusteredFit(None, n, len(sizes), largest, "not in the export")
    if not _can_fit(cells, model.reference):
        return ClusteredFit(None, n, len(sizes), largest, "too few pupils")
    matrix = design.matrix(cells, model.reference, np.int8)
    fitted = estimate(cell_table.collapse(cells, model.names), model.reference, start)
    return ClusteredFit(robust.sandwich(matrix, cells, fitted, cells[cluster], confidence), n, len(sizes), largest)


def estimate(cells: pd.DataFrame, reference: Mapping[str, str], start: pd.Series | None = None) -> Fit:
    """Fit the model as `firth.estimate` does, but without a design matrix where there are finite estimates."""
    try:
        return logit.fit(design.coded(cells, reference), cells, start)
    except NoEstimate:
        return firth.fit(design.matrix(cells, reference), cells)


def _can_fit(cells: pd.DataFrame, reference: Mapping[str, str]) -> bool:
    """Return whether some pupils have the event, some have not, and some have each reference code."""
    both = (cells[COUNTS].sum() > 0).all()
    return both and all((cells[name] == base).any() for name, base in reference.items())


class OrdinalModel(NamedTuple):
    """The proportional-odds model and its tests; each is None where the model behind it has no finite estimates.

    table : coefficients of the terms
    test : likelihood-ratio test of proportional odds
    by_variable : Wald's tests of each variable's departures, with `p_holm` corrected after Holm over the variables
    """

    table: pd.DataFrame | None = None
    test: ChiSquare | None = None
    by_variable: pd.DataFrame | None = None


def ordinal_model(x: pd.DataFrame, counts: pd.DataFrame, confidence: float = 0.95) -> OrdinalModel:
    """Fit the proportional-odds model and test it.

    Parameters
    ----------
    x
        Design matrix with (variable, code) columns, the intercept first.
    counts
        A column per level, from low to high; with two, there is no test.
    """
    terms = x.iloc[:, 1:]
    try:
        common = ordinal.fit(terms, counts)
    except NoEstimate:
        return OrdinalModel()
    table = common.table(confidence).iloc[-terms.shape[1] :].set_axis(terms.columns)
    if counts.shape[1] < 3:  # a single cut, from which nothing can depart
        return OrdinalModel(table)
    try:
        test, by_variable = ordinal.departures(terms, counts, common)
    except NoEstimate:
        return OrdinalModel(table)
    holm = multipletests(by_variable["p"], method="holm")[1]
    return OrdinalModel(table, test, by_variable.assign(p_holm=holm))


def multinomial_model(
    x: pd.DataFrame, counts: pd.DataFrame, confidence: float = 0.95
) -> dict[str, pd.DataFrame | None]:
    """Return the coefficients of each level against the first, without intercepts.

    The tables are None where the model has no finite estimates.

    Parameters
    ----------
    x, counts
        As `ordinal_model` takes them.
    """
    try:
        table = multinomial.fit(x, counts).table(confidence)
    except NoEstimate:
        return dict.fromkeys(counts.columns[1:])
    return {name: table.loc[name].iloc[1:].set_axis(x.columns[1:]) for name in counts.columns[1:]}


class AgeDesigns(NamedTuple):
    """Models with age in place of the school stage or in addition to it, as `logit.compare` takes them.

    designs : {model: design matrix}
    against : {model: the smaller one that it is tested against}
    """

    designs: dict[str, pd.DataFrame]
    against: dict[str, str]


def age_designs(cells: pd.DataFrame, reference: Mapping[str, str], knots: int) -> AgeDesigns:
    """Return the models with age; none where too few pupils have an age recorded.

    Parameters
    ----------
    cells
        With events and others, by the predictors and age.
    knots
        Of the curve, a restricted cubic spline.
    """
    if not _can_fit(cells, reference):
        return AgeDesigns({}, {})
    curve = splines.columns("age", cells["age"], cells[COUNTS].sum(axis=1), knots)
    staged = design.matrix(cells, reference)
    bare = staged.loc[:, staged.columns.get_level_values(0) != "stage"]
    designs = {
        "School stage": staged,
        "Age as a straight line": bare.join(curve.iloc[:, :1]),
        "Age as a curve": bare.join(curve),
        "School stage and age as a line": staged.join(curve.iloc[:, :1]),
    }
    against = {"Age as a curve": "Age as a straight line", "School stage and age as a line": "School stage"}
    return AgeDesigns(designs, against)


def compare_ages(
    cells: pd.DataFrame, reference: Mapping[str, str], knots: int, start: pd.Series | None = None
) -> pd.DataFrame:
    """Return the models of `age_designs` side by side, as `logit.compare` gives them."""
    designs, against = age_designs(cells, reference, knots)
    return logit.compare(designs, cells, against, start)


class Incomplete(NamedTuple):
    """Counts with gaps, as `imputation.impute` takes them, and the variables they are by."""

    counts: pd.DataFrame
    variables: list[str]


def with_auxiliaries(counts: pd.DataFrame, variables: Sequence[str]) -> Incomplete:
    """Return counts by some variables and the AUXILIARIES that can help to impute their gaps.

    An auxiliary variable that leaves fewer than half of the complete pupils complete, or with one code of any variable,
    is left out.

    Parameters
    ----------
    counts
        Tally by `variables` and AUXILIARIES, of which age becomes a category of bands.
    """
    ends = [-np.inf, *AGE_BAND_ENDS, np.inf]
    bands = pd.cut(counts["age"].astype(float), ends, labels=[f"up to {end}" for end in AGE_BAND_ENDS] + ["older"])
    counts = counts.assign(age=bands.cat.add_categories(MISSING).fillna(MISSING))
    used = list(variables)
    complete = ~(counts[used] == MISSING).any(axis=1)
    for name in AUXILIARIES:
        kept = complete & (counts[name] != MISSING)
        enough = 2 * counts.loc[kept, "n"].sum() >= counts.loc[complete, "n"].sum()
        if enough and (counts.loc[kept, [*used, name]].nunique() > 1).all():
            used, complete = [*used, name], kept
    return Incomplete(counts.groupby(used, observed=True, as_index=False)["n"].sum(), used)


def fit_imputed(
    model: Estimable,
    incomplete: Incomplete,
    outcome: Outcome,
    imputations: int,
    rng: np.random.Generator,
    start: pd.Series | None = None,
) -> list[Fit]:
    """Fit the model to each of several tables in which the gaps are imputed.

    Parameters
    ----------
    outcome
        Its codes say who has the event; the counts are by their variable.
    start
        Estimates to start from.
    """
    fits, ((variable, codes),) = [], outcome.codes.items()
    for filled in imputation.impute(*incomplete, imputations, rng):
        with_event = filled[variable].isin(codes)
        split = filled.assign(events=filled["n"].where(with_event, 0), others=filled["n"].where(~with_event, 0))
        cells = model.without_excluded(cell_table.collapse(split, model.names))
        fits.append(estimate(cells, model.reference, start))
    return fits
