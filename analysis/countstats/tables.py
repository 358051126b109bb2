"""Tables of counts: how to lay them out, and tests that the libraries lack or lose digits in.

Chi-square, its likelihood-ratio form and its Monte-Carlo form come from scipy, residuals, Mantel-Haenszel and the
linear-by-linear test from statsmodels.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from countstats.columns import MISSING


def two_way(cells, rows, columns, codes):
    """Lay a tally out as a table of counts, with what was not recorded apart.

    cells: a tally by at least the two variables `rows` and `columns`; codes: the codes of `columns`, in order.
    Returns (table, missing): the table has one row per category of `rows` that occurs and one column per code, also
    where it is empty; `missing` counts by code those whose `rows` is not recorded.
    """
    wide = cells.pivot_table(
        index=rows, columns=columns, values="n", aggfunc="sum", fill_value=0, observed=True, dropna=False
    )
    wide = wide.reindex(columns=codes, fill_value=0).rename_axis(columns=columns).astype(np.int64)
    wide.columns = list(codes)
    unknown = wide.index.isna() | (wide.index.astype(str) == MISSING)
    table = wide[~unknown & (wide.sum(axis=1) > 0).to_numpy()]
    return table.set_axis(list(table.index)).rename_axis(rows), wide[unknown].sum()


def cube(cells, codes):
    """Lay a tally out as an array of counts, one axis per variable of `codes`, {variable: its codes in order}.

    What is recorded otherwise, or not at all, is left out.
    """
    places = [pd.Index(each).get_indexer(cells[name].astype(str)) for name, each in codes.items()]
    inside = np.all([place >= 0 for place in places], axis=0)
    counts = np.zeros([len(each) for each in codes.values()], dtype=np.int64)
    np.add.at(counts, tuple(place[inside] for place in places), cells["n"].to_numpy()[inside])
    return counts


def too_thin(expected):
    """Whether expected counts are too small for the chi-square distribution, by Cochran's rule.

    It is trusted where no expected count is below one and at most a fifth of them are below five (Cochran 1954,
    doi 10.2307/3001616).
    """
    expected = np.asarray(expected, float)
    return bool((expected < 1).any() or (expected < 5).mean() > 0.2)


def cochran_armitage(events, totals, scores=None, confidence=0.95):
    """Cochran-Armitage test for a trend in shares over ordered groups, as R's `prop.trend.test`.

    events, totals: counts per group, in order; scores: the groups' positions (default 0, 1, 2, ...). Returns a
    dict: `chi2` (one degree of freedom), `p`, `slope` (change of the share per unit of score, weighted least
    squares), `low` and `high` (its limits, from the binomial variance of each group's own share, so that they hold
    also where the shares don't lie on a line), and `departure`, `departure_df`, `departure_p`: what is left of
    Pearson's chi-square beside the line (NaN for two groups). Armitage 1955, doi 10.2307/3001775. ValueError where
    all are in one group, or all or none are events.

    Why not a library: statsmodels' `Table.test_ordinal_association` permutes the table and so divides by
    N - 1 where this test divides by N; scipy has no test for trend.
    """
    events, totals = np.asarray(events, float), np.asarray(totals, float)
    events, totals, known = events[totals > 0], totals[totals > 0], totals > 0
    scores = (np.arange(len(known), dtype=float) if scores is None else np.asarray(scores, float))[known]
    share = events.sum() / totals.sum() if len(totals) else 0
    centred = scores - scores @ totals / totals.sum() if len(totals) else scores
    spread = totals @ centred**2
    if spread == 0 or share in (0, 1):
        raise ValueError("no trend can be tested: all calls are in one group, or all or none are events")
    slope = float(centred @ events / spread)
    statistic = slope**2 * spread / (share * (1 - share))
    shares = events / totals
    half = norm.ppf((1 + confidence) / 2) * np.sqrt(centred**2 @ (totals * shares * (1 - shares))) / spread
    found = {"chi2": float(statistic), "p": float(chi2.sf(statistic, 1)), "slope": slope}
    found |= {"low": float(slope - half), "high": float(slope + half)}
    # What the shares miss the line by; so written, nothing large is subtracted.
    left, df = totals @ (shares - share - slope * centred) ** 2 / (share * (1 - share)), len(totals) - 2
    departure = (float(left), df, float(chi2.sf(left, df))) if df > 0 else (np.nan, 0, np.nan)
    return found | dict(zip(("departure", "departure_df", "departure_p"), departure, strict=True))


def informative(strata):
    """The fourfold tables that can tell an odds ratio: those without an empty row or column.

    strata: (tables, 2, 2). The others add nothing to the estimate of Mantel and Haenszel, and the test of Breslow
    and Day is not defined for them.
    """
    strata = np.asarray(strata, float).reshape(-1, 2, 2)
    return strata[(strata.sum(axis=1) > 0).all(axis=1) & (strata.sum(axis=2) > 0).all(axis=1)]


def breslow_day(strata, common):
    """Breslow-Day test, with Tarone's correction, that the odds ratio is the same in all strata.

    strata: (tables, 2, 2), each without an empty row or column; common: their common odds ratio, above zero.
    Returns (chi2, df). Under the common odds ratio the expected first cell e of a table solves
    e (n22 - n11 + e) = common (row - e)(column - e) (Breslow and Day 1980, section 4.4; Tarone 1985, doi
    10.1093/biomet/72.1.91).

    Why not a library: statsmodels' `test_equal_odds` divides by one less the common odds ratio, which loses digits
    near one and gives NaN there, and its p-value is one less a probability, so zero below 1e-16.
    """
    strata = np.asarray(strata, float)
    first, row, column = strata[:, 0, 0], strata[:, 0].sum(axis=1), strata[:, :, 0].sum(axis=1)
    rest = strata.sum(axis=(1, 2)) - row - column  # the last cell less the first
    b = common * (row + column) + rest
    # The root of the quadratic in the form that subtracts nothing large, and so holds at one, too.
    expected = 2 * common * row * column / (b + np.sqrt(b**2 + 4 * (1 - common) * common * row * column))
    variance = 1 / (1 / expected + 1 / (row - expected) + 1 / (column - expected) + 1 / (rest + expected))
    off = first - expected
    return float((off**2 / variance).sum() - off.sum() ** 2 / variance.sum()), len(strata) - 1


def odds_ratio_over_strata(strata, confidence=0.95):
    """An odds ratio from all strata thrown together, the common one within strata, and whether it is one at all.

    strata: (tables, 2, 2) of counts, such as sex by problem in each school stage. Returns a dict: `crude` with
    `crude_low` and `crude_high` (Wald limits of the tables added up; half a call is added to each cell where one is
    empty); `common`, `low`, `high` and `p` (Mantel and Haenszel 1959, doi 10.1093/jnci/22.4.719, with the limits of
    Robins, Breslow and Greenland, and the test without continuity correction); `homogeneity`, `homogeneity_df` and
    `homogeneity_p` (Breslow and Day); `strata`, how many tables tell something. What can't be had is NaN: all of it
    where one group or one outcome is empty in every stratum.

    Why not a library: it is statsmodels that computes here; this adds what to do with empty rows and cells, and a
    p-value that doesn't end at 1e-16.
    """
    strata = np.asarray(strata, float).reshape(-1, 2, 2)
    names = ("crude", "crude_low", "crude_high", "common", "low", "high", "p")
    found = dict.fromkeys((*names, "homogeneity", "homogeneity_df", "homogeneity_p"), np.nan)
    total, useful = strata.sum(axis=0), informative(strata)
    found["strata"] = len(useful)
    if len(informative([total])):
        # statsmodels' own `shift_zeros` gives half a call to the empty cell alone, against its documentation.
        crude = Table2x2(total + 0.5 * (total == 0).any(), shift_zeros=False)
        low, high = crude.oddsratio_confint(alpha=1 - confidence)
        found |= {"crude": float(crude.oddsratio), "crude_low": float(low), "crude_high": float(high)}
    # The common odds ratio is zero or infinite where one of its two sums is zero: then there is none to report.
    sizes = useful.sum(axis=(1, 2))
    sums = [(useful[:, 0, i] * useful[:, 1, 1 - i] / sizes).sum() for i in (0, 1)]
    if min(sums, default=0) > 0:
        table = StratifiedTable(list(useful))
        low, high = table.oddsratio_pooled_confint(alpha=1 - confidence)
        found |= {"common": float(table.oddsratio_pooled), "low": float(low), "high": float(high)}
        found["p"] = float(chi2.sf(table.test_null_odds(correction=False).statistic, 1))
        if len(useful) > 1:
            statistic, df = breslow_day(useful, found["common"])
            found |= {"homogeneity": statistic, "homogeneity_df": df}
            found["homogeneity_p"] = float(chi2.sf(statistic, df))
    return found


def mix_and_risk(counts, confidence=0.95):
    """For each row, how two groups differ in belonging to it, and in the outcome given that they do.

    counts: (rows, 2 groups, 2 outcomes, strata), such as problem, sex, at risk, school stage. Returns a DataFrame with
    one row per row: `first` and `second`, the groups' counts, and what `odds_ratio_over_strata` finds, as `mix_...`
    for this row against all others, and as `risk_...` for the outcome within the row.
    """
    every, rows = counts.sum(axis=(0, 2)), []
    for one in counts:
        this = one.sum(axis=1)
        row = {"first": this[0].sum(), "second": this[1].sum()}
        for kind, strata in {"mix": np.stack([this, every - this], axis=1), "risk": one}.items():
            found = odds_ratio_over_strata(np.moveaxis(strata, -1, 0), confidence)
            row |= {f"{kind}_{name}": value for name, value in found.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def cells_met(n, sizes):
    """Expected number of distinct cells among so many pupils, drawn at random without putting any back.

    n: pupils of each cell; sizes: how many are drawn, whole numbers from 0 to their sum. Returns an array of the shape
    of `sizes`. Hurlbert 1971, doi 10.2307/1934145. ValueError for a size beyond the sum.

    Why not a library: it is one formula; ecologists' packages would bring many others.
    """
    n, sizes = np.asarray(n, int), np.atleast_1d(np.asarray(sizes, float))
    total = n.sum()
    if (sizes < 0).any() or (sizes > total).any():
        raise ValueError(f"from 0 to {total:.0f} pupils can be drawn")
    values, times = np.unique(n[n > 0], return_counts=True)
    left = total - np.arange(values.max(initial=0))  # among whom the first, second ... pupil of a cell may be drawn
    met = []
    for size in sizes:
        with np.errstate(divide="ignore"):  # more are drawn than there are others: the cell can't be missed
            missed = np.cumsum(np.log1p(-np.minimum(size / left, 1)))
        met.append(-(times * np.expm1(missed[values - 1])).sum())
    return np.array(met)
