"""The headings of an export, held against those of the codebook."""

from pathlib import Path

from hotline import paths
from hotline.codebook import Codebook
from hotline.errors import InputError, did_you_mean
from hotline.run import current_run


def headings(first_row: list[str], export: Path, book: Codebook) -> dict[str, int]:
    """Return {variable: position} for the columns of an export, checked against the codebook.

    Messages name only headings of the codebook, and what resembles one: without headings, the first row is a call.

    Raises
    ------
    InputError
        Where no heading is one of the codebook's, one stands twice, or a needed column is absent.
    """
    where, cleaned = f"{paths.shown(export)}, row 1", [heading.strip().strip("\ufeff") for heading in first_row]
    expected = {each.header: each.name for each in book if each.header}
    described = [heading for heading in cleaned if heading in expected]
    if not described:
        raise InputError(
            f"{where}: none of the headings that {paths.shown(current_run().codebook)} describes, such as "
            f'"{next(iter(expected))}"; expected the headings in the first row.\n  Remove what stands above them, '
            "save the file as CSV in UTF-8, or describe this export in a codebook of its own (CODEBOOK=path)."
        )
    twice = sorted({heading for heading in described if described.count(heading) > 1})
    if twice:
        raise InputError(f"{where}: the heading {', '.join(twice)} stands twice; remove or rename one of them")
    absent = [header for header, name in expected.items() if book[name].needed and header not in cleaned]
    if absent:
        lines = [f'  "{header}" ({book[expected[header]].title}){did_you_mean(header, cleaned)}' for header in absent]
        raise InputError(
            f"{where}: {len(absent)} needed column{'s are' if len(absent) > 1 else ' is'} missing:\n"
            + "\n".join(lines)
            + "\n  Rename the column in the export, or give its heading as `header` in "
            + f"{paths.shown(current_run().codebook)}."
        )
    return {expected[heading]: position for position, heading in enumerate(cleaned) if heading in expected}
