"""Workbooks as they are written, and their typed cells as text."""

import datetime
import re

import pytest
from workbooks import ERROR, cell, formula, merged, sheet_data, workbook

from hotline.cleaning.readers import excel
from hotline.cleaning.readers.table import UNREADABLE
from hotline.errors import InputError
from hotline.schema.texts import plain_heading

HEADINGS = ["编号", "时间", "学段", "备注"]
EXPECTED = {plain_heading(heading) for heading in HEADINGS[:3]}
SERIAL = 44256  # 1 March 2021 in Excel


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (13.0, "13"),
        (13.6, "13.6"),
        (12.999999999999998, "13"),
        (13912345678.0, "13912345678"),
        (20210301200000.0, "20210301200000"),
        ("13.0", "13.0"),
        (True, "TRUE"),
        (datetime.datetime(2021, 3, 1, 20, 0, 0, 5), "2021-03-01 20:00:00"),
        (datetime.datetime(2021, 3, 1, 19, 59, 59, 999_900), "2021-03-01 20:00:00"),
        (datetime.datetime(2021, 3, 31, 23, 59, 59, 500_000), "2021-04-01 00:00:00"),
        (datetime.datetime(9999, 12, 31, 23, 59, 59, 900_000), "9999-12-31 23:59:59"),
        (datetime.date(2021, 3, 1), "2021-03-01 00:00:00"),
        (datetime.time(20, 0, 1), "20:00:01"),
        (datetime.timedelta(hours=20), "20:00:00"),
    ],
)
def test_a_typed_cell_as_csv_would_write_it(value, text):
    assert excel.as_text(value) == text


def opened(folder, content, sheet=""):
    """A workbook's headings, {number: texts} and what is said of it."""
    (folder / "export.xlsx").write_bytes(content)
    table = excel.open_excel(folder / "export.xlsx", EXPECTED, sheet)
    rows = dict(table.rows)
    return table.headings, rows, table.remarks()


def refused(folder, content, sheet=""):
    """The message with which a workbook is refused."""
    with pytest.raises(InputError) as raised:
        opened(folder, content, sheet)
    assert raised.value.__context__ is None or raised.value.__suppress_context__
    return str(raised.value)


def test_open_excel_marks_errors_and_formulas_without_a_value_in_the_columns_that_matter(tmp_path):
    rows = [HEADINGS, ["1", ERROR, formula("<v/>"), ERROR], ["2", "x", "初中", formula()], ["3", "x", formula()]]
    headings, read, said = opened(tmp_path, workbook({"s": rows}))
    assert headings == HEADINGS
    assert read == {2: ["1", UNREADABLE, UNREADABLE, ""], 3: ["2", "x", "初中", ""], 4: ["3", "x", UNREADABLE, ""]}
    assert len(said) == 2 and re.search('"时间": 1 cell .row 2. holds an error', said[0])
    assert re.search('"学段": 2 cells .rows 2, 4. hold a formula', said[1])


def test_open_excel_reads_rows_of_nothing_but_formulas_without_a_value(tmp_path):
    _, read, _ = opened(tmp_path, workbook({"s": [HEADINGS, ["1"], [formula(), formula(), formula()], []]}))
    assert read == {2: ["1", "", "", ""], 3: [UNREADABLE] * 3}


def test_open_excel_keeps_rows_and_columns_in_place_where_the_sheet_begins_later(tmp_path):
    xml = '<row r="1"><c r="B1" t="str"><v>时间</v></c></row><row r="4"><c r="C4"><v>7</v></c></row>'
    headings, read, _ = opened(tmp_path, workbook({"s": f"<sheetData>{xml}</sheetData>"}))
    assert headings == ["", "时间"] and read == {2: [], 3: [], 4: ["", "", "7"]}


def test_open_excel_reads_times_of_every_kind(tmp_path):
    times = [cell(each, 1) for each in (SERIAL, SERIAL + 0.5, SERIAL + 0.83332175926, SERIAL + 0.99999999)]
    rows = [HEADINGS[:2], *(["1", each] for each in [*times, cell(0.5, 3), cell(SERIAL + 0.5, 2), SERIAL + 0.83])]
    _, read, said = opened(tmp_path, workbook({"s": rows}))
    assert [row[1] for row in read.values()] == [
        "2021-03-01 00:00:00",
        "2021-03-01 12:00:00",
        "2021-03-01 19:59:59",
        "2021-03-02 00:00:00",
        "12:00:00",
        "44256 days, 12:00:00",
        "44256.83",
    ]
    assert said == []
    later = workbook({"s": [HEADINGS, ["1", cell(SERIAL - 1462 + 0.5, 1)]]}, settings='<workbookPr date1904="1"/>')
    assert opened(tmp_path, later)[1][2][1] == "2021-03-01 12:00:00"


