"""The same work from counts and from rows, from forty thousand cases to forty million.

    make bench-scale

Makes simulated analysis tables (`cases.py`) and does a fixed list of work on each of them (`work.py`), from counts
through `tally` (`count_based.py`) and from one row per case (`row_based.py`; where R is installed also `with_r.R`),
each in a process of its own, timed from its start to its end with imports, reading and all. Writes bench/scale.md and
bench/scale.svg, and the table in the README. A quick look that leaves these files alone:

    make bench-scale SCALE="--sizes 40000 400000 --runs 1 --into .cache/look"
"""

import argparse
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

import cases
import with_r
from hotline import paths, text
from hotline.pipe_table import pipe_table
from hotline.report.figures import style

HERE = Path(__file__).parent
ROUTES = {"counts": "count_based.py", "rows": "row_based.py"}
SIZES = (40_000, 400_000, 4_000_000, 40_000_000)
GROWTH = 400_000  # cases of the table on which models of ever more predictors are fitted
MANY = 4_000_000  # cases of the table on which the notebooks' model is fitted, to a million cells
MEMORY = 16 * 1024  # MiB that a route may take
LONG_RUN = 60  # seconds after which a run is repeated three times in place of five, and after thrice as many not at all
README_MARKS = "<!-- made by make bench-scale -->", "<!-- to here -->"

Measured = dict[tuple[int, str, str], dict | None]  # {(cases, piece of work, route): a run's record}


def run(route: str, folder: Path, piece: str) -> dict | None:
    """Do a piece of work in a process of its own.

    Parameters
    ----------
    route
        One of `ROUTES`, or R.
    folder
        The folder with cases.parquet.
    piece
        What to do: study, eight, growth, million or floor.

    Returns
    -------
    dict or None
        What it printed (with memory, the most that it used, in MiB), and seconds, from its start to its end; None
        where it asked for more than `MEMORY`.

    Raises
    ------
    RuntimeError
        Where it failed otherwise.
    """
    limiting = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # the routes may use all cores
    environment = {name: value for name, value in os.environ.items() if name not in limiting}
    environment["PYTHONPATH"] = str(paths.ANALYSIS)
    started = time.perf_counter()
    running = subprocess.Popen(
        with_r.command(folder) if route == "R" else [sys.executable, HERE / ROUTES[route], str(folder), piece],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 2**20,) * 2),
    )
    printed, errors = running.communicate()
    seconds = time.perf_counter() - started
    if running.returncode:
        if "MemoryError" in errors or "cannot allocate" in errors or running.returncode < 0:
            return None
        raise RuntimeError(f"{route} {piece} on {folder}:\n{errors}")
    return json.loads(printed) | {"seconds": seconds}


def repeat(route: str, folder: Path, piece: str, runs: int) -> dict | None:
    """Run a piece of work several times; return the run of median length, with the number of `runs`, or None."""
    records = [run(route, folder, piece)]
    if records[0] is None:
        return None
    first = records[0]["seconds"]
    wanted = runs if first < LONG_RUN else min(runs, 3) if first < 3 * LONG_RUN else 1
    records += [run(route, folder, piece) for _ in range(wanted - 1)]
    median = statistics.median_low(record["seconds"] for record in records)
    return next(record for record in records if record["seconds"] == median) | {"runs": len(records)}


