"""Tables of counts: how to lay them out, tests that the libraries lack or lose digits in, and how many cells they have.

Chi-square, its likelihood-ratio form and its Monte-Carlo form come from scipy, residuals, Mantel-Haenszel and the
linear-by-linear test from statsmodels.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from countstats.columns import MISSING, N
from countstats.counts import alike, finite, has_columns, whole
from countstats.estimates import ChiSquare, half_width


class Trend(NamedTuple):
    """A test of trend (chi2 with one degree of freedom, p), the slope with its limits, and the departure from a line.

    The departure (chi2, df, p) is what remains of Pearson's chi-square; NaN for two groups.
    """

    chi2: float
    p: float
    slope: float
    low: float
    high: float
    departure: float
    departure_df: int
    departure_p: float


class StratifiedOddsRatio(NamedTuple):
    """A crude odds ratio, the common one within strata, and the test that it is the same in all; NaN where not defined.

    crude, crude_low, crude_high : of the strata added up, with Wald limits
    common, low, high, p : Mantel and Haenszel's, with the limits of Robins, Breslow and Greenland
    homogeneity, homogeneity_df, homogeneity_p : Breslow and Day's test
    strata : how many strata are informative
    """

    crude: float = np.nan
    crude_low: float = np.nan
    crude_high: float = np.nan
    common: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    homogeneity: float = np.nan
    homogeneity_df: float = np.nan
    homogeneity_p: float = np.nan
    strata: int = 0


def two_way(
    cells: pd.DataFrame, rows: str, columns: str, codes: Sequence[str], missing: str = MISSING
) -> tuple[pd.DataFrame, pd.Series]:
    """Lay out cells as a two-way table of counts, with what was not recorded separate.

    Parameters
    ----------
    cells
        Table of cells with `n`, by at least the two variables `rows` and `columns`.
    codes
        The codes of `columns`, in order.
    missing
        The code of `rows` that stands for "not recorded"; so does a missing value.

    Returns
    -------
    table
        One row per category of `rows` that occurs and one column per code, also where it is empty.
    not_recorded
        By code, how many units have no category of `rows`.

    Raises
    ------
    ValueError
        For counts that are none (`counts.whole`), and a column that is absent.
    """
    has_columns(cells, rows, columns, N)
    cells = cells.assign(**{N: whole(cells[N])})
    wide = cells.pivot_table(
        index=rows, columns=columns, values=N, aggfunc="sum", fill_value=0, observed=True, dropna=False
    )
    wide = wide.reindex(columns=codes, fill_value=0).rename_axis(columns=columns).astype(np.int64)
    wide.columns = list(codes)
    unknown = wide.index.isna() | (wide.index.astype(str) == missing)
    table = wide[~unknown & (wide.sum(axis=1) > 0).to_numpy()]
    return table.set_axis(list(table.index)).rename_axis(rows), wide[unknown].sum()


def cube(cells: pd.DataFrame, codes: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Lay out cells as an array of counts, one axis per variable.

    Parameters
    ----------
    cells
        Table of cells with `n`, by the variables of `codes` and perhaps others.
    codes
        {variable: its codes in order}. Cells with another code of one of them are left out.

    Raises
    ------
    ValueError
        For counts that are none (`counts.whole`), and a column that is absent.
    """
    has_columns(cells, N, *codes)
    n = whole(cells[N])
    places = [pd.Index(of_variable).get_indexer(cells[name].astype(str)) for name, of_variable in codes.items()]
    inside = np.all([place >= 0 for place in places], axis=0)
    counts = np.zeros([len(of_variable) for of_variable in codes.values()], dtype=np.int64)
    np.add.at(counts, tuple(place[inside] for place in places), n[inside])
    return counts


def sparse_expected(expected: ArrayLike) -> bool:
    """Whether expected counts are too small for the chi-square distribution, by Cochran's rule.

    It is trusted where no expected count is below one and at most a fifth of them are below five (Cochran 1954,
    doi 10.2307/3001616).
    """
    expected = finite(expected, "expected counts")
    return bool((expected < 1).any() or (expected < 5).mean() > 0.2)


