"""What a step depends on: its code, and the library, parameters, data and results that it reads."""

import nbformat
import pytest
import runs

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import fingerprint, output_folder


@pytest.fixture
def of_step(tmp_path, monkeypatch):
    """Return a function that gives the inputs of a small notebook, after a step that has been run."""
    runs.change(monkeypatch, tree=tmp_path)
    before = tmp_path / "data-derived/01-clean"
    before.mkdir(parents=True)
    output_folder.write_record(before, {"outputs": {"flow.json": "0" * 64}})

    def inputs(code="from hotline import text", prose="# Title", parameters=None, after=("01-clean",), **more):
        cells = [nbformat.v4.new_markdown_cell(prose), nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "02-small.ipynb")
        return fingerprint.of_step(tmp_path / "02-small.ipynb", parameters or {"seed": 1}, after, **more)

    inputs.before = before
    return inputs


def test_imported_names_files_of_the_library_alone():
    files = fingerprint.imported("import numpy\nfrom hotline import text\nfrom countstats.glm import logit")
    modules = ("hotline/__init__.py", "hotline/text.py", "countstats/glm/__init__.py", "countstats/glm/logit.py")
    assert files == {f"analysis/{name}" for name in modules}


def test_library_follows_imports_through_modules_and_to_no_others():
    names = set(fingerprint.library(["from hotline.tally import query"]))
    assert {"analysis/hotline/tally/query.py", "analysis/hotline/tally/duckdb_engine.py"} <= names
    assert "analysis/hotline/codebook.py" in names
    assert not [name for name in names if "/paper/" in name or "/models/" in name or "countstats" in name]


def test_of_step_ignores_prose(of_step):
    assert of_step(prose="# Title") == of_step(prose="# Another title")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"code": "from hotline import text  # edited"}, {"notebook"}),
        ({"code": "from hotline import errors"}, {"notebook", "library"}),
        ({"parameters": {"seed": 2}}, {"parameters"}),
        ({"after": ()}, {"after"}),
        ({"export": paths.LOCK}, {"export"}),
        ({"secret": b"a key for the tests alone"}, {"key"}),
    ],
    ids=lambda each: "-".join(each),
)
def test_of_step_notices_a_change_of(change, key, of_step):
    before, after = of_step(), of_step(**change)
    assert {name for name in before if before[name] != after[name]} == key


def test_of_step_notices_other_results_of_the_step_before(of_step):
    first = of_step()
    output_folder.write_record(of_step.before, {"outputs": {"flow.json": "1" * 64}})
    assert of_step()["after"] != first["after"]


def test_results_of_a_step_that_has_not_been_run_names_the_command(of_step):
    with pytest.raises(InputError, match="the step 09-none has not been run; run: make 09-none"):
        of_step(after=("09-none",))


def test_of_step_keeps_the_mark_of_a_key_and_not_the_key(of_step):
    assert "a key for the tests alone" not in str(of_step(secret=b"a key for the tests alone"))


def test_of_step_names_cell_and_line_of_a_syntax_error(of_step):
    with pytest.raises(InputError, match=r"02-small\.ipynb, code cell 1, line 2: this is no Python \(.+\): y = = 2$"):
        of_step(code="x = 1\ny = = 2")