def measure(cleaned: Path, folder: Path, sizes: Sequence[int] = SIZES, runs: int = 5) -> Measured:
    """Do all pieces of work on tables of several sizes.

    Parameters
    ----------
    cleaned
        The table cases.parquet of 01-clean to draw cases from.
    folder
        Where the tables may lie, some 700 MB for the largest.

    Returns
    -------
    dict
        {(cases, piece of work, route): a run's record, or None where it does not fit into memory}.
    """
    measured = {}
    for size in sizes:
        table_folder = folder / str(size) / "data-derived" / "01-clean"
        if not (table_folder / "cases.parquet").exists():
            print(f"making {size:,} cases", flush=True)
            cases.write(cleaned, table_folder, size)
        to_run = [(piece, route) for piece in ("study", "eight") for route in ROUTES] + [("floor", "counts")]
        to_run += [("study", "R")] if with_r.versions() else []
        to_run += [(piece, "counts") for piece, at in (("growth", GROWTH), ("million", MANY)) if size == at]
        for piece, route in to_run:
            smaller = measured.get((size // 10, piece, route), {"memory": 0})
            fits = smaller is not None and (route == "counts" or smaller["memory"] * 8 < MEMORY)
            if fits and route == "R":
                with_r.write_tables(table_folder)
            record = repeat(route, table_folder, piece, 1 if piece in ("growth", "million") else runs) if fits else None
            measured[size, piece, route] = record
            shown = f"{record['seconds']:8.1f} s {record['memory']:8.0f} MiB" if record else "does not fit into memory"
            print(f"{size:>12,} {piece:<7} {route:<7} {shown}", flush=True)
    return measured


def machine() -> str:
    """Return the machine and the versions in a sentence."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas", "statsmodels", "scikit-learn"))
    return (
        f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )


def comparison_table(measured: Measured, piece: str) -> str:
    """Return the pipe table of one list of work: both routes at each size, and how they compare."""
    headings = ["Cases", "Cells of the model"]
    headings += [
        f"{column}{quantity}" for quantity in ("time", "memory") for column in ("Counts: ", "Rows: ", "Ratio of ")
    ]
    lines = []
    for size in sorted({key[0] for key in measured}):
        counts, rows = measured[size, piece, "counts"], measured[size, piece, "rows"]
        (cells,) = counts["cells"].values()
        seconds = [f"{counts['seconds']:.1f} s", "–", "–"]
        memory = [f"{counts['memory']:,.0f} MiB", "–", "–"]
        if rows:
            seconds[1:] = f"{rows['seconds']:.1f} s", f"{rows['seconds'] / counts['seconds']:.1f}"
            memory[1:] = f"{rows['memory']:,.0f} MiB", f"{rows['memory'] / counts['memory']:.1f}"
        lines.append([text.count(size), text.count(cells), *seconds, *memory])
    return pipe_table(headings, lines)


def time_table(measured: Measured) -> str:
    """Return the pipe table of where the time goes from counts, with the scans next to the floor."""
    runs = (run for (_, piece, route), run in measured.items() if (piece, route) == ("study", "counts"))
    names = [*next(runs)["taken"]]
    headings = ["imports, start", *names, "of it scans", "floor", "scans : floor"]
    lines = []
    for size in sorted({key[0] for key in measured}):
        counts, floor = measured[size, "study", "counts"], measured[size, "floor", "counts"]["taken"]["floor"]
        start = counts["seconds"] - sum(counts["taken"].values())
        seconds = [start, *counts["taken"].values(), counts["scans"], floor]
        lines.append([text.count(size), *(f"{each:.2f}" for each in seconds), f"{counts['scans'] / floor:.1f}"])
    return pipe_table(["Cases", *(heading[0].upper() + heading[1:] for heading in headings)], lines)


def growth_table(measured: Measured) -> str:
    """Return the pipe table of models of ever more predictors; empty where none was fitted."""
    run = measured.get((GROWTH, "growth", "counts"))
    if not run:
        return ""
    lines = []
    for n, cells in run["cells"].items():
        tally, codes = (f"{run['taken'][f'{kind} {n}']:.2f} s" for kind in ("tally", "codes"))
        matrix = run["taken"].get(f"matrix {n}")
        by_matrix = f"{matrix:.2f} s" if matrix else "–"
        lines.append([n, text.count(cells), text.number(GROWTH / cells, 1), tally, codes, by_matrix])
    return pipe_table(["Predictors", "Cells", "Cases per cell", "Tally", "Fit from codes", "Fit by statsmodels"], lines)


def million_table(measured: Measured) -> str:
    """Return the pipe table of the notebooks' model on a million cells; empty where it was not fitted."""
    run = measured.get((MANY, "million", "counts"))
    if not run:
        return ""
    parts = {"profile limits of all terms": ("terms", "a term"), "each variable left out": ("variables", "a variable")}
    lines = []
    for name, seconds in run["taken"].items():
        number, unit = parts.get(name, (None, ""))
        each = f"{seconds / run['cells'][number]:.2f} s {unit}" if number else ""
        lines.append([name[0].upper() + name[1:], f"{seconds:.1f} s", each, f"{run['peaks'][name]:,.0f} MiB"])
    return pipe_table(["Work", "Time", "Of it", "Memory"], lines)


def million_sentence(measured: Measured) -> str:
    """Return what the table of the notebooks' model is of; empty where it was not fitted."""
    run = measured.get((MANY, "million", "counts"))
    if not run:
        return ""
    numbers = {name: text.count(number) for name, number in run["cells"].items()}
    return (
        f"The predictors of `06-logistic` and the year ({numbers['variables']} variables, {numbers['terms']} terms), "
        f"not recorded being a category: {numbers['cells']} cells of {text.count(MANY)} cases. Memory is the most that "
        "the whole process held during the work."
    )


def repetitions(measured: Measured) -> str:
    """Return a sentence on how often each run was repeated."""
    fewer = [
        f"{route} on {text.count(size)} cases ({piece}): {run['runs']}"
        for (size, piece, route), run in measured.items()
        if run and run["runs"] < 5 and piece in ("study", "eight")
    ]
    most = Counter(run["runs"] for run in measured.values() if run).most_common(1)[0][0]
    return f"Runs, of which the median is shown: {most}" + (
        f", but {'; '.join(fewer)}." if fewer and most == 5 else "."
    )


def page(measured: Measured) -> str:
    """Return the page of all tables."""
    return "\n\n".join(
        filter(
            None,
            [
                "# Counts and rows, from forty thousand cases to forty million",
                f"Made by `make bench-scale` on: {machine()}.",
                f"{repetitions(measured)} A process is timed from its start to its end, imports included; memory is "
                f"the most that it used. A dash: more than {MEMORY // 1024} GiB, measured or extrapolated from a "
                "tenth of the cases. Cases are simulated.",
                "## The list of work",
                "Table 1 (21 categories and six numbers by level), three analyses of variance, ten chi-square tests, a "
                "logistic model of six categorical predictors, and its AUC with DeLong's interval. Both routes give "
                "the same numbers to ten digits (tested).",
                comparison_table(measured, "study"),
                "## The list of work in R",
                with_r.section(measured),
                "## A logistic model of eight predictors",
                comparison_table(measured, "eight"),
                "## Where the time goes, from counts (seconds)",
                "*Floor*: DuckDB reads the same columns once and adds them up, less than which nothing that looks at "
                "all cases can take.",
                time_table(measured),
                "## A fit's time grows with the cells",
                f"Models of ever more predictors on {text.count(GROWTH)} cases, up to nearly one cell per case."
                if (GROWTH, "growth", "counts") in measured
                else "",
                growth_table(measured),
                "## A million cells" if million_table(measured) else "",
                million_sentence(measured),
                million_table(measured),
                "![Time and memory over the number of cases, and a fit's time over the number of cells](scale.svg)",
            ],
        )
    )


def figure(measured: Measured) -> Figure:
    """Draw time and memory over cases, and a fit's time over cells, all axes logarithmic."""
    style.use()
    chart, axes = plt.subplots(1, 3, figsize=(style.WIDTH * 1.5, 3.0))
    colours = {"counts": style.ACCENT, "rows": style.LEVELS["high_risk"]}
    for axis, key, unit in ((axes[0], "seconds", "Seconds"), (axes[1], "memory", "Memory (MiB)")):
        for route, colour in colours.items():
            points = [
                (s, run[key]) for (s, piece, r), run in measured.items() if run and (piece, r) == ("study", route)
            ]
            axis.plot(*zip(*points, strict=True), "o-", ms=4, color=colour, label=f"by {route}")
        if key == "seconds":
            floor = [(s, run["taken"]["floor"]) for (s, piece, _), run in measured.items() if piece == "floor"]
            axis.plot(*zip(*floor, strict=True), "o:", ms=3, color=style.MUTED, label="reading alone")
        axis.set(xscale="log", yscale="log", xlabel="Cases", ylabel=unit)
    growth = measured.get((GROWTH, "growth", "counts"))
    for kind, label in (("codes", "from codes"), ("matrix", "statsmodels")) if growth else ():
        points = [(cells, growth["taken"].get(f"{kind} {n}")) for n, cells in growth["cells"].items()]
        points = [point for point in points if point[1]]
        colour = colours["counts"] if kind == "codes" else style.MUTED
        axes[2].plot(*zip(*points, strict=True), "o-", ms=4, color=colour, label=label)
    axes[2].set(xscale="log", yscale="log", xlabel="Cells of the model", ylabel="Seconds of the fit")
    axes[1].set_ylim(bottom=100)
    for axis in axes:
        axis.yaxis.set_minor_formatter("")
        if axis.lines:
            axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, columnspacing=1, handlelength=1.2)
    return chart


def write_into_readme(measured: Measured) -> None:
    """Put the tables of the list of work and of a million cells, and the machine, between the marks in the README."""
    readme = paths.ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(README_MARKS[0])
    parts = [comparison_table(measured, "study"), million_sentence(measured), million_table(measured)]
    table = "\n\n".join(filter(None, [*parts, f"Measured on: {machine()}."]))
    readme.write_text(
        f"{before}{README_MARKS[0]}\n\n{table}\n\n{README_MARKS[1]}{rest.split(README_MARKS[1])[1]}", encoding="utf-8"
    )


def main() -> None:
    """Measure, and write the page, the figure and the table of the README."""
    parser = argparse.ArgumentParser(description="Time the work from counts and from rows.")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of cases")
    parser.add_argument("--runs", type=int, default=5, help="runs of each, of which the median counts")
    parser.add_argument("--into", type=Path, help="write there instead of bench/ and the README")
    options = parser.parse_args()
    cleaned = paths.ROOT / "data-derived/01-clean/cases.parquet"
    if not cleaned.exists():
        sys.exit(f"{paths.shown(cleaned)} is not there yet; run: make 01-clean")
    print(machine(), flush=True)
    measured = measure(cleaned, paths.ROOT / ".cache/bench", options.sizes, options.runs)
    target = options.into or HERE
    target.mkdir(parents=True, exist_ok=True)
    (target / "scale.md").write_text(page(measured) + "\n", encoding="utf-8")
    figure(measured).savefig(target / "scale.svg", metadata={"Date": None}, bbox_inches="tight")
    if not options.into:
        write_into_readme(measured)
    print(f"\n{page(measured)}")


if __name__ == "__main__":
    main()
