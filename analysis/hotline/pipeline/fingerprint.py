"""Fingerprints of all that a step's outputs depend on: hashes of content. File times play no part."""

import functools
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hotline import paths
from hotline.cleaning import pseudonyms
from hotline.errors import InputError
from hotline.pipeline import notebook_source, schedule
from hotline.pipeline.kernel import imported_names
from hotline.pipeline.memo import kept
from hotline.pipeline.output_folder import read_record
from hotline.provenance import sha256
from hotline.run import current_run

# The packages whose versions a reader wants to see; the hash of the lock file stands for all.
SHOWN_PACKAGES = ["duckdb", "numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "matplotlib", "seaborn"]


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def source_hash(path: Path) -> str:
    """Return the SHA-256 of a source, which no step writes: read once by each process."""
    return sha256(path)


@functools.cache
def imported(source: str) -> frozenset[str]:
    """Return the files of the library that a piece of Python imports itself, from the top of the checkout."""
    files = set()
    for name in imported_names(source):
        path = paths.ANALYSIS / name.replace(".", "/")
        files.add(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
    return frozenset(str(file.relative_to(paths.ROOT)) for file in files if file.exists())


@functools.cache
def _imports_of_modules():
    """Return {module: the files of the library that it imports itself}, kept until one of them changes."""
    modules = {str(file.relative_to(paths.ROOT)): file for file in sorted(paths.ANALYSIS.rglob("*.py"))}
    return kept(
        "imports",
        {name: source_hash(file) for name, file in modules.items()},
        lambda: {name: sorted(imported(file.read_text(encoding="utf-8"))) for name, file in modules.items()},
    )


def library(sources: Iterable[str]) -> dict[str, str]:
    """Return {file: hash} for the modules that pieces of Python need, directly or through another."""
    unread = set().union(*map(imported, sources))
    needed = set()
    while unread:
        needed |= unread
        unread = set().union(*(_imports_of_modules()[file] for file in unread)) - needed
    return {file: source_hash(paths.ROOT / file) for file in sorted(needed)}


def results_of(step: str) -> dict[str, str]:
    """Return {file: hash} of the results that a finished step recorded.

    Raises InputError where the step has not been run.
    """
    folder = current_run().step_folder(step)
    record = read_record(folder)
    if not record:
        raise InputError(f"{paths.shown(folder)}: the step {step} has not been run; run: make {step}")
    return record["outputs"]


def environment() -> dict[str, str]:
    """Return what of the machine can change a result: the package versions and Python's minor version."""
    return {"requirements.lock": source_hash(paths.LOCK), "python": ".".join(platform.python_version_tuple()[:2])}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the main packages, for the record."""
    from importlib import metadata  # slow to import, and only a step that runs needs it

    return {"python": platform.python_version()} | {name: metadata.version(name) for name in SHOWN_PACKAGES}


def _sources(notebook):
    """Return the code of a notebook's cells; raises InputError naming cell and line where it is no Python."""
    sources = [source for source, _ in notebook_source.code_cells(notebook)]
    for number, source in enumerate(sources, start=1):
        try:
            imported(source)
        except SyntaxError as error:
            raise notebook_source.not_python(notebook, number, error) from error
    return sources


def of_step(
    notebook: Path,
    parameters: Mapping[str, Any],
    after: Iterable[str],
    export: str | None = None,
    secret: bytes | None = None,
) -> dict[str, Any]:
    """Return everything that the outputs of a step follow from, as a dictionary of hashes.

    Parameters
    ----------
    notebook : path of the source; only the code of its cells counts
    parameters : {name: value}
    after : names of the steps whose results it reads
    export : hash of the raw export, for the step that reads it
    secret : the key under which it is read, where it is a real one; only its mark is kept
    """
    sources = _sources(notebook)
    # The simulation plays the outside world: it knows what the compendium's own codebook describes.
    codebook = paths.DATA_RAW / "codebook.yaml" if notebook.stem in paths.OF_SIMULATION else current_run().codebook
    if not codebook.is_file():
        raise InputError(f"{paths.shown(codebook)}: there is no such codebook; CODEBOOK=path names one")
    files = [name for name in schedule.input_files(notebook.stem) if name != "export"]
    data = {parameters[name]: sha256(paths.ROOT / parameters[name]) for name in files}
    data |= {str(file.relative_to(paths.ROOT)): source_hash(file) for file in (paths.PUBLISHED, paths.POPULATION)}
    return {
        "notebook": hash_text("\n\n".join(sources)),
        "parameters": {name: value for name, value in parameters.items() if name != "export"},
        "library": library(sources),
        "codebook": source_hash(codebook),
        "data-raw": data,
        "environment": environment(),
        "export": export,
        "key": pseudonyms.mark(secret) if secret else None,
        "after": {step: hash_text(json.dumps(results_of(step), sort_keys=True)) for step in after},
    }
