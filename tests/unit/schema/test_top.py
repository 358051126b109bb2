"""The keys beside the fields."""

import pytest
from codebooks import book, said


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("missingValues", ["NA"], '"missingValues" is not a list of texts with "" among them; write [""]'),
        ("missingValues", "NA", '"missingValues" is not a list'),
        ("foreignKeys", [], '"foreignKeys" is not obeyed'),
        ("uniqueKeys", [["ticket_id"]], "write `constraints: {unique: true}` in the field"),
        ("primaryKey", ["ticket_id", "call_start"], '"primaryKey" is not the name of one field'),
        ("primaryKey", "tickt_id", 'there is no variable "tickt_id"; did you mean "ticket_id"?'),
        ("missingvalues", [""], 'unknown key "missingvalues"; did you mean "missingValues"?'),
        ("rows", 3, 'unknown key "rows"; leave it out'),
    ],
)
def test_what_is_not_obeyed_is_refused(tmp_path, key, value, expected):
    assert expected in said(tmp_path, lambda _, schema: schema.update({key: value}))


def test_texts_for_not_recorded_hold_for_every_column(tmp_path):
    other = book(tmp_path, lambda _, schema: schema.update(missingValues=["", "NA", "未知"]))
    assert other["age"].missing[-1] == "NA" and "NA" in other["counsellor"].missing
    assert other["sex"].missing.count("未知") == 1
    assert other["waiting"].missing == ()


def test_a_primary_key_is_required_and_unique(tmp_path):
    other = book(tmp_path, lambda _, schema: schema.update(primaryKey="ticket_id"))
    assert other["ticket_id"].constraints.required and other["ticket_id"].constraints.unique
    assert not other["sex"].constraints.unique


def test_what_describes_the_file_says_nothing_of_rows(tmp_path):
    assert book(tmp_path, lambda _, schema: schema.update(licenses=[{"name": "CC0"}], version="1")).remarks == []
