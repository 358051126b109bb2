"""Exports as they should not be: each is cleaned and counted to the row, or refused with place and remedy.

A good export of 40 calls is corrupted in one way at a time.
"""

import csv
import io
import json
import re
import shutil

import duckdb
import pandas as pd
import pytest
from exports import BOOK, HEADERS, RULES, SECRET, at
from workbooks import ERROR, cell, formula, merged, sheet_data, workbook

from hotline.cleaning import decode, engine, flow, load
from hotline.cleaning.readers.workbook_xml import column_letters
from hotline.errors import InputError

NAMES = list(HEADERS)
CALLS = [
    at(8 + n // 4, 15 * (n % 4), length=5, ticket_id=f"T{n:05d}", caller_number=f"1380000{n:04d}") for n in range(40)
]


def rows_of(calls=CALLS):
    """Return an export as a list of rows of text, the headings first."""
    return [list(HEADERS.values()), *[[call.get(name, "") for name in NAMES] for call in calls]]


def csv_text(rows, **more):
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, **{"lineterminator": "\n"} | more).writerows(rows)
    return text.getvalue()


def changed(name, value, number=5):
    """Return the good export with one cell, in the row of that number, replaced."""
    rows = rows_of()
    rows[number - 1][NAMES.index(name)] = value
    return rows


