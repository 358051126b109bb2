"""The `formats` of a time in a codebook: which directives of strptime can be read, and which forms fit two readings."""

import re
from collections.abc import Iterable

DIRECTIVE = re.compile("%(-?.?)")
YEAR, MONTH, DAY = {"Y"}, {"m", "-m", "b", "B"}, {"d", "-d"}
HOUR, MINUTE, SECOND = {"H", "-H", "I", "-I"}, {"M", "-M"}, {"S", "-S"}
OTHERS = {"p", "f", "g", "n", "z", "a", "A", "%"}
READ = YEAR | MONTH | DAY | HOUR | MINUTE | SECOND | OTHERS


def wrong_formats(formats: Iterable[str], day_only: bool = False) -> list[tuple[int, str]]:
    """Return [(position, sentence)] for the forms of a time that cannot be read, or fit another one's texts.

    Parameters
    ----------
    formats : forms in the directives of strptime, such as ``%Y-%m-%d %H:%M:%S``
    day_only : whether they are those of a day, without an hour
    """
    formats, wrong = list(formats), []
    for position, form in enumerate(formats):
        if why := _wrong_format(form, day_only):
            wrong.append((position, f'"{form}": {why}'))
        elif (other := _day_and_month_swapped(form)) != form and other in formats[:position]:
            wrong.append((position, f'"{form}" and "{other}" fit the same texts with day and month swapped; keep one'))
    return wrong


def _wrong_format(form, day_only):
    """Return what is wrong with one form; None where nothing is."""
    used = DIRECTIVE.findall(form)
    if unknown := [each for each in used if each not in READ]:
        year = ", which reads a year of two digits as one of two centuries" if "y" in unknown else ""
        return f"%{unknown[0]} is not read{year}; write %Y, %m, %d, %H, %M, %S"
    parts = {"year (%Y)": YEAR, "month (%m)": MONTH, "day (%d)": DAY} | ({} if day_only else {"hour (%H)": HOUR})
    if absent := [words for words, part in parts.items() if not part & set(used)]:
        return f"it has no {absent[0]}"
    for part in (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND):
        if len([each for each in used if each in part]) > 1:
            return "a part of the time stands twice"
    if {"I", "-I"} & set(used) and "p" not in used:
        return "the hour of %I needs %p; an hour from 0 to 23 is %H"
    return None


def _day_and_month_swapped(form):
    """Return a form with its day and its month in each other's place."""
    swapped = {"%d": "%m", "%m": "%d", "%-d": "%-m", "%-m": "%-d"}
    return re.sub("%-?.", lambda found: swapped.get(found[0], found[0]), form)
