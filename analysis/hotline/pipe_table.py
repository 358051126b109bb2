"""Pipe tables of Markdown: the one writer for the tables of the paper, of published.yml and of the model card."""

import re
from collections.abc import Sequence

from tabulate import tabulate

from hotline.text import escaped, escaped_block

_NUMBER = re.compile(r"|[<>−–+(\d].*")  # how a printed number begins; or nothing at all


def pipe_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return texts as a pipe table; a column of numbers is set flush right.

    A column holds numbers if each of its cells begins with a digit, a sign, a bracket or a dash, or is empty. Whatever
    a text contains, it stands in its cell as it is; one that is Markdown already is a `text.Markdown`.

    Parameters
    ----------
    headings : the heading of each column; two may be the same
    rows : the cells, row by row

    >>> print(pipe_table(["Level", "n"], [["Well", "12"], ["High risk", "–"]]))
    | Level     |   n |
    |:----------|----:|
    | Well      |  12 |
    | High risk |   – |
    """
    cells = [[str(cell) for cell in row] for row in rows]
    numbers = [all(_NUMBER.fullmatch(row[place]) for row in cells) for place in range(len(headings))]
    return tabulate(
        [[escaped(cell) for cell in row] for row in rows],
        headers=[escaped(heading) for heading in headings],
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["right" if each else "left" for each in numbers] if cells else None,
    )


def captioned_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], caption: str, label: str, note: str = ""
) -> str:
    """Return a pipe table with its caption and label, as Quarto and pandoc read them, and a note below.

    caption, note : texts, or `text.Markdown`
    """
    parts = [pipe_table(headings, rows), f": {escaped(caption)} {{#{label}}}", *([escaped_block(note)] if note else [])]
    return "\n\n".join(parts) + "\n"
