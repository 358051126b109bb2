"""The runs of the notebooks and their order: one run for each notebook, or one for each value of a list in params.yml.

What params.yml says is checked once and then kept (`memo`) until it, a notebook or the check itself changes.
"""

import functools

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import notebook_source
from hotline.pipeline.memo import kept
from hotline.provenance import sha256
from hotline.run import current_run

CHECK = [
    paths.ANALYSIS / f"hotline/pipeline/{name}.py"
    for name in ("notebook_source", "params", "parameter_types", "schedule")
]


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
    read = [paths.PARAMS, *CHECK, paths.LOCK, *map(paths.notebook, notebook_source.names())]
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
        for name in notebook_source.names()
    }
    return {"runs": steps, "files": files}
