"""Columns of an export that say nothing."""

from exports import BOOK, HEADERS, at, clean

from hotline.cleaning import columns


def remarks(folder, *rows):
    """The remarks on the columns of an export of a few calls."""
    *_, connection = clean(folder, list(rows))
    try:
        return columns.remarks(connection, BOOK, [name for name in HEADERS if name in rows[0]])
    finally:
        connection.close()


def test_remarks_are_none_where_one_cell_of_each_column_is_read(tmp_path):
    assert remarks(tmp_path, at(8), at(9, sex="", level="not in the codebook")) == []


def test_remarks_name_a_column_whose_every_cell_is_unknown_and_no_cell(tmp_path):
    (sentence,) = remarks(tmp_path, at(8, sex="M"), at(9, sex="F"), at(10, sex=""))
    assert HEADERS["sex"] in sentence and "none of its 2 texts" in sentence
    assert '"M"' not in sentence and '"F"' not in sentence


def test_remarks_name_an_empty_column(tmp_path):
    (sentence,) = remarks(tmp_path, at(8, age="", city=""), at(9, age=" ", city="不详"))
    assert HEADERS["age"] in sentence and HEADERS["city"] in sentence and "in every row" in sentence
