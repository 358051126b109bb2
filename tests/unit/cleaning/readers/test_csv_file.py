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


def test_headings_are_found_below_notes(tmp_path):
    content = b'notes: "a, b\n\n"a";"b"\n1;2\n'
    (tmp_path / "export.csv").write_bytes(content)
    table = csv_file.open_csv(tmp_path / "export.csv", {"a", "b"})
    assert (table.headings, table.above, list(table.rows)) == (["a", "b"], 2, [(4, ["1", "2"])])
    assert table.remarks() == [f"{tmp_path}/export.csv, rows 1 to 2: what stands above the headings is left out."]


@pytest.mark.parametrize(
    ("content", "headings", "rows"),
    [
        ("a,b\n1,2,\n3,4,\n", ["a", "b", ""], [(2, ["1", "2", ""]), (3, ["3", "4", ""])]),
        ("a,b,,\n1,2\n3,4\n", ["a", "b"], [(2, ["1", "2"]), (3, ["3", "4"])]),
        ("a,b\n1,2,\n3,4\n", ["a", "b"], [(2, None), (3, ["3", "4"])]),
        ("a,b\n1,2,\n3,4,5\n", ["a", "b"], [(2, None), (3, None)]),
        ("a,b,c\n1,2\n3,4\n", ["a", "b", "c"], [(2, None), (3, None)]),
    ],
)
def test_cells_at_the_end_of_all_rows_count_only_where_they_are_empty(tmp_path, content, headings, rows):
    assert rows_of(tmp_path, content.encode()) == (headings, rows)


def test_long_cells_are_read_whole(tmp_path):
    long = "x" * 500_000  # more than the csv module takes by itself
    assert rows_of(tmp_path, f'a,b\n"{long}",2\n'.encode())[1] == [(2, [long, "2"])]
