"""A small copy of the compendium, run once, that the tests of the pipeline share."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MADE = (".git", ".venv", ".cache", ".ci", "data-derived", "simulated", "private", "output", "__pycache__", "_variables.yml")
SMALL = 9000  # calls: enough for every notebook to do its job, few enough for a quick test


@dataclass
class Checkout:
    """A copy of the compendium in a folder of its own; `make` runs there with the environment of the tests."""

    folder: Path

    def make(self, *arguments, expect=0, **environment):
        """Run make; fail where it does not exit as expected. Returns what it printed."""
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("MAKE", "MFLAGS", "HOTLINE_")) and name not in ("EXPORT", "CODEBOOK")}
        done = subprocess.run(
            ["make", f"VENV={Path(sys.prefix)}", *arguments], cwd=self.folder, env=clean | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        assert done.returncode == expect, f"make {' '.join(arguments)} exited with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def edit(self, file, old, new):
        """Replace a text that must occur in a file."""
        path = self.folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content, f"{old!r} is not in {file}"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def bytes_of(self, *patterns):
        """Return {path: content} of all files that match."""
        return {str(file.relative_to(self.folder)): file.read_bytes()
                for pattern in patterns for file in sorted(self.folder.glob(pattern)) if file.is_file()}


def copy_of(source, folder, made=MADE):
    """Copy a checkout, with its file times, leaving out what the pipeline made."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*made))
    return Checkout(folder)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """A small copy in which nothing has been run. A test that changes it must copy it first."""
    checkout = copy_of(ROOT, tmp_path_factory.mktemp("fresh") / "compendium")
    params = checkout.folder / "params.yml"
    text, replaced = re.subn(r"(?m)^(  calls:) \d+", rf"\1 {SMALL}", params.read_text(encoding="utf-8"))
    assert replaced == 1
    params.write_text(text, encoding="utf-8")
    return checkout


@pytest.fixture(scope="session")
def built(fresh, tmp_path_factory):
    """The small copy after `make paper`. A test that changes it must copy it first."""
    checkout = copy_of(fresh.folder, tmp_path_factory.mktemp("built") / "compendium")
    checkout.printed = checkout.make("paper")
    return checkout


@pytest.fixture
def changeable(built, tmp_path):
    """A copy of the small copy after `make paper`, for one test to change."""
    return copy_of(built.folder, tmp_path / "compendium", made=(".cache", "__pycache__"))
