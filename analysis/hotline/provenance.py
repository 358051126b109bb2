"""Which files an export is, and whether it is simulated or real: decided by its hash, never by a switch.

The simulator's run leaves the hash of the export that it wrote in data-raw/simulated/run.json. An export
with that hash is simulated, wherever it lies; any other is real, and its outputs go to private/.

A hash of a file that never leaves would be a dictionary: who suspects a content can try it. Those of a private run are
therefore made under a key.
"""

import hashlib
import hmac
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIMULATED = ROOT / "data-raw" / "simulated"

# Between the files of a list, as in PATH.
SEPARATOR = ":"
# The files of a folder that are exports; others, such as notes, are left where they are.
EXTENSIONS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet")


def hasher(key: bytes | None = None) -> "hashlib._Hash | hmac.HMAC":
    """Return what makes a SHA-256, or, under a key, an HMAC-SHA256 (RFC 2104)."""
    return hmac.new(key, digestmod="sha256") if key else hashlib.sha256()


def sha256(path: str | Path, key: bytes | None = None) -> str:
    """Return the hash of a file, of `hasher`, as 64 hexadecimal digits, reading it in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hasher(key)).hexdigest()


def _is_hidden(path):
    """Return whether a file is hidden, or what Excel keeps beside a file while it is open."""
    return path.name.startswith((".", "~$"))


def export_files(export: str | Path) -> list[Path]:
    """Return the files of an export: a file, all exports in a folder by their names, or a list with colons between.

    A file whose name has a colon is that file. Files that are named need not be there.

    Parameters
    ----------
    export : path, from the top of the checkout, or paths
    """
    path = ROOT / export
    if path.is_dir():
        inside = [each for each in path.iterdir() if each.suffix.lower() in EXTENSIONS and not _is_hidden(each)]
        return sorted(each for each in inside if each.is_file())
    if path.exists() or SEPARATOR not in str(export):
        return [path]
    return [ROOT / each for each in str(export).split(SEPARATOR) if each]


def left_out(export: str | Path) -> list[Path]:
    """Return what else lies in the folder that an export is, by its name: other files, and folders."""
    folder = ROOT / export
    if not folder.is_dir():
        return []
    return sorted(each for each in set(folder.iterdir()) - set(export_files(export)) if not _is_hidden(each))


def export_sha256(export: str | Path) -> str:
    """Return the SHA-256 of an export: that of its one file, or of the list of its files with their hashes and names.

    The one file's name does not count; those of several do, since they stand beside the numbers of rows.
    """
    files = export_files(export)
    if len(files) == 1:
        return sha256(files[0])
    return hashlib.sha256("".join(f"{sha256(each)}  {each.name}\n" for each in files).encode()).hexdigest()


def is_of_simulator(digest: str) -> bool:
    """Return whether a hash is that of the export that the simulator wrote last."""
    record = SIMULATED / "run.json"
    return record.exists() and json.loads(record.read_text(encoding="utf-8"))["outputs"].get("export.csv") == digest


def is_simulated(export: str | Path) -> bool:
    """Return whether an export is, byte for byte, the one that the simulator wrote last."""
    return is_of_simulator(export_sha256(export))


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
