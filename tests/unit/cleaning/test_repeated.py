"""Rows that repeat another: exact copies, editions of a ticket, and ticket numbers that are given twice."""

import pytest
from exports import BOOK, at, clean

from hotline.cleaning import repeated

SAME = ("records", "same-ticket")


def test_rows_of_a_ticket_are_one_call_and_the_last_stays(tmp_path):
    rows = [at(8), at(9, ticket_id="2"), at(8, level="心理高危"), at(8, level="心理高危"), at(8, city="深圳")]
    left, stages, connection = clean(tmp_path, rows)
    assert left == {2: SAME, 4: SAME, 5: ("records", "duplicate"), 3: ("cases", "repeat-call")}
    assert connection.execute("SELECT city FROM stage_calls WHERE ticket_id = '1'").fetchall() == [("shenzhen",)]
    assert stages.query("rule == 'same-ticket'")["rows"].item() == 2
    (remark,) = repeated.remarks(connection, BOOK)
    assert remark.startswith("1 ticket on several rows with the same start that differ in ")
    assert "2 earlier rows are merged" in remark and BOOK["city"].title in remark and BOOK["level"].title in remark
    assert BOOK["stage"].title not in remark and "心理高危" not in remark


def test_a_row_that_cannot_be_read_takes_no_other_away(tmp_path):
    left, _, connection = clean(tmp_path, [at(8, city="深圳"), at(8, stage="大班")])
    assert left == {3: ("records", "unknown-code")} and repeated.remarks(connection, BOOK) == []


def test_a_ticket_with_two_starts_is_two_calls_and_reported(tmp_path):
    left, _, connection = clean(tmp_path, [at(8), at(12, caller_number="10000000002")])
    assert left == {}
    (remark,) = repeated.remarks(connection, BOOK)
    assert remark.startswith("1 ticket number on rows with different starts")


@pytest.mark.parametrize("ticket", ["", "  "])
def test_rows_without_a_ticket_are_no_editions(tmp_path, ticket):
    rows = [at(8, ticket_id=ticket), at(8, ticket_id=ticket, caller_number="10000000002")]
    left, _, connection = clean(tmp_path, [*rows, rows[0]])
    assert left == {4: ("records", "duplicate")} and repeated.remarks(connection, BOOK) == []


def test_one_call_with_several_tickets_is_reported(tmp_path):
    left, _, connection = clean(tmp_path, [at(8), at(8, ticket_id="2")])
    assert left == {3: ("cases", "repeat-call")}
    (remark,) = repeated.remarks(connection, BOOK)
    assert remark.startswith("1 time rows with different tickets, or none, have the same caller and the same start")
