"""Times: each text is read right, or not at all."""

import dataclasses
import datetime

import pytest
from exports import BOOK, RULES, at, clean

from hotline.cleaning import engine, flow, rules, times
from hotline.errors import InputError

START = BOOK["call_start"]


def read(text, *forms, field=START):
    """The time in a text, by these forms or those of the codebook; None where it cannot be read."""
    field = dataclasses.replace(field, formats=forms) if forms else field
    connection = engine.connect()
    connection.execute("CREATE TABLE given AS SELECT ? AS text", [text])
    loose = connection.execute(f"SELECT {times.loosened('text', field)} FROM given").fetchone()[0]
    connection.execute("UPDATE given SET text = ?", [loose])
    found = connection.execute(f"SELECT {times.value('text', field)} FROM given").fetchone()[0]
    connection.close()
    return found


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("2021-03-04 20:05:06", ()),
        ("2021/3/4 20:05:06", ()),
        ("2021年3月4日 20时5分6秒", ()),
        ("20210304200506", ()),
        ("2021-03-04T20:05:06", ()),
        ("20210304T200506Z", ("%Y%m%d %H%M%S",)),
        ("2021-03-04 20:05:06.789", ()),
        ("2021-03-04 20:05:06,789123", ()),
        ("2021-03-04T20:05:06.789+08:00", ()),
        ("2021-03-04 20:05:06+0800", ()),
        ("2021-03-04 20:05:06 -05", ("%Y-%m-%d %H:%M:%S%z",)),
        ("2021-03-04 20:05:06.5", ("%Y-%m-%d %H:%M:%S.%f",)),
        ("04/03/2021 20:05:06", ("%d/%m/%Y %H:%M:%S",)),
        ("3/4/2021 8:05:06 pm", ("%m/%d/%Y %I:%M:%S %p",)),
        ("2021/3/4 下午 8:05:06", ("%Y/%m/%d %p %I:%M:%S",)),
        ("04-Mar-2021 20:05:06", ("%d-%b-%Y %H:%M:%S",)),
        ("Thu Mar 04 20:05:06 2021", ("%a %b %d %H:%M:%S %Y",)),
    ],
)
def test_a_text_is_read_by_its_form_and_keeps_the_local_hour(text, forms):
    assert read(text, *forms) == datetime.datetime(2021, 3, 4, 20, 5, 6)


@pytest.mark.parametrize(
    "text",
    ["21-03-04 20:05:06", "04-03-21 20:05:06", "04/03/2021 20:05:06", "2021318000", "2021318:0:0",
     "2021-03-04 24:00:00", "2021-03-04 20:05:60", "2021-03-04", "2021-03-04 20:05:06 PM",
     "2021-13-04 20:05:06", "44259.8368", "1614859506",
     "0000-00-00 00:00:00", "1900-01-00 00:00:00", "2021-03-04 星期四 20:05:06", "202103042005"],
)  # fmt: skip
def test_a_text_of_no_form_is_not_read(text):
    assert read(text) is None


def test_a_text_that_means_not_recorded_is_no_time():
    for text in ("1970-01-01 08:00:00", "1970-01-01T08:00:00Z"):
        assert read(text, field=dataclasses.replace(START, missing=(text,))) is None


@pytest.mark.parametrize(
    "zero", ["1970-01-01 08:00:00", "1970-01-01 00:00:00", "1899-12-30 00:00:00", "0001-01-01 00:00:00"]
)
@pytest.mark.parametrize("name", times.TIMES)
def test_a_zero_of_a_system_is_an_impossible_time(tmp_path, zero, name):
    left, _, connection = clean(tmp_path, [at(20, **{name: zero})])
    assert left == {2: ("records", "impossible-time")}
    problem = flow.problems(connection, RULES).iloc[0]
    assert (
        "`first_plausible_year` in params.yml" in problem["remedy"] and "`missing` of answer_time" in problem["remedy"]
    )


def test_the_first_plausible_year_is_a_parameter(tmp_path):
    *_, connection = clean(tmp_path, [at(20)])
    tried = rules.rules(BOOK, reconnect_minutes=10, longest_hours=6, oldest_pupil=19, first_plausible_year=2022)
    assert flow.apply_rules(connection, tried).set_index("rule").loc["impossible-time", "rows"] == 1


def shifted(suffix, count=3, **more):
    """Calls whose times end in a text."""
    return [
        {k: v + suffix if k in times.TIMES else v for k, v in at(8 + n, ticket_id=str(n)).items()} | more
        for n in range(count)
    ]


