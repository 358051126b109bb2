"""Excel workbooks, by calamine, with typed cells as an export in CSV would write them."""

import datetime
import itertools
from collections.abc import Container
from pathlib import Path

from hotline import paths
from hotline.cleaning.readers import merged_cells, workbook_xml
from hotline.cleaning.readers.sheet_remarks import LONG, SheetRemarks
from hotline.cleaning.readers.table import UNREADABLE, Table
from hotline.errors import InputError
from hotline.schema.texts import plain_heading

MOST_ROWS_ABOVE = 20  # of notes above the headings, such as a title or the day of the export
MOST_DIGITS = 1e15  # from here on Excel does not keep the last digits of a number
# Cells up to the furthest one, and how many of these there may be for each that holds something.
FEWEST_FAR, MOST_EMPTY = 2**24, 5


def as_text(cell: object) -> str:
    """Return a typed cell as an export in CSV would write it: 13.0 as 13, a time as 2021-03-01 20:00:00.

    Numbers have the fifteen digits that Excel shows, times are rounded to the second.

    >>> as_text(13.0), as_text(datetime.datetime(2021, 3, 1, 20)), as_text(datetime.date(2021, 3, 1)), as_text(True)
    ('13', '2021-03-01 20:00:00', '2021-03-01 00:00:00', 'TRUE')
    """
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime.datetime):
        if cell.microsecond >= 500_000 and cell.year < datetime.MAXYEAR:
            cell += datetime.timedelta(seconds=1)
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, datetime.date):  # calamine's form of midnight
        return f"{cell.isoformat()} 00:00:00"
    if isinstance(cell, bool):
        return str(cell).upper()
    return "" if cell is None else str(cell)


def _damaged(where):
    """Return the error of a workbook that cannot be read. What calamine says of it could quote a cell."""
    return InputError(f"{where}: a damaged Excel file; open it, save it again as .xlsx or CSV in UTF-8")


def _guarded(where, call, *arguments):
    """Return what calamine answers. Raises InputError for all that it raises: a panic is no Exception."""
    try:
        return call(*arguments)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:
        raise _damaged(where) from None


def _choice(book, sheet, where):
    """Return the name of the sheet to read, and how many hidden ones are left out.

    Raises InputError where there is none of the name, or, without a name, more than one that can be seen.
    """
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    seen = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]
    names = [each.name for each in sheets]
    if sheet in names:
        return sheet, 0
    if not sheet and len(seen) == 1:
        return seen[0], len(names) - 1
    listed = ", ".join(f'"{name}"' for name in names)
    wrong = f'there is no sheet "{sheet}"' if sheet else f"the file has {len(names)} sheets"
    raise InputError(f"{where}: {wrong}; name one of {listed} as `sheet` of 01-clean in params.yml")


def _refuse_far_cells(seen, where):
    """Raise InputError where cells are so far from the others that reading up to them takes all memory."""
    reached = seen.last_row * seen.last_column
    if reached > max(FEWEST_FAR, MOST_EMPTY * seen.cells):
        last = f"{workbook_xml.column_letters(seen.last_column)}{seen.last_row}"
        raise InputError(
            f"{where}: the sheet has {seen.cells:,} cells, but reaches to {last}; a text or a blank stands far from "
            "the table.\n  Ctrl+End in Excel goes there: delete the rows below the table and the columns to its right, "
            "and save the file; or save it as CSV in UTF-8."
        )


def _headings(rows, expected):
    """Return (number of rows above the headings, first rows as texts): the headings are most of the expected ones.

    The first row where none of them are found.
    """
    first = [[as_text(cell) for cell in cells] for _, cells in rows]

    def hits(above):
        return sum(plain_heading(text) in expected for text in first[above])

    return max(range(len(first)), key=hits, default=0), first


