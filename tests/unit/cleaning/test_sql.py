"""Texts and names in SQL, as DuckDB reads them back."""

import duckdb
import pytest

from hotline.cleaning.sql import identifier, literal


@pytest.mark.parametrize("text", ["plain", "it's", "'; DROP TABLE x; --", 'a "b" c', "", "高危"])
def test_a_text_comes_back_as_it_was(text):
    assert duckdb.sql(f"SELECT {literal(text)}").fetchall() == [(text,)]


@pytest.mark.parametrize("name", ["order", "group", "select", 'a "b"', "n"])
def test_a_name_comes_back_as_it_was(name):
    assert duckdb.sql(f"SELECT 1 AS {identifier(name)}").columns == [name]
