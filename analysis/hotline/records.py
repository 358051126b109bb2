"""Raw export -> labelled records. Used by 01-clean alone; DuckDB does the work.

A row's number is its line in the file, the heading being line 1. Which rows stay is decided in `flow`.
"""

import codecs
import csv
from pathlib import Path

import duckdb

from hotline import paths
from hotline.errors import InputError, did_you_mean

# Full-width forms that input methods leave behind, and what they stand for.
FULL_WIDTH = ("０１２３４５６７８９：／－．　", "0123456789:/-. ")


def connect(scratch):
    """Return a DuckDB connection that may use the disk beside `scratch` and fetches nothing."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(Path(scratch) / "duckdb"),
            "memory_limit": "4GB",
        }
    )
    return connection


def quoted(text):
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _encoding(export):
    """Return "utf-8-sig" or "gb18030", by trying the one and then the other over the whole file."""
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with open(export, "rb") as file:
                while piece := file.read(2**22):
                    decoder.decode(piece)
                decoder.decode(b"", final=True)
            return name
        except UnicodeDecodeError:
            continue
    raise InputError(f"{paths.shown(export)}: neither UTF-8 nor GB18030; save it as CSV in UTF-8")


def as_utf8(export, scratch):
    """Return a UTF-8 file with the content of a CSV export, and the encoding that it had.

    DuckDB reads GB18030 only through an extension that it would download, so such a file is copied
    in a stream to `scratch`.
    """
    encoding = _encoding(export)
    if encoding == "utf-8-sig":
        return Path(export), "UTF-8"
    copy = Path(scratch) / "export-utf8.csv"
    with open(export, encoding=encoding, newline="") as old, open(copy, "w", encoding="utf-8", newline="") as new:
        while piece := old.read(2**20):
            new.write(piece)
    return copy, "GB18030"


def headings(file, export, book):
    """Return {variable: heading} for the columns of an export, checked against the codebook.

    Raises InputError where the file is empty, a heading stands twice, or a needed column is absent.
    """
    where = paths.shown(export)
    with open(file, encoding="utf-8-sig", newline="") as opened:
        found = next(csv.reader(opened), None)
    if not found:
        raise InputError(f"{where}: the file is empty; expected a line of headings and one row per call")
    cleaned = [heading.strip() for heading in found]
    twice = sorted({heading for heading in cleaned if cleaned.count(heading) > 1})
    if twice:
        raise InputError(f"{where}, line 1: the heading {', '.join(twice)} stands twice")
    expected = {each.header: each.name for each in book if each.header}
    absent = [header for header, name in expected.items() if book[name].needed and header not in cleaned]
    if absent:
        lines = [f'  "{header}" ({book[expected[header]].title}){did_you_mean(header, cleaned)}' for header in absent]
        raise InputError(
            f"{where}, line 1: {len(absent)} needed column{'s are' if len(absent) > 1 else ' is'} missing:\n"
            + "\n".join(lines)
            + f"\n  Rename the column in the export, or give its heading as `header` in {paths.shown(paths.CODEBOOK)}."
        )
    return {expected[clean]: heading for clean, heading in zip(cleaned, found, strict=True) if clean in expected}


def read(connection, export, book, scratch):
    """Read a CSV export into the table `raw`: the row's number and one text column per variable.

    Texts are freed of full-width digits and of spaces around them; an empty text is NULL. Columns that
    the codebook does not know are left out, and known columns that the export lacks are NULL throughout.

    Returns {"encoding", "columns", "unknown columns", "absent columns", "rows"}.
    """
    export = Path(export)
    if export.suffix.lower() not in (".csv", ".txt"):
        raise InputError(f'{paths.shown(export)}: expected a CSV file, found "{export.suffix}"')
    file, encoding = as_utf8(export, scratch)
    present = headings(file, export, book)
    columns = [each.name for each in book if each.header]
    tidy = ", ".join(
        f"nullif(trim(translate(\"{present[name]}\", {quoted(FULL_WIDTH[0])}, {quoted(FULL_WIDTH[1])})), '') AS {name},"
        f' "{present[name]}" AS {name}_as_written'
        if name in present
        else f"NULL::VARCHAR AS {name}, NULL::VARCHAR AS {name}_as_written"
        for name in columns
    )
    try:
        connection.execute(
            f"CREATE OR REPLACE TABLE raw AS SELECT row_number() OVER () + 1 AS row, {tidy} "
            "FROM read_csv(?, header=true, all_varchar=true, delim=',', quote='\"', escape='\"')",
            [str(file)],
        )
    except duckdb.Error as error:
        raise InputError(f"{paths.shown(export)}: not readable as CSV: {str(error).splitlines()[0]}") from error
    rows = connection.execute("SELECT count(*) FROM raw").fetchone()[0]
    if not rows:
        raise InputError(f"{paths.shown(export)}: there is no row below the headings")
    with open(file, encoding="utf-8-sig", newline="") as opened:
        all_headings = next(csv.reader(opened))
    return {
        "encoding": encoding,
        "rows": rows,
        "columns": len(present),
        "unknown columns": [each for each in all_headings if each not in present.values()],
        "absent columns": [name for name in columns if name not in present],
    }


def decode(connection, book):
    """Turn the texts of `raw` into codes, numbers and times: the table `decoded`.

    Beside each variable x stands the boolean x_bad: there was a text, and it is neither a value nor one
    of the texts that mean "not recorded".
    """
    parts = []
    for each in book:
        if not each.header:
            continue
        name, text = each.name, f"raw.{each.name}"
        if each.missing:
            text = f"(CASE WHEN raw.{name} NOT IN ({', '.join(map(quoted, each.missing))}) THEN raw.{name} END)"
        if each.categorical:
            branches = " ".join(
                f"WHEN {text} IN ({', '.join(map(quoted, (code.zh, *code.synonyms)))}) THEN {quoted(code.code)}"
                for code in each.codes
            )
            value = f"CASE {branches} END"
        elif each.type == "datetime":
            value = f"try_strptime({text}, [{', '.join(map(quoted, each.formats))}])"
        elif each.type == "integer":
            low, high = each.constraints.get("minimum", -(2**31)), each.constraints.get("maximum", 2**31 - 1)
            number = f"try_cast({text} AS INTEGER)"
            value = f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {number} END"
        else:
            value = text
        parts.append(f"{value} AS {name}, ({text} IS NOT NULL AND {value} IS NULL) AS {name}_bad")
    connection.execute(f"CREATE OR REPLACE TABLE decoded AS SELECT raw.row, {', '.join(parts)} FROM raw")


def repairs(connection, book):
    """Return how often each column was repaired on the way: one row per column and kind of repair.

    The kinds are full-width characters, spaces around a text, and a synonym in place of the usual label.
    """
    wide = f"[{FULL_WIDTH[0]}]"
    pieces = []
    for each in book:
        if each.header:
            written, usual = f"{each.name}_as_written", [code.zh for code in each.codes]
            pieces.append(
                f"SELECT '{each.name}', 'full-width character', count(*) FILTER (regexp_matches({written}, "
                f"'{wide}')), 'spaces', count(*) FILTER ({written} <> trim({written})) , 'synonym', "
                + (
                    f"count(*) FILTER ({each.name} NOT IN ({', '.join(map(quoted, [*usual, *each.missing]))}))"
                    if usual
                    else "0"
                )
                + " FROM raw"
            )
    found = connection.execute(" UNION ALL ".join(pieces)).fetchall()
    return [(row[0], row[i], row[i + 1]) for row in found for i in (1, 3, 5) if row[i + 1]]
