"""Calls of an export of a few rows, whose fate in the cleaning is worked out by hand."""

import csv

import pandas as pd

from hotline.cleaning import decode, engine, flow, load, rules
from hotline.codebook import codebook

BOOK = codebook()
SECRET = b"a key for the tests alone"
SETTINGS = {"reconnect_minutes": 10, "longest_hours": 6, "oldest_pupil": 19}
RULES = rules.rules(BOOK, **SETTINGS)
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


def rejected(folder):
    """The rows that left, as the file names them."""
    return pd.read_csv(folder / "rejected.csv")


def clean(folder, rows, encoding="utf-8-sig", headers=None, case="caller-stage-sex", book=BOOK):
    """Write an export, clean it, and return {line: (stage, rule)} of the rows that left, flow and connection."""
    headers = headers or {field.name: field.header for field in book if field.header}
    with open(folder / "export.csv", "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writerow(headers)
        writer.writerows(rows)
    connection = engine.connect()
    load.read(connection, folder / "export.csv", book)
    decode.decode(connection, book, SECRET)
    stages = flow.apply_rules(connection, rules.rules(book, **SETTINGS), case)
    flow.write_rejected(connection, folder / "rejected.csv")
    left = {row: (stage, rule) for row, stage, rule, *_ in rejected(folder).itertuples(index=False)}
    return left, stages, connection
