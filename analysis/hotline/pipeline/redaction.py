"""The executed notebook of a private run without what might quote a record."""

import os
import re

import nbformat

from hotline import paths
from hotline.pipeline.private import HIDDEN, SENTENCES, refusal

# Where an IPython traceback says that an error arose; only what fits these exactly is taken from it.
PLACES = re.compile(r"Cell In\[(\d+)\], line (\d+)|((?:hotline|countstats)/[\w/]+\.py):(\d+)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def remove_values(notebook: nbformat.NotebookNode) -> None:
    """Take out of the notebook of a private run whatever might quote a record, before it is written anywhere.

    What goes to stderr (warnings, errors of threads) goes in any case. Where a cell has failed, all outputs go, and of
    the error stay its class, its place and, where it is one, its sentence.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = any(output.output_type == "error" for cell in cells for output in cell.outputs)
    for cell in cells:
        if failed:
            cell.outputs = [_closed(output) for output in cell.outputs if output.output_type == "error"]
        else:
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]


def _closed(output):
    """Return the output of an error without values."""
    if output.ename in SENTENCES:
        text = output.evalue
        return nbformat.v4.new_output("error", ename=output.ename, evalue=text, traceback=[f"{output.ename}: {text}"])
    places = []
    for cell, line, file, number in PLACES.findall(COLOURS.sub("", "\n".join(output.traceback))):
        if cell:
            places.append(f"cell [{cell}], line {line}")
        elif (paths.ANALYSIS / file).is_file():
            places.append(f"{file}, line {number}")
    said = re.match(r"\[Errno (\d+)\]", output.evalue)
    text = refusal(OSError(int(said[1]), os.strerror(int(said[1])))) if said else HIDDEN
    text += f" ({places[-1]})" if places else ""
    return nbformat.v4.new_output(
        "error", ename=output.ename, evalue=text, traceback=[f"{output.ename}: {text}", *places]
    )
