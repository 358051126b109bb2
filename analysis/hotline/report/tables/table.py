"""A printed table: a frame of numbers, and the columns that say how each is printed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hotline import text
from hotline.pipe_table import pipe_table
from hotline.report.values import per_language


@dataclass(frozen=True)
class Column:
    """One column of a printed table: where its numbers are, what kind of quantity they are, and its heading.

    Parameters
    ----------
    key : the column of the frame
    label : the heading; a text, or {language: text}. Two columns may have the same one
    kind : the kind of quantity, one of `text.KINDS` or "p", "year", "text"
    kind_key : a column of the frame with the kinds, where they differ from row to row
    interval : the columns of the limits: "1.33 (1.21 to 1.46)"
    to : a column for a second number, such as the other end of a range: "1.21 to 1.46"
    between : what stands between the two
    brackets : a column and its kind, to stand in brackets behind: "12.3 (4.5)"
    of : the column of a count of which this is a part or a share: "3 of 8"
    digits : decimals, where the kind's own do not fit
    mark : a column of True and False, and the sign that stands behind where it is True: ("monte_carlo", "†")
    instead : a column of texts that replace the number where there are any, such as the reason why there is none
    blank : a column of True and False: where it is True, nothing is printed
    absent : what is printed where there is no number
    """

    key: str
    label: str | dict
    kind: str = "text"
    kind_key: str | None = None
    interval: tuple[str, str] | None = None
    to: str | None = None
    between: str = " to "
    brackets: tuple[str, str] | None = None
    of: str | None = None
    digits: int | None = None
    mark: tuple[str, str] | None = None
    instead: str | None = None
    blank: str | None = None
    absent: str = text.DASH

    def description(self) -> dict:
        """Return what the column is, for those who read the table by a program; no kind where it differs by row."""
        kind = None if self.kind_key else self.kind
        return {"key": self.key, "label": per_language(self.label), "kind": kind}

    def cell(self, row: Mapping) -> str:
        """Return the text of one row's cell."""
        if self.instead and isinstance(row[self.instead], str) and row[self.instead]:
            return row[self.instead]
        if self.blank and row[self.blank] is True:
            return ""
        number, kind = row[self.key], row[self.kind_key] if self.kind_key else self.kind
        if pd.isna(number) or (kind != "text" and not math.isfinite(number)):
            return self.absent
        if kind == "text":
            printed = str(number)
        else:
            limits = tuple(row[end] for end in self.interval) if self.interval else None
            printed = text.quantity(kind, number, limits, self.digits)
        if self.to:
            printed += self.between + text.quantity(kind, row[self.to], digits=self.digits)
        if self.of:
            printed += f" of {text.quantity('count', row[self.of])}"
        if self.brackets:
            key, inner = self.brackets
            printed += f" ({row[key] if inner == 'text' else text.quantity(inner, row[key])})"
        return printed + (self.mark[1] if self.mark and row[self.mark[0]] else "")


@dataclass(frozen=True)
class Table:
    """A table as it is printed.

    Parameters
    ----------
    frame : the numbers, a row per row of the table
    columns : its columns, from left to right
    once : keys of columns that are printed only where the first of them changes, as the name of a variable above its
        categories
    transposed : whether each column stands in a row of its own, and each row of the frame in a column, which the first
        column names
    """

    frame: pd.DataFrame
    columns: Sequence[Column]
    once: Sequence[str] = ()
    transposed: bool = False

    def headings(self, language: str = "en") -> list[str]:
        """Return the headings, from left to right."""
        labels = [per_language(column.label) for column in self.columns]
        labels = [label.get(language, label["en"]) for label in labels]
        return [labels[0], *(row[0] for row in self._cells())] if self.transposed else labels

    def rows(self, language: str = "en") -> list[list[str]]:
        """Return the cells as texts, row by row."""
        cells = self._cells()
        if self.transposed:
            labels = [per_language(column.label) for column in self.columns[1:]]
            across = zip(*(row[1:] for row in cells), strict=True)
            return [[label.get(language, label["en"]), *row] for label, row in zip(labels, across, strict=True)]
        return cells

    def _cells(self):
        """Return the texts of the columns, a row per row of the frame."""
        records = self.frame.to_dict("records")
        cells = [[column.cell(row) for column in self.columns] for row in records]
        if self.once:
            places = [place for place, column in enumerate(self.columns) if column.key in self.once]
            for place in range(len(records) - 1, 0, -1):
                if records[place][self.once[0]] == records[place - 1][self.once[0]]:
                    for column in places:
                        cells[place][column] = ""
        return cells

    def printed(self) -> pd.DataFrame:
        """Return the texts as a frame."""
        return pd.DataFrame(self.rows(), columns=self.headings())

    def pipes(self) -> str:
        """Return the texts as a pipe table of Markdown."""
        return pipe_table(self.headings(), self.rows())

    def _repr_html_(self):
        """Return how a notebook shows the table."""
        return self.printed().to_html(index=False)
