"""How long the cleaning of a long export takes and how much memory, next to an earlier commit.

    make bench-cleaning
    make bench-cleaning BEFORE=6cd2c2e ROWS=200000

The export is that of `make simulate`, repeated with other tickets and callers to so many rows. Both trees
read it in processes of their own, one after the other, twice. Prints seconds (of clocks and of processors) and MiB of
each piece, and the ratio of now to before; ends with 1 where now takes more than a tenth longer.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from hotline import paths
from hotline.codebook import codebook

ALLOWED = 1.1
PIECES = """
import json, resource, sys, time
from pathlib import Path
from hotline.cleaning import decode, engine, flow, load, rules
from hotline.codebook import codebook

book, taken, folder = codebook(), {}, Path(sys.argv[2])
connection = engine.connect()
tried = rules.rules(book, 10, 6, 19)
for name, work in {
    "load": lambda: load.read(connection, sys.argv[1], book),
    "decode": lambda: decode.decode(connection, book, b"a key for the bench alone"),
    "rules": lambda: flow.apply_rules(connection, tried),
    "problems": lambda: flow.problems(connection, tried),
    "tables": lambda: flow.write_tables(connection, book, folder),
    "rejected": lambda: flow.write_rejected(connection, folder / "rejected.csv"),
}.items():
    started = time.perf_counter(), time.process_time()
    work()
    taken[name] = time.perf_counter() - started[0], time.process_time() - started[1]
connection.close()
taken["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(taken), file=sys.stderr)  # DuckDB may print its progress
"""


def write_export(source: Path, target: Path, rows: int) -> None:
    """Write the rows of an export again and again, each time with other tickets and callers."""
    names = {field.name: f'"{field.header}"' for field in codebook() if field.header}
    ticket, caller = names["ticket_id"], names["caller_number"]
    changed = f"{ticket} || '-' || copy AS {ticket}, {caller} || lpad(copy::VARCHAR, 3, '0') AS {caller}"
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as connection:
        connection.execute(
            f"CREATE TABLE export AS FROM read_csv('{source}', all_varchar=true, header=true, quote='', escape='')"
        )
        (once,) = connection.execute("SELECT count(*) FROM export").fetchone()
        connection.execute(
            f"COPY (SELECT * EXCLUDE (copy) REPLACE ({changed}) FROM export, range({-(-rows // once)}) t(copy) "
            f"LIMIT {rows}) TO '{target}' (FORMAT csv, HEADER)"
        )


def clean(tree: Path, export: Path) -> dict:
    """Clean an export by the library of a checkout, in a process of its own; return the seconds of each piece."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", PIECES, export, folder],
            env={"PYTHONPATH": str(tree / "analysis"), "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
            text=True,
        )
    return json.loads(done.stderr.splitlines()[-1])


def main() -> int:
    """Clean by both checkouts and print the ratios; return the exit code."""
    commit, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4_000_000
    paths.CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.CACHE) as folder:
        export, before = Path(folder) / "export.csv", Path(folder) / "before"
        before.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=paths.ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", before], input=archive, check=True)
        write_export(paths.SIMULATED / "export.csv", export, rows)
        runs = [(clean(before, export), clean(paths.ROOT, export)) for _ in range(2)]
    best = [
        {name: min(each[side][name] for each in runs) for name in runs[0][side]} for side in (0, 1)
    ]  # the quieter of two runs
    totals = []
    for side in best:
        totals.append([sum(taken[kind] for name, taken in side.items() if name != "MiB") for kind in (0, 1)])
    print(f"{rows:,} rows; before: {commit}\n{'':10}{'before':>16}{'now':>16}   seconds by the clock / of processors")
    for name in [name for name in best[0] if name != "MiB"]:
        print(f"{name:10}" + "".join(f"{side[name][0]:8.1f}{side[name][1]:8.1f}" for side in best))
    print(f"{'together':10}" + "".join(f"{clock:8.1f}{processor:8.1f}" for clock, processor in totals))
    ratios = [totals[1][kind] / totals[0][kind] for kind in (0, 1)]
    print(f"{'MiB':10}" + "".join(f"{side['MiB']:16.0f}" for side in best))
    memory = best[1]["MiB"] / best[0]["MiB"]
    print(f"now to before: clock {ratios[0]:.2f}, processors {ratios[1]:.2f}, memory {memory:.2f}")
    return int(ratios[1] > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
