"""Analyses side by side: what is gathered and compared is what went in, and rare categories are named."""

import numpy as np
import pandas as pd
import pytest

from hotline.models import sensitivity

TERMS = pd.MultiIndex.from_tuples(
    [("intercept", ""), ("sex", "female"), ("stage", "junior"), ("stage", "senior"), ("bullying", "yes")],
    names=["variable", "code"],
)


def coefficients(b, se):
    b, se = np.array(b), np.array(se)
    return pd.DataFrame({"b": b, "se": se, "low": b - 2 * se, "high": b + 2 * se, "p": 0.01}, index=TERMS)


@pytest.fixture
def tidy():
    main = coefficients([-1.0, 0.5, 0.1, 0.6, 0.4], [0.1] * 5)
    other = coefficients([-1.0, 0.5, 0.3, 0.6, 0.4], [0.1, 0.1, 0.1, 0.1, 0.3])
    other.loc[("bullying", "missing"), :] = 0.5
    return sensitivity.gather({"main": main, "firth": main, "city": other, "calls": None})


def test_gather_odds_ratios_without_intercepts_and_gaps(tidy):
    assert tidy.groupby("analysis").size().to_dict() == {"main": 4, "firth": 4, "city": 4}
    girl = tidy[(tidy["analysis"] == "main") & (tidy["code"] == "female")].iloc[0]
    assert girl[["odds_ratio", "low", "high"]].tolist() == pytest.approx(np.exp([0.5, 0.3, 0.7]).tolist())


def tidy_by_rounding(tidy):
    """The same with the odds ratios of one analysis off in their last digit."""
    off = tidy["odds_ratio"].where(tidy["analysis"] != "firth", tidy["odds_ratio"] * (1 + 4e-16))
    return tidy.assign(odds_ratio=off)


def test_compare_errors_changes_and_significance(tidy):
    found = sensitivity.compare(tidy)
    assert (
        found.loc["firth", ["se_ratio", "change"]].tolist() == [1, 1]
        and found.loc["firth", "changed_significance"] == []
    )
    assert found.loc["firth", "at"] == () == sensitivity.compare(tidy_by_rounding(tidy)).loc["firth", "at"]
    city = found.loc["city"]
    assert city["change"] == pytest.approx(np.exp(0.2)) and city["at"] == ("stage", "junior")
    assert city["changed_significance"] == [("stage", "junior"), ("bullying", "yes")]
    assert (city["se_ratio"], city["se_largest"]) == (pytest.approx(1), pytest.approx(3))
    assert found["excludes_1"].to_dict() == {"main": 3, "firth": 3, "city": 3}


def test_strongest_terms(tidy):
    assert sensitivity.strongest_terms(tidy) == [("sex", "female"), ("stage", "senior"), ("bullying", "yes")]


def counts():
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female", "female"]),
            "stage": pd.Categorical(["primary", "junior"] * 2, ["primary", "junior"]),
            "events": [50, 3, 40, 30],
            "others": [60, 70, 80, 0],
        }
    )


def test_rarest_and_rare_combinations():
    found = sensitivity.rarest(counts(), {"sex": "male", "stage": "primary"}, fewer_than=40, number=1)
    assert found.index.tolist() == [("stage", "junior")] and found.iloc[0].tolist() == [33, 70, 103, True]
    both = sensitivity.rarest(counts(), {"sex": "male", "stage": "primary"}, fewer_than=5, number=2)
    assert both["sparse"].tolist() == [False, False]
    pairs = sensitivity.rare_combinations(counts(), [("sex", "stage")], 10)
    assert pairs[["code_first", "code_second", "n"]].to_numpy().tolist() == [
        ["female", "junior", 30],
        ["male", "junior", 73],
    ]
    assert sensitivity.rare_combinations(counts(), [], 10).empty
