"""Answers that are kept for as long as their inputs have the same content."""

import pytest

from hotline import paths
from hotline.pipeline.memo import kept


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Return a function that asks for an answer to inputs, and the list of the answers that were worked out."""
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    worked_out = []

    def ask(inputs, answer=None):
        return kept("test", inputs, lambda: worked_out.append(inputs) or answer)

    ask.worked_out = worked_out
    return ask


def test_kept_answers_the_same_inputs_once(ask):
    assert ask({"a": "1"}, [1, 2]) == ask({"a": "1"}, "another") == [1, 2]
    assert ask.worked_out == [{"a": "1"}]


def test_kept_answers_other_inputs_again(ask):
    assert ask({"a": "1"}, 1) == 1 and ask({"a": "2"}, 2) == 2 and ask({"a": "1"}, 3) == 3


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"inputs": 1}'])
def test_kept_does_without_a_damaged_file(ask, damaged):
    ask(1, "first")
    (paths.CACHE / "test.json").write_text(damaged, encoding="utf-8")
    assert ask(1, "second") == "second" and ask(1, "third") == "second"
    assert [file.name for file in paths.CACHE.iterdir()] == ["test.json"]


def test_kept_keeps_no_exception(ask):
    with pytest.raises(ZeroDivisionError):
        kept("test", 1, lambda: 1 // 0)
    assert ask(1, "an answer") == "an answer"


def test_the_first_answer_has_the_form_of_a_kept_one(ask):
    assert ask(1, (1, {2: 3})) == ask(1) == [1, {"2": 3}]
