"""Parquet files."""

import duckdb
import pytest

from hotline.cleaning.readers import parquet
from hotline.errors import InputError


def test_open_parquet_gives_headings_and_types(tmp_path):
    duckdb.execute(f"COPY (SELECT '1' AS a, 2.0::DOUBLE AS b) TO '{tmp_path / 'export.parquet'}'")
    table = parquet.open_parquet(tmp_path / "export.parquet")
    assert (table.headings, table.types, table.rows) == (["a", "b"], ("VARCHAR", "DOUBLE"), None)


def test_open_parquet_refuses_a_damaged_file(tmp_path):
    (tmp_path / "export.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="a damaged Parquet file"):
        parquet.open_parquet(tmp_path / "export.parquet")
