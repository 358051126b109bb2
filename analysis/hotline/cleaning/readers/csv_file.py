"""CSV files: their encoding, their delimiter, and rows that a lost quotation mark does not swallow."""

import codecs
import csv
from collections import Counter, deque
from collections.abc import Container, Iterator
from pathlib import Path

from hotline import paths
from hotline.cleaning.headings import tidied
from hotline.cleaning.readers.table import Plain, Table
from hotline.errors import InputError

UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the first bytes of a file that says so
DELIMITERS = (",", ";", "\t", "|")
MARKS = (*DELIMITERS, "\n", "\r", "\r\n", '"', "\0")
LONGEST_CELL = 2**21  # characters; a quotation that never closes is given up after so many


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
        return sum(tidied(cell) in expected for cell in next(csv.reader([line], delimiter=delimiter)))

    return max(DELIMITERS, key=hits)


def open_csv(export: Path, expected: Container[str]) -> Table:
    """Open a CSV file. Raises InputError where its encoding is none that is known."""
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
