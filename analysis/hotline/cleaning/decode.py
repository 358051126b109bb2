"""Codes, numbers, times and pseudonyms from texts, as the codebook says.

A column of codes, numbers or names has few distinct texts for its many rows, so each text is decoded once and the rows
look it up; times are decoded row by row. Only after this do rules see a row.
"""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from hotline.cleaning import callers, times
from hotline.cleaning.constraints import broken_sql, constrained, not_recorded_sql, unique_sql
from hotline.cleaning.engine import Connection
from hotline.cleaning.load import HASHED, MOST_TEXTS, drop_raw
from hotline.cleaning.pseudonyms import hmac_sql
from hotline.cleaning.spoilt import spoilt_sql
from hotline.codebook import Codebook, Field
from hotline.errors import InputError
from hotline.schema.texts import BLANKS, FULL_WIDTH, INVISIBLE, WIDE, tidied
from hotline.sql import identifier, literal

CALLER = "caller_number"
ITS_OWN = "CASE WHEN NOT ragged THEN -row END"  # a call without a number has a caller of its own
# Of what is stored: whole numbers, and numbers in units of their last decimal, which a float holds exactly.
RANGES = {"integer": (-(2**31), 2**31 - 1), "number": (-(2**53), 2**53)}
KINDS = ("full-width character", "spaces", "synonym", "another spelling of the number")


class Meaning(NamedTuple):
    """What a text means: its tidied form, its code (None for "not recorded" and unknown), and how it was repaired."""

    tidied: str
    code: str | None
    unknown: bool
    repairs: list[str]


def meaning(text: str, field: Field) -> Meaning:
    """Return what a text of a coded column means."""
    tidy = tidied(text)
    codes = {tidied(text): code for code in field.codes for text in (code.zh, *code.synonyms)}
    code = codes.get(tidy)
    made = [KINDS[0]] * (text != text.translate(WIDE)) + [KINDS[1]] * (text != text.strip(BLANKS))
    made += [KINDS[2]] * (code is not None and tidy != tidied(code.zh))
    unknown = bool(tidy) and not code and tidy not in map(tidied, field.missing)
    return Meaning(tidy, code and code.code, unknown, made)


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


def _count_repairs(connection, name, source, n, tidy=""):
    """Count the repairs of one column in `repaired`; `source` is what to select its texts from, each `n` times.

    `tidy` is the SQL of which texts can't need repair.
    """
    connection.execute(
        f"INSERT INTO repaired SELECT {literal(name)}, unnest([{literal(KINDS[0])}, {literal(KINDS[1])}]), unnest(["
        f"sum({n}) FILTER (regexp_matches(text, '[{FULL_WIDTH[0]}]')), "
        f"sum({n}) FILTER (text <> trim(text, {literal(BLANKS)}))]) "
        f"FROM {source} WHERE NOT {tidy or _is_tidy('text')}"
    )


def _unknown(text, field, value):
    """Return the SQL of whether a tidied text is neither a value nor one that means "not recorded"."""
    return f"({value} IS NULL AND NOT {not_recorded_sql(field, text)})"


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
    kinds = {"datetime": "TIMESTAMP", "date": "DATE", "integer": "INTEGER", "number": "BIGINT"}
    return kinds.get(field.type, "VARCHAR")


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
    numbers = {each.tidied: number for number, each in enumerate(meanings.values())}
    rows, made = [], Counter()
    for text, (tidy, code, unknown, repairs) in meanings.items():
        rows.append((text, tidy or None, code, unknown, numbers[tidy] if tidy else None))
        made.update(dict.fromkeys(repairs, counts[text]))
    _make_table(
        connection,
        f"meaning_of_{name}",
        {"text": "VARCHAR", "tidied": "VARCHAR", "code": _type(field), "bad": "BOOLEAN", "same": "INTEGER"},
        rows,
    )
    connection.execute(
        f"INSERT INTO repaired SELECT {literal(name)}, unnest(?::VARCHAR[]), unnest(?::BIGINT[])",
        [list(made), list(made.values())],
    )


def _make_table(connection, table, types, rows):
    """Make a table of {column: type} with some rows, by one statement: one for each row takes half a millisecond."""
    columns = ", ".join(f"unnest(?::VARCHAR[])::{kind} AS {column}" for column, kind in types.items())
    values = [[row[place] for row in rows] for place in range(len(types))]
    connection.execute(f"CREATE TABLE {table} AS SELECT {columns}", values)


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
    callers.record_short(connection, f"meaning_of_{name}", field)
    connection.execute(
        f"INSERT INTO repaired SELECT {literal(name)}, {literal(KINDS[3])}, sum(n) FROM meaning_of_{name} WHERE respelt"
    )


