"""Files that are not what the codebook describes, are damaged or absent; one connection and one look at each file."""

import re

import duckdb
import pytest
import runs

from hotline import paths
from hotline.codebook import codebook
from hotline.errors import InputError
from hotline.tally import duckdb_engine
from hotline.tally import query as tally

CHANGED = {
    "with another codebook": "COPY (FROM '{path}') TO '{path}.new' (FORMAT parquet, KV_METADATA {{codebook: 'f0'}})",
    "with another codebook, or none": "COPY (FROM '{path}') TO '{path}.new' (FORMAT parquet)",
    'has a column "shoe_size" that the codebook does not know': "COPY (SELECT *, 1 AS shoe_size FROM '{path}') {to}",
    '"stage" is stored as VARCHAR': "COPY (SELECT * REPLACE (stage::VARCHAR AS stage) FROM '{path}') {to}",
    '"waiting" is stored as DOUBLE': "COPY (SELECT * REPLACE (waiting::DOUBLE AS waiting) FROM '{path}') {to}",
    '"day" is stored as INTEGER': "COPY (SELECT * REPLACE (year(day)::INTEGER AS day) FROM '{path}') {to}",
    '"sex" has positions beyond its 2 codes': "COPY (SELECT * REPLACE ((sex + 1)::UTINYINT AS sex) FROM '{path}') {to}",
    '"sex" has positions beyond': "COPY (SELECT * REPLACE ((sex::INTEGER - 1)::TINYINT AS sex) FROM '{path}') {to}",
}


@pytest.mark.parametrize("expected", CHANGED)
def test_session_refuses_a_file_that_the_codebook_does_not_describe(rows, tmp_path, expected):
    path = tmp_path / "data-derived/01-clean/cases.parquet"
    to = f"TO '{path}.new' (FORMAT parquet, KV_METADATA {{codebook: '{codebook().sha256}'}})"
    with duckdb.connect() as connection:
        connection.execute(CHANGED[expected].format(path=path, to=to))
    path.with_name("cases.parquet.new").rename(path)
    tally.new_session()
    with pytest.raises(InputError, match=r"cases\.parquet.*; run: make 01-clean EXPORT=path/to/export$") as raised:
        tally.tally("cases", ["sex"])
    assert expected.removesuffix(", or none") in str(raised.value)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "holed"])
def test_session_refuses_a_damaged_file(rows, tmp_path, damage):
    path = tmp_path / "data-derived/01-clean/cases.parquet"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "empty": b"",
            "cut": content[:middle],
            "text": b"sex,stage\n1,2\n" * 99,
            "holed": content[:8] + bytes(middle) + content[middle + 8 :],
        }[damage]
    )
    tally.new_session()
    with pytest.raises(
        InputError, match=r"cases\.parquet is damaged and cannot be read.*; run: make 01-clean EXPORT=path/to/export$"
    ) as raised:
        tally.tally("cases", ["sex", "stage"])
    assert "\n" not in str(raised.value)


def test_session_names_the_command_that_makes_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    runs.change(monkeypatch, tree=tmp_path, export="")
    tally.new_session()

    def message():
        with pytest.raises(InputError) as raised:
            tally.tally("cases", ["sex"])
        return re.sub(r".*cases\.parquet ", "", str(raised.value))

    assert message() == "is not there yet; run: make 01-clean"
    runs.change(monkeypatch, tree=tmp_path / "private")
    assert message() == "is not there yet; run: make 01-clean EXPORT=path/to/export"
    runs.change(monkeypatch, export="data-raw/private/ours.csv", codebook=tmp_path / "ours.yaml")
    assert message() == "is not there yet; run: make 01-clean EXPORT=data-raw/private/ours.csv CODEBOOK=ours.yaml"


def test_session_checks_a_file_once(rows, monkeypatch):
    looked, facts = [], duckdb_engine.facts
    monkeypatch.setattr(duckdb_engine, "facts", lambda *given: looked.append(given) or facts(*given))
    for _ in range(2):
        tally.tally("cases", ["sex"])
    assert len(looked) == 1
    tally.new_session()
    assert tally.asked().empty
    tally.tally("cases", ["sex"])
    assert len(looked) == 2
