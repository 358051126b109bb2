"""The frames of a validation: example callers, groups and their extremes."""

import numpy as np
import pandas as pd

from countstats.prediction import performance
from hotline.codebook import codebook
from hotline.models import validation

GOOD = performance.measure([0.1, 0.3, 0.5, 0.8], [2, 5, 9, 14], [20, 15, 10, 4], 0.4)


def test_example_callers_need_an_estimate_of_every_answer():
    cells = pd.DataFrame({"stage": ["primary"] * 2 + ["junior"] * 2, "sex": ["male", "female"] * 2,
                          "events": [1, 5, 2, 0], "others": [2, 3, 2, 1]})  # fmt: skip
    b = {("stage", "primary"): 0.0, ("stage", "junior"): 0.4, ("sex", "male"): 0.1, ("sex", "female"): 0.0}
    sheet = pd.DataFrame([(*term, each) for term, each in b.items()], columns=["variable", "code", "b"])
    reference, book = {"stage": "primary", "sex": "male"}, codebook()
    assert validation.example_callers(cells, sheet, reference, book) == {
        "Reference throughout": reference,
        "Most points throughout": {"stage": "junior", "sex": "male"},
        "Usual answers: Junior high": {"stage": "junior", "sex": "male"},
        "Usual answers: Primary": {"stage": "primary", "sex": "female"},
    }
    assert "Usual answers: Primary" not in validation.example_callers(cells, sheet.iloc[:3], reference, book)


def test_labelled_groups_leave_out_missing():
    frame = pd.DataFrame([{"variable": "sex", "code": "male", **GOOD}, {"variable": "sex", "code": "missing", **GOOD}])
    shown = validation.labelled_groups(frame, codebook())
    assert shown[["heading", "label"]].to_numpy().tolist() == [["Sex", "Boy"]]


def test_extremes_are_recorded_groups_with_an_interval():
    frame = pd.DataFrame([
        {"variable": "sex", "code": "male", "auc": 0.8, "auc_low": 0.7},
        {"variable": "sex", "code": "female", "auc": 0.7, "auc_low": 0.6},
        {"variable": "region", "code": "north", "auc": 0.5, "auc_low": np.nan},
        {"variable": "region", "code": "missing", "auc": 0.4, "auc_low": 0.1},
    ])  # fmt: skip
    found = validation.extremes(frame, codebook(), "auc")
    assert found == {
        "least": ("Sex: Girl", {"variable": "sex", "code": "female"}),
        "most": ("Sex: Boy", {"variable": "sex", "code": "male"}),
    }
    least = validation.extremes(frame.iloc[2:], codebook(), "auc")["least"]
    assert least == ("–", {"variable": None, "code": None})
