"""Which calls are about the same pupil: each clause by a caller written by hand, and random callers by brute force."""

import random

import duckdb
import pytest
from exports import BOOK, at, clean
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.cleaning import cases, flow

STAGES, SEXES = ("primary", "junior", "senior"), ("female", "male")
NEITHER = (None, None)


def fits(call, other):
    """Whether two pairs of stage and sex do not contradict each other."""
    return all(a is None or b is None or a == b for a, b in zip(call, other, strict=True))


def by_hand(calls):
    """Return {call: its case} of {call: (stage, sex)} of one caller, None for a call that is in no case."""
    recorded = list(calls.values())
    pairs = {pair for pair in recorded if None not in pair}
    stages, sexes = ({pair[place] for pair in recorded} - {None} for place in (0, 1))
    if pairs:
        possible = pairs
    elif all(fits(a, b) for a in recorded for b in recorded):
        possible = {(min(stages, default=None), min(sexes, default=None))}
    elif stages:
        possible = {(stage, None) for stage in stages}
    else:
        possible = {(None, sex) for sex in sexes}
    placed = {}
    for call, pair in calls.items():
        fitting = [case for case in possible if fits(pair, case)]
        placed[call] = pair if not fitting else fitting[0] if len(fitting) == 1 else None
    return placed


