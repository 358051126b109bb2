"""Ways in which an export is spoilt, each with what is then still true of it.

A spoiler changes an `Export` of `true_export`: its rows, how it is written, and where that matters the truth about it.
It marks the rows that may be rejected as touched, and says whether the file as a whole may be refused.
"""

import csv
import random
import re
from collections.abc import Callable

from exports import BOOK, HEADERS
from true_export import NAMES, NOTE, Export, Line

SPOILERS: dict[str, Callable[[Export, random.Random], None]] = {}
CODED = [name for name in NAMES if BOOK[name].categorical and name != "call_type"]
TIMES = ("call_start", "answer_time", "call_end")
PLAIN_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
SHARED_SPACES = {
    "a no-break space": "\u00a0",
    "an ideographic space": "\u3000",
    "blanks": "  ",
    "a tab": "\t",
    "a thin space": "\u2009",
}


def spoiler(words: str):
    """Register a way of spoiling, in words."""

    def register(function):
        SPOILERS[words] = function
        return function

    return register


def good(export: Export) -> list[Line]:
    """Return the rows of calls with nothing wrong yet, written cell by cell."""
    return [line for line in export.lines if line.call is not None and not line.touched and "raw" not in line.cells]


def some(export: Export, chance: random.Random) -> list[Line]:
    """Return a few of these rows: one at least where there is one."""
    lines = good(export)
    return chance.sample(lines, min(len(lines), chance.randint(1, 4)))


def raw(export: Export, line: Line) -> str:
    """Return how a row is written."""
    import io

    text = io.StringIO()
    cells = [line.cells.get(name, "") for name in export.columns]
    csv.writer(text, delimiter=export.delimiter, quoting=export.quoting, lineterminator="").writerow(cells)
    return text.getvalue()


def harmless(words: str, change: Callable[[str], str], names: list[str]) -> None:
    """Register a change of cells that leaves what they mean."""

    @spoiler(words)
    def apply(export, chance):
        for line in some(export, chance):
            name = chance.choice(names)
            line.cells[name] = change(line.cells[name])


def rejected(words: str, change: Callable[[str], str], names: list[str]) -> None:
    """Register a change of cells after which their rows may be rejected, or read as they were before."""

    @spoiler(words)
    def apply(export, chance):
        for line in some(export, chance):
            name = chance.choice(names)
            line.cells[name], line.touched = change(line.cells[name]), True


# --- cells ------------------------------------------------------------------------------------------


for where, space in SHARED_SPACES.items():
    harmless(f"{where} around a code", lambda text, space=space: f"{space}{text}{space}", CODED)
harmless(
    "full-width digits in an age",
    lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ["age"],
)
harmless(
    "full-width digits in a time",
    lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    [*TIMES],
)
harmless("an age as a decimal number", lambda text: f"{text}.0", ["age"])
harmless("a plus sign before an age", lambda text: f"+{text}", ["age"])
harmless("zeros before an age", lambda text: f"0{text}", ["age"])
harmless("slashes in a time", lambda text: text.replace("-", "/"), [*TIMES])
harmless("blanks around a time", lambda text: f" {text}  ", [*TIMES])
harmless("a line break in a note", lambda text: f"{text}\nmore", [NOTE])
harmless("a carriage return in a note", lambda text: f"{text}\rmore", [NOTE])
harmless("a doubled quotation mark in a note", lambda text: f'he said "{text}"', [NOTE])
harmless("a delimiter in a note", lambda text: f"{text},;\t|", [NOTE])
harmless("an emoji in a note", lambda text: f"{text}\U0001f600", [NOTE])
harmless("a control character in a note", lambda text: f"{text}\x01\x1b", [NOTE])
harmless("a long note", lambda text: text * 2000, [NOTE])
harmless("a formula in a note", lambda text: f"=1+{text}", [NOTE])
harmless("SQL in a note", lambda text: f"{text}'; DROP TABLE loaded; --", [NOTE])
rejected("a NUL in a code", lambda text: f"{text}\0", CODED)
rejected("an unknown code", lambda text: "xyz", CODED)
rejected("two codes in one cell", lambda text: f"{text},{text}", CODED)
rejected("a code in other letters", lambda text: f"{text}?", CODED)
rejected("a unit behind an age", lambda text: f"{text}岁", ["age"])
rejected("an age with a half", lambda text: f"{text}.5", ["age"])
rejected("a negative age", lambda text: f"-{text}", ["age"])
rejected("an age of thousands", lambda text: f"{text}000", ["age"])
rejected("an age in words", lambda text: "十三", ["age"])
rejected("an age in scientific notation", lambda text: f"{text[0]}.{text[1:]}e1", ["age"])
rejected("SQL in a code", lambda text: f"{text}'; DROP TABLE decoded; --", CODED)
rejected("no such month", lambda text: f"2021-13-{text[8:]}", [*TIMES])
rejected("no such day", lambda text: f"2021-02-30{text[10:]}", [*TIMES])
rejected("no such hour", lambda text: f"{text[:11]}25:00:00", [*TIMES])
rejected("half of a time", lambda text: text[:10], [*TIMES])
rejected("words for a time", lambda text: "昨天", [*TIMES])
rejected("a time far ahead", lambda text: f"2199{text[4:]}", [*TIMES])
rejected("a time of another century", lambda text: f"1899{text[4:]}", [*TIMES])
rejected("a time in the morning as a.m.", lambda text: f"{text} AM", [*TIMES])
rejected("an end before the start", lambda text: f"2020{text[4:]}", ["call_end"])
rejected("an answer before the start", lambda text: f"2020{text[4:]}", ["answer_time"])
rejected("milliseconds behind a time", lambda text: f"{text}.000", [*TIMES])
rejected("a T in a time", lambda text: text.replace(" ", "T"), [*TIMES])


