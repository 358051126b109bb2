"""The executed notebook of a private run without what might quote a record."""

import os
import re
from pathlib import Path

import nbformat

from hotline import paths
from hotline.pipeline.private import HIDDEN, SENTENCES, refusal

# Where an IPython traceback says that an error arose; only what fits these exactly is taken from it.
PLACES = re.compile(r"Cell In\[(\d+)\], line (\d+)|((?:hotline|countstats)/[\w/]+\.py):(\d+)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def remove_values(notebook: nbformat.NotebookNode, ended: bool = True) -> None:
    """Take out of the notebook of a private run whatever might quote a record, before it is written anywhere.

    What goes to stderr (warnings, errors of threads) goes in any case. Where a cell has failed, all outputs go, and of
    the error stay its class, its place and, where it is one, its sentence.

    Parameters
    ----------
    ended
        Whether the kernel has come to an answer for each cell; it has not where it died.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = not ended or any(output.output_type == "error" for cell in cells for output in cell.outputs)
    for cell in cells:
        if failed:
            cell.outputs = [_closed(output) for output in cell.outputs if output.output_type == "error"]
        else:
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]


def _refused(said):
    """Return the sentence for the message of an OSError, with its path if in the checkout; None for others."""
    parts = re.match(r"\[Errno (\d+)\] [^']*(?:'([^'\n]*)'$)?", said)
    if not parts:
        return None
    path = parts[2] if parts[2] and Path(parts[2]).is_relative_to(paths.ROOT) else None
    return refusal(OSError(int(parts[1]), os.strerror(int(parts[1])), path))


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
    text = _refused(output.evalue) or HIDDEN
    text += f" ({places[-1]})" if places else ""
    return nbformat.v4.new_output(
        "error", ename=output.ename, evalue=text, traceback=[f"{output.ename}: {text}", *places]
    )
