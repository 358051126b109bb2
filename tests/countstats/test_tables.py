"""Tables of counts: scipy's and statsmodels' tests, as the notebooks call them, and our own, against R and rows."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import reference
from samples import table as published
from scipy.optimize import brentq
from scipy.stats import MonteCarloMethod, chi2, chi2_contingency, hypergeom
from statsmodels.stats.contingency_tables import StratifiedTable, Table

from countstats import tables
from countstats.tables import (
    breslow_day,
    cochran_armitage,
    cube,
    expected_cells,
    mix_and_risk,
    odds_ratio_over_strata,
    two_way,
)

REFERENCE = Path(__file__).parent / "reference"
TABLES = json.loads((REFERENCE / "tables.json").read_text())
R = pd.read_csv(REFERENCE / "r_tables.csv").set_index(["case", "test", "quantity"])["value"]
PEARSON = "Pearson chi-square (no Yates)"


@pytest.mark.parametrize("case", sorted(TABLES))
def test_chi_square_and_residuals_as_in_r(case, agrees):
    table = TABLES[case]
    counts = np.array(table["counts"])
    found = chi2_contingency(counts, correction=False)
    agrees("chi-square", found.statistic, R[case, PEARSON, "chi2"], 12)
    agrees("chi-square: p", found.pvalue, R[case, PEARSON, "p"], 9)
    assert found.dof == R[case, PEARSON, "df"]
    agrees("chi-square: smallest expected count", found.expected_freq.min(), R[case, PEARSON, "min_expected"], 12)
    ratio = chi2_contingency(counts, correction=False, lambda_="log-likelihood")
    agrees("likelihood-ratio chi-square", ratio.statistic, R[case, "association", "G2_LR"], 12)
    residuals = Table(counts, shift_zeros=False).standardized_resids
    for i, row in enumerate(table["rows"]):
        for j, column in enumerate(table["cols"]):
            agrees("adjusted residuals", residuals[i, j], R[case, f"cell {row} | {column}", "adj_std_resid"], 9)


# --- small counts --------------------------------------------------------------------------------------


def test_cochrans_rule():
    assert not tables.sparse_expected([[5, 5], [5, 5]])
    assert not tables.sparse_expected([[4, 9], [9, 9], [9, 9]]), "one of six is less than a fifth"
    assert tables.sparse_expected([[4, 9], [4, 9]])
    assert tables.sparse_expected([[0.9] + [9] * 9])


def test_random_tables_give_the_exact_p_and_the_same_one_with_the_same_seed():
    """The exact p of a fourfold table adds up the tables that are at least as far from independence."""
    table = np.array([[7, 2], [3, 9]])
    observed = chi2_contingency(table, correction=False).statistic
    exact = 0.0
    for first in range(10):
        other = np.array([[first, 9 - first], [10 - first, 2 + first]])
        if other.min() >= 0 and chi2_contingency(other, correction=False).statistic >= observed * (1 - 1e-12):
            exact += hypergeom(21, 10, 9).pmf(first)
    drawn = [
        chi2_contingency(
            table, correction=False, method=MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(12355))
        ).pvalue
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))


# --- trend ---------------------------------------------------------------------------------------------


def test_trend_as_in_r(agrees):
    """The share of any affair by rating of the marriage (statsmodels' `fair`)."""
    counts = np.array(TABLES["fair:rate_marriage x any affair"]["counts"])
    found = cochran_armitage(counts[:, 1], counts.sum(axis=1), scores=[1, 2, 3, 4, 5])
    case, test = "fair:any ~ rate_marriage", "Cochran-Armitage trend"
    agrees("Cochran-Armitage", found.chi2, R[case, test, "chi2"], 12)
    agrees("Cochran-Armitage: p", found.p, R[case, test, "p"], 9)
    assert found.low < found.slope < found.high < 0


def test_trend_and_departure_make_up_chi_square(agrees):
    counts = np.array(TABLES["fair:rate_marriage x any affair"]["counts"])
    found, whole = cochran_armitage(counts[:, 1], counts.sum(axis=1)), chi2_contingency(counts, correction=False)
    agrees("departure from a trend", found.chi2 + found.departure, whole.statistic, 12)
    assert found.departure_df == 3
    assert found.departure_p == pytest.approx(chi2.sf(found.departure, 3))
    assert np.isnan(cochran_armitage([5, 6], [10, 20]).departure_p), "two points lie on a line"


def test_slope_and_its_limits_are_those_of_rows():
    """Least squares of 0/1 on the score; the variance of the slope is that of a weighted sum of binomials."""
    events, totals, scores = np.array([10, 30, 35, 70]), np.array([100, 120, 90, 110]), np.array([0, 1, 3, 4])
    x = np.repeat(scores, totals)
    y = np.concatenate([np.repeat([1, 0], [e, n - e]) for e, n in zip(events, totals, strict=True)])
    found = cochran_armitage(events, totals, scores)
    assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-10)
    draws = np.random.default_rng(3).binomial(totals, events / totals, size=(20_000, 4))
    weights = (scores - x.mean()) / ((x - x.mean()) ** 2).sum()
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx((draws @ weights).std(), rel=0.02)


