"""An export whose every cell is invented, so that what cleaning makes of it can be held against the truth.

`Export` is what the spoilers of `spoilers` change; `written` makes a file of it, `cleaned` cleans that file, and
`faults` says what is wrong with the outcome.
"""

import csv
import datetime
import io
import random
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
from clean_notebook import run_cells
from exports import BOOK, HEADERS
from workbooks import workbook

CALLS = 24
CANARY = "CANARY"  # of every cell that may be seen nowhere
NOTE = f"{CANARY}heading"  # a column that the codebook does not describe
NAMES = list(HEADERS)
TIME = "%Y-%m-%d %H:%M:%S"
DERIVED = ("year", "month", "weekday", "hour", "waiting", "call_length")


@dataclass
class Line:
    """A row of the file.

    Attributes
    ----------
    cells : {variable or `NOTE`: text}
    call : the call that it is about; None for a row that is no call
    touched : whether the row may be rejected, since something is wrong with it
    """

    cells: dict[str, str]
    call: int | None = None
    touched: bool = False


@dataclass
class Export:
    """A file that is not written yet, and the truth about it.

    Attributes
    ----------
    columns : the variables in the order of their columns, and their headings
    lines : the rows
    truth : of each call {variable: value}, None for "not recorded"
    callers : the caller of each call, None for one that cannot be known
    refusable : whether the file as a whole may be refused
    above : lines of text above the headings
    delimiter, quoting, ending, encoding : how it is written
    kind : "csv", "excel" or "parquet"; in the last two a row has its cells, however it would be written as text
    bytewise : changes of the bytes of the file
    """

    columns: dict[str, str]
    lines: list[Line]
    truth: dict[int, dict]
    callers: dict[int, int | None]
    refusable: bool = False
    above: list[str] = field(default_factory=list)
    delimiter: str = ","
    quoting: int = csv.QUOTE_MINIMAL
    ending: str = "\n"
    encoding: str = "utf-8"
    kind: str = "csv"
    bytewise: list[Callable[[bytes], bytes]] = field(default_factory=list)

    def of(self, call: int) -> list[Line]:
        """Return the rows about a call."""
        return [line for line in self.lines if line.call == call]


def _call(number, caller, chance):
    """Return the cells of a call, and what is true of it. Each call has a day of its own."""
    start = datetime.datetime(2021, 3, 1) + datetime.timedelta(days=number, seconds=25623 * number % 86400)
    answered = start + datetime.timedelta(seconds=20 + number)
    end = answered + datetime.timedelta(minutes=5 + number, seconds=number)
    cells = {NOTE: f"{CANARY}note{number}"}
    truth = {
        "year": start.year,
        "month": str(start.month),
        "weekday": str(start.isoweekday()),
        "hour": start.hour,
        "waiting": 20 + number,
        "call_length": 300 + 61 * number,
    }
    for name in NAMES:
        variable = BOOK[name]
        if variable.categorical:
            code = chance.choice([code for code in variable.codes if not code.exclude])
            cells[name], truth[name] = code.zh, code.code
            if name == "call_type":
                cells[name], truth[name] = variable.codes[0].zh, variable.codes[0].code
        elif variable.type == "integer":
            value = chance.randint(8, 18) if name == "age" else chance.randint(1, 5)
            cells[name], truth[name] = str(value), value
    times = {"call_start": start, "answer_time": answered, "call_end": end}
    cells |= {name: time.strftime(TIME) for name, time in times.items()}
    cells |= {
        "ticket_id": f"T{100000 + number}",
        "caller_number": f"139{12340000 + caller}",
        "counsellor": f"工{number % 3}",
    }
    return cells, truth


def export(chance: random.Random) -> Export:
    """Return an export in order: every caller calls twice, and each column has a cell that may be seen nowhere.

    The calls with such a cell come first, so that the first row is one of them.
    """
    lines, truth, callers = [], {}, {}
    marked = [*NAMES]
    chance.shuffle(marked)
    for number in range(len(marked) + CALLS):
        callers[number] = number // 2
        cells, truth[number] = _call(number, callers[number], chance)
        line = Line(cells, number)
        if number < len(marked):
            line.cells[marked[number]] = f"{CANARY}{number}"
            line.touched = True
        lines.append(line)
    return Export({name: HEADERS.get(name, name) for name in [*NAMES, NOTE]}, lines, truth, callers)


def written(export: Export) -> bytes:
    """Return the bytes of the file."""
    content = {"csv": _as_csv, "excel": _as_excel, "parquet": _as_parquet}[export.kind](export)
    for change in export.bytewise:
        content = change(content)
    return content


def _as_csv(export):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=export.delimiter, quoting=export.quoting, lineterminator=export.ending)
    for each in export.above:
        text.write(each + export.ending)
    writer.writerow(export.columns.values())
    for line in export.lines:
        if "raw" in line.cells:
            text.write(line.cells["raw"] + export.ending)
        else:
            writer.writerow([line.cells.get(name, "") for name in export.columns] + line.cells.get("more", []))
    return text.getvalue().encode(export.encoding, errors="replace")


