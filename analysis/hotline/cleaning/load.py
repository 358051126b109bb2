"""An export as the table `raw` of a DuckDB database, which does the work in bounded memory.

`read` gives the rows of a file as the view `raw`; `decode` turns their texts into codes, numbers, times and pseudonyms
and drops `raw`. Which rows stay is decided in `flow`.
"""

import contextlib
import csv
import os
import threading
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from hotline import paths, provenance
from hotline.cleaning import headings, parts
from hotline.cleaning.engine import MEANINGS, Connection, EngineError
from hotline.cleaning.readers import csv_file, kinds
from hotline.cleaning.readers.table import UNREADABLE
from hotline.codebook import Codebook
from hotline.errors import InputError, where
from hotline.schema.texts import plain_heading
from hotline.sql import identifier, literal

LONGEST_TEXT = 1000  # characters; no text of a codebook is longer, and what is cut off stays unknown
FILES_NAMED = 5  # of those that are left out
MOST_TEXTS = 10_000  # different texts in a column of codes, beyond which it is another column
WIDE, NARROW = "".join(map(chr, range(0xFF01, 0xFF5F))), "".join(map(chr, range(0x21, 0x7F)))
EXACT = {"DOUBLE": 2**53, "FLOAT": 2**24}  # of a Parquet column: beyond these, whole numbers have lost digits
# Never written: only their ranks in the order of their hashes leave `raw`.
HASHED = ("caller_number", "counsellor")


class Loaded(NamedTuple):
    """What an export holds.

    Attributes
    ----------
    format
        The format of the file, in words.
    first_row
        The number of the first row below the headings.
    rows
        Rows below the headings that are not empty.
    empty_rows
        Empty rows, which are left out.
    columns
        The variables that the export has a column for.
    unknown_columns
        The numbers of the columns that the codebook does not describe, which are left out.
    absent_columns
        Variables that it describes and the export has no column for.
    remarks
        What the user should know of it, in sentences.
    """

    format: str
    first_row: int
    rows: int
    empty_rows: int
    columns: list[str]
    unknown_columns: list[int]
    absent_columns: list[str]
    remarks: list[str]


@contextlib.contextmanager
def _pipe(connection, write):
    """Give a pipe that `write(pipe)` fills in a thread of its own; it ends with the block, read or not.

    An error of that thread is raised here, by the one that the user sees, and without its text, which may quote a cell.
    """
    pipe, errors = Path(connection.folder.name) / "rows", []
    os.mkfifo(pipe, 0o600)

    def writer():
        try:
            write(pipe)
        except BrokenPipeError:  # DuckDB has stopped to read, and says why
            pass
        except Exception as error:
            errors.append(error)

    writing = threading.Thread(target=writer, daemon=True)
    writing.start()
    try:
        yield pipe
    finally:
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))  # lets the thread go where DuckDB never came
        writing.join()
        pipe.unlink()
        for error in errors:
            raise error if isinstance(error, InputError) else _unreadable(error) from None


def _unreadable(error):
    """Return the sentence for an error of a reader that nothing has foreseen."""
    return InputError(
        f"the export cannot be read ({where(error)}). Export it again, as CSV in UTF-8; if that does not help, report "
        "the class and the place of this error"
    )


def _headings_again(headings):
    """Return a function that says whether cells are the headings again, compared as headings are."""
    plain = list(map(plain_heading, headings))

    def same(cells):
        if cells[0].isascii() and not plain[0].isascii():  # quick, and so for nearly all rows
            return False
        return all(plain_heading(cell) == each for cell, each in zip(cells, plain, strict=True))

    return same


def _plain_sql(text):
    """Return the SQL of a text as headings are compared: `plain_heading`, but for rare forms of letters."""
    visible = f"regexp_replace({text}, '[\\s\\pZ\\p{{Cf}}]', '', 'g')"
    return f"lower(translate({visible}, {literal(WIDE)}, {literal(NARROW)}))"


def _headings_again_sql(headings):
    """Return the SQL of whether a row of {column: heading} has the headings again."""
    (column, first), *_ = headings.items()
    begins = plain_heading(first)[:1]
    quick = f"strlen({column}) <> length({column})"  # not of plain letters alone; so for nearly all rows
    if begins.isascii():
        quick = f"({quick} OR starts_with(ltrim(lower({column})), {literal(begins)}))"
    same = (f"coalesce({_plain_sql(column)} = {_plain_sql(literal(each))}, false)" for column, each in headings.items())
    # An AND would make DuckDB tidy all cells of every row, which takes eight seconds for 90,000.
    return f"CASE WHEN {quick} THEN {' AND '.join(same)} ELSE false END"


