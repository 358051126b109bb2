"""Counts of rows by named variables: the query functions that every notebook after 01-clean calls.

`tally` counts once, `tallies` several times in few scans. They count over the two Parquet files of 01-clean, in which
a category is stored as its position in the codebook (missing is NULL), and a number as a whole number of units of its
last decimal. This module checks the request, turns codes and numbers into what is stored and back, and logs every
tally; `session` knows the files, `duckdb_engine` counts.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from hotline.codebook import MISSING, codebook
from hotline.errors import InputError, NothingToEstimate, did_you_mean
from hotline.provenance import hasher
from hotline.run import current_run
from hotline.tally import duckdb_engine, scan_plan
from hotline.tally.session import Session

TABLES = ("calls", "cases")
MODEL_VARIABLES = 5  # a tally by so many variables or more is a model tally,
MODEL_CELLS, ROWS_PER_CELL = 200, 3  # and so is one of more cells than this with fewer rows in a cell, on average
MISSING_IN_HASH = np.iinfo(np.int64).min
LOG = ["table", "variables", "filter", "model", "engine", "scan", "query", "cells", "calls", "hash"]
_session = Session()


def tally(table: str, by: str | Sequence[str], where: Mapping | None = None) -> pd.DataFrame:
    """Count the rows of a table by named variables.

    Parameters
    ----------
    table : "calls" (every call, answered or not) or "cases" (one row per case)
    by : names from the codebook
    where : {variable: allowed code or codes}; "missing" stands for "not recorded"

    Returns
    -------
    DataFrame, one row per distinct cell that occurs: the variables `by` (categories in codebook order with "missing"
    last, numbers as nullable integers, or floats where they have decimals) and `n`, the number of rows.

    Raises
    ------
    InputError
        for an unknown table, variable or code, a filter that no row can pass, and where the table's file is absent,
        damaged or not what the codebook describes
    NothingToEstimate
        where no row is left
    """
    plan = _plan(table, by, where)
    return _to_frame(plan, _count(plan), _session.next_scan)


def tallies(table: str, bys: Iterable[str | Sequence[str]]) -> list[pd.DataFrame]:
    """Count the rows of a table by several lists of variables, with as few scans of the table as is fast.

    Parameters
    ----------
    table : as for `tally`
    bys : the names of each tally

    Returns
    -------
    The tables in the order of `bys`, each the very one that `tally` would return; raises as `tally` does. Each is
    logged by itself; which of them come from one scan, `scan_plan` decides.
    """
    plans = [_plan(table, by) for by in bys]
    counts, scans = {}, {}
    shared = scan_plan.share([plan.by for plan in plans], _sizes(plans))
    for scan, places in enumerate(shared, start=_session.next_scan):
        names = tuple(dict.fromkeys(name for place in places for name in plans[place].by))
        together = _count(duckdb_engine.Plan(table, names))
        for place in places:
            counts[place] = together if len(places) == 1 else scan_plan.add_up(together, plans[place].by)
            scans[place] = scan
    return [_to_frame(plan, counts[place], scans[place]) for place, plan in enumerate(plans)]


def is_model_tally(by: Sequence[str], cells: int, rows: int) -> bool:
    """Whether a tally by some variables comes close to one cell per person, so that its cells must not be published.

    It does if one of the variables identifies callers or staff, if there are `MODEL_VARIABLES` or more of them (the
    marginal tables of the study have four at most, its regressions thirteen and more), or if its many cells hold few
    rows each.

    Parameters
    ----------
    cells, rows : how many cells occur, and how many rows they count
    """
    sparse = cells > MODEL_CELLS and rows < ROWS_PER_CELL * cells
    return sparse or len(by) >= MODEL_VARIABLES or any(codebook()[each].sensitivity == "identifier" for each in by)


def asked() -> pd.DataFrame:
    """Return every tally since the notebook began, one row each, for tallies.csv.

    Returns
    -------
    DataFrame with the columns

    table, variables, filter : the request; the filter names the codes that were allowed, variable by variable
    model : whether it is a model tally (`is_model_tally`), whose cells are neither written nor displayed
    engine : what counted
    scan : a number that tallies from one scan of the data have in common
    query : plain SQL for the same counts, with positions in the codebook for codes; it runs in the folder of 01-clean
    cells : rows of the result
    calls : rows of the table that they count (cases, where the table is "cases")
    hash : SHA-256 of the result, or, in a private run, HMAC-SHA256 under its key: column by column its name, a zero
        byte, and the values in eight bytes each, the lowest byte first; a category as its position, a missing value as
        the smallest whole number
    """
    return pd.DataFrame(_session.log, columns=LOG)


def new_session() -> None:
    """Forget the log and what the files said of themselves, as a new kernel would."""
    global _session
    _session = Session()


# --- from the request to a plan ---------------------------------------------------------------------


def _plan(table, by, where=None):
    """Return the checked duckdb_engine.Plan of a tally."""
    by = [by] if isinstance(by, str) else list(by)
    where = {name: [one] if isinstance(one, (str, Real, Decimal)) else list(one) for name, one in (where or {}).items()}
    _check_names(table, by, where)
    filters = [
        duckdb_engine.Filter(name, tuple(_position(name, code) for code in codes if code != MISSING), MISSING in codes)
        for name, codes in where.items()
    ]
    for name, codes in where.items():
        _refuse_beyond(table, name, codes)
    return duckdb_engine.Plan(table, tuple(by), tuple(filters))


def _check_names(table, by, where):
    """Raise one clear error for a table or a variable that cannot be counted."""
    if table not in TABLES:
        raise InputError(f'tally: there is no table "{table}"; expected one of {", ".join(TABLES)}')
    stored = _session.facts(table).types
    for name in [*by, *where]:
        variable = codebook()[name]
        if name not in stored:
            raise InputError(f'tally: "{name}" is not kept in the table "{table}"')
        if name in where and variable.sensitivity == "identifier":
            raise InputError(f'tally: "{name}" identifies callers or staff and cannot be a filter')
        if by.count(name) > 1:
            raise InputError(f'tally: "{name}" is named twice')


def _position(name, code):
    """Return how a code that a filter allows is stored. Raises InputError for one that does not exist."""
    variable = codebook()[name]
    if variable.categorical:
        if code not in variable.kept_codes:
            hint = did_you_mean(code, [*variable.kept_codes, MISSING])
            raise InputError(f'tally: "{name}" has no code "{code}"{hint}')
        return variable.kept_codes.index(code)
    if not variable.numeric:
        raise InputError(f'tally: "{name}" is a {variable.type} and can be a filter only by "{MISSING}"')
    try:
        if isinstance(code, (Real, Decimal)):
            return variable.stored(code)
    except ValueError:
        pass
    kind = f"number with at most {variable.decimals} decimals" if variable.decimals else "whole number"
    raise InputError(f'tally: "{name}" is a {kind}; {code!r} is not')


def _refuse_beyond(table, name, codes):
    """Raise InputError for a filter that no row can pass: without a code, or with numbers beyond those stored."""
    if not codes:
        raise InputError(f'tally: the filter of "{name}" allows no code')
    variable, (low, high) = codebook()[name], _session.facts(table).ranges.get(name, (-math.inf, math.inf))
    if not variable.numeric or MISSING in codes or any(low <= variable.stored(code) <= high for code in codes):
        return
    raise InputError(f'tally: no row has {", ".join(map(str, codes))} for "{name}"')


def _in_unit(variable, stored):
    """Return stored numbers in the unit of their variable: exactly, or the float next to a decimal."""
    return stored / variable.scale if variable.decimals else stored


def _sizes(plans):
    """Return {variable: how many values it may have, missing included}, infinite for a date, of some plans."""
    sizes = {}
    for plan in plans:
        facts = _session.facts(plan.table)
        for name in plan.by:
            low, high = facts.ranges.get(name, (0, 0))
            sizes[name] = math.inf if facts.types[name] == "DATE" else high - low + 2
    return sizes


# --- from the counts to a table and its line of the log ---------------------------------------------


def _count(plan):
    """Count by a plan. Raises NothingToEstimate where no row is left."""
    counts = _session.count(plan)
    if not counts["n"].sum():
        under = f" under the filter: {_filter_in_words(plan)}" if plan.where else ""
        raise NothingToEstimate(f'the table "{plan.table}" has no row{under}')
    return counts


def _filter_in_words(plan):
    """Return a plan's filter in words: ``sex in female missing; age in 10 11``."""
    words = []
    for one in plan.where:
        variable = codebook()[one.column]
        codes = [
            variable.kept_codes[each] if variable.categorical else str(_in_unit(variable, each))
            for each in one.positions
        ]
        words.append(f"{one.column} in {' '.join(codes + [MISSING] * one.missing)}")
    return "; ".join(words)


