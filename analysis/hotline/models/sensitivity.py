"""Several analyses of the same question side by side, as tidy tables, and the rare categories behind differences."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from countstats.columns import COUNTS
from hotline.codebook import MISSING

MAIN = "main"
ROUNDING = 1e-9  # a difference of log odds ratios up to this is rounding


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
