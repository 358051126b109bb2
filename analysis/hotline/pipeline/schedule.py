"""The runs of the notebooks and their order: one run for each notebook, or one for each value of a list in params.yml.

What params.yml says is checked once and then kept (`memo`) until it, a notebook or the check itself changes.
"""

import functools
import json
from pathlib import Path

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline.memo import kept
from hotline.provenance import sha256
from hotline.run import current_run

CHECK = [paths.ANALYSIS / f"hotline/pipeline/{name}.py" for name in ("params", "parameter_types", "schedule")]


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


def notebooks() -> list[str]:
    """Return the names of all notebooks of the compendium: those of the simulation, then the study's in order."""
    return [*paths.OF_SIMULATION, *sorted(file.stem for file in paths.ANALYSIS.glob("[0-9][0-9]-*.ipynb"))]


def after(step: str) -> tuple[str, ...]:
    """Return the steps whose results a step reads: the whole order of the study.

    The simulation starts from the sources, cleaning from the export, all others from the cleaned records. Another
    export than the simulated one needs no simulator.
    """
    if step in paths.OF_SIMULATION:
        return ()
    if step == "01-clean":
        return () if current_run().export else ("simulate",)
    return ("01-clean",)


def runs() -> dict[str, tuple[str, dict]]:
    """Return {step: (notebook, parameters)} for every run of every notebook, in order, under the profile of this run.

    A parameter with a list of values makes one step per value, named NOTEBOOK-VALUE. Raises InputError for whatever
    is wrong in params.yml.
    """
    checked = _checked(current_run().profile)["runs"]
    return {step: (notebook, dict(values)) for step, (notebook, values) in checked.items()}


def input_files(notebook: str) -> list[str]:
    """Return the names of those parameters of a notebook that are paths of files."""
    return _checked(current_run().profile)["files"].get(notebook, [])


@functools.cache
def _checked(profile):
    """Return the runs under a profile, and the parameters of each notebook that are files."""
    read = [paths.PARAMS, *CHECK, paths.LOCK, *map(paths.notebook, notebooks())]
    inputs = {"profile": profile} | {paths.shown(file): sha256(file) for file in read if file.is_file()}
    return kept("params", inputs, lambda: _check(profile))


def _check(profile):
    """Read and check params.yml, and make the runs of it."""
    from hotline.pipeline import params  # slow to import, and needed only where something has changed

    steps = {}
    for notebook, parameters in params.check(paths.PARAMS, profile).items():
        listed = [name for name, value in parameters.items() if isinstance(value, list)]
        if len(listed) > 1:
            raise InputError(
                f'{paths.shown(paths.PARAMS)}: only one parameter of "{notebook}" may be a list; found '
                f"{', '.join(listed)}"
            )
        if not listed:
            steps[notebook] = (notebook, parameters)
        for value in parameters[listed[0]] if listed else []:
            steps[f"{notebook}-{value}"] = (notebook, {**parameters, listed[0]: value})
    files = {
        name: [each for each, parameter in params.declared(paths.notebook(name)).items() if parameter.is_file]
        for name in notebooks()
    }
    return {"runs": steps, "files": files}
