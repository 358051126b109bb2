"""Typed cells of a workbook as text."""

import datetime

import pytest

from hotline.cleaning.readers import excel


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (13.0, "13"),
        (13.6, "13.6"),
        ("13.0", "13.0"),
        (datetime.datetime(2021, 3, 1, 20, 0, 0, 5), "2021-03-01 20:00:00"),
    ],
)
def test_a_typed_cell_as_csv_would_write_it(cell, text):
    assert excel.as_text(cell) == text
