"""Codes, numbers, times and pseudonyms from texts, as the codebook says.

A column of codes, numbers or names has few distinct texts for its many rows, so each text is decoded once and the rows
look it up; times are decoded row by row. Only after this do rules see a row.
"""

import dataclasses
import re
from dataclasses import dataclass
from typing import NamedTuple

from hotline.cleaning import callers
from hotline.cleaning.engine import Connection
from hotline.cleaning.load import FULL_WIDTH, HASHED, ISO, MOST_TEXTS, WIDE, drop_raw
from hotline.cleaning.pseudonyms import hmac_sql
from hotline.cleaning.readers.table import UNREADABLE
from hotline.cleaning.sql import identifier, literal
from hotline.codebook import Codebook, Field
from hotline.errors import InputError

BLANKS = " \t\r\n\u00a0"
CALLER = "caller_number"
ITS_OWN = "CASE WHEN NOT ragged THEN -row END"  # a call without a number has a caller of its own
# Marks that no screen shows: soft hyphen, of no width, of direction, the byte-order mark.
INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
SMALLEST, LARGEST = -(2**31), 2**31 - 1  # of the whole numbers that are stored
KINDS = ("full-width character", "spaces", "synonym", "another spelling of the number")


class Meaning(NamedTuple):
    """What a text means: its tidied form, its code (None for "not recorded" and unknown), and how it was repaired."""

    tidied: str
    code: str | None
    unknown: bool
    repairs: list[str]


def meaning(text: str, field: Field) -> Meaning:
    """Return what a text of a coded column means."""
    narrow = re.sub(f"[{INVISIBLE}]", "", text.translate(WIDE))
    tidied = narrow.strip(BLANKS)
    codes = {text: code for code in field.codes for text in (code.zh, *code.synonyms)}
    code = codes.get(tidied)
    made = [KINDS[0]] * (text != text.translate(WIDE)) + [KINDS[1]] * (text != text.strip(BLANKS + "　"))
    made += [KINDS[2]] * (code is not None and tidied != code.zh)
    unknown = bool(tidied) and not code and tidied not in field.missing
    return Meaning(tidied, code and code.code, unknown, made)


def _tidied(name):
    """Return the SQL for a text without invisible marks, full-width digits and spaces around it; NULL if it is empty.

    A text of printable ASCII without spaces around it is spared the slow search for full-width forms.
    """
    narrow = f"translate({name}, {literal(FULL_WIDTH[0])}, {literal(FULL_WIDTH[1])})"
    narrow = f"regexp_replace({narrow}, '[{INVISIBLE}]', '', 'g')"
    return f"CASE WHEN {_is_tidy(name)} THEN {name} ELSE nullif(trim({narrow}, {literal(BLANKS)}), '') END"


def _is_tidy(name):
    """Return the SQL of whether a text can't need repair."""
    return f"regexp_full_match({name}, '[!-~]([ -~]*[!-~])?')"


def _count_repairs(connection, name, source, n):
    """Count the repairs of one column in `repaired`; `source` is what to select its texts from, each `n` times."""
    connection.execute(
        f"INSERT INTO repaired SELECT {literal(name)}, unnest([{literal(KINDS[0])}, {literal(KINDS[1])}]), unnest(["
        f"sum({n}) FILTER (regexp_matches(text, '[{FULL_WIDTH[0]}]')), "
        f"sum({n}) FILTER (text <> trim(text, {literal(BLANKS + '　')}))]) "
        f"FROM {source} WHERE NOT {_is_tidy('text')}"
    )


def _unknown(name, field, value):
    """Return the SQL of whether a tidied text is neither a value nor one that means "not recorded"."""
    not_recorded = ", ".join(map(literal, ["", *field.missing]))
    return f"coalesce({value} IS NULL AND {name} NOT IN ({not_recorded}), false)"


def _make_types(connection, book):
    """Make the type `code_of_NAME` of every category, those that are derived later among them.

    It lists the codes that can occur after cleaning first, so that a code's position is the number under which it is
    stored.
    """
    for each in book:
        if each.categorical:
            codes = [*each.kept_codes, *(code.code for code in each.codes if code.exclude)]
            connection.execute(f"CREATE TYPE code_of_{each.name} AS ENUM ({', '.join(map(literal, codes))})")


def _type(field):
    """Return the SQL type in which a variable is kept once it is decoded."""
    if field.categorical:
        return f"code_of_{field.name}"
    if field.name in HASHED:
        return "INTEGER"
    return {"datetime": "TIMESTAMP", "integer": "INTEGER"}.get(field.type, "VARCHAR")


