"""The list of work in R (data.table, glm, pROC), from one row per case, where R is installed.

`with_r.R` does the work. It reads a CSV file of whole numbers, the quickest that data.table has, since R reads no
Parquet by itself; to write that file is not timed.
"""

import csv
import functools
import shutil
import subprocess
from pathlib import Path

import duckdb

import work
from hotline import text
from hotline.codebook import MISSING, codebook
from hotline.pipe_table import pipe_table

SCRIPT = Path(__file__).with_suffix(".R")
VERSIONS = """suppressPackageStartupMessages({library(data.table); library(pROC)})
cat(sprintf("R %s, data.table %s, pROC %s", getRversion(), packageVersion("data.table"), packageVersion("pROC")))"""
PIECES = {
    "level": ["level"],
    "category": work.CATEGORIES,
    "number": work.NUMBERS,
    "anova": work.ANOVAS,
    "chi-square": work.CHI_SQUARES,
    "outcome": [work.OUTCOME],
}


@functools.cache
def versions() -> str:
    """Return the versions of R and its two packages; empty where one of them is not installed."""
    rscript = shutil.which("Rscript")
    asked = rscript and subprocess.run([rscript, "--vanilla", "-e", VERSIONS], capture_output=True, text=True)
    return asked.stdout if asked and asked.returncode == 0 else ""


def command(folder: Path) -> list[str]:
    """Return the command that does the list of work on a folder to which `write_tables` has written."""
    return ["Rscript", "--vanilla", str(SCRIPT), str(folder)]


def write_tables(folder: Path) -> None:
    """Write cases.csv, codes.csv and work.csv next to a folder's cases.parquet, as `with_r.R` reads them."""
    tasks = [(piece, name, "") for piece, names in PIECES.items() for name in names]
    tasks += [("predictor", name, reference) for name, reference in work.SIX.items()]
    names = dict.fromkeys(name for _, name, _ in tasks)
    codes = [
        (name, position, code)
        for name in names
        if codebook()[name].kept_codes
        for position, code in enumerate([*codebook()[name].kept_codes, MISSING])
    ]
    for file, rows in (
        ("work.csv", [("piece", "variable", "reference"), *tasks]),
        ("codes.csv", [("variable", "position", "code"), *codes]),
    ):
        with open(folder / file, "w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows(rows)
    with duckdb.connect() as connection:
        source, target = folder / "cases.parquet", folder / "cases.csv"
        connection.execute(f"COPY (SELECT {', '.join(names)} FROM read_parquet('{source}')) TO '{target}' (HEADER)")


def section(measured: dict) -> str:
    """Return what the page says of R: a table of both routes, or that R was not there.

    measured : as `scale.measure` returns it
    """
    if not versions():
        return "Not measured here: no `Rscript` with the packages data.table and pROC was found."
    headings = ["Cases", "Counts: time", "R: time", "Ratio of time"]
    headings += ["Counts: work", "R: work", "Ratio of work", "R: memory"]
    lines = []
    for size in sorted({key[0] for key in measured}):
        counts, in_r = measured[size, "study", "counts"], measured[size, "study", "R"]
        line = [text.count(size)]
        for ours, theirs in zip(_seconds(counts), _seconds(in_r), strict=True):
            line += [f"{ours:.2f} s", *([f"{theirs:.2f} s", f"{theirs / ours:.1f}"] if theirs else ["–", "–"])]
        lines.append([*line, f"{in_r['memory']:,.0f} MiB" if in_r else "–"])
    return (
        f"{versions()}, in the same run, from the same cases, one row each in a CSV file of whole numbers (R reads no "
        "Parquet by itself; to write this file is not timed). *Work*: reading and all pieces, without the start of "
        f"the process and the packages that it loads.\n\n{pipe_table(headings, lines)}"
    )


def _seconds(run):
    """Return the seconds of a run from its start to its end, and of its work alone; None where it did not fit."""
    return (run["seconds"], sum(run["taken"].values())) if run else (None, None)
