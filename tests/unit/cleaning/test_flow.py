"""What becomes of the rows: merged, derived, written, counted."""

import dataclasses

import duckdb
from exports import BOOK, HEADERS, RULES, SECRET, at, clean

from hotline.cleaning import decode, engine, flow, load, rules
from hotline.codebook import Codebook
from hotline.tally import duckdb_engine


def test_apply_rules_merges_rows(tmp_path):
    rows = [
        at(8, ticket_id="1"),
        at(8, ticket_id="1"),  # the same row again
        at(8, 15, ticket_id="2"),  # five minutes after the first call had ended
        at(12, ticket_id="3"),  # the same pupil, hours later
        at(13, ticket_id="4", sex="女"),  # another child of the same caller
        at(14, ticket_id="5", stage="小学"),  # and another
        at(15, ticket_id="6", caller_number="10000000002"),  # another caller
    ]
    left, stages, connection = clean(tmp_path, rows)
    assert left == {3: ("records", "duplicate"), 4: ("calls", "reconnect"), 5: ("cases", "repeat-call")}
    assert stages.query("stage == 'cases'")["rows_kept"].iloc[0] == 4
    written = flow.write_tables(connection, BOOK, tmp_path)
    assert written == {"calls": 5, "cases": 4}


def test_apply_rules_takes_no_call_after_an_unanswered_one_for_a_reconnect(tmp_path):
    left, *_ = clean(tmp_path, [at(8, ticket_id="1", answer_time="", length=1), at(8, 3, ticket_id="2")])
    assert left == {2: ("answered", "unanswered")}


def test_write_tables_derives_variables(tmp_path):
    rows = [at(20, ticket_id="1", answer_time=""), at(21, ticket_id="2", level="心理高危", city="汕头市", age="１４ ")]
    *_, connection = clean(tmp_path, rows)
    flow.write_tables(connection, BOOK, tmp_path)
    names = ["answered", "waiting", "call_length", "earlier_calls", "year", "hour", "age"]
    calls = connection.execute(f"SELECT {', '.join(names)} FROM '{tmp_path}/calls.parquet'").fetchall()
    assert calls == [(0, 630, None, 0, 2021, 20, 13), (1, 30, 600, 1, 2021, 21, 14)]
    coded = ["month", "weekday", "hour_band", "day_type", "length_band", "region", "at_risk", "high_risk", "level"]
    case = connection.execute(f"SELECT {', '.join(coded)} FROM '{tmp_path}/cases.parquet'").fetchone()
    assert [BOOK[name].kept_codes[code] for name, code in zip(coded, case, strict=True)] == [
        "3",
        "1",
        "evening",
        "weekday",
        "from_5",
        "east",
        "yes",
        "yes",
        "high_risk",
    ]


def test_write_tables_leaves_absent_columns_unrecorded(tmp_path):
    lacking = [field.name for field in BOOK if field.header and not field.needed]
    headers = {name: header for name, header in HEADERS.items() if name not in lacking}
    row = {name: text for name, text in at(20).items() if name in headers}
    left, _, connection = clean(tmp_path, [row], headers=headers)
    assert left == {} and len(lacking) > 10
    assert flow.write_tables(connection, BOOK, tmp_path) == {"calls": 1, "cases": 1}
    stored = [name for name in lacking if name not in flow.NOT_STORED]
    values = connection.execute(f"SELECT {', '.join(stored)} FROM '{tmp_path}/calls.parquet'").fetchone()
    assert values == (None,) * len(stored)


def test_write_tables_stores_no_number_or_ticket(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    flow.write_tables(connection, BOOK, tmp_path)
    for table in ("calls", "cases"):
        content = connection.execute(f"SELECT * FROM '{tmp_path}/{table}.parquet'").df()
        assert not {"ticket_id", "caller_number", "call_start"} & set(content)
        assert "10000000001" not in content.to_csv()


def test_complaints_show_rows_and_remedies_and_no_values(tmp_path):
    *_, connection = clean(tmp_path, [at(20, ticket_id=str(n), stage="秘密") for n in range(7)])
    message = flow.complaints(flow.problems(connection, RULES))
    assert message.startswith(
        "  unknown-code in stage: 7 rows, at rows 2, 3, 4, 5, 6 ...\n    What to do: Add the text"
    )
    assert "秘密" not in message


def test_problems_lists_every_problem_of_a_row(tmp_path):
    left, _, connection = clean(
        tmp_path, [at(20, stage="大班", age="十三", call_start="昨天", caller_number="########")]
    )
    assert left == {2: ("records", "unreadable-time")}
    problems = flow.problems(connection, RULES)
    assert set(zip(problems["rule"], problems["field"], problems["first"], strict=True)) == {
        ("unreadable-time", "call_start", "2"),
        ("unknown-code", "stage", "2"),
        ("unknown-code", "age", "2"),
        ("damaged-number", "caller_number", "2"),
    }
    assert problems["remedy"].str.len().min() > 20


def test_cleaning_takes_variables_named_like_words_of_sql(tmp_path):
    words = {"boarding": "order", "follow_up_days": "group", "family_structure": "select", "region": "table"}
    book = Codebook([dataclasses.replace(each, name=words.get(each.name, each.name)) for each in BOOK], "0")
    row = at(20) | {"boarding": "是", "follow_up_days": "３ ", "family_structure": "单亲"}
    rows = [list(HEADERS.values()), [row.get(name, "") for name in HEADERS]]
    (tmp_path / "export.csv").write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    connection = engine.connect()
    load.read(connection, tmp_path / "export.csv", book)
    decode.decode(connection, book, SECRET)
    tried = rules.rules(book, reconnect_minutes=10, longest_hours=6, oldest_pupil=19)
    flow.apply_rules(connection, tried)
    assert flow.problems(connection, tried).empty
    flow.write_tables(connection, book, tmp_path)
    connection.close()
    plan = duckdb_engine.Plan("cases", tuple(words.values()))
    counts = duckdb_engine.count(duckdb.connect(), tmp_path / "cases.parquet", plan, 1)
    stored = {name: book[name].kept_codes[counts[name][0]] for name in ("order", "select", "table")}
    assert stored == {"order": "yes", "select": "single_parent", "table": "delta"} and counts["group"].tolist() == [3]
