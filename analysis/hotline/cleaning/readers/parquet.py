"""Parquet files, which DuckDB reads by itself."""

from pathlib import Path

import duckdb

from hotline import paths
from hotline.cleaning import engine
from hotline.cleaning.readers.table import Table
from hotline.errors import InputError


def open_parquet(export: Path) -> Table:
    """Open a Parquet file. Raises InputError where it is damaged."""
    described = "DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning=false)"
    try:
        database = duckdb.connect(config=engine.FETCH_NOTHING)
        columns = engine.asked(database.execute, described, [paths.no_pattern(export)])
        names, types = zip(*[row[:2] for row in engine.asked(columns.fetchall)], strict=True)
    except engine.EngineError:
        raise InputError(f"{paths.shown(export)}: a damaged Parquet file; export it again, whole") from None
    return Table("Parquet", list(names), None, types)