def test_one_offset_keeps_the_local_hour(tmp_path):
    left, _, connection = clean(tmp_path, shifted("+08:00", answer_time=""))
    assert {rule for _, rule in left.values()} == {"unanswered"}
    assert connection.execute("SELECT hour(call_start) FROM decoded ORDER BY row").fetchall() == [(8,), (9,), (10,)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (shifted("+08:00") + shifted("+0900"), "2 different offsets from UTC"),
        (shifted("+08:00") + shifted(""), "an offset from UTC in some texts only"),
        (shifted("Z"), "column call_start: times in UTC"),
        (shifted("") + shifted(" +00:00", 1), "times in UTC"),
    ],
)
def test_offsets_that_hide_the_local_hour_are_refused(tmp_path, rows, expected):
    with pytest.raises(InputError, match=expected) as raised:
        clean(tmp_path, rows)
    assert "2021" not in str(raised.value)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["13/03/2021 08:30", "04/03/2021 08:30"], "all of them fit %d/%m/%Y %H:%M; add it to `formats`."),
        (["05/03/2021 08:30", "04/03/2021 08:30"], "all of them fit %d/%m/%Y %H:%M and %m/%d/%Y %H:%M: find out which"),
        (["2021/3/1 下午 8:30:00"], "all of them fit %Y/%m/%d %p %I:%M:%S; add"),
        (["2021.03.01 08:30:00", "2021.03.02 08:30:00", "昨天"], "2 of 3 fit %Y.%m.%d %H:%M:%S; add"),
        (["21-03-01 08:30:00"], "years of two digits, which are not read"),
        (["昨天"], "Correct the time"),
        (["1614859506", "1614859507.25"], "all of them are seconds since 1970"),
        (["1614859506000"], "all of them are milliseconds since 1970"),
        (["44259.8368", "44260"], "all of them are numbers of days, as a spreadsheet counts them: export them as %Y"),
        (["2021-03-01", "2021年3月2日"], "all of them are days without an hour"),
        (["20:30:00"], "all of them are hours without a day"),
    ],
)
def test_complaints_name_the_form_that_would_read_the_texts(tmp_path, texts, expected):
    rows = [at(20, ticket_id=str(n), call_start=text) for n, text in enumerate(texts)]
    *_, connection = clean(tmp_path, rows)
    message = flow.complaints(flow.problems(connection, RULES))
    assert f"What to do: {expected}" in message.replace("all of them seem to have ", "") and "昨天" not in message


def test_zeros_of_an_answer_are_named(tmp_path):
    *_, connection = clean(
        tmp_path, [at(20, answer_time="0000-00-00 00:00:00"), at(21, answer_time="1900-01-00 00:00:00")]
    )
    assert flow.problems(connection, RULES)["remedy"].str.startswith("2 of 2 are zeros of a system").all()


def test_times_to_the_minute_leave_no_waiting(tmp_path):
    calls = [at(8 + n // 4, 15 * (n % 4), ticket_id=str(n), caller_number=f"139{n:08d}") for n in range(24)]
    *_, connection = clean(tmp_path, [calls[0] | {"call_start": "2021-03-01 08:00:07"}, *calls[1:]])
    assert not times.to_the_minute(connection)
    minutes = [{k: v[:-2] + "00" if k in times.TIMES else v for k, v in call.items()} for call in calls]
    *_, connection = clean(tmp_path, minutes)
    assert times.to_the_minute(connection)
    flow.write_tables(connection, BOOK, tmp_path, ["waiting"])
    stored = connection.execute(f"SELECT count(*), count(waiting), count(call_length) FROM '{tmp_path}/calls.parquet'")
    assert stored.fetchone() == (24, 0, 24)
    assert "not recorded" in times.warnings(True, [], 10)[0]


def hourly(*hours, **more):
    """A call at each of these hours, each by a number of its own."""
    return [at(hour, ticket_id=str(n), caller_number=f"139{n:08d}", **more) for n, hour in enumerate(hours)]


def test_starts_to_the_minute_alone_leave_no_waiting_either(tmp_path):
    calls = [call | {"call_start": call["call_start"][:-2] + "00"} for call in hourly(*range(24))]
    calls = [call | {"answer_time": call["answer_time"][:-2] + "41"} for call in calls]
    *_, connection = clean(tmp_path, calls)
    assert times.to_the_minute(connection) and times.clock_warnings(connection) == []


def test_a_part_of_the_calls_to_the_minute_is_named(tmp_path):
    calls = [
        {k: v[:-2] + ("00" if n < 24 else "17") if k in times.TIMES else v for k, v in call.items()}
        for n, call in enumerate(hourly(*range(24), *range(24)))
    ]
    *_, connection = clean(tmp_path, calls)
    assert not times.to_the_minute(connection)
    assert times.clock_warnings(connection)[0].startswith("24 of 48 answered calls have their times to the minute")


def test_a_clock_of_twelve_hours_is_named(tmp_path):
    *_, connection = clean(tmp_path, hourly(*[1 + n % 12 for n in range(100)]))
    assert "from 1 to 12" in times.clock_warnings(connection)[0]
    *_, connection = clean(tmp_path, hourly(*[n % 24 for n in range(100)]))
    assert times.clock_warnings(connection) == []


def test_days_in_place_of_times_are_refused(tmp_path):
    calls = [call | {"call_start": "2021-03-01 00:00:00"} for call in hourly(*[1] * 20)]
    *_, connection = clean(tmp_path, calls)
    with pytest.raises(InputError, match="all 20 calls begin at midnight; expected the hour"):
        times.refuse_days(connection)
    *_, connection = clean(tmp_path, [*calls, at(9)])
    times.refuse_days(connection)


def test_a_year_with_hardly_a_call_is_named(tmp_path):
    dates = ["2012-05-01", *(f"{year}-05-{day:02d}" for year in (2019, 2020) for day in range(1, 29))]
    rows = [
        {k: v.replace("2021-03-01", date) for k, v in at(8, ticket_id=str(n), caller_number=f"139{n:08d}").items()}
        for n, date in enumerate(dates)
    ]
    *_, connection = clean(tmp_path, rows)
    years, below = times.thin_years(connection)
    assert years == list(range(2012, 2019)) and below == 10
    assert "Fewer than 10 calls in 2012, 2013, 2014, 2015, 2016 ..." in times.warnings(False, years, below)[0]
    connection.execute("DELETE FROM left_calls WHERE row = 2")
    assert times.thin_years(connection)[0] == [] and times.warnings(False, [], 10) == []


def test_a_variable_of_days_is_read_as_a_day(tmp_path):
    field = dataclasses.replace(BOOK["follow_up_days"], type="date", unit="", formats=("%d.%m.%Y",))
    assert [read(text, field=field) for text in ("04.03.2021", "2021-03-04", "2021-03-04 00:00:00", "4.3.21")] == [
        datetime.date(2021, 3, 4)
    ] * 3 + [None]
