"""Analyses side by side: what is gathered and compared is what went in, and rare categories are named."""

import numpy as np
import pandas as pd
import pytest

from countstats.columns import COUNTS
from hotline.models import sensitivity


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


def gaps(ages, lengths=("under_5", "from_5", "missing", "from_5")):
    """A tally of four cells for an imputation."""
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "female", "missing", "female"], ["male", "female", "missing"]),
            "level": pd.Categorical(["well", "high_risk", "well", "high_risk"], ["well", "high_risk", "missing"]),
            "length_band": pd.Categorical(lengths, ["under_5", "from_5", "missing"]),
            "age": pd.array(ages, "Int64"),
            "n": [5, 4, 3, 2],
        }
    )


def test_with_auxiliaries_length_of_call_and_bands_of_age():
    found, used = sensitivity.with_auxiliaries(gaps([9, 10, None, 11]), ["sex", "level"])
    assert used == ["sex", "level", "length_band", "age"]
    assert found[used].astype(str).to_numpy().tolist() == [
        ["male", "well", "under_5", "up to 9"],
        ["female", "high_risk", "from_5", "up to 11"],
        ["missing", "well", "missing", "missing"],
    ]
    assert found["n"].tolist() == [5, 6, 3]


@pytest.mark.parametrize(
    ("ages", "lengths", "auxiliary"),
    [
        ([None] * 4, ["under_5", "from_5", "from_5", "from_5"], ["length_band"]),  # no age recorded
        ([9, 10, 11, 19], ["missing", "from_5", "from_5", "from_5"], ["age"]),  # the one boy would be lost
        ([15] * 4, ["under_5"] * 4, []),  # the same for all
    ],
)
def test_with_auxiliaries_leaves_out_what_cannot_help(ages, lengths, auxiliary):
    found, used = sensitivity.with_auxiliaries(gaps(ages, lengths), ["sex", "level"])
    assert used == ["sex", "level", *auxiliary] and found["n"].sum() == 14


class Model:
    """As much of an estimable model as the cells of an analysis ask of it."""

    recorded, reference = ["sex", "stage"], {"sex": "male", "stage": "primary"}

    @staticmethod
    def keep(cells):
        return cells


def by_counsellor(*counsellors):
    """A tally of the counts by the counsellor too, the same one for both outcomes of a cell."""
    frame = counts().melt(["sex", "stage"], COUNTS, "at_risk", "n").replace({"events": "yes", "others": "no"})
    return frame.assign(counsellor=[*counsellors] * 2)


def test_cells_with_cluster_are_those_whose_cluster_is_known():
    sample = sensitivity.cells_with_cluster(Model, by_counsellor("a", "b", "b", "missing"), "counsellor", "at_risk")
    assert list(sample.cells["counsellor"]) == ["b", "a", "b"]
    assert sample[1:] == (303, 2, 193, "") and sample.size == "303 in 2"


@pytest.mark.parametrize(
    ("counsellors", "reason"),
    [
        ([np.nan] * 4, "not in the export"),
        (["a"] * 4, "not in the export"),
        (["missing", "missing", "a", "b"], "too few pupils"),  # all are girls
    ],
)
def test_cells_with_cluster_say_why_the_model_cannot_be_fitted(counsellors, reason):
    sample = sensitivity.cells_with_cluster(Model, by_counsellor(*counsellors), "counsellor", "at_risk")
    assert sample.reason == sample.size == reason


def test_can_fit_needs_both_outcomes_and_each_reference():
    cells, reference = counts(), Model.reference
    assert sensitivity.can_fit(cells, reference)
    assert not sensitivity.can_fit(cells.assign(events=0), reference)
    assert not sensitivity.can_fit(cells[cells["stage"] == "junior"], reference)
    assert not sensitivity.can_fit(cells.iloc[:0], reference)
