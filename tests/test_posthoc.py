"""Comparisons of all pairs: against R's TukeyHSD, rstatix and ptukey on the iris data."""

from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_iris

from agreement import digits
from hotline.stats.posthoc import SMALLEST_P, games_howell, tukey_kramer

R = pd.read_csv(Path(__file__).parent / "reference" / "r_iris.csv").set_index(["case", "test", "quantity"])["value"]
CASES = sorted({case for case, _, _ in R.index})


def summaries(case):
    """Means, variances, counts and names of the three species."""
    iris = load_iris(as_frame=True)
    column = case.removeprefix("iris:").replace("_cm", " (cm)").replace("_", " ")
    groups = iris.frame.groupby("target")[column]
    return groups.mean(), groups.var(), groups.size(), list(iris.target_names)


def agrees_on_p(p, reference):
    """p to 6 digits where it can be computed; below the smallest reported p, only that it is small."""
    return digits(p, reference) >= 6 if reference > SMALLEST_P else p == SMALLEST_P


@pytest.mark.parametrize("case", CASES)
def test_tukey_kramer_as_in_r(case):
    for row in tukey_kramer(*summaries(case)).itertuples():
        test = f"Tukey-Kramer HSD {row.second}-{row.first}"
        for ours, theirs in ((row.difference, "diff"), (row.low, "lwr95"), (row.high, "upr95")):
            assert digits(ours, R[case, test, theirs]) >= 9
        assert agrees_on_p(row.p, R[case, test, "p_adj"])


@pytest.mark.parametrize("case", CASES)
def test_games_howell_as_in_r(case):
    """rstatix rounds its limits in the fifth digit and divides its errors by the root of two."""
    for row in games_howell(*summaries(case)).itertuples():
        test = f"Games-Howell {row.second}-{row.first}"
        assert digits(row.difference, R[case, test, "diff"]) >= 12
        assert digits(row.df, R[case, test, "df_full"]) >= 12
        assert digits(abs(row.t), R[case, test, "t_abs_full"]) >= 12
        assert digits(row.se / 2**0.5, R[case, test, "se"]) >= 12
        assert row.low == pytest.approx(R[case, test, "lwr95"], abs=2e-4)
        assert row.high == pytest.approx(R[case, test, "upr95"], abs=2e-4)
        assert agrees_on_p(row.p, R[case, test, "p_full"])


def test_the_two_agree_for_equal_groups():
    """With equal variances and large equal groups the two methods meet."""
    arguments = [0.0, 0.1, 0.3], [1.0, 1.0, 1.0], [4000, 4000, 4000], ["a", "b", "c"]
    left, right = games_howell(*arguments), tukey_kramer(*arguments)
    assert left[["first", "second"]].equals(right[["first", "second"]])
    for column in ("difference", "se", "low", "high", "t"):
        assert left[column].to_list() == pytest.approx(right[column].to_list(), rel=1e-3)


def test_a_p_value_is_never_printed_where_none_can_be_computed():
    assert games_howell([0, 100], [1, 1], [50, 50])["p"].item() == SMALLEST_P
