"""When: texts as times, by the forms of the codebook, and what the times of an export say of it as a whole.

A text has exactly one of the forms, or it cannot be read (`hotline.schema.time_formats`). A "T" before the hour,
fractions of a second, 上午 and 下午 for AM and PM, and an offset from UTC that all texts share go with every form;
the hour stays as it is written. Texts with several offsets, or some with one and some without, are refused, as are
times in UTC: the hour of the day at the hotline would be a guess.
"""

from collections.abc import Iterable

from hotline.cleaning.constraints import not_recorded_sql
from hotline.cleaning.engine import Connection
from hotline.codebook import Field
from hotline.errors import InputError
from hotline.schema.time_formats import ISO, core, pattern
from hotline.sql import identifier, literal

TIMES = ("call_start", "answer_time", "call_end")
DAYS_ALONE = ("%Y-%m-%d", "%Y-%m-%d 00:00:00")  # the second is how days of Excel and Parquet may arrive
OFFSET = "Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?"
UTC = ("Z", "UTC", "GMT", "+00:00", "-00:00", "+0000", "-0000", "+00", "-00")
# The time, a fraction of its last second, and the offset.
WITH_TAIL = f"^(.*?:[0-9]{{1,2}}(?::[0-9]{{1,2}})?|[0-9]{{8}} ?[0-9]{{4,6}})(?:[.,][0-9]{{1,9}})?(?: ?({OFFSET}))?$"
ZEROS = "(0000|1900)[^0-9]?0?[01]?[^0-9]?00?([^0-9].*)?"
# Forms that exports often have: a complaint says which of them would read all texts that cannot be read.
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y",
        "%Y%m%d", "%Y年%m月%d日", "%d-%b-%Y", "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")  # fmt: skip
HOURS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%p %I:%M:%S", "%p %I:%M", "%p%I:%M:%S", "%p%I:%M",
         "%H.%M.%S", "%H时%M分%S秒", "%H时%M分", "%H点%M分", "%H%M%S", "%H%M")  # fmt: skip
COMMON = (
    *(f"{day} {hour}" for day in DAYS for hour in HOURS),
    *(f"%Y年%m月%d日{hour}" for hour in HOURS),
    *(f"{hour} {day}" for day in DAYS for hour in HOURS[:4]),
    *(
        "%Y%m%d%H%M%S",
        "%Y%m%d%H%M",
        "%Y-%m-%d-%H-%M-%S",
        "%Y-%m-%d-%H.%M.%S",
        "%Y-%m-%d_%H:%M:%S",
        "%a %b %d %H:%M:%S %Y",
    ),
)
TWO_DIGIT_YEAR = "[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{1,2} .*"
# What is no time by itself, and what it is instead.
NO_TIMES = {
    "[0-9]{9,10}([.][0-9]+)?": "seconds since 1970, whose hour depends on the place",
    "[0-9]{12,13}": "milliseconds since 1970, whose hour depends on the place",
    "[1-9][0-9]{4}([.][0-9]+)?": "numbers of days, as a spreadsheet counts them",
    "[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?": "days without an hour",
    "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?": "hours without a day",
}
SAMPLE = 1000  # texts on which the common forms are tried first
FEWEST_TIMES = 20  # calls that tell whether times are to the minute
MUCH_TO_THE_MINUTE = 0.2  # share of the answered calls from which it is said
FEWEST_TO_TELL = 100  # calls that tell whether hours are those of a clock of twelve
FEWEST_CALLS = 10  # fewer than these are not counted aloud


def forms(field: Field) -> list[str]:
    """Return the forms in which the times of a variable may be written, in the order in which they are tried."""
    return list(dict.fromkeys([*map(core, field.formats), *(DAYS_ALONE if field.type == "date" else [ISO])]))


def is_plain(text: str, field: Field) -> str:
    """Return the SQL of whether a text has one of the forms as it stands: nearly all have."""
    return _is(text, "|".join(map(pattern, forms(field))))


def loosened(text: str, field: Field) -> str:
    """Return the SQL of a tidied text without what any form may have: a "T", fractions, an offset, 上午 and 下午.

    A text that means "not recorded" stays as it is.
    """
    day = f"regexp_replace({text}, '^([0-9]{{4}}-?[0-9]{{2}}-?[0-9]{{2}})T([0-9])', '\\1 \\2')"
    noon = f"replace(replace({day}, '上午', 'AM'), '下午', 'PM')"
    return (
        f"CASE WHEN {not_recorded_sql(field, text)} THEN {text} "
        f"ELSE regexp_replace({noon}, {literal(WITH_TAIL)}, '\\1') END"
    )