def test_linear_by_linear_is_the_correlation_of_rows(agrees):
    """statsmodels' test is Mantel's: (N - 1) times the squared correlation of the two sets of scores."""
    counts = np.array(TABLES["fair:occupation x rate_marriage"]["counts"])
    rows = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    theirs = Table(counts, shift_zeros=False).test_ordinal_association()
    r = np.corrcoef(rows)[0, 1]
    agrees("linear-by-linear", theirs.zscore / np.sqrt(counts.sum() - 1), r, 9)


def test_trend_does_not_depend_on_origin_or_unit():
    one = cochran_armitage([10, 20, 40], [100, 100, 100])
    other = cochran_armitage([10, 20, 40], [100, 100, 100], scores=[2019, 2021, 2023])
    assert other.chi2 == pytest.approx(one.chi2)
    assert other.slope == pytest.approx(one.slope / 2) == pytest.approx(0.075)


def test_an_empty_group_changes_no_trend():
    assert cochran_armitage([10, 0, 40], [100, 0, 100]) == cochran_armitage([10, 40], [100, 100], scores=[0, 2])


@pytest.mark.parametrize("events, totals", [([0, 0], [10, 10]), ([10, 10], [10, 10]), ([5, 0], [10, 0]), ([], [])])
def test_no_trend_to_be_tested(events, totals):
    with pytest.raises(ValueError, match="no trend"):
        cochran_armitage(events, totals)


# --- strata --------------------------------------------------------------------------------------------

ADMISSIONS = cube(
    published("ucb").rename(columns=str.lower),
    {"dept": list("ABCDEF"), "gender": ["Male", "Female"], "admit": ["Admitted", "Rejected"]},
)


def expected_first_cell(table, common):
    """The first cell under a common odds ratio, found by a search."""
    row, column, total = table[0].sum(), table[:, 0].sum(), table.sum()

    def excess(e):
        return e * (total - row - column + e) - common * (row - e) * (column - e)

    low, high = max(0, row + column - total), min(row, column)
    return brentq(excess, low, high, xtol=1e-12, rtol=1e-14)


def homogeneity_by_search(strata, common):
    """Breslow and Day's test with Tarone's correction, stratum by stratum."""
    statistic = off = spread = 0.0
    for table in strata:
        e, row, column, total = expected_first_cell(table, common), table[0].sum(), table[:, 0].sum(), table.sum()
        variance = 1 / (1 / e + 1 / (row - e) + 1 / (column - e) + 1 / (total - row - column + e))
        statistic += (table[0, 0] - e) ** 2 / variance
        off, spread = off + table[0, 0] - e, spread + variance
    return statistic - off**2 / spread


def test_mantel_haenszel_as_in_r(agrees):
    found = odds_ratio_over_strata(ADMISSIONS)
    case, test = "UCB:Admit x Gender | Dept", "Mantel-Haenszel"
    for name, quantity in (("common", "common_OR"), ("low", "lo"), ("high", "hi")):
        agrees("Mantel-Haenszel: odds ratio and limits", getattr(found, name), R[case, test, quantity], 9)
    agrees("Mantel-Haenszel: p", found.p, R[case, test, "p"], 9)
    theirs = StratifiedTable(list(ADMISSIONS.astype(float))).test_null_odds(correction=False)
    agrees("Mantel-Haenszel: chi-square", theirs.statistic, R[case, test, "chi2_nocorr"], 9)


