"""How many children a city has, from population.csv as a spreadsheet saves it: every fault at once, with its line."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from hotline import paths
from hotline.errors import InputError, did_you_mean

CITY, CHILDREN = "city", "children_0_14"
DELIMITERS = (",", ";", "\t", "|")
REMEDY = "see data-raw/README.md"
# A whole number, perhaps with thousands set apart (by one sign all through) and with decimals that are zero.
MOST, LONGEST = 10**10, 30  # people; characters of a number
_WHOLE = re.compile(
    r"(?P<digits>\d+|\d{1,3}(?:(?P<mark>[, '’])\d{3}(?:(?P=mark)\d{3})*|(?:\.\d{3}){2,}))(?:[.,]0{1,2})?"
)


def children_by_city(file: Path, cities: Collection[str]) -> pd.Series:
    """Return how many children each city has.

    Parameters
    ----------
    file
        CSV in UTF-8, UTF-16 or GB18030 with the columns `city` and `children_0_14`, and whatever others; delimited by
        commas, semicolons, tabs or bars.
    cities
        The codes of the codebook's variable `city`, each of which must have one row.

    Returns
    -------
    pandas.Series
        Whole numbers above 0 by city, in the order of the file.

    Raises
    ------
    InputError
        For a file that is no such table; it names every fault with its line.
    """
    where, faults, found, ragged = paths.shown(file), [], {}, False
    for line, cells in _rows(_text(file, where), where):
        if len(cells) > 2:
            faults.append(f"{where}, line {line}: {cells[2]}")
            ragged = True
            continue
        city, number = cells
        if city in found:
            faults.append(f'{where}, line {line}: "{city}" stands in line {found[city][0]} already; leave one of them')
        elif city not in cities:
            faults.append(f'{where}, line {line}: the codebook has no city "{city}"{did_you_mean(city, cities)}')
        else:
            found[city] = line, _whole(number)
            if not found[city][1]:
                faults.append(
                    f'{where}, line {line}: {CHILDREN} of "{city}" is "{number}"; expected a whole number above 0, '
                    "such as 2590445"
                )
    if not ragged and (absent := [city for city in cities if city not in found]):
        faults.append(f"{where}: no row for {', '.join(absent)}; every city of the codebook needs one")
    if faults:
        raise InputError("\n  ".join([*faults, REMEDY]))
    numbers = {city: number for city, (_, number) in found.items()}
    return pd.Series(numbers, name=CHILDREN, dtype="int64").rename_axis(CITY)


def _text(file: Path, where: str) -> str:
    """Return the text of a file in an encoding that spreadsheets use."""
    content = file.read_bytes()
    if content.startswith(b"PK\x03\x04"):
        raise InputError(f"{where}: this is a workbook or an archive; save its sheet as CSV")
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for codec in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{where}: neither UTF-8 nor UTF-16 nor GB18030; save it as CSV in UTF-8")


def _rows(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row that is not empty, with city and number, and third what is wrong with its cells."""
    lines = io.StringIO(text, newline=None).readlines()
    first = next(filter(_is_row, lines), "")
    delimiter = max(
        DELIMITERS, key=lambda mark: len({CITY, CHILDREN} & {*next(csv.reader([first], delimiter=mark), [])})
    )
    reader, places, width = csv.reader(lines, delimiter=delimiter), (), 0
    for cells in _readable(reader, where):
        if not _is_row("".join(cells)):
            continue
        if not places:
            places, width = _places([_tidied(cell) for cell in cells], f"{where}, line {reader.line_num}"), len(cells)
            continue
        city, number = (_tidied(cells[place]) if place < len(cells) else "" for place in places)
        ragged = len(cells) <= max(places) or any(map(str.strip, cells[width:]))
        wrong = f"{len(cells)} cells under {width} headings; put a text that has the delimiter in quotes"
        yield reader.line_num, [city, number, *([wrong] if ragged else [])]
    if not places:
        raise InputError(f"{where}: an empty file; {REMEDY}")


def _readable(reader, where: str) -> Iterator[list[str]]:
    """Yield the rows of a csv reader; raises InputError where one is no row of a table."""
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"{where}, line {reader.line_num}: not readable as CSV ({error}); {REMEDY}") from error


def _is_row(line: str) -> bool:
    """Return whether a line is a row: neither empty nor the delimiter that Excel may write above the headings."""
    return bool(line.strip(" \t\r\n,;|")) and not line.startswith("sep=")


def _places(headings: list[str], where: str) -> tuple[int, int]:
    """Return where the two columns stand."""
    for needed in (CITY, CHILDREN):
        if headings.count(needed) != 1:
            times, hint = ("twice", "") if needed in headings else ("nowhere", did_you_mean(needed, headings))
            raise InputError(
                f'{where}: the heading "{needed}" stands {times}{hint}; expected {CITY} and {CHILDREN}; {REMEDY}'
            )
    return headings.index(CITY), headings.index(CHILDREN)


def _tidied(cell: str) -> str:
    """Return a cell with ordinary digits and blanks, and without those around it."""
    return unicodedata.normalize("NFKC", cell).replace("\u200b", "").strip()


def _whole(cell: str) -> int:
    """Return a whole number above 0; 0 for what is none, or more children than there are people."""
    match = _WHOLE.fullmatch(cell)
    number = int(re.sub(r"\D", "", match["digits"])) if match and len(cell) <= LONGEST else 0
    return number if number < MOST else 0
