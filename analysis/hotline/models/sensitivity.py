"""The cells of the analyses that a model is compared with, these analyses side by side, and the rare categories."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from countstats.columns import COUNTS
from countstats.glm import cell_table, random_intercept
from hotline import text
from hotline.codebook import MISSING
from hotline.models.estimable import Estimable

MAIN = "main"
ROUNDING = 1e-9  # a difference of log odds ratios up to this is rounding
# No predictors, and yet informative about gaps: in short calls much is left out, and age goes with the stage.
AUXILIARIES = ("length_band", "age")
# The last years of the bands of age, but for the oldest: two years each, fine enough to distinguish ages within a
# school stage, with enough cases in each for the imputation's models.
AGE_BAND_ENDS = (9, 11, 13, 15, 17)


class ClusterSample(NamedTuple):
    """The cells of a model whose cluster is known, for standard errors robust to clustering.

    cells : by the model's recorded variables and the cluster
    n, clusters : units (pupils or calls), and how many clusters these are in
    largest : units in the largest cluster
    reason : why the model can't be fitted to them, or ""
    """

    cells: pd.DataFrame
    n: int
    clusters: int
    largest: int
    reason: str = ""

    @property
    def size(self) -> str:
        """How many units in how many clusters, or the reason why the model can't be fitted."""
        return self.reason or f"{text.count(self.n)} in {text.count(self.clusters)}"


def cells_with_cluster(model: Estimable, counts: pd.DataFrame, cluster: str, outcome: str) -> ClusterSample:
    """Return the cells that a model can use whose cluster, such as the counsellor, is known.

    Parameters
    ----------
    counts
        Tally by `model.recorded`, the outcome and the cluster.
    """
    cells = model.keep(cell_table.cells_of(counts, [*model.recorded, cluster], outcome))
    cells = cell_table.complete(cells, [cluster])
    sizes = cells.groupby(cluster, observed=True)[COUNTS].sum().sum(axis=1)
    n, largest = int(sizes.sum()), int(sizes.max()) if len(sizes) else 0
    reason = ""
    if len(sizes) < 2:
        reason = "not in the export"
    elif not can_fit(cells, model.reference):
        reason = "too few pupils"
    return ClusterSample(cells, n, len(sizes), largest, reason)


def can_fit(cells: pd.DataFrame, reference: Mapping[str, str]) -> bool:
    """Return whether some units have the event, some have not, and some have each reference code."""
    both = (cells[COUNTS].sum() > 0).all()
    return bool(both and all((cells[name] == base).any() for name, base in reference.items()))


def spreads(by_cluster: Mapping[str, random_intercept.Spread]) -> pd.DataFrame:
    """Return how far clusters differ, one row per kind of cluster.

    Parameters
    ----------
    by_cluster
        {kind of cluster, such as "counsellor": its spread}; may be empty.

    Returns
    -------
    pandas.DataFrame
        By cluster: clusters, sd, low, high, chi_square and p of `random_intercept.fit`, and with limits
        median_odds_ratio and icc.
    """
    fields = random_intercept.Spread._fields
    table = pd.DataFrame(list(by_cluster.values()), pd.Index(by_cluster, name="cluster", dtype=object), fields)
    for name, of_sd in (
        ("median_odds_ratio", random_intercept.median_odds_ratio),
        ("icc", random_intercept.intraclass_correlation),
    ):
        for suffix, column in (("", "sd"), ("_low", "low"), ("_high", "high")):
            table[name + suffix] = of_sd(table[column])
    return table


def too_many(cells: int, most: int) -> str:
    """Return why a table of so many cells is not imputed, or "" where it has no more than the most."""
    return f"left out, since {text.count(cells)} cells are more than {text.count(most)}" if cells > most else ""


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