def by_rule(rows, case="caller-stage-sex"):
    """Return {row: (case's stage and sex, place)} of rows (row, caller, stage, sex), None for a row in no case."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE calls (row INTEGER, caller_number BIGINT, stage VARCHAR, sex VARCHAR, call_start INTEGER)"
    )
    connection.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", [[*row, row[0]] for row in rows])
    cases.tabulate(connection, "calls", case)
    found = connection.execute("SELECT row, fits, stage, sex, repeat FROM membership").fetchall()
    assert len(found) == len(rows)
    return {row: None if several > 1 else ((stage, sex), repeat) for row, several, stage, sex, repeat in found}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        # A pair in full is a case, and a gap that fits it alone joins it, whichever came first.
        ([("junior", "male"), ("junior", None)], [("junior", "male")] * 2),
        ([NEITHER, ("junior", "male")], [("junior", "male")] * 2),
        # Two siblings: what fits one joins that one, what fits both is in no case.
        (
            [("junior", "male"), ("primary", "male"), ("primary", None), (None, "male"), NEITHER],
            [("junior", "male"), ("primary", "male"), ("primary", "male"), None, None],
        ),
        # What contradicts all pairs is a case with those that record the same.
        (
            [("junior", "male"), ("senior", None), ("senior", None), (None, "female"), ("junior", None)],
            [("junior", "male"), ("senior", None), ("senior", None), (None, "female"), ("junior", "male")],
        ),
        # A call fits pairs, and not those cases that a gap has made.
        ([("junior", "male"), ("senior", None), NEITHER], [("junior", "male"), ("senior", None), ("junior", "male")]),
        # Without a pair: one case, with all that is recorded.
        ([("junior", None), (None, "male"), NEITHER], [("junior", "male")] * 3),
        ([NEITHER, NEITHER], [NEITHER] * 2),
        ([NEITHER, ("junior", None)], [("junior", None)] * 2),
        # Without a pair, but two stages: each is a case, and without a stage a call fits both.
        ([("junior", None), ("senior", None), (None, "male")], [("junior", None), ("senior", None), None]),
        # One stage and two sexes: the stage is the case.
        ([("junior", None), (None, "male"), (None, "female")], [("junior", None)] * 3),
        # No stage: each sex is a case.
        ([(None, "male"), (None, "female"), NEITHER], [(None, "male"), (None, "female"), None]),
    ],
)
def test_each_clause_of_the_rule(calls, expected):
    found = by_rule([(row, 1, *pair) for row, pair in enumerate(calls)])
    assert [found[row] and found[row][0] for row in range(len(calls))] == expected
    assert list(by_hand(dict(enumerate(calls))).values()) == expected


pair = st.tuples(st.sampled_from((None, *STAGES)), st.sampled_from((None, *SEXES)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(pair, min_size=1, max_size=6), min_size=1, max_size=25), st.randoms())
def test_random_callers_have_their_cases_in_any_order_of_their_calls(callers, chance):
    calls = [(caller, *each) for caller, pairs in enumerate(callers) for each in pairs]
    chance.shuffle(calls)
    rows = list(enumerate(calls))
    found = by_rule([(row, *call) for row, call in rows])
    count = {}
    for caller in range(len(callers)):
        for row, case in by_hand({row: call[1:] for row, call in rows if call[0] == caller}).items():
            if case is None:
                assert found[row] is None
            else:  # the first call of a case in time is its first, the next its second
                count[caller, case] = count.get((caller, case), 0) + 1
                assert found[row] == (case, count[caller, case])


def test_other_rules_pass_over_stage_and_sex():
    rows = [(1, 7, "junior", None), (2, 7, "senior", "male"), (3, 8, None, None)]
    assert by_rule(rows, "caller") == {1: (("junior", None), 1), 2: (("senior", "male"), 2), 3: (NEITHER, 1)}
    assert by_rule(rows, "call") == {1: (("junior", None), 1), 2: (("senior", "male"), 1), 3: (NEITHER, 1)}


CALLS = [
    at(8, ticket_id="1", stage="", sex="男"),  # joins the next: first call of its case, its stage from there
    at(10, ticket_id="2", stage="初中", sex="男", level="心理高危"),
    at(12, ticket_id="3", stage="初中", sex="男", level=""),  # not assessed: in no case
    at(8, ticket_id="4", stage="初中", sex="男", caller_number="10000000002"),
    at(10, ticket_id="5", stage="小学", sex="男", caller_number="10000000002"),
    at(12, ticket_id="6", stage="", sex="男", caller_number="10000000002"),  # one of two
    at(8, ticket_id="7", stage="", sex="", caller_number="匿名"),
    at(9, ticket_id="8", stage="", sex="", caller_number="匿名"),
]


def test_a_case_has_its_first_calls_data_and_its_own_stage_and_sex(tmp_path):
    left, _, connection = clean(tmp_path, CALLS)
    assert left == {
        3: ("cases", "repeat-call"),
        4: ("assessed", "not-assessed"),
        7: ("cases", "unassignable"),
    }
    assert flow.write_tables(connection, BOOK, tmp_path) == {"calls": 8, "cases": 5}
    kept = connection.execute(f"SELECT hour, stage, sex, level FROM '{tmp_path}/cases.parquet'").fetchall()
    junior, primary, male = (
        *map(BOOK["stage"].kept_codes.index, ("junior", "primary")),
        BOOK["sex"].kept_codes.index("male"),
    )
    assert kept == [
        (8, junior, male, 0),
        (8, junior, male, 0),
        (10, primary, male, 0),
        (8, None, None, 0),
        (9, None, None, 0),
    ]
    calls = connection.execute(f"SELECT stage, later_call FROM '{tmp_path}/calls.parquet'").fetchall()
    no, yes = 0, 1
    assert calls == [
        (None, no),
        (junior, yes),
        (junior, None),
        (junior, no),
        (primary, no),
        (None, None),
        (None, no),
        (None, no),
    ]


def test_account_counts_what_the_rule_has_done(tmp_path):
    *_, connection = clean(tmp_path, CALLS)
    assert cases.account(connection, "caller-stage-sex") == cases.Account(
        with_gap=4, joined=1, unassignable=1, callers=1, completed=1, cases=5, gap_as_value=7
    )


def test_withheld_numbers_are_never_one_caller():
    rng = random.Random(1)
    rows = [(n, -n, rng.choice((None, "junior")), rng.choice((None, "male"))) for n in range(1, 30)]
    assert {place for _, place in by_rule(rows).values()} == {1}


def test_sentences_are_those_of_the_rule():
    counts = cases.Account(1200, 300, 20, 15, 100, 39000, 39500)
    for sentence in (cases.note(counts, "caller-stage-sex"), cases.in_words(counts, "caller-stage-sex")):
        assert all(number in sentence for number in ("1,200", "300", "20", "39,500"))
    assert cases.note(counts, "caller") == "" and "gap" not in cases.in_words(counts, "caller")
