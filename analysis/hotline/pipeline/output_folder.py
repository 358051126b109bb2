"""Folders of outputs that are whole or absent.

Outputs are made in a folder under running/. Only when all is there does that folder take the place of the old one, so
that no reader and no later step ever sees half of them. What a folder was made from stands in its run.json.
"""

import contextlib
import fcntl
import json
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hotline.errors import NOT_ESTIMATED, InputError
from hotline.provenance import sha256
from hotline.run import current_run

RECORD = "run.json"
WARNINGS = "warnings.txt"  # what the user should know of a step, a line each
# A reader's copies of the notebook hold prose too, and are not results.
NOT_RESULTS = ("notebook.ipynb", "notebook.html", RECORD)


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Reserve a name for this process alone; raises InputError where another process works under it."""
    running = current_run().running
    running.mkdir(parents=True, exist_ok=True)
    with open(running / f"{name}.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{name}: another make is running this step; wait for it to end") from error
        yield


def place_of(name: str) -> Path:
    """Return the folder in which the outputs of a name are made."""
    return current_run().running / name


@contextlib.contextmanager
def working(name: str) -> Iterator[Path]:
    """Give an empty folder to work in; whatever is left of it at the end goes."""
    folder = place_of(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replace(old: Path, new: Path) -> None:
    """Put a finished folder in the place of the old one, which goes only when the new one stands."""
    aside = old.with_name(f"{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    old.parent.mkdir(parents=True, exist_ok=True)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)


def keep_failed(name: str, folder: Path) -> Path:
    """Move the remains of a failed step to data-derived/failed/ and return that folder.

    Cleaned records do not remain: no step reads them there, and they may be those of real calls.
    """
    kept = current_run().failed / name
    for records in folder.glob("*.parquet"):
        records.unlink()
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(kept)
    return kept


def hashes(folder: Path, place: Path | None = None) -> dict[str, str]:
    """Return {file: hash} of the results in a folder, in order of their names: in a private run under its key.

    place : where the folder is going to stand, unless it stands there
    """
    key = current_run().hash_key(place or folder)
    return {
        str(file.relative_to(folder)): sha256(file, key)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and str(file.relative_to(folder)) not in NOT_RESULTS
    }


def read_record(folder: Path) -> dict:
    """Return what a finished folder holds of its making; an empty dictionary where there is nothing to read."""
    try:
        return json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write_record(folder: Path, record: dict) -> None:
    """Write down what a folder was made from: `inputs`, `outputs` and whatever else the record holds."""
    text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8")


def finish(old: Path, new: Path, started: float, **made: Any) -> float:
    """Record how a finished folder was made, and put it in the place of the old one.

    Parameters
    ----------
    old, new : paths of the place and of the finished folder
    started : when the work on it began, in seconds since 1970
    made : what it was made from (`inputs`), and whatever else its record is to hold

    Returns
    -------
    float
        The seconds since `started`.
    """
    seconds = time.time() - started
    clocks = {"started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(started)), "seconds": round(seconds, 1)}
    write_record(new, made | {"outputs": hashes(new, old)} | clocks)
    replace(old, new)
    return seconds


def up_to_date(folder: Path, inputs: dict, needed: Iterable[str]) -> bool:
    """Return whether a folder was made from just these inputs and is still as it was left, with the needed files."""
    if not all((folder / name).is_file() for name in needed):
        return False
    record = read_record(folder)
    return record.get("inputs") == inputs and record.get("outputs") == hashes(folder)


def warnings(folder: Path) -> list[str]:
    """Return the warnings of a step, finished or not, in their order."""
    file = folder / WARNINGS
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def not_estimated(folder: Path) -> str | None:
    """Return the sentence of a step that found nothing to estimate; None for any other."""
    values = folder / "values.json"
    return json.loads(values.read_text(encoding="utf-8")).get(NOT_ESTIMATED) if values.is_file() else None
