"""The sources of the notebooks: their names, and the code in their cells."""

import json
from pathlib import Path

from hotline import paths
from hotline.errors import InputError


def code_cells(notebook: Path) -> list[tuple[str, list[str]]]:
    """Return the code cells of a notebook file as (source, tags) pairs, in order.

    Raises InputError where the file is no notebook, as after a merge with conflicts.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except json.JSONDecodeError as error:
        where = f"{paths.shown(notebook)}, line {error.lineno}"
        raise InputError(f"{where}: not readable as a notebook ({error.msg}); was it merged with conflicts?") from error
    return [
        ("".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in cells if cell["cell_type"] == "code"
    ]


def not_python(notebook: Path, number: int, error: SyntaxError) -> InputError:
    """Return the sentence that names the code cell of a notebook (counted from 1) and the line that is no Python."""
    line = (error.text or "").strip()
    return InputError(
        f"{paths.shown(notebook)}, code cell {number}, line {error.lineno}: this is no Python ({error.msg}): {line}"
    )


def names() -> list[str]:
    """Return the names of all notebooks of the compendium: those of the simulation, then the study's in order."""
    return [*paths.OF_SIMULATION, *sorted(file.stem for file in paths.ANALYSIS.glob("[0-9][0-9]-*.ipynb"))]
