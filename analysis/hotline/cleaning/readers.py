"""Headings and rows of text from files of every kind: CSV, Excel, Parquet. What a text means is not guessed.

A row's number is its place in the file as a spreadsheet shows it, the headings being row 1: an empty row has a
number too, a line break inside quotation marks does not begin a new one.
"""

import codecs
import csv
import datetime
from collections import Counter, deque
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from hotline import paths
from hotline.errors import InputError

# The first bytes tell what a file is; its name need not.
EXCEL, OLD_EXCEL, PARQUET, UTF_16 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = (",", ";", "\t", "|")
MARKS = (*DELIMITERS, "\n", "\r", "\r\n", '"', "\0")
LONGEST_CELL = 2**21  # characters; a quotation that never closes is given up after so many


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
    """

    kind: str
    headings: list[str]
    rows: Iterator[tuple[int, list[str] | None]] | None = None
    types: tuple[str, ...] = ()
    plain: Plain | None = None


def open_table(export: Path, expected: Container[str] = (), sheet: str = "") -> Table:
    """Open an export of any kind.

    Parameters
    ----------
    expected : the headings to expect, by which the delimiter of a CSV file is found
    sheet : the sheet of an Excel file that has several

    Raises
    ------
    InputError
        where the file is none of the kinds or is damaged
    """
    with open(export, "rb") as file:
        begins = file.read(4)
    if not begins:
        raise InputError(f"{paths.shown(export)}: the file is empty; expected a row of headings and one row per call")
    if begins in (EXCEL, OLD_EXCEL):
        return _open_excel(export, sheet)
    if sheet:
        raise InputError(f'{paths.shown(export)}: not an Excel file, so it has no sheet "{sheet}"; leave `sheet` empty')
    return _open_parquet(export) if begins == PARQUET else _open_csv(export, expected)


# --- CSV ----------------------------------------------------------------------------------------------------


def texts(export: Path, codec: str) -> Iterator[str]:
    """Yield the text of a file in pieces, none of which ends between the two characters of a line end."""
    decoder, kept = codecs.getincrementaldecoder(codec)(), ""
    with open(export, "rb") as file:
        while piece := file.read(2**22):
            text = kept + decoder.decode(piece)
            kept = "\r" if text.endswith("\r") else ""
            yield text[: len(text) - len(kept)]
    yield kept + decoder.decode(b"", final=True)


def _survey(export):
    """Return a codec that reads the whole file (UTF-8, GB18030, or UTF-16 where the file says so) and a count of its
    marks: delimiters, line ends, quotation marks; "lines" counts a last line without an end, too.
    """
    with open(export, "rb") as file:
        codecs_to_try = ("utf-16",) if file.read(2) in UTF_16 else ("utf-8-sig", "gb18030")
    furthest = 0  # the line that any of them reached
    for codec in codecs_to_try:
        seen, ending = Counter(), "\n"
        try:
            for text in texts(export, codec):
                seen.update({mark: text.count(mark) for mark in MARKS})
                ending = text[-1:] or ending
        except UnicodeDecodeError as error:
            furthest = max(furthest, 1 + seen["\n"] + error.object[: error.start].count(b"\n"))
            continue
        seen["lines"] = seen["\n"] + (ending != "\n")
        return codec, seen
    raise InputError(
        f"{paths.shown(export)}, about line {furthest}: neither UTF-8 nor GB18030; expected CSV, Excel or Parquet.\n"
        "  The file is damaged or cut off there, or has another encoding: export it again, as CSV in UTF-8."
    )


def _plain(encoding, seen, delimiter, width):
    """Return the Plain of a surveyed file of so many columns, or None where it must be read with care.

    That is so where it has quotation marks or NULs, line ends of several kinds, or delimiters that are not as many
    as every line having one cell per heading makes.
    """
    one_kind = seen["\r"] == seen["\r\n"] and seen["\r"] in (0, seen["\n"])
    if seen['"'] or seen["\0"] or not one_kind or width < 2 or seen[delimiter] != seen["lines"] * (width - 1):
        return None
    return Plain(encoding, delimiter, seen["lines"] - 1)


def _delimiter(line, expected):
    """Return the delimiter that splits a line into the most expected headings, a comma where none does."""

    def hits(delimiter):
        return sum(cell.strip() in expected for cell in next(csv.reader([line], delimiter=delimiter)))

    return max(DELIMITERS, key=hits)


def _open_csv(export, expected):
    encoding, seen = _survey(export)
    with open(export, encoding=encoding, newline="") as file:
        first = file.readline(LONGEST_CELL)
    delimiter = _delimiter(first.replace("\0", "\ufffd"), expected)
    rows = _csv_rows(export, encoding, delimiter)
    headings = next(rows)[1]
    kind = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}[encoding]
    plain = _plain(encoding, seen, delimiter, len(headings or ()))
    return Table(f"CSV, {kind}", headings or [], rows, plain=plain)


def _csv_rows(export, encoding, delimiter):
    """Yield (number, cells) for every row, the headings first; None for cells that are too many or too few.

    A quotation mark that is not closed would swallow the rows that follow, to the end of the file: where such a
    row comes out wrong, only its first line is given up, and reading goes on with the next.
    """
    taken, again = [], deque()

    def lines(file):
        while True:
            line = again.popleft() if again else next(file, None)
            if line is None:
                return
            line = line.replace("\0", "\ufffd")
            taken.append(line)
            yield line

    csv.field_size_limit(LONGEST_CELL)  # a setting of the whole process
    with open(export, encoding=encoding, newline="") as file:
        number, width = 0, None
        reader = csv.reader(lines(file), delimiter=delimiter, strict=True)
        while True:
            taken.clear()
            try:
                cells = next(reader, None)
                if cells is None:
                    return
            except csv.Error:
                cells = None
            number += 1
            if width is None:
                width = len(cells or ())
            elif cells is None or (cells and len(cells) != width):
                cells = None
                again.extendleft(reversed(taken[1:]))
                reader = csv.reader(lines(file), delimiter=delimiter, strict=True)
            yield number, cells


# --- Excel and Parquet --------------------------------------------------------------------------------------


def as_text(cell: object) -> str:
    """Return a typed cell as an export in CSV would write it: 13.0 as 13, a time as 2021-03-01 20:00:00.

    >>> as_text(13.0), as_text(datetime.datetime(2021, 3, 1, 20)), as_text(None)
    ('13', '2021-03-01 20:00:00', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.replace(microsecond=0).isoformat(" ")
    return str(cell)


def _open_excel(export, sheet):
    from python_calamine import CalamineError, load_workbook  # no other kind of export needs it

    where = paths.shown(export)
    try:
        book = load_workbook(str(export))
        names = book.sheet_names
        if sheet not in names and (sheet or len(names) != 1):
            listed = ", ".join(f'"{name}"' for name in names)
            wrong = f'there is no sheet "{sheet}"' if sheet else f"the file has {len(names)} sheets"
            raise InputError(f"{where}: {wrong}; name one of {listed} as `sheet` of 01-clean in params.yml")
        cells = book.get_sheet_by_name(sheet or names[0]).iter_rows()
        first = next(cells, None)
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"{where}: a damaged Excel file; open it, save it again as .xlsx or CSV in UTF-8") from error
    headings = [as_text(cell) for cell in first or ()]
    rows = ((number, [as_text(cell) for cell in row]) for number, row in enumerate(cells, 2))
    return Table(f'Excel, sheet "{sheet or names[0]}"', headings, rows)


def _open_parquet(export):
    try:
        columns = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(export)]).fetchall()
        names, types = zip(*[row[:2] for row in columns], strict=True)
    except duckdb.Error as error:
        raise InputError(f"{paths.shown(export)}: a damaged Parquet file; export it again, whole") from error
    return Table("Parquet", list(names), None, types)
