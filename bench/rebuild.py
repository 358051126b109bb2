"""Time the road from a fresh clone to the paper, and what is done again when little or nothing has changed.

    make bench

Takes the last commit and the one before steps started at once (BEFORE), each into a temporary folder with the
environment of its own lock file, so what is not committed is not timed. Prints seconds of this machine in this run, and
the ratios of the two, which are what carries over to another machine.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LATE = "analysis/08-time-and-place.ipynb"
BEFORE = "c09b1a5"  # the last commit in which every step was a process of its own, with a kernel of its own
REPEATS = 5


def run(folder: Path, *command: str) -> tuple[float, str]:
    """Run a command in a folder; return its seconds and what it printed, or stop with that where it fails."""
    ours = ("MAKE", "MFLAGS", "VENV", "PYTHONPATH", "HOTLINE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def clone(commit: str, folder: Path) -> Path:
    """Clone a commit into a folder and make its environment; return the folder."""
    run(ROOT, "git", "clone", "--quiet", str(ROOT), str(folder))
    run(folder, "git", "checkout", "--quiet", commit)
    setup, _ = run(folder, "make", "setup")
    print(f"  {commit:<8} set-up (warm package cache) {setup:20.1f} s", flush=True)
    return folder


def measure(folder: Path) -> dict[str, float]:
    """Return the seconds of `make paper`: from clean, with nothing to do, and after an edit of one late notebook."""
    seconds, printed = run(folder, "make", "paper")
    steps = sum(line[24:33].strip().endswith("s") for line in printed.splitlines())
    times = {"from clean to paper": seconds}
    times["with nothing to do"] = statistics.median(run(folder, "make", "paper")[0] for _ in range(REPEATS))
    notebook = folder / LATE
    content = notebook.read_text(encoding="utf-8")
    notebook.write_text(content.replace("import numpy as np", "import numpy as np  # edited", 1), encoding="utf-8")
    times[f"after an edit of {Path(LATE).stem}"], _ = run(folder, "make", "paper")
    print(f"  {folder.name:<8} {steps} steps ran", flush=True)
    return times


def main() -> None:
    """Print the times, the ratios, and what a check of all steps costs more than three empty Pythons."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as temporary:
        now = measure(clone("HEAD", Path(temporary) / "now"))
        before = measure(clone(BEFORE, Path(temporary) / "before"))
        empty = statistics.median(
            sum(run(Path(temporary), sys.executable, "-c", "pass")[0] for _ in range(3)) for _ in range(REPEATS)
        )
    print(f"\n  {'make paper':<36} {'before':>9} {'now':>9} {'ratio':>7}")
    for what, seconds in now.items():
        print(f"  {what:<36} {before[what]:7.2f} s {seconds:7.2f} s {seconds / before[what]:7.2f}")
    print(f"\n  with nothing to do, more than `python -c pass` thrice: {now['with nothing to do'] - empty:.2f} s")


if __name__ == "__main__":
    main()
