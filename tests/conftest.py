"""A small copy of the compendium, run once, that the tests of the pipeline share."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from agreement import agrees, pytest_terminal_summary  # noqa: F401 (a fixture and a hook, found here by pytest)
from cleaned import behind, rows  # noqa: F401 (fixtures)
from hypothesis import settings

from hotline.pipeline import params

# Property tests draw the same examples in every run; `pytest --hypothesis-profile=default` draws others.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

ROOT = Path(__file__).resolve().parents[1]
MADE = (
    ".git",
    ".venv",
    ".cache",
    "data-derived",
    "simulated",
    "private",
    "output",
    "__pycache__",
    "_variables.yml",
    "_banner.typ",
)
KEY = "HOTLINE_KEY=a key for the tests alone"
# Enough for every notebook to do its job, few enough for a quick test.
SMALL = {"calls": 9000, "replications": 10, "callers": 3000}


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
            for file in sorted(self.folder.glob(pattern))
            if file.is_file()
        }


def copy_of(source, folder, made=MADE):
    """Copy a checkout, with its file times, leaving out what the pipeline made."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*made))
    return Checkout(folder)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """A small copy in which nothing has been run. A test that changes it must copy it first."""
    checkout = copy_of(ROOT, tmp_path_factory.mktemp("fresh") / "compendium")
    params = checkout.folder / "params.yml"
    text = params.read_text(encoding="utf-8")
    for name, value in SMALL.items():
        text, replaced = re.subn(rf"(?m)^(  {name}:) \d+", rf"\1 {value}", text)
        assert replaced == 1, name
    params.write_text(text, encoding="utf-8")
    return checkout


@pytest.fixture(scope="session")
def twins(fresh, tmp_path_factory):
    """Two copies after `make paper`: one made two steps at a time, one in another place and step by step.

    They are made side by side, since neither keeps two cores busy, and once for all workers of a run. The second one
    takes the recovery study and the second outcome over from the first, as files: they tell nothing new, and take long.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    first, second = Checkout(shared / "built/compendium"), Checkout(shared / "again/a place with a blank")
    own = [step for step in params.runs() if step != "recovery" and not step.endswith("-high_risk")]

    def make(checkout, arguments):
        shutil.rmtree(checkout.folder, ignore_errors=True)
        return copy_of(fresh.folder, checkout.folder).make(*arguments)

    with open(shared / "twins.lock", "w") as lock, ThreadPoolExecutor() as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker waits for the one that builds
        if not (shared / "printed").exists():
            printed = list(pool.map(make, (first, second), (["-j2", "paper"], ["-j1", *own])))
            for step in sorted(set(params.runs()) - set(own)):
                shutil.copytree(first.folder / "data-derived" / step, second.folder / "data-derived" / step)
            printed[1] += second.make("-j1", "paper")
            (shared / "printed").write_text(json.dumps(printed), encoding="utf-8")
    first.printed, second.printed = json.loads((shared / "printed").read_text(encoding="utf-8"))
    return first, second


@pytest.fixture(scope="session")
def built(twins):
    """The small copy after `make paper`. A test that changes it must copy it first."""
    return twins[0]


@pytest.fixture
def changeable(built, tmp_path):
    """A copy of the small copy after `make paper`, for one test to change."""
    return copy_of(built.folder, tmp_path / "compendium", made=(".cache", "__pycache__"))
