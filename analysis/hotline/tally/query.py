"""The door to the data: counts by named variables, and nothing else.

Every notebook after 01-clean asks `tally`, or `tallies` for several at once. They count over the two Parquet files of
01-clean, in which a category is stored as its position in the codebook (missing is NULL) and a number as a whole
number. This module checks what is asked, turns codes into positions and back, and writes down every tally; `engine`
counts. All sums are of whole numbers and exact: the engine takes them in 128 bits, where an overflow is an error and
never wraps around, and what is left (the sum of squares about a mean) is done in integers of any length.
"""

import functools
import hashlib
import math
from numbers import Integral

import numpy as np
import pandas as pd

from hotline import paths
from hotline.codebook import MISSING, codebook
from hotline.errors import InputError, NothingToEstimate, did_you_mean
from hotline.run import Run, current_run
from hotline.tally import duckdb_engine, scan_plan

TABLES = ("calls", "cases")
MAX_ROOT = 2**31  # a number up to here has a square within 64 bits
NOWHERE = np.iinfo(np.int64).min  # stands for a missing value in the hash
LOG = ["table", "variables", "sums", "filter", "model", "engine", "scan", "query", "cells", "calls", "hash"]
_asked = []


def _remedy():
    """Return the command that makes the two tables anew."""
    run = current_run()
    real = f" EXPORT={run.export or 'path/to/export'}" if run.private else ""
    other = "" if run.codebook == Run().codebook else f" CODEBOOK={paths.shown(run.codebook)}"
    return f"run: make 01-clean{real}{other}"


@functools.cache
def _facts(table):
    """Return what a table's file says of itself, after checking that it is what the codebook in use describes."""
    file = current_run().clean / f"{table}.parquet"
    where, book = paths.shown(file), codebook()
    if not file.exists():
        raise InputError(f"{where} is not there yet; {_remedy()}")
    try:
        facts = duckdb_engine.facts(file)
    except duckdb_engine.Unreadable as error:
        raise InputError(f"{where} is damaged and cannot be read as Parquet; {_remedy()}") from error
    if facts.codebook != book.sha256:
        raise InputError(f"{where} was made with another codebook; {_remedy()}")
    for name, kind in facts.types.items():
        if name not in book.fields:
            raise InputError(f'{where} has a column "{name}" that the codebook does not know; {_remedy()}')
        variable = book[name]
        low, high = facts.ranges.get(name, (0, 0))
        whole = kind.removeprefix("U") in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
        if not (kind == "DATE" if variable.type == "date" else whole):
            raise InputError(f'{where}: "{name}" is stored as {kind}, which is not what the codebook says; {_remedy()}')
        if variable.categorical and not 0 <= low <= high < len(variable.kept_codes):
            many = len(variable.kept_codes)
            raise InputError(f'{where}: "{name}" has positions beyond its {many} codes in the codebook; {_remedy()}')
    return facts


def _check_names(table, by, sums, where, model):
    """Raise one clear error for a table or a variable that may not be asked for."""
    if table not in TABLES:
        raise InputError(f'tally: there is no table "{table}"; expected one of {", ".join(TABLES)}')
    book, kept = codebook(), _facts(table).types
    for name in [*by, *sums, *where]:
        variable = book[name]
        if name not in kept:
            raise InputError(f'tally: "{name}" is not kept in the table "{table}"')
        if variable.sensitivity == "identifier" and not model:
            raise InputError(f'tally: "{name}" tells callers or staff apart; only a model tally may use it')
    for names in (by, sums):
        for name in names:
            if names.count(name) > 1:
                raise InputError(f'tally: "{name}" is named twice')
    for name in sums:
        if book[name].type != "integer":
            raise InputError(f'tally: "{name}" is not a whole number and has no sum')


def _position(name, code):
    """Return how a code that a filter allows is stored. Raises InputError for one that does not exist."""
    variable = codebook()[name]
    if variable.categorical:
        if code not in variable.kept_codes:
            hint = did_you_mean(code, [*variable.kept_codes, MISSING])
            raise InputError(f'tally: "{name}" has no code "{code}"{hint}')
        return variable.kept_codes.index(code)
    if variable.type != "integer":
        raise InputError(f'tally: "{name}" is a {variable.type} and can be a filter only by "{MISSING}"')
    if not isinstance(code, Integral):
        raise InputError(f'tally: "{name}" is a whole number; {code!r} is not')
    return int(code)


