"""Small copies of the compendium in which whole studies are made, once, for all tests of this folder."""

import fcntl
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from checkout import Checkout, copy_of

from hotline.pipeline import schedule

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark all tests of this folder, so that `make test` leaves them out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("study")


@pytest.fixture(scope="session")
def twins(fresh, tmp_path_factory):
    """Two copies after `make paper`: one made two steps at a time by forked kernels, one in another place, step by step
    and by ordinary kernels.

    They are made side by side, since neither keeps two cores busy, and once for all workers of a run. The second one
    takes the recovery study and the second outcome over from the first, as files: they show nothing new, and take long.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    first, second = Checkout(shared / "built/compendium"), Checkout(shared / "again/a place with a blank")
    own = [step for step in schedule.runs() if step != "recovery" and not step.endswith("-high_risk")]

    def make(checkout, arguments):
        shutil.rmtree(checkout.folder, ignore_errors=True)
        return copy_of(fresh.folder, checkout.folder).make(*arguments)

    with open(shared / "twins.lock", "w") as lock, ThreadPoolExecutor() as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker waits for the one that builds
        if not (shared / "printed").exists():
            printed = list(pool.map(make, (first, second), (["-j2", "paper"], ["-j1", "HOTLINE_FORK=no", *own])))
            for step in sorted(set(schedule.runs()) - set(own)):
                shutil.copytree(first.folder / "data-derived" / step, second.folder / "data-derived" / step)
            printed[1] += second.make("-j1", "HOTLINE_FORK=no", "paper")
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
