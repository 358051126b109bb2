"""Comparisons of all pairs: against R's TukeyHSD, rstatix and ptukey on the iris data."""

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import studentized_range, t, ttest_ind_from_stats, tukey_hsd
from sklearn.datasets import load_iris

from countstats.posthoc import SMALLEST_P, _reach, games_howell, tukey_kramer

R = pd.read_csv(Path(__file__).parent / "reference" / "r_iris.csv").set_index(["case", "test", "quantity"])["value"]
CASES = sorted({case for case, _, _ in R.index})


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
            agrees("Tukey-Kramer: difference and limits", ours, R[case, test, theirs], 9)
        check_p(agrees, "Tukey-Kramer: p", row.p, R[case, test, "p_adj"])


@pytest.mark.parametrize("case", CASES)
def test_games_howell_as_in_r(case, agrees):
    """rstatix rounds its limits in the fifth digit and divides its errors by the root of two."""
    for row in games_howell(*summaries(case)).itertuples():
        test = f"Games-Howell {row.second}-{row.first}"
        for ours, theirs in ((row.difference, "diff"), (row.df, "df_full"), (abs(row.t), "t_abs_full")):
            agrees("Games-Howell: difference, t, df", ours, R[case, test, theirs], 12)
        agrees("Games-Howell: standard error", row.se / 2**0.5, R[case, test, "se"], 12)
        assert row.low == pytest.approx(R[case, test, "lwr95"], abs=2e-4)
        assert row.high == pytest.approx(R[case, test, "upr95"], abs=2e-4)
        check_p(agrees, "Games-Howell: p", row.p, R[case, test, "p_full"])


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
    assert _reach(groups, df, level) == pytest.approx(studentized_range.ppf(level, groups, df), rel=1e-10)


def test_two_groups_are_a_t_test():
    found = games_howell([1.0, 1.5], [2.0, 5.0], [30, 50]).iloc[0]
    theirs = ttest_ind_from_stats(1.5, 5**0.5, 50, 1.0, 2**0.5, 30, equal_var=False)
    assert found["p"] == pytest.approx(theirs.pvalue, rel=1e-9)
    half = t.ppf(0.975, found["df"]) * found["se"]
    assert [found["low"], found["high"]] == pytest.approx([0.5 - half, 0.5 + half], rel=1e-9)
    assert found["d"] == pytest.approx(0.5 / 3.5**0.5)


def test_a_p_value_is_never_printed_where_none_can_be_computed():
    assert games_howell([0, 100], [1, 1], [50, 50])["p"].item() == SMALLEST_P
