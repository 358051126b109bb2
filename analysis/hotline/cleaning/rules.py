"""The rules by which a row leaves the study, in the order in which they are tried, and the remedy of each."""

import dataclasses
import datetime
from dataclasses import dataclass

from hotline.cleaning.constraints import constrained
from hotline.cleaning.times import TIMES
from hotline.codebook import Codebook
from hotline.errors import InputError
from hotline.sql import identifier, literal

MERGED = "merged"
REJECTED = "rejected"
# The stages, and what is left at the end of each.
STAGES = {
    "records": "Rows that can be read",
    "calls": "Calls within the study",
    "answered": "Answered calls",
    "assessed": "Assessed calls",
    "cases": "Pupils' cases",
}
CONSTRAINT = (
    "Correct the value (of `unique`: rename or take out the later row), or the `constraints` of that variable in the "
    "codebook."
)
TOTALS = "^(合计|总计|小计|共计|总数|(grand |sub)?total|sum)"  # what stands in place of a ticket below the last call


@dataclass(frozen=True)
class Rule:
    """One reason for which a row leaves the study.

    Attributes
    ----------
    stage, name, action
        The stage (a key of `STAGES`), the rule's name, and whether a row is rejected or merged.
    words
        The reason, for readers.
    condition
        SQL that picks the rows.
    field
        SQL that names the variable at fault.
    remedy
        What to do about it; of rules of unreadable rows only.
    causes
        {variable: SQL of what can be wrong with it, whatever else is wrong with the row}; of the same rules.
    """

    stage: str
    name: str
    action: str
    words: str
    condition: str
    field: str = "NULL"
    remedy: str = ""
    causes: dict = dataclasses.field(default_factory=dict)


def _unreadable(name, words, causes, remedy):
    """Return the rule that rejects a row for any of {variable: SQL of what is wrong with it}, the first of them."""
    field = " ".join(f"WHEN {condition} THEN {literal(variable)}" for variable, condition in causes.items())
    condition = " OR ".join(f"({each})" for each in causes.values())
    return Rule("records", name, REJECTED, words, condition, f"CASE {field} END", remedy, causes)


def _not_readable(book):
    """Return the rules of rows that are there twice, or hold what cannot be read."""
    described = [field.name for field in book if field.header and field.name not in (*TIMES, "caller_number")]
    broken = {field.name: f"{field.name}_broken" for field in book if constrained(field)}
    no_times = " AND ".join(f"{name} IS NULL AND NOT {name}_bad" for name in TIMES)
    return [
        _unreadable(
            "second-heading",
            "The headings again",
            {"the whole row": "is_heading"},
            "Nothing, where a program repeats them on each page; files that were joined may overlap.",
        ),
        _unreadable(
            "ragged-row",
            "More or fewer cells than headings",
            {"the whole row": "ragged AND NOT is_heading"},
            "Look for a delimiter or a quotation mark inside a text, or a file that was cut off; export it again.",
        ),
        Rule("records", "duplicate", MERGED, "Exact duplicate of an earlier row", "copy > 1"),
        _unreadable(
            "total-row",
            "A row of totals",
            {"ticket_id": f"NOT ragged AND {no_times} AND regexp_matches(ticket_id, {literal(TOTALS)}, 'i')"},
            "Nothing, where it is no call; export without totals.",
        ),
        _unreadable(
            "unreadable-time",
            "A time that cannot be read, or no start or end",
            {
                "call_start": "NOT ragged AND (call_start_bad OR call_start IS NULL)",
                "answer_time": "answer_time_bad",
                "call_end": "NOT ragged AND (call_end_bad OR call_end IS NULL)",
            },
            "Correct the time, or add its form to the `formats` of that variable in the codebook; in a spreadsheet, "
            "give a plain number the format of a day with a time.",
        ),
        _unreadable(
            "unknown-code",
            "A value that the codebook does not know",
            {name: f"{name}_bad" for name in described},
            "Add the text to the codebook, as a synonym of a code or as `missing`, or correct it (an error, a formula "
            "without a value, 1.39E+10 or ######## in the spreadsheet); of a number, see its `constraints`.",
        ),
        _unreadable(
            "damaged-number",
            "A caller's number that is damaged",
            {"caller_number": "caller_number_bad"},
            "Export the numbers as text (a spreadsheet makes 1.39E+10 of them, or ########). List a text that means "
            '"withheld" under `withheld` of that variable in the codebook; of pseudonyms, see `normalise` there.',
        ),
        *([_unreadable("constraint", "A value that breaks a constraint", broken, CONSTRAINT)] if broken else []),
    ]


