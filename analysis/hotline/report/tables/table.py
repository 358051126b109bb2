"""A printed table: a frame of numbers, and the columns that say how each is printed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

import pandas as pd
from pandas import DataFrame

from hotline import text
from hotline.codebook import Codebook
from hotline.pipe_table import pipe_table
from hotline.report.values import per_language


class _Quantities(Formatter):
    """Fills in the numbers of a row by their kinds, with decimals where the kind's own do not fit: {slope:ratio.1}."""

    def format_field(self, value, format_spec):
        """Print one number, or a text."""
        kind, _, digits = format_spec.partition(".")
        return str(value) if kind == "text" else text.quantity(kind, value, digits=int(digits) if digits else None)


@dataclass(frozen=True)
class Column:
    """One column of a printed table: where its numbers are, what kind of quantity they are, and its heading.

    Parameters
    ----------
    key : the column of the frame
    label : the heading; a text, or {language: text}. Two columns may have the same one
    kind : the kind of quantity, one of `text.KINDS` or "p", "year", "text"
    interval : the columns of the limits: "1.33 (1.21 to 1.46)"
    to : the column of the other end of a range: "1.21 to 1.46"
    then : what stands behind the number, with columns and their kinds in braces: " ({sd:mean})", " of {whole:count}"
    digits : decimals, where the kind's own do not fit
    instead : a column of texts that replace the number where there are any, such as the reason why there is none
    blank : a column of True and False: where it is True, nothing is printed
    absent : what is printed where there is no number
    """

    key: str
    label: str | dict
    kind: str = "text"
    interval: tuple[str, str] | None = None
    to: str | None = None
    then: str = ""
    digits: int | None = None
    instead: str | None = None
    blank: str | None = None
    absent: str = text.DASH

    def description(self) -> dict:
        """Return what the column is, for those who read the table by a program."""
        return {"key": self.key, "label": per_language(self.label), "kind": self.kind}

    def cell(self, row: Mapping) -> str:
        """Return the text of one row's cell."""
        if self.instead and isinstance(row[self.instead], str) and row[self.instead]:
            return row[self.instead]
        if self.blank and row[self.blank] is True:
            return ""
        number = row[self.key]
        if pd.isna(number) or (self.kind != "text" and not math.isfinite(number)):
            return self.absent
        limits = tuple(row[end] for end in self.interval) if self.interval else None
        printed = str(number) if self.kind == "text" else text.quantity(self.kind, number, limits, self.digits)
        if self.to:
            printed += f" to {text.quantity(self.kind, row[self.to], digits=self.digits)}"
        return printed + _Quantities().vformat(self.then, (), row)


def plain(labels: Mapping, kind: str = "text", **more) -> list[Column]:
    """Return columns of one kind, {key: heading}, with whatever else they share."""
    return [Column(key, label, kind, **more) for key, label in labels.items()]


def estimate(key: str, label: str, kind: str, prefix: str = "", suffix: str = "", **more) -> Column:
    """Return the column of an estimate with its interval, whose limits are PREFIXlowSUFFIX and PREFIXhighSUFFIX."""
    return Column(key, label, kind, interval=(f"{prefix}low{suffix}", f"{prefix}high{suffix}"), **more)


def with_interval(label: str, confidence: float, name: str = "CI") -> str:
    """Return a heading that names the interval.

    >>> with_interval("OR", 0.95)
    'OR (95% CI)'
    """
    return f"{label} ({text.percent(confidence, 0)} {name})"


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

    frame: DataFrame
    columns: Sequence[Column]
    once: Sequence[str] = ()
    transposed: bool = False

    def headings(self, language: str = "en") -> list[str]:
        """Return the headings, from left to right."""
        return self._lines(language)[0]

    def rows(self, language: str = "en") -> list[list[str]]:
        """Return the cells as texts, row by row."""
        return self._lines(language)[1:]

    def _lines(self, language):
        """Return the texts of the headings and of the cells, line by line."""
        labels = [per_language(column.label) for column in self.columns]
        lines, before = [[label.get(language, label["en"]) for label in labels]], {}
        for row in self.frame.to_dict("records"):
            again = self.once if before and row[self.once[0]] == before[self.once[0]] else ()
            lines.append(["" if column.key in again else column.cell(row) for column in self.columns])
            before = row if self.once else {}
        return [list(line) for line in zip(*lines, strict=True)] if self.transposed else lines

    def printed(self) -> DataFrame:
        """Return the texts as a frame."""
        return DataFrame(self.rows(), columns=self.headings())

    def pipes(self) -> str:
        """Return the texts as a pipe table of Markdown."""
        return pipe_table(self.headings(), self.rows())

    def _repr_html_(self):
        """Return how a notebook shows the table."""
        with pd.option_context("display.max_colwidth", None):
            return self.printed().to_html(index=False)


def of_sentence(**cells: str) -> Table:
    """Return a table of one row, {heading: cell}, that says why there is no other."""
    return Table(DataFrame([cells]), [Column(heading, heading) for heading in cells])


NAMES = plain({"title": "Variable", "label": "Category"})


def named(frame: DataFrame, book: Codebook) -> DataFrame:
    """Add how the variable (`title`) and the category (`label`) of each row are called in print, for `NAMES`."""
    labels = [book.label(name, code) if code else "" for name, code in frame[["variable", "code"]].values]
    titles = [book[name].title if name in book.fields else name.capitalize() for name in frame["variable"]]
    return frame.assign(title=titles, label=labels)
