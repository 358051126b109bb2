"""Simulated or real? Decided by the export's hash, never by a switch.

The simulator's run leaves the hash of the export that it wrote in data-raw/simulated/run.json. An export
with that hash is simulated, wherever it lies; any other is real, and its outputs go to private/.

A hash of a file that never leaves would be a dictionary: who suspects a content can try it. Those of a private run are
therefore made under a key.
"""

import hashlib
import hmac
import json
from pathlib import Path

SIMULATED = Path(__file__).resolve().parents[2] / "data-raw" / "simulated"


def hasher(key: bytes | None = None) -> "hashlib._Hash | hmac.HMAC":
    """Return what makes a SHA-256, or, under a key, an HMAC-SHA256 (RFC 2104)."""
    return hmac.new(key, digestmod="sha256") if key else hashlib.sha256()


def sha256(path: str | Path, key: bytes | None = None) -> str:
    """Return the hash of a file, of `hasher`, as 64 hexadecimal digits, reading it in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hasher(key)).hexdigest()


def is_simulated(export: str | Path) -> bool:
    """Return whether an export is, byte for byte, the one that the simulator wrote last."""
    record = SIMULATED / "run.json"
    if not record.exists():
        return False
    return json.loads(record.read_text(encoding="utf-8"))["outputs"].get("export.csv") == sha256(export)


def step_is_simulated(step_folder: Path) -> bool:
    """Return whether the outputs in a step's folder were made from simulated data."""
    return json.loads((step_folder / "run.json").read_text(encoding="utf-8"))["simulated"]


def tree_of(export: str | Path) -> str:
    """Return where the outputs of an export belong: "." for the simulated one, "private" for any other.

    A file that is absent or may not be read is not the simulated one; whoever opens it says so.
    """
    try:
        return "." if is_simulated(export) else "private"
    except OSError:
        return "private"