def test_open_excel_says_that_all_times_are_at_midnight(tmp_path):
    _, read, said = opened(tmp_path, workbook({"s": [HEADINGS, ["1", cell(SERIAL, 1)], ["2", cell(SERIAL + 1, 1)]]}))
    assert [row[1] for row in read.values()] == ["2021-03-01 00:00:00", "2021-03-02 00:00:00"]
    assert len(said) == 1 and "midnight" in said[0]


def test_open_excel_reads_no_number_that_has_lost_digits(tmp_path):
    rows = [HEADINGS, [202103010000012345, "", "", 202103010000012345], [13912345678, "", "", ""]]
    _, read, said = opened(tmp_path, workbook({"s": rows}))
    assert (read[2][0], read[3][0]) == (UNREADABLE, "13912345678")
    assert len(said) == 1 and re.search('"编号": 1 cell .row 2. holds a number of 16 digits or more', said[0])


def test_open_excel_decodes_what_the_format_escapes(tmp_path):
    rows = [HEADINGS, ["1_x000D_", "a_x005F_x000D_", True, ""]]
    assert opened(tmp_path, workbook({"s": rows}))[1] == {2: ["1\r", "a_x000D_", "TRUE", ""]}


def test_open_excel_takes_rows_of_blanks_as_empty(tmp_path):
    assert opened(tmp_path, workbook({"s": [HEADINGS, ["1"], ["", " \r", "　"]]}))[1][3] == []


def test_open_excel_fills_merged_cells_down(tmp_path):
    rows = sheet_data([HEADINGS, ["1", "x", "初中", "n"], ["2", "x", "", ""], ["3", "x", "高中"]]) + merged(
        "C2:C3", "D2:D3"
    )
    _, read, said = opened(tmp_path, workbook({"s": rows}))
    assert [row[2] for row in read.values()] == ["初中", "初中", "高中"]
    assert len(said) == 1 and re.search('"学段": 1 cell .row 3. holds what the first of the cells', said[0])


def test_open_excel_reads_no_cells_merged_across_columns(tmp_path):
    rows = sheet_data([HEADINGS, ["1", "x", "", ""], ["2", "x", "初中", ""]]) + merged("B2:C2")
    _, read, said = opened(tmp_path, workbook({"s": rows}))
    assert read[2][:3] == ["1", "x", UNREADABLE] and read[3][:3] == ["2", "x", "初中"]
    assert len(said) == 1 and re.search('"学段": 1 cell .row 2. holds .*merged with those of other columns', said[0])


@pytest.mark.parametrize("where", ["B1:C1", "B1:B2"])
def test_open_excel_refuses_merged_headings(tmp_path, where):
    message = refused(tmp_path, workbook({"s": sheet_data([HEADINGS, ["1", "x"]]) + merged(where)}))
    assert re.search("row 1, column 2: the heading is merged.*Unmerge", message, re.DOTALL)


def test_open_excel_minds_no_merged_heading_of_another_column(tmp_path):
    content = workbook({"s": sheet_data([[*HEADINGS, ""], ["1", "x"]]) + merged("D1:E1")})
    assert opened(tmp_path, content)[0] == HEADINGS


def test_open_excel_finds_the_headings_below_notes(tmp_path):
    rows = sheet_data([["热线记录"], [], ["编号", "2021"], HEADINGS, ["1", "x"], ["2", "x"]]) + merged("A1:D1", "B5:B6")
    (tmp_path / "export.xlsx").write_bytes(workbook({"s": rows}))
    table = excel.open_excel(tmp_path / "export.xlsx", EXPECTED, "")
    assert (table.above, table.headings, [number for number, _ in table.rows]) == (3, HEADINGS, [5, 6])
    assert any("rows 1 to 3: what stands above the headings is left out" in each for each in table.remarks())


def test_open_excel_refuses_headings_of_two_rows(tmp_path):
    rows = [["编号", "来电", ""], ["", "时间", "学段"], ["1", "x", "初中"]]
    message = refused(tmp_path, workbook({"s": sheet_data(rows) + merged("A1:A2", "B1:C1")}))
    assert "row 2, column 1: the heading is merged" in message


