"""What a pass over a sheet's XML finds that calamine does not say."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import ERROR, cell, formula, sheet_data, workbook

from hotline.cleaning.readers import workbook_xml


def survey(content, sheet="s"):
    return workbook_xml.survey(io.BytesIO(content), sheet)


def odd(row, **more):
    """What is odd about the cells of one row."""
    return survey(workbook({"s": [row]}, **more)).odd.get(1, {})


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("text", None),
        ('a formula <f> or an error t="e" in a text', None),
        (13, None),
        (ERROR, "error"),
        ("<c t='e'><v>#REF!</v></c>", "error"),
        (formula("<v>#DIV/0!</v>", kind="e"), "error"),
        (formula(), "uncalculated"),
        (formula("<v/>"), "uncalculated"),
        (formula("<v></v>"), "uncalculated"),
        (formula(kind="str"), "uncalculated"),
        (formula("<v>3</v>"), None),
        (formula("<v>0</v>"), None),
        (formula("<v>初中</v>", kind="str"), None),
        (formula("<v></v>", kind="str"), None),
        ('<c><f t="shared" si="0"/><v>1</v></c>', None),
        ('<c><f t="shared" si="0"/></c>', "uncalculated"),
        ('<c t="inlineStr"><f>A1</f><is><t>初中</t></is></c>', None),
    ],
)
def test_survey_finds_errors_and_formulas_without_a_value(written, kind):
    assert odd(["x", written, "y", ""]) == ({2: kind} if kind else {})


@pytest.mark.parametrize("result", ["", "<v>0</v>", "<v>0.0</v>", "<v></v>"])
@pytest.mark.parametrize(
    "written_only", [{"settings": '<calcPr calcId="1" fullCalcOnLoad="1"/>'}, {"application": "Apache POI"}]
)
def test_survey_takes_no_zero_of_a_program_that_does_not_calculate(result, written_only):
    assert odd([formula(result), formula("<v>3</v>"), 0], **written_only) == {1: "uncalculated"}


def test_survey_measures_the_cells_that_hold_something():
    rows = '<row r="2"><c r="B2"><v>1</v></c><c r="C2" t="s"/></row><row r="7"><c r="AB7"><v>1</v></c></row>'
    blank = '<row r="9" hidden="1"><c r="XFD9" s="1"/></row><row r="10"/>'
    found = survey(workbook({"s": f'<dimension ref="A1"/><sheetData>{rows}{blank}</sheetData>'}))
    assert (found.cells, found.last_row, found.last_column, found.hidden_rows) == (2, 7, 28, 1)


def test_survey_counts_rows_and_cells_that_have_no_place():
    rows = f'<row><c/><c/><c><v>1</v></c></row><row/><row><c/>{ERROR}<c r="E3"/>{ERROR}</row>'
    found = survey(workbook({"s": f"<sheetData>{rows}</sheetData>"}))
    assert found.odd == {3: {2: "error", 6: "error"}}
    assert survey(workbook({"s": [["", "", 1]]})).last_column == 3
    twice = f'<sheetData><row r="2">{ERROR}</row><row r="2"><c r="C2" t="e"/></row></sheetData>'
    assert survey(workbook({"s": twice})).odd == {2: {1: "error", 3: "error"}}


def test_survey_reads_prefixed_and_strict_names_and_the_sheet_that_is_meant():
    prefixed = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="4">'
        '<x:c r="B4" t="e"><x:v>#N/A</x:v></x:c><x:c r="C4"><x:f>A1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
    )
    content = workbook({"first": [[1]], "二月 & <更多>": prefixed}, strict=True)
    assert survey(content, "二月 & <更多>").odd == {4: {2: "error", 3: "uncalculated"}}
    assert survey(content, "first").odd == {}


def test_survey_believes_the_place_of_a_cell_rather_than_its_row():
    found = survey(workbook({"s": '<sheetData><row r="2"><c r="B9"><v>1</v></c></row></sheetData>'}))
    assert (found.last_row, found.last_column) == (9, 2)


def test_survey_reads_rich_texts_beside_formulas():
    rich = (
        '<c r="B1" t="inlineStr"><is><r><rPr><color theme="1"/><family val="2"/><vertAlign val="superscript"/></rPr>'
        "<t>初中</t></r></is></c>"
    )
    found = survey(workbook({"s": [['<c r="A1"><f>1</f></c>', rich, '<c r="D1" t="e"/>', rich.replace("B1", "E1")]]}))
    assert (found.odd, found.cells, found.last_column) == ({1: {1: "uncalculated", 4: "error"}}, 2, 5)


def test_survey_reads_a_long_sheet_in_pieces():
    rows = [["广州" * 20, n, ERROR if n % 1000 == 7 else formula("<v>1</v>")] for n in range(30_000)]
    found = survey(workbook({"s": rows}))
    assert found.odd == {n + 1: {3: "error"} for n in range(7, 30_000, 1000)}
    assert (found.cells, found.last_row) == (90_000, 30_000)


def damaged_copies():
    """Workbooks that are damaged, each in one way."""
    whole = workbook({"s": sheet_data([[cell(f"{n}{n * 7919}") for n in range(300)]])})
    yield "cut off", whole[: len(whole) // 2]
    at = whole.index(b"PK\x03\x04") + 60
    yield "changed", whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]
    yield "no workbook", b"PK\x03\x04" + bytes(100)
    for missing in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"):
        content = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(content, "w") as copy:
            for name in source.namelist():
                if name != missing:
                    copy.writestr(name, source.read(name))
        yield f"without {missing}", content.getvalue()
    yield "no XML", workbook({"s": [["<c t='e'><v>13800000003</w></c>"]]})
    yield "another sheet", workbook({"t": [[1]]})


@pytest.mark.parametrize(("how", "content"), list(damaged_copies()))
def test_survey_of_a_damaged_workbook_raises_without_a_text(how, content):
    with pytest.raises(workbook_xml.DamagedWorkbook) as raised:
        survey(content)
    assert str(raised.value) == "" and raised.value.__suppress_context__


def test_survey_refuses_entities():
    content = io.BytesIO(workbook({"s": [[1]]}))
    changed = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(changed, "w") as copy:
        for name in source.namelist():
            text = source.read(name).decode()
            bomb = f'<!DOCTYPE a [<!ENTITY b "{"b" * 99}"><!ENTITY c "&b;&b;">]>' if name == "xl/workbook.xml" else ""
            copy.writestr(name, bomb + text)
    with pytest.raises(workbook_xml.DamagedWorkbook):
        survey(changed.getvalue())


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("ZZ", 702), ("AAA", 703)])
def test_column_letters_and_numbers(letters, number):
    assert workbook_xml.column_number(letters) == number and workbook_xml.column_letters(number) == letters


RICH = '<is><r><rPr><color theme="1"/><vertAlign val="x"/></rPr><t>a</t></r></is>'
INSIDE = {  # what stands in a cell: its type, its XML, what is odd about it
    "number": ("", "<v>1</v>", None),
    "text": ("str", "<v>&lt;f></v>", None),
    "rich": ("inlineStr", RICH, None),
    "blank": ("", "", None),
    "error": ("e", "<v>#N/A</v>", "error"),
    "calculated": ("", "<f>A1</f><v>1</v>", None),
    "empty text": ("str", "<f>A1</f><v></v>", None),
    "shared": ("", '<f t="shared" si="0"/>', "uncalculated"),
    "uncalculated": ("", "<f>A1</f><v/>", "uncalculated"),
}
CELLS = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from(sorted(INSIDE))), max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), CELLS), max_size=5))
def test_survey_agrees_with_how_a_sheet_was_written(rows):
    """Whatever cells, with their places or without, after gaps that need a place."""
    body, odd, full, row = "", {}, [], 0
    for row_gap, row_placed, cells in rows:
        row, column = row + 1 + row_gap, 0
        body += f'<row r="{row}">' if row_gap or row_placed else "<row>"
        for gap, placed, name in cells:
            column += 1 + gap
            reference = f' r="{workbook_xml.column_letters(column)}{row}"' if gap or placed else ""
            kind, inside, oddity = INSIDE[name]
            body += f"<c{reference}{f' t={chr(34)}{kind}{chr(34)}' if kind else ''}>{inside}</c>"
            if oddity:
                odd.setdefault(row, {})[column] = oddity
            if "</v>" in inside or "<is>" in inside:
                full.append((row, column))
        body += "</row>"
    found = survey(workbook({"s": f"<sheetData>{body}</sheetData>"}))
    assert found.odd == odd and found.cells == len(full)
    assert found.last_row == max((row for row, _ in full), default=0)
