"""What a run says of an error, and who may read the files of a private one."""

import errno
import os
import stat

import pytest
import runs

from hotline.errors import InputError
from hotline.pipeline import private


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The tree of a private run."""
    runs.change(monkeypatch, tree=tmp_path / "private")
    return tmp_path / "private"


@pytest.fixture
def as_before():
    """Give umask and limits back after the test."""
    import resource

    mask, limit = os.umask(0o022), resource.getrlimit(resource.RLIMIT_CORE)
    os.umask(mask)
    yield
    os.umask(mask)
    resource.setrlimit(resource.RLIMIT_CORE, limit)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_close_to_others_closes_what_is_there_and_what_comes(tree, as_before):
    (tree / "data-derived").mkdir(parents=True)
    old = tree / "data-derived/old.csv"
    old.touch()
    for path, open_to_all in ((tree, 0o755), (old, 0o644)):
        path.chmod(open_to_all)
    private.close_to_others()
    (tree / "new").mkdir()
    (tree / "new/file").touch()
    assert [mode(path) for path in (tree, tree / "data-derived", tree / "new")] == [0o700] * 3
    assert mode(old) == mode(tree / "new/file") == 0o600


def test_close_to_others_leaves_a_simulated_run_as_it_is(as_before):
    os.umask(0o022)
    private.close_to_others()
    assert os.umask(0o022) == 0o022


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/a/key"), "/a/key: this user may not read or write it"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", b"x"), "this is a folder; expected a file"),
        (InputError("params.yml, line 3: too large"), "params.yml, line 3: too large"),
    ],
)
def test_report_prints_a_sentence(error, sentence, capsys):
    assert private.report(error, "paper FAILED: ", "\n  earlier outputs: none") == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"\npaper FAILED: {sentence}") and printed.endswith("earlier outputs: none\n\n")


def test_report_hides_the_text_of_a_defect_in_a_private_run_alone(tree, monkeypatch, capsys):
    error = ValueError("a secret")
    assert private.report(error) == 1
    assert capsys.readouterr().err == f"\nValueError: {private.HIDDEN}\n\n"
    runs.change(monkeypatch, tree=runs.run.paths.ROOT)
    assert private.report(error) == 1 and "ValueError: a secret" in capsys.readouterr().err
