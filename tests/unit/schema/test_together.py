"""Faults of the fields together."""

import pytest
from codebooks import CHOICE, book, said

from hotline.codebook import codebook
from hotline.schema.together import BUILT_ON, COMPUTED, OWN_RULES


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda fields, schema: schema["fields"].remove(fields["city"]), 'the variable "city" is missing'),
        (lambda fields, schema: schema["fields"].append(fields["sex"]), 'two fields have the name "sex"'),
        (lambda fields, _: fields["city"].update(header="学段"), 'two fields have the header "学段"'),
        (lambda fields, _: fields["city"].update(header="年龄 "), "spaces around it"),
        (lambda fields, _: fields["city"].update(header="学　段"), 'two fields have the header "学　段"'),
        (lambda fields, _: fields["region"].update(group_of="town"), 'field "region": there is no variable "town"'),
        (lambda fields, _: fields["region"].update(group_of="citty"), 'did you mean "city"?'),
        (lambda fields, _: fields["at_risk"].update(true_for={"level": ["x"]}), '"level" has no code "x"'),
        (
            lambda fields, _: fields["city"]["codes"][0].update(group="sichuan"),
            'no code "sichuan"; expected one of delta',
        ),
        (lambda fields, _: fields["sex"]["codes"][0].update(group="east"), 'no variable is a group of "sex"'),
        (lambda fields, _: fields["waiting"].update(header="等待"), '"waiting" is computed while cleaning'),
        (lambda fields, _: fields["age"].pop("header"), '"age" is a column of the export'),
        (lambda fields, _: fields["boarding"].pop("header"), "is not derived by `bands_of`, `group_of` or `true_for`"),
        (lambda fields, _: fields["month"]["codes"].pop(), 'field "month": the code "12" is missing'),
        (
            lambda fields, _: fields["level"]["codes"].pop(),
            'the code "high_risk" is missing; the notebooks compare by it',
        ),
        (lambda fields, _: fields["call_end"].update(type="date"), "\"type\" is 'date'; cleaning needs datetime"),
        (lambda fields, _: fields["counsellor"].update(type="integer"), "\"type\" is 'integer'; cleaning needs string"),
        (lambda fields, _: fields["caller"].update(sensitivity="plain"), '"caller" identifies callers or staff'),
        (lambda fields, _: fields["caller_number"].update(codes=CHOICE["codes"]), '"caller_number" identifies'),
        (lambda fields, _: fields["hour_band"].update(bands_of="sex"), '"sex" is not a number'),
        (lambda fields, _: fields["region"].update(group_of="hour_band"), '"hour_band" is not a column of the export'),
        (lambda fields, _: fields["day_type"].update(group_of="month"), 'no code of "month" has a `group`'),
        (lambda fields, _: fields["sex"]["codes"][0].update(exclude="reconnect"), 'has a rule "reconnect" of its own'),
        (
            lambda fields, _: fields["problem"]["codes"][0].update(code="detail_marks"),
            '"marks" reads as a code of "problem" does',
        ),
    ],
)
def test_each_fault_is_said(tmp_path, change, expected):
    assert expected in said(tmp_path, change)


def test_a_field_that_cannot_be_read_is_not_missing_as_well(tmp_path):
    assert len(said(tmp_path, lambda fields, _: fields["city"].update(type="x")).splitlines()) == 1


def test_a_variable_may_be_added(tmp_path):
    assert book(tmp_path, add=[CHOICE])["choice"].kept_codes == ("first", "second")


def test_the_lists_are_those_of_the_codebook():
    assert set(BUILT_ON) <= set(codebook().fields)
    assert not any(codebook()[name].header for name in COMPUTED)
    assert not set(OWN_RULES) & {code.exclude for each in codebook() for code in each.codes}
