"""No variable may predict the level that is known only once the level is."""

import pandas as pd
import pytest

from hotline.codebook import codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.models.predictors import predictors, refuse_late, usable


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


def test_where_no_predictor_can_be_used_each_is_named_with_its_reason():
    book = codebook()
    counts = pd.DataFrame({"sex": ["male", "male"], "boarding": ["missing", "missing"]}).assign(n=[4, 5])
    for name in ("sex", "boarding"):
        counts[name] = pd.Categorical(counts[name], [*book[name].kept_codes, "missing"])
    with pytest.raises(NothingToEstimate, match=r"\(Sex: the same for everybody; Boarding: recorded for nobody\)"):
        usable(book, counts, ["sex", "boarding"])
