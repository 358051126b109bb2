"""Texts into codes, numbers, times and pseudonyms."""

import hmac

from exports import SECRET, at, clean

from hotline.cleaning import decode


def test_decode_reads_every_time_format_of_the_codebook(tmp_path):
    written = [
        "2021-03-01 20:00:00",
        "2021/03/01 20:00:00",
        "2021/3/1 20:00",
        "2021年3月1日 20:00:00",
        "20210301200000",
        "２０２１-03-01 20:00:00",
    ]
    rows = [at(20, ticket_id=str(n), call_start=text, caller_number=f"139{n:08d}") for n, text in enumerate(written)]
    left, *_ = clean(tmp_path, rows)
    assert left == {}


def test_decode_counts_repairs(tmp_path):
    *_, connection = clean(tmp_path, [at(20, age="１３"), at(21, stage=" 初中生 ")])
    assert decode.repairs(connection) == [
        ("age", "full-width character", 1),
        ("stage", "spaces", 1),
        ("stage", "synonym", 1),
    ]


def test_decode_numbers_names_in_the_order_of_their_pseudonyms(tmp_path):
    names = [f"1000000{n:04d}" for n in range(50)]
    *_, connection = clean(tmp_path, [at(20, ticket_id=name, caller_number=name) for name in names])
    stored = connection.execute("SELECT caller_number FROM decoded ORDER BY row").fetchall()
    by_hmac = sorted(names, key=lambda name: hmac.digest(SECRET, name.encode(), "sha256"))
    assert [number for (number,) in stored] == [1 + by_hmac.index(name) for name in names]
    left = {row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    assert not any("meaning" in name or name in ("raw", "loaded") for name in left), "a table with numbers is left"


def test_decode_takes_nothing_that_a_spreadsheet_has_spoilt_for_a_name(tmp_path):
    spoilt = [("ticket_id", "2.0210E+13"), ("ticket_id", "#REF!"), ("counsellor", "#N/A"), ("counsellor", "########")]
    rows = [at(8 + n, caller_number=f"1390000000{n}") | {name: text} for n, (name, text) in enumerate(spoilt)]
    left, *_ = clean(tmp_path, [*rows, at(20, counsellor="J001")])
    assert left == {n: ("records", "unknown-code") for n in range(2, 6)}
