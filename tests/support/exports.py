"""Calls of an export of a few rows, whose fate in the cleaning is worked out by hand."""

from hotline.cleaning import rules
from hotline.codebook import codebook

BOOK = codebook()
SECRET = b"a key for the tests alone"
RULES = rules.rules(BOOK, reconnect_minutes=10, longest_hours=6, oldest_pupil=19)
HEADERS = {field.name: field.header for field in BOOK if field.header}
CALL = {
    "ticket_id": "1",
    "call_start": "2021-03-01 20:00:00",
    "answer_time": "2021-03-01 20:00:30",
    "call_end": "2021-03-01 20:10:30",
    "caller_number": "10000000001",
    "call_type": "有效来电",
    "caller_relation": "母亲",
    "sex": "男",
    "age": "13",
    "stage": "初中",
    "city": "广州",
    "level": "基本良好",
}


def at(hour, minute=0, length=10, **more):
    """A valid call of ten minutes on 1 March 2021 by the number 1."""
    start = f"2021-03-01 {hour:02d}:{minute:02d}"
    return (
        CALL
        | {
            "call_start": f"{start}:00",
            "answer_time": f"{start}:30",
            "call_end": f"2021-03-01 {hour:02d}:{minute + length:02d}:30",
        }
        | more
    )
