"""Texts that a spreadsheet has spoilt."""

import duckdb
import pytest

from hotline.cleaning.readers.table import UNREADABLE
from hotline.cleaning.spoilt import spoilt_sql


@pytest.mark.parametrize(
    "text", ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#SPILL!", "########", "2.0210E+13", "1E+05", UNREADABLE]
)
def test_spoilt_sql_knows_what_a_spreadsheet_leaves(text):
    assert duckdb.connect().execute(f"SELECT {spoilt_sql('t')} FROM (SELECT ? AS t)", [text]).fetchone() == (True,)


@pytest.mark.parametrize("text", ["20210301000000", "T00001", "#1", "A#N/A", "E+", "J001", "#王", "", None])
def test_spoilt_sql_leaves_other_texts_alone(text):
    query = f"SELECT {spoilt_sql('t')} FROM (SELECT ?::VARCHAR AS t)"
    assert duckdb.connect().execute(query, [text]).fetchone() == (False,)
