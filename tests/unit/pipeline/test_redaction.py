"""The executed notebook of a private run quotes no record."""

import nbformat
import pytest

from hotline.paths import ROOT
from hotline.pipeline import redaction
from hotline.pipeline.private import HIDDEN

TRACEBACK = [
    "\x1b[31mValueError\x1b[39m  Traceback",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[2]\x1b[39m\x1b[32m, line 3\x1b[39m",
    "File \x1b[32m/a b/analysis/hotline/cleaning/load.py:12\x1b[39m, in read(secret)",
    "File /a b/analysis/hotline/cleaning/secret.py:12, in read(secret)",
    "ValueError: a secret",
]


def notebook(*outputs):
    """A notebook of a cell with these outputs."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=list(outputs))])


def shown(text="a table"):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def error(ename, evalue, traceback=()):
    return nbformat.v4.new_output("error", ename=ename, evalue=evalue, traceback=list(traceback))


def test_of_a_defect_stay_class_and_place():
    closed = notebook(shown("secret"), error("ValueError", "a secret", TRACEBACK))
    redaction.remove_values(closed)
    assert "secret" not in nbformat.writes(closed)
    (output,) = closed.cells[0].outputs
    assert output.evalue == f"{HIDDEN} (hotline/cleaning/load.py, line 12)"
    assert output.traceback[1:] == ["cell [2], line 3", "hotline/cleaning/load.py, line 12"]


@pytest.mark.parametrize("name", ["InputError", "NothingToEstimate", "EngineError"])
def test_a_sentence_stays(name):
    closed = notebook(error(name, "row 3 has no number", [f"{name}: row 3 has no number"]))
    redaction.remove_values(closed)
    assert closed.cells[0].outputs[0].traceback == [f"{name}: row 3 has no number"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("[Errno 28] No space left on device: 'secret'", "the disk is full; make room and run this again"),
        ("[Errno 28] No space left on device", "the disk is full; make room and run this again"),
        (f"[Errno 21] Is a directory: '{ROOT}/paper'", "paper: this is a folder; expected a file"),
    ],
)
def test_an_error_of_the_operating_system_is_a_sentence(said, sentence):
    closed = notebook(error("OSError", said))
    redaction.remove_values(closed)
    assert closed.cells[0].outputs[0].evalue == sentence


def test_of_a_notebook_whose_kernel_died_stays_nothing():
    closed = notebook(shown("secret"))
    redaction.remove_values(closed, ended=False)
    assert closed.cells[0].outputs == []


def test_of_a_notebook_that_ended_well_only_stderr_goes():
    closed = notebook(shown(), nbformat.v4.new_output("stream", name="stderr", text="secret"))
    redaction.remove_values(closed)
    assert closed.cells[0].outputs == [shown()]
