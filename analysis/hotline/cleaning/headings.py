"""The headings of an export, matched with those of the codebook.

Messages name only headings of the codebook, and what nearly matches one: in a file without headings, the first row is
a call. Any other column is named by its number.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path

from hotline import paths
from hotline.codebook import Codebook
from hotline.errors import InputError, did_you_mean
from hotline.run import current_run
from hotline.schema.texts import plain_heading

ALIKE = 0.6  # of difflib's ratio, from which two headings nearly match
ALIKE_SHORT, SHORT = 0.5, 3  # of headings of so few characters, where one other character is a half or a third


def expected(book: Codebook) -> dict[str, str]:
    """Return {tidied heading: variable} of the columns that a codebook describes."""
    return {plain_heading(each.header): each.name for each in book if each.header}


def positions(first_row: list[str], export: Path, book: Codebook, number: int = 1) -> dict[str, int]:
    """Return {variable: position} for the columns of an export, checked against the codebook.

    Parameters
    ----------
    number : the number of the row of headings

    Raises
    ------
    InputError
        Where no heading is one of the codebook's, one stands twice, or a needed column is absent.
    """
    where, cleaned, names = f"{paths.shown(export)}, row {number}", list(map(plain_heading, first_row)), expected(book)
    described = [names[heading] for heading in cleaned if heading in names]
    codebook = paths.shown(current_run().codebook)
    if not described:
        first = next(each.header for each in book if each.header)
        raise InputError(
            f'{where}: none of the headings that {codebook} describes, such as "{first}"; expected the headings in the '
            "first row.\n  Remove what stands above them, save the file as CSV in UTF-8, or describe this export in a "
            "codebook of its own (CODEBOOK=path)."
        )
    twice = [book[name].header for name in dict.fromkeys(described) if described.count(name) > 1]
    if twice:
        raise InputError(f"{where}: the heading {', '.join(twice)} stands twice; remove or rename one of them")
    absent = [each for each in book if each.needed and each.header and each.name not in described]
    if absent:
        lines = [f'  "{each.header}" ({each.title}){did_you_mean(each.header, first_row)}' for each in absent]
        raise InputError(
            f"{where}: {len(absent)} needed column{'s are' if len(absent) > 1 else ' is'} missing:\n"
            + "\n".join(lines)
            + f"\n  Rename the column in the export, or give its heading as `header` in {codebook}."
        )
    return {names[heading]: position for position, heading in enumerate(cleaned) if heading in names}


def _nearest(header: str, candidates: Iterable[str]) -> str | None:
    """Return the one of some tidied headings that is most like a heading; None where none nearly matches."""
    header = plain_heading(header)
    cutoff = ALIKE_SHORT if len(header) <= SHORT else ALIKE
    return next(iter(get_close_matches(header, candidates, n=1, cutoff=cutoff)), None)


def remarks(
    first_row: list[str], export: Path, book: Codebook, number: int = 1, elsewhere: Collection[str] = ()
) -> list[str]:
    """Return a sentence for each variable without a column, with the heading that may be meant.

    Such a variable is "not recorded" for every call, which must not pass in silence.

    Parameters
    ----------
    first_row : the headings of an export in which `positions` has matched enough of them
    number : the number of the row in which they stand
    elsewhere : the variables that another file of the export has a column for
    """
    names, cleaned = expected(book), list(map(plain_heading, first_row))
    unknown = {heading: number for number, heading in enumerate(cleaned, 1) if heading and heading not in names}
    absent = [each for each in book if each.header and plain_heading(each.header) not in cleaned]
    near = {each.name: _nearest(each.header, unknown) for each in absent}
    where, sentences = f"{paths.shown(export)}, row {number}", []
    calls = "every call of this file" if elsewhere else "every call"
    for each in absent:
        if near[each.name]:
            number = unknown[near[each.name]]
            sentences.append(
                f'{where}: no column is headed "{each.header}" ({each.title}), which is "not recorded" for {calls}; '
                f'did you mean column {number}, "{first_row[number - 1].strip()}"? Rename it, or give its heading as '
                f'`header` of "{each.name}" in the codebook.'
            )
    others = [each for each in absent if not near[each.name]]
    for only, words in ((True, ", which other files of this export have"), (False, "")):
        names = [f'"{each.header}"' for each in others if (each.name in elsewhere) == only]
        if names:
            which = "these variables are" if len(names) > 1 else "this variable is"
            sentences.append(
                f'{where}: no column is headed {", ".join(names)}{words}; {which} "not recorded" for {calls}.'
            )
    return sentences
