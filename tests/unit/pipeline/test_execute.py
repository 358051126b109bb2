"""A kernel that finds its port taken is started again; one that never starts is an error. What ends a notebook."""

import nbformat
import pytest

from hotline.pipeline import execute
from hotline.run import child_environment


def failing(times, message=execute.NOT_STARTED):
    """Return a stand-in for papermill that fails so many times, and the list of its calls."""
    calls = []

    def papermill(*_):
        calls.append(1)
        if len(calls) <= times:
            raise RuntimeError(message)

    return papermill, calls


def test_a_kernel_that_did_not_start_is_started_again(monkeypatch, tmp_path):
    papermill, calls = failing(2)
    monkeypatch.setattr(execute, "_papermill", papermill)
    execute.execute("step", tmp_path / "source.ipynb", tmp_path / "target.ipynb", {}, 10)
    assert len(calls) == 3


@pytest.mark.parametrize(("times", "message", "tried"), [(99, execute.NOT_STARTED, execute.STARTS), (1, "another", 1)])
def test_but_not_for_ever_and_not_for_another_reason(monkeypatch, tmp_path, times, message, tried):
    papermill, calls = failing(times, message)
    monkeypatch.setattr(execute, "_papermill", papermill)
    with pytest.raises(RuntimeError, match=message):
        execute.execute("step", tmp_path / "source.ipynb", tmp_path / "target.ipynb", {}, 10)
    assert len(calls) == tried


SOURCE = """from hotline.errors import InputError, NothingToEstimate
from hotline.report.exhibits import begin
out = begin("03-anova", results=["means"])"""


@pytest.mark.parametrize("error", ["NothingToEstimate", "InputError"])
def test_only_a_notebook_that_finds_nothing_to_estimate_has_come_to_its_end(error, tmp_path):
    told = {"HOTLINE_OUT": str(tmp_path), "HOTLINE_SIMULATED": "yes"}
    source, target = tmp_path / "source.ipynb", tmp_path / "notebook.ipynb"
    cells = [nbformat.v4.new_code_cell(text) for text in (SOURCE, f"raise {error}('nobody is here')", "1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
    if error == "InputError":
        with pytest.raises(
            execute.CellError, match=r"cell \[2\] of .*source\.ipynb\n.*\n  the input: .*nobody is here"
        ):
            execute.execute("03-anova", source, target, {}, 10, child_environment(**told))
    else:
        execute.execute("03-anova", source, target, {}, 10, child_environment(**told))
    assert (tmp_path / "values.json").exists() == (error == "NothingToEstimate")
    cells = nbformat.read(target, as_version=4).cells
    assert len(cells) == 3, "papermill's banners are gone"
    assert cells[1].outputs[0].traceback == [f"{error}: nobody is here"] and not cells[2].outputs