def _rows(export):
    """Return the cells of each row."""
    return [
        [line.cells.get(name, "") for name in export.columns] if "raw" not in line.cells or line.cells["raw"] else []
        for line in export.lines
    ]


def _as_excel(export):
    """Return the bytes of a workbook, in which characters that XML has not stand as Excel writes them."""

    def xml(text):
        return re.sub("[\\x00-\\x08\\x0b-\\x1f]", lambda match: f"_x{ord(match[0]):04X}_", text)

    rows = [list(export.columns.values()), *_rows(export)]
    return workbook({"calls": [[xml(text) for text in row] for row in rows]})


def _as_parquet(export):
    """Return the bytes of a Parquet file, whose columns have a name each: no second one of a name, and none without."""
    names = {heading or "nameless": place for place, heading in reversed(list(enumerate(export.columns.values())))}
    rows = [row or [None] * len(export.columns) for row in _rows(export)]
    frame = pd.DataFrame({name: [row[place] for row in rows] for name, place in names.items()}, dtype="str")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        database.register("frame", frame)
        database.execute(f"COPY (FROM frame) TO '{folder}/x.parquet' (FORMAT parquet)")
        return Path(folder, "x.parquet").read_bytes()


@dataclass
class Outcome:
    """What cleaning made of a file: why it was refused, or the calls that were kept, and all that can be seen.

    Attributes
    ----------
    refused : the message; None where the file was read
    counted : rows of the file that were counted in one way or another
    kept : {variable: value} of each row of calls.parquet
    seen : every text that a user or a file gets
    """

    refused: str | None
    counted: int
    kept: list[dict]
    seen: str


def cleaned(content: bytes, folder: Path) -> Outcome:
    """Clean a file by the notebook 01-clean; an error that is no InputError goes through."""
    file, step = folder / "export.csv", folder / "01-clean"
    file.write_bytes(content)
    step.mkdir()
    ended = run_cells(file, step, highest_rejected=1.0)
    files = [each.read_bytes().decode("utf-8", errors="replace") for each in step.rglob("*") if each.is_file()]
    kept, counted = [], 0
    if not ended.refused:
        kept = [_in_codes(row) for row in duckdb.sql(f"FROM '{step / 'calls.parquet'}'").df().to_dict("records")]
        counted = ended.names["loaded"].rows + ended.names["loaded"].empty_rows
    return Outcome(ended.refused, counted, kept, "\n".join([ended.screen, ended.refused or "", *files]))


def _in_codes(row):
    """Return a row of calls.parquet with codes in place of their positions, and None for what is not recorded."""
    values = {name: None if value != value or value is None else value for name, value in row.items()}
    for name, value in values.items():
        if BOOK[name].categorical and value is not None:
            values[name] = BOOK[name].kept_codes[int(value)]
    return values


def faults(export: Export, outcome: Outcome) -> list[str]:
    """Return what is wrong with an outcome; nothing for one that is right, or refused where that is allowed."""
    wrong = []
    if CANARY in outcome.seen:
        place = outcome.seen.index(CANARY)
        wrong.append(f"a cell of the export is seen: {outcome.seen[max(0, place - 60) : place + 40]!r}")
    if outcome.refused is not None:
        if not export.refusable:
            wrong.append(f"refused: {outcome.refused}")
        if "export.csv" not in outcome.refused and "column" not in outcome.refused:
            wrong.append(f"the message does not say where: {outcome.refused}")
        return wrong
    days = {value["day"].date(): value for value in outcome.kept}
    first = datetime.date(2021, 3, 1)
    numbers = {(day - first).days: value for day, value in days.items()}
    if len(days) < len(outcome.kept):
        wrong.append("two rows of one call were kept")
    for number in export.truth:
        lines = export.of(number)
        if number not in numbers:
            if not any(line.touched for line in lines):
                wrong.append(f"call {number}, which is in order, was not kept")
            continue
        for name in export.truth[number].keys() & numbers[number].keys():
            value = export.truth[number][name]
            if numbers[number][name] != value:
                wrong.append(f"call {number}: {name} is {numbers[number][name]!r} and not {value!r}")
    for number in numbers.keys() - export.truth.keys():
        wrong.append(f"a call of {first + datetime.timedelta(number)}, which was none, was kept")
    return wrong + _wrong_callers(export, numbers)


def _wrong_callers(export, numbers):
    """Return what is wrong with whom the calls are said to come from."""
    callers = {}
    for number in sorted(numbers.keys() & export.truth.keys()):
        true, read = export.callers[number], numbers[number]["caller"]
        callers.setdefault(("unknown", number) if true is None else true, set()).add(read)
    wrong = [f"caller {true} was taken for {len(read)} callers" for true, read in callers.items() if len(read) > 1]
    everyone = [read for one in callers.values() for read in one]
    if len(set(everyone)) < len(everyone):
        wrong.append("two callers were taken for one")
    return wrong