def _stream(table, positions, pipe, counts):
    """Write the rows of a table to a pipe as clean CSV: number, whether the row is ragged, whether it has the headings
    again, the cells that are kept.

    Counts empty rows, which hold no call.
    """
    pick, width, none = itemgetter(*positions), len(table.headings), [""] * len(positions)
    are_headings = _headings_again(pick(table.headings))

    def tidy():
        for number, cells in table.rows:
            if cells is None:
                yield (number, True, False, *none)
                continue
            if not any(cells):
                counts["empty rows"] += 1
                continue
            if len(cells) < width:  # Excel leaves out the empty cells at the end of a row
                cells = cells + [""] * (width - len(cells))
            picked = pick(cells)
            if are_headings(picked):
                yield (number, True, True, *none)
            elif max(map(len, picked)) <= LONGEST_TEXT:
                yield (number, False, False, *picked)
            else:
                yield (number, False, False, *(cell[:LONGEST_TEXT] for cell in picked))

    with open(pipe, "w", encoding="utf-8", errors="replace", newline="", buffering=2**20) as file:
        csv.writer(file, lineterminator="\r\n").writerows(tidy())  # puts either of the two in quotation marks


def _make_raw_view(connection, selected):
    """Make the view `raw` of the table `loaded`."""
    connection.execute(f"CREATE OR REPLACE VIEW raw AS SELECT {selected}")


def drop_raw(connection: Connection) -> None:
    """Drop `raw`, if there is one: from here on there is no number and no name to see."""
    connection.execute("DROP VIEW IF EXISTS raw")
    connection.execute("DROP TABLE IF EXISTS loaded")
    types = connection.execute("SELECT type_name FROM duckdb_types() WHERE starts_with(type_name, 'text_of_')")
    for (kind,) in types.fetchall():
        connection.execute(f"DROP TYPE {kind}")


def _load_carefully(connection, table, positions, names):
    """Fill `raw` row by row through a pipe, so that no copy of the export touches the disk.

    Returns the number of empty rows.
    """
    counts = {"empty rows": 0}
    columns = {"row": "INTEGER", "ragged": "BOOLEAN", "is_heading": "BOOLEAN"} | dict.fromkeys(names, "VARCHAR")
    with _pipe(connection, lambda pipe: _stream(table, positions, pipe, counts)) as pipe:
        connection.execute(
            "CREATE OR REPLACE TABLE loaded AS SELECT * FROM read_csv("
            f"{literal(paths.no_pattern(pipe))}, columns={columns}, header=false, auto_detect=false, "
            "hive_partitioning=false, compression='none', delim=',', quote='\"', escape='\"', "
            "new_line='\\r\\n', parallel=false)"
        )
    _make_raw_view(connection, "* FROM loaded")
    return counts["empty rows"]


