"""The files of an export, and which row of which file a number stands for.

While an export of several files is cleaned, its rows have running numbers; only what a user reads has the row in a
file. Of a single file both are the same.
"""

from collections.abc import Callable
from typing import NamedTuple

from hotline.cleaning.engine import Connection


class Part(NamedTuple):
    """A file of an export.

    Attributes
    ----------
    file
        Its path, as it is shown.
    before
        The running number of a row is this and its number in the file.
    first, last
        The numbers in the file of the first and last row below its headings, empty ones among them.
    """

    file: str
    before: int
    first: int
    last: int


def record(connection: Connection, parts: list[Part]) -> None:
    """Make the table `parts` of the files of an export, in their order."""
    connection.execute("CREATE OR REPLACE TABLE parts (file VARCHAR, before INTEGER, first INTEGER, last INTEGER)")
    for part in parts:
        connection.execute("INSERT INTO parts VALUES (?, ?, ?, ?)", part)


def recorded(connection: Connection) -> list[Part]:
    """Return the files of an export, in their order."""
    return [Part(*row) for row in connection.execute("FROM parts ORDER BY before").fetchall()]


def placed_sql(connection: Connection, rows: str, columns: str) -> str:
    """Return SQL that selects columns of the rows of a table, in order: with the file before them if there are several.

    Parameters
    ----------
    rows
        A table or view with the column `row`, which becomes the number in the file.
    columns
        The other columns to select.
    """
    file = "file, " if len(recorded(connection)) > 1 else ""
    return (
        f"SELECT {file}row - before AS row, {columns} FROM {rows} "
        "JOIN parts ON row BETWEEN before + first AND before + last ORDER BY before, row"
    )


def places(connection: Connection) -> Callable[[int], str]:
    """Return a function that names the row of a running number: ``17``, or ``17 of 2021.csv`` of several files."""
    parts = recorded(connection)

    def place(row):
        part = next(each for each in reversed(parts) if each.before < row)
        number = row - part.before
        return f"{number} of {part.file}" if len(parts) > 1 else str(number)

    return place
