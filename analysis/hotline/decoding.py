"""Texts -> codes, numbers, times and pseudonyms, as the codebook says.

A column of codes has few distinct texts, so each text is decoded once, in Python, and the rows look it up;
the other columns are decoded row by row in SQL. Only after this do rules see a row.
"""

from hotline.errors import InputError
from hotline.key import hmac_sql
from hotline.records import FULL_WIDTH, HASHED, ISO, MOST_TEXTS, WIDE, quoted

BLANKS = " \t\r\n\u00a0"
KINDS = ("full-width character", "spaces", "synonym")


def meaning(text, field):
    """Return what a text of a coded column means: (tidied text, code, unknown, kinds of repair).

    Code is None where the text means "not recorded" and where it is unknown.
    """
    narrow = text.translate(WIDE)
    tidied = narrow.strip(BLANKS)
    codes = {way: code for code in field.codes for way in (code.zh, *code.synonyms)}
    found = codes.get(tidied)
    made = [KINDS[0]] * (narrow != text) + [KINDS[1]] * (text != text.strip(BLANKS + "　"))
    made += [KINDS[2]] * (found is not None and tidied != found.zh)
    return tidied, found and found.code, bool(tidied) and not found and tidied not in field.missing, made


def _tidied(name):
    """Return the SQL for a text freed of full-width digits and of spaces around it; NULL where nothing is left."""
    narrow = f"translate(raw.{name}, {quoted(FULL_WIDTH[0])}, {quoted(FULL_WIDTH[1])})"
    return f"nullif(trim({narrow}, {quoted(BLANKS)}), '')"


def _list(values):
    """Return the SQL of a list of texts, some of which may be None."""
    return f"[{', '.join('NULL' if value is None else quoted(value) for value in values)}]::VARCHAR[]"


def _by_text(connection, field):
    """Return the SQL of (value, unknown, tidied) for a coded column, and count its repairs in `repaired`."""
    name = field.name
    counts = dict(
        connection.execute(f"SELECT {name}, count(*) FROM raw WHERE {name} IS NOT NULL GROUP BY 1").fetchmany(
            MOST_TEXTS
        )
    )
    if len(counts) == MOST_TEXTS:
        raise InputError(
            f'column "{field.header}": {MOST_TEXTS:,} different texts or more, where the codebook expects one of '
            f"{len(field.codes)} codes; is it another column under this heading? Rename it, or describe it anew."
        )
    meanings = [meaning(text, field) for text in sorted(counts)]
    for text, (*_, made) in zip(sorted(counts), meanings, strict=True):
        for kind in made:
            connection.execute("INSERT INTO repaired VALUES (?, ?, ?)", [name, kind, counts[text]])
    if not counts:
        return "NULL::VARCHAR", "false", "''"
    connection.execute(f"DROP TYPE IF EXISTS text_of_{name}")
    connection.execute(f"CREATE TYPE text_of_{name} AS ENUM ({', '.join(map(quoted, sorted(counts)))})")
    place = f"enum_code(raw.{name}::text_of_{name}) + 1"
    tidied, codes, unknown, _ = zip(*meanings, strict=True)
    value = f"({_list(codes)})[{place}]"
    return value, f"coalesce(({list(map(bool, unknown))})[{place}], false)", f"({_list(tidied)})[{place}]"


def _by_row(connection, field, secret):
    """Return the SQL of (value, unknown, tidied) for a column of times, numbers or names; counts its repairs."""
    name, tidied = field.name, _tidied(field.name)
    connection.execute(
        f"INSERT INTO repaired SELECT {quoted(name)}, unnest([{quoted(KINDS[0])}, {quoted(KINDS[1])}]), unnest(["
        f"count(*) FILTER ({name} <> translate({name}, {quoted(FULL_WIDTH[0])}, {quoted(FULL_WIDTH[1])})), "
        f"count(*) FILTER ({name} <> trim({name}, {quoted(BLANKS + '　')}))]) FROM raw"
    )
    text = tidied
    if field.missing:
        text = f"(CASE WHEN {tidied} NOT IN ({', '.join(map(quoted, field.missing))}) THEN {tidied} END)"
    if field.type == "datetime":
        value = f"try_strptime({text}, [{', '.join(map(quoted, dict.fromkeys([*field.formats, ISO])))}])"
    elif field.type == "integer":
        low, high = field.constraints.get("minimum", -(2**31)), field.constraints.get("maximum", 2**31 - 1)
        # A whole number only: a cast by itself would round 13.6 and take 1e1 for 10.
        number = f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?') THEN try_cast({text} AS INTEGER) END"
        value = f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {number} END"
    else:
        value = hmac_sql(text, secret) if name in HASHED else text
        return value, "false", tidied
    return value, f"({text} IS NOT NULL AND {value} IS NULL)", tidied


def decode(connection, book, secret):
    """Turn the texts of `raw` into the table `decoded`, and drop `raw`: from here on there is no number to see.

    Beside each variable x stands the boolean x_bad: there was a text, and it is neither a value nor one of the
    texts that mean "not recorded". `ragged` rows have no values; `digest` is the same for exact duplicates.
    Callers' and counsellors' numbers become their HMAC under `secret`. Raises InputError for a column of codes
    that holds something else.
    """
    connection.execute("CREATE OR REPLACE TABLE repaired (field VARCHAR, repair VARCHAR, rows BIGINT)")
    present = {row[0] for row in connection.execute("DESCRIBE raw").fetchall()}
    parts, texts = [], ["ragged::VARCHAR"]
    for each in book:
        if not each.header:
            continue
        if each.name not in present:
            value, unknown, tidied = ("NULL::TIMESTAMP" if each.type == "datetime" else "NULL::VARCHAR"), "false", "''"
        elif each.categorical:
            value, unknown, tidied = _by_text(connection, each)
        else:
            value, unknown, tidied = _by_row(connection, each, secret)
        parts.append(f"{value} AS {each.name}, {unknown} AS {each.name}_bad")
        texts.append(f"coalesce({tidied}, '')")
    connection.execute(
        f"CREATE OR REPLACE TABLE decoded AS SELECT row, ragged, {', '.join(parts)}, "
        f"md5_number(concat_ws(chr(31), {', '.join(texts)})) AS digest FROM raw"
    )
    connection.execute("DROP TABLE raw")


def repairs(connection):
    """Return how many rows of each column were repaired on the way: (field, kind of repair, rows).

    The kinds are full-width characters, spaces around a text, and a synonym in place of the usual label.
    """
    return connection.execute(
        "SELECT field, repair, sum(rows)::BIGINT FROM repaired WHERE rows > 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
