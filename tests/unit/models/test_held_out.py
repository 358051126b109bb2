"""A sample is held out, and a model made, only where there are enough pupils of both kinds."""

import pandas as pd
import pytest

from hotline.codebook import codebook
from hotline.errors import NothingToEstimate
from hotline.models.held_out import held_out, refuse_certain, refuse_few


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
    with pytest.raises(NothingToEstimate, match="in the validation part 19 have the event and 700 have not"):
        refuse_few({"development": part, "validation": part.assign(events=[14, 5])}, "High risk")


def test_a_model_that_takes_a_pupil_for_certain_is_refused():
    refuse_certain([1e-12, 0.4, 1 - 1e-12], "High risk")
    for risk in (0.0, 1.0):
        with pytest.raises(NothingToEstimate, match="High risk: the risk model takes some pupils for certain"):
            refuse_certain([0.4, risk], "High risk")
