"""No cell of an export in an error, in what stays on the disk, or in what a thread prints, whatever the export."""

import csv
import io
import traceback

import duckdb
import pandas as pd
import pytest
from exports import BOOK, HEADERS, RULES, SECRET, at

from hotline import paths
from hotline.cleaning import decode, engine, flow, load
from hotline.errors import InputError

CANARY = "kanarienvogel"
NAMES, HEADINGS = list(HEADERS), list(HEADERS.values())
CALLS = [at(8 + n, ticket_id=f"T{n}", caller_number=f"1380000{n:04d}") for n in range(12)]
ROWS = [[call.get(name, "") for name in NAMES] for call in CALLS]


def text(change, encoding="utf-8-sig", headings=HEADINGS):
    """An export in CSV, in whose first row every cell is what `change` makes of a canary."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([headings, [change(CANARY)] * len(NAMES), *ROWS])
    return written.getvalue().encode(encoding)


def parquet(tmp_path, kind):
    """An export in Parquet, every column of which holds a canary in a value of an SQL type."""
    database = duckdb.connect()
    database.register("given", pd.DataFrame(ROWS, columns=NAMES))
    cells = ", ".join(f'{kind.format(name)} AS "{HEADERS[name]}"' for name in NAMES)
    file = tmp_path / "made.parquet"
    database.execute(f"COPY (SELECT {cells} FROM given) TO '{file}' (FORMAT parquet)")
    return file.read_bytes()


TEXTS = {
    "carriage return": text("{0}\r".format),
    "carriage return inside": text("{0}\r{0}".format),
    "line end": text("{0}\r\n{0}".format),
    "quotation mark": text('{0}"{0}'.format).replace(b'""', b'"'),
    "NUL": text("{0}\0{0}".format),
    "too long for a line of DuckDB": text(lambda canary: canary * 250_000),
    "not UTF-8": text("中{0}".format, "gb18030").replace(CANARY.encode(), CANARY.encode() + b"\xff"),
    "UTF-16 cut off": text(str, "utf-16")[:-1],
    "doubled heading": text(str, headings=[*HEADINGS, HEADERS["sex"]]),
    "no headings": text(str, headings=[CANARY] * len(NAMES)),
    "number and text": text("1e999 {0}".format),
    "workbook": b"PK\x03\x04" + CANARY.encode(),
}
KINDS = {
    "list": f"['{CANARY}', {{0}}]",
    "struct": f"{{{{'a': '{CANARY}', 'b': {{0}}}}}}",
    "map": f"MAP {{{{'{CANARY}': [{{0}}]}}}}",
    "blob": f"'{CANARY}'::BLOB",
    "enum": f"'{CANARY}'::ENUM ('{CANARY}')",
    "boolean": "true",
    "decimal": "12345.678::DECIMAL(12, 3)",
    "time with zone": "'2021-03-01 20:00:00+08'::TIMESTAMPTZ",
    "text that is no UTF-8": f"'{CANARY}éé'",
}


def clean(folder, content):
    """Clean an export as 01-clean does."""
    (folder / "export").write_bytes(content)
    connection = engine.connect()
    try:
        load.read(connection, folder / "export", BOOK)
        decode.decode(connection, BOOK, SECRET)
        flow.apply_rules(connection, RULES)
        flow.problems(connection, RULES).to_csv(folder / "problems.csv")
        flow.write_tables(connection, BOOK, folder)
        flow.write_rejected(connection, folder / "rejected.csv")
    finally:
        connection.close()


@pytest.mark.parametrize("spoilt", [*TEXTS, *KINDS])
def test_no_cell_leaks(spoilt, tmp_path, capfd):
    content = TEXTS.get(spoilt) or parquet(tmp_path, KINDS[spoilt]).replace("éé".encode(), b"\xff\xfe\xff\xfe")
    assert any(CANARY.encode(code) in content for code in ("utf-8", "utf-16-le")) or spoilt in KINDS
    (tmp_path / "made.parquet").unlink(missing_ok=True)
    printed = ""
    try:
        clean(tmp_path, content)
    except InputError as error:
        printed = "".join(traceback.format_exception(error))
    (tmp_path / "export").unlink()
    left = [*tmp_path.iterdir(), *paths.CACHE.glob("cleaning-*/**/*")]
    printed += "".join(capfd.readouterr()) + "".join(
        file.read_bytes().decode("latin-1") for file in left if file.is_file()
    )
    assert CANARY not in printed
