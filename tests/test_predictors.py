"""No variable may predict the level that is known only once the level is."""

import pandas as pd
import pytest

from hotline.codebook import codebook
from hotline.errors import InputError
from hotline.predictors import held_out, predictors, refuse_few, refuse_late, usable


def test_the_predictors_come_from_the_codebook_in_three_blocks():
    chosen = predictors(codebook())
    assert list(chosen) == ["individual", "family", "environment"]
    assert {"sex", "stage", "prior_treatment", "problem"} == set(chosen["individual"])
    assert "age" not in chosen["individual"], "age is not entered beside the school stage"


def test_every_predictor_is_known_in_time_and_has_a_reference():
    names = [name for block in predictors(codebook()).values() for name in block]
    refuse_late(codebook(), names)
    assert all(codebook()[name].reference in codebook()[name].kept_codes for name in names)


@pytest.mark.parametrize(
    "late", ["emotional_state", "disposition", "follow_ups", "follow_up_days", "satisfaction", "call_length"]
)
def test_what_is_known_later_is_refused(late):
    with pytest.raises(InputError, match=f'"{late}" is known at'):
        refuse_late(codebook(), ["sex", late])


@pytest.mark.parametrize("outcome", ["ideation", "level", "at_risk", "high_risk"])
def test_what_defines_the_outcome_is_refused(outcome):
    with pytest.raises(InputError, match=f'"{outcome}" is part of the outcome'):
        refuse_late(codebook(), ["sex", outcome])


def test_what_an_export_does_not_hold_cannot_predict():
    book, kinds = codebook(), {"sex": "male", "stage": "junior", "bullying": "no", "boarding": "missing"}
    counts = pd.DataFrame({name: [code] * 3 for name, code in kinds.items()}).assign(n=[4, 5, 6])
    counts["sex"] = ["male", "female", "missing"]
    for name in kinds:
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, "missing"])
    names, useless = usable(book, counts, list(kinds))
    assert names == ["sex"]
    assert useless == {
        "stage": 'nobody has the reference "Primary"',
        "bullying": "the same for everybody",
        "boarding": "recorded for nobody",
    }


def test_a_sample_is_held_out_only_if_it_and_its_teachers_have_enough():
    book = codebook()
    region = pd.Categorical(["delta", "delta", "east", "north", "missing"], [*book["region"].kept_codes, "missing"])
    cells = pd.DataFrame({"region": region, "year": [2020, 2021, 2020, 2021, 2020], "events": [90, 30, 19, 25, 5],
                          "others": [200, 60, 90, 20, 5]})  # fmt: skip
    kept, left_out = held_out(book, cells)
    assert list(kept) == [("Later year", "2021"), ("Another region", "Pearl River Delta"), ("Another region", "North")]
    assert kept["Another region", "North"].tolist() == [False, False, False, True, False]
    assert left_out == {"East": "it would have 19 with the event and 90 without"}
    _, left_out = held_out(book, cells.iloc[:1])
    assert left_out == dict.fromkeys(("2020", "Pearl River Delta"), "the others have 0 with the event and 0 without")


def test_a_part_with_hardly_an_event_is_refused():
    part = pd.DataFrame({"events": [15, 5], "others": [400, 300]})
    refuse_few({"development": part}, "High risk")
    with pytest.raises(InputError, match="in the validation part 19 have the event and 700 have not"):
        refuse_few({"development": part, "validation": part.assign(events=[14, 5])}, "High risk")
