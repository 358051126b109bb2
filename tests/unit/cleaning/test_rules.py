"""Which rule a row leaves under, worked out by hand."""

import pytest
from codebooks import CHOICE, book
from exports import BOOK, SETTINGS, at, clean, rejected

from hotline import paths
from hotline.cleaning import cases, rules
from hotline.pipeline import params
from hotline.schema.together import OWN_RULES


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (at(20), None),
        (at(20, call_start="昨天"), ("records", "unreadable-time")),
        (at(20, call_end=""), ("records", "unreadable-time")),
        (at(20, stage="大班"), ("records", "unknown-code")),
        (at(20, age="十三"), ("records", "unknown-code")),
        (at(20, age="130"), ("records", "unknown-code")),
        (at(20, caller_number=""), None),
        (at(20, caller_number="1.39E+10"), ("records", "damaged-number")),
        (at(20, call_end="2021-03-01 20:00:10"), ("records", "impossible-time")),
        (at(20, call_end="2021-03-02 03:00:00"), ("records", "impossible-time")),
        (at(20, call_type="测试来电"), ("calls", "test-call")),
        (at(20, call_type="静默"), ("calls", "silent-call")),
        (at(20, city="外省"), ("calls", "other-province")),
        (at(20, stage="成人"), ("calls", "adult")),
        (at(20, age="20"), ("calls", "adult")),
        (at(20, answer_time=""), ("answered", "unanswered")),
        (at(20, level="未评估"), ("assessed", "not-assessed")),
        (at(20, level=""), ("assessed", "not-assessed")),
    ],
)
def test_rules_decide_on_one_row(tmp_path, row, fate):
    others = at(9, ticket_id="0", caller_number="10000000009")
    left, stages, _ = clean(tmp_path, [others, row])
    assert left == ({3: fate} if fate else {})
    assert stages["rows_in"].iloc[0] == 2 == len(left) + stages["rows_kept"].iloc[-1]


def test_rules_name_the_field_at_fault(tmp_path):
    rows = [
        at(20, ticket_id="1", call_start="昨天", stage="大班"),
        at(20, ticket_id="2", call_end=""),
        at(20, ticket_id="3", stage="大班"),
        at(20, ticket_id="4", age="20"),
        at(20, ticket_id="5", stage="成人"),
    ]
    clean(tmp_path, rows)
    assert rejected(tmp_path)["field"].tolist() == ["call_start", "call_end", "stage", "age", "stage"]


def test_a_rule_of_several_variables_names_the_one_at_fault(tmp_path):
    codes = [{"code": "first", "en": "A", "zh": "甲"}, {"code": "second", "en": "B", "zh": "乙", "exclude": "adult"}]
    other = book(tmp_path, add=[CHOICE | {"codes": codes}])
    clean(tmp_path, [at(20, choice="乙"), at(21, ticket_id="2", stage="成人")], book=other)
    assert rejected(tmp_path)["field"].tolist() == ["choice", "stage"]


@pytest.mark.parametrize(("case", "kept"), [("caller-stage-sex", 2), ("caller", 1), ("call", 3)])
def test_case_rule_says_what_makes_a_case(tmp_path, case, kept):
    rows = [at(8, ticket_id="1"), at(12, ticket_id="2"), at(16, ticket_id="3", sex="女")]
    left, stages, _ = clean(tmp_path, rows, case=case)
    assert stages["rows_kept"].iloc[-1] == kept == 3 - len(left)


def test_case_rule_choices_are_those_of_the_parameter_type():
    assert params.declared(paths.notebook("01-clean"))["case_rule"].choices == tuple(cases.CASES)
    assert list(cases.CASES) == list(cases.CASES_IN_WORDS)


def test_no_rule_of_a_codebook_can_have_the_name_of_one_of_the_compendiums_own(tmp_path):
    other = book(tmp_path, lambda _, schema: schema.update(primaryKey="ticket_id"))
    tried = {each.name for each in rules.rules(other, **SETTINGS, without_number="leave-out")}
    assert tried - {code.exclude for each in BOOK for code in each.codes} == set(OWN_RULES)
