"""CSV files: their encoding, their delimiter, and where their headings stand."""

import codecs
import contextlib
import csv
import itertools
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path

from hotline import paths
from hotline.cleaning.readers import csv_rows
from hotline.cleaning.readers.csv_rows import LONGEST_CELL, cells_of
from hotline.cleaning.readers.table import Plain, Table
from hotline.errors import InputError
from hotline.schema.texts import plain_heading

UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the first bytes of a file that says so
DELIMITERS = (",", ";", "\t", "|")
MARKS = (*DELIMITERS, "\n", "\r", "\r\n", '"', "\0")
MOST_LINES_ABOVE = 20  # of notes above the headings, such as a title or the day of the export
LINES_LOOKED_AT = 200  # to find the headings and the number of cells of a row


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


def _first_lines(export, encoding):
    """Return the lines with which a file begins."""
    with open(export, encoding=encoding, newline="") as file:
        return list(itertools.islice(iter(lambda: file.readline(LONGEST_CELL), ""), LINES_LOOKED_AT))


def _find_headings(lines, expected):
    """Return (number of lines above the headings, delimiter): those that give the most of the expected headings.

    The first line and a comma where none are found.
    """

    def hits(place):
        above, delimiter = place
        return sum(plain_heading(cell) in expected for cell in cells_of(lines[above:], delimiter))

    return max(itertools.product(range(min(len(lines), MOST_LINES_ABOVE + 1)), DELIMITERS), key=hits)


def _width(headings, lines, delimiter):
    """Return how many cells the rows have that follow the headings.

    It is not the number of headings where all rows at the beginning have as many more or fewer, and what is more is
    empty: programs leave delimiters at the end of lines, or only of the first one.
    """
    csv.field_size_limit(LONGEST_CELL)
    following, width = csv.reader(lines, delimiter=delimiter, strict=True), len(headings)
    with contextlib.suppress(csv.Error):
        begin = [row for row in itertools.islice(following, LINES_LOOKED_AT // 2) if row]
        widths = {len(row) for row in begin}
        if len(widths) == 1:
            (each,) = widths
            surplus = [cell for row in (headings, *begin) for cell in row[min(each, width) :]]
            return width if any(surplus) else each
    return width


def open_csv(export: Path, expected: Container[str]) -> Table:
    """Open a CSV file. Raises InputError where its encoding is none that is known."""
    encoding, seen = _survey(export)
    lines = _first_lines(export, encoding)
    above, delimiter = _find_headings(lines, expected)
    rows = csv_rows.rows(export, encoding, delimiter, above)
    headings = next(rows, (1, None))[1] or []
    width = _width(headings, lines[above + 1 :], delimiter)
    if width != len(headings):
        rows = csv_rows.rows(export, encoding, delimiter, above, width)
        next(rows)
    kind = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}[encoding]
    plain = _plain(encoding, seen, delimiter, width) if width == len(headings) and not above else None
    where = f"{paths.shown(export)}, row{'s 1 to' if above > 1 else ''} {above}"
    return Table(
        f"CSV, {kind}",
        (headings + [""] * width)[:width],
        rows,
        plain=plain,
        above=above,
        remarks=lambda: [f"{where}: what stands above the headings is left out."] if above else [],
    )
