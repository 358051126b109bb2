"""Faults of one field, beyond the form of its keys."""

import pytest
from codebooks import CHOICE, DAY, NUMBER

from hotline.schema.checks import faults_of
from hotline.schema.shape import read_field

FIRST, SECOND = CHOICE["codes"]


def faults(entry, **more):
    """The faults of an entry with other values, as place below the field and words."""
    field, wrong, _ = read_field(entry | more, ())
    assert not wrong
    return [(fault.place, fault.words) for fault in faults_of(field, ())]


def test_a_choice_a_number_and_a_day_have_none():
    assert faults(CHOICE) == faults(NUMBER) == faults(DAY) == []
    assert faults(CHOICE, type="integer") == []


@pytest.mark.parametrize(
    ("entry", "more", "place", "expected"),
    [
        (CHOICE, {"name": "n"}, ("name",), "the compendium has a column of this name of its own"),
        (
            CHOICE,
            {"codes": [], "reference": None},
            ("type",),
            "a text without codes cannot be counted; give it `codes`",
        ),
        (DAY, {"type": "datetime", "formats": []}, ("type",), "the only times are call_start, answer_time, call_end"),
        (CHOICE, {"type": "number", "decimals": "1"}, ("codes",), "\"type\" is 'number', which has no codes"),
        (NUMBER, {"decimals": None}, ("type",), 'add "decimals: 1" (0 to 6), or take integer'),
        (NUMBER, {"decimals": "7"}, ("decimals",), '"decimals" is 7; expected 0 to 6'),
        (NUMBER, {"type": "integer"}, ("decimals",), '"decimals" are those of a number, but "type" is \'integer\''),
        (CHOICE, {"title": " "}, ("title",), '"title" is empty'),
        (CHOICE, {"title": "x" * 201}, ("title",), '"title" has 201 characters; a label of at most 200 has room'),
        (CHOICE, {"header": " 甲 "}, ("header",), "has spaces around it"),
        (CHOICE, {"missing": ["x" * 1001]}, ("missing", 0), "more than 1000 characters"),
        (CHOICE, {"reference": "third"}, ("reference",), 'the reference "third" is not among its codes'),
        (NUMBER, {"ordered": "true"}, ("ordered",), '"ordered" is true; expected true only with codes'),
        (NUMBER, {"formats": ["%Y"]}, ("formats",), '"formats" are those of a time'),
        (DAY, {"formats": ["%Y"]}, ("formats", 0), "it has no month"),
        (NUMBER, {"constraints": {"minimum": "x"}}, ("constraints", "minimum"), '"constraints": "minimum" is'),
    ],
)
def test_each_fault_has_its_place_and_one_sentence(entry, more, place, expected):
    ((found, words),) = faults(entry, **more)
    assert found == place and expected in words


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (SECOND | {"code": "first"}, 'every code must occur once, and none may be called "missing"; rename "first"'),
        (SECOND | {"code": "missing"}, "every code must occur once"),
        (SECOND | {"code": "a'); DROP TABLE raw; --"}, 'is not of letters, digits and "_" alone'),
        (SECOND | {"zh": "甲"}, "甲 is written for more than one code"),
        (SECOND | {"synonyms": ["甲\u3000"]}, "甲\u3000 is written for more than one code"),
        (SECOND | {"en": ""}, '"en" is empty'),
        (SECOND | {"exclude": "x' OR 1"}, 'the rule "x\' OR 1" is not of small letters'),
        (SECOND | {"below": "3"}, '"below" is the bound of a band; add `bands_of`'),
    ],
)
def test_each_fault_of_a_code_has_one_sentence(second, expected):
    ((_, words),) = faults(CHOICE, codes=[FIRST, second])
    assert expected in words


def test_a_text_may_stand_twice_for_one_code_and_not_for_a_code_and_none():
    assert faults(CHOICE, codes=[FIRST | {"synonyms": ["甲", "1", "１"]}, SECOND]) == []
    assert "under `missing`" in faults(CHOICE, missing=["甲"])[0][1]


def test_a_code_that_leaves_the_study_is_no_reference():
    ((_, words),) = faults(CHOICE, codes=[FIRST | {"exclude": "not-ours"}, SECOND])
    assert words == 'the reference "first" leaves the study; choose another'


def test_a_variable_has_one_source():
    bands = {"header": None, "bands_of": "age", "codes": [FIRST | {"below": "18.5"}, SECOND]}
    assert faults(CHOICE, **bands) == []
    assert "exclude each other" in faults(CHOICE, **bands | {"header": "甲"})[0][1]
    assert "ascending order" in faults(CHOICE, **bands | {"codes": [FIRST, SECOND]})[0][1]
    assert '"true_for" names 2 variables' in faults(CHOICE, header=None, true_for={"sex": [], "stage": []})[0][1]
    assert 'needs the codes "yes" and "no"' in faults(CHOICE, header=None, true_for={"sex": []})[0][1]


def test_more_codes_than_a_byte_counts_are_refused():
    codes = [{"code": f"c{n}", "en": f"C{n}", "zh": f"丙{n}"} for n in range(256)]
    assert "256 codes; expected at most 255" in faults(CHOICE, codes=codes, reference=None)[0][1]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"name": "counsellor", "withheld": ["匿名"]}, "keys of caller_number alone"),
        ({"name": "caller_number", "country_code": "+86"}, "\"country_code\" is '+86'; expected one to three digits"),
        ({"name": "caller_number", "normalise": "text", "country_code": "86"}, 'but "normalise" is "text"'),
    ],
)
def test_how_numbers_are_written_is_checked(more, expected):
    ((_, words),) = faults(CHOICE, **more)
    assert expected in words
