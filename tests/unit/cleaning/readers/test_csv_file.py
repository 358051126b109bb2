"""CSV files into headings and rows of text."""

import pytest

from hotline.cleaning.readers import csv_file


def rows_of(tmp_path, content, headings=("a", "b")):
    """Return a CSV file's headings and rows."""
    (tmp_path / "export.csv").write_bytes(content)
    table = csv_file.open_csv(tmp_path / "export.csv", set(headings))
    return table.headings, list(table.rows)


@pytest.mark.parametrize("delimiter", csv_file.DELIMITERS)
def test_delimiter_is_the_one_that_gives_known_headings(tmp_path, delimiter):
    content = f"a{delimiter}b\n1{delimiter}2\n".encode()
    assert rows_of(tmp_path, content) == (["a", "b"], [(2, ["1", "2"])])


def test_open_quotation_costs_one_line(tmp_path):
    assert rows_of(tmp_path, b'a,b\n"1,2\n3,4\n')[1] == [(2, None), (3, ["3", "4"])]


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path):
    content = b'a,b\n\n"1\n1",2\n3\n4,5\n'
    assert rows_of(tmp_path, content)[1] == [(2, []), (3, ["1\n1", "2"]), (4, None), (5, ["4", "5"])]


def test_long_cells_are_read_whole(tmp_path):
    long = "x" * 500_000  # more than the csv module takes by itself
    assert rows_of(tmp_path, f'a,b\n"{long}",2\n'.encode())[1] == [(2, [long, "2"])]
