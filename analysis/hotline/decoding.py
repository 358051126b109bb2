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
    """Return the SQL for a text freed of full-width digits and of spaces around it; NULL where nothing is left.

    A text of as many bytes as characters is plain ASCII and spared the slow search for full-width forms.
    """
    narrow = f"translate({name}, {quoted(FULL_WIDTH[0])}, {quoted(FULL_WIDTH[1])})"
    narrow = f"CASE WHEN strlen({name}) = length({name}) THEN {name} ELSE {narrow} END"
    return f"nullif(trim({narrow}, {quoted(BLANKS)}), '')"


def _list(values):
    """Return the SQL of a list of texts, some of which may be None."""
    return f"[{', '.join('NULL' if value is None else quoted(value) for value in values)}]::VARCHAR[]"


def _by_text(connection, field):
    """Return the SQL of a coded column, and count its repairs in `repaired`.

    Four pieces: the place of a row's text among the distinct ones and, given that place, the code, whether the text
    is unknown, and a number that is the same for texts which differ only in width and spaces.
    """
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
    tidied, codes, unknown = ([each[i] for each in meanings] for i in range(3))
    if not counts:
        return "NULL::INTEGER", "NULL::VARCHAR", "false", "NULL::INTEGER"
    connection.execute(f"DROP TYPE IF EXISTS text_of_{name}")
    connection.execute(f"CREATE TYPE text_of_{name} AS ENUM ({', '.join(map(quoted, sorted(counts)))})")
    strange = f"coalesce(({unknown})[{name}], false)" if any(unknown) else "false"
    same = [tidied.index(text) if text else None for text in tidied]
    return (
        f"enum_code({name}::text_of_{name})::INTEGER + 1",
        f"({_list(codes)})[{name}]",
        strange,
        f"({str(same).replace('None', 'NULL')})[{name}]",
    )


def _by_row(connection, field, secret):
    """Return the SQL of the value of a time, a number or a name, given its tidied text; counts its repairs."""
    name = field.name
    connection.execute(
        f"INSERT INTO repaired SELECT {quoted(name)}, unnest([{quoted(KINDS[0])}, {quoted(KINDS[1])}]), unnest(["
        f"count(*) FILTER (strlen({name}) <> length({name}) AND regexp_matches({name}, '[{FULL_WIDTH[0]}]')), "
        f"count(*) FILTER ({name} <> trim({name}, {quoted(BLANKS + '　')}))]) FROM raw"
    )
    text = name
    if field.missing:
        text = f"CASE WHEN {name} NOT IN ({', '.join(map(quoted, field.missing))}) THEN {name} END"
    if field.type == "datetime":
        return f"try_strptime({text}, [{', '.join(map(quoted, dict.fromkeys([*field.formats, ISO])))}])"
    if field.type == "integer":
        low, high = field.constraints.get("minimum", -(2**31)), field.constraints.get("maximum", 2**31 - 1)
        # A whole number only: a cast by itself would round 13.6 and take 1e1 for 10.
        number = f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?') THEN try_cast({text} AS INTEGER) END"
        return f"CASE WHEN {number} BETWEEN {low} AND {high} THEN {number} END"
    return hmac_sql(text, secret) if name in HASHED else text


def decode(connection, book, secret):
    """Turn the texts of `raw` into the table `decoded`, and drop `raw`: from here on there is no number to see.

    Beside each variable x stands the boolean x_bad: there was a text, and it is neither a value nor one of the
    texts that mean "not recorded". `ragged` rows have no values; `digest` is the same for exact duplicates.
    Callers' and counsellors' numbers become their HMAC under `secret`. Raises InputError for a column of codes
    that holds something else.
    """
    connection.execute("CREATE OR REPLACE TABLE repaired (field VARCHAR, repair VARCHAR, rows BIGINT)")
    present = {row[0] for row in connection.execute("DESCRIBE raw").fetchall()}
    tidy, values, unknown, texts = [], [], [], ["ragged::VARCHAR"]
    for each in book:
        if not each.header:
            continue
        name = each.name
        if name not in present:
            values.append(f"NULL::{'TIMESTAMP' if each.type == 'datetime' else 'VARCHAR'} AS {name}")
            unknown.append(f"false AS {name}_bad")
        elif each.categorical:
            place, value, strange, same = _by_text(connection, each)
            tidy.append(f"{place} AS {name}")
            values.append(f"{value} AS {name}, {strange} AS {name}_bad")
            unknown.append(f"{name}_bad")
            texts.append(f"coalesce({same}, -1)")
        else:
            tidy.append(f"{_tidied(name)} AS {name}")
            values.append(f"{_by_row(connection, each, secret)} AS {name}, {name} AS {name}_text")
            recorded = f"{name}_text NOT IN ({', '.join(map(quoted, ['', *each.missing]))})"
            unknown.append(f"coalesce({name} IS NULL AND {recorded}, false) AS {name}_bad")
            texts.append(f"coalesce({name}, '')")
    columns = ", ".join(each.name for each in book if each.header)
    connection.execute(
        f"CREATE OR REPLACE TABLE decoded AS SELECT row, ragged, digest, {columns}, {', '.join(unknown)} "
        f"FROM (SELECT row, ragged, {', '.join(values)}, md5_number(concat_ws(chr(31), {', '.join(texts)})) AS digest "
        f"FROM (SELECT * REPLACE ({', '.join(tidy)}) FROM raw) AS raw)"
    )
    connection.execute("DROP TABLE raw")


def repairs(connection):
    """Return how many rows of each column were repaired on the way: (field, kind of repair, rows).

    The kinds are full-width characters, spaces around a text, and a synonym in place of the usual label.
    """
    return connection.execute(
        "SELECT field, repair, sum(rows)::BIGINT FROM repaired WHERE rows > 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