def _tabulate_texts(connection, field, secret):
    """Make the table `meaning_of_NAME` of a column of numbers or of names, a row per text."""
    name = field.name
    nothing = f"({not_recorded_sql(field, 'tidied')} OR {spoilt_sql('tidied')})"
    recorded = f"CASE WHEN NOT {nothing} THEN tidied END"
    value = _number_sql("recorded", field) if field.numeric else _rank("recorded", secret)
    connection.execute(
        f"CREATE TABLE meaning_of_{name} AS SELECT text, n, tidied, {value} AS code FROM "
        f"(SELECT *, {recorded} AS recorded FROM ({_texts(field)}))"
    )
    _count_repairs(connection, name, f"meaning_of_{name}", "n")


def _number_sql(text, field):
    """Return the SQL for the number that a text is, as it is stored; NULL for another text, and beyond its limits.

    With no more decimals than are stored: a cast by itself would round 13.6 to 14, and take 1e1 for 10.
    """
    places, kind = field.decimals or 0, _type(field)
    decimals = f"([.]([0-9]{{1,{places}}}0*|0+))?" if places else "([.]0+)?"
    number = (
        f"try_cast({text} AS {kind})" if not places else f"try_cast({text} AS DECIMAL(24, {places})) * {field.scale}"
    )
    value = f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+{decimals}') THEN try_cast({number} AS {kind}) END"
    (low, high), (least, most) = field.limits, RANGES[field.type]
    low, high = max(least, least if low is None else low), min(most, most if high is None else high)
    return f"CASE WHEN {value} BETWEEN {low} AND {high} THEN {value} END"


@dataclass
class _Selection:
    """The pieces of the query that makes `decoded`, collected variable by variable.

    values : SQL of a column;  tidy : of one to tidy first;  read : of one to read next, since DuckDB works out the same
    CASE again wherever it stands;  looked_up : names whose texts have a table of meanings
    same, same_texts : SQL of what exact duplicates have in common, of columns that are looked up and of the others
    constrained : names with a column NAME_broken
    """

    values: list[str] = dataclasses.field(default_factory=list)
    tidy: list[str] = dataclasses.field(default_factory=list)
    read: list[str] = dataclasses.field(default_factory=list)
    looked_up: list[str] = dataclasses.field(default_factory=list)
    same: list[str] = dataclasses.field(default_factory=lambda: ["ragged"])
    same_texts: list[str] = dataclasses.field(default_factory=list)
    constrained: list[str] = dataclasses.field(default_factory=list)

    def add(self, field, value, bad, text):
        """Add a variable: the SQL of its value, of whether it is unknown, of its text."""
        self.values += [f"{value} AS {identifier(field.name)}", f"{bad} AS {field.name}_bad"]
        if constrained(field):
            self.values.append(f"{broken_sql(field, text, value)} AS {field.name}_broken")
            self.constrained.append(field.name)

    def look_up(self, name, same):
        """Let the texts of a column be looked up; duplicates share this column of its table of meanings."""
        self.looked_up.append(name)
        self.same.append(f"meaning_of_{name}.{same}")

    def read_rows(self, field, tidied, value):
        """Add a variable that is read row by row: the SQL of its tidied text, and of the value of that."""
        column, text, read = identifier(field.name), f"raw.{identifier(field.name)}", identifier(f"{field.name} read")
        self.tidy.append(f"{tidied} AS {column}")
        self.read.append(f"{value} AS {read}")
        self.same_texts.append(f"coalesce({text}, '')")
        self.add(field, f"raw.{read}", _unknown(text, field, f"raw.{read}"), text)

    def sql(self):
        """Return the query.

        Texts are in the digest as they are, and what is looked up by its hash, since to write 26 numbers as one text
        takes longer than all else.
        """
        texts = "SELECT * FROM raw"
        if self.tidy:
            tidied = f"SELECT * REPLACE ({', '.join(self.tidy)}) FROM raw"
            texts = f"SELECT *, {', '.join(self.read)} FROM ({tidied})"
        joins = " ".join(
            f"LEFT JOIN meaning_of_{name} ON raw.{identifier(name)} = meaning_of_{name}.text" for name in self.looked_up
        )
        same = ", ".join([*self.same_texts, f"hash({', '.join(self.same)})"])
        return (
            f"SELECT row, ragged, is_heading, md5_number(concat_ws(chr(31), {same})) AS digest, "
            f"{', '.join(self.values)} FROM ({texts}) AS raw {joins}"
        )


