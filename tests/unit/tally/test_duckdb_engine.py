"""The engine alone: its SQL, its metadata, and how it counts."""

import duckdb
import pytest

from hotline.tally import duckdb_engine
from hotline.tally.duckdb_engine import Filter, Plan


@pytest.fixture
def file(tmp_path):
    """A file with columns that are named like words of SQL, in a folder whose name is a pattern of another's."""
    folders = tmp_path / "level=3" / "study [2]", tmp_path / "level=3" / "study 2"
    path = folders[0] / "it's.parquet"
    with duckdb.connect() as connection:
        for folder in folders:
            folder.mkdir(parents=True)
        connection.sql("SELECT 1 AS another").write_parquet(str(folders[1] / path.name))
        connection.execute(
            'CREATE TABLE made AS FROM (VALUES (1, 7), (1, NULL), (NULL, 7), (0, 9)) rows("order", "select")'
        )
        connection.table("made").write_parquet(str(path))
    return path


def test_count_takes_variables_named_like_words_of_sql(file):
    plan = Plan("cases", ("order", "select"), (Filter("select", (7,), True),))
    counts = duckdb_engine.count(duckdb_engine.connect(), file, plan, 4)
    assert counts["order"].tolist() == [1, 1, None] and counts["select"].tolist() == [7, None, 7]
    assert counts["n"].tolist() == [1, 1, 1]


def test_facts_reads_metadata_without_the_rows(file):
    facts = duckdb_engine.facts(duckdb_engine.connect(), file)
    assert (facts.codebook, facts.rows) == (None, 4)
    assert facts.types == {"order": "INTEGER", "select": "INTEGER"}
    assert facts.ranges == {"order": (0, 1), "select": (7, 9)}


def test_count_of_a_long_table(file):
    plan, connection = Plan("cases", ("order",)), duckdb_engine.connect()
    short, long = (duckdb_engine.count(connection, file, plan, rows) for rows in (4, duckdb_engine.LONG_TABLE + 1))
    assert short["n"].tolist() == long["n"].tolist() == [1, 2, 1]


def test_sql_of_a_plan():
    plan = Plan("calls", ("sex",), (Filter("stage", (1, 2), False), Filter("age", (), True)))
    assert duckdb_engine.sql(plan) == (
        'SELECT "sex", count(*) AS n FROM \'calls.parquet\' WHERE ("stage" IN (1, 2)) AND ("age" IS NULL) '
        'GROUP BY "sex" ORDER BY "sex"'
    )
    assert duckdb_engine.sql(Plan("calls")) == "SELECT count(*) AS n FROM 'calls.parquet'"


def test_facts_refuses_a_file_that_is_no_parquet(tmp_path):
    (tmp_path / "text.parquet").write_text("sex,stage\n1,2\n")
    with pytest.raises(duckdb_engine.Unreadable):
        duckdb_engine.facts(duckdb_engine.connect(), tmp_path / "text.parquet")


def test_connection_writes_nothing_to_the_disk():
    (folder,) = duckdb_engine.connect().execute("SELECT current_setting('temp_directory')").fetchone()
    assert folder == ""
