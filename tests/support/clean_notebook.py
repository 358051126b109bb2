"""The notebook 01-clean, run cell by cell in this process, with all that it shows."""

import ast
import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from hotline import codebook, paths, run
from hotline.errors import InputError
from hotline.pipeline import notebook_source, params
from hotline.report import exhibits

CELLS = [source for source, _ in notebook_source.code_cells(paths.notebook("01-clean"))]


class Ended(NamedTuple):
    """How the notebook ended: the names that it made, all that it showed, and why it refused its input, if it did."""

    names: dict
    screen: str
    refused: str | None


def _shown(value):
    """Return what a notebook shows of a value."""
    html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
    return f"{value!r}\n{html or ''}\n"


def run_cells(export: Path, folder: Path, book: Path | None = None, **parameters) -> Ended:
    """Run the cells; an error that is no InputError goes through.

    The diagram is not drawn, which would take longer than all the rest.

    Parameters
    ----------
    folder : where the step writes
    book : the codebook of this export; None for that of the study
    parameters : of the notebook, in place of those of params.yml
    """
    here = run.current_run()
    of_notebook = replace(here, out=folder, stated_simulated=False, key="a key for the tests alone", tree=folder)
    if book:
        of_notebook = replace(of_notebook, codebook=book)
    screen, names, refused = io.StringIO(), {}, None
    chosen = params.check()["01-clean"] | {"export": str(export), "last_day": "2022-12-31"} | parameters
    codebook.codebook.cache_clear()
    try:
        with (
            patch.object(run, "_current", of_notebook),
            patch.object(exhibits.Exhibits, "figure", lambda self, name, figure, alt: self._note_made("figures", name)),
            patch("hotline.report.figures.flow.flow_diagram"),
            contextlib.redirect_stdout(screen),
            contextlib.redirect_stderr(screen),
        ):
            for source in CELLS:
                tree = ast.parse(source)
                last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
                exec(compile(tree, "01-clean", "exec"), names)
                if last and (value := eval(compile(ast.Expression(last.value), "01-clean", "eval"), names)) is not None:
                    print(_shown(value))
                if source.startswith("export:"):
                    names |= chosen
    except InputError as error:
        refused = str(error)
    finally:
        codebook.codebook.cache_clear()
        if "connection" in names:
            names["connection"].close()
    return Ended(names, screen.getvalue(), refused)
