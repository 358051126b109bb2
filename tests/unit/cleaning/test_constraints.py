"""Constraints of the codebook are obeyed on every row."""

import pytest
from codebooks import CHOICE, DAY, NUMBER, book
from exports import at, clean


def left_under(folder, field, texts, **constraints):
    """The rules under which rows with some texts of a field leave, row by row; None for a row that stays a call."""

    def change(fields, schema):
        one = fields.get(field["name"]) or field
        one.update({key: value for key, value in field.items() if key not in one} | {"constraints": constraints})
        if one is field:
            schema["fields"].append(field)

    other = book(folder, change)
    rows = [at(8 + n, caller_number=f"1380000{n:04d}") | {field["name"]: text} for n, text in enumerate(texts)]
    left, *_ = clean(folder, rows, book=other)
    return [left.get(2 + n, (None, None))[1] for n in range(len(texts))]


TICKET = {"name": "ticket_id"}
BROKEN = "constraint"


@pytest.mark.parametrize(
    ("field", "constraints", "texts", "rules"),
    [
        (
            TICKET,
            {"pattern": "[0-9]{2}|X"},
            ["12", "123", "X", "X1", "１２", ""],
            [None, BROKEN, None, BROKEN, None, None],
        ),
        (TICKET, {"pattern": "'; DROP TABLE decoded; --"}, ["1"], [BROKEN]),
        (TICKET, {"minLength": 2, "maxLength": 3}, ["1", "号2", "1234"], [BROKEN, None, BROKEN]),
        (TICKET, {"enum": ["1", "2"]}, ["1", "3"], [None, BROKEN]),
        (TICKET, {"required": True}, ["1", "", " "], [None, BROKEN, BROKEN]),
        (TICKET, {"unique": True}, ["1", "2", "1", "", "", "1"], [None, None, BROKEN, None, None, BROKEN]),
        ({"name": "sex"}, {"required": True}, ["男", "未知", ""], [None, BROKEN, BROKEN]),
        ({"name": "sex"}, {"enum": ["男"]}, ["男", "男生", "女"], [None, BROKEN, BROKEN]),
        ({"name": "counsellor"}, {"pattern": "[A-Z][0-9]"}, ["A1", "a1"], [None, BROKEN]),
        (
            {"name": "caller_number"},
            {"pattern": "1[0-9]{10}"},
            ["+86 139-1000-0001", "12355", "匿名"],
            [None, BROKEN, None],
        ),
        ({"name": "caller_number"}, {"required": True}, ["13910000001", "匿名", "139****0001"], [None, BROKEN, BROKEN]),
        ({"name": "age"}, {"minimum": 6, "maximum": 18}, ["5", "6", "18", "19"], ["unknown-code", None, None] * 2),
        ({"name": "call_start"}, {"minimum": "2021-03-01", "maximum": "2021-03-01"}, ["2021-03-01 08:00:00"], [None]),
        ({"name": "call_start"}, {"maximum": "2021-02-28"}, ["2021-03-01 08:00:00"], [BROKEN]),
        (CHOICE, {"required": True}, ["甲", "", "丙"], [None, BROKEN, "unknown-code"]),
        (
            NUMBER,
            {"minimum": "10.5", "unique": True},
            ["10.5", "10.4", "10.50", "11"],
            [None, "unknown-code", BROKEN, None],
        ),
        (DAY, {"minimum": "2021-01-31"}, ["2021/01/31", "2021/01/30", ""], [None, BROKEN, None]),
    ],
)
def test_a_row_that_breaks_a_constraint_is_rejected(tmp_path, field, constraints, texts, rules):
    assert left_under(tmp_path, dict(field), texts, **constraints) == rules[: len(texts)]


def test_the_exact_duplicate_of_a_row_is_merged_and_breaks_nothing(tmp_path):
    other = book(tmp_path, lambda _, schema: schema.update(primaryKey="ticket_id"))
    rows = [at(8), at(8), at(9), at(10, ticket_id="2", caller_number="13800000002")]
    left, *_ = clean(tmp_path, rows, book=other)
    assert left == {3: ("records", "duplicate"), 4: ("records", BROKEN)}


def test_a_column_of_which_every_cell_is_required_must_be_there(tmp_path):
    other = book(tmp_path, lambda fields, _: fields["boarding"].update(constraints={"required": True}))
    assert other["boarding"].needed
