"""What an opened export gives: headings, and rows of text.

A row's number is its place in the file as a spreadsheet shows it, the headings being row 1, mostly: an empty row has a
number too, a line break inside quotation marks does not begin a new one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Stands for a cell that cannot be read, an error of a spreadsheet say; no codebook knows it, and it is no pseudonym.
UNREADABLE = "\ufffd\ufffd"


class Plain(NamedTuple):
    """What is known of a CSV file that is nothing but lines and delimiters, so that any program reads it alike."""

    encoding: str
    delimiter: str
    rows: int


@dataclass
class Table:
    """An export that has been opened.

    Attributes
    ----------
    kind : how it is written, in words
    headings : its first row
    rows : yields (number, cells), with None for the cells of a row that does not have one cell per heading; None for
        a Parquet file, which DuckDB reads by itself
    types : of a Parquet file, the type of each column
    plain : what is known of the file where it is nothing but lines and delimiters
    above : number of the rows above the headings
    remarks : returns what the user should know of the cells, in sentences, once all rows have been read
    """

    kind: str
    headings: list[str]
    rows: Iterator[tuple[int, list[str] | None]] | None = None
    types: tuple[str, ...] = ()
    plain: Plain | None = None
    above: int = 0
    remarks: Callable[[], list[str]] = list
