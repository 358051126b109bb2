"""What a file is by its first bytes, and who opens it; its name need not say so."""

from collections.abc import Container
from pathlib import Path

from hotline import paths
from hotline.cleaning.readers import csv_file, excel, foreign, parquet
from hotline.cleaning.readers.table import Table
from hotline.errors import InputError

EXCEL, PARQUET = b"PK\x03\x04", b"PAR1"


def is_workbook(export: Path) -> bool:
    """Return whether a file may be an Excel workbook."""
    with open(export, "rb") as file:
        return file.read(len(EXCEL)) == EXCEL


def open_table(export: Path, expected: Container[str] = (), sheet: str = "") -> Table:
    """Open an export of any kind.

    Parameters
    ----------
    expected : the headings to expect, in plain form (`schema.texts`), by which the delimiter of a CSV file is found
    sheet : the sheet of an Excel file that has several

    Raises
    ------
    InputError
        where the file is none of the kinds, which is said with the remedy, or is damaged
    """
    with open(export, "rb") as file:
        head = file.read(foreign.HEAD)
    if not head:
        raise InputError(f"{paths.shown(export)}: the file is empty; expected a row of headings and one row per call")
    foreign.refuse(export, head)
    if head.startswith(EXCEL):
        return excel.open_excel(export, expected, sheet)
    if sheet:
        raise InputError(f'{paths.shown(export)}: not an Excel file, so it has no sheet "{sheet}"; leave `sheet` empty')
    return parquet.open_parquet(export) if head.startswith(PARQUET) else csv_file.open_csv(export, expected)
