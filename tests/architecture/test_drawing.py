"""The drawing of ARCHITECTURE.md is that of the imports and of the pipeline as they are."""

import drawing

from hotline.pipeline import notebook_source


def test_architecture_shows_the_drawing_of_today():
    page = drawing.PAGE.read_text(encoding="utf-8")
    assert page.count(drawing.START) == page.count(drawing.END) == 1
    assert page == drawing.redrawn(page), "run: make architecture"


def test_drawing_has_every_notebook_and_every_package():
    text = drawing.drawing()
    assert len(notebook_source.names()) >= 13
    assert all(f"<b>{name}</b>" in text for name in notebook_source.names())
    assert set(drawing.imports()) == {
        "cleaning", "countstats", "models", "paper", "pipeline", "report", "schema", "simulator", "study", "tally"
    }  # fmt: skip
