"""Excel workbooks, by calamine, with typed cells as an export in CSV would write them."""

import datetime
from pathlib import Path

from hotline import paths
from hotline.cleaning.readers.table import Table
from hotline.errors import InputError


def as_text(cell: object) -> str:
    """Return a typed cell as an export in CSV would write it: 13.0 as 13, a time as 2021-03-01 20:00:00.

    >>> as_text(13.0), as_text(datetime.datetime(2021, 3, 1, 20)), as_text(None)
    ('13', '2021-03-01 20:00:00', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.replace(microsecond=0).isoformat(" ")
    return str(cell)


def open_excel(export: Path, sheet: str) -> Table:
    """Open a sheet of a workbook. Raises InputError where it is damaged or has no such sheet."""
    from python_calamine import CalamineError, load_workbook  # no other kind of export needs it

    where = paths.shown(export)
    try:
        book = load_workbook(str(export))
        names = book.sheet_names
        if sheet not in names and (sheet or len(names) != 1):
            listed = ", ".join(f'"{name}"' for name in names)
            wrong = f'there is no sheet "{sheet}"' if sheet else f"the file has {len(names)} sheets"
            raise InputError(f"{where}: {wrong}; name one of {listed} as `sheet` of 01-clean in params.yml")
        cells = book.get_sheet_by_name(sheet or names[0]).iter_rows()
        first = next(cells, None)
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"{where}: a damaged Excel file; open it, save it again as .xlsx or CSV in UTF-8") from error
    headings = [as_text(cell) for cell in first or ()]
    rows = ((number, [as_text(cell) for cell in row]) for number, row in enumerate(cells, 2))
    return Table(f'Excel, sheet "{sheet or names[0]}"', headings, rows)