def _transcode(export, codec, pipe):
    """Write a text file to a pipe as UTF-8."""
    with open(pipe, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(csv_file.texts(export, codec))


def _as_utf8(connection, export, codec):
    """Give the path under which DuckDB reads a text file as UTF-8: the file itself, or a pipe."""
    if codec == "utf-8-sig":
        return contextlib.nullcontext(export)
    return _pipe(connection, lambda pipe: _transcode(export, codec, pipe))


def _make_text_types(connection, source, few):
    """Make the type `text_of_NAME` of all texts that a column has; returns {name: type}.

    A cell of such a type takes a byte or two, so that a long export fits into memory. One scan of the file sees all
    columns. One with no text or more than MOST_TEXTS gets no type.

    Parameters
    ----------
    source : SQL of the file
    few : {name: its column in the file}
    """
    if not few:
        return {}
    lists = ", ".join(
        f"list(DISTINCT {column}) FILTER ({column} IS NOT NULL) AS {identifier(name)}" for name, column in few.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE texts AS SELECT {lists} FROM {source}")
    counts = connection.execute(f"SELECT {', '.join(f'len({identifier(name)})' for name in few)} FROM texts").fetchone()
    types = {name: f"text_of_{name}" for name, count in zip(few, counts, strict=True) if count and count <= MOST_TEXTS}
    for name, kind in types.items():
        connection.execute(f"CREATE TYPE {kind} AS ENUM (SELECT unnest({identifier(name)}) FROM texts)")
    connection.execute("DROP TABLE texts")
    return types


def _load_plain(connection, export, table, positions, names, few=()):
    """Fill `raw` by DuckDB's own reader, ten times as fast as row by row; returns the number of empty rows.

    Only for a file of lines and delimiters. Returns None where what came out is not what the survey of the file
    lets one expect, or a text is too long to be kept: then it has to be read with care. Of variables with `few` texts
    a first scan finds these (`_make_text_types`).
    """
    drop_raw(connection)
    encoding, delimiter, rows = table.plain
    columns = {f"column_{i}": "VARCHAR" for i in range(len(table.headings))}
    empty = " AND ".join(f"{column} IS NULL" for column in columns)
    chosen = {name: f"column_{position}" for name, position in zip(names, positions, strict=True)}
    connection.execute("SET preserve_insertion_order = true")  # so that a row's position is its number
    try:
        with _as_utf8(connection, export, encoding) as path:
            source = (
                f"read_csv({literal(paths.no_pattern(path))}, columns={columns}, header=true, auto_detect=false, "
                f"hive_partitioning=false, compression='none', delim={literal(delimiter)}, quote='', escape='', "
                f"parallel={'true' if path == export else 'false'})"
            )
            few = {name: column for name, column in chosen.items() if name in few and path == export}
            types = _make_text_types(connection, source, few)
            cells = ", ".join(
                f"{column}::{types.get(name, 'VARCHAR')} AS {identifier(name)}" for name, column in chosen.items()
            )
            connection.execute(f"CREATE OR REPLACE TABLE loaded AS SELECT {empty} AS empty, {cells} FROM {source}")
    except EngineError as error:
        if issubclass(error.kind, tuple(MEANINGS)):
            raise
        return None
    finally:
        connection.execute("SET preserve_insertion_order = false")
    longest = ", ".join(f"max(strlen({identifier(name)}))" for name in names)
    heads = _headings_again_sql(
        {identifier(name): table.headings[position] for name, position in zip(names, positions, strict=True)}
    )
    read, empty, again, *lengths = connection.execute(
        f"SELECT count(*), count(*) FILTER (empty), count(*) FILTER ({heads}), {longest} FROM loaded"
    ).fetchone()
    if read != rows or max((length or 0 for length in lengths), default=0) > LONGEST_TEXT:
        return None
    cells, flags = ", ".join(map(identifier, names)), "false AS ragged, false AS is_heading"
    if again:
        cells = ", ".join(f"CASE WHEN NOT ({heads}) THEN {name} END AS {name}" for name in map(identifier, names))
        flags = f"{heads} AS ragged, {heads} AS is_heading"
    _make_raw_view(connection, f"(rowid + 2)::INTEGER AS row, {flags}, {cells} FROM loaded WHERE NOT empty")
    return empty


def _load_parquet(connection, table, export, positions, names):
    """Fill `raw` from a Parquet file, which DuckDB reads by itself."""
    zoned = [table.headings[each] for each in positions if "WITH TIME ZONE" in table.types[each]]
    if zoned:
        raise InputError(
            f"{paths.shown(export)}: {', '.join(zoned)} is kept as an instant in UTC, without the hotline's own hour; "
            "expected local time. Write it as a timestamp without a zone, or as text with its offset"
        )
    texts = [f"{identifier(table.headings[position])}::VARCHAR" for position in positions]
    exact = [EXACT.get(table.types[position]) for position in positions]
    texts = [
        f"CASE WHEN abs({identifier(table.headings[position])}) > {most} THEN {literal(UNREADABLE)} "
        f"ELSE regexp_replace({text}, '\\.0$', '') END"
        if most
        else text
        for text, position, most in zip(texts, positions, exact, strict=True)
    ]
    cells = ", ".join(f"{text} AS {identifier(name)}" for text, name in zip(texts, names, strict=True))
    try:
        connection.execute(
            "CREATE OR REPLACE TABLE loaded AS SELECT (file_row_number + 2)::INTEGER AS row, false AS ragged, "
            f"false AS is_heading, {cells} FROM read_parquet({literal(paths.no_pattern(export))}, "
            "file_row_number=true, hive_partitioning=false)"
        )
    except EngineError as error:
        if issubclass(error.kind, tuple(MEANINGS)):
            raise
        raise InputError(
            f"{paths.shown(export)}: the rows of this Parquet file are damaged, or its texts are not in UTF-8 "
            f"({error.kind.__name__}); export it again"
        ) from None
    _make_raw_view(connection, "* FROM loaded")
    return 0


def _read_file(connection, file, book, sheet):
    """Give one file of an export as the view `raw`, with its own numbers of rows; returns this, and headings."""
    table = kinds.open_table(file, headings.expected(book), sheet)
    present = headings.positions(table.headings, file, book, table.above + 1)
    names, positions = list(present), list(present.values())
    if table.rows is None:
        empty = _load_parquet(connection, table, file, positions, names)
    else:
        few = [each.name for each in book if each.categorical or each.type == "integer"]
        empty = _load_plain(connection, file, table, positions, names, few) if table.plain else None
        if empty is None:
            empty = _load_carefully(connection, table, positions, names)
    rows = connection.execute("SELECT count(*) FROM raw").fetchone()[0]
    if not rows:
        raise InputError(
            f"{paths.shown(file)}, row {table.above + 2}: there is no row below the headings; expected one row per "
            "call.\n  Export it again, with the calls."
        )
    loaded = Loaded(
        format=table.kind,
        first_row=table.above + 2,
        rows=rows,
        empty_rows=empty,
        columns=names,
        unknown_columns=[number for number in range(1, len(table.headings) + 1) if number - 1 not in positions],
        absent_columns=[field.name for field in book if field.header and field.name not in present],
        remarks=table.remarks(),
    )
    return loaded, table.headings


def _gather(connection, names, before):
    """Add the rows of `raw` to the table `gathered`, numbered from `before` on."""
    connection.execute("CREATE TABLE IF NOT EXISTS gathered (row INTEGER, ragged BOOLEAN, is_heading BOOLEAN)")
    for name in names:
        connection.execute(f"ALTER TABLE gathered ADD COLUMN IF NOT EXISTS {identifier(name)} VARCHAR")
    connection.execute(f"INSERT INTO gathered BY NAME SELECT * REPLACE (row + {before} AS row) FROM raw")
    drop_raw(connection)


def _together(files, loaded, book):
    """Return what several files hold together; a remark that some of them share names them all."""
    shared = {}
    for file, each in zip(map(paths.shown, files), loaded, strict=True):
        for remark in each.remarks:
            shared.setdefault(remark.removeprefix(file), []).append(file)
    present = {name for each in loaded for name in each.columns}
    return Loaded(
        format="; ".join(dict.fromkeys(each.format for each in loaded)) + f" ({len(files)} files)",
        first_row=loaded[0].first_row,
        rows=sum(each.rows for each in loaded),
        empty_rows=sum(each.empty_rows for each in loaded),
        columns=[field.name for field in book if field.name in present],
        unknown_columns=sorted({number for each in loaded for number in each.unknown_columns}),
        absent_columns=[field.name for field in book if field.header and field.name not in present],
        remarks=[", ".join(those) + remark for remark, those in shared.items()],
    )


def _with_remarks(files, loaded, first_rows, book):
    """Return what the files hold, with the remarks on their headings, which may say that other files have a column."""
    present = {name for each in loaded for name in each.columns} if len(files) > 1 else ()
    return [
        each._replace(remarks=headings.remarks(row, file, book, each.first_row - 1, present) + each.remarks)
        for file, each, row in zip(files, loaded, first_rows, strict=True)
    ]


def _left_out(export):
    """Return a sentence on what else lies in the folder that an export is."""
    left = [each.name for each in provenance.left_out(export)]
    if not left:
        return []
    named = ", ".join(left[:FILES_NAMED]) + (f" and {len(left) - FILES_NAMED} more" if len(left) > FILES_NAMED else "")
    folder, verb, endings = paths.shown(paths.ROOT / export), "is" if len(left) == 1 else "are", provenance.EXTENSIONS
    return [f"{folder}: left out of this folder {verb} {named}; only files that end in {', '.join(endings)} are read."]


def _stamps(files):
    """Return what changes where files are written to or replaced."""
    return [(each.st_ino, each.st_size, each.st_mtime_ns) for each in map(os.stat, files)]


def read(connection: Connection, export: str | Path, book: Codebook, sheet: str = "") -> Loaded:
    """Read an export and give it as the view `raw`: row, ragged, is_heading, and one text per variable that it has.

    Ragged rows have no texts: those with more or fewer cells than headings, or with the headings again. Columns that
    the codebook does not describe are left out. The rows of several files (see `provenance.export_files`) get running
    numbers; `parts` has their places.

    Parameters
    ----------
    sheet
        The sheet of an Excel export that has several; empty for the only one. Of several files it is that of each
        workbook.

    Raises
    ------
    InputError
        Where a file cannot be read as an export, or changes while it is read.
    """
    files = provenance.export_files(export)
    stamps, holds, firsts, places = _stamps(files), [], [], []
    before = 0
    workbooks = [file for file in files if kinds.is_workbook(file)]
    for file in files:
        each, first_row = _read_file(connection, file, book, sheet if file in workbooks or not workbooks else "")
        last = each.first_row + each.rows + each.empty_rows - 1
        if len(files) > 1:
            _gather(connection, each.columns, before)
        holds.append(each)
        firsts.append(first_row)
        places.append(parts.Part(paths.shown(file), before, each.first_row, last))
        before += last
    if _stamps(files) != stamps:
        raise InputError(
            f"{', '.join(map(paths.shown, files))}: changed while being read. Is it still written or copied? Wait "
            "until it is whole, and try again."
        )
    parts.record(connection, places)
    holds = _with_remarks(files, holds, firsts, book)
    if len(files) > 1:
        connection.execute("ALTER TABLE gathered RENAME TO loaded")
        _make_raw_view(connection, "* FROM loaded")
    loaded = _together(files, holds, book) if len(files) > 1 else holds[0]
    return loaded._replace(remarks=_left_out(export) + loaded.remarks)