def gather(analyses: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame:
    """Return all analyses as one tidy table of odds ratios: analysis, variable, code, odds_ratio, low, high, p, se.

    Intercepts and codes "missing" are left out, and so is an analysis that is None.
    """
    parts = []
    for name, table in analyses.items():
        if table is None:
            continue
        rows = table.drop([term for term in table.index if term[0] == "intercept" or term[1] == MISSING])
        ratios = np.exp(rows[["b", "low", "high"]]).set_axis(["odds_ratio", "low", "high"], axis=1)
        rows = ratios.join(rows[[each for each in ("p", "se", "df") if each in rows]])
        parts.append(rows.rename_axis(["variable", "code"]).reset_index().assign(analysis=name))
    tidy = pd.concat(parts, ignore_index=True)
    return tidy[["analysis", *tidy.columns.drop("analysis")]]


def compare(tidy: pd.DataFrame) -> pd.DataFrame:
    """Return how far each analysis lies from the main one, one row per analysis.

    Parameters
    ----------
    tidy
        As `gather` gives it, the analysis "main" among them.

    Returns
    -------
    pandas.DataFrame
        terms : terms that both have
        excludes_1 : terms whose interval excludes 1
        changed_significance : [(variable, code)] of the terms whose interval excludes 1 in one of the two only
        se_ratio, se_largest : median and maximum of the standard errors over those of the main analysis
        change : largest factor between the odds ratios of a term
        at : that term, (variable, code), or () where no odds ratio differs
    """
    wide = {name: rows.set_index(["variable", "code"]) for name, rows in tidy.groupby("analysis", sort=False)}
    rows = {name: _against_main(own, wide[MAIN]) for name, own in wide.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("analysis")


def _against_main(own: pd.DataFrame, main: pd.DataFrame) -> dict:
    """Return the row of `compare` of one analysis; both by (variable, code)."""
    shared = own.index.intersection(main.index)
    own, main = own.loc[shared], main.loc[shared]
    both = own["odds_ratio"].notna() & main["odds_ratio"].notna()
    own, main = own[both], main[both]
    change = np.log(own["odds_ratio"] / main["odds_ratio"]).abs()
    unchanged = not change.max() > ROUNDING
    excludes_1 = _excludes_1(own)
    se_ratio = own["se"] / main["se"]
    return {
        "terms": len(own),
        "excludes_1": int(excludes_1.sum()),
        "changed_significance": list(own.index[excludes_1 != _excludes_1(main)]),
        "se_ratio": se_ratio.median(),
        "se_largest": se_ratio.max(),
        "change": 1.0 if unchanged else np.exp(change.max()),
        "at": () if unchanged else change.idxmax(),
    }


def _excludes_1(rows: pd.DataFrame) -> pd.Series:
    """Return whether the interval of each odds ratio excludes 1."""
    return (rows["low"] > 1) | (rows["high"] < 1)


def strongest_terms(tidy: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the (variable, code) of each variable that is farthest from its reference in the main analysis."""
    main = tidy[tidy["analysis"] == MAIN]
    distance = np.log(main["odds_ratio"]).abs()
    strongest = distance.groupby(main["variable"], sort=False).idxmax()
    return list(main.loc[strongest, ["variable", "code"]].itertuples(index=False, name=None))


def rarest(cells: pd.DataFrame, reference: Mapping[str, str], fewer_than: int, number: int = 5) -> pd.DataFrame:
    """Return the sparse categories of a model, or the rarest `number` of them where fewer are sparse.

    Parameters
    ----------
    fewer_than
        A category is sparse if it has fewer events, or fewer others, than this.

    Returns
    -------
    pandas.DataFrame
        By variable and code, without the references: events, others, n and sparse.
    """
    counts = {
        (name, code): pair
        for name, base in reference.items()
        for code, pair in cells.groupby(name, observed=True)[COUNTS].sum().iterrows()
        if code != base
    }
    table = pd.DataFrame.from_dict(counts, orient="index").rename_axis(["variable", "code"])
    smaller = table.min(axis=1)
    table = table.assign(n=table.sum(axis=1), sparse=smaller < fewer_than)
    return table.loc[smaller.sort_values(kind="stable").index].head(max(number, int(table["sparse"].sum())))


def rare_combinations(cells: pd.DataFrame, pairs: Sequence[tuple[str, str]], fewer_than: int) -> pd.DataFrame:
    """Return the combinations of two variables with fewer than so many events or others.

    Parameters
    ----------
    pairs
        [(variable, variable)]

    Returns
    -------
    pandas.DataFrame
        Columns first, code_first, second, code_second, n, events, others.
    """
    parts = []
    for first, second in pairs:
        counts = cells.groupby([first, second], observed=True)[COUNTS].sum()
        few = counts[(counts.min(axis=1) < fewer_than) & (counts.sum(axis=1) > 0)]
        few = few.rename_axis(["code_first", "code_second"])
        parts.append(few.reset_index().assign(first=first, second=second))
    columns = ["first", "code_first", "second", "code_second", "n", "events", "others"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(n=table["events"] + table["others"])[columns]
