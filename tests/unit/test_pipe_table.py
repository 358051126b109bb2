"""Pipe tables: alignment by content, and texts that stand in their cells as they are."""

import labels
import pytest

from hotline.pipe_table import captioned_table, pipe_table
from hotline.text import Markdown


def alignment(table):
    """The line of a pipe table that says how columns are aligned, as "left" or "right" for each."""
    return ["right" if cell.endswith(":") else "left" for cell in table.splitlines()[1].strip("|").split("|")]


@pytest.mark.parametrize(
    ("column", "side"),
    [
        (["12", "<0.001", "−3.1", "+5%", "(2 to 4)", "–", ""], "right"),
        (["12", "twelve"], "left"),
        (["not compared"], "left"),
    ],
)
def test_pipe_table_sets_columns_of_numbers_flush_right(column, side):
    assert alignment(pipe_table(["x"], [[cell] for cell in column])) == [side]


def test_pipe_table_keeps_texts_as_they_are_and_headings_that_are_the_same():
    lines = pipe_table(["p", "p"], [["0.050", "007"], ["1e3", ""]]).splitlines()
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == ["p", "p"]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]] == [
        ["0.050", "007"],
        ["1e3", ""],
    ]


def test_pipe_table_without_rows_has_its_headings():
    assert "Level" in pipe_table(["Level", "n"], [])


def test_every_text_stands_in_its_cell_as_it_is():
    rows = [[each, str(number)] for number, each in enumerate(labels.LABELS)]
    table, note = labels.read(captioned_table([labels.SIGNS, "n"], rows, labels.SIGNS, "tbl-x", "> " + labels.SIGNS))[
        "blocks"
    ]
    plain = [[each.replace("\n", " "), number] for each, number in rows]
    assert labels.cells(table) == [[labels.SIGNS, "n"], *plain]
    assert table["c"][0][0] == "tbl-x" and labels.words(table["c"][1][1]) == labels.SIGNS
    assert note["t"] == "Para" and labels.words(note) == "> " + labels.SIGNS


def test_what_is_markdown_already_stays_so():
    (table,) = labels.read(pipe_table(["a"], [[Markdown("*b*")]]))["blocks"]
    assert labels.cells(table) == [["a"], ["<Emph>"]]
