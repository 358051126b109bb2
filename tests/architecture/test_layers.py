"""The layers of the library hold: the contracts of pyproject.toml, checked by import-linter."""

import re

import pytest
from importlinter.cli import lint_imports

from hotline.paths import ROOT

SETTINGS = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CONTRACTS = re.findall(r'(?m)^id = "([\w-]+)"', SETTINGS)


def kept(settings, contract):
    """Whether a contract of a settings file holds."""
    return lint_imports(config_filename=str(settings), limit_to_contracts=(contract,), no_cache=True, no_logo=True) == 0


def test_contracts_are_those_of_the_design():
    assert CONTRACTS == ["statistics", "layers", "data"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_holds(contract):
    assert kept(ROOT / "pyproject.toml", contract)


@pytest.mark.parametrize(
    ("contract", "line", "wrong"),
    [
        ("statistics", 'forbidden_modules = ["hotline", "duckdb", "pyarrow"]', 'forbidden_modules = ["scipy"]'),
        ("layers", '"report | pipeline",\n    "models"', '"models",\n    "report | pipeline"'),
        ("data", 'source_modules = ["hotline.models", "hotline.report"]', 'source_modules = ["hotline.tally"]'),
    ],
)
def test_contract_would_notice_an_import_that_it_forbids(contract, line, wrong, tmp_path):
    assert SETTINGS.count(line) == 1
    settings = tmp_path / "pyproject.toml"
    settings.write_text(SETTINGS.replace(line, wrong), encoding="utf-8")
    assert not kept(settings, contract)