@spoiler("a text for not recorded")
def missing_text(export, chance):
    name = chance.choice([name for name in CODED if BOOK[name].missing and name not in ("level", "sex", "stage")])
    for line in some(export, chance):
        line.cells[name], export.truth[line.call][name] = chance.choice([*BOOK[name].missing, "", " "]), None


@spoiler("a synonym of a code")
def synonym(export, chance):
    name = chance.choice([name for name in CODED if any(code.synonyms for code in BOOK[name].codes)])
    for line in some(export, chance):
        texts = {code.code: code.synonyms for code in BOOK[name].codes}[export.truth[line.call][name]]
        if texts:
            line.cells[name] = chance.choice(texts)


# --- numbers ----------------------------------------------------------------------------------------


for words, change in {
    "a country code with two zeros": lambda text: f"0086{text}",
    "a country code in brackets": lambda text: f"(+86){text}",
    "dots in a number": lambda text: f"{text[:3]}.{text[3:7]}.{text[7:]}",
    "an en dash in a number": lambda text: f"{text[:3]}–{text[3:]}",
    "a no-break space in a number": lambda text: f"{text[:3]}\u00a0{text[3:]}",
    "a direction mark around a number": lambda text: f"\u202d{text}\u202c",
    "full-width digits in a number": lambda text: text.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "an apostrophe before a number": lambda text: f"'{text}",
}.items():
    harmless(words, change, ["caller_number"])


def _without_number(words, text):
    @spoiler(words)
    def apply(export, chance):
        for line in some(export, chance):
            line.cells["caller_number"], export.callers[line.call], line.touched = text, None, True


for words, text in {
    "no number": "",
    "a number of zeros": "00000000000",
    "a number with its middle hidden by x": "139xxxx1234",
    "a dash for a number": "-",
    "a number cut off by a spreadsheet": "1.3912E10",
    "signs in place of a number": "#####",
    "unknown in place of a number": "unknown",
}.items():
    _without_number(words, text)


# --- times of the whole file ------------------------------------------------------------------------


def _every_time(words, change, refusable=True, touched=True):
    @spoiler(words)
    def apply(export, chance):
        export.refusable |= refusable
        for line in good(export):
            line.touched |= touched
            plain = {name: line.cells[name] for name in TIMES if PLAIN_TIME.fullmatch(line.cells[name])}
            line.cells |= {name: change(text) for name, text in plain.items()}  # what is spoilt already stays so


_every_time("every time in Chinese", lambda text: f"{text[:4]}年{text[5:7]}月{text[8:10]}日 {text[11:]}", False, False)
_every_time("every time compact", lambda text: "".join(filter(str.isdigit, text)), False, False)
_every_time("every time with the month first", lambda text: f"{text[5:7]}/{text[8:10]}/{text[:4]} {text[11:]}")
_every_time("every time with another offset than its neighbour", lambda text: f"{text}+0{int(text[8:10]) % 9}:00")
_every_time("every time in UTC", lambda text: f"{text}Z")
_every_time("every time without its date", lambda text: text[11:])
_every_time("every time as a number of seconds", lambda text: f"16{text[8:10]}{text[11:13]}0000")


# --- rows -------------------------------------------------------------------------------------------


def _insert(export, chance, line):
    export.lines.insert(chance.randint(0, len(export.lines)), line)


@spoiler("a row twice")
def twice(export, chance):
    for line in some(export, chance):
        _insert(export, chance, Line(dict(line.cells), line.call))


