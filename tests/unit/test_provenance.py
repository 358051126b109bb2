"""Simulated or real is decided by the bytes of the export."""

import hashlib
import json

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


def test_sha256_under_a_key_is_an_hmac(tmp_path):
    """RFC 4231, test case 2."""
    (tmp_path / "file").write_bytes(b"what do ya want for nothing?")
    assert provenance.sha256(tmp_path / "file", b"Jefe").startswith(
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b9"
    )


def test_is_simulated_for_the_same_bytes_anywhere_and_for_no_others(simulated, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(simulated.read_bytes())
    assert provenance.is_simulated(simulated) and provenance.is_simulated(copy)
    copy.write_bytes(simulated.read_bytes() + b"\n")
    assert not provenance.is_simulated(copy)


def test_is_simulated_is_false_before_the_simulator_has_run(simulated):
    (simulated.parent / "run.json").unlink()
    assert not provenance.is_simulated(simulated)


def test_tree_of_an_export_is_the_checkout_for_the_simulated_one_alone(simulated, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a\n", encoding="utf-8")
    exports = (simulated, other, tmp_path / "nowhere.csv", tmp_path)
    assert [provenance.tree_of(export) for export in exports] == [".", "private", "private", "private"]


def test_export_files_are_a_file_a_folder_or_a_list(tmp_path):
    names = ["b.csv", "a.XLSX", "a:b.csv", ".hidden.csv", "~$a.xlsx", "read me.docx"]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "folder.csv").mkdir()
    assert provenance.export_files(tmp_path) == [tmp_path / name for name in ("a.XLSX", "a:b.csv", "b.csv")]
    assert provenance.export_files(tmp_path / "a:b.csv") == [tmp_path / "a:b.csv"]
    assert provenance.export_files(f"{tmp_path}/b.csv:data-raw/x.csv") == [
        tmp_path / "b.csv",
        provenance.ROOT / "data-raw/x.csv",
    ]


def test_export_sha256_of_several_files_changes_with_content_name_and_order(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(name)
    hashes = [provenance.export_sha256(tmp_path), provenance.export_sha256(f"{tmp_path}/b.csv:{tmp_path}/a.csv")]
    assert hashes[0] == provenance.export_sha256(f"{tmp_path}/a.csv:{tmp_path}/b.csv") != hashes[1]
    (tmp_path / "a.csv").rename(tmp_path / "0.csv")
    hashes.append(provenance.export_sha256(tmp_path))
    (tmp_path / "b.csv").write_text("c")
    hashes.append(provenance.export_sha256(tmp_path))
    assert len(set(hashes)) == 4
    assert provenance.export_sha256(tmp_path / "0.csv") == provenance.sha256(tmp_path / "0.csv")
