"""Only the query API opens the cleaned tables, and each table that it returns has its counts.

Nothing but the engine, through `tally`, reads the tables of 01-clean, and the cells of a model tally, which are close
to single persons, are neither written nor shown.
"""

import ast
import json
import re

import pandas as pd
import pytest
import runs

from hotline import paths
from hotline.pipeline import notebook_source
from hotline.report.exhibits import begin
from hotline.tally import query

LIBRARY = {
    file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(paths.ANALYSIS.rglob("hotline/**/*.py"))
}
FORBIDDEN = (
    "hotline.cleaning",
    "hotline.simulator",
    "hotline.tally.duckdb_engine",
    "hotline.tally.scan_plan",
    "hotline.tally.session",
)
LATER = [name for name in notebook_source.names() if name not in (*paths.OF_SIMULATION, "01-clean")]
READERS = {"duckdb", "pyarrow", "polars", "fastparquet", "sqlite3", "modin", "dask", "ibis"}
OPENS = re.compile(r"(read|scan|open)_(parquet|table|feather|orc|sql\w*|pickle|hdf|excel|json|dataset)$")


def imports(tree):
    """Return the modules that a piece of Python imports, with `hotline.x` in full."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{each.name}" for each in node.names}
    return found


def names(tree):
    """Return the names and attributes that a piece of Python uses."""
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return used | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def texts(tree):
    """Return the texts in a piece of Python, without its docstrings."""
    says = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in constants if id(node) not in says]


def using(found):
    """Return the names of the library's modules for which a condition on their syntax tree holds."""
    names = {file: file.relative_to(paths.ANALYSIS / "hotline").with_suffix("") for file in LIBRARY}
    return {".".join(names[file].parts) for file, tree in LIBRARY.items() if found(tree)}


def code(name):
    """Return the syntax tree of a notebook's code."""
    cells = json.loads(paths.notebook(name).read_text(encoding="utf-8"))["cells"]
    return ast.parse("\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))


# --- who opens the data -----------------------------------------------------------------------------


def test_library_knows_a_database_in_engine_cleaning_simulator_and_one_check_alone():
    assert using(lambda tree: READERS & {name.split(".")[0] for name in imports(tree)}) == {
        "tally.duckdb_engine",
        "cleaning.engine",
        "cleaning.readers.parquet",
        "simulator.export",
        "schema.constraints",  # asks it whether it understands a pattern
    }
    opening = using(lambda tree: any(OPENS.match(name) for name in names(tree)))
    assert opening <= {"cleaning.readers.kinds", "cleaning.readers.parquet", "cleaning.load"}


def test_library_names_the_cleaned_tables_in_the_query_api_and_cleaning_alone():
    assert using(lambda tree: any("parquet" in text.lower() for text in texts(tree))) == {
        "tally.duckdb_engine",
        "tally.session",
        "cleaning.readers.parquet",
        "pipeline.output_folder",  # removes those of a step that has failed
        "cleaning.readers.csv_file",
        "cleaning.readers.foreign",  # says that it is expected
        "cleaning.load",
        "cleaning.flow",
        "provenance",
    }
    assert using(lambda tree: "clean" in names(tree)) == {"run", "tally.session", "pipeline.step"}
    inner = {f"hotline.tally.{name}" for name in ("duckdb_engine", "scan_plan", "session")}
    assert using(lambda tree: inner & imports(tree)) == {"tally.query", "tally.session"}


@pytest.mark.parametrize("name", LATER)
def test_later_notebook_sees_counts_alone(name):
    tree = code(name)
    assert not READERS & {each.split(".")[0] for each in imports(tree)}
    assert not [each for each in imports(tree) if each.startswith(FORBIDDEN)]
    assert not {"open", "clean", "derived", "read_text", "read_bytes"} & names(tree)
    assert not [each for each in names(tree) if OPENS.match(each)]
    assert not [text for text in texts(tree) if re.search(r"parquet|01-clean|data-derived|export\.csv", text)]
    assert {"tally", "tallies"} & names(tree)


@pytest.mark.parametrize("name", LATER)
def test_only_population_figures_are_read_from_a_file(name):
    readers = [node for node in ast.walk(code(name)) if isinstance(node, ast.Call) and "read_csv" in names(node.func)]
    assert all("population" in names(node) for node in readers)


def test_rules_notice_what_they_are_there_for():
    bad = ast.parse(
        'import pyarrow.parquet as pq\nfrom hotline.tally import duckdb_engine\npd.read_parquet("x/cases.parquet")'
    )
    assert READERS & {each.split(".")[0] for each in imports(bad)} and "hotline.tally.duckdb_engine" in imports(bad)
    assert any(OPENS.match(each) for each in names(bad)) and any("parquet" in text for text in texts(bad))


# --- what is returned, and what is written ------------------------------------------------------------


def test_tally_returns_counts(rows):
    left = [query.tally("cases", ["sex"]), query.tally("cases", ["age", "caller"])]
    left += query.tallies("cases", [["sex"], ["stage", "age"]])
    for cells in left:
        assert cells["n"].dtype == "int64" and (cells["n"] > 0).all() and cells["n"].sum() == len(rows)
    assert query.asked()["model"].tolist() == [False, True, False, False]


@pytest.fixture
def out(tmp_path, monkeypatch):
    """The exhibits of a step that has asked for a model tally."""
    runs.change(monkeypatch, out=tmp_path / "out", stated_simulated=True)
    asked = dict.fromkeys(query.LOG, "") | {"variables": "sex stage problem city level", "model": True, "calls": 300}
    query.new_session()
    monkeypatch.setattr(query._session, "log", [asked, asked | {"variables": "sex city level year", "model": False}])
    return begin("03-anova", results=["one"], tables=["one"])


def test_the_cells_of_a_model_tally_are_not_written(out):
    cells = pd.DataFrame({"sex": ["female"], "stage": ["junior"], "problem": ["peer"], "events": [1]})
    for write in (out.result, lambda *given: out.table(*given, caption="C")):
        with pytest.raises(ValueError, match='03-anova: "one" lists the cells of a model tally'):
            write("one", cells)
        with pytest.raises(ValueError, match='column "caller", which identifies callers or staff'):
            write("one", pd.DataFrame({"caller": [1], "n": [1]}))
    assert not list(out.folder.glob("*/one.*"))


@pytest.mark.parametrize("counts", [{"n": [1] * 200 + [100]}, {"others": [1] * 201, "events": [0] * 102 + [1] * 99}])
def test_the_cells_of_a_model_tally_are_not_written_under_other_names(out, counts):
    cells = pd.DataFrame({"joined": [f"female|{number}" for number in range(201)]} | counts)
    with pytest.raises(ValueError, match="lists the cells of a model tally"):
        out.result("one", cells)
    out.result("one", cells.iloc[1:])  # a table of other counts


def test_marginal_tables_are_written(out):
    for columns in (["sex", "city", "year", "n"], ["sex", "stage", "n"], ["variable", "code", "b", "se"]):
        frame = pd.DataFrame([[1] * len(columns)], columns=columns)
        out.result("one", frame)
        out.table("one", frame, caption="C")
    assert (out.folder / "results/one.csv").exists() and (out.folder / "tables/one.md").exists()
