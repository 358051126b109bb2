"""A named value: its text follows from its kind, and its source is the cell that it was taken from."""

import numpy as np
import pandas as pd
import pytest

from hotline.report.values import Source, Value, taken

RATIOS = pd.DataFrame(
    {
        "variable": ["sex", "stage", "stage"],
        "code": ["female", "senior", "junior"],
        "or": [1.334, np.nan, 2.0],
        "low": [1.2, np.nan, np.inf],
        "high": [1.5, np.nan, np.inf],
    }
)


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (Value(39512, "count"), "39,512", "39,512"),
        (Value(np.int64(3), "count", of=8), "3 of 8", "8 中的 3"),
        (Value(0.1, "share", interval=(0.09, 0.11)), "10.0% (9.0 to 11.0)", "10.0%（9.0 至 11.0）"),
        (Value(0.1234, "share", digits=2), "12.34%", "12.34%"),
        (Value(-0.0512, "points"), "−5.1", "−5.1"),
        (Value(1e-9, "p"), "p < 0.001", "p < 0.001"),
        (Value(np.nan, "p"), "–", "–"),
        (Value(2022, "year"), "2022", "2022"),
        (Value(np.inf, "ratio", interval=(1, 2)), "–", "–"),
        (Value(2.0, "ratio", interval=(np.nan, np.nan)), "2.00", "2.00"),
    ],
)
def test_text_follows_from_kind(value, en, zh):
    assert value.texts() == {"en": en, "zh": zh}


def test_text_of_a_sentence_and_of_what_is_missing_is_given():
    assert Value(3.2, "test", text={"en": "F = 3.2", "zh": "F = 3.2。"}).texts()["zh"] == "F = 3.2。"
    assert Value(None, "share", text="not compared").texts() == {"en": "not compared"}
    with pytest.raises(ValueError, match='the text of a "share" follows from its number'):
        Value(0.1, "share", text="20%")
    with pytest.raises(ValueError, match="needs its text"):
        Value(3.2, "test")
    with pytest.raises(ValueError, match='no kind of quantity is called "odds"'):
        Value(3.2, "odds")


def test_taken_has_its_cell_as_source():
    row = {"variable": "sex", "code": "female"}
    value = taken("odds_ratios", RATIOS, row, "or", "ratio", interval=("low", "high"))
    assert value.number == 1.334 and value.texts()["en"] == "1.33 (1.20 to 1.50)"
    assert value.source == Source("odds_ratios", row, "or")
    absent = taken("odds_ratios", RATIOS, {"variable": "sex", "code": "male"}, "or", "ratio")
    assert absent.number is None and absent.texts()["en"] == "–"


def test_taken_refuses_an_unknown_column_and_several_rows():
    with pytest.raises(ValueError, match=r'"odds_ratios" has no column \[\'risk\'\]'):
        taken("odds_ratios", RATIOS, {"variable": "sex"}, "risk", "share")
    with pytest.raises(ValueError, match="2 rows"):
        taken("odds_ratios", RATIOS, {"variable": "stage"}, "or", "ratio")
