"""Quotation marks in CSV: those of RFC 4180, and those that are text."""

import pytest

from hotline.cleaning.readers import csv_rows


def rows_of(tmp_path, content):
    """Return the rows below the headings of a CSV text."""
    (tmp_path / "export.csv").write_text(content, encoding="utf-8", newline="")
    return list(csv_rows.rows(tmp_path / "export.csv", "utf-8", ","))[1:]


def test_open_quotation_costs_one_line(tmp_path):
    assert rows_of(tmp_path, 'a,b\n"1,2\n3,4\n') == [(2, None), (3, ["3", "4"])]


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path):
    content = 'a,b\n\n"1\n1",2\n3\n4,5\n'
    assert rows_of(tmp_path, content) == [(2, []), (3, ["1\n1", "2"]), (4, None), (5, ["4", "5"])]


LINE = "1,x,2,3\n"


@pytest.mark.parametrize("between", [0, 1, 5])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_quotation_swallows_no_rows(tmp_path, between, ending):
    content = "a,b,c,d\n" + LINE + '1,"good,2,3\n' + LINE * between + '1,bye",2,3\n' + LINE
    rows = rows_of(tmp_path, content.replace("\n", ending))
    good = ["1", "x", "2", "3"]
    assert rows[:2] == [(2, good), (3, None)] and rows[-2] == (4 + between, ["1", 'bye"', "2", "3"])
    assert [cells for _, cells in rows[2:-2]] == [good] * between and len(rows) == 4 + between


@pytest.mark.parametrize("text", ["one\ntwo", "\n", "one, two\nthree", 'say ""so""\n', "a,b\nc,d\ne", "1\n\n\n,\n"])
@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_quotation_may_span_lines(tmp_path, text, position):
    cells = ["1", "x", "2", "3"]
    cells[position] = f'"{text}"'
    read = [text.replace('""', '"') if each == position else cell for each, cell in enumerate(["1", "x", "2", "3"])]
    assert rows_of(tmp_path, "a,b,c,d\n" + ",".join(cells) + "\n" + LINE) == [(2, read), (3, ["1", "x", "2", "3"])]


def test_long_quotations_are_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_rows, "LONGEST_CELL", 100)
    assert rows_of(tmp_path, 'a,b\n"1,2\n' + "3,4\n" * 100)[::100] == [(2, None), (102, ["3", "4"])]
