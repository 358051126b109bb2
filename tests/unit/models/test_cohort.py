"""A sample is held out, and a model made, only where there are enough cases of both kinds."""

import numpy as np
import pandas as pd
import pytest

from countstats.columns import COUNTS
from countstats.glm import cell_table
from hotline.codebook import MISSING, codebook
from hotline.errors import NothingToEstimate
from hotline.models.cohort import MIN_PER_CLASS, external_samples, refuse_certain, select_cohort, split_cohort
from hotline.models.predictors import Outcome

HIGH_RISK = Outcome.of(codebook(), "high_risk")


def tally():
    """A tally by two predictors, one of them never recorded, the variables of the split and the outcome."""
    book, rng = codebook(), np.random.default_rng(4)
    codes = {"sex": ["male", "female", MISSING], "boarding": [MISSING], "region": ["delta", "east"],
             "year": [2020, 2021], "high_risk": ["yes", "no"]}  # fmt: skip
    counts = pd.MultiIndex.from_product(codes.values(), names=list(codes)).to_frame(index=False)
    for name in set(codes) - {"year"}:
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, MISSING], ordered=True)
    return counts.assign(n=rng.integers(50, 90, len(counts)))


def test_select_cohort_keeps_what_can_be_used():
    counts = tally()
    cohort = select_cohort(counts, ["sex", "boarding"], codebook(), HIGH_RISK)
    assert cohort.names == ["sex"] and cohort.reference == {"sex": "male"}
    assert cohort.unused == {"boarding": "never recorded"}
    assert cohort.all_cases[COUNTS].to_numpy().sum() == counts["n"].sum()
    recorded = counts[counts["sex"] != MISSING]
    assert cohort.complete[COUNTS].to_numpy().sum() == recorded["n"].sum()
    assert cohort.complete["events"].sum() == recorded.loc[recorded["high_risk"] == "yes", "n"].sum()


def test_split_cohort_is_the_random_split_of_the_cells():
    cells = select_cohort(tally(), ["sex", "boarding"], codebook(), HIGH_RISK).complete
    parts = split_cohort(cells, 0.7, np.random.default_rng(1), HIGH_RISK)
    for part, expected in zip(parts, cell_table.split(cells, 0.7, np.random.default_rng(1)), strict=True):
        assert part.equals(expected)
    assert parts.development is parts[0] and parts.validation is parts[1]


def test_split_cohort_refuses_a_part_with_few_events():
    cells = pd.DataFrame({"sex": ["male", "female"], "events": [2 * MIN_PER_CLASS, 20], "others": [400, 300]})
    with pytest.raises(NothingToEstimate, match=r"High risk: of the pupils in the validation part \d+ have the event"):
        split_cohort(cells, 0.8, np.random.default_rng(2), HIGH_RISK)


def test_external_samples_need_enough_cases_inside_and_outside():
    book = codebook()
    region = pd.Categorical(["delta", "delta", "east", "north", "missing"], [*book["region"].kept_codes, "missing"])
    cells = pd.DataFrame({"region": region, "year": [2020, 2021, 2020, 2021, 2020], "events": [90, 30, 19, 25, 5],
                          "others": [200, 60, 90, 20, 5]})  # fmt: skip
    masks, left_out = external_samples(cells, book)
    assert list(masks) == [("Later year", "2021"), ("Another region", "Pearl River Delta"), ("Another region", "North")]
    assert masks["Another region", "North"].tolist() == [False, False, False, True, False]
    assert left_out == {"East": "it would have 19 with the event and 90 without"}
    _, left_out = external_samples(cells.iloc[:1], book)
    assert left_out == dict.fromkeys(("2020", "Pearl River Delta"), "the others have 0 with the event and 0 without")


def test_refuse_certain():
    refuse_certain([1e-12, 0.4, 1 - 1e-12], HIGH_RISK)
    for risk in (0.0, 1.0):
        with pytest.raises(NothingToEstimate, match="High risk: the risk model gives some pupils a risk of 0 or 1"):
            refuse_certain([0.4, risk], HIGH_RISK)
