"""What every notebook has in common; the rules that keep them readable and safe."""

import ast
import itertools
import json
import re

import pytest

from hotline import paths
from hotline.pipeline import notebook_source, params

SAVING = "## What is saved"
# What writes an output. `out.path` is not among them: a check may have to read back a file of the step.
SAVES = re.compile(r"\bout\.(result|table|figure|value|values|take)\(")
NOTEBOOKS = {name: json.loads(paths.notebook(name).read_text(encoding="utf-8")) for name in notebook_source.names()}


def sources(name, kind):
    """Return the texts of a notebook's cells of one kind."""
    return ["".join(cell["source"]) for cell in NOTEBOOKS[name]["cells"] if cell["cell_type"] == kind]


def parts(name):
    """Return a notebook's cells as (kind, text), in three parts: the opening, the body, and what is saved.

    The opening is the first text with the code cells right below it (parameter types, parameters, imports).
    """
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in NOTEBOOKS[name]["cells"]]
    texts = [place for place, (kind, _) in enumerate(cells) if kind == "markdown"]
    savings = [place for place in texts if cells[place][1].startswith(SAVING)]
    assert len(savings) == 1, f'one section is called "{SAVING}", not {len(savings)}'
    return cells[: texts[1]], cells[texts[1] : savings[0]], cells[savings[0] :]


@pytest.fixture(params=NOTEBOOKS)
def name(request):
    return request.param


def test_no_outputs_and_no_traces_of_a_run(name):
    assert set(NOTEBOOKS[name]["metadata"]) <= {"kernelspec", "language_info"}
    for cell in NOTEBOOKS[name]["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        assert set(cell["metadata"]) <= {"tags"}


def test_one_parameters_cell_of_at_most_twelve_lines(name):
    tagged = [source for source, tags in notebook_source.code_cells(paths.notebook(name)) if "parameters" in tags]
    assert len(tagged) == 1
    assert 1 <= len(params.declared(paths.notebook(name))) <= 12


def test_it_opens_with_title_question_and_what_it_reads_writes_and_feeds(name):
    opening = sources(name, "markdown")[0]
    assert opening.startswith("# ")
    for word in ("**Question.**", "reads", "writes", "feeds"):
        assert word in opening


def test_it_says_where_it_stands_in_the_study(name):
    """As two lines or as a picture in a fenced block: what comes before it, itself, and what comes after."""
    opening = sources(name, "markdown")[0].split("| reads")[0]
    assert "**Where it stands.**" in opening or "```text" in opening
    flow = [line for line in opening.splitlines() if name in line and "→" in line]
    assert flow, f"no line of the opening has {name} between arrows"


def test_code_stands_between_a_question_and_its_reading(name):
    """Outside the opening and the saving section there is a text between any two code cells, and one after the last."""
    _, body, _ = parts(name)
    kinds = [kind for kind, _ in body]
    assert kinds[0] == "markdown"
    for (kind, above), (following, below) in itertools.pairwise(body):
        assert kind == "markdown" or following == "markdown", f"no text between\n{above}\n\nand\n\n{below}"


def test_what_is_saved_stands_in_the_last_section(name):
    opening, body, saving = parts(name)
    for kind, source in opening + body:
        assert kind == "markdown" or not SAVES.search(source), f"saved before the last section:\n{source}"
    texts = [source for kind, source in saving if kind == "markdown"]
    assert not any(re.match("##? ", source) for source in texts[1:]), f'a section stands below "{SAVING}"'
    assert SAVES.search("\n".join(source for kind, source in saving if kind == "code"))


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
