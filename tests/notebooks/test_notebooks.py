"""What every notebook has in common; the rules that keep them readable and safe."""

import ast
import json
import re

import pytest

from hotline import paths
from hotline.pipeline import params

NOTEBOOKS = {name: json.loads(paths.notebook(name).read_text(encoding="utf-8")) for name in params.notebooks()}


def sources(name, kind):
    """Return the texts of a notebook's cells of one kind."""
    return ["".join(cell["source"]) for cell in NOTEBOOKS[name]["cells"] if cell["cell_type"] == kind]


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


def test_no_outputs_and_no_traces_of_a_run(name):
    assert set(NOTEBOOKS[name]["metadata"]) <= {"kernelspec", "language_info"}
    for cell in NOTEBOOKS[name]["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"tags"}


def test_one_parameters_cell_of_at_most_eight_lines(name):
    tagged = [source for source, tags in params.code_cells(paths.notebook(name)) if "parameters" in tags]
    assert len(tagged) == 1
    assert 1 <= len(params.declared(paths.notebook(name))) <= 8


def test_it_opens_with_title_question_and_what_it_reads_writes_and_feeds(name):
    opening = sources(name, "markdown")[0]
    assert opening.startswith("# ")
    for word in ("**Question.**", "reads", "writes", "feeds"):
        assert word in opening


def test_cells_are_short_enough_to_read(name):
    code = sources(name, "code")
    assert len(code) >= 5
    for number, cell in enumerate(code, start=1):
        assert len(cell.splitlines()) <= 15, f"code cell {number}:\n{cell}"
        assert max(map(len, cell.splitlines())) <= 100, f"code cell {number}:\n{cell}"


def test_functions_of_a_notebook_are_short(name):
    """A longer one belongs into the library, with a test."""
    for node in ast.walk(ast.parse("\n\n".join(sources(name, "code")))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno <= 10, node.name


def test_it_checks_itself_and_finishes(name):
    code = sources(name, "code")
    assert re.search(r"^\s*(assert|raise) ", "\n".join(code), re.MULTILINE)
    assert code[-1].rstrip().endswith("out.finish()")