def _to_frame(plan, counts, scan):
    """Return counts as a table in codes and in codebook order, and log the tally."""
    columns = {name: _in_codes(codebook()[name], counts[name]) for name in plan.by}
    cells = pd.DataFrame(columns | {"n": counts["n"]})
    rows = int(cells["n"].sum())
    _session.log.append(
        {
            "table": plan.table,
            "variables": " ".join(plan.by),
            "filter": _filter_in_words(plan),
            "model": is_model_tally(plan.by, len(cells), rows),
            "engine": duckdb_engine.NAME,
            "scan": scan,
            "query": duckdb_engine.sql(plan),
            "cells": len(cells),
            "calls": rows,
            "hash": _hash({name: counts[name] for name in (*plan.by, "n")}),
        }
    )
    return cells


def _in_codes(variable, stored):
    """Return a stored column, masked where missing, as categories, days or nullable integers."""
    absent = np.ma.getmaskarray(stored)
    if variable.categorical:
        positions = np.ma.filled(stored, 0).astype(np.int16)
        positions[absent] = len(variable.kept_codes)
        return pd.Categorical.from_codes(positions, [*variable.kept_codes, MISSING], ordered=True)
    if variable.type == "date":
        return np.ma.filled(stored, np.datetime64("NaT"))
    numbers = np.ma.getdata(stored).astype(np.int64)
    if variable.decimals:
        return pd.arrays.FloatingArray(_in_unit(variable, numbers), absent)
    return pd.arrays.IntegerArray(numbers, absent)


def _hash(columns):
    """Return the hash of stored columns, as `asked` describes it."""
    run = current_run()
    digest = hasher(run.hash_key(run.derived))
    for name, stored in columns.items():
        values = np.where(np.ma.getmaskarray(stored), MISSING_IN_HASH, np.ma.getdata(stored).astype(np.int64))
        digest.update(name.encode() + b"\0" + values.astype("<i8").tobytes())
    return digest.hexdigest()