def _refuse_beyond(table, name, codes):
    """Raise InputError for a filter that no row can pass: without a code, or with numbers beyond those stored."""
    if not codes:
        raise InputError(f'tally: the filter of "{name}" allows no code')
    variable, (low, high) = codebook()[name], _facts(table).ranges.get(name, (-math.inf, math.inf))
    if variable.type == "integer" and MISSING not in codes and not any(low <= code <= high for code in codes):
        listed = ", ".join(map(str, codes))
        raise InputError(f'tally: no row has {listed} for "{name}"; recorded are numbers from {low} to {high}')


def _plan(table, by, sums=(), where=None, model=False):
    """Return the checked engine.Plan of a tally."""
    by, sums = ([names] if isinstance(names, str) else list(names) for names in (by, sums))
    where = {name: [one] if isinstance(one, (str, Integral)) else list(one) for name, one in (where or {}).items()}
    _check_names(table, by, sums, where, model)
    filters = [
        (name, tuple(_position(name, code) for code in codes if code != MISSING), MISSING in codes)
        for name, codes in where.items()
    ]
    for name, codes in where.items():
        _refuse_beyond(table, name, codes)
    ranges = _facts(table).ranges
    wide = [name for name in sums if max(map(abs, ranges.get(name, (0,)))) > MAX_ROOT]
    return duckdb_engine.Plan(table, tuple(by), tuple(sums), tuple(wide), tuple(filters))


def _filter(plan):
    """Return a plan's filter in words: ``sex in female missing; age in 10 11``."""
    words = []
    for name, positions, missing in plan.where:
        variable = codebook()[name]
        codes = [variable.kept_codes[each] if variable.categorical else str(each) for each in positions]
        words.append(f"{name} in {' '.join(codes + [MISSING] * missing)}")
    return "; ".join(words)


def _count(plan):
    """Let the engine count. Raises NothingToEstimate where no row is left, InputError for an overflow or a bad file."""
    file, rows = current_run().clean / f"{plan.table}.parquet", _facts(plan.table).rows
    try:
        counted = duckdb_engine.count(file, plan, rows)
    except duckdb_engine.Unreadable as error:
        raise InputError(f"{paths.shown(file)} is damaged and cannot be read; {_remedy()}") from error
    except duckdb_engine.Overflow as error:
        raise InputError(f"tally: a sum of {', '.join(plan.sums)} is too large for exact arithmetic") from error
    if not counted["n"].sum():
        under = f" under the filter: {_filter(plan)}" if plan.where else ""
        raise NothingToEstimate(f'the table "{plan.table}" has no row{under}')
    return counted


def _leave(plan, counted, model, scan):
    """Make a table of what was counted, in codes and in codebook order, and write it down."""
    columns, digest = {}, hashlib.sha256()
    for name in plan.by:
        variable, found = codebook()[name], counted[name]
        absent = np.ma.getmaskarray(found)
        if variable.categorical:
            stored = np.ma.filled(found, 0).astype(np.int16)
            stored[absent] = len(variable.kept_codes)
            columns[name] = pd.Categorical.from_codes(stored, [*variable.kept_codes, MISSING], ordered=True)
        elif variable.type == "date":
            columns[name] = np.ma.filled(found, np.datetime64("NaT"))
        else:
            columns[name] = pd.arrays.IntegerArray(np.ma.getdata(found).astype(np.int64), absent)
        positions = np.ma.getdata(found).astype(np.int64)
        _add(digest, name, np.where(absent, NOWHERE, positions))
    columns["n"] = counted["n"]
    _add(digest, "n", counted["n"])
    for x in plan.sums:
        columns |= _moments(x, *(counted[f"{x}_{part}"] for part in ("n", "sum", "squares")))
        for part in ("n", "sum", "ss"):
            _add(digest, f"{x}_{part}", columns[f"{x}_{part}"])
    cells = pd.DataFrame(columns)
    cells.attrs["model"] = model
    _asked.append(
        {
            "table": plan.table,
            "variables": " ".join(plan.by),
            "sums": " ".join(plan.sums),
            "filter": _filter(plan),
            "model": model,
            "engine": duckdb_engine.NAME,
            "scan": scan,
            "query": duckdb_engine.sql(plan),
            "cells": len(cells),
            "calls": int(cells["n"].sum()),
            "hash": digest.hexdigest(),
        }
    )
    return cells


