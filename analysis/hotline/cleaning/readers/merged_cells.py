"""Merged cells of a sheet, of which only the first holds what all of them show.

A block within one column says the same of several rows: they all get its value. A block over several columns says
nothing of each of them: but for its first cell it cannot be read, unless it is all that its row holds, as a line that
stands between the calls.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from hotline.cleaning.readers.table import UNREADABLE

FILLED, ACROSS, BENEATH = "filled", "across", "beneath"


@dataclass
class Block:
    """A block of merged cells: its rows, counted from 1, its columns, from 0, and the text that all of it shows."""

    top: int
    bottom: int
    left: int
    right: int
    text: str = ""

    def read(self, number: int, cells: list[str], position: int) -> tuple[str, str]:
        """Return the text of one of its cells, and FILLED, ACROSS, BENEATH or nothing."""
        own = cells[position]
        if (number, position) == (self.top, self.left):
            self.text = own
            return own, ""
        if self.left != self.right:
            return UNREADABLE, ACROSS
        if own and own != self.text:  # a text that a spreadsheet does not show
            return UNREADABLE, BENEATH
        return self.text, FILLED if self.text and not own else ""


def blocks(ranges: list[tuple[tuple[int, int], tuple[int, int]]] | None) -> list[Block]:
    """Return calamine's merged ranges, whose rows and columns count from 0."""
    return [Block(top + 1, bottom + 1, left, right) for (top, left), (bottom, right) in ranges or ()]


def filled(
    rows: Iterator[tuple[int, list[str]]],
    merged: list[Block],
    described: Collection[int],
    note: Callable[[str, int, int], None],
) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with their merged cells as they are to be read.

    A row that is empty but for a block stays empty: it holds no call.

    Parameters
    ----------
    rows : numbers and cells, in the order of the sheet
    described : the positions of the columns that matter
    note : called with FILLED, ACROSS or BENEATH, the position and the row's number
    """
    touched = [(block, [i for i in described if block.left <= i <= block.right]) for block in merged]
    waiting = sorted((each for each in touched if each[1]), key=lambda each: each[0].top, reverse=True)
    width, reached = 1 + max(described, default=0), []
    for number, cells in rows:
        while waiting and waiting[-1][0].top <= number:
            reached.append(waiting.pop())
        reached = [each for each in reached if each[0].bottom >= number]
        if reached and any(cells):
            is_alone = sum(map(bool, cells)) == 1
            cells += [""] * (width - len(cells))
            for block, positions in reached:
                if is_alone and block.left != block.right and cells[block.left]:
                    continue  # a line between the calls
                for position in positions:
                    cells[position], kind = block.read(number, cells, position)
                    if kind:
                        note(kind, position, number)
        yield number, cells