def value(text: str, field: Field) -> str:
    """Return the SQL of the time in a tidied, loosened text; NULL where it has none of the forms."""
    cases = " ".join(f"WHEN {_is(text, pattern(form))} THEN {_parsed(text, form)}" for form in forms(field))
    read = f"CASE {cases} END"
    if field.missing:
        read = f"CASE WHEN NOT {not_recorded_sql(field, text)} THEN {read} END"
    return f"({read})::DATE" if field.type == "date" else read


def _is(text, pattern):
    """Return the SQL of whether the whole text fits a pattern."""
    return f"regexp_full_match({text}, {literal(pattern)})"


def _parsed(text, form):
    """Return the SQL of the time in a text that has a form; NULL where there is no such day or hour."""
    return f"try_strptime({text}, {literal(form)})"


def refuse_offsets(connection: Connection, fields: Iterable[Field], tidied: dict[str, str]) -> None:
    """Raise InputError where the times in `raw` have several offsets from UTC, or are in UTC.

    Parameters
    ----------
    fields
        The times that the export has.
    tidied
        {name: SQL of its text, tidied}.
    """
    fields, offsets, utc = list(fields), {}, []
    for each in fields:
        text = tidied[each.name]
        found = connection.execute(
            f"SELECT regexp_extract(replace(text, 'T', ' '), {literal(WITH_TAIL)}, 2) AS zone, count(*) FROM "
            f"(SELECT {text} AS text FROM raw WHERE NOT {is_plain(identifier(each.name), each)}) "
            f"WHERE zone <> '' AND {is_plain(loosened('text', each), each)} GROUP BY zone"
        ).fetchall()
        utc += [each] * any(zone in UTC for zone, _ in found)
        for zone, rows in found:
            offsets[zone.replace(":", "").ljust(5, "0")] = offsets.get(zone.replace(":", "").ljust(5, "0"), 0) + rows
    if not offsets:
        return
    remedy = f"Export all times as the clock of the hotline showed them, as {ISO} say."
    if utc:
        raise InputError(
            f"column {utc[0].name}: times in UTC (they end in Z or +00:00), so that the hour at the hotline is not "
            f"known.\n  {remedy}"
        )
    readable = " + ".join(
        f"count(*) FILTER ({value(loosened(tidied[each.name], each), each)} IS NOT NULL)" for each in fields
    )
    without = connection.execute(f"SELECT {readable} FROM raw").fetchone()[0] - sum(offsets.values())
    if len(offsets) > 1 or without > 0:
        mixed = (
            f"{len(offsets)} different offsets from UTC"
            if len(offsets) > 1
            else "an offset from UTC in some texts only"
        )
        names = ", ".join(each.name for each in fields)
        raise InputError(f"columns {names}: {mixed}, so that the hour at the hotline is not known.\n  {remedy}")


