"""The door to the data: counts by named variables, and nothing else.

Every notebook after 01-clean asks `tally`. It counts in DuckDB over the two Parquet files of 01-clean, in
which a category is stored as its position in the codebook (missing is NULL) and a number as a whole
number. Sums are taken in 128-bit integers, so that moments are exact; DuckDB reports an overflow as an
error and never wraps around.
"""

import functools
import hashlib

import duckdb
import pandas as pd

from hotline import paths
from hotline.codebook import MISSING, codebook
from hotline.errors import InputError, did_you_mean

TABLES = ("calls", "pupils")
ENGINE = f"DuckDB {duckdb.__version__}"
_asked = []


@functools.cache
def _connection():
    """Return the notebook's one connection, which may not fetch anything from outside."""
    return duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})


@functools.cache
def _columns(table):
    """Return the columns of a table, after checking that it was made with the codebook in use."""
    file = paths.CLEAN / f"{table}.parquet"
    if not file.exists():
        raise InputError(f"{paths.shown(file)} is not there yet; run: make 01-clean")
    made_with = dict(
        _connection().execute("SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", [str(file)]).fetchall()
    )
    if made_with.get("codebook") != codebook().sha256:
        raise InputError(f"{paths.shown(file)} was made with another codebook; run: make 01-clean")
    described = _connection().execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)])
    return [row[0] for row in described.fetchall()]


def _check(table, by, sums, where, model):
    """Raise one clear error for a name or a code that does not exist."""
    if table not in TABLES:
        raise InputError(f'tally: there is no table "{table}"; expected one of {", ".join(TABLES)}')
    book, columns = codebook(), _columns(table)
    for name in [*by, *sums, *(where or {})]:
        variable = book[name]
        if name not in columns:
            raise InputError(f'tally: "{name}" is not kept in the table "{table}"')
        if variable.sensitivity == "identifier" and not model:
            raise InputError(f'tally: "{name}" tells callers or staff apart; only a model tally may use it')
    for name in sums:
        if book[name].type != "integer":
            raise InputError(f'tally: "{name}" is not a whole number and has no sum')
    for name, codes in (where or {}).items():
        variable = book[name]
        for code in codes:
            if code != MISSING and variable.categorical and code not in variable.kept_codes:
                hint = did_you_mean(code, variable.kept_codes)
                raise InputError(f'tally: "{name}" has no code "{code}"{hint}')
            if code != MISSING and not variable.categorical and not isinstance(code, int):
                raise InputError(f'tally: "{name}" is a whole number; {code!r} is not')


def _condition(where):
    """Return the WHERE clause for allowed codes, as positions in the codebook."""
    clauses = []
    for name, codes in (where or {}).items():
        variable = codebook()[name]
        kept = [
            variable.kept_codes.index(code) if variable.categorical else int(code) for code in codes if code != MISSING
        ]
        either = [f"{name} IN ({', '.join(map(str, kept))})"] if kept else []
        either += [f"{name} IS NULL"] if MISSING in codes else []
        clauses.append(f"({' OR '.join(either) or 'false'})")
    return f" WHERE {' AND '.join(clauses)}" if clauses else ""


def tally(table, by, sums=(), where=None, model=False):
    """Count the rows of a table by the variables named, with exact moments of whole numbers.

    Parameters
    ----------
    table : "calls" (every call, answered or not) or "pupils" (one row per case)
    by : names from the codebook
    sums : whole-number variables to sum within each cell
    where : {variable: allowed codes}; "missing" stands for "not recorded"
    model : True for the many-variable tally of a regression, which is close to one cell per person: it
        may use identifiers, and must never be written or displayed

    Returns
    -------
    DataFrame, one row per distinct cell that occurs: the variables `by` (categories in codebook order
    with "missing" last, numbers as nullable integers), `n`, and for each x of `sums` the count of its
    recorded values `x_n`, their sum `x_sum`, and the sum of squares about the cell's own mean `x_ss`.

    Raises
    ------
    InputError for an unknown table, variable or code, and where no row is left.
    """
    by, sums = [by] if isinstance(by, str) else list(by), list(sums)
    where = {name: [codes] if isinstance(codes, (str, int)) else list(codes) for name, codes in (where or {}).items()}
    _check(table, by, sums, where, model)
    moments = "".join(
        f", count({x}) AS {x}_n, coalesce(sum({x}::HUGEINT), 0)::BIGINT AS {x}_sum"
        f", ((count({x}) * sum({x}::HUGEINT * {x}) - sum({x}::HUGEINT) * sum({x}::HUGEINT))::DOUBLE"
        f" / count({x})) AS {x}_ss"
        for x in sums
    )
    query = (
        f"SELECT {', '.join(by)}{', ' if by else ''}count(*) AS n{moments} FROM {table}.parquet"
        f"{_condition(where)}" + (" GROUP BY ALL ORDER BY ALL" if by else "")
    )
    source = str(paths.CLEAN / f"{table}.parquet").replace("'", "''")
    cells = _connection().execute(query.replace(f"{table}.parquet", f"read_parquet('{source}')", 1)).df()
    if not cells["n"].sum():
        raise InputError(f'tally: no row of "{table}" is left under the filter {where}')
    cells = _decode(cells, by)
    _asked.append(
        {
            "table": table,
            "variables": " ".join(by),
            "sums": " ".join(sums),
            "filter": "; ".join(f"{name} in {' '.join(map(str, codes))}" for name, codes in where.items()),
            "model": model,
            "engine": ENGINE,
            "query": query,
            "cells": len(cells),
            "rows": int(cells["n"].sum()),
            "sha256": hashlib.sha256(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes()).hexdigest(),
        }
    )
    return cells


def _decode(cells, by):
    """Turn positions into codes, NULL into "missing", and bring the rows into codebook order."""
    for name in by:
        variable = codebook()[name]
        if variable.categorical:
            codes = pd.array(cells[name], dtype="Int16").fillna(len(variable.kept_codes)).astype("int16")
            cells[name] = pd.Categorical.from_codes(codes, [*variable.kept_codes, MISSING], ordered=True)
        elif variable.type == "integer":
            cells[name] = cells[name].astype("Int64")
    return cells.sort_values(by, kind="stable", ignore_index=True) if by else cells


def asked():
    """Return every tally asked for since the notebook began: one row each, for tallies.csv."""
    columns = ["table", "variables", "sums", "filter", "model", "engine", "query", "cells", "rows", "sha256"]
    return pd.DataFrame(_asked, columns=columns)