def parquet(rows, types=None):
    """Return the bytes of a Parquet file; `types` gives SQL types for some variables."""
    import tempfile
    from pathlib import Path

    cells = ", ".join(
        f'nullif("{HEADERS[name]}", \'\')::{(types or {}).get(name, "VARCHAR")} AS "{HEADERS[name]}"' for name in NAMES
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.parquet"
        database = duckdb.connect()
        database.register("given", pd.DataFrame(rows[1:], columns=rows[0]))
        database.execute(f"COPY (SELECT {cells} FROM given) TO '{file}' (FORMAT parquet)")
        return file.read_bytes()


def clean(folder, content, sheet=""):
    """Clean an export; return {row: (rule, field)} of the rows rejected at the first stage, and what was read.

    Every row must be accounted for, whatever the export.
    """
    export = folder / "export.csv"
    export.write_bytes(content.encode() if isinstance(content, str) else content)
    connection = engine.connect()
    try:
        loaded = load.read(connection, export, BOOK, sheet)
        decode.decode(connection, BOOK, SECRET)
        stages = flow.apply_rules(connection, RULES)
        written = flow.write_tables(connection, BOOK, folder)
        lines, named = flow.write_rejected(connection, folder / "rejected.csv")
        problems = flow.problems(connection, RULES)
    finally:
        connection.close()
    left = pd.read_csv(folder / "rejected.csv")
    assert stages["rows_in"].iloc[0] == loaded.rows == len(left) + written["cases"]
    assert len(left) == lines == named == left["row"].nunique()
    for _, stage in stages.groupby("stage"):
        assert stage["rows_in"].iloc[0] == stage["rows"].sum() + stage["rows_kept"].iloc[0]
    unread = left[(left["stage"] == "records") & (left["action"] == "rejected")]
    assert problems["rows"].sum() >= len(unread)
    return {row.row: (row.rule, row.field) for row in unread.itertuples()}, loaded


LETTERS = {name: column_letters(number) for number, name in enumerate(NAMES, 1)}
SERIAL = 44256  # 1 March 2021 in Excel


def at_midnight():
    """Return the good export with a call that begins at midnight, its times as Excel has them."""
    rows = changed("call_start", cell(SERIAL, 1))
    for name, seconds in {"answer_time": 30, "call_end": 330}.items():
        rows[4][NAMES.index(name)] = cell(SERIAL + seconds / 86400, 1)
    return rows


RAGGED, SECOND_HEADING = ("ragged-row", "the whole row"), ("second-heading", "the whole row")
GOOD = csv_text(rows_of())
WIDE_ROW = [*GOOD.splitlines()[:4], GOOD.splitlines()[4] + ",more", *GOOD.splitlines()[5:]]
LINES = GOOD.splitlines()


def noted(notes):
    """Return the good export with a column of notes before the last one: {number of the row: note}."""
    lines = [
        ",".join([*row[:-1], "备注" if n == 1 else notes.get(n, "无"), row[-1]]) for n, row in enumerate(rows_of(), 1)
    ]
    return "\n".join(lines) + "\n"


CLEANED = {
    "nothing wrong": (GOOD, {}),
    "a BOM": ("\ufeff" + GOOD, {}),
    "GB18030": (GOOD.encode("gb18030"), {}),
    "UTF-16, as Excel's Unicode text": (csv_text(rows_of(), delimiter="\t").encode("utf-16"), {}),
    "lines end as in Windows": (GOOD.replace("\n", "\r\n"), {}),
    "lines end as in old Macs": (GOOD.replace("\n", "\r"), {}),
    "semicolons": (csv_text(rows_of(), delimiter=";"), {}),
    "tabs": (csv_text(rows_of(), delimiter="\t"), {}),
    "everything in quotation marks": (csv_text(rows_of(), quoting=csv.QUOTE_ALL), {}),
    "columns in another order": (csv_text([row[::-1] for row in rows_of()]), {}),
    "an unknown column": (
        csv_text([[*row, "备注" if not n else "x"] for n, row in enumerate(rows_of())]),
        {},
    ),
    "spaces around the headings": (csv_text([[f" {each} " for each in rows_of()[0]], *rows_of()[1:]]), {}),
    "blank lines between and after": ("\n".join([*LINES[:3], "", "", *LINES[3:]]) + "\n\n\n", {}),
    "no end to the last line": (GOOD.rstrip("\n"), {}),
    "rows of empty cells": (GOOD + ("," * (len(NAMES) - 1) + "\n") * 3, {}),
    "a line break inside a text": (csv_text(changed("city", "广\n州")), {5: ("unknown-code", "city")}),
    "a row too long": ("\n".join(WIDE_ROW), {5: RAGGED}),
    "a row too short": ("\n".join([*LINES[:4], "T,2021-03-01 09:00:00", *LINES[5:]]), {5: RAGGED}),
    "cut off in the middle of a row": (GOOD[: len(GOOD) - 40], {41: RAGGED}),
    "a quotation that never ends": ("\n".join([*LINES[:4], '"' + LINES[4], *LINES[5:]]), {5: RAGGED}),
    "a quotation that ends some rows later": (
        "\n".join([*LINES[:4], '"' + LINES[4], *LINES[5:8], LINES[8] + '"', *LINES[9:]]),
        {5: RAGGED, 9: RAGGED},
    ),
    "a note that begins with a quotation mark, and one that ends with one rows later": (
        noted({5: '"还好', 15: '谢谢"'}),
        {5: RAGGED},
    ),
    "the same in rows that follow each other": (noted({5: '"还好', 6: '谢谢"'}), {5: RAGGED}),
    "the same in the first cell": (
        "\n".join([*LINES[:4], '"' + LINES[4], LINES[5].replace(",", '",', 1), *LINES[6:]]),
        {5: RAGGED},
    ),
    "the same with a row between that is broken": (noted({5: '"还好', 7: "a,b", 9: '谢谢"'}), {5: RAGGED, 7: RAGGED}),
    "notes of several lines, in quotation marks": (noted({5: '"还好\n谢谢, 再见\n""好"""', 6: '"\n\n"'}), {}),
    "a quotation mark within a note": (noted({5: '他说"好"', 6: '5" tall'}), {}),
    "a stray quotation mark": (csv_text(changed("ticket_id", "MARK")).replace("MARK", '"a"b'), {5: RAGGED}),
    "headings again in the middle": (
        "\n".join([*LINES[:4], *LINES[:1], *LINES[4:]]),
        {5: SECOND_HEADING},
    ),
    "headings again in the middle, all in quotation marks": (
        csv_text([*rows_of()[:4], rows_of()[0], *rows_of()[4:]], quoting=csv.QUOTE_ALL),
        {5: SECOND_HEADING},
    ),
    "a sum below the last row": (GOOD + "合计" + "," * (len(NAMES) - 1), {42: ("total-row", "ticket_id")}),
    "a short row with a sum": (GOOD + "合计,40", {42: RAGGED}),
    "a title above the headings": ("热线记录导出\n" + GOOD, {}),
    "notes with marks of all kinds above the headings": ('"热线,记录\n\n导出：2021;"3|月"\n' + GOOD, {}),
    "headings after a blank line": ("\n" + GOOD, {}),
    "a delimiter at the end of every line": ("\n".join(line + "," for line in LINES), {}),
    "a delimiter at the end of every line but the first": (
        "\n".join([LINES[0], *(line + "," for line in LINES[1:])]),
        {},
    ),
    "delimiters at the end of the first line": ("\n".join([LINES[0] + ",,,", *LINES[1:]]), {}),
    "a delimiter too many in some rows": ("\n".join([*LINES[:4], LINES[4] + ",", *LINES[5:]]), {5: RAGGED}),
    "NUL bytes in a text": (csv_text(changed("sex", "男MARK")).replace("MARK", "\0"), {5: ("unknown-code", "sex")}),
    "a cell of a million characters": (csv_text(changed("sex", "男" * 10**6)), {5: ("unknown-code", "sex")}),
    "a million characters in an unknown column": (
        csv_text([[*row, "备注" if not n else "长" * 10**6 * (n == 4)] for n, row in enumerate(rows_of())]),
        {},
    ),
    "a cell like a formula": (csv_text(changed("stage", "=1+1")), {5: ("unknown-code", "stage")}),
    "a cell like SQL": (csv_text(changed("stage", "'); DROP TABLE raw; --")), {5: ("unknown-code", "stage")}),
    "a surrogate's half": (csv_text(changed("stage", "\ufffd\u200b")), {5: ("unknown-code", "stage")}),
    "an unknown code": (csv_text(changed("level", "很好")), {5: ("unknown-code", "level")}),
    "a negative age": (csv_text(changed("age", "-3")), {5: ("unknown-code", "age")}),
    "half an age": (csv_text(changed("age", "13.6")), {5: ("unknown-code", "age")}),
    "an age as a spreadsheet's number": (csv_text(changed("age", "13.0")), {}),
    "an age beyond all numbers": (csv_text(changed("age", "9" * 30)), {5: ("unknown-code", "age")}),
    "mixed date formats": (csv_text(changed("call_start", "2021年3月1日 08:30:00", 4)), {}),
    "an American date": (csv_text(changed("call_start", "03/01/2021 08:45")), {5: ("unreadable-time", "call_start")}),
    "a day that does not exist": (
        csv_text(changed("call_end", "2021-02-30 08:50:00")),
        {5: ("unreadable-time", "call_end")},
    ),
    "an end before the start": (
        csv_text(changed("call_end", "2021-03-01 08:00:00")),
        {5: ("impossible-time", "call_end")},
    ),
    "an answer before the start": (
        csv_text(changed("answer_time", "2021-03-01 08:00:00")),
        {5: ("impossible-time", "answer_time")},
    ),
    "dates in the future": (
        csv_text(
            rows_of([*CALLS[:39], {k: v.replace("2021-", "2921-") if "-" in v else v for k, v in CALLS[39].items()}])
        ),
        {41: ("future-time", "call_start")},
    ),
    "no number": (csv_text(changed("caller_number", "")), {}),
    "a number in scientific notation": (
        csv_text(changed("caller_number", "1.39E+10")),
        {5: ("damaged-number", "caller_number")},
    ),
    "full-width digits and spaces": (csv_text(changed("age", "　１３ ")), {}),
    "Excel": (workbook({"热线": rows_of()}), {}),
    "Excel with numbers and short rows": (
        workbook(
            {
                "热线": [
                    [13.0 if each == "13" else each for each in row][: 30 if n == 0 else 27]
                    for n, row in enumerate(rows_of())
                ]
            }
        ),
        {},
    ),
    "Excel with a level of #N/A": (workbook({"热线": changed("level", ERROR)}), {5: ("unknown-code", "level")}),
    "Excel with a formula without a value": (
        workbook({"热线": changed("level", formula("<v/>"))}),
        {5: ("unknown-code", "level")},
    ),
    "Excel with an error for a ticket": (
        workbook({"热线": changed("ticket_id", ERROR)}),
        {5: ("unknown-code", "ticket_id")},
    ),
    "Excel with an error for a number": (
        workbook({"热线": changed("caller_number", ERROR)}),
        {5: ("damaged-number", "caller_number")},
    ),
    "Excel with a plain number for a time": (
        workbook({"热线": changed("call_start", SERIAL + 0.4)}),
        {5: ("unreadable-time", "call_start")},
    ),
    "Excel with midnight": (workbook({"热线": at_midnight()}), {}),
    "Excel with carriage returns": (
        workbook(
            {"热线": [[f"{each}_x000D_" if n and each else each for each in row] for n, row in enumerate(rows_of())]}
        ),
        {},
    ),
    "Excel with a level merged over rows": (
        workbook({"热线": sheet_data(changed("level", "")) + merged("{0}4:{0}5".format(LETTERS["level"]))}),
        {},
    ),
    "Excel with cells merged across columns": (
        workbook({"热线": sheet_data(changed("stage", "")) + merged("{age}5:{stage}5".format(**LETTERS))}),
        {5: ("unknown-code", "stage")},
    ),
    "Excel with a title": (workbook({"热线": sheet_data([["热线记录"], *rows_of()]) + merged("A1:T1")}), {}),
    "Excel with an unknown code": (workbook({"热线": changed("stage", "大班")}), {5: ("unknown-code", "stage")}),
    "Parquet": (parquet(rows_of()), {}),
    "Parquet with types of its own": (
        parquet(rows_of(), {"call_start": "TIMESTAMP", "call_end": "TIMESTAMP", "age": "DOUBLE"}),
        {},
    ),
    "Parquet with an unknown code": (parquet(changed("stage", "大班")), {5: ("unknown-code", "stage")}),
}


@pytest.mark.parametrize("how", CLEANED)
def test_a_bad_export_is_cleaned_and_counted_to_the_row(tmp_path, how):
    content, expected = CLEANED[how]
    rejected, loaded = clean(tmp_path, content)
    assert rejected == expected
    more = how.startswith("headings again") or "sum" in how
    assert loaded.rows == 40 + more, "a row was lost or made up"


REFUSED = {
    "an empty file": ("", "the file is empty; expected a row of headings"),
    "headings alone": (
        LINES[0],
        "row 2: there is no row below the headings; expected one row per call.*Export it again",
    ),
    "headings and blank lines": (LINES[0] + "\n\n\n", "there is no row below the headings"),
    "no headings": ("\n".join(LINES[1:]), "row 1: none of the headings.*Remove what stands above"),
    "a long preface above the headings": ("热线记录导出\n" * 30 + GOOD, "row 1: none of the headings"),
    "a heading renamed": (
        GOOD.replace("学生性别", "学生性別", 1),
        'row 1: 1 needed column is missing.*did you mean "学生性別".*Rename',
    ),
    "a column missing": (csv_text([row[1:] for row in rows_of()]), '"工单编号" \\(Ticket number\\).*Rename the column'),
    "a column twice": (csv_text([[*row, row[-1]] for row in rows_of()]), "row 1: the heading .* stands twice; remove"),
    "another delimiter": (csv_text(rows_of(), delimiter="^"), "row 1: none of the headings"),
    "Big5": ("電話,性別\n".encode("big5") * 3, "neither UTF-8 nor GB18030|none of the headings"),
    "Latin-1": ("Prénom,Âge\né,1\n".encode("latin-1"), "neither UTF-8 nor GB18030|none of the headings"),
    "UTF-8 with a damaged byte": (
        GOOD.encode()[:900] + b"\xff\xff" + GOOD.encode()[900:],
        "about line \\d+: neither.*export it again",
    ),
    "random bytes": (
        bytes(range(128, 256)) * 50,
        "about line 1: neither UTF-8 nor GB18030; expected CSV, Excel or Parquet",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "this is an image; expected CSV"),
    "a web page": ("<!DOCTYPE html><html><body>登录</body></html>", "this is a web page"),
    "an Excel file cut off": (workbook({"热线": rows_of()})[:2000], "damaged Excel file; open it, save it again"),
    "another ZIP file": (b"PK\x03\x04" + b"\0" * 100, "damaged Excel file"),
    "an Excel file with two sheets": (
        workbook({"一月": rows_of(), "二月": rows_of()}),
        'has 2 sheets; name one of "一月", "二月" as `sheet`',
    ),
    "an Excel file with a blank far away": (
        workbook({"热线": [*rows_of(), ['<c r="XFD1048576" t="str"><v> </v></c>']]}),
        "reaches to XFD1048576; .*delete the rows below the table",
    ),
    "an empty sheet": (workbook({"热线": []}), "none of the headings"),
    "a Parquet file cut off": (parquet(rows_of())[:2000], "damaged Parquet file; export it again"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_file_that_is_no_export_is_refused_with_place_and_remedy(tmp_path, how):
    content, expected = REFUSED[how]
    with pytest.raises(InputError) as raised:
        clean(tmp_path, content)
    message = str(raised.value)
    assert re.search(expected, message, re.DOTALL), message
    assert "export.csv" in message and "13800000003" not in message
    assert [file.name for file in tmp_path.iterdir()] == ["export.csv"], "a partial output"


@pytest.mark.parametrize("place", ["{}.csv", "{}/export.csv", "year=2021/{}.csv.gz", "{}/level=3/export.parquet"])
@pytest.mark.parametrize(("name", "other"), [("study [2]", "study 2"), ("a*", "ab"), ("a?", "ab"), ("it's", "its")])
def test_the_file_that_is_read_is_the_file_that_is_named(tmp_path, place, name, other):
    other_calls = [call | {"sex": "女", "level": "心理高危"} for call in CALLS[:3]]
    quoted = "GB18030" if name == "a?" else "quoted" if name == "a*" else ""
    for each, calls in ((name, CALLS), (other, other_calls)):
        file = tmp_path / place.format(each)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = csv_text(rows_of(calls), quoting=csv.QUOTE_ALL if quoted == "quoted" else csv.QUOTE_MINIMAL)
        encoded = text.encode("gb18030" if quoted == "GB18030" else "utf-8")
        file.write_bytes(parquet(rows_of(calls)) if file.suffix == ".parquet" else encoded)
    connection = engine.connect()
    assert load.read(connection, tmp_path / place.format(name), BOOK).rows == 40
    assert connection.execute("SELECT DISTINCT sex, level FROM raw").fetchall() == [("男", "基本良好")]
    connection.close()


def test_read_takes_the_sheet_that_is_named(tmp_path):
    content = workbook({"说明": [["不是数据"]], "二月": rows_of()})
    assert clean(tmp_path, content, "二月")[0] == {}
    with pytest.raises(InputError, match=r'there is no sheet "三月"; name one of "说明", "二月"'):
        clean(tmp_path, content, "三月")
    with pytest.raises(InputError, match="not an Excel file"):
        clean(tmp_path, GOOD, "二月")


def test_read_refuses_a_column_of_another_kind_under_a_heading_of_codes(tmp_path):
    rows = rows_of() + [
        [*row[: NAMES.index("sex")], f"{n}", *row[NAMES.index("sex") + 1 :]]
        for n, row in enumerate(rows_of()[1:] * 260)
    ]
    with pytest.raises(InputError, match=r"学生性别.*10,000 different texts or more.*Rename it"):
        clean(tmp_path, csv_text(rows))


def test_decode_counts_more_unknown_texts_than_fit_into_a_byte(tmp_path):
    calls = [CALLS[0] | {"ticket_id": str(n), "caller_number": f"139{n:08d}", "stage": f"大班{n}"} for n in range(300)]
    rejected, _ = clean(tmp_path, csv_text(rows_of([*CALLS, *calls])))
    assert rejected == {42 + n: ("unknown-code", "stage") for n in range(300)}


def test_every_file_format_gives_the_same_tables(tmp_path):
    corrupted, answers = changed("age", "十三"), []
    for n, content in enumerate(
        [csv_text(corrupted), csv_text(corrupted).encode("gb18030"), workbook({"s": corrupted}), parquet(corrupted)]
    ):
        folder = tmp_path / str(n)
        folder.mkdir()
        left, _ = clean(folder, content)
        tables = [duckdb.sql(f"SELECT * FROM '{folder}/{name}.parquet'").fetchall() for name in ("calls", "cases")]
        answers.append((left, tables))
    assert all(answer == answers[0] for answer in answers)


# --- through make -------------------------------------------------------------------------------------------


def test_make_reports_all_problems_at_once_and_writes_no_private_text(fresh, tmp_path):
    """A real export through `make`: refused with every problem, then cleaned; its texts are nowhere to be found."""
    from checkout import copy_of, files

    checkout = copy_of(fresh.folder, tmp_path / "compendium")
    secrets = [call["caller_number"] for call in CALLS] + [call["ticket_id"] for call in CALLS]
    secrets += ["王小明秘密", "接线员甲乙", "大班秘密"]
    rows = rows_of([call | {"counsellor": "接线员甲乙"} for call in CALLS])
    rows = [[*row, "备注" if not n else "王小明秘密"] for n, row in enumerate(rows)]
    rows[3][NAMES.index("stage")], rows[4][NAMES.index("age")] = "大班秘密", "王小明秘密"
    rows[5][NAMES.index("age")] = "王小明秘密"
    export = checkout.folder / "data-raw/private/real.csv"
    export.parent.mkdir(exist_ok=True)
    export.write_text(csv_text(rows), encoding="gb18030")
    asked = ("01-clean", f"EXPORT={export.relative_to(checkout.folder)}", "UNPROTECTED=yes")

    def remains():
        return [
            file
            for tree in ("private", "data-derived", ".cache")
            for file in files(checkout.folder / tree, "**/*", least=0)
        ]

    def leaked():
        return [(file, text) for file in remains() for text in secrets if text.encode() in file.read_bytes()
                or text.encode("gb18030") in file.read_bytes()]  # fmt: skip

    message = checkout.make(*asked, "HOTLINE_KEY=a key for the tests", expect=2)
    assert (
        "unknown-code in age: 2 rows, at rows 5, 6" in message and "unknown-code in stage: 1 row, at row 4" in message
    )
    assert "What to do" in message and not any(text in message for text in secrets)
    assert not (checkout.folder / "private/data-derived/01-clean").exists()
    assert leaked() == []
    assert not list((checkout.folder / ".cache").glob("cleaning-*"))

    checkout.edit("params.yml", "highest_rejected: 0.05 ", "highest_rejected: 0.1 ")
    checkout.make(*asked, "HOTLINE_KEY=a key for the tests")
    account = json.loads((checkout.folder / "private/data-derived/01-clean/flow.json").read_text(encoding="utf-8"))
    assert (account["rows"], account["cases"], account["simulated"]) == (40, 37, False)
    assert leaked() == [] and len(remains()) > 10
    assert not list((checkout.folder / ".cache").glob("cleaning-*"))
    shutil.rmtree(checkout.folder)
