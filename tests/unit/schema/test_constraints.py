"""Constraints go with a type of variable, and can be obeyed."""

import pytest
from codebooks import CHOICE, DAY, NUMBER

from hotline.schema.constraints import not_a_pattern, wrong_constraints
from hotline.schema.shape import read_field

TICKET = CHOICE | {"name": "ticket_id", "codes": [], "reference": None}
WHOLE = NUMBER | {"type": "integer", "decimals": None}


def said(entry, **constraints):
    """What is said of the constraints of an entry."""
    field, faults, _ = read_field(entry | {"constraints": constraints}, ())
    assert not faults
    return [f"{key}: {words}" for key, words in wrong_constraints(field)]


@pytest.mark.parametrize(
    ("entry", "constraints"),
    [
        (TICKET, {"pattern": "[0-9]{8,14}", "unique": "true", "minLength": "8", "maxLength": "14"}),
        (CHOICE, {"enum": ["甲", "乙"], "required": "true"}),
        (WHOLE, {"minimum": "3", "maximum": "3", "required": "true"}),
        (NUMBER, {"minimum": "10.5", "maximum": "60"}),
        (DAY, {"minimum": "2019-01-01", "maximum": "2022-12-31"}),
    ],
)
def test_what_can_be_obeyed_is_accepted(entry, constraints):
    assert said(entry, **constraints) == []


@pytest.mark.parametrize(
    ("entry", "constraints", "expected"),
    [
        (WHOLE, {"minimum": "9", "maximum": "3"}, "minimum: the minimum 9 is larger than the maximum 3"),
        (WHOLE, {"minimum": "three"}, "minimum: \"minimum\" is 'three'; expected a whole number"),
        (WHOLE, {"minimum": "1.5"}, "expected a whole number"),
        (NUMBER, {"maximum": "1.55"}, "expected a number with at most 1 decimals"),
        (DAY, {"minimum": "1.1.2019"}, "expected a day as YYYY-MM-DD"),
        (CHOICE, {"minimum": "1"}, "it is one of a number or a time, but \"type\" is 'string' with codes"),
        (WHOLE, {"pattern": "[0-9]"}, "it is one of texts, but \"type\" is 'integer'; write minimum and maximum"),
        (DAY, {"enum": ["2019-01-01"]}, "it is one of texts"),
        (TICKET, {"minLength": "9", "maxLength": "3"}, "the minLength 9 is larger than the maxLength 3"),
        (TICKET, {"maxLength": "-1"}, "-1 is less than 0"),
        (TICKET, {"pattern": "([0-9]"}, "it is no regular expression of RE2"),
        (CHOICE, {"enum": ["first"]}, '"first" is none of the texts that stand for a code'),
        (CHOICE | {"header": None}, {"required": "true"}, "this variable has no `header`"),
    ],
)
def test_what_cannot_be_obeyed_is_refused(entry, constraints, expected):
    (words,) = said(entry, **constraints)
    assert expected in words


def test_a_pattern_is_data_and_no_sql():
    assert not_a_pattern("'; DROP TABLE decoded; --") is None
    assert "RE2" in not_a_pattern(r"(?=look)")
