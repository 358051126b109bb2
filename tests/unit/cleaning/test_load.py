"""Cleaning, on exports of a few rows whose fate is worked out by hand."""

import csv
import hmac
import subprocess
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import runs
from exports import BOOK, HEADERS, RULES, SECRET, at
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hotline import paths
from hotline.cleaning import decode, flow, load, pseudonyms, readers, rules
from hotline.errors import InputError
from hotline.pipeline import params


def rejected(folder):
    """The rows that left, as the file names them."""
    return pd.read_csv(folder / "rejected.csv")


def clean(folder, rows, encoding="utf-8-sig", headers=HEADERS, case="caller-stage-sex"):
    """Write an export, clean it, and return {line: (stage, rule)} of the rows that left, flow and connection."""
    with open(folder / "export.csv", "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writerow(headers)
        writer.writerows(rows)
    connection = load.connect()
    load.read(connection, folder / "export.csv", BOOK)
    decode.decode(connection, BOOK, SECRET)
    stages = flow.apply_rules(connection, RULES, case)
    flow.write_rejected(connection, folder / "rejected.csv")
    left = {row: (stage, rule) for row, stage, rule, *_ in rejected(folder).itertuples(index=False)}
    return left, stages, connection


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (at(20), None),
        (at(20, call_start="昨天"), ("records", "unreadable-time")),
        (at(20, call_end=""), ("records", "unreadable-time")),
        (at(20, stage="大班"), ("records", "unknown-code")),
        (at(20, age="十三"), ("records", "unknown-code")),
        (at(20, age="130"), ("records", "unknown-code")),
        (at(20, caller_number=""), ("records", "no-number")),
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
def test_the_fate_of_one_row(tmp_path, row, fate):
    others = at(9, ticket_id="0", caller_number="10000000009")
    left, stages, _ = clean(tmp_path, [others, row])
    assert left == ({3: fate} if fate else {})
    assert stages["rows_in"].iloc[0] == 2 == len(left) + stages["rows_kept"].iloc[-1]


def test_merging(tmp_path):
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
    assert stages.query("stage == 'cases'")["rows_kept"].item() == 4
    written = flow.write_tables(connection, BOOK, tmp_path)
    assert written == {"calls": 5, "cases": 4}


def test_a_call_after_an_unanswered_one_is_no_reconnect(tmp_path):
    left, *_ = clean(tmp_path, [at(8, ticket_id="1", answer_time="", length=1), at(8, 3, ticket_id="2")])
    assert left == {2: ("answered", "unanswered")}


def test_derived_variables(tmp_path):
    rows = [at(20, ticket_id="1", answer_time=""), at(21, ticket_id="2", level="心理高危", city="汕头市", age="１４ ")]
    *_, connection = clean(tmp_path, rows)
    flow.write_tables(connection, BOOK, tmp_path)
    names = ["answered", "waiting", "call_length", "earlier_calls", "year", "hour", "age"]
    calls = connection.execute(f"SELECT {', '.join(names)} FROM '{tmp_path}/calls.parquet'").fetchall()
    assert calls == [(0, 630, None, 0, 2021, 20, 13), (1, 30, 600, 1, 2021, 21, 14)]
    coded = ["month", "weekday", "hour_band", "length_band", "region", "at_risk", "high_risk", "level"]
    case = connection.execute(f"SELECT {', '.join(coded)} FROM '{tmp_path}/cases.parquet'").fetchone()
    assert [BOOK[name].kept_codes[code] for name, code in zip(coded, case, strict=True)] == [
        "3",
        "1",
        "evening",
        "from_5",
        "east",
        "yes",
        "yes",
        "high_risk",
    ]


def test_columns_that_an_export_may_lack_are_not_recorded(tmp_path):
    lacking = [field.name for field in BOOK if field.header and not field.needed]
    headers = {name: header for name, header in HEADERS.items() if name not in lacking}
    row = {name: text for name, text in at(20).items() if name in headers}
    left, _, connection = clean(tmp_path, [row], headers=headers)
    assert left == {} and len(lacking) > 10
    assert flow.write_tables(connection, BOOK, tmp_path) == {"calls": 1, "cases": 1}
    stored = [name for name in lacking if name not in flow.NOT_STORED]
    found = connection.execute(f"SELECT {', '.join(stored)} FROM '{tmp_path}/calls.parquet'").fetchone()
    assert found == (None,) * len(stored)


def test_no_number_or_ticket_goes_into_the_tables(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    flow.write_tables(connection, BOOK, tmp_path)
    for table in ("calls", "cases"):
        content = connection.execute(f"SELECT * FROM '{tmp_path}/{table}.parquet'")
        assert not {"ticket_id", "caller_number", "call_start"} & {column[0] for column in content.description}
        assert "10000000001" not in str(content.fetchall())


def test_every_time_format_of_the_codebook_is_read(tmp_path):
    written = [
        "2021-03-01 20:00:00",
        "2021/03/01 20:00:00",
        "2021/3/1 20:00",
        "2021年3月1日 20:00:00",
        "20210301200000",
        "２０２１-03-01 20:00:00",
    ]
    rows = [at(20, ticket_id=str(n), call_start=text, caller_number=str(n)) for n, text in enumerate(written)]
    left, *_ = clean(tmp_path, rows)
    assert left == {}


def test_gb18030_is_read_as_well(tmp_path):
    assert clean(tmp_path, [at(20)], encoding="gb18030")[0] == {}


def test_repairs_are_counted(tmp_path):
    *_, connection = clean(tmp_path, [at(20, age="１３"), at(21, stage=" 初中生 ")])
    assert decode.repairs(connection) == [
        ("age", "full-width character", 1),
        ("stage", "spaces", 1),
        ("stage", "synonym", 1),
    ]


def test_a_missing_column_is_told_with_what_to_do(tmp_path):
    headers = {name: header for name, header in HEADERS.items() if name not in ("sex", "level")} | {"extra": "学生性別"}
    with pytest.raises(InputError) as raised:
        clean(tmp_path, [], headers=headers)
    said = str(raised.value)
    assert "row 1: 2 needed columns are missing" in said
    assert '"学生性别" (Sex); did you mean "学生性別"?' in said and '"心理健康水平"' in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (",".join(HEADERS.values()).encode(), "no row below the headings"),
        (b"\xff\xff\xff\x81", "neither UTF-8 nor GB18030"),
        (",".join([*HEADERS.values(), "城市"]).encode(), "城市 stands twice"),
    ],
)
def test_a_file_that_is_no_export_is_told(tmp_path, content, expected):
    (tmp_path / "export.csv").write_bytes(content)
    with pytest.raises(InputError, match=expected):
        load.read(load.connect(), tmp_path / "export.csv", BOOK)


