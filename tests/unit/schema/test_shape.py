"""The form of an entry: each wrong key in one sentence."""

import pytest
from codebooks import CHOICE, said

from hotline.schema.shape import read_field


def words_of(**more):
    """What is said of an entry."""
    return [fault.words for fault in read_field(CHOICE | more, ("fields", 0))[1]]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("refrence", "male", 'unknown key "refrence"; did you mean "reference"?'),
        ("kind", "male", 'unknown key "kind"; leave it out'),
        ("block", "people", "\"block\" is 'people'; expected one of individual"),
        ("block", "famly", 'did you mean "family"?'),
        ("type", "moment", "\"type\" is 'moment'; expected one of string, integer, number, datetime, date"),
        ("type", "boolean", "for a boolean take string, with two `codes`"),
        ("type", "strng", 'did you mean "string"?'),
        ("title", None, '"title" is empty; expected a text'),
        ("normalise", "phone", "\"normalise\" is 'phone'; expected one of telephone, text"),
        ("needed", "perhaps", "\"needed\" is 'perhaps'; expected true or false"),
        ("decimals", "one", "\"decimals\" is 'one'; expected a whole number"),
        ("missing", "999", "\"missing\" is '999'; expected a list in square brackets"),
        (
            "missing",
            [None],
            'an entry of "missing" is empty; expected a text, in quotation marks if it is the word null',
        ),
        ("constraints", {"minimun": "3"}, '"constraints": unknown key "minimun"; did you mean "minimum"?'),
        ("constraints", ["3"], '"constraints" is a list; expected keys and values'),
        ("constraints", {"unique": "often"}, '"constraints": "unique" is \'often\'; expected true or false'),
        ("codes", [{"code": "one", "en": "One"}], 'code "one": "zh" is missing; add it'),
        ("codes", [{"code": "one", "en": "One", "zh": "一", "gruop": "x"}], 'code "one": unknown key "gruop"; did'),
        ("codes", [{"code": "one", "en": "One", "zh": "一", "region": "x"}], 'unknown key "region"; write "group"'),
        ("codes", [{"code": "one", "en": "One", "zh": "一", "below": "x"}], "\"below\" is 'x'; expected a number"),
        ("codes", ["one"], "an entry of \"codes\" is 'one'; expected keys and values"),
        ("format", "any", '"format" is not read; write the forms of a time as a list under `formats`'),
        ("missingValues", ["x"], "write these texts under `missing`"),
        ("trueValues", ["x"], "give the field two `codes`"),
    ],
)
def test_every_key_is_checked_in_one_sentence(key, value, expected):
    (words,) = words_of(**{key: value})
    assert expected in words and "\n" not in words


def test_a_key_that_is_needed_is_missed():
    entry = {key: value for key, value in CHOICE.items() if key != "known"}
    (fault,) = read_field(entry, ("fields", 0))[1]
    assert fault.words == '"known" is missing; expected one of dialling, intake, assessment, after'


def test_all_faults_of_an_entry_come_at_once_with_their_places():
    faults = read_field(CHOICE | {"block": "x", "needed": "x", "codes": [{"code": "a", "en": None}]}, ("fields", 7))[1]
    assert {fault.place for fault in faults} == {
        ("fields", 7, "block"),
        ("fields", 7, "needed"),
        ("fields", 7, "codes", 0, "en"),
        ("fields", 7, "codes", 0, "zh"),
    }


def test_keys_that_say_nothing_of_rows_are_passed_over():
    field, faults, remarks = read_field(CHOICE | {"rdfType": "x", "example": "甲", "format": "default"}, ())
    assert field.name == "choice" and not faults and not remarks


@pytest.mark.parametrize("entry", ["name：choice", None, [], "x"])
def test_an_entry_without_keys_is_refused(entry):
    field, (fault,), _ = read_field(entry, ("fields", 0))
    assert field is None and 'expected keys such as "name" and "type"' in fault.words
    assert ("full-width" in fault.words) == ("：" in str(entry))


def test_a_field_without_a_name_is_named_by_its_position(tmp_path):
    assert 'field 1 of the list: "name" is missing; add it' in said(
        tmp_path, lambda fields, _: fields["ticket_id"].pop("name")
    )
