"""The same work from counts and from rows, from forty thousand cases to forty million.

    make bench-scale

Makes simulated analysis tables (`cases.py`) and does a fixed list of work on each of them (`work.py`), from counts
through `tally` (`count_based.py`) and from one row per case (`row_based.py`), each in a process of its own, timed from
its start to its end with imports, reading and all. Writes bench/scale.md and bench/scale.svg, and the table in the
README. A quick look that leaves these files alone:

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
from importlib.metadata import version
from pathlib import Path

import matplotlib.pyplot as plt

import cases
from hotline import paths, text
from hotline.pipe_table import pipe_table
from hotline.report.figures import style

HERE = Path(__file__).parent
ROUTES = {"counts": "count_based.py", "rows": "row_based.py"}
SIZES = (40_000, 400_000, 4_000_000, 40_000_000)
GROWTH = 400_000  # cases of the table on which models of ever more predictors are fitted
MEMORY = 16 * 1024  # MiB that a route may take
PATIENCE = 60  # seconds after which a run is repeated three times in place of five, and after thrice as many not at all
MARKS = "<!-- made by make bench-scale -->", "<!-- to here -->"


def run(route, folder, what):
    """Do a piece of work in a process of its own.

    Returns what it printed (with `memory`, the most that it held, in MiB), and `seconds` from start to end; None where
    it asked for more than MEMORY. Raises RuntimeError where it failed otherwise.
    """
    ours = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # the routes may use all cores
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment["PYTHONPATH"] = str(paths.ANALYSIS)
    started = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, HERE / ROUTES[route], str(folder), what],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 2**20,) * 2),
    )
    printed, said = running.communicate()
    seconds = time.perf_counter() - started
    if running.returncode:
        if "MemoryError" in said or running.returncode < 0:
            return None
        raise RuntimeError(f"{route} {what} on {folder}:\n{said}")
    return json.loads(printed) | {"seconds": seconds}


def repeat(route, folder, what, runs):
    """Run a piece of work several times; returns the run of median length, with the number of `runs`, or None."""
    done = [run(route, folder, what)]
    if done[0] is None:
        return None
    first = done[0]["seconds"]
    wanted = runs if first < PATIENCE else min(runs, 3) if first < 3 * PATIENCE else 1
    done += [run(route, folder, what) for _ in range(wanted - 1)]
    middle = statistics.median_low(each["seconds"] for each in done)
    return next(each for each in done if each["seconds"] == middle) | {"runs": len(done)}


def measure(cleaned, folder, sizes=SIZES, runs=5):
    """Return {(cases, work, route): a run's record, or None where it does not fit into memory}.

    cleaned : the table of 01-clean to draw cases from;  folder : where the tables may lie, some 700 MB for the largest
    """
    measured = {}
    for size in sizes:
        place = folder / str(size) / "data-derived" / "01-clean"
        if not (place / "cases.parquet").exists():
            print(f"making {size:,} cases", flush=True)
            cases.write(cleaned, place, size)
        asked = [(what, route) for what in ("study", "eight") for route in ROUTES] + [("floor", "counts")]
        for what, route in [*asked, *([("growth", "counts")] if size == GROWTH else [])]:
            before = measured.get((size // 10, what, route), {"memory": 0})
            fits = before is not None and (route == "counts" or before["memory"] * 8 < MEMORY)
            done = repeat(route, place, what, 1 if what == "growth" else runs) if fits else None
            measured[size, what, route] = done
            shown = f"{done['seconds']:8.1f} s {done['memory']:8.0f} MiB" if done else "does not fit into memory"
            print(f"{size:>12,} {what:<7} {route:<7} {shown}", flush=True)
    return measured


def machine():
    """Return the machine and the versions in a sentence."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas", "statsmodels", "scikit-learn"))
    return (
        f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )


def compared(measured, what):
    """Return the pipe table of one list of work: both routes at each size, and how they compare."""
    both = [f"{route}: {quantity}" for quantity in ("time", "memory") for route in ("Counts", "Rows", "Ratio")]
    both = [name.replace("Ratio: ", "Ratio of ") for name in both]
    lines = []
    for size in sorted({key[0] for key in measured}):
        counts, rows = measured[size, what, "counts"], measured[size, what, "rows"]
        (cells,) = counts["cells"].values()
        seconds = [f"{counts['seconds']:.1f} s", "–", "–"]
        memory = [f"{counts['memory']:,.0f} MiB", "–", "–"]
        if rows:
            seconds[1:] = f"{rows['seconds']:.1f} s", f"{rows['seconds'] / counts['seconds']:.1f}"
            memory[1:] = f"{rows['memory']:,.0f} MiB", f"{rows['memory'] / counts['memory']:.1f}"
        lines.append([text.count(size), text.count(cells), *seconds, *memory])
    return pipe_table(["Cases", "Cells of the model", *both], lines)


