"""The library and its tests are laid out alike, and each package's docstring lists what is in it."""

import ast
import re

import pytest

from hotline.paths import ANALYSIS, ROOT

TESTS = ROOT / "tests"
PACKAGES = sorted(file.parent for name in ("hotline", "countstats") for file in (ANALYSIS / name).rglob("__init__.py"))
MODULES = {
    file.relative_to(ANALYSIS).with_suffix("")
    for package in PACKAGES
    for file in package.glob("*.py")
    if file.name != "__init__.py"
}
# Modules without a test file of their own, and test files without a module, each with its reason.
NO_TEST_OF_ITS_OWN = {
    "countstats/test_columns.py": "names alone",
    "unit/cleaning/readers/test_table.py": "names alone",
}
NO_MODULE_OF_ITS_OWN = {
    "countstats/test_invariance.py": "properties of the comparisons of groups, whatever their module",
    "countstats/fuzz/test_bad_input.py": "what every function says of counts that are none",
    "countstats/fuzz/test_fuzz.py": "every function on random tables, which `make fuzz` makes many of",
    "countstats/test_readme.py": "the examples of the README of countstats",
    "countstats/glm/test_model_invariances.py": "properties of all models, whatever their module",
    "unit/test_bench_intervals.py": "bench/intervals.py, which `make coverage` runs",
    "countstats/glm/test_written_out_or_coded.py": "both forms of a design, whatever takes them",
    "unit/cleaning/test_bad_exports.py": "the cleaning as a whole, on exports with every fault",
    "unit/cleaning/test_no_cell_leaks.py": "the cleaning as a whole, with a mark in every cell",
    "unit/paper/test_quarto_subset.py": "paper/quarto-subset.lua and paper/shapes.lua",
}


def mirror(module):
    """The test file of a module: unit/x/test_y.py for hotline/x/y, countstats/x/test_y.py for countstats/x/y."""
    top, *inner = module.parts
    folder = TESTS / ("unit" if top == "hotline" else "countstats")
    return folder.joinpath(*inner[:-1], f"test_{inner[-1]}.py").relative_to(TESTS).as_posix()


def listed(docstring):
    """The names in the list of a docstring: each at the start of a line, its description behind it or below it."""
    names = re.findall(r"(?m)^ *(\w+) {2,}\S|^(\w+)\n {4}(?!\w+ {2})\S", docstring)
    return [beside or above for beside, above in names]


def test_listed_finds_names_with_their_description_behind_or_below():
    assert listed("Title.\n\none    first\ntwo\n    second, and more\nNames\n    three   third\nfour of them") == [
        "one",
        "two",
        "three",
    ]


def test_layout_is_found():
    assert len(PACKAGES) >= 10 and len(MODULES) >= 60


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ANALYSIS).as_posix())
def test_docstring_of_a_package_lists_its_modules(package):
    names = listed(ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))))
    inside = {file.stem for file in package.glob("*.py")} | {file.parent.name for file in package.glob("*/__init__.py")}
    assert sorted(names) == sorted(inside - {"__init__"})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(ANALYSIS).as_posix())
def test_package_exports_nothing_again(package):
    """A re-export would make each notebook depend on all modules of a package, and rerun with any of them."""
    body = ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body
    assert len(body) == 1 and isinstance(body[0], ast.Expr)


def test_each_module_has_its_test_file():
    missing = {mirror(module) for module in MODULES if not (TESTS / mirror(module)).is_file()}
    assert missing == set(NO_TEST_OF_ITS_OWN)


def test_each_test_file_has_its_module():
    expected = {mirror(module) for module in MODULES}
    present = {
        file.relative_to(TESTS).as_posix()
        for folder in ("unit", "countstats")
        for file in (TESTS / folder).rglob("test_*.py")
    }
    assert len(present) >= 60
    assert present - expected == set(NO_MODULE_OF_ITS_OWN)


def test_statistics_are_tested_without_the_hotline():
    files = sorted((TESTS / "countstats").rglob("*.py"))
    assert len(files) >= 30
    for file in files:
        assert not re.search(r"(?m)^\s*(from|import) hotline\b", file.read_text(encoding="utf-8")), file


def bare_loops(text):
    """Lines of loops and comprehensions over what a glob finds, which pass where it finds nothing."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.For, ast.comprehension)):
            calls = [each for each in ast.walk(node.iter) if isinstance(each, ast.Call)]
            if any(isinstance(call.func, ast.Attribute) and call.func.attr in ("glob", "rglob") for call in calls):
                yield node.iter.lineno


def test_bare_loops_are_noticed():
    text = "for a in b.glob('*'):\n    pass\n[a for a in sorted(b.rglob('*'))]\nx = list(b.glob('*'))"
    assert list(bare_loops(text)) == [1, 3]


def test_no_test_loops_over_a_glob_without_a_count():
    """`checkout.files` counts what it finds."""
    files = sorted(file for file in TESTS.rglob("test_*.py") if file.parent.name != "architecture")
    assert len(files) >= 70
    for file in files:
        assert list(bare_loops(file.read_text(encoding="utf-8"))) == [], file


def test_tests_import_no_test_and_count_no_parents():
    files = sorted(TESTS.rglob("*.py"))
    assert len(files) >= 90
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(?m)^\s*(from|import) (test_|conftest)", text), file
        assert "parents[" not in text or file.name == "test_layout.py", file
