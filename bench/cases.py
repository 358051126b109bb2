"""Simulated analysis tables of any size, like the cases.parquet of 01-clean.

Each case takes most of its values from one simulated pupil, so that variables go together as in the study. A group of
variables (a city and its region, say) comes from another pupil in three of ten cases: otherwise forty million cases
would hold no more combinations than forty thousand. Half of the years are shifted by two, which makes six of four.
"""

from pathlib import Path

import duckdb

from hotline.codebook import codebook

GROUPS = (
    ("sex",),
    ("stage", "age"),
    ("city", "region", "district_type"),
    ("year", "month", "weekday", "day"),
    ("hour", "hour_band"),
    ("problem", "problem_detail"),
    ("caller_relation",),
    ("call_length", "length_band"),
)
MIXED = 0.3  # share of the cases in which a group comes from another pupil


def write(cleaned: Path, folder: Path, cases: int) -> None:
    """Write folder/cases.parquet.

    Streams in some hundred MiB of memory, twenty seconds for ten million cases. The same pupils and the same version
    of DuckDB give the same cases.

    Parameters
    ----------
    cleaned
        The table cases.parquet of 01-clean to draw from.
    cases
        Number of cases to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as connection:
        source = f"(SELECT *, row_number() OVER () - 1 AS at FROM read_parquet('{cleaned}'))"
        connection.execute(f"CREATE TABLE pool AS FROM {source}")
        (size,) = connection.execute("SELECT count(*) FROM pool").fetchone()
        columns = [row[0] for row in connection.execute("DESCRIBE pool").fetchall() if row[0] != "at"]
        copy_of = {name: number for number, group in enumerate(GROUPS, start=1) for name in group}
        later = "(2 * (hash(i, 'later') % 2))::INTEGER"
        shifted = {"year": f"year + {later}", "day": f"(day + to_years({later}))::DATE", "caller": "i::INTEGER"}
        values = []
        for name in columns:
            value = f"p{copy_of.get(name, 0)}.{name}"
            values.append(f"{shifted.get(name, name).replace(name, value, 1)} AS {name}")
        first = f"hash(i, 'pupil') % {size}"
        mixed = f"hash(i, 'mixed', {{0}}) % 1000 < {round(1000 * MIXED)}"
        picks = [f"{first} AS at0"]
        for number in range(1, len(GROUPS) + 1):
            other = f"hash(i, 'pupil', {number}) % {size}"
            picks.append(f"CASE WHEN {mixed.format(number)} THEN {other} ELSE {first} END AS at{number}")
        joins = " ".join(f"JOIN pool p{number} ON p{number}.at = at{number}" for number in range(len(GROUPS) + 1))
        connection.execute(
            f"COPY (SELECT {', '.join(values)} FROM (SELECT i, {', '.join(picks)} FROM range({cases}) t(i)) {joins}) "
            f"TO '{folder / 'cases.parquet'}' "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{codebook: '{codebook().sha256}'}})"
        )
