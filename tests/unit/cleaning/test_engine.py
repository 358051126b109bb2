"""The database of the cleaning: nothing left on the disk."""

import traceback
from pathlib import Path

import pytest
from exports import at, clean

from hotline import paths
from hotline.cleaning import engine


def test_connection_leaves_nothing_on_the_disk(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    folder = Path(connection.folder.name)
    assert folder.is_dir() and folder.parent == paths.ROOT / ".cache"
    connection.close()
    assert not folder.exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["export.csv", "rejected.csv"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'a secret'::INTEGER",
        "SELECT strptime('a secret', '%Y')",
        "SELECT CASE WHEN range > 5000 THEN error('a secret') END FROM range(9000)",
        "SELECT 'a secret' FROM nowhere",
    ],
)
def test_an_error_has_class_and_place_and_no_cell(query):
    connection = engine.connect()
    with pytest.raises(engine.EngineError) as caught:
        connection.execute(query).fetchall()
    connection.close()
    printed = "".join(traceback.format_exception(caught.value))
    assert "secret" not in str(caught.value) and "Error: a secret" not in printed and "During" not in printed
    assert f"DuckDB, {caught.value.kind.__name__} (test_engine.py, line " in str(caught.value)


def test_too_little_memory_is_said_in_a_sentence():
    connection = engine.connect()
    connection.execute("SET memory_limit = '20MB'").execute("SET max_temp_directory_size = '1MB'")
    with pytest.raises(engine.EngineError, match="memory that cleaning may use did not suffice"):
        connection.execute("CREATE TABLE much AS SELECT range, repeat('x', 900) || range FROM range(200000)")
    connection.close()
