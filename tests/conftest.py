"""What all tests share: the environment of the Makefile, and fixtures."""

import os
import re

import pytest

from hotline.paths import ROOT

# The Makefile's environment, for a pytest that an editor starts: set before numpy and the kernels look at it.
for name, value in re.findall(r"(?m)^export (\w+) := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8")):
    if "$(shell" not in value:
        os.environ.setdefault(name, value.replace("$(CURDIR)", str(ROOT)))

import matplotlib.pyplot as plt
from agreement import agrees, pytest_terminal_summary  # noqa: F401 (a fixture and a hook, found here by pytest)
from analyses import tidy  # noqa: F401 (a fixture)
from checkout import small_copy
from cleaned import behind, rows  # noqa: F401 (fixtures)
from hypothesis import settings

# Property tests draw the same examples in every run; `pytest --hypothesis-profile=default` draws others.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


def pytest_addoption(parser):
    parser.addoption("--tables", type=int, default=4, help="random tables for each check of the statistics")
    parser.addoption("--examples", type=int, default=40, help="exports of the fuzz test that are spoilt in two ways")


# Enough for every notebook to do its job, few enough for a quick test.
SMALL = {"calls": 9000, "replications": 10, "callers": 3000}


@pytest.fixture
def no_window():
    """Draw figures into memory, and close them after the test."""
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """A small copy in which nothing has been run. A test that changes it must copy it first."""
    return small_copy(tmp_path_factory.mktemp("fresh") / "compendium", **SMALL)
