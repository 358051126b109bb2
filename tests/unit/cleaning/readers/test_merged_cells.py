"""Merged cells: filled down within a column, not to be read across columns."""

from collections import Counter

from hotline.cleaning.readers.merged_cells import blocks, filled
from hotline.cleaning.readers.table import UNREADABLE


def fill(rows, ranges, described=(0, 1, 2)):
    """The rows, numbered from 2, once filled, and what was noted: {(kind, position, row): times}."""
    noted = Counter()
    numbered = ((number, list(row)) for number, row in enumerate(rows, 2))
    read = filled(numbered, blocks(ranges), described, lambda *what: noted.update([what]))
    return [cells for _, cells in read], noted


def test_filled_gives_each_row_the_value_of_a_block_in_its_column():
    rows = [["1", "初中", "a"], ["2", "", "b"], ["3", "", "c"], ["4", "", "d"]]
    read, noted = fill(rows, [((1, 1), (3, 1))])
    assert [row[1] for row in read] == ["初中", "初中", "初中", ""]
    assert noted == {("filled", 1, 3): 1, ("filled", 1, 4): 1}


def test_filled_lengthens_a_row_that_ends_before_the_block():
    assert fill([["1", "初中", "a"], ["2"]], [((1, 2), (2, 2))])[0][1] == ["2", "", "a"]


def test_filled_keeps_empty_rows_empty():
    rows = [["1", "初中", ""], [], ["", "", ""], ["4", "", ""]]
    read, noted = fill(rows, [((1, 1), (4, 1))])
    assert read[1:] == [[], ["", "", ""], ["4", "初中", ""]] and sum(noted.values()) == 1


def test_filled_does_not_read_a_text_that_a_block_hides():
    read, noted = fill([["1", "初中", ""], ["2", "高中", ""], ["3", "初中", ""]], [((1, 1), (3, 1))])
    assert [row[1] for row in read] == ["初中", UNREADABLE, "初中"] and noted == {("beneath", 1, 3): 1}


def test_filled_reads_no_described_cell_of_a_block_over_columns():
    read, noted = fill([["1", "初中", ""], ["2", "", ""]], [((1, 1), (2, 2))], described=(0, 2))
    assert read == [["1", "初中", UNREADABLE], ["2", "", UNREADABLE]]
    assert noted == {("across", 2, 2): 1, ("across", 2, 3): 1}


def test_filled_reads_the_first_cell_of_a_block_over_columns():
    read, noted = fill([["1", "初中", "x"], ["", "合计", "9"]], [((1, 0), (1, 1)), ((2, 1), (2, 2))])
    assert read == [["1", UNREADABLE, "x"], ["", "合计", UNREADABLE]]
    assert noted == {("across", 1, 2): 1, ("across", 2, 3): 1}


def test_filled_leaves_a_line_between_the_calls_as_it_is():
    read, noted = fill([["1", "初中", "x"], ["三月", "", ""], ["2", "高中", "x"]], [((2, 0), (2, 2))])
    assert read[1] == ["三月", "", ""] and not noted


def test_filled_takes_an_empty_block_as_not_recorded():
    read, noted = fill([["1", "", ""], ["2", "", ""]], [((1, 1), (2, 1))])
    assert read == [["1", "", ""], ["2", "", ""]] and not noted


def test_filled_goes_from_block_to_block():
    rows = [["1", "a", "x"], ["2", "", ""], ["3", "b", ""], ["4", "", "y"]]
    read, _ = fill(rows, [((3, 1), (4, 1)), ((1, 2), (3, 2)), ((1, 1), (2, 1))])
    assert [row[1:] for row in read] == [["a", "x"], ["a", "x"], ["b", "x"], ["b", "y"]]
