"""Plain words: the lint of words finds none to replace, and would."""

import pytest
import words

from hotline.paths import ROOT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zero, and again: no one is amended.", []),
        ("Started anew,\nfrom nought", [(1, "anew"), (2, "nought")]),
        ("Everybody is told by somebody", [(1, "Everybody"), (1, "told by"), (1, "somebody")]),
    ],
)
def test_faults_gives_line_and_word(text, found):
    assert list(words.faults(text)) == found


def test_sources_use_plain_words():
    files = words.sources(ROOT)
    assert len(files) > 150
    assert [
        f"{file.relative_to(ROOT)}:{number}: {word}"
        for file in files
        for number, word in words.faults(file.read_text(encoding="utf-8"))
    ] == []
