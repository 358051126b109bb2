"""Reading an export: headings, the fast and the careful route, and nothing left on the disk."""

import duckdb
import pytest
from exports import BOOK, HEADERS, at, clean
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hotline.cleaning import engine, load
from hotline.cleaning.readers import kinds
from hotline.errors import InputError


def test_read_takes_gb18030(tmp_path):
    assert clean(tmp_path, [at(20)], encoding="gb18030")[0] == {}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (",".join(HEADERS.values()).encode(), "no row below the headings"),
        (b"\xff\xff\xff\x81", "neither UTF-8 nor GB18030"),
        (",".join([*HEADERS.values(), "城市"]).encode(), "城市 stands twice"),
    ],
)
def test_read_refuses_a_file_that_is_no_export(tmp_path, content, expected):
    (tmp_path / "export.csv").write_bytes(content)
    with pytest.raises(InputError, match=expected):
        load.read(engine.connect(), tmp_path / "export.csv", BOOK)


CELLS = st.text(st.sampled_from(list("a1 ,;\t\r\n\"'\0\\#　é中𠮷")), max_size=3)


# Cells that leave a line whole, mostly; and any.
LINES = st.lists(
    st.lists(st.text(st.sampled_from(list("a1 ;'\\#　é中𠮷")), max_size=3), min_size=3, max_size=3)
    | st.lists(CELLS, min_size=1, max_size=4),
    max_size=5,
)


@pytest.fixture(scope="module")
def database():
    connection = engine.connect()
    yield connection
    connection.close()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    closed=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    few=st.sampled_from([[], ["y"], ["x", "y"]]),
)
def test_load_plain_equals_load_carefully(tmp_path, database, lines, ending, closed, encoding, few):
    """Whatever the file, the fast route gives the very same rows, or gives up."""
    export, names, positions = tmp_path / "export.csv", ["x", "y"], [0, 2]
    export.write_bytes((ending.join(map(",".join, [["a", "b", "c"], *lines])) + ending * closed).encode(encoding))
    table = kinds.open_table(export, {"a", "b", "c"})
    empty = load._load_plain(database, export, table, positions, names, few) if table.plain else None
    event("taken" if empty is not None else "given up" if table.plain else "not plain")
    if empty is not None:
        fast = database.execute("SELECT * FROM raw ORDER BY row").fetchall()
        assert load._load_carefully(database, table, positions, names) == empty
        assert database.execute("SELECT * FROM raw ORDER BY row").fetchall() == fast


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_load_plain_keeps_the_rows_of_a_long_export_in_order(tmp_path, encoding):
    rows = [["编号", "城市"], *([str(n), "广州"] for n in range(200_000))]
    content = "\r\n".join(",".join(row) for row in rows)
    (tmp_path / "export.csv").write_bytes(content.encode(encoding))
    connection = engine.connect()
    table = kinds.open_table(tmp_path / "export.csv", {"编号", "城市"})
    assert load._load_plain(connection, tmp_path / "export.csv", table, [0, 1], ["number", "city"]) == 0
    wrong = "SELECT count(*) FROM raw WHERE row <> number::INTEGER + 2 OR city <> '广州' OR ragged"
    assert connection.execute(wrong).fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM raw").fetchone() == (200_000,)
    connection.close()


def test_load_plain_gives_a_type_to_columns_of_few_texts_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "MOST_TEXTS", 2)
    (tmp_path / "export.csv").write_text("a,b,c\n1,'x,\n2,y,\n3,'x,\n")
    connection = engine.connect()
    table = kinds.open_table(tmp_path / "export.csv", {"a", "b", "c"})
    load._load_plain(connection, tmp_path / "export.csv", table, [0, 1, 2], ["a", "b", "c"], ["a", "b", "c"])
    types = "SELECT type_name FROM duckdb_types() WHERE starts_with(type_name, 'text_of_')"
    assert connection.execute(types).fetchall() == [("text_of_b",)]
    assert connection.execute("SELECT a, b, c FROM raw ORDER BY row").fetchall() == [
        ("1", "'x", None),
        ("2", "y", None),
        ("3", "'x", None),
    ]
    load.drop_raw(connection)
    assert connection.execute(types).fetchall() == []
    connection.close()


def test_read_refuses_times_that_have_lost_the_local_hour(tmp_path):
    """Which hour an instant is would depend on the time zone of the machine."""
    cells = ", ".join(
        f"TIMESTAMPTZ '2021-03-01 20:00:00+08' AS \"{field.header}\""
        if field.name == "call_start"
        else f"'1' AS \"{field.header}\""
        for field in BOOK
        if field.header
    )
    duckdb.connect().execute(f"COPY (SELECT {cells}) TO '{tmp_path / 'export.parquet'}'")
    connection = engine.connect()
    with pytest.raises(InputError, match="kept as an instant in UTC"):
        load.read(connection, tmp_path / "export.parquet", BOOK)
    connection.close()


@pytest.mark.parametrize("quoted", [False, True])
def test_headings_that_stand_again_are_known_however_they_are_spaced(tmp_path, quoted):
    again = [f" {each}\u200b".replace("编号", "编 号") for each in HEADERS.values()]
    call = [at(20, ticket_id="工1").get(name, "") for name in HEADERS]
    lines = [HEADERS.values(), call, again, call]
    text = "\n".join(",".join(line) for line in lines) + "\n"
    (tmp_path / "export.csv").write_text(text.replace("工1", '"工1"') if quoted else text, encoding="utf-8")
    connection = engine.connect()
    load.read(connection, tmp_path / "export.csv", BOOK)
    found = connection.execute("SELECT row, is_heading, ticket_id FROM raw ORDER BY row").fetchall()
    connection.close()
    assert found == [(2, False, "工1"), (3, True, None), (4, False, "工1")]


def test_numbers_of_parquet_that_have_lost_their_digits_cannot_be_read(tmp_path):
    call = ", ".join(f"'{at(20).get(name, '')}' AS \"{header}\"" for name, header in HEADERS.items())
    file, number = tmp_path / "export.parquet", f'"{HEADERS["caller_number"]}"'
    for kind, expected in (("FLOAT", "\ufffd\ufffd"), ("DOUBLE", "13910000001")):
        duckdb.sql(f"SELECT * REPLACE (13910000001::{kind} AS {number}) FROM (SELECT {call})").write_parquet(str(file))
        connection = engine.connect()
        load.read(connection, file, BOOK)
        assert connection.execute("SELECT caller_number FROM raw").fetchone() == (expected,)
        connection.close()
