"""Simulated or real? Decided by the export's hash, never by a switch.

The simulator's run leaves the hash of the export that it wrote in data-raw/simulated/run.json. An export
with that hash is simulated, wherever it lies; any other is real, and its outputs go to private/.

Run as a script this prints the tree to which an export's outputs belong, for the Makefile: `.` or `private`.
It needs nothing but the standard library, because make runs it before the environment exists.
"""

import hashlib
import json
import sys
from pathlib import Path

SIMULATED = Path(__file__).resolve().parents[2] / "data-raw" / "simulated"


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits, reading it in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_simulated(export: str | Path) -> bool:
    """Return whether an export is, byte for byte, the one that the simulator wrote last."""
    record = SIMULATED / "run.json"
    if not record.exists():
        return False
    return json.loads(record.read_text(encoding="utf-8"))["outputs"].get("export.csv") == sha256(export)


def step_is_simulated(step_folder: Path) -> bool:
    """Return whether the outputs in a step's folder were made from simulated data."""
    return json.loads((step_folder / "run.json").read_text(encoding="utf-8"))["simulated"]


if __name__ == "__main__":
    export = Path(sys.argv[1])
    print("." if export.is_file() and is_simulated(export) else "private")
