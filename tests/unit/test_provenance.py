"""Simulated or real is decided by the bytes of the export."""

import hashlib
import json
import subprocess
import sys

import pytest

from hotline import provenance


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    """An export that the simulator has recorded, in a folder of its own."""
    folder = tmp_path / "data-raw/simulated"
    folder.mkdir(parents=True)
    export = folder / "export.csv"
    export.write_bytes(b"a,b\n1,2\n")
    record = {"outputs": {"export.csv": hashlib.sha256(export.read_bytes()).hexdigest()}}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(provenance, "SIMULATED", folder)
    return export


def test_sha256_is_that_of_the_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert provenance.sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


def test_is_simulated_for_the_same_bytes_anywhere_and_for_no_others(simulated, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(simulated.read_bytes())
    assert provenance.is_simulated(simulated) and provenance.is_simulated(copy)
    copy.write_bytes(simulated.read_bytes() + b"\n")
    assert not provenance.is_simulated(copy)


def test_is_simulated_is_false_before_the_simulator_has_run(simulated):
    (simulated.parent / "run.json").unlink()
    assert not provenance.is_simulated(simulated)


def test_script_prints_the_tree_of_an_export(simulated, tmp_path):
    """Run as the Makefile runs it: by file, with nothing but the standard library."""
    script = tmp_path / "analysis/hotline/provenance.py"
    script.parent.mkdir(parents=True)
    with open(provenance.__file__, "rb") as source:
        script.write_bytes(source.read())
    other = tmp_path / "other.csv"
    other.write_text("a\n", encoding="utf-8")
    for export, tree in ((simulated, "."), (other, "private"), (tmp_path / "nowhere.csv", "private")):
        printed = subprocess.run(
            [sys.executable, "-I", "-S", script, export], check=True, capture_output=True, text=True
        ).stdout
        assert printed == f"{tree}\n"