def cochran_armitage(
    events: ArrayLike, totals: ArrayLike, scores: ArrayLike | None = None, confidence: float = 0.95
) -> Trend:
    """Test for a trend in shares over ordered groups (Cochran-Armitage), as R's `prop.trend.test`.

    The slope is the change of the share per unit of score, by weighted least squares; its limits come from the binomial
    variance of each group's own share, so that they hold also where the shares do not lie on a line. Armitage 1955, doi
    10.2307/3001775.

    Why not a library: statsmodels' `Table.test_ordinal_association` permutes the table and so divides by
    N - 1 where this test divides by N; scipy has no test for trend.

    Parameters
    ----------
    events, totals
        Counts per group, in order.
    scores
        The groups' positions (default 0, 1, 2, ...).

    Raises
    ------
    ValueError
        Where all units are in one group, or all or none are events; for more events than units, counts that are none
        (`counts.whole`), and arrays of different lengths.
    """
    scores = np.arange(np.size(totals), dtype=float) if scores is None else finite(scores, "scores")
    alike(events, totals, scores)
    events, totals = whole(events).astype(float), whole(totals).astype(float)
    if (events > totals).any():
        raise ValueError("there are more events than units")
    used = totals > 0
    scores = scores[used]
    events, totals = events[used], totals[used]
    share = events.sum() / totals.sum() if len(totals) else 0
    centred = scores - scores @ totals / totals.sum() if len(totals) else scores
    spread = totals @ centred**2
    if spread == 0 or share in (0, 1):
        raise ValueError("no trend can be tested: all units are in one group, or all or none are events")
    slope = float(centred @ events / spread)
    statistic = slope**2 * spread / (share * (1 - share))
    shares = events / totals
    half = half_width(np.sqrt(centred**2 @ (totals * shares * (1 - shares))), confidence) / spread
    # The shares' distances from the line; so written, nothing large is subtracted.
    left, df = totals @ (shares - share - slope * centred) ** 2 / (share * (1 - share)), len(totals) - 2
    departure = (float(left), df, float(chi2.sf(left, df))) if df > 0 else (np.nan, 0, np.nan)
    limits = float(slope - half), float(slope + half)
    return Trend(float(statistic), float(chi2.sf(statistic, 1)), slope, *limits, *departure)


def _fourfold(strata: ArrayLike) -> np.ndarray:
    """Return fourfold tables as an array (tables, 2, 2) of floats, after checking them."""
    strata = whole(strata).astype(float)
    if strata.size and strata.shape[-2:] != (2, 2):
        raise ValueError("an odds ratio needs tables of two rows and two columns")
    return strata.reshape(-1, 2, 2)


def informative(strata: ArrayLike) -> np.ndarray:
    """Return the fourfold tables that say something about an odds ratio: those without an empty row or column.

    The others add nothing to the estimate of Mantel and Haenszel, and the test of Breslow and Day is not defined for
    them.

    Parameters
    ----------
    strata
        Array (tables, 2, 2).

    Raises
    ------
    ValueError
        For what are no fourfold tables of counts (`counts.whole`).
    """
    strata = _fourfold(strata)
    return strata[(strata.sum(axis=1) > 0).all(axis=1) & (strata.sum(axis=2) > 0).all(axis=1)]


def breslow_day(strata: ArrayLike, common: float) -> ChiSquare:
    """Test that the odds ratio is the same in all strata (Breslow and Day, with Tarone's correction).

    Under the common odds ratio the expected first cell e of a table solves e (n22 - n11 + e) = common (row - e)(column
    - e) (Breslow and Day 1980, section 4.4; Tarone 1985, doi 10.1093/biomet/72.1.91).

    Why not a library: statsmodels' `test_equal_odds` divides by one less the common odds ratio, which loses digits
    near one and gives NaN there, and its p-value is one less a probability, so zero below 1e-16.

    Parameters
    ----------
    strata
        Array (tables, 2, 2), each table without an empty row or column.
    common
        Their common odds ratio, above zero.

    Raises
    ------
    ValueError
        For an empty row or column, an odds ratio that is not above zero, and counts that are none (`counts.whole`).
    """
    strata = _fourfold(strata)
    if not len(strata) or len(informative(strata)) < len(strata):
        raise ValueError("there is no table, or one with an empty row or column")
    if not 0 < common < np.inf:
        raise ValueError(f"the common odds ratio must be above zero and finite, not {common}")
    first, row, column = strata[:, 0, 0], strata[:, 0].sum(axis=1), strata[:, :, 0].sum(axis=1)
    rest = strata.sum(axis=(1, 2)) - row - column  # the last cell less the first
    b = common * (row + column) + rest
    # The root of the quadratic in the form that subtracts nothing large, and so holds at one, too.
    expected = 2 * common * row * column / (b + np.sqrt(b**2 + 4 * (1 - common) * common * row * column))
    variance = 1 / (1 / expected + 1 / (row - expected) + 1 / (column - expected) + 1 / (rest + expected))
    off = first - expected
    statistic, df = float((off**2 / variance).sum() - off.sum() ** 2 / variance.sum()), len(strata) - 1
    return ChiSquare(statistic, df, float(chi2.sf(statistic, df)))


