"""The places of the checkout are there, and a path is shown relative to it."""

from pathlib import Path

import duckdb
import pytest

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import notebook_source


def test_sources_exist():
    for path in (paths.PUBLISHED, paths.POPULATION, paths.PARAMS, paths.LOCK, paths.PAPER, paths.ANALYSIS):
        assert path.exists() and path.is_relative_to(paths.ROOT), path


def test_notebook_finds_those_of_the_simulation_beside_the_sources_of_the_data():
    assert paths.notebook("simulate") == paths.DATA_RAW / "simulate.ipynb"
    assert paths.notebook("03-anova") == paths.ANALYSIS / "03-anova.ipynb"
    assert len(notebook_source.names()) >= 13
    assert all(paths.notebook(name).is_file() for name in notebook_source.names())


def test_shown_is_relative_inside_the_checkout_and_whole_outside():
    assert paths.shown(paths.PARAMS) == "params.yml"
    assert paths.shown(Path("/elsewhere/export.csv")) == "/elsewhere/export.csv"


PATTERNS = {
    "export[1]": "export1",
    "a*": "ab",
    "a?": "ac",
    "[a-c]": "b",
    "[!a]": "c",
    "**": "x",
    "{a,b}": "a",
    "[]": "y",
}


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("place", ["{}.parquet", "{}/export.parquet"])
def test_no_pattern_makes_duckdb_read_the_file_that_is_named(tmp_path, name, place):
    for each in (name, PATTERNS[name]):
        file = tmp_path / place.format(each)
        file.parent.mkdir(exist_ok=True)
        duckdb.execute(f"COPY (SELECT '{each}' AS name) TO '{file}' (FORMAT parquet)")
    read = duckdb.execute("FROM read_parquet(?)", [paths.no_pattern(tmp_path / place.format(name))])
    assert read.fetchall() == [(name,)]


def test_no_pattern_refuses_what_duckdb_cannot_read():
    assert paths.no_pattern("a\\b") == "a\\b"
    with pytest.raises(InputError, match="a backslash and one of"):
        paths.no_pattern("a\\b[1]")
