"""Callers' numbers: their spellings, and those that no caller has."""

import dataclasses

import pytest
from exports import BOOK, at, clean

from hotline.cleaning import callers, cases, engine, flow, rules
from hotline.errors import InputError

NUMBER = BOOK["caller_number"]
HASH = "d1f0a39c5b7e4e628f10aa27c3d45e9b"


def read(*texts, field=NUMBER):
    """What texts are taken for: a number, None for "withheld", or "damaged"."""
    connection = engine.connect()
    given = ", ".join("('" + each.replace("'", "''") + "')" for each in texts)
    query = callers.numbers_sql(
        f"SELECT text, 1 AS n, nullif(trim(text), '') AS tidied FROM (VALUES {given}) t(text)", field
    )
    found = {
        text: "damaged" if damaged else number for text, _, _, number, damaged in connection.execute(query).fetchall()
    }
    connection.close()
    return [found[each] for each in texts]


@pytest.mark.parametrize(
    ("number", "spellings"),
    [
        (
            "13910000001",
            ["13910000001", "+86 139-1000-0001", "0086 (139) 10000001", "8613910000001", "013910000001",
             "+86 013910000001",
             "'13910000001", '="13910000001"', "13910000001.0", "13,910,000,001", "139.1000.0001", "139–1000–0001",
             "139\u00a01000\u20090001", "139·1000·0001", "（＋86）13910000001", "tel:+8613910000001",
             "sip:13910000001@10.0.0.1", "sip:+8613910000001;user=phone@gw"],
        ),
        ("2081234567", ["020-81234567", "(020)81234567", "+86 20 81234567", "0086-20-81234567", "862081234567"]),
        ("20812345678001", ["020-81234567-8001", "02081234567转8001", "020 81234567 ext. 8001", "02081234567x8001"]),
        ("+85291234567", ["+852 9123 4567", "00852-91234567"]),
        ("81234567", ["81234567", "8123 4567", "8123-4567"]),
        ("12355", ["12355", "12355.0"]),
        ("110", ["110"]),
        (HASH, [HASH, HASH.upper()]),
        ("aGVsbG8gd29ybGQ+Zm9v/w==", ["aGVsbG8gd29ybGQ+Zm9v/w=="]),
    ],
)  # fmt: skip
def test_spellings_of_one_number_are_one(number, spellings):
    assert read(*spellings) == [number] * len(spellings)


def test_withheld_numbers_are_no_number():
    texts = ["匿名", "ANONYMOUS", "null", "-", "--", "139****1000", "139xxxx1000", "139----1000", "********", "0",
             "000000", "+8600000000000", "11111111111", "88888888", "\\N", "-1", "n/a",
             "拒绝显示", "/", "sip:anonymous@anonymous.invalid"]  # fmt: skip
    assert read(*texts) == [None] * len(texts)


def test_damaged_numbers_are_neither_withheld_nor_numbers():
    texts = ["1.39E+10", "1,39E+10", "1E10", "########", "##", "?????", "王小明", "12", "13910000001/13910000002",
             "13910000001 13910000002", "1391000000.5", "#N/A", "#REF!", "手机"]  # fmt: skip
    assert read(*texts) == ["damaged"] * len(texts)


def test_pseudonyms_that_look_otherwise_are_texts_where_the_codebook_says_so():
    field = dataclasses.replace(NUMBER, normalise="text", country_code="")
    assert read("C-0012", "c0012", "7", "匿名", "1.39E+10", field=field) == ["C-0012", "c0012", "7", None, "damaged"]


def test_a_number_in_two_spellings_is_one_caller(tmp_path):
    rows = [at(8, caller_number="13910000001"), at(12, ticket_id="2", caller_number="\u200e+86 １３９ 1000 0001\u200b")]
    left, *_ = clean(tmp_path, rows)
    assert left == {3: ("cases", "repeat-call")}


WITHHELD = [at(8, ticket_id="1", caller_number="匿名"), at(8, 12, ticket_id="2", caller_number="匿名"),
            at(12, ticket_id="3", caller_number=""), at(13, ticket_id="4"), at(14, ticket_id="5")]  # fmt: skip


@pytest.mark.parametrize("case", cases.CASES)
def test_calls_without_a_number_are_never_one_caller(tmp_path, case):
    left, _, connection = clean(tmp_path, WITHHELD, case=case)
    assert left == ({} if case == "call" else {6: ("cases", "repeat-call")})
    flow.write_tables(connection, BOOK, tmp_path)
    calls = connection.execute(f"SELECT caller, earlier_calls FROM '{tmp_path}/calls.parquet'").fetchall()
    assert len({caller for caller, _ in calls}) == 4 and [before for _, before in calls] == [None, None, None, 0, 1]
    assert {caller < 0 for caller, _ in calls[:3]} == {True} and calls[3][0] == 1
    counts = callers.count_unusable(connection)
    assert counts == (0, 3, 3, 5)
    assert "60.0% of the calls have no usable number" in callers.warnings(counts, "own-case")[0]
    assert callers.note(counts, "leave-out") == " Of 3 calls the caller's number was withheld: each of them is no case."


def test_calls_without_a_number_can_be_left_out_of_the_cases(tmp_path):
    *_, connection = clean(tmp_path, WITHHELD)
    tried = rules.rules(BOOK, reconnect_minutes=10, longest_hours=6, oldest_pupil=19, without_number="leave-out")
    stages = flow.apply_rules(connection, tried)
    assert stages.set_index("rule").loc[["without-number", "repeat-call"], "rows"].tolist() == [3, 1]
    assert callers.count_unusable(connection).cases == 0


def test_a_warning_says_which_calls_left_and_which_stay():
    assert callers.warnings(callers.Unusable(3, 0, 0, 97), "own-case") == [
        "3.0% of the calls have no usable number: 3 were rejected, since it is damaged."
    ]


def test_what_becomes_of_withheld_numbers_is_said_where_there_are_any():
    assert callers.in_words(callers.Unusable(0, 0, 0, 9), "own-case") == "Every call has its caller’s number."
    assert "(7 of them) is a case of its own" in callers.in_words(callers.Unusable(0, 8, 7, 9), "own-case")
    assert "are in no case" in callers.in_words(callers.Unusable(0, 8, 0, 9), "leave-out")


def test_the_last_digits_of_numbers_are_named_as_such(tmp_path):
    rows = [at(8 + n, ticket_id=str(n), caller_number=number) for n, number in enumerate(["4821", "5013", HASH])]
    *_, connection = clean(tmp_path, rows)
    (sentence,) = callers.short_numbers(connection)
    assert sentence.startswith("66.7% of the numbers of callers have six digits or fewer (2 rows)")
    *_, connection = clean(tmp_path, rows[2:])
    assert callers.short_numbers(connection) == []


def test_few_calls_without_a_number_are_no_warning():
    assert callers.warnings(callers.Unusable(0, 10, 10, 1000), "own-case") == []


def test_a_number_with_far_too_many_calls_stops_the_run_and_is_not_shown(tmp_path):
    rows = [at(8, ticket_id=str(n), caller_number="13800138000" if n < 51 else f"1391000{n:04d}") for n in range(100)]
    *_, connection = clean(tmp_path, rows)
    with pytest.raises(InputError, match=r"number 1 by its calls: 51 of 100 \(51.0%\)") as raised:
        callers.refuse_largest(connection, 0.02)
    assert "138" not in str(raised.value)
    callers.refuse_largest(connection, 0.51)
    connection.execute("CREATE OR REPLACE TABLE left_records AS SELECT * FROM left_records LIMIT 50")
    callers.refuse_largest(connection, 0.02)