def _impossible_times(longest_hours, last_day, first_year):
    """Return the rules of rows whose times can be read, but not be true."""
    day = last_day or "the day of this run"
    late = f"CAST({literal(last_day)} AS DATE)" if last_day else "current_date"
    early = {name: f"{name} < DATE '{int(first_year)}-01-01'" for name in TIMES}
    too_long = f"call_end - call_start > INTERVAL {float(longest_hours)} HOUR"
    return [
        _unreadable(
            "impossible-time",
            f"Times out of order, longer than {longest_hours:g} hours, or before {first_year}",
            {
                "call_start": early["call_start"],
                "answer_time": f"{early['answer_time']} OR answer_time < call_start",
                "call_end": f"{early['call_end']} OR call_end < coalesce(answer_time, call_start) OR {too_long}",
            },
            "Check the clock of the telephone system, and `longest_hours` and `first_plausible_year` in params.yml. A "
            'zero of the system, such as 1970-01-01, that means "not answered" belongs under `missing` of answer_time.',
        ),
        _unreadable(
            "future-time",
            f"A time after {day}",
            {"call_start": f"call_start::DATE > {late}", "call_end": f"call_end::DATE > {late} + 1"},
            "Correct the date, or the `formats` that read it; `last_day` in params.yml is the export's last day.",
        ),
    ]


def _out_of_scope(book, oldest_pupil):
    """Return the rules that the codebook's `exclude` names, in its order: calls that are no pupils' calls."""
    excluded = {}
    for field in book:
        for code in field.codes:
            if code.exclude:
                excluded.setdefault(code.exclude, []).append((field.name, code))
    rules = []
    for name, codes in excluded.items():
        condition = " OR ".join(f"{identifier(variable)} = {literal(code.code)}" for variable, code in codes)
        whose = " ".join(
            f"WHEN {identifier(variable)} = {literal(code.code)} THEN {literal(variable)}" for variable, code in codes
        )
        field, words = f"CASE {whose} ELSE 'age' END", codes[0][1].en
        if name == "adult":
            oldest = int(oldest_pupil) * book["age"].scale
            condition, words = f"{condition} OR age > {oldest}", f"Adult, or older than {oldest_pupil}"
        rules.append(Rule("calls", name, REJECTED, words, condition, field))
    return rules


def _without_number(without_number):
    """Return the rule of calls whose caller's number was withheld: none where each of them may be a case."""
    if without_number == "own-case":
        return []
    return [Rule("cases", "without-number", REJECTED, "The caller's number was withheld", "caller_number < 0")]


def rules(
    book: Codebook,
    reconnect_minutes: int,
    longest_hours: float,
    oldest_pupil: int,
    last_day: str = "",
    without_number: str = "own-case",
    first_plausible_year: int = 2000,
) -> list[Rule]:
    """Return all rules in the order in which they are tried.

    Parameters
    ----------
    reconnect_minutes
        A number that calls again within so many minutes after a call is the same call.
    longest_hours
        A call that lasts longer has impossible times.
    oldest_pupil
        A person older than this (years) is an adult.
    last_day
        The day after which a time is impossible, as YYYY-MM-DD; the day of the run where it is empty.
    without_number
        What becomes of an assessed call whose caller's number was withheld: `own-case` or `leave-out`.
    first_plausible_year
        A time before this year is impossible: a zero of a system, or a slip.

    Raises
    ------
    InputError
        Where `last_day` is no day.
    """
    if last_day:
        try:
            datetime.date.fromisoformat(last_day)
        except ValueError as error:
            raise InputError(f'`last_day` of 01-clean: expected a day as YYYY-MM-DD, found "{last_day}"') from error
    again = f"Same number again within {reconnect_minutes} minutes after a call"
    soon = f"since_last BETWEEN INTERVAL 0 SECOND AND INTERVAL {int(reconnect_minutes)} MINUTE"
    return [
        *_not_readable(book),
        *_impossible_times(longest_hours, last_day, first_plausible_year),
        Rule("records", "same-ticket", MERGED, "A later row has the same ticket and start", "edition > 1"),
        *_out_of_scope(book, oldest_pupil),
        Rule("calls", "reconnect", MERGED, again, soon),
        Rule("answered", "unanswered", REJECTED, "Not answered", "answer_time IS NULL", "'answer_time'"),
        Rule("assessed", "not-assessed", REJECTED, "No mental-health level assigned", "level IS NULL", "'level'"),
        *_without_number(without_number),
        Rule("cases", "unassignable", REJECTED, "A gap in stage or sex, so that it fits several pupils", "fits > 1"),
        Rule("cases", "repeat-call", MERGED, "A later call about the same pupil", "repeat > 1"),
    ]
