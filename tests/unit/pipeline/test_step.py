"""A step before and after it runs: which export it reads, what it comes after, and the line that it prints."""

import json

import pytest
import runs

from hotline import paths, provenance
from hotline.errors import NOT_ESTIMATED, InputError
from hotline.pipeline import step


@pytest.fixture
def real(tmp_path, monkeypatch):
    """An export that is not the simulator's own."""
    monkeypatch.setattr(provenance, "SIMULATED", tmp_path / "nothing simulated")
    export = tmp_path / "real.csv"
    export.write_text("a\n", encoding="utf-8")
    return export


def test_find_export_is_none_for_a_step_that_reads_none():
    assert step.find_export({"seed": 1}) is None


def test_find_export_names_a_missing_file(monkeypatch):
    runs.change(monkeypatch, export="nowhere.csv")
    with pytest.raises(InputError, match=r"nowhere\.csv: there is no such export"):
        step.find_export({"export": "data-raw/simulated/export.csv"})


def test_find_export_does_not_mix_real_records_with_simulated_results(real, monkeypatch):
    runs.change(monkeypatch, tree=paths.ROOT, export="")
    with pytest.raises(InputError, match="its outputs may not mix"):
        step.find_export({"export": str(real)})


def test_find_export_of_real_records_needs_the_users_word(real, monkeypatch):
    runs.change(monkeypatch, tree=paths.ROOT / "private", export=str(real), unprotected=False)
    with pytest.raises(InputError, match="Disclosure control is not built yet"):
        step.find_export({"export": "another.csv"})
    runs.change(monkeypatch, unprotected=True)
    parameters = {"export": "another.csv"}
    export = step.find_export(parameters)
    assert export == step.Export(str(real), provenance.sha256(real), simulated=False)
    assert parameters["export"] == str(real)


def test_find_export_takes_a_folder_and_a_list(real, tmp_path, monkeypatch):
    runs.change(monkeypatch, tree=paths.ROOT / "private", export=str(tmp_path), unprotected=True)
    assert not step.find_export({"export": ""}).simulated
    runs.change(monkeypatch, export=f"{real}:{tmp_path}/nowhere.csv")
    with pytest.raises(InputError, match=r"nowhere\.csv: there is no such export"):
        step.find_export({"export": ""})
    runs.change(monkeypatch, export=f"{real}:{tmp_path}/../{tmp_path.name}/real.csv")
    with pytest.raises(InputError, match="named twice"):
        step.find_export({"export": ""})
    real.unlink()
    runs.change(monkeypatch, export=str(tmp_path))
    with pytest.raises(InputError, match="no export is in this folder"):
        step.find_export({"export": ""})


@pytest.mark.parametrize("change", ["written to", "gone"])
def test_export_that_changes_while_it_is_read_is_noticed(real, monkeypatch, change):
    runs.change(monkeypatch, tree=paths.ROOT / "private", export=str(real), unprotected=True)
    export = step.find_export({"export": ""})
    export.check()
    real.unlink() if change == "gone" else real.write_text("b\n", encoding="utf-8")
    with pytest.raises(InputError, match="has changed while it was read"):
        export.check()


def finished(folder, **more):
    """A finished step with one result, two tables and three values."""
    for name in ("results/a.csv", "tables/a.md", "tables/b.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    record = {"values": {key: {} for key in "abc"}} | more
    (folder / "values.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_summary_counts_what_a_step_wrote(tmp_path):
    assert step.summary(finished(tmp_path)) == "1 result, 2 tables, 3 values"


def test_warning_says_why_nothing_was_estimated_and_what_may_help(tmp_path):
    assert step.warning(finished(tmp_path / "a")) == "" == step.warning(tmp_path / "not run")
    said = step.warning(finished(tmp_path / "b", **{NOT_ESTIMATED: "no case is at high risk"}))
    assert said == f"NOT ESTIMATED: no case is at high risk. {step.REMEDY}"
