"""Texts into codes, numbers, times and pseudonyms."""

import datetime
import hmac

from codebooks import CHOICE, DAY, NUMBER, book
from exports import SECRET, at, clean

from hotline.cleaning import decode, flow


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


def stored(folder, entry, texts, **more):
    """What is stored of some texts of a variable with an entry in the codebook; "unknown" for rejected rows."""
    read = book(folder, add=[entry | more])
    name = entry["name"]
    rows = [at(8 + n, caller_number=f"1380000{n:04d}") | {name: text} for n, text in enumerate(texts)]
    left, _, connection = clean(folder, rows, book=read)
    flow.write_tables(connection, read, folder)
    kept = connection.execute(f"SELECT row, {name} FROM described").fetchall()
    assert all(rule == ("records", "unknown-code") for rule in left.values())
    return [dict(kept).get(n, "unknown") for n in range(2, 2 + len(texts))]


def test_numbers_are_kept_exactly_at_the_stated_scale_or_not_at_all(tmp_path):
    texts = ["20.5", "-0.1", "7", "7.50", "+3.0", "２０．５", "20.55", "2e1", "1,5", "abc", ""]
    expected = [205, -1, 70, 75, 30, 205, *["unknown"] * 4, None]
    assert stored(tmp_path, NUMBER, texts) == expected
    assert stored(tmp_path, NUMBER, ["20.5", "20", "9000000000"], decimals=0) == ["unknown", 20, 9000000000]
    large = ["0.000001", "9007199254.740992", "9007199254.740993", "1" * 30]
    assert stored(tmp_path, NUMBER, large, decimals=6) == [1, 2**53, "unknown", "unknown"]


def test_days_are_read_by_their_forms_without_an_hour(tmp_path):
    texts = ["2021/03/01", "2021-03-01", "2021-03-01 00:00:00", "2021-03-01 10:00:00", "2021/13/01", ""]
    day = datetime.date(2021, 3, 1)
    assert stored(tmp_path, DAY, texts) == [day, day, day, "unknown", "unknown", None]


def test_texts_of_the_codebook_are_compared_as_those_of_the_export(tmp_path):
    codes = [{"code": "first", "en": "5-10", "zh": "5－10分"}, {"code": "second", "en": "More", "zh": "　更多"}]
    texts = ["5-10分", "５－１０分", "更多", "／", "more"]
    assert stored(tmp_path, CHOICE, texts, codes=codes, missing=["／"]) == [0, 0, 1, None, "unknown"]


def test_bands_of_a_number_begin_in_its_own_unit(tmp_path):
    bands = [{"code": "low", "en": "Low", "zh": "低", "below": 18.5}, {"code": "high", "en": "High", "zh": "高"}]
    entry = {key: value for key, value in CHOICE.items() if key != "header"}
    entry |= {"name": "band", "reference": None, "codes": bands, "bands_of": "bmi"}
    read = book(tmp_path, add=[NUMBER, entry])
    rows = [at(8, bmi="18.4"), at(9, bmi="18.5", caller_number="13800000002"), at(10, caller_number="13800000003")]
    *_, connection = clean(tmp_path, rows, book=read)
    flow.write_tables(connection, read, tmp_path)
    assert connection.execute("SELECT band FROM described ORDER BY row").fetchall() == [(0,), (1,), (None,)]
