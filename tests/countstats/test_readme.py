"""The README's examples run, and the packages' docstrings list every public function of their modules."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import countstats
from countstats import glm, prediction

# What modules of a package share, and a user does not need.
SHARED_HELPERS = {"log_odds", "check_overlap", "as_weighted_rows", "by_score", "as_design", "refuse_constant"}
README = Path(countstats.__file__).parent / "README.md"


def test_examples_of_the_readme_run():
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 10 and result.failed == 0


def test_functions_of_the_readme_exist():
    rows = [line.split("|") for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+\.[a-z_.]+)`", row[2])]
    assert len(named) > 25
    for name in named:
        module, _, function = name.rpartition(".")
        assert hasattr(importlib.import_module(f"countstats.{module}"), function), name


@pytest.mark.parametrize("package", [countstats, glm, prediction], ids=lambda package: package.__name__)
def test_package_docstring_lists_its_public_functions(package):
    names = [each.name for each in pkgutil.iter_modules(package.__path__) if not each.ispkg]
    assert names
    listed = set(re.findall(r"\w+", package.__doc__))
    for name in names:
        module = importlib.import_module(f"{package.__name__}.{name}")
        functions = {
            key
            for key, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not key.startswith("_")
        }
        assert {name} | functions - SHARED_HELPERS <= listed
