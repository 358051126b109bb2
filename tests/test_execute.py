"""A kernel that finds its port taken is started again; one that never starts is an error."""

import pytest

from hotline import execute


def failing(times, message=execute.NOT_STARTED):
    """Return a stand-in for papermill that fails so many times, and the list of its calls."""
    calls = []

    def papermill(*_):
        calls.append(1)
        if len(calls) <= times:
            raise RuntimeError(message)

    return papermill, calls


def test_a_kernel_that_did_not_start_is_started_again(monkeypatch, tmp_path):
    papermill, calls = failing(2)
    monkeypatch.setattr(execute, "_papermill", papermill)
    execute.execute("step", tmp_path / "source.ipynb", tmp_path / "target.ipynb", {}, 10)
    assert len(calls) == 3


@pytest.mark.parametrize(("times", "message", "tried"), [(99, execute.NOT_STARTED, execute.STARTS), (1, "another", 1)])
def test_but_not_for_ever_and_not_for_another_reason(monkeypatch, tmp_path, times, message, tried):
    papermill, calls = failing(times, message)
    monkeypatch.setattr(execute, "_papermill", papermill)
    with pytest.raises(RuntimeError, match=message):
        execute.execute("step", tmp_path / "source.ipynb", tmp_path / "target.ipynb", {}, 10)
    assert len(calls) == tried