@pytest.mark.parametrize("heading", [ERROR, formula()])
def test_open_excel_refuses_a_heading_that_cannot_be_read(tmp_path, heading):
    message = refused(tmp_path, workbook({"s": [["编号", heading], ["1", "x"]]}))
    assert "row 1, column 2: an error, or a formula that no program has calculated" in message


def with_stray_cell(reference):
    row = re.sub("[A-Z]", "", reference)
    far = f'<row r="{row}"><c r="{reference}" t="str"><v> </v></c></row>'
    return workbook({"s": sheet_data([HEADINGS, ["1", "x"]]).replace("</sheetData>", far + "</sheetData>")})


@pytest.mark.parametrize("reference", ["XFD1048576", "XFD9000", "Z1048576"])
def test_open_excel_refuses_a_cell_far_away(tmp_path, reference):
    message = refused(tmp_path, with_stray_cell(reference))
    assert f"reaches to {reference};" in message and "delete the rows below the table" in message


@pytest.mark.parametrize("more", ['<c r="B2"><v>2</v></c>', ""])
def test_open_excel_refuses_a_cell_far_away_in_a_row_that_is_not_its_own(tmp_path, more):
    stray = '<c r="XFD1048576"><v>1</v></c>'
    row = f'<row r="2"><c r="A2"><v>1</v></c>{stray}{more}</row></sheetData>'
    sheet = sheet_data([HEADINGS]).replace("</sheetData>", row)
    assert "reaches to XFD1048576;" in refused(tmp_path, workbook({"s": sheet}))
    assert opened(tmp_path, workbook({"s": sheet.replace(stray, '<c r="XFD1048576"/>')}))[0] == HEADINGS


@pytest.mark.parametrize("reference", ["XFD3", "A90000"])
def test_open_excel_reads_a_sheet_with_a_cell_not_so_far_away(tmp_path, reference):
    headings, read, _ = opened(tmp_path, with_stray_cell(reference))
    assert headings == HEADINGS and [number for number, row in read.items() if row] == [2]


def test_open_excel_reads_the_only_sheet_that_is_not_hidden_and_says_so(tmp_path):
    content = workbook({"词典": [["初中"]], "热线": [HEADINGS, ["1"]]}, hidden=["词典"])
    headings, _, said = opened(tmp_path, content)
    assert headings == HEADINGS and len(said) == 1 and "hidden (1) are not read" in said[0]
    assert opened(tmp_path, content, "词典")[0] == ["初中"]
    assert "the file has 2 sheets" in refused(tmp_path, workbook({"一": [HEADINGS], "二": [HEADINGS]}))


def test_open_excel_reads_hidden_rows_and_says_so(tmp_path):
    xml = sheet_data([HEADINGS, ["1"], ["2"]]).replace('<row r="3">', '<row r="3" hidden="1">')
    _, read, said = opened(tmp_path, workbook({"s": xml}))
    assert len(read) == 2 and len(said) == 1 and "hidden or filtered rows (1)" in said[0]


@pytest.mark.parametrize("strict", [False, True])
def test_open_excel_trusts_no_dimension(tmp_path, strict):
    xml = '<dimension ref="A1"/>' + sheet_data([HEADINGS, ["1", "x", "初中"]])
    assert opened(tmp_path, workbook({"s": xml}, strict=strict))[1][2][:3] == ["1", "x", "初中"]


@pytest.mark.parametrize("size", [0.1, 0.5, 0.9, 0.999])
def test_open_excel_refuses_a_file_that_is_cut_off(tmp_path, size):
    content = workbook({"s": [HEADINGS, ["13800000003"]]})
    assert "damaged Excel file; open it, save it again" in refused(tmp_path, content[: int(len(content) * size)])


@pytest.mark.parametrize(
    "row",
    [
        '<c t="s"><v>13800000003</v></c>',
        '<c t="str"><v>13800000003</c>',
        '<c r="13800000003"><v>1</v></c>',
        '<c t="str"><v>&13800000003;</v></c>',
        '<c t="zz"><v>13800000003</v></c>',
    ],
)
def test_open_excel_quotes_no_cell_of_a_damaged_sheet(tmp_path, row):
    message = refused(tmp_path, workbook({"s": [HEADINGS, [row]]}))
    assert "damaged Excel file" in message and "13800000003" not in message
