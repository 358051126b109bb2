"""Pipe tables: alignment by content, and headings that may be the same."""

import pytest

from hotline.pipe_table import pipe_table


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
