"""Counts from a Parquet file by DuckDB, in plain SQL: the one module of the package that knows the database.

`query` checks the names, turns codes into positions and back, and keeps the log. Here a `Plan` in which every name and
position has been checked becomes counts. Another engine takes this module's place by offering the same five things:
NAME, `connect`, `facts`, `sql` and `count`.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from hotline import paths
from hotline.sql import identifier, literal

NAME = f"DuckDB {duckdb.__version__}"
# DuckDB groups in a plain array, and not in a hash table, up to 2^threshold cells. Its own threshold of 12 halves the
# speed of a tally with a hundred thousand cells. An array of 2^22 counts takes 32 MB, but also some milliseconds to
# clear and to search, so that it pays for long tables only.
OWN_THRESHOLD, LONG_THRESHOLD, LONG_TABLE = 12, 22, 1_000_000
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


@dataclass(frozen=True)
class Filter:
    """A condition on one column: the positions (or numbers) allowed, and whether a missing value is allowed."""

    column: str
    positions: tuple[int, ...]
    missing: bool


@dataclass(frozen=True)
class Plan:
    """A tally in terms of the file: the table, the columns to group by, and the filters, with positions for codes."""

    table: str
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a file's own metadata say, read without reading its rows.

    Attributes
    ----------
    codebook : hash of the codebook with which the file was made, None if it names none
    rows : number of rows
    types : {column: type of DuckDB}
    ranges : {column: (smallest, largest)} of the whole numbers, without columns that are empty
    """

    codebook: str | None
    rows: int
    types: dict[str, str]
    ranges: dict[str, tuple[int, int]]


def connect() -> duckdb.DuckDBPyConnection:
    """Return a new connection, which may not fetch anything from outside, and writes nothing to the disk."""
    fetch_nothing = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(config=fetch_nothing | {"temp_directory": ""})


def _execute(connection, query, parameters=()):
    """Run a query; raises Unreadable in place of the engine's own errors about a file."""
    try:
        return connection.execute(query, parameters)
    except NOT_OF_THE_FILE:
        raise
    except duckdb.Error as error:  # damage in a file shows itself by many different ones
        raise Unreadable(str(error)) from error


def facts(connection: duckdb.DuckDBPyConnection, file: Path) -> Facts:
    """Return the Facts of a Parquet file. Raises Unreadable."""
    path = [paths.no_pattern(file)]
    keys = dict(_execute(connection, "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", path).fetchall())
    rows = _execute(connection, "SELECT num_rows FROM parquet_file_metadata(?)", path).fetchone()[0]
    described = _execute(connection, "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)", path).fetchall()
    ranges = _execute(
        connection,
        "SELECT path_in_schema, min(try_cast(stats_min_value AS BIGINT)), max(try_cast(stats_max_value AS BIGINT)) "
        "FROM parquet_metadata(?) GROUP BY ALL HAVING min(try_cast(stats_min_value AS BIGINT)) IS NOT NULL",
        path,
    ).fetchall()
    return Facts(
        codebook=keys.get("codebook"),
        rows=rows,
        types={row[0]: row[1] for row in described},
        ranges={name: (low, high) for name, low, high in ranges},
    )


def sql(plan: Plan) -> str:
    """Return the query of a plan, with the file's name in place of its path.

    A category is stored as its position in the codebook and "missing" as NULL, so that ordering by the columns, NULL
    last, is the codebook's order.
    """
    columns = [identifier(name) for name in plan.by]
    selected = ", ".join([*columns, "count(*) AS n"])
    where = f" WHERE {' AND '.join(map(_condition, plan.where))}" if plan.where else ""
    grouped = f" GROUP BY {', '.join(columns)} ORDER BY {', '.join(columns)}" if columns else ""
    return f"SELECT {selected} FROM '{plan.table}.parquet'{where}{grouped}"


def _condition(one):
    """Return the SQL of a filter."""
    either = [f'"{one.column}" IN ({", ".join(map(str, one.positions))})'] if one.positions else []
    if one.missing:
        either.append(f'"{one.column}" IS NULL')
    return f"({' OR '.join(either)})"


def count(connection: duckdb.DuckDBPyConnection, file: Path, plan: Plan, rows: int) -> dict[str, np.ndarray]:
    """Count the rows of a file by a plan.

    Parameters
    ----------
    rows : how many rows the file has, by which the way of grouping is chosen

    Returns
    -------
    {column: array}, one entry per cell that occurs, in the order of `sql`: the columns `by`, masked where values are
    missing, and `n`.

    Raises
    ------
    Unreadable
    """
    source = f"read_parquet({literal(paths.no_pattern(file))}, hive_partitioning=false)"
    query = sql(plan).replace(f"'{plan.table}.parquet'", source, 1)
    threshold = LONG_THRESHOLD if rows > LONG_TABLE else OWN_THRESHOLD
    _execute(connection, f"SET perfect_ht_threshold = {threshold}")
    return _execute(connection, query).fetchnumpy()
