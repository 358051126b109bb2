"""What cannot be compared stops a notebook with a sentence."""

import numpy as np
import pandas as pd
import pytest

from hotline.codebook import codebook
from hotline.errors import NothingToEstimate
from hotline.models.comparable import levels_present, levels_to_compare, never_answered, numbers, refuse


def test_numbers_of_a_case_are_without_what_its_definition_cuts():
    assert numbers(codebook()) == ["age", "call_length", "waiting", "follow_ups", "satisfaction"]


def test_refuse_only_where_all_have_a_reason():
    refuse({"a": "", "b": "nothing recorded"}, "the numbers")
    with pytest.raises(
        NothingToEstimate, match="the numbers can't be compared: a: one level only; b: nothing recorded"
    ):
        refuse({"a": "one level only", "b": "nothing recorded"}, "the numbers")


def test_never_answered_leaves_out_callers_who_got_through():
    rows = [(1, "yes", 3), (1, "no", 2), (2, "no", 4), (3, "yes", 1), (4, "no", 1), (None, "no", 9)]
    cells = pd.DataFrame(rows, columns=["caller", "answered", "n"]).astype({"caller": "Int64"})
    assert never_answered(cells) == 5 / 7
    assert np.isnan(never_answered(cells[cells["answered"] == "yes"]))
    assert never_answered(cells[cells["answered"] == "no"]) == 1


def test_levels_present_and_the_sentence_about_the_others():
    by_level = pd.DataFrame({"level": ["well", "imbalance", "high_risk"], "n": [5, 3, 2]})
    labels, note = levels_present(by_level, codebook())
    assert list(labels) == ["well", "imbalance", "high_risk"] and note == ""
    labels, note = levels_to_compare(by_level[:2], codebook())
    assert list(labels) == ["well", "imbalance"]
    assert note == ' No case is at the level "High risk"; the others are compared.'
    assert levels_present(by_level[:1], codebook()).note.endswith("; nothing is compared.")
    with pytest.raises(NothingToEstimate, match="all pupils are at one level"):
        levels_to_compare(by_level[:1], codebook())
