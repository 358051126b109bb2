"""One small pipeline through make: simulate, 01-clean and a statistical notebook."""

import json

import pandas as pd
import pytest
from checkout import copy_of, files, ran

pytestmark = pytest.mark.xdist_group("small pipeline")  # made once, not once for each worker


@pytest.fixture(scope="module")
def small(fresh, tmp_path_factory):
    """A small copy in which `make 03-anova` has made what it needs."""
    checkout = copy_of(fresh.folder, tmp_path_factory.mktemp("small") / "compendium")
    checkout.printed = checkout.make("03-anova")
    return checkout


def test_pipeline_runs_what_a_step_needs_and_then_nothing(small):
    assert ran(small.printed) == ["01-clean", "03-anova", "simulate"]
    assert ran(small.make("03-anova")) == []


def test_clean_accounts_for_every_row_of_the_export(small):
    folder = small.folder / "data-derived/01-clean"
    flow = json.loads((folder / "flow.json").read_text(encoding="utf-8"))
    export = (small.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8-sig")
    rejected = (folder / "rejected.csv").read_text(encoding="utf-8")
    assert flow["rows"] == export.count("\n") - 1 == rejected.count("\n") - 1 + flow["cases"] > 5000


def test_step_folder_has_results_tables_figures_and_values_of_simulated_data(small):
    folder = small.folder / "data-derived/03-anova"
    assert (folder / "notebook.html").stat().st_size > 10_000
    results, tables = files(folder, "results/*.csv"), files(folder, "tables/*.md", least=2)
    figures = files(folder, "figures/*.svg")
    assert {file.stem for file in results} >= {"anova", "groups", "pairs"}
    assert all(len(pd.read_csv(file)) for file in results)
    assert all("*Simulated data.*" in file.read_text(encoding="utf-8") for file in tables)
    assert all("Simulated data" in file.read_text(encoding="utf-8") for file in figures)
    record, values = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("run.json", "values.json"))
    assert record["simulated"] is True and values["simulated"] is True and len(values["values"]) >= 5
    assert "exhibits.json" in record["outputs"]
    described = json.loads((folder / "exhibits.json").read_text(encoding="utf-8"))
    assert {file.stem for file in tables} == set(described["tables"])
    assert all(each["caption"]["en"] and each["columns"] for each in described["tables"].values())
    assert all(each["alt"]["en"] for each in described["figures"].values())
    assert pd.read_csv(folder / "tallies.csv")["hash"].str.fullmatch("[0-9a-f]{64}").all()
