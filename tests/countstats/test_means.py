"""Moments, quantiles and comparisons of means from tallies: against NIST, against R, and against rows."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import studentized_range, t, ttest_ind_from_stats, tukey_hsd
from sklearn.datasets import load_iris
from statsmodels.stats.oneway import anova_generic

from countstats import means
from countstats.effect_size import eta_squared
from countstats.means import (
    SMALLEST_P,
    _range_quantile,
    games_howell,
    group_moments,
    group_quantiles,
    kruskal_wallis,
    levene,
    mean_intervals,
    quantile,
    tukey_kramer,
)

REFERENCE = Path(__file__).parent / "reference"
NIST = pd.read_csv(REFERENCE / "nist_anova.csv").set_index(["dataset", "quantity"])["certified"]
IRIS = pd.read_csv(REFERENCE / "r_iris.csv").set_index(["case", "test", "quantity"])["value"]
DATA = Path(scipy.stats.__file__).parent / "tests" / "data" / "nist_anova"


def counted(values, groups, parts=1):
    """Cells by group and value, cut into so many parts."""
    rows = pd.DataFrame({"group": groups, "part": np.arange(len(values)) % parts})
    rows["x"] = pd.Series(list(values), dtype=object)
    return rows.groupby(["group", "part", "x"]).size().rename("n").reset_index()


def nist_rows(name):
    """Groups and values of a NIST data set, the values as integers, and the factor that made them so."""
    lines = [line.split() for line in (DATA / f"{name}.dat").read_text().splitlines()[60:] if line.split()]
    exact = [Fraction(value) for _, value in lines]
    scale = max(value.denominator for value in exact)
    scale = 10 ** next(k for k in range(20) if 10**k % scale == 0)
    return [int(group) for group, _ in lines], [int(value * scale) for value in exact], scale


@pytest.mark.parametrize("name", sorted({name for name, _ in NIST.index}))
def test_nist_analysis_of_variance(name, agrees):
    """13 digits on all eleven sets, also where the values are 1e12 + 0.4 and floats keep none."""
    groups, values, scale = nist_rows(name)
    found = group_moments(counted(values, groups, 3), "x", by="group")
    counts = found["n"].to_numpy(float)
    result = anova_generic(found["deviation"].to_numpy(), found["variance"].to_numpy(), counts, use_var="equal")
    agrees("ANOVA, NIST: F", result.statistic, NIST[name, "F"], 13)
    assert result.df == (NIST[name, "df_b"], NIST[name, "df_w"])
    within = (counts - 1) @ found["variance"] / scale**2
    agrees("ANOVA, NIST: sum of squares within", within, NIST[name, "SS_w"], 13)
    between = counts @ found["deviation"] ** 2 / scale**2
    agrees("ANOVA, NIST: sum of squares between", between, NIST[name, "SS_b"], 13)
    eta2 = eta_squared(result.statistic, *result.df)
    agrees("ANOVA, NIST: eta squared", eta2, NIST[name, "R2"], 13)


@pytest.mark.parametrize("column", range(4))
def test_iris_as_in_r(column, agrees):
    """Fisher, Welch, Brown-Forsythe, Kruskal-Wallis and Levene on counts agree with R on rows."""
    iris = load_iris()
    case = "iris:" + iris.feature_names[column].replace(" (cm)", "_cm").replace(" ", "_")
    rows = pd.DataFrame({"group": iris.target, "x": np.rint(iris.data[:, column] * 10).astype(int)})
    cells = rows.groupby(["group", "x"]).size().rename("n").reset_index()
    found = group_moments(cells, "x", by="group")
    arguments = [found[name].to_numpy(float) for name in ("deviation", "variance", "n")]
    fisher, welch, forsythe = (anova_generic(*arguments, use_var=kind) for kind in ("equal", "unequal", "bf"))
    agrees("Fisher's F", fisher.statistic, IRIS[case, "one-way ANOVA", "F"], 12)
    agrees("Fisher's F: p", fisher.pvalue, IRIS[case, "one-way ANOVA", "p"], 9)
    agrees("Welch's F", welch.statistic, IRIS[case, "Welch ANOVA", "F"], 12)
    agrees("Welch's F: df2", welch.df_denom, IRIS[case, "Welch ANOVA", "df2"], 12)
    agrees("Welch's F: p", welch.pvalue, IRIS[case, "Welch ANOVA", "p"], 9)
    r = "Brown-Forsythe F* (equal means)"
    agrees("Brown-Forsythe F*", forsythe.statistic, IRIS[case, r, "F"], 12)
    agrees("Brown-Forsythe F*: df2", forsythe.df2[1], IRIS[case, r, "df2_Satterthwaite"], 12)
    p = scipy.stats.f.sf(IRIS[case, r, "F"], IRIS[case, r, "df1"], IRIS[case, r, "df2_Satterthwaite"])
    agrees("Brown-Forsythe F*: p", forsythe.pvalue2, p, 9)
    h, df, p = kruskal_wallis(cells.pivot_table(index="group", columns="x", values="n", fill_value=0))
    agrees("Kruskal-Wallis H", h, IRIS[case, "Kruskal-Wallis", "H"], 12)
    agrees("Kruskal-Wallis: p", p, IRIS[case, "Kruskal-Wallis", "p"], 9)
    f, df1, df2, p = levene(cells, "x", by="group")
    assert (df, df1, df2) == (2, 2, 147)
    agrees("Levene's F (median)", f, IRIS[case, "Levene (median)", "F"], 12)
    agrees("Levene's F (median): p", p, IRIS[case, "Levene (median)", "p"], 9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=9), min_size=2, max_size=4))
def test_levene_equals_that_of_rows(groups):
    rows = pd.DataFrame([(g, x) for g, values in enumerate(groups) for x in values], columns=["g", "x"])
    f, _, _, p = levene(rows.value_counts().rename("n").reset_index(), "x", by="g")
    with np.errstate(invalid="ignore", divide="ignore"):
        theirs = scipy.stats.levene(*groups, center="median")
    if np.isfinite(theirs.statistic):
        assert f == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-12)
        assert p == pytest.approx(theirs.pvalue, rel=1e-9)
    else:
        assert np.isnan(f) and np.isnan(p)


counts_of_values = st.dictionaries(st.integers(-50, 2000), st.integers(1, 9), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(counts_of_values, st.floats(0, 1))
def test_quantiles_equal_those_of_rows(table, q):
    rows = np.repeat(list(table), list(table.values()))
    assert quantile(list(table), list(table.values()), q) == pytest.approx(np.quantile(rows, q), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(counts_of_values, st.integers(1, 4))
def test_combined_cells_equal_rows(table, parts):
    """However the calls are cut into cells, the combined moments are those of the rows."""
    rows = np.repeat(list(table), list(table.values()))
    cells = counted(rows, np.zeros(len(rows), int), parts)
    found = group_moments(cells, "x", by="group").loc[0]
    assert found["n"] == len(rows)
    assert found["mean"] == pytest.approx(rows.mean(), rel=1e-12)
    if len(rows) > 1:
        assert found["variance"] == pytest.approx(rows.var(ddof=1), rel=1e-9)
    else:
        assert np.isnan(found["variance"])


def test_missing_values_and_empty_groups():
    """A missing value is not counted, and a group without values has no row."""
    level = pd.Categorical(["a", "a", "b", "c"], categories=["a", "b", "c", "d"])
    cells = pd.DataFrame({"level": level, "x": pd.array([1, 4, None, 7], dtype="Int64"), "n": [2, 1, 5, 1]})
    found = group_moments(cells, "x", by="level")
    assert found.index.tolist() == ["a", "c"]
    assert found["n"].tolist() == [3, 1]
    assert found.loc["a", "variance"] == pytest.approx(3.0)
    quantiles = group_quantiles(cells, "x", by="level")
    assert quantiles.loc["a"].tolist() == [1.0, 1.0, 2.5]
    assert np.isnan(quantile([], [], [0.5])).all()


def test_group_moments_beyond_64_bits_are_exact():
    """Squares of large sums do not wrap around."""
    big = 10**12
    cells = pd.DataFrame({"g": [0] * 4, "x": pd.Series([big, big + 1, big, big + 1], dtype=object), "n": 1})
    assert group_moments(cells, "x", by="g").loc[0, "variance"] == pytest.approx(1 / 3, rel=1e-15)


CASES = sorted({case for case, _, _ in IRIS.index})


def summaries(case):
    """Means, variances, counts and names of the three species."""
    iris = load_iris(as_frame=True)
    column = case.removeprefix("iris:").replace("_cm", " (cm)").replace("_", " ")
    groups = iris.frame.groupby("target")[column]
    return groups.mean(), groups.var(), groups.size(), list(iris.target_names)


def check_p(agrees, method, p, reference):
    """p to 6 digits where it can be computed; below the smallest reported p, only that it is small."""
    if reference > SMALLEST_P:
        agrees(method, p, reference, 6)
    else:
        assert p == SMALLEST_P


@pytest.mark.parametrize("case", CASES)
def test_tukey_kramer_as_in_r(case, agrees):
    for row in tukey_kramer(*summaries(case)).itertuples():
        test = f"Tukey-Kramer HSD {row.second}-{row.first}"
        for ours, theirs in ((row.difference, "diff"), (row.low, "lwr95"), (row.high, "upr95")):
            agrees("Tukey-Kramer: difference and limits", ours, IRIS[case, test, theirs], 9)
        check_p(agrees, "Tukey-Kramer: p", row.p, IRIS[case, test, "p_adj"])


@pytest.mark.parametrize("case", CASES)
def test_games_howell_as_in_r(case, agrees):
    """rstatix rounds its limits in the fifth digit and divides its errors by the root of two."""
    for row in games_howell(*summaries(case)).itertuples():
        test = f"Games-Howell {row.second}-{row.first}"
        for ours, theirs in ((row.difference, "diff"), (row.df, "df_full"), (abs(row.t), "t_abs_full")):
            agrees("Games-Howell: difference, t, df", ours, IRIS[case, test, theirs], 12)
        agrees("Games-Howell: standard error", row.se / 2**0.5, IRIS[case, test, "se"], 12)
        assert row.low == pytest.approx(IRIS[case, test, "lwr95"], abs=2e-4)
        assert row.high == pytest.approx(IRIS[case, test, "upr95"], abs=2e-4)
        check_p(agrees, "Games-Howell: p", row.p, IRIS[case, test, "p_full"])


def test_both_as_in_scipy_on_rows(agrees):
    """scipy's `tukey_hsd` takes the rows; its limits are unrounded, so they check those of Games and Howell, too."""
    iris = load_iris()
    rows = [iris.data[iris.target == k, iris.feature_names.index("sepal width (cm)")] for k in range(3)]
    for method, equal in ((tukey_kramer, True), (games_howell, False)):
        theirs = tukey_hsd(*rows, equal_var=equal)
        limits = theirs.confidence_interval(0.95)
        pairs = zip(method(*summaries("iris:sepal_width_cm")).itertuples(), ((0, 1), (0, 2), (1, 2)), strict=True)
        for row, (i, j) in pairs:
            for ours, other in ((row.low, limits.low[j, i]), (row.high, limits.high[j, i])):
                agrees(f"{method.__name__}, against scipy on rows", ours, other, 9)
            assert row.n == 100