@spoiler("a row of delimiters")
def delimiters(export, chance):
    _insert(export, chance, Line({}))


@spoiler("an empty line")
def empty_line(export, chance):
    _insert(export, chance, Line({"raw": ""}))


@spoiler("a row cut short")
def short_row(export, chance):
    for line in some(export, chance):
        text = raw(export, line)
        line.cells, line.touched = line.cells | {"raw": text[: len(text) // 2].replace('"', "")}, True


@spoiler("a row with a cell more")
def long_row(export, chance):
    for line in some(export, chance):
        line.cells, line.touched = line.cells | {"more": ["CANARYmore"]}, True


@spoiler("the last row cut off")
def cut_off(export, chance):
    line = export.lines[-1]
    text = line.cells.get("raw") or raw(export, line)
    line.cells, line.touched = line.cells | {"raw": text[:-40].replace('"', "")}, True


@spoiler("a quotation that opens in the last row")
def open_quotation(export, chance):
    line = export.lines[-1]
    text = line.cells.get("raw") or raw(export, line)
    line.cells, line.touched = line.cells | {"raw": f'"{text}'}, True


@spoiler("a quotation mark inside a note that is not quoted")
def inner_quotation(export, chance):
    for line in some(export, chance):
        text = raw(export, line)
        if not text.startswith('"'):
            line.cells, line.touched = line.cells | {"raw": text.replace("CANARYnote", 'CANARY"note', 1)}, True


@spoiler("the rows in another order")
def shuffled(export, chance):
    chance.shuffle(export.lines)


# --- columns ----------------------------------------------------------------------------------------


@spoiler("the columns in another order")
def columns_shuffled(export, chance):
    names = list(export.columns)
    chance.shuffle(names)
    export.columns = {name: export.columns[name] for name in names}


@spoiler("an optional column absent")
def column_absent(export, chance):
    optional = [name for name in export.columns if name in HEADERS and not BOOK[name].needed and BOOK[name].codes]
    name = chance.choice(optional)
    del export.columns[name]
    for number in export.truth:
        export.truth[number][name] = None
    for line in export.lines:  # a canary in it is gone with it
        line.cells.pop(name, None)


@spoiler("a needed column absent")
def needed_absent(export, chance):
    export.refusable = True
    del export.columns[chance.choice([name for name in export.columns if name in HEADERS and BOOK[name].needed])]
    for line in export.lines:
        line.touched = True


@spoiler("a column twice")
def column_twice(export, chance):
    export.refusable = True
    name = chance.choice([name for name in export.columns if name in HEADERS])
    export.columns["twin"] = export.columns[name]


@spoiler("more columns that the codebook does not describe")
def more_columns(export, chance):
    export.columns |= {"extra": "CANARYextra", "nameless": ""}


@spoiler("no headings")
def no_headings(export, chance):
    export.refusable = True
    first = export.lines.pop(0)
    export.columns = {name: first.cells.get(name, "") for name in export.columns}


# --- the file ---------------------------------------------------------------------------------------


def _file(words, **changes):
    @spoiler(words)
    def apply(export, chance):
        for name, value in changes.items():
            setattr(export, name, value)


_file("a byte order mark", encoding="utf-8-sig")
_file("GB18030", encoding="gb18030")
_file("UTF-16", encoding="utf-16")
_file("line ends of Windows", ending="\r\n")
_file("semicolons", delimiter=";")
_file("tabs", delimiter="\t")
_file("bars", delimiter="|")
_file("every cell quoted", quoting=csv.QUOTE_ALL)
_file("a workbook", kind="excel")
_file("Parquet", kind="parquet")


@spoiler("no line end at the end")
def no_last_line_end(export, chance):
    export.bytewise.append(lambda content: content.rstrip(b"\r\n"))


@spoiler("empty lines at the end")
def empty_lines_at_the_end(export, chance):
    export.lines += [Line({"raw": ""}), Line({"raw": ""})]


@spoiler("a byte that belongs to no character")
def broken_byte(export, chance):
    export.refusable = True
    place = chance.random()

    def change(content):
        at = int(len(content) * place)
        return content[:at] + b"\xff\xff" + content[at:]

    export.bytewise.append(change)
    for line in export.lines:
        line.touched = True


@spoiler("cut off in the middle")
def halved(export, chance):
    export.refusable = True
    export.bytewise.append(lambda content: content[: len(content) // 2])
    for line in export.lines:
        line.touched = True


@spoiler("nothing in it")
def empty_file(export, chance):
    export.refusable = True
    export.bytewise.append(lambda content: b"")


@spoiler("headings alone")
def headings_alone(export, chance):
    export.refusable = True
    export.lines.clear()
