"""The benchmark of counts against rows, in small: both routes do the same work, and what it writes can be read."""

import re

import duckdb
import matplotlib.pyplot as plt
import pytest
from agreement import digits

import cases
import scale
import with_r

pytestmark = pytest.mark.xdist_group("pipeline")
SIZE = 2000
DIGITS = 10
# An error in z counts z squared times in the p-value of a far tail.
TAIL = 7
# R's glm takes standard errors from the weights of its last step but one.
ERRORS = 5


@pytest.fixture(scope="module")
def measured(built, tmp_path_factory):
    cleaned = built.folder / "data-derived/01-clean/cases.parquet"
    return scale.measure(cleaned, tmp_path_factory.mktemp("scale"), [SIZE], runs=1)


@pytest.mark.parametrize("piece", ["study", "eight"])
def test_both_routes_give_the_same_numbers(measured, piece):
    counts, rows = (measured[SIZE, piece, route]["numbers"] for route in ("counts", "rows"))
    assert counts.keys() == rows.keys() and len(counts) > (400 if piece == "study" else 80)
    for name, number in counts.items():
        assert digits(number, rows[name]) > (TAIL if name.startswith("p ") else DIGITS), name


@pytest.mark.skipif(not with_r.versions(), reason="no Rscript with data.table and pROC")
def test_r_gives_the_same_numbers(measured):
    counts, in_r = (measured[SIZE, "study", route]["numbers"] for route in ("counts", "R"))
    assert counts.keys() == in_r.keys() and len(counts) > 400
    for name, number in counts.items():
        fewer = {"p": TAIL, "se": ERRORS}.get(name.split()[0], DIGITS)
        assert digits(number, in_r[name]) > fewer, name


def test_page_says_that_r_is_absent(measured, monkeypatch):
    monkeypatch.setattr(with_r, "versions", lambda: "")
    assert "no `Rscript` with the packages data.table and pROC was found" in scale.page(measured)


def test_page_shows_time_memory_cells_and_scans(measured):
    page = scale.page(measured)
    assert "nan" not in page and re.search(rf"\| +{SIZE:,} \|", page)
    for (_, _, route), run in measured.items():
        assert run["seconds"] > sum(run["taken"].values()) > 0 and 50 < run["memory"] < scale.MEMORY, route
    plt.close(scale.figure(measured))


def test_a_million_cells_in_small(built, tmp_path, monkeypatch):
    size = 20_000
    monkeypatch.setattr(scale, "MANY", size)
    folder = tmp_path / "one/data-derived/01-clean"
    cases.write(built.folder / "data-derived/01-clean/cases.parquet", folder, size)
    measured = {(size, "million", "counts"): scale.run("counts", folder, "million")}
    assert "of 20,000 cases" in scale.million_sentence(measured)
    assert re.search(r"Profile limits of all terms .* s a term", scale.million_table(measured))
    assert scale.million_table({}) == scale.million_sentence({}) == ""


def test_write_makes_cases_like_the_studys_and_the_same_again(built, tmp_path):
    cleaned = built.folder / "data-derived/01-clean/cases.parquet"
    for name in ("one", "two"):
        cases.write(cleaned, tmp_path / name, SIZE)
    with duckdb.connect() as connection:
        described = [
            connection.execute("DESCRIBE FROM read_parquet(?)", [str(file)]).fetchall()
            for file in (cleaned, tmp_path / "one/cases.parquet", tmp_path / "two/cases.parquet")
        ]
        assert described[0] == described[1] == described[2]
        files = [str(tmp_path / name / "cases.parquet") for name in ("one", "two")]
        query = "SELECT count(*) FROM (FROM read_parquet(?) EXCEPT ALL FROM read_parquet(?))"
        assert connection.execute(query, files).fetchone() == (0,)


def test_run_raises_for_a_route_that_fails(tmp_path):
    with pytest.raises(RuntimeError, match="rows study on"):
        scale.run("rows", tmp_path, "study")
