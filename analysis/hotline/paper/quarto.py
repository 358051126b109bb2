"""Find Quarto, install it on request, and render the documents with it.

python -m hotline.paper.quarto        install the pinned Quarto into .cache/quarto (`make quarto`)
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from hotline import paths
from hotline.errors import InputError
from hotline.run import child_environment, current_run

# Below 1.7 the Typst that Quarto carries lacks the serif face of the paper.
NEEDED = (1, 7)
PINNED = "1.9.38"
FOLDER = paths.ROOT / ".cache" / "quarto"
_TOOLS = "Scripts" if os.name == "nt" else "bin"
REMEDY = (
    "install Quarto 1.7 or later (with conda: conda install -c conda-forge quarto) and put it on the PATH, "
    "or give its path as QUARTO=/path/to/quarto; without it, make paper uses pandoc and Typst"
)


def version_of(command: str | Path) -> tuple[int, ...] | None:
    """Return the version of a Quarto as a tuple such as (1, 9, 38), or None where it doesn't run."""
    try:
        ran = subprocess.run([str(command), "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", ran.stdout.strip())
    return tuple(map(int, numbers.groups())) if numbers and ran.returncode == 0 else None


def find() -> tuple[str, tuple[int, ...]] | None:
    """Return (command, version) of the Quarto to use, or None.

    Looked for in QUARTO, the active conda environment, the PATH and .cache/quarto, in this order; a Quarto
    that is too old is passed over. Raises InputError where QUARTO names one that can't be used.
    """
    named = current_run().quarto
    if named:
        version = version_of(named)
        if version is None or version[:2] < NEEDED:
            old = f"is version {'.'.join(map(str, version))}" if version else "doesn't run"
            raise InputError(f"QUARTO={named}: it {old}; {REMEDY}")
        return named, version
    conda = current_run().conda
    places = [
        conda and shutil.which("quarto", path=str(Path(conda) / _TOOLS)),
        shutil.which("quarto"),
        shutil.which("quarto", path=str(FOLDER / _TOOLS)),
    ]
    for command in filter(None, places):
        version = version_of(command)
        if version and version[:2] >= NEEDED:
            return command, version
    return None


def render(command: str, folder: Path, documents: list[str], epoch: int) -> None:
    """Render documents in a scratch folder. Quarto only warns of an unknown name; here that is an error."""
    environment = child_environment(
        SOURCE_DATE_EPOCH=str(epoch),
        TYPST_IGNORE_SYSTEM_FONTS="true",
        NO_COLOR="1",
        TYPST_FONT_PATHS=str(folder / "fonts"),
    )
    for document in documents:
        ran = subprocess.run(
            [str(command), "render", f"{document}.qmd"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        printed = ran.stdout + ran.stderr
        warnings = [line.strip() for line in printed.splitlines() if re.search(r"\bWARN|\bwarning\b|\bERROR\b", line)]
        if ran.returncode or warnings:
            text = "\n".join(warnings) or printed.strip()[-2000:]
            raise InputError(f"paper/{document}.qmd: Quarto complains:\n{text}")


def install() -> str:
    """Install the pinned Quarto into .cache/quarto and return its command.

    The package quarto-cli is a small installer: while it installs it fetches Quarto's release from
    Quarto's own site, without a hash. That is why it is done on request only and is in no lock file.
    """
    import venv  # slow to import, and only an installation needs it

    shutil.rmtree(FOLDER, ignore_errors=True)
    venv.create(FOLDER, with_pip=True)
    pip = [str(FOLDER / _TOOLS / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    ran = subprocess.run([*pip, f"quarto-cli=={PINNED}"], capture_output=True, text=True)
    command = shutil.which("quarto", path=str(FOLDER / _TOOLS))
    if ran.returncode or not command or not version_of(command):
        shutil.rmtree(FOLDER, ignore_errors=True)
        raise InputError(
            f"Quarto {PINNED} could not be fetched: the package quarto-cli downloads it from Quarto's "
            f"own site, which this machine doesn't reach, or has no release for it. Instead, {REMEDY}."
        )
    return command


def main() -> None:
    """Make Quarto available; exit with 2 and one message where that fails."""
    try:
        command, version = find() or (install(), version_of(shutil.which("quarto", path=str(FOLDER / _TOOLS))))
    except InputError as error:
        print(f"\n{error}\n", file=sys.stderr)
        sys.exit(2)
    print(f"Quarto {'.'.join(map(str, version))}: {command}")


if __name__ == "__main__":
    main()
