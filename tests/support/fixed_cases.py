"""Exports and codebooks with one fault each, as they were met in the world, and what must happen to each of them.

A case makes its files in a folder and says what it expects: how many cases there are, how many rows leave under which
rule, a word of a warning, or words of the refusal.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from codebooks import CHOICE, NUMBER, written
from exports import BOOK, HEADERS, at
from workbooks import formula, merged, sheet_data, workbook

NAMES = list(HEADERS)
FIRST = {name: BOOK[name].codes[0].zh if BOOK[name].codes else "1" for name in NAMES}
CALLS = [
    FIRST | at(8 + n // 4, 15 * (n % 4), length=5, ticket_id=f"T{n:05d}", caller_number=f"1391234{n:04d}")
    for n in range(40)
]
LEVEL = f"A{chr(ord('A') + NAMES.index('level') - 26)}"  # its column in a spreadsheet
SOME = range(10, 22)  # rows that are spoilt where not all are


@dataclass
class Case:
    """One fault.

    Attributes
    ----------
    words : what is wrong with the file
    make : writes the files into a folder; returns the export, and the codebook if it is not that of the study
    cases : of the study; None where the file is refused
    left : {rule: rows} that must have left
    says : words of the warnings, or of the refusal
    parameters : of 01-clean
    """

    words: str
    make: Callable[[Path], tuple[Path, Path | None]]
    cases: int | None = None
    left: dict = field(default_factory=dict)
    says: tuple[str, ...] = ()
    parameters: dict = field(default_factory=dict)


def changed(rows=range(40), **cells):
    """Return the calls with cells of some rows replaced; a function is applied to the cell and the row's number."""
    return [
        call | {name: to(call[name], n) if callable(to) else to for name, to in cells.items()} if n in rows else call
        for n, call in enumerate(CALLS)
    ]


def text_of(calls, headers=HEADERS):
    """Return calls as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headers, restval="", lineterminator="\n", extrasaction="ignore")
    writer.writerow(headers)
    writer.writerows(calls)
    return text.getvalue()


def table_of(calls):
    """Return calls as rows of cells, the headings first."""
    return [list(HEADERS.values()), *([call.get(name, "") for name in NAMES] for call in calls)]


def file(content, name="export.csv", beside=None):
    """Return what makes a file of a text or of bytes; `beside` are other files, {name: content}."""

    def make(folder):
        for each, inside in ({name: content} | (beside or {})).items():
            (folder / each).write_bytes(inside.encode() if isinstance(inside, str) else inside)
        return folder / name, None

    return make


def described(content, change=None, add=(), lines=None):
    """Return what makes an export and a codebook with a change; `lines` changes the codebook's bytes."""

    def make(folder):
        (folder / "export.csv").write_text(content, encoding="utf-8")
        book = written(folder, change, list(add))
        if lines:
            book.write_bytes(lines(book.read_bytes()))
        return folder / "export.csv", book

    return make


def excel(change=lambda rows: rows, more=""):
    """Return what makes a workbook of the calls after a change of its rows, with more XML behind them."""
    rows = change([list(row) for row in table_of(CALLS)])
    return file(workbook({"calls": sheet_data(rows) + more}), "export.xlsx")


def column(name, value, rows=SOME):
    """Return a change that puts a value into a column of some rows of a workbook; a function is given the row."""

    def change(table):
        for n in rows:
            place = NAMES.index(name)
            table[n + 1][place] = value(n) if callable(value) else value
        return table

    return change


def _parquet(name):
    def make(folder):
        cells = ", ".join(f"'{value}' AS \"{HEADERS[key]}\"" for key, value in CALLS[0].items())
        for each, age in {name: 13, "export1.parquet": 9}.items():
            duckdb.execute(f"COPY (SELECT * REPLACE ({age} AS 学生年龄) FROM (SELECT {cells})) TO '{folder}/x.parquet'")
            (folder / "x.parquet").rename(folder / each)
        return folder / name, None

    return make


def _with(name, **more):
    """Return a further field of the codebook, and the export with its column."""
    return [CHOICE | {"name": name} | more]


EXTRA = text_of(
    [call | {"extra": "甲" if n % 2 else "乙"} for n, call in enumerate(CALLS)], HEADERS | {"extra": "甲乙"}
)
NUMBERS = text_of(
    [call | {"extra": f"{20 + n / 4:.2f}"[:-1]} for n, call in enumerate(CALLS)], HEADERS | {"extra": "体质指数"}
)
GOOD, ALL_ADULTS = text_of(CALLS), text_of(changed(age="30"))
TIMES = ("call_start", "answer_time", "call_end")


def each_time(change):
    """Return the calls with every time changed."""
    return changed(**{name: lambda text, n: change(text) for name in TIMES})


def _swallowing():
    rows = text_of(changed()).splitlines()
    rows[0] += ",备注"
    for n in range(1, len(rows)):
        rows[n] += {12: ',"well', 22: ',end"'}.get(n, ",")
    return "\n".join(rows) + "\n"


def _set(name, **keys):
    """Return a change of one field of the codebook."""
    return lambda fields, schema: fields[name].update(keys)


def _far(rows):
    """Return the rows, and one far below them with a blank cell at its far end."""
    return [*rows, ["<c r='XFD1048576'/>"]]


