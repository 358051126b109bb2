"""The key, and the pseudonyms against those of Python."""

import hmac

import duckdb
import pytest
import runs
from exports import SECRET

from hotline.cleaning import pseudonyms
from hotline.errors import InputError


def test_pseudonyms_equal_pythons_hmac(tmp_path):
    database = duckdb.connect()
    for secret in (b"short", SECRET, b"k" * 64, b"longer than a block of SHA-256, which is hashed first " * 2):
        for text in ("10000000001", "", "来电\\x41'"):
            made = database.execute(f"SELECT {pseudonyms.hmac_sql('?', secret)}", [text]).fetchone()[0]
            assert made == hmac.digest(secret, text.encode(), "sha256")


def test_a_real_export_needs_a_key(tmp_path, monkeypatch):
    runs.change(monkeypatch, key="", key_file="")
    assert pseudonyms.key(simulated=True) == pseudonyms.OF_SIMULATION
    with pytest.raises(InputError, match="import secrets"):
        pseudonyms.key(simulated=False)
    runs.change(monkeypatch, key="too short")
    with pytest.raises(InputError, match="shorter than 16"):
        pseudonyms.key(simulated=False)
    runs.change(monkeypatch, key="from the environment")
    assert pseudonyms.key(simulated=False) == b"from the environment"
    (tmp_path / "key").write_text("from a file, with its line end\n", encoding="utf-8")
    runs.change(monkeypatch, key_file="key")
    assert pseudonyms.key(False, tmp_path) == b"from a file, with its line end"
    runs.change(monkeypatch, key_file="no such file")
    with pytest.raises(InputError, match="there is no file no such file"):
        pseudonyms.key(False, tmp_path)
