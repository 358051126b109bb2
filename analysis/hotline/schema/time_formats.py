"""The `formats` of a time in a codebook: which directives of strptime can be read, and which forms fit two readings.

A text is read by a form only where it has exactly that form: a year has four digits, and a part without a sign between
itself and the next one is written in full (20210308000 is no time of %Y%m%d%H%M%S). Texts of any form may go on with a
fraction of a second, which is dropped, and with the offset from UTC, since the local hour counts.
"""

import re
from collections.abc import Iterable

ISO = "%Y-%m-%d %H:%M:%S"  # how times of Excel and Parquet arrive, whatever the codebook says
DIRECTIVE = re.compile("%(-?.?)")
YEAR, MONTH, DAY = {"Y"}, {"m", "-m", "b", "B"}, {"d", "-d"}
HOUR, MINUTE, SECOND = {"H", "-H", "I", "-I"}, {"M", "-M"}, {"S", "-S"}
OTHERS = {"p", "f", "g", "n", "z", "a", "A", "%"}
NUMBERS = {"Y": 4, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2}  # digits of a part that is written in full
WORDS = {
    "b": "(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
    "B": "(?i:January|February|March|April|May|June|July|August|September|October|November|December)",
    "a": "(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
    "A": "(?i:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
    "p": "(?i:AM|PM)",
    "%": "%",
}
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
        elif other := next((each for each in formats[:position] if _is_other_reading(each, form)), None):
            words = (
                "fit the same texts with day and month swapped" if _is_swapped(form, other) else "fit the same texts"
            )
            wrong.append((position, f'"{form}" and "{other}" {words}; keep one'))
        elif _is_other_reading(form, ISO):
            wrong.append((position, f'"{form}" fits the same texts as {ISO}, in which other files than CSV give times'))
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
    if "z" in used and not form.endswith("%z"):
        return "the offset from UTC (%z) stands at the end"
    if {"f", "g", "n"} & set(used) and not re.search("%-?S[.,]%[fgn]", form):
        return "a fraction of a second follows the seconds, as in %S.%f"
    if "p" in used and not {"I", "-I"} & set(used):
        return "the hour before noon or after (%p) is %I"
    if {"I", "-I"} & set(used) and "p" not in used:
        return "the hour of %I needs %p; an hour from 0 to 23 is %H"
    return None


def core(form: str) -> str:
    """Return a form without what the texts of any form may have: fractions of a second and the offset from UTC.

    >>> core("%Y-%m-%d %H:%M:%S.%f%z")
    '%Y-%m-%d %H:%M:%S'
    """
    return re.sub("(?<=%S)[.,]%[fgn]| ?%z$", "", form).replace("%-", "%").strip()


def pattern(form: str) -> str:
    """Return the regular expression of exactly the texts that have a form, of its `core`.

    >>> pattern("%Y%m%d %H:%M")
    '[0-9]{4}[0-9]{2}[0-9]{2} +[0-9]{1,2}:[0-9]{1,2}'
    """
    parts = re.findall("%.|.", core(form), re.DOTALL)
    written = []
    for before, part, after in zip([" ", *parts], parts, [*parts[1:], " "], strict=False):
        digits = NUMBERS.get(part[1:])
        if digits:
            beside = before[1:] in NUMBERS or after[1:] in NUMBERS
            written.append(f"[0-9]{{{digits}}}" if beside or digits == 4 else f"[0-9]{{1,{digits}}}")
        else:
            written.append(" +" if part == " " else WORDS.get(part[1:]) or re.escape(part))
    return "".join(written)


def _shape(form):
    """Return what forms that fit the same texts have in common: their pattern, digits beside digits taken together."""
    digits = re.sub(r"\[0-9\]\{1,(\d)\}", lambda found: "9" * int(found[1]) + "?", pattern(form))
    return re.sub(r"\[0-9\]\{(\d)\}", lambda found: "9" * int(found[1]), digits)


def _is_other_reading(form, other):
    """Return whether two forms fit the same texts and read them differently."""
    return _shape(form) == _shape(other) and core(form) != core(other)


def _is_swapped(form, other):
    """Return whether two forms differ in the order of day and month."""
    swapped = {"%d": "%m", "%m": "%d"}
    return re.sub("%.", lambda found: swapped.get(found[0], found[0]), core(form)) == core(other)