def test_breslow_day_by_another_way(agrees):
    found = odds_ratio_over_strata(ADMISSIONS)
    ours, df, p = breslow_day(ADMISSIONS, found.common)
    agrees("Breslow-Day, against a search", ours, homogeneity_by_search(ADMISSIONS, found.common), 9)
    theirs = StratifiedTable(list(ADMISSIONS.astype(float))).test_equal_odds(adjust=True)
    agrees("Breslow-Day, against statsmodels", ours, theirs.statistic, 9)
    assert (found.homogeneity, found.homogeneity_df, found.homogeneity_p) == (ours, df, p) and df == 5
    assert p == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize("name", ["ucb", "titanic"])
def test_strata_as_in_metafor(name, agrees):
    """Mantel and Haenszel's odds ratio and test, and Breslow and Day's test with Tarone's correction."""
    expected, strata = reference("models"), ADMISSIONS
    if name == "titanic":
        codes = {"class": ["1st", "2nd", "3rd", "Crew"], "sex": ["Male", "Female"], "survived": ["No", "Yes"]}
        strata = cube(published("titanic").rename(columns=str.lower), codes)
    found = odds_ratio_over_strata(strata)
    pairs = {"common": "common", "low": "low", "high": "high", "p": "p"}
    for ours, theirs in (pairs | {"homogeneity": "tarone", "homogeneity_p": "tarone_p"}).items():
        what = "Breslow-Day, metafor" if theirs.startswith("tarone") else "Mantel-Haenszel, metafor"
        agrees(what, getattr(found, ours), expected[name, "Mantel-Haenszel", theirs], 11)


@pytest.mark.parametrize("common", [1.0, 1 + 1e-9, 0.05, 40.0])
def test_breslow_day_holds_at_a_common_odds_ratio_of_one_and_far_from_it(common):
    assert breslow_day(ADMISSIONS, common)[0] == pytest.approx(homogeneity_by_search(ADMISSIONS, common), rel=1e-8)


def test_a_stratum_without_information_is_left_out():
    more = np.concatenate([ADMISSIONS, [[[5, 9], [0, 0]], [[0, 7], [0, 3]], [[0, 0], [0, 0]]]])
    ours, all_ = odds_ratio_over_strata(more), odds_ratio_over_strata(ADMISSIONS)
    for name in ("common", "low", "high", "p", "homogeneity", "homogeneity_p", "strata"):
        assert getattr(ours, name) == getattr(all_, name)


@pytest.mark.parametrize("strata", [[], [[[0, 0], [0, 0]]], [[[5, 9], [0, 0]]], [[[5, 0], [7, 0]]]])
def test_odds_ratio_over_strata_without_units_is_nan(strata):
    found = odds_ratio_over_strata(strata)
    assert found.strata == 0
    assert np.isnan(found[:-1]).all()


def test_an_empty_cell_leaves_a_crude_odds_ratio_alone():
    found = odds_ratio_over_strata([[[5, 0], [4, 3]]])
    assert found.crude == pytest.approx(5.5 * 3.5 / (0.5 * 4.5))
    assert np.isnan(found.common) and np.isnan(found.homogeneity_p)


def test_mix_and_risk_lay_out_the_fourfold_tables():
    """Two problems, girls and boys, at risk or not, one stage: every table can be written down by hand."""
    counts = np.array([[[10, 20], [5, 25]], [[40, 30], [20, 50]]])[..., None]
    found = mix_and_risk(counts)
    assert found[["first", "second"]].values.tolist() == [[30, 30], [70, 70]]
    assert found["mix_common"].tolist() == pytest.approx([1, 1])
    assert found["risk_common"].tolist() == pytest.approx([10 * 25 / (20 * 5), 40 * 50 / (30 * 20)])


# --- from tallies to tables ------------------------------------------------------------------------------


def cells(rows):
    """A tally as the query API gives it: categories with "missing" last, all of them known."""
    frame = pd.DataFrame(rows, columns=["sex", "level", "n"])
    frame["sex"] = pd.Categorical(frame["sex"], ["male", "female", "missing"], ordered=True)
    frame["level"] = pd.Categorical(frame["level"], ["well", "high_risk", "missing"], ordered=True)
    return frame


