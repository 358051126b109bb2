"""The rows of a CSV text by RFC 4180: a quotation mark that was never meant as one swallows no other row.

A mark opens a quotation at the beginning of a cell alone, and what closes it stands before a delimiter or the end of
the line; elsewhere in a cell it is text. A quotation may hold line ends, but no whole rows.
"""

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from pathlib import Path

LONGEST_CELL = 2**21  # characters; a quotation that never closes is given up after so many


def cells_of(lines: list[str], delimiter: str) -> list[str]:
    """Return the cells of the row with which lines begin; none where its quotation is broken, or there is no line."""
    csv.field_size_limit(LONGEST_CELL)  # a setting of the whole process
    try:
        return next(csv.reader((line.replace("\0", "\ufffd") for line in lines), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def swallows(lines: list[str], delimiter: str, width: int) -> bool:
    """Return whether a row that spans lines has swallowed other rows.

    That is so where a line within its quotation has as many cells as a row; or its last line has, and its first line,
    too, with the mark taken as text. The last line alone would not do: a quotation in the first cell ends with one.

    >>> swallows(['1,"good', '2,fine', '3,fine",'], ",", 2), swallows(['1,"good, and', 'so on"'], ",", 2)
    (True, False)
    """
    if any(len(cells_of([line], delimiter)) == width for line in lines[1:-1]):
        return True
    closed = cells_of([lines[0].rstrip("\r\n") + '"'], delimiter)
    first = len(closed) + closed[-1].count(delimiter) if closed else 0
    return first == width == len(cells_of(lines[-1:], delimiter))


def rows(
    export: Path, encoding: str, delimiter: str, skipped: int = 0, width: int | None = None
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (number, cells) for every row, the headings first; None for cells that are too many or too few.

    Where a quotation is broken, does not close, or has swallowed rows, only its first line is given up, and reading
    goes on with the next.

    Parameters
    ----------
    skipped
        Number of lines above the headings.
    width
        Number of cells of a row; as many as there are headings where it is None.
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
    with open(export, encoding=encoding, newline="") as text:
        file = itertools.islice(text, skipped, None)
        reader = csv.reader(lines(file), delimiter=delimiter, strict=True)
        for number in itertools.count(skipped + 1):
            taken.clear()
            try:
                cells = next(reader, None)
                if cells is None:
                    return
            except csv.Error:
                cells = None
            if number == skipped + 1:
                width = width or len(cells or ())
            elif (
                cells is None
                or (cells and len(cells) != width)
                or (len(taken) > 1 and swallows(taken, delimiter, width))
            ):
                cells = None
                again.extendleft(reversed(taken[1:]))
                reader = csv.reader(lines(file), delimiter=delimiter, strict=True)
            yield number, cells
