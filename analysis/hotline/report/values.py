"""A named value: a number, the kind of quantity that it is, where it comes from, and its text in each language."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from hotline import text as texts_of

LANGUAGES = ("en", "zh")


class Source(NamedTuple):
    """The cell of a saved result that a value was taken or computed from."""

    result: str
    row: dict | None
    column: str


def per_language(text: str | dict) -> dict:
    """Return texts by language; a bare text is English."""
    return {"en": text} if isinstance(text, str) else dict(text)


@dataclass(frozen=True)
class Value:
    """A quantity to be quoted in the manuscript.

    Parameters
    ----------
    value : the number, at full precision; None or NaN where there is none
    kind : one of `text.KINDS` or `text.OTHER_KINDS`: it decides how the number is printed
    unit : what is counted or measured, in a word
    interval : the limits of its interval
    of : for a count, the whole that it is a part of ("3 of 8")
    digits : decimals, where the kind's own do not fit
    text : the sentence of a "test" or "text", or what stands in the place of a number that could not be estimated;
        one text, or {language: text}
    source : the cell of a result that it comes from
    """

    value: Any
    kind: str
    unit: str = ""
    interval: tuple | None = None
    of: int | None = None
    digits: int | None = None
    text: str | dict | None = None
    source: Source | None = None

    def __post_init__(self):
        if self.kind not in (*texts_of.KINDS, *texts_of.OTHER_KINDS):
            raise ValueError(f'no kind of quantity is called "{self.kind}"')
        if self.text is None and self.kind in ("test", "text"):
            raise ValueError(f'a value of the kind "{self.kind}" needs its text')
        if self.text is not None and self.kind not in ("test", "text") and self.number is not None:
            raise ValueError(
                f'the text of a "{self.kind}" follows from its number, and is given only where there is none'
            )

    @property
    def number(self) -> Any:
        """The value as JSON can hold it: None where it is not finite."""
        value = self.value.item() if hasattr(self.value, "item") else self.value
        return None if isinstance(value, float) and not math.isfinite(value) else value

    def texts(self) -> dict:
        """Return {language: text as printed}."""
        if self.text is not None:
            return per_language(self.text)
        return {language: self._printed(language) for language in LANGUAGES}

    def _printed(self, language):
        """Print the number in one language, as it stands in a sentence."""
        if self.kind == "p":
            return texts_of.DASH if self.number is None else texts_of.p_sentence(self.number)
        printed = texts_of.quantity(self.kind, self.number, self.interval, self.digits, language)
        if self.of is None:
            return printed
        whole = texts_of.quantity(self.kind, self.of)
        return f"{printed} of {whole}" if language == "en" else f"{whole} 中的 {printed}"


def taken(
    result: str,
    frame: pd.DataFrame,
    row: dict,
    column: str,
    kind: str,
    interval: tuple[str, str] | None = None,
    **more,
) -> Value:
    """Return the Value in a cell of a result, which is its source.

    Parameters
    ----------
    result, frame : the name of the result, and the table itself
    row : {column: value} that finds one row; {} in a table of one row. Where no row has these, there is no estimate:
        a dash is printed, or the `text` that is given
    column : the column of the number
    kind : the kind of quantity
    interval : the two columns of its limits
    more : unit, digits and text, as `Value` takes them

    Raises
    ------
    ValueError
        Where the table has no such column, or more than one such row.
    """
    unknown = {*row, column, *(interval or ())} - set(frame.columns)
    if unknown:
        raise ValueError(f'the result "{result}" has no column {sorted(unknown)}')
    rows = frame[frame[list(row)].eq(pd.Series(row, dtype=object)).all(axis=1)]
    if len(rows) > 1:
        raise ValueError(f'{len(rows)} rows of the result "{result}" have {row}')
    number = limits = None
    if len(rows):
        number = rows[column].iloc[0]
        limits = tuple(rows[end].iloc[0] for end in interval) if interval else None
    return Value(number, kind, interval=limits, source=Source(result, row, column), **more)