CASES = [
    Case(
        "a file name with brackets, next to the one it would match as a pattern",
        file(GOOD, "export[1].csv", {"export1.csv": ALL_ADULTS}),
        40,
    ),
    Case("the same for Parquet", _parquet("export[1].parquet"), 1),
    Case("a carriage return at the end of each cell", excel(column("sex", "男_x000D_", range(40))), 40),
    Case(
        "free text described as a variable",
        described(EXTRA, add=[{k: v for k, v in CHOICE.items() if k not in ("codes", "reference")}]),
        says=("line", "codes"),
    ),
    Case(
        "numbers as a spreadsheet rounded them",
        file(text_of(changed(caller_number="1.39E+10"))),
        says=("damaged-number",),
    ),
    Case(
        "some callers withheld their number", file(text_of(changed(SOME, caller_number="匿名"))), 40, says=("number",)
    ),
    Case(
        "numbers with their middle masked",
        file(text_of(changed(SOME, caller_number="139****1000"))),
        40,
        says=("number",),
    ),
    Case(
        "one number for a twentieth of many calls",
        file(
            text_of(
                [
                    call
                    | {"ticket_id": f"{day}-{n}", "caller_number": "13900000001" if n % 2 else f"139{day:02d}{n:06d}"}
                    | {name: call[name].replace("-03-01", f"-03-{day:02d}") for name in TIMES}
                    for day in range(1, 9)
                    for n, call in enumerate(CALLS)
                ]
            )
        ),
        says=("largest_caller", "160"),
    ),
    Case(
        "one number in several spellings",
        file(text_of(changed(caller_number=lambda text, n: f"{['', '+86 ', '0086-', '86'][n % 4]}139{n % 20:08d}"))),
        20,
        {"repeat-call": 20},
    ),
    Case("numbers as formulas", file(text_of(changed(caller_number=lambda text, n: f'="139{n % 20:08d}"'))), 20),
    Case(
        "the zero of a clock for a time",
        file(
            text_of(changed(range(2), call_start="1970-01-01 08:00:00", answer_time="", call_end="1970-01-01 08:00:00"))
        ),
        38,
        {"impossible-time": 2},
        parameters={"highest_rejected": 0.2},
    ),
    Case("years of two digits", file(text_of(each_time(lambda text: text[2:]))), says=("unreadable-time", "formats")),
    Case("a quotation mark that opens in one row and closes in another", file(_swallowing()), 39, {"ragged-row": 1}),
    Case(
        "#N/A in a spreadsheet",
        excel(column("level", "<c t='e'><v>#N/A</v></c>", range(2))),
        38,
        {"unknown-code": 2},
        parameters={"highest_rejected": 0.2},
    ),
    Case(
        "a formula that no program has calculated",
        excel(column("level", formula(), range(2))),
        38,
        {"unknown-code": 2},
        parameters={"highest_rejected": 0.2},
    ),
    Case("a level merged over three rows", excel(column("level", "", (1, 2)), merged(f"{LEVEL}2:{LEVEL}4")), 40),
    Case(
        "one ticket on two rows that differ",
        file(text_of([*CALLS, *(call | {"sex": "女"} for call in CALLS[:20])])),
        40,
        {"same-ticket": 20},
    ),
    Case(
        "an optional heading renamed",
        file(text_of(CALLS, HEADERS | {"prior_treatment": "既往心理治疗史"})),
        40,
        says=("既往心理治疗史",),
    ),
    Case("a variable called group", described(EXTRA, add=_with("group")), 40),
    Case("a variable whose name SQL could not take", described(EXTRA, add=_with("school-type")), says=("school-type",)),
    Case("a variable called n", described(EXTRA, add=_with("n")), says=('"n"',)),
    Case("decimal numbers", described(NUMBERS, add=[NUMBER]), 40),
    Case("times with their offset", file(text_of(each_time(lambda text: f"{text}+08:00"))), 40),
    Case(
        "times with several offsets",
        file(
            text_of(changed(SOME, call_start=lambda text, n: f"{text}+08:00", call_end=lambda text, n: f"{text}+07:00"))
        ),
        says=("offset",),
    ),
    Case(
        "a form of time that there is not",
        described(GOOD, _set("call_start", formats=["%Y-%m-%d %Q"])),
        says=("%Q", "line"),
    ),
    Case(
        "a text in place of a list of forms",
        described(GOOD, _set("call_start", formats="%Y-%m-%d %H:%M:%S")),
        says=("formats", "line"),
    ),
    Case("a codebook in GBK", described(GOOD, lines=lambda content: content.decode().encode("gbk")), says=("UTF-8",)),
    Case("a blank cell far away", excel(_far), 40),
    Case(
        "a region that is none",
        described(GOOD, lambda fields, schema: fields["city"]["codes"][0].update(group="sichuan")),
        says=("sichuan", "line"),
    ),
    Case(
        "numbers as synonyms, without quotation marks",
        described(GOOD.replace(",男,", ",1,"), lambda fields, schema: fields["sex"]["codes"][0].update(synonyms=[1])),
        40,
    ),
    Case(
        "a pattern that rows break",
        described(text_of(changed(range(2), ticket_id="?")), _set("ticket_id", constraints={"pattern": "T[0-9]{5}"})),
        38,
        {"constraint": 2},
        parameters={"highest_rejected": 0.2},
    ),
]