def test_the_field_at_fault_is_the_one_that_the_rule_is_about(tmp_path):
    rows = [
        at(20, ticket_id="1", call_start="昨天", stage="大班"),
        at(20, ticket_id="2", call_end=""),
        at(20, ticket_id="3", stage="大班"),
        at(20, ticket_id="4", age="20"),
        at(20, ticket_id="5", stage="成人"),
    ]
    clean(tmp_path, rows)
    assert rejected(tmp_path)["field"].tolist() == ["call_start", "call_end", "stage", "age", "stage"]


def test_complaints_show_rows_and_remedies_and_no_values(tmp_path):
    *_, connection = clean(tmp_path, [at(20, ticket_id=str(n), stage="秘密") for n in range(7)])
    said = flow.complaints(flow.problems(connection, RULES))
    assert said.startswith("  unknown-code in stage: 7 rows, at rows 2, 3, 4, 5, 6 ...\n    What to do: Add the text")
    assert "秘密" not in said


def test_every_problem_of_a_row_is_told_though_it_leaves_once(tmp_path):
    left, _, connection = clean(tmp_path, [at(20, stage="大班", age="十三", call_start="昨天", caller_number="")])
    assert left == {2: ("records", "unreadable-time")}
    found = flow.problems(connection, RULES)
    assert set(zip(found["rule"], found["field"], found["first"], strict=True)) == {
        ("unreadable-time", "call_start", "2"),
        ("unknown-code", "stage", "2"),
        ("unknown-code", "age", "2"),
        ("no-number", "caller_number", "2"),
    }
    assert found["remedy"].str.len().min() > 20


@pytest.mark.parametrize(("case", "kept"), [("caller-stage-sex", 2), ("caller", 1), ("call", 3)])
def test_what_makes_a_case_can_be_chosen(tmp_path, case, kept):
    rows = [at(8, ticket_id="1"), at(12, ticket_id="2"), at(16, ticket_id="3", sex="女")]
    left, stages, _ = clean(tmp_path, rows, case=case)
    assert stages["rows_kept"].iloc[-1] == kept == 3 - len(left)


def test_the_choices_of_the_case_rule_are_those_of_the_library():
    assert params.declared(paths.notebook("01-clean"))["case_rule"].choices == list(rules.CASES)
    assert list(rules.CASES) == list(rules.CASES_IN_WORDS)