def _refuse_headings(above, first, merged, odd, expected, where):
    """Raise InputError where a heading cannot be read, or is one of several rows or columns."""
    for column in odd.get(above + 1, ()):
        raise InputError(
            f"{where}, row {above + 1}, column {column}: an error, or a formula that no program has calculated, in "
            "place of a heading.\n  Write the heading as a text, or open the file in Excel, let it calculate, and "
            "save it."
        )
    for block in merged:
        if block.top <= above + 1 <= block.bottom:
            shown = first[block.top - 1][block.left : block.left + 1]
            hidden = first[above][block.left : block.right + 1]
            if any(plain_heading(text) in expected for text in (*shown, *hidden)):
                raise InputError(
                    f"{where}, row {above + 1}, column {block.left + 1}: the heading is merged with other cells; "
                    "expected one heading for each column, all in one row.\n  Unmerge the headings, and give each "
                    "column its own."
                )


def _typed_rows(cells, last_odd, where):
    """Yield (number, cells) of the rows from the sheet's first one; `last_odd` may lie below what calamine has."""
    if cells.start is None:
        first_column, last = 0, last_odd
    else:
        first_column, last = cells.start[1], max(cells.end[0] + 1, last_odd)
    rows = iter(cells.iter_rows())
    for number in range(1, last + 1):
        row = _guarded(where, next, rows, None)
        yield number, [""] * first_column + row if row else []


def _texts(rows, odd, remarks):
    """Yield (number, texts) of typed rows; UNREADABLE for what cannot be read in a column that matters."""
    for number, cells in rows:
        for position, cell in enumerate(cells):
            if cell.__class__ is str:
                continue
            cells[position] = as_text(cell)
            if position in remarks.headings:
                if isinstance(cell, float):
                    if abs(cell) >= MOST_DIGITS:
                        cells[position] = UNREADABLE
                        remarks.note(LONG, position, number)
                elif isinstance(cell, datetime.date):
                    remarks.times[position] += 1
                    remarks.midnights[position] += cell.__class__ is datetime.date
        for column, kind in odd.get(number, {}).items():
            if column - 1 in remarks.headings:
                cells += [""] * (column - len(cells))
                cells[column - 1] = UNREADABLE
                remarks.note(kind, column - 1, number)
        yield number, cells if any(map(str.strip, cells)) else []


def open_excel(export: Path, expected: Container[str], sheet: str) -> Table:
    """Open a sheet of a workbook.

    A cell with an error, or with a formula that no program has calculated, reads as `table.UNREADABLE`.

    Parameters
    ----------
    expected : the headings of the columns that matter, as `schema.texts.plain_heading` has them
    sheet : name of the sheet; empty for the only one that is not hidden

    Raises
    ------
    InputError
        where the file is damaged, has no such sheet, or has cells that are out of reach or merged headings
    """
    from python_calamine import load_workbook  # no other kind of export needs it

    where = paths.shown(export)
    with open(export, "rb") as file:
        book = _guarded(where, load_workbook, file)
        name, hidden_sheets = _choice(book, sheet, where)
        try:
            seen = workbook_xml.survey(file, name)
        except workbook_xml.DamagedWorkbook:
            raise _damaged(where) from None
        _refuse_far_cells(seen, where)
        cells = _guarded(where, book.get_sheet_by_name, name)
    rows = _typed_rows(cells, max(seen.odd, default=0), where)
    first_rows = list(itertools.islice(rows, 1 + MOST_ROWS_ABOVE))
    above, first = _headings(first_rows, expected)
    merged = merged_cells.blocks(cells.merged_cell_ranges)
    _refuse_headings(above, first, merged, seen.odd, expected, where)
    headings = first[above] if first else []
    while headings and not headings[-1]:
        headings.pop()
    rows = itertools.chain(first_rows[above + 1 :], rows)
    described = {i: heading.strip() for i, heading in enumerate(headings) if plain_heading(heading) in expected}
    remarks = SheetRemarks(where, described, above, seen.hidden_rows, hidden_sheets)
    texts = _texts(rows, seen.odd, remarks)
    if merged:
        texts = merged_cells.filled(texts, merged, described, remarks.note)
    return Table(f'Excel, sheet "{name}"', headings, texts, above=above, remarks=remarks.sentences)
