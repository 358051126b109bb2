"""Which Quarto is used, and what is said of one that cannot be."""

import os

import pytest
import runs
from fake_quarto import fake_quarto

from hotline.errors import InputError
from hotline.paper import quarto


def test_version_of_reads_three_numbers_and_nothing_else(tmp_path):
    assert quarto.version_of(fake_quarto(tmp_path, "1.9.38")) == (1, 9, 38)
    assert quarto.version_of(fake_quarto(tmp_path, "none")) is None
    assert quarto.version_of(tmp_path / "nowhere") is None


@pytest.mark.parametrize(("version", "old"), [("1.6.42", "it is version 1.6.42"), ("none", "it doesn't run")])
def test_find_refuses_a_named_quarto_that_cannot_be_used(version, old, tmp_path, monkeypatch):
    runs.change(monkeypatch, quarto=fake_quarto(tmp_path, version))
    with pytest.raises(InputError, match=f"QUARTO=.*{old}; install Quarto 1.7 or later"):
        quarto.find()


def test_quarto_is_looked_for_in_conda_before_the_path(tmp_path, monkeypatch):
    for name in ("conda/bin", "path"):
        (tmp_path / name).mkdir(parents=True)
    fake_quarto(tmp_path / "conda" / "bin", "1.8.27")
    fake_quarto(tmp_path / "path", "1.9.38")
    monkeypatch.setenv("PATH", str(tmp_path / "path") + os.pathsep + "/usr/bin" + os.pathsep + "/bin")
    runs.change(monkeypatch, quarto="", conda=str(tmp_path / "conda"))
    assert quarto.find()[1] == (1, 8, 27)
    runs.change(monkeypatch, conda="")
    assert quarto.find()[1] == (1, 9, 38)
    fake_quarto(tmp_path / "path", "1.6.42")
    monkeypatch.setattr(quarto, "FOLDER", tmp_path / "nowhere")
    assert quarto.find() is None