def _add(digest, name, values):
    """Add a column to a hash: its name, then its values in eight bytes each, the lowest byte first."""
    digest.update(name.encode() + b"\0")
    digest.update(np.ascontiguousarray(values).astype("<f8" if values.dtype.kind == "f" else "<i8").tobytes())


def _moments(x, n, sums, squares):
    """Return the columns x_n, x_sum and x_ss of exact sums; the one rounding is that of the last division."""
    exact = list(zip(map(int, n), sums, squares, strict=True))
    if any(abs(total) > np.iinfo(np.int64).max for _, total, _ in exact):
        raise InputError(f"tally: a sum of {x} is too large for exact arithmetic")
    about_mean = [(k * square - total * total) / k if k else np.nan for k, total, square in exact]
    return {f"{x}_n": n, f"{x}_sum": np.array(sums, np.int64), f"{x}_ss": np.array(about_mean, float)}


def tally(table, by, sums=(), where=None, model=False):
    """Count the rows of a table by the variables named, with exact moments of whole numbers.

    Parameters
    ----------
    table : "calls" (every call, answered or not) or "cases" (one row per case)
    by : names from the codebook
    sums : whole-number variables to sum within each cell
    where : {variable: allowed codes}; "missing" stands for "not recorded"
    model : True for the many-variable tally of a regression, which is close to one cell per person: it
        may use identifiers, and must never be written or displayed

    Returns
    -------
    DataFrame, one row per distinct cell that occurs: the variables `by` (categories in codebook order
    with "missing" last, numbers as nullable integers), `n`, and for each x of `sums` the count of its
    recorded values `x_n`, their sum `x_sum`, and the sum of squares about the cell's own mean `x_ss`
    (the exact one, rounded once; NaN where no value is recorded). Its `attrs["model"]` is `model`.

    Raises
    ------
    InputError for an unknown table, variable or code, for a filter that no row can pass, where a sum exceeds 64 bits
    or a sum of squares 128, and where the table's file is absent, damaged or not what the codebook describes; its kind
    NothingToEstimate where no row is left.
    """
    plan = _plan(table, by, sums, where, model)
    return _leave(plan, _count(plan), model, _next_scan())


def _next_scan():
    """Return the running number of the next scan of the data."""
    return 1 + max((each["scan"] for each in _asked), default=0)


def tallies(table, bys, where=None):
    """Count by several lists of variables, with as few scans of the table as is fast.

    table, where : as for `tally`;  bys : lists of names, one for each tally
    Returns the tables in the order of `bys`, each the very one that `tally` would return; raises as `tally` does.
    Each is written down by itself; which of them came from one scan, `sharing` decides.
    """
    plans = [_plan(table, by, where=where) for by in bys]
    counted, scans = {}, {}
    for scan, together in enumerate(scan_plan.share([plan.by for plan in plans], _sizes(plans)), start=_next_scan()):
        names = tuple(dict.fromkeys(name for place in together for name in plans[place].by))
        found = _count(duckdb_engine.Plan(table, names, where=plans[0].where))
        for place in together:
            counted[place] = found if len(together) == 1 else scan_plan.add_up(found, plans[place].by)
            scans[place] = scan
    return [_leave(plan, counted[place], False, scans[place]) for place, plan in enumerate(plans)]


def _sizes(plans):
    """Return how many values each variable of some plans may have, missing included; infinite for a date."""
    sizes = {}
    for plan in plans:
        facts = _facts(plan.table)
        for name in plan.by:
            low, high = facts.ranges.get(name, (0, 0))
            sizes[name] = math.inf if facts.types[name] == "DATE" else high - low + 2
    return sizes


def asked():
    """Return every tally asked for since the notebook began: one row each, for tallies.csv.

    table      "calls" or "cases"
    variables  what was counted by;  sums: of what the moments were taken
    filter     the codes that were allowed, variable by variable
    model      True for a model tally, which is recorded here and nowhere else
    engine     what counted
    scan       a number that tallies from one scan of the data have in common
    query      plain SQL for the same counts (and the sums from which the moments follow), with positions in the
               codebook in place of codes; to be run in the folder of 01-clean
    cells      rows of the result;  calls: rows of the table that they count (cases, where the table is "cases")
    hash       SHA-256 of the result: column by column its name, a zero byte, and the values in eight bytes each;
               a category as its position, a missing value as the smallest whole number
    """
    return pd.DataFrame(_asked, columns=LOG)