def test_the_two_agree_for_equal_groups():
    """With equal variances and large equal groups the two methods meet."""
    arguments = [0.0, 0.1, 0.3], [1.0, 1.0, 1.0], [4000, 4000, 4000], ["a", "b", "c"]
    left, right = games_howell(*arguments), tukey_kramer(*arguments)
    assert left[["first", "second"]].equals(right[["first", "second"]])
    for column in ("difference", "se", "low", "high", "t"):
        assert left[column].to_list() == pytest.approx(right[column].to_list(), rel=1e-3)


@pytest.mark.parametrize("groups, df, level", [(3, 2.5, 0.95), (3, 39_000.0, 0.95), (5, 12.0, 0.5), (8, 86.5, 0.999)])
def test_the_quantile_is_that_of_scipy(groups, df, level):
    assert _range_quantile(groups, df, level) == pytest.approx(studentized_range.ppf(level, groups, df), rel=1e-10)


def test_two_groups_are_a_t_test():
    found = games_howell([1.0, 1.5], [2.0, 5.0], [30, 50]).iloc[0]
    theirs = ttest_ind_from_stats(1.5, 5**0.5, 50, 1.0, 2**0.5, 30, equal_var=False)
    assert found["p"] == pytest.approx(theirs.pvalue, rel=1e-9)
    half = t.ppf(0.975, found["df"]) * found["se"]
    assert [found["low"], found["high"]] == pytest.approx([0.5 - half, 0.5 + half], rel=1e-9)
    assert found["d"] == pytest.approx(0.5 / 3.5**0.5)


