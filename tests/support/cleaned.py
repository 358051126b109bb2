"""Cleaned tables of invented cases, as 01-clean leaves them (fixtures, found by pytest through conftest.py)."""

import duckdb
import numpy as np
import pandas as pd
import pytest
import runs

from hotline.codebook import codebook
from hotline.tally import query as tally


def write(folder, frame, sha256, stored_as):
    """Write a table as 01-clean does: categories as positions, numbers as they are."""
    stored, columns = frame.copy(), []
    for name in stored:
        if codebook()[name].categorical:
            stored[name] = pd.array(
                [codebook()[name].kept_codes.index(code) if pd.notna(code) else None for code in stored[name]],
                dtype="UInt8",
            )
        kind = "UTINYINT" if codebook()[name].categorical else "DATE" if name == "day" else stored_as
        columns.append(f"{name}::{kind} AS {name}")
    with duckdb.connect() as connection:
        connection.register("stored", stored)
        connection.execute(
            f"COPY (SELECT {', '.join(columns)} FROM stored) TO '{folder / 'cases.parquet'}' "
            f"(FORMAT parquet, KV_METADATA {{codebook: '{sha256}'}})"
        )
    tally.new_session()


@pytest.fixture
def behind(tmp_path, monkeypatch):
    """Return a function that stores rows as the cleaned table of cases."""
    clean = runs.change(monkeypatch, tree=tmp_path).clean
    clean.mkdir(parents=True)
    tally.new_session()
    yield lambda frame, stored_as="INTEGER": write(clean, frame, codebook().sha256, stored_as)
    tally.new_session()


@pytest.fixture
def rows(behind):
    """Five hundred invented cases, stored as the cleaned table; returns them as rows."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["male", "female", None], 500, p=[0.4, 0.5, 0.1]),
            "stage": rng.choice(["primary", "junior", "senior"], 500),
            "waiting": pd.array(rng.integers(0, 4000, 500), dtype="Int64"),
            "age": pd.array(np.where(rng.random(500) < 0.1, None, rng.integers(6, 19, 500)), dtype="Int64"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90, 500), unit="D"),
            "caller": rng.integers(0, 400, 500),
        }
    )
    behind(frame)
    return frame
