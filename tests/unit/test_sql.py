"""Texts and names in SQL, as DuckDB reads them back."""

import duckdb
import pytest

from hotline.sql import identifier, literal


@pytest.mark.parametrize("text", ["plain", "it's", "'; DROP TABLE x; --", 'a "b" c', "", "高危"])
def test_literal_round_trips_a_text(text):
    assert duckdb.sql(f"SELECT {literal(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("name", ["order", "group", "select", 'a "b"', "n"])
def test_identifier_round_trips_a_name(name):
    assert duckdb.sql(f"SELECT 1 AS {identifier(name)}").columns == [name]