def _tabulate_codes(connection, field):
    """Make the table `meaning_of_NAME` of a coded column, a row per text.

    `same` is equal for texts that differ only in width and spaces around them.
    """
    name, column = field.name, identifier(field.name)
    texts = connection.execute(f"SELECT {column}, count(*) FROM raw WHERE {column} IS NOT NULL GROUP BY 1")
    counts = dict(texts.fetchmany(MOST_TEXTS))
    if len(counts) == MOST_TEXTS:
        raise InputError(
            f'column "{field.header}": {MOST_TEXTS:,} different texts or more, where the codebook expects one of '
            f"{len(field.codes)} codes; is it another column under this heading? Rename it, or describe it again."
        )
    meanings = {text: meaning(text, field) for text in sorted(counts)}
    tidied = {each.tidied: number for number, each in enumerate(meanings.values())}
    connection.execute(f"CREATE TABLE meaning_of_{name} (text VARCHAR, code {_type(field)}, bad BOOLEAN, same INTEGER)")
    for text, (tidy, code, unknown, made) in meanings.items():
        row = [text, code, unknown, tidied[tidy] if tidy else None]
        connection.execute(f"INSERT INTO meaning_of_{name} VALUES (?, ?, ?, ?)", row)
        for kind in made:
            connection.execute("INSERT INTO repaired VALUES (?, ?, ?)", [name, kind, counts[text]])


def _texts(field):
    """Return the query of a column's distinct texts: text, n (rows), tidied."""
    column = identifier(field.name)
    return (
        f"SELECT *, {_tidied('text')} AS tidied FROM "
        f"(SELECT {column} AS text, count(*) AS n FROM raw WHERE {column} IS NOT NULL GROUP BY 1)"
    )


def _rank(text, secret):
    """Return the SQL of a text's pseudonym: its rank in the order of the HMACs; NULL for NULL."""
    rank = f"(dense_rank() OVER (ORDER BY {hmac_sql(text, secret)} NULLS LAST))::INTEGER"
    return f"CASE WHEN {text} IS NOT NULL THEN {rank} END"


def _tabulate_callers(connection, field, secret):
    """Make the table `meaning_of_NAME` of the callers' numbers, a row per text; `same` is one for all spellings."""
    name = field.name
    connection.execute(
        f"CREATE TABLE meaning_of_{name} AS SELECT text, n, tidied <> number AS respelt, "
        f"coalesce(number, tidied, '') AS same, damaged AS bad, {_rank('number', secret)} AS code "
        f"FROM ({callers.numbers_sql(_texts(field), field)})"
    )
    _count_repairs(connection, name, f"meaning_of_{name}", "n")
    connection.execute(
        f"INSERT INTO repaired SELECT {literal(name)}, {literal(KINDS[3])}, sum(n) FROM meaning_of_{name} WHERE respelt"
    )


def _tabulate_texts(connection, field, secret):
    """Make the table `meaning_of_NAME` of a column of numbers or of names, a row per text."""
    name = field.name
    nothing = ", ".join(map(literal, [UNREADABLE, *field.missing]))
    recorded = f"CASE WHEN tidied NOT IN ({nothing}) THEN tidied END"
    if field.type == "integer":
        low, high = field.limits
        low, high = SMALLEST if low is None else low, LARGEST if high is None else high
        # A whole number only: a cast by itself would round 13.6 and take 1e1 for 10.
        value = "CASE WHEN regexp_full_match(recorded, '[+-]?[0-9]+([.]0+)?') THEN try_cast(recorded AS INTEGER) END"
        value = f"CASE WHEN {value} BETWEEN {low} AND {high} THEN {value} END"
    else:
        value = _rank("recorded", secret)
    connection.execute(
        f"CREATE TABLE meaning_of_{name} AS SELECT text, n, tidied, {value} AS code FROM "
        f"(SELECT *, {recorded} AS recorded FROM ({_texts(field)}))"
    )
    _count_repairs(connection, name, f"meaning_of_{name}", "n")