def _decode_field(connection, field, secret, selection):
    """Add a variable that the export has to the selection, with a table of what its texts mean where it needs one."""
    name, meanings = field.name, f"meaning_of_{field.name}"
    if field.categorical:
        _tabulate_codes(connection, field)
        selection.look_up(name, "same")
        selection.add(field, f"{meanings}.code", f"coalesce({meanings}.bad, false)", f"{meanings}.tidied")
    elif name == CALLER:
        _tabulate_callers(connection, field, secret)
        selection.look_up(name, "same")
        bad = f"coalesce({meanings}.bad, false)"
        value = f"CASE WHEN NOT {bad} THEN coalesce({meanings}.code, {ITS_OWN}) END"
        number = f"CASE WHEN {meanings}.code IS NOT NULL THEN {meanings}.same END"
        selection.add(field, value, bad, number)
    elif field.numeric or name in HASHED:
        _tabulate_texts(connection, field, secret)
        selection.look_up(name, "tidied")
        bad = _unknown(f"{meanings}.tidied", field, f"{meanings}.code")
        selection.add(field, f"{meanings}.code", bad, f"{meanings}.tidied")
    elif field.type in ("datetime", "date"):
        column = identifier(name)
        _count_repairs(connection, name, f"(SELECT {column} AS text FROM raw)", 1, times.is_plain("text", field))
        loosened = times.loosened(_tidied(column), field)
        tidied = f"CASE WHEN {times.is_plain(column, field)} THEN {column} ELSE {loosened} END"
        selection.read_rows(field, tidied, times.value(column, field))
    else:
        column = identifier(name)
        _count_repairs(connection, name, f"(SELECT {column} AS text FROM raw)", 1)
        selection.read_rows(field, _tidied(column), f"CASE WHEN NOT {spoilt_sql(column)} THEN {column} END")


def decode(connection: Connection, book: Codebook, secret: bytes) -> None:
    """Turn the texts of `raw` into the table `decoded`, and drop `raw`: from here on there is no number to see.

    Beside each variable x stands the boolean x_bad: there was a text, and it is neither a value nor one of the
    texts that mean "not recorded"; where x has constraints, x_broken: the row breaks one. `ragged` rows have no values;
    `digest` is the same for exact duplicates. Callers' and counsellors' numbers become their ranks in the order of
    their HMACs under `secret`; a call without a caller's number gets a negative one of its own, so that it is never
    taken for a call of another's. Raises InputError for a column of codes that holds something else, and for times with
    several offsets from UTC.
    """
    connection.execute("CREATE TABLE repaired (field VARCHAR, repair VARCHAR, rows BIGINT)")
    connection.execute("CREATE TABLE short_numbers (rows BIGINT, of_rows BIGINT)")  # of callers
    connection.execute("CREATE TABLE hints (field VARCHAR, words VARCHAR)")  # on times that cannot be read
    _make_types(connection, book)
    present = {row[0] for row in connection.execute("DESCRIBE raw").fetchall()}
    moments = {each.name: each for each in book if each.name in present and each.type == "datetime"}
    tidied = {name: _tidied(identifier(name)) for name in moments}
    times.refuse_offsets(connection, moments.values(), tidied)
    selection = _Selection()
    for each in book:
        if each.name in present:
            _decode_field(connection, each, secret, selection)
        elif each.header:
            value = ITS_OWN if each.name == CALLER else "NULL"
            selection.values += [f"({value})::{_type(each)} AS {identifier(each.name)}", f"false AS {each.name}_bad"]
            selection.values += [f"false AS {each.name}_broken"] * constrained(each)
    query = selection.sql()
    if replaced := unique_sql(book, selection.constrained):
        query = f"SELECT * REPLACE ({replaced}) FROM ({query})"
    connection.execute(f"CREATE TABLE decoded AS {query}")
    for name, each in moments.items():
        connection.execute("INSERT INTO hints VALUES (?, ?)", [name, times.hint(connection, each, tidied[name])])
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