def test_a_p_value_is_never_printed_where_none_can_be_computed():
    assert games_howell([0, 100], [1, 1], [50, 50])["p"].item() == SMALLEST_P


def test_mean_intervals_are_those_of_rows_where_there_are_values():
    cells = counted([1, 2, 4, 3, 5, 5], ["a", "a", "a", "b", "c", "c"])
    means = mean_intervals(group_moments(cells, "x", "group"))
    assert means["n"].tolist() == [3, 1, 2]
    limits = scipy.stats.ttest_1samp([1, 2, 4], 0).confidence_interval(0.95)
    assert means.loc["a", ["estimate", "low", "high"]].tolist() == pytest.approx([7 / 3, *limits])
    assert means.loc["b", ["low", "high"]].isna().all()
    assert means.loc["c", ["low", "high"]].tolist() == [5, 5]
    assert mean_intervals(group_moments(cells.iloc[:0], "x", "group").reindex(["a"]))["n"].tolist() == [0]


@pytest.mark.parametrize("unit", [10, 1000])
def test_decimals_are_counted_exactly_in_a_unit_of_their_own(unit):
    rng = np.random.default_rng(2)
    whole = pd.DataFrame({"x": rng.integers(-300, 300, 40), "group": ["a", "b"] * 20, "n": rng.integers(1, 9, 40)})
    tenths = whole.assign(x=whole["x"] / unit)
    moments, scaled = group_moments(tenths, "x", "group"), group_moments(whole, "x", "group")
    for name, power in (("mean", 1), ("deviation", 1), ("variance", 2), ("sd", 1)):
        assert moments[name].to_numpy() == pytest.approx(scaled[name].to_numpy() / unit**power, rel=1e-15)
    assert levene(tenths, "x", "group") == levene(whole, "x", "group")


