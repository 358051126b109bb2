"""A copy of the compendium in a folder of its own, in which tests run `make` and change files."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hotline.paths import ROOT

# What the pipeline and the tools make; a copy leaves it out.
MADE = (
    ".git",
    ".venv",
    ".cache",
    ".hypothesis",
    ".ruff_cache",
    "data-derived",
    "simulated",
    "private",
    "output",
    "__pycache__",
    "_variables.yml",
    "_banner.typ",
)
# An argument of make: a key for the tests alone.
KEY = "HOTLINE_KEY=a key for the tests alone"


@dataclass(eq=False)
class Checkout:
    """A copy of the compendium in a folder of its own; `make` runs there with the environment of the tests."""

    folder: Path

    @property
    def environment(self):
        """The environment of a fresh shell: without what the make that runs the tests has set."""
        ours = ("MAKE", "MFLAGS", "HOTLINE_", "PYTHONPATH", "EXPORT", "CODEBOOK", "UNPROTECTED", "PROFILE")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def call(self, command, expect):
        """Run a command in the copy, as from a fresh shell; fail where it does not exit as expected."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert done.returncode == expect, f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def make(self, *arguments, expect=0):
        """Run make with the environment of the tests. Returns what it printed."""
        return self.call(["make", f"VENV={Path(sys.prefix)}", *arguments], expect)

    def run(self, *arguments, expect=0):
        """Run Python of the environment of the tests, without make. Returns what it printed."""
        return self.call([sys.executable, *arguments], expect)

    def edit(self, file, old, new):
        """Replace a text that must occur in a file."""
        path = self.folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{old!r} is not in {file}"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def bytes_of(self, *patterns):
        """Return {path: content} of all files that match."""
        return {
            str(file.relative_to(self.folder)): file.read_bytes()
            for pattern in patterns
            for file in files(self.folder, pattern, least=0)
        }


def files(folder: Path, pattern: str, least: int = 1) -> list[Path]:
    """The files that match a pattern, in order; fail where there are fewer, so that no loop over them is empty."""
    matching = [file for file in sorted(folder.glob(pattern)) if file.is_file()]
    assert len(matching) >= least, f"{len(matching)} files match {pattern} in {folder}; expected {least} or more"
    return matching


def copy_of(source, folder, made=MADE):
    """Copy a checkout, with its file times, leaving out what the pipeline made."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*made))
    return Checkout(folder)


def small_copy(folder: Path, **values: int) -> Checkout:
    """Copy the sources, and give parameters of params.yml other numbers."""
    checkout = copy_of(ROOT, folder)
    file = checkout.folder / "params.yml"
    text = file.read_text(encoding="utf-8")
    for name, value in values.items():
        text, replaced = re.subn(rf"(?m)^(  {name}:) \d+", rf"\1 {value}", text)
        assert replaced == 1, name
    file.write_text(text, encoding="utf-8")
    return checkout


def ran(printed: str) -> list[str]:
    """The steps that a run of make did not find up to date, in order of their names."""
    return sorted(re.findall(r"(?m)^(\S+) +\d+\.\d s ", printed))
