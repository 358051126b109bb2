"""Sentences on the cells of a sheet."""

from hotline.cleaning.readers.sheet_remarks import SheetRemarks


def test_sentences_count_the_cells_and_name_the_first_rows():
    remarks = SheetRemarks("x.xlsx", {4: "学段", 2: "城市"})
    for number in (2, 5, 9, 11):
        remarks.note("error", 4, number)
    remarks.note("uncalculated", 2, 7)
    first, second = remarks.sentences()
    assert first.startswith('x.xlsx, column "城市": 1 cell (row 7) holds a formula that no program has calculated;')
    assert second.startswith('x.xlsx, column "学段": 4 cells (rows 2, 5, 9 ...) hold an error such as #N/A;')


def test_sentences_name_columns_that_are_alike_together():
    remarks = SheetRemarks("x.xlsx", dict(enumerate("abcde")))
    for position in range(5):
        remarks.note("across", position, 7)
    (said,) = remarks.sentences()
    assert said.startswith('x.xlsx, columns "a", "b", "c" and 2 more: 1 cell in each (row 7) holds cells merged with')


def test_sentences_say_that_all_times_of_a_column_are_at_midnight():
    remarks = SheetRemarks("x.xlsx", {0: "来电时间", 1: "结束时间"})
    remarks.times.update({0: 3, 1: 3})
    remarks.midnights.update({0: 3, 1: 2})
    (said,) = remarks.sentences()
    assert said.startswith('x.xlsx, column "来电时间": all 3 times are at midnight.')


def test_sentences_say_what_is_left_out_or_hidden():
    assert SheetRemarks("x.xlsx", {}, above=3, hidden_rows=2, hidden_sheets=1).sentences() == [
        "x.xlsx, rows 1 to 3: what stands above the headings is left out.",
        "x.xlsx: hidden or filtered rows (2) are read like the others.",
        "x.xlsx: the sheets that are hidden (1) are not read.",
    ]
    assert SheetRemarks("x.xlsx", {}).sentences() == []
