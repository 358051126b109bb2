"""What counts behind the door: DuckDB, through plain SQL. The one module that knows it.

`tally` checks the names, turns codes into positions and back, and writes down what was asked. Here a `Plan` in which
every name and position is known to be good becomes counts. Another engine takes this module's place by offering the
same four things: NAME, `facts`, `sql` and `count`. It must count exactly: whole numbers of any size, or an error.
"""

import functools
from dataclasses import dataclass

import duckdb

NAME = f"DuckDB {duckdb.__version__}"
# Groups that DuckDB keeps in a plain array in place of a hash table, as a power of two. Its own bound of 2^12 halves
# the speed of a tally with a hundred thousand cells. An array of 2^22 counts takes 32 MB, but also some milliseconds to
# clear and to search, so that it pays for long tables only.
ARRAY, LONG = 22, 1_000_000
# Errors that say nothing about the file: a wrong query, too little memory, an interruption.
NOT_OF_THE_FILE = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
)


class Unreadable(Exception):
    """The file is no Parquet file, or a damaged one."""


class Overflow(Exception):
    """A sum is too large for the 128 bits in which it is taken."""


@dataclass(frozen=True)
class Plan:
    """What to count, in terms of the file: columns, and positions in place of codes.

    table : "calls" or "cases";  by : columns to group by;  sums : columns to sum
    wide : those of `sums` whose squares may exceed 64 bits
    where : (column, positions allowed, whether a missing value is allowed), one for each filter
    """

    table: str
    by: tuple = ()
    sums: tuple = ()
    wide: tuple = ()
    where: tuple = ()


@dataclass(frozen=True)
class Facts:
    """What a file says of itself, read without reading its rows.

    codebook : hash of the codebook it was made with, None if it names none;  rows : their number
    types : {column: type};  ranges : {column: (smallest, largest)} of the whole numbers, without columns that are empty
    """

    codebook: str | None
    rows: int
    types: dict
    ranges: dict


@functools.cache
def _connection():
    """Return the notebook's one connection, which may not fetch anything from outside."""
    return duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})


def _run(query, parameters=()):
    """Run a query; raises Unreadable and Overflow in place of the engine's own errors."""
    try:
        return _connection().execute(query, parameters)
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise Overflow(str(error)) from error
    except NOT_OF_THE_FILE:
        raise
    except duckdb.Error as error:  # what is damaged in a file is told by many different ones
        raise Unreadable(str(error)) from error


def facts(file):
    """Return the Facts of a Parquet file. Raises Unreadable."""
    path = [str(file)]
    keys = dict(_run("SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", path).fetchall())
    rows = _run("SELECT num_rows FROM parquet_file_metadata(?)", path).fetchone()[0]
    types = {row[0]: row[1] for row in _run("DESCRIBE SELECT * FROM read_parquet(?)", path).fetchall()}
    ranges = _run(
        "SELECT path_in_schema, min(try_cast(stats_min_value AS BIGINT)), max(try_cast(stats_max_value AS BIGINT)) "
        "FROM parquet_metadata(?) GROUP BY ALL HAVING min(try_cast(stats_min_value AS BIGINT)) IS NOT NULL",
        path,
    )
    return Facts(keys.get("codebook"), rows, types, {name: (low, high) for name, low, high in ranges.fetchall()})


def sql(plan):
    """Return the query of a plan, with the file's name in place of its path.

    In the codebook a category is stored as its position and "missing" as NULL, so that ordering by the columns, NULL
    last, is the codebook's order.
    """
    selected = [*plan.by, "count(*) AS n"]
    for x in plan.sums:  # DuckDB adds whole numbers of 64 bits up in 128; squaring in 128 takes three times as long
        square = f"{x}::{'HUGEINT' if x in plan.wide else 'BIGINT'} * {x}"
        selected += [f"count({x}) AS {x}_n", f"sum({x}) AS {x}_sum", f"sum({square}) AS {x}_squares"]
    clauses = []
    for name, positions, missing in plan.where:
        either = [f"{name} IN ({', '.join(map(str, positions))})"] if positions else []
        clauses.append(f"({' OR '.join(either + [f'{name} IS NULL'] * missing) or 'false'})")
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    grouped = f" GROUP BY {', '.join(plan.by)} ORDER BY {', '.join(plan.by)}" if plan.by else ""
    return f"SELECT {', '.join(selected)} FROM '{plan.table}.parquet'{where}{grouped}"


def count(file, plan, rows):
    """Count the `rows` rows of a file. Raises Unreadable and Overflow.

    Returns {column: array}, one entry per cell that occurs, in the order of `sql`: the columns `by` as numpy arrays,
    masked where values are missing; `n`; and for each x of `sums` the exact `x_n`, `x_sum` and `x_squares`, the sum of
    the squares about zero, as Python integers.
    """
    path = str(file).replace("'", "''")
    query = sql(plan).replace(f"'{plan.table}.parquet'", f"read_parquet('{path}')", 1)
    whole = [f"{x}_{part}" for x in plan.sums for part in ("sum", "squares")]
    if whole:  # as texts, since numpy has no whole numbers of 128 bits
        exact = ", ".join(f"coalesce({name}, 0)::VARCHAR AS {name}" for name in whole)
        query = f"SELECT * REPLACE ({exact}) FROM ({query})"
    _run(f"SET perfect_ht_threshold = {ARRAY if rows > LONG and not plan.sums else 12}")
    found = _run(query).fetchnumpy()
    for name in whole:
        found[name] = [int(text) for text in found[name]]
    return found
