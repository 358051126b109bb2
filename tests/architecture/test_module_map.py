"""The map of the library, in its docstring, names every module."""

import re

import hotline
from hotline import paths


def test_every_module_is_on_the_map():
    modules = {file.stem for file in (paths.ANALYSIS / "hotline").glob("*.py")} - {"__init__"}
    assert modules - set(re.findall(r"\w+", hotline.__doc__)) == set()