def test_decimals_that_do_not_vary_have_no_spread():
    cells = pd.DataFrame({"x": [0.1, 0.2, 0.1, 0.2], "group": ["a", "a", "b", "b"], "n": [3, 3, 3, 3]})
    assert np.isnan(levene(cells, "x", "group").statistic)
    assert group_moments(cells.assign(x=0.1), "x", "group")["variance"].tolist() == [0, 0]


@pytest.mark.parametrize("test", [group_moments, levene])
def test_values_without_end_are_refused(test):
    cells = pd.DataFrame({"x": [1.0, np.inf, 3.0], "group": ["a", "a", "b"], "n": [1, 2, 3]})
    with pytest.raises(ValueError, match="inf"):
        test(cells, "x", by="group")


def test_counts_that_are_none_are_refused_by_all():
    cells = pd.DataFrame({"x": [1, 2], "g": ["a", "b"], "n": [1, 2]})
    for change, message in ((1.5, "no whole number"), (-1, "negative"), (np.nan, "missing")):
        for function in (means.group_moments, means.group_quantiles, means.levene):
            with pytest.raises(ValueError, match=message):
                function(cells.assign(n=change), "x", "g")
        with pytest.raises(ValueError, match=message):
            means.quantile([1, 2], [change, 1], 0.5)
        with pytest.raises(ValueError, match=message):
            means.kruskal_wallis([[change, 1], [1, 1]])
        for function in (means.games_howell, means.tukey_kramer):
            with pytest.raises(ValueError, match=message):
                function([1, 2], [1, 1], [change, 3])


def test_groups_without_units_have_no_moments():
    cells = pd.DataFrame({"x": [1, 2], "g": ["a", "b"], "n": [0, 0]})
    assert means.group_moments(cells, "x", "g").empty
    assert means.group_moments(cells.assign(n=[0, 2]), "x", "g").index.tolist() == ["b"]
    assert np.isnan(means.levene(cells, "x", "g").p) and np.isnan(means.kruskal_wallis([[0, 0], [0, 0]]).p)
    assert np.isnan(means.kruskal_wallis([[1, 2]]).p), "one group is compared with none"


@pytest.mark.parametrize("q", [-0.1, 1.1, np.nan, [0.5, 2]])
def test_a_quantile_beyond_the_ends_is_refused(q):
    with pytest.raises(ValueError, match="between 0 and 1"):
        means.quantile([1, 2, 3], [1, 1, 1], q)


def test_pairs_without_spread_or_units_or_of_other_lengths_are_refused():
    for counts, variances, message in (([1, 3], [1, 1], "two units"), ([2, 3, 4], [1, 1], "differ"), ([3], [1], "")):
        with pytest.raises(ValueError, match=message):
            means.games_howell([1, 2], variances, counts)
    with pytest.raises(ValueError, match="above zero"):
        means.games_howell([1, 2], [0, 1], [3, 3])
    with pytest.raises(ValueError, match="no group vary"):
        means.tukey_kramer([1, 2], [0, 0], [3, 3])
    with pytest.raises(ValueError, match="negative"):
        means.tukey_kramer([1, 2], [-1, 2], [3, 3])
    with pytest.raises(ValueError, match="confidence level"):
        means.tukey_kramer([1, 2], [1, 2], [3, 3], confidence=95)
