"""The constraints of a Table Schema: which go with which type of variable, and whether what they say can be obeyed.

A holder who writes a constraint relies on it, so each is obeyed on every row (`cleaning.decode`) or refused here.
"""

import datetime
import re
from collections.abc import Iterator

from hotline.schema.fields import Field

OF_TEXTS = ("pattern", "enum", "minLength", "maxLength")


def wrong_constraints(field: Field) -> Iterator[tuple[str, str]]:
    """Yield (key, sentence) for what is wrong with a variable's constraints."""
    own = field.constraints
    written = [key for key, value in vars(own).items() if value not in (None, (), False)]
    if written and not field.header:
        yield written[0], "they are obeyed on the cells of a column; this variable has no `header`, leave them out"
        return
    for key in written:
        if why := _of_another_type(key, field):
            yield key, why
    for key in ("minLength", "maxLength"):
        if (length := getattr(own, key)) is not None and length < 0:
            yield key, f"{length} is less than 0"
    if own.minLength is not None and own.maxLength is not None and own.minLength > own.maxLength:
        yield "minLength", f"the minLength {own.minLength} is larger than the maxLength {own.maxLength}"
    if own.pattern is not None and (why := not_a_pattern(own.pattern)):
        yield "pattern", why
    texts = {text for code in field.codes for text in (code.zh, *code.synonyms)}
    for text in own.enum:
        if field.categorical and text not in texts:
            yield "enum", f'"{text}" is none of the texts that stand for a code (`zh` and `synonyms`)'
    yield from _wrong_limits(field)


def _of_another_type(key, field):
    """Return why a constraint does not go with a variable's type; None where it does."""
    coded_or_text = field.categorical or field.type == "string"
    if key in ("minimum", "maximum") and coded_or_text:
        return f"it is one of a number or a time, but \"type\" is '{field.type}'" + (" with codes" * field.categorical)
    if key in OF_TEXTS and not coded_or_text:
        return f"it is one of texts, but \"type\" is '{field.type}'; write minimum and maximum"
    return None


def _wrong_limits(field):
    """Yield (key, sentence) where the smallest or largest value cannot be one of the variable's."""
    read = {}
    for key in ("minimum", "maximum"):
        text = getattr(field.constraints, key)
        if text is None or _of_another_type(key, field):
            continue
        try:
            read[key] = field.stored(text) if field.numeric else _time(text)
        except ValueError:
            expected = f"a number with at most {field.decimals} decimals" if field.decimals else "a whole number"
            yield key, f'"{key}" is {text!r}; expected {expected if field.numeric else "a day as YYYY-MM-DD"}'
    if len(read) == 2 and read["minimum"] > read["maximum"]:
        low, high = field.constraints.minimum, field.constraints.maximum
        yield "minimum", f"the minimum {low} is larger than the maximum {high}"


def _time(text):
    """Return the time that a text is, as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS. Raises ValueError for another."""
    if not re.fullmatch(r"[0-9-]{10}( [0-9:]{8})?", text):
        raise ValueError("another form")
    return datetime.datetime.fromisoformat(text)


def not_a_pattern(pattern: str) -> str | None:
    """Return why the database cannot match texts with a regular expression; None where it can."""
    import duckdb  # here alone: few codebooks have a pattern, and every notebook reads the codebook

    try:
        duckdb.execute("SELECT regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        why = str(error).partition(": ")[2].splitlines()[0]
        return f"it is no regular expression of RE2 (https://github.com/google/re2/wiki/Syntax): {why}"
    return None