def hint(connection: Connection, field: Field, tidied: str) -> str:
    """Return which common form would read the texts of `raw` that `decoded` could not read; "" where none would.

    Parameters
    ----------
    tidied
        SQL of the text, tidied.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unread AS SELECT {loosened(tidied, field)} AS text FROM raw "
        f"SEMI JOIN (SELECT row FROM decoded WHERE {field.name}_bad) USING (row)"
    )
    rows = connection.execute("SELECT count(*) FROM unread").fetchone()[0]
    sample = f"(SELECT * FROM unread LIMIT {SAMPLE})"
    candidates = [form for form, n in _fits(connection, sample, COMMON) if 2 * n >= min(rows, SAMPLE) > 0]
    fits = _fits(connection, "unread", candidates)
    most = max((n for _, n in fits), default=0)
    best = [form for form, n in fits if n == most]
    of_them = "all of them" if most == rows else f"{most:,} of {rows:,}"
    zeros, short, *others = (
        connection.execute(f"SELECT count(*) FILTER ({_is('text', each)}) FROM unread").fetchone()[0]
        for each in (ZEROS, TWO_DIGIT_YEAR, *NO_TIMES)
    )
    connection.execute("DROP TABLE unread")
    if len(best) == 1:
        return f"{of_them} fit {best[0]}; add it to `formats`."
    if best:
        return f"{of_them} fit {' and '.join(best)}: find out which is meant, and add it alone to `formats`."
    for words, number in zip(NO_TIMES.values(), others, strict=True):
        if rows and number == rows:
            return f"all of them are {words}: export them as {ISO} says."
    if rows and short == rows:
        return "all of them seem to have years of two digits, which are not read: export them with four."
    if zeros and field.name == "answer_time":
        return (
            f'{zeros:,} of {rows:,} are zeros of a system: list the text under `missing` where it means "not answered".'
        )
    return ""


def _fits(connection, texts, forms):
    """Return [(form, how many of the texts it reads)]."""
    if not forms:
        return []
    counts = (f"count(CASE WHEN {_is('text', pattern(each))} THEN {_parsed('text', each)} END)" for each in forms)
    return list(zip(forms, connection.execute(f"SELECT {', '.join(counts)} FROM {texts}").fetchone(), strict=True))


def refuse_days(connection: Connection) -> None:
    """Raise InputError where all calls that can be read begin at midnight: they are days, and say no hour."""
    calls, midnights = connection.execute(
        "SELECT count(*), count(*) FILTER (call_start = call_start::DATE) FROM stage_records"
    ).fetchone()
    if calls == midnights >= FEWEST_TIMES:
        raise InputError(
            f"column call_start: all {calls:,} calls begin at midnight; expected the hour of each call, not its day "
            "alone.\n  Export the column with its hours, minutes and seconds."
        )


def to_the_minute(connection: Connection) -> bool:
    """Return whether the starts of all answered calls, or their answers, are whole minutes: then no wait is right."""
    answered, exact = connection.execute(
        "SELECT count(*), bool_and(second(call_start) = 0) OR bool_and(second(answer_time) = 0) "
        "FROM stage_records WHERE answer_time IS NOT NULL"
    ).fetchone()
    return answered >= FEWEST_TIMES and exact


def clock_warnings(connection: Connection) -> list[str]:
    """Return what the user should know of the clock: a part of the calls to the minute, or all hours from 1 to 12."""
    answered, whole, calls, half = connection.execute(
        "SELECT count(answer_time), count(*) FILTER (second(call_start) = 0 AND second(answer_time) = 0), "
        "count(*), bool_and(hour(call_start) BETWEEN 1 AND 12) FROM stage_records"
    ).fetchone()
    said = []
    if whole > max(FEWEST_TIMES, MUCH_TO_THE_MINUTE * answered) and not to_the_minute(connection):
        said.append(
            f"{whole:,} of {answered:,} answered calls have their times to the minute, so that their waiting times "
            "are whole minutes, most of them 0, and the mean of all is wrong. Which file is that? Export its seconds."
        )
    if calls >= FEWEST_TO_TELL and half:
        said.append(
            "All calls begin at hours from 1 to 12, as if 上午 and 下午, or AM and PM, had been lost: is the hour of "
            "these times right? Export it from 0 to 23."
        )
    return said


def thin_years(connection: Connection) -> tuple[list[int], int]:
    """Return the calendar years within the study with hardly a call, and a number that their calls stay below.

    Such a year has fewer than a hundredth of the calls of the busiest one, or fewer than ten and a tenth.
    """
    counts = dict(connection.execute("SELECT year(call_start), count(*) FROM stage_calls GROUP BY 1").fetchall())
    most = max(counts.values(), default=0)
    limit = max(most / 100, min(FEWEST_CALLS, most / 10))
    years = range(min(counts, default=0), max(counts, default=-1) + 1)
    return [year for year in years if counts.get(year, 0) < limit], max(FEWEST_CALLS, round(limit))


def warnings(minutes: bool, years: list[int], below: int) -> list[str]:
    """Return what the user should know of the times: that they are to the minute, or that a year has hardly a call.

    Parameters
    ----------
    minutes
        As `to_the_minute` says.
    years, below
        As `thin_years` gives them.
    """
    said = []
    if minutes:
        said.append(
            "The times of all calls, their starts or their answers, are to the minute, so that no waiting time would "
            "be right: `waiting` is not recorded for all calls, and their length is right to a minute only. Export the "
            "seconds."
        )
    if years:
        listed = ", ".join(map(str, years[:5])) + (" ..." if len(years) > 5 else "")
        said.append(
            f"Fewer than {below} calls in {listed}, far fewer than in other years: are these dates right? Correct "
            "them, or set `first_plausible_year` and `last_day` in params.yml, since rates and trends are per year."
        )
    return said