TALLY = [
    ("female", "well", 3),
    ("missing", "well", 5),
    ("male", "well", 2),
    ("male", "missing", 4),
    ("male", "well", 1),
]


def test_two_way_keeps_the_order_adds_up_and_sets_the_missing_apart():
    table, missing = two_way(cells(TALLY), "sex", "level", ["well", "high_risk"])
    assert table.index.tolist() == ["male", "female"] and table.columns.tolist() == ["well", "high_risk"]
    assert table.values.tolist() == [[3, 0], [3, 0]]
    assert missing.to_dict() == {"well": 5, "high_risk": 0}


def test_two_way_of_numbers_and_of_nothing():
    numbers = pd.DataFrame({"year": pd.array([2021, 2020, None], dtype="Int64"), "level": "well", "n": [1, 2, 3]})
    table, missing = two_way(numbers, "year", "level", ["well", "high_risk"])
    assert table.index.tolist() == [2020, 2021] and table["well"].tolist() == [2, 1] and missing["well"] == 3
    none, missing = two_way(cells(TALLY).iloc[1:2], "sex", "level", ["well", "high_risk"])
    assert none.shape == (0, 2) and missing["well"] == 5


def test_cube_counts_what_is_named_and_leaves_out_the_rest():
    counts = cube(cells(TALLY), {"level": ["high_risk", "well"], "sex": ["female", "male"]})
    assert counts.tolist() == [[0, 0], [3, 3]]


def test_it_is_the_mean_over_all_draws():
    n = [3, 1, 2, 1]
    units = np.repeat(range(4), n)
    for size in range(8):
        drawn = [len(set(some)) for some in combinations(units, size)] if size else [0]
        assert expected_cells(n, size)[0] == pytest.approx(np.mean(drawn), rel=1e-10)


def test_all_units_have_all_cells_and_one_has_one():
    n = np.random.default_rng(1).integers(1, 50, 300)
    met = expected_cells(n, [0, 1, n.sum()])
    assert met == pytest.approx([0, 1, 300])
    assert met[-1] == 300, "exactly, however many units there are"


def test_more_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="from 0 to 4 units"):
        expected_cells([3, 1], 5)


def test_counts_that_are_none_and_tables_of_other_shapes_are_refused():
    cells = pd.DataFrame({"x": ["a", "b"], "y": ["c", "c"], "n": [1, 2]})
    for change, message in ((0.5, "no whole number"), (-1, "negative"), (np.nan, "missing")):
        with pytest.raises(ValueError, match=message):
            tables.two_way(cells.assign(n=change), "x", "y", ["c"])
        with pytest.raises(ValueError, match=message):
            tables.cube(cells.assign(n=change), {"x": ["a", "b"]})
        for function in (tables.informative, tables.odds_ratio_over_strata, lambda each: tables.breslow_day(each, 2)):
            with pytest.raises(ValueError, match=message):
                function([[[change, 1], [1, 1]]])
        with pytest.raises(ValueError, match=message):
            tables.expected_cells([change], [1])
        with pytest.raises(ValueError, match=message):
            tables.mix_and_risk(np.full((2, 2, 2, 1), change))
        with pytest.raises(ValueError, match=message):
            tables.cochran_armitage([change, 1], [3, 3])
    with pytest.raises(ValueError, match="more events"):
        tables.cochran_armitage([4, 1], [3, 3])
    with pytest.raises(ValueError, match="differ in shape"):
        tables.cochran_armitage([1, 1], [3, 3], [0, 1, 2])
    with pytest.raises(ValueError, match="two rows and two columns"):
        tables.odds_ratio_over_strata([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="empty row"):
        tables.breslow_day([[[0, 0], [1, 2]]], 1)
    with pytest.raises(ValueError, match="above zero"):
        tables.breslow_day([[[1, 1], [1, 2]]], 0)
    with pytest.raises(ValueError, match="whole numbers"):
        tables.expected_cells([3, 4], [1.5])
    with pytest.raises(ValueError, match="no column"):
        tables.two_way(cells, "x", "z", ["c"])