def odds_ratio_over_strata(strata: ArrayLike, confidence: float = 0.95) -> StratifiedOddsRatio:
    """Return the crude odds ratio of all strata, the common one within strata, and the test that it is one at all.

    Half a unit is added to each cell of the crude table where one is empty. The common odds ratio is that of Mantel and
    Haenszel 1959, doi 10.1093/jnci/22.4.719, tested without continuity correction. What is not defined is NaN: all of
    it where one group or one outcome is empty in every stratum.

    Why not a library: it is statsmodels that computes here; this adds what to do with empty rows and cells, and a
    p-value that does not end at 1e-16.

    Parameters
    ----------
    strata
        Array (tables, 2, 2) of counts, such as sex by problem in each school stage.

    Raises
    ------
    ValueError
        For what are no fourfold tables of counts (`counts.whole`).
    """
    strata = _fourfold(strata)
    total, useful = strata.sum(axis=0), informative(strata)
    result = {"strata": len(useful)}
    if len(informative([total])):
        # statsmodels' own `shift_zeros` gives half a unit to the empty cell alone, against its documentation.
        crude = Table2x2(total + 0.5 * (total == 0).any(), shift_zeros=False)
        low, high = crude.oddsratio_confint(alpha=1 - confidence)
        result |= {"crude": float(crude.oddsratio), "crude_low": float(low), "crude_high": float(high)}
    # The common odds ratio is zero or infinite where one of its two sums is zero: then there is none to report.
    sizes = useful.sum(axis=(1, 2))
    sums = [(useful[:, 0, i] * useful[:, 1, 1 - i] / sizes).sum() for i in (0, 1)]
    if min(sums, default=0) > 0:
        table = StratifiedTable(list(useful))
        low, high = table.oddsratio_pooled_confint(alpha=1 - confidence)
        result |= {"common": float(table.oddsratio_pooled), "low": float(low), "high": float(high)}
        result["p"] = float(chi2.sf(table.test_null_odds(correction=False).statistic, 1))
        if len(useful) > 1:
            same = breslow_day(useful, result["common"])
            result |= {"homogeneity": same.chi_square, "homogeneity_df": same.df, "homogeneity_p": same.p}
    return StratifiedOddsRatio(**result)


def mix_and_risk(counts: np.ndarray, confidence: float = 0.95) -> pd.DataFrame:
    """Return for each category how two groups differ in belonging to it, and in the outcome of those who do.

    Parameters
    ----------
    counts
        Array (categories, 2 groups, 2 outcomes, strata), such as problem, sex, at risk, school stage.

    Raises
    ------
    ValueError
        For an array of another shape, and for counts that are none (`counts.whole`).

    Returns
    -------
    pandas.DataFrame
        One row per category: first and second, the groups' counts, and the fields of `StratifiedOddsRatio`, as
        mix_... of this category against all others, and as risk_... of the outcome within the category.
    """
    counts = whole(counts)
    if counts.ndim != 4 or counts.shape[1:3] != (2, 2):
        raise ValueError("counts must be by category, two groups, two outcomes, and stratum")
    every, rows = counts.sum(axis=(0, 2)), []
    for category in counts:
        inside = category.sum(axis=1)
        row = {"first": inside[0].sum(), "second": inside[1].sum()}
        for kind, strata in {"mix": np.stack([inside, every - inside], axis=1), "risk": category}.items():
            odds_ratio = odds_ratio_over_strata(np.moveaxis(strata, -1, 0), confidence)
            row |= {f"{kind}_{name}": value for name, value in odds_ratio._asdict().items()}
        rows.append(row)
    return pd.DataFrame(rows)


def expected_cells(n: ArrayLike, sizes: ArrayLike) -> np.ndarray:
    """Return the expected number of distinct cells in a random part of the units (rarefaction).

    Drawn without putting any back. Hurlbert 1971, doi 10.2307/1934145.

    Why not a library: it is one formula; ecologists' packages would bring many others.

    Parameters
    ----------
    n
        Units of each cell.
    sizes
        How many units are drawn: whole numbers from 0 to the sum of `n`.

    Returns
    -------
    numpy.ndarray
        One entry per size.

    Raises
    ------
    ValueError
        For a size beyond the sum, or one that is no whole number, and for counts that are none (`counts.whole`).
    """
    n, sizes = np.atleast_1d(whole(n)), np.atleast_1d(finite(sizes, "sizes"))
    if (sizes != np.floor(sizes)).any():
        raise ValueError("sizes must be whole numbers")
    total = n.sum()
    if (sizes < 0).any() or (sizes > total).any():
        raise ValueError(f"from 0 to {total:.0f} units can be drawn")
    values, times = np.unique(n[n > 0], return_counts=True)
    left = total - np.arange(values.max(initial=0))  # among whom the first, second ... unit of a cell may be drawn
    expected = []
    for size in sizes:
        with np.errstate(divide="ignore"):  # more are drawn than there are others: the cell cannot be missed
            missed = np.cumsum(np.log1p(-np.minimum(size / left, 1)))
        expected.append(-(times * np.expm1(missed[values - 1])).sum())
    return np.array(expected)