def pieces(measured):
    """Return the pipe table of where the time goes from counts, with the scans next to the floor."""
    names = list(
        next(run["taken"] for (_, what, route), run in measured.items() if (what, route) == ("study", "counts"))
    )
    heads = ["imports, start", *names, "of it scans", "floor", "scans : floor"]
    lines = []
    for size in sorted({key[0] for key in measured}):
        counts, floor = measured[size, "study", "counts"], measured[size, "floor", "counts"]["taken"]["floor"]
        taken = [counts["seconds"] - sum(counts["taken"].values()), *counts["taken"].values(), counts["scans"], floor]
        lines.append([text.count(size), *(f"{each:.2f}" for each in taken), f"{counts['scans'] / floor:.1f}"])
    return pipe_table(["Cases", *(head[0].upper() + head[1:] for head in heads)], lines)


def growing(measured):
    """Return the pipe table of models of ever more predictors."""
    run = measured.get((GROWTH, "growth", "counts"))
    if not run:
        return ""
    heads = "Predictors", "Cells", "Cases per cell", "Tally", "Fit from codes", "Fit by statsmodels"
    lines = []
    for n, cells in run["cells"].items():
        matrix = run["taken"].get(f"matrix {n}")
        seconds = [f"{run['taken'][f'{kind} {n}']:.2f} s" for kind in ("tally", "codes")]
        by = f"{matrix:.2f} s" if matrix else "–"
        lines.append([n, text.count(cells), text.number(GROWTH / cells, 1), *seconds, by])
    return pipe_table(heads, lines)


def repeated(measured):
    """Return a sentence on how often each run was repeated."""
    fewer = [
        f"{route} on {text.count(size)} cases ({what}): {run['runs']}"
        for (size, what, route), run in measured.items()
        if run and run["runs"] < 5 and what in ("study", "eight")
    ]
    most = Counter(run["runs"] for run in measured.values() if run).most_common(1)[0][0]
    return f"Runs, of which the median is shown: {most}" + (
        f", but {'; '.join(fewer)}." if fewer and most == 5 else "."
    )


def page(measured):
    """Return the page of all tables."""
    return "\n\n".join(
        filter(
            None,
            [
                "# Counts and rows, from forty thousand cases to forty million",
                f"Made by `make bench-scale` on: {machine()}.",
                f"{repeated(measured)} A process is timed from its start to its end, imports included; memory is the "
                f"most that it held. A dash: more than {MEMORY // 1024} GiB, measured or extrapolated from a tenth of "
                "the cases. Cases are simulated.",
                "## The list of work",
                "Table 1 (21 categories and six numbers by level), three analyses of variance, ten chi-square tests, a "
                "logistic model of six categorical predictors, and its AUC with DeLong's interval. Both routes give "
                "the same numbers to ten digits (tested).",
                compared(measured, "study"),
                "## A logistic model of eight predictors",
                compared(measured, "eight"),
                "## Where the time goes, from counts (seconds)",
                "*Floor*: DuckDB reads the same columns once and adds them up, less than which nothing that looks at "
                "all cases can take.",
                pieces(measured),
                "## A fit's time grows with the cells",
                f"Models of ever more predictors on {text.count(GROWTH)} cases, up to nearly one cell per case."
                if (GROWTH, "growth", "counts") in measured
                else "",
                growing(measured),
                "![Time and memory over the number of cases, and a fit's time over the number of cells](scale.svg)",
            ],
        )
    )


def figure(measured):
    """Draw time and memory over cases, and a fit's time over cells, all axes logarithmic."""
    style.use()
    chart, axes = plt.subplots(1, 3, figsize=(style.WIDTH * 1.5, 3.0))
    colours = {"counts": style.ACCENT, "rows": style.LEVELS["high_risk"]}
    for axis, key, unit in ((axes[0], "seconds", "Seconds"), (axes[1], "memory", "Memory (MiB)")):
        for route, colour in colours.items():
            points = [(s, run[key]) for (s, what, r), run in measured.items() if run and (what, r) == ("study", route)]
            axis.plot(*zip(*points, strict=True), "o-", ms=4, color=colour, label=f"by {route}")
        if key == "seconds":
            floor = [(s, run["taken"]["floor"]) for (s, what, _), run in measured.items() if what == "floor"]
            axis.plot(*zip(*floor, strict=True), "o:", ms=3, color=style.MUTED, label="reading alone")
        axis.set(xscale="log", yscale="log", xlabel="Cases", ylabel=unit)
    grown = measured.get((GROWTH, "growth", "counts"))
    for kind, label in (("codes", "from codes"), ("matrix", "statsmodels")) if grown else ():
        points = [(cells, grown["taken"].get(f"{kind} {n}")) for n, cells in grown["cells"].items()]
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


def into_readme(measured):
    """Put the table of the list of work, and the machine, between the marks in the README."""
    readme = paths.ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(MARKS[0])
    table = f"{compared(measured, 'study')}\n\nMeasured on: {machine()}."
    readme.write_text(f"{before}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")


def main():
    """Measure and write."""
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
        into_readme(measured)
    print(f"\n{page(measured)}")


if __name__ == "__main__":
    main()