@dataclass
class _Selection:
    """The pieces of the query that makes `decoded`, collected variable by variable.

    values : SQL of a column;  tidy : of one to tidy first;  looked_up : names whose texts have a table of meanings
    same : SQL of the texts that exact duplicates have in common
    """

    values: list[str] = dataclasses.field(default_factory=list)
    tidy: list[str] = dataclasses.field(default_factory=list)
    looked_up: list[str] = dataclasses.field(default_factory=list)
    same: list[str] = dataclasses.field(default_factory=lambda: ["ragged::VARCHAR"])

    def add(self, name, value, bad, same):
        """Add a variable with the SQL of its value, of whether it is unknown, and of what duplicates share."""
        self.values += [f"{value} AS {identifier(name)}", f"{bad} AS {name}_bad"]
        self.same.append(same)

    def sql(self):
        """Return the query."""
        tidied = f"SELECT * REPLACE ({', '.join(self.tidy)}) FROM raw" if self.tidy else "SELECT * FROM raw"
        joins = " ".join(
            f"LEFT JOIN meaning_of_{name} ON raw.{identifier(name)} = meaning_of_{name}.text" for name in self.looked_up
        )
        return (
            f"SELECT row, ragged, md5_number(concat_ws(chr(31), {', '.join(self.same)})) AS digest, "
            f"{', '.join(self.values)} FROM ({tidied}) AS raw {joins}"
        )


def _decode_field(connection, field, secret, selection):
    """Add a variable that the export has to the selection, with a table of what its texts mean where it needs one."""
    name, meanings = field.name, f"meaning_of_{field.name}"
    if field.categorical:
        _tabulate_codes(connection, field)
        selection.looked_up.append(name)
        bad, same = f"coalesce({meanings}.bad, false)", f"coalesce({meanings}.same, -1)"
        selection.add(name, f"{meanings}.code", bad, same)
    elif name == CALLER:
        _tabulate_callers(connection, field, secret)
        selection.looked_up.append(name)
        value = f"CASE WHEN NOT coalesce({meanings}.bad, false) THEN coalesce({meanings}.code, {ITS_OWN}) END"
        selection.add(name, value, f"coalesce({meanings}.bad, false)", f"coalesce({meanings}.same, '')")
    elif field.type == "integer" or name in HASHED:
        _tabulate_texts(connection, field, secret)
        selection.looked_up.append(name)
        bad = _unknown(f"{meanings}.tidied", field, f"{meanings}.code")
        selection.add(name, f"{meanings}.code", bad, f"coalesce({meanings}.tidied, '')")
    else:
        column = identifier(name)
        _count_repairs(connection, name, f"(SELECT {column} AS text FROM raw)", 1)
        selection.tidy.append(f"{_tidied(column)} AS {column}")
        text = f"raw.{column}"
        value = f"nullif({text}, {literal(UNREADABLE)})"
        if field.type == "datetime":
            formats = ", ".join(map(literal, dict.fromkeys([*field.formats, ISO])))
            value = f"try_strptime({text}, [{formats}])"
        selection.add(name, value, _unknown(text, field, value), f"coalesce({text}, '')")


def decode(connection: Connection, book: Codebook, secret: bytes) -> None:
    """Turn the texts of `raw` into the table `decoded`, and drop `raw`: from here on there is no number to see.

    Beside each variable x stands the boolean x_bad: there was a text, and it is neither a value nor one of the
    texts that mean "not recorded". `ragged` rows have no values; `digest` is the same for exact duplicates.
    Callers' and counsellors' numbers become their ranks in the order of their HMACs under `secret`; a call without a
    caller's number gets a negative one of its own, so that it is never taken for a call of another's. Raises
    InputError for a column of codes that holds something else.
    """
    connection.execute("CREATE TABLE repaired (field VARCHAR, repair VARCHAR, rows BIGINT)")
    _make_types(connection, book)
    present = {row[0] for row in connection.execute("DESCRIBE raw").fetchall()}
    selection = _Selection()
    for each in book:
        if each.name in present:
            _decode_field(connection, each, secret, selection)
        elif each.header:
            value = ITS_OWN if each.name == CALLER else "NULL"
            selection.values += [f"({value})::{_type(each)} AS {identifier(each.name)}", f"false AS {each.name}_bad"]
    connection.execute(f"CREATE TABLE decoded AS {selection.sql()}")
    for name in selection.looked_up:
        connection.execute(f"DROP TABLE meaning_of_{name}")
    drop_raw(connection)


def repairs(connection: Connection) -> list[tuple[str, str, int]]:
    """Return how many rows of each column were repaired on the way: (field, kind of repair, rows).

    The kinds are full-width characters, spaces around a text, a synonym in place of the usual label, and another
    spelling of a caller's number.
    """
    return connection.execute(
        "SELECT field, repair, sum(rows)::BIGINT FROM repaired WHERE rows > 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
