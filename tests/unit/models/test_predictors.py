"""No variable may predict the level that is known only once the level is."""

import pandas as pd
import pytest

from hotline.codebook import codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.models.predictors import FAIRNESS_GROUPS, Outcome, in_order, predictors, refuse_late, unusable


def test_predictors_come_in_blocks():
    chosen = predictors(codebook())
    assert list(chosen) == ["individual", "family", "environment", "time"]
    assert chosen["time"] == ["hour_band", "day_type"], "no single hour, weekday, month or year"
    assert not {"city", "region", "channel", "caller_relation"} & set(in_order(chosen))
    assert predictors(codebook(), "at-intake") == {block: chosen[block] for block in list(chosen)[:3]}
    assert {"sex", "stage", "prior_treatment", "problem"} == set(chosen["individual"])
    assert "age" not in chosen["individual"], "age is not entered beside the school stage"


def test_predictors_are_known_in_time_and_have_a_reference():
    names = in_order(predictors(codebook()))
    refuse_late(codebook(), names)
    assert all(codebook()[name].reference in codebook()[name].kept_codes for name in names)


def test_fairness_groups_are_categories_of_the_codebook():
    assert all(codebook()[name].categorical for name in FAIRNESS_GROUPS)


@pytest.mark.parametrize(
    "late", ["emotional_state", "disposition", "follow_ups", "follow_up_days", "satisfaction", "call_length"]
)
def test_refuse_late_what_is_known_later(late):
    with pytest.raises(InputError, match=f'"{late}" is known at'):
        refuse_late(codebook(), ["sex", late])


@pytest.mark.parametrize("outcome", ["ideation", "level", "at_risk", "high_risk"])
def test_refuse_late_what_defines_the_outcome(outcome):
    with pytest.raises(InputError, match=f'"{outcome}" is part of the outcome'):
        refuse_late(codebook(), ["sex", outcome])


def test_unusable_predictors_have_a_reason():
    book, kinds = codebook(), {"sex": "male", "stage": "junior", "bullying": "no", "boarding": "missing"}
    counts = pd.DataFrame({name: [code] * 3 for name, code in kinds.items()}).assign(n=[4, 5, 6])
    counts["sex"] = ["male", "female", "missing"]
    for name in kinds:
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, "missing"])
    assert unusable(book, counts, list(kinds)) == {
        "stage": 'no pupil has the reference "Primary"',
        "bullying": "the same for all pupils",
        "boarding": "never recorded",
    }


def test_unusable_is_what_hardly_anyone_has_recorded():
    book, n = codebook(), [9, 90, 1, 1]
    counts = pd.DataFrame({"sex": ["male", "missing", "female", "male"], "bullying": ["no", "no", "yes", "no"]})
    for name in counts:
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, "missing"])
    assert unusable(book, counts.assign(n=n), ["sex", "bullying"]) == {}
    assert unusable(book, counts.assign(n=[8, 90, 1, 0]), ["sex", "bullying"]) == {"sex": "recorded for 9 pupils only"}


def test_unusable_names_all_where_none_is_left():
    book = codebook()
    counts = pd.DataFrame({"sex": ["male", "male"], "boarding": ["missing", "missing"]}).assign(n=[4, 5])
    for name in ("sex", "boarding"):
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, "missing"])
    with pytest.raises(NothingToEstimate, match=r"\(Sex: the same for all pupils; Boarding: never recorded\)"):
        unusable(book, counts, ["sex", "boarding"])


@pytest.mark.parametrize(
    ("name", "title", "phrase", "codes"),
    [
        ("at_risk", "At risk", "at risk", {"level": ("imbalance", "high_risk")}),
        ("high_risk", "High risk", "at high risk", {"level": ("high_risk",)}),
    ],
)
def test_outcome_of_the_codebook(name, title, phrase, codes):
    assert Outcome.of(codebook(), name) == Outcome(name, title, phrase, codes)