def test_pseudonyms_are_those_of_pythons_own_hmac(tmp_path):
    database = duckdb.connect()
    for secret in (b"short", SECRET, b"k" * 64, b"longer than a block of SHA-256, which is hashed first " * 2):
        for text in ("10000000001", "", "来电\\x41'"):
            made = database.execute(f"SELECT {pseudonyms.hmac_sql('?', secret)}", [text]).fetchone()[0]
            assert made == hmac.digest(secret, text.encode(), "sha256")


def test_names_are_numbered_in_the_order_of_their_pseudonyms(tmp_path):
    names = [f"1000000{n:04d}" for n in range(50)]
    *_, connection = clean(tmp_path, [at(20, ticket_id=name, caller_number=name) for name in names])
    found = connection.execute("SELECT caller_number FROM decoded ORDER BY row").fetchall()
    by_hmac = sorted(names, key=lambda name: hmac.digest(SECRET, name.encode(), "sha256"))
    assert [number for (number,) in found] == [1 + by_hmac.index(name) for name in names]
    left = {row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    assert not any("meaning" in name or name in ("raw", "loaded") for name in left), "a table with numbers is left"


def test_a_real_export_needs_a_key(tmp_path, monkeypatch):
    runs.change(monkeypatch, key="", key_file="")
    assert pseudonyms.key(simulated=True) == pseudonyms.OF_SIMULATION
    with pytest.raises(InputError, match="import secrets"):
        pseudonyms.key(simulated=False)
    runs.change(monkeypatch, key="too short")
    with pytest.raises(InputError, match="shorter than 16"):
        pseudonyms.key(simulated=False)
    runs.change(monkeypatch, key="from the environment")
    assert pseudonyms.key(simulated=False) == b"from the environment"
    (tmp_path / "key").write_text("from a file, with its line end\n", encoding="utf-8")
    runs.change(monkeypatch, key_file="key")
    assert pseudonyms.key(False, tmp_path) == b"from a file, with its line end"
    runs.change(monkeypatch, key_file="no such file")
    with pytest.raises(InputError, match="there is no file no such file"):
        pseudonyms.key(False, tmp_path)


def test_nothing_is_left_on_the_disk(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    folder = Path(connection.folder.name)
    assert folder.is_dir() and folder.parent == paths.ROOT / ".cache"
    connection.close()
    assert not folder.exists()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["export.csv", "rejected.csv"]


def test_what_a_killed_run_left_goes_with_the_next_one():
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = paths.ROOT / f".cache/cleaning-{ended.pid}-x"
    left.mkdir(parents=True)
    load.connect().close()
    assert not left.exists()


CELLS = st.text(st.sampled_from(list("a1 ,;\t\r\n\"'\0\\#　é中𠮷")), max_size=3)
# Cells that leave a line whole, mostly; and any.
LINES = st.lists(
    st.lists(st.text(st.sampled_from(list("a1 ;'\\#　é中𠮷")), max_size=3), min_size=3, max_size=3)
    | st.lists(CELLS, min_size=1, max_size=4),
    max_size=5,
)


@pytest.fixture(scope="module")
def database():
    connection = load.connect()
    yield connection
    connection.close()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    closed=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
def test_the_fast_route_reads_what_the_careful_one_reads(tmp_path, database, lines, ending, closed, encoding):
    """Whatever the file, the fast route gives the very same rows, or gives up."""
    export, names, positions = tmp_path / "export.csv", ["x", "y"], [0, 2]
    export.write_bytes((ending.join(map(",".join, [["a", "b", "c"], *lines])) + ending * closed).encode(encoding))
    table = readers.open_table(export, {"a", "b", "c"})
    empty = load._load_plain(database, export, table, positions, names) if table.plain else None
    event("taken" if empty is not None else "given up" if table.plain else "not plain")
    if empty is not None:
        fast = database.execute("SELECT * FROM raw ORDER BY row").fetchall()
        assert load._load_carefully(database, table, positions, names) == empty
        assert database.execute("SELECT * FROM raw ORDER BY row").fetchall() == fast


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_long_export_takes_the_fast_route_and_keeps_its_rows_in_order(tmp_path, encoding):
    rows = [["编号", "城市"], *([str(n), "广州"] for n in range(200_000))]
    content = "\r\n".join(",".join(row) for row in rows)
    (tmp_path / "export.csv").write_bytes(content.encode(encoding))
    connection = load.connect()
    table = readers.open_table(tmp_path / "export.csv", {"编号", "城市"})
    assert load._load_plain(connection, tmp_path / "export.csv", table, [0, 1], ["number", "city"]) == 0
    wrong = "SELECT count(*) FROM raw WHERE row <> number::INTEGER + 2 OR city <> '广州' OR ragged"
    assert connection.execute(wrong).fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM raw").fetchone() == (200_000,)
    connection.close()
