"""Times from a fresh clone to the paper, and of what is made again when little or nothing has changed.

    make bench

Clones the last commit into a temporary folder, so what is not committed is not timed. Prints seconds of this
machine in this run, and their ratio to the whole study, which is what carries over to another machine.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LATE = "analysis/08-time-and-place.ipynb"


def timed(what, folder, *command):
    """Run a command in a folder; return (what, seconds, its last lines), or stop with what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "HOTLINE_"))}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{what}: {' '.join(command)} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    steps = sum(line[24:33].strip().endswith("s") for line in done.stdout.splitlines())
    print(f"  {what:<44} {seconds:7.1f} s   {steps:2d} steps ran", flush=True)
    return seconds


def main():
    """Print the times and the ratios."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as temporary:
        clone = Path(temporary) / "clone"
        timed("git clone", temporary, "git", "clone", "--quiet", str(ROOT), str(clone))
        setup = timed("set-up (warm package cache)", clone, "make", "setup")
        first = timed("make paper, from clean to paper", clone, "make", "paper")
        again = timed("make paper again, nothing changed", clone, "make", "paper")
        notebook = clone / LATE
        content = notebook.read_text(encoding="utf-8")
        notebook.write_text(content.replace("import numpy as np", "import numpy as np  # edited", 1), encoding="utf-8")
        edited = timed(f"make paper after an edit of {Path(LATE).stem}", clone, "make", "paper")
    print("\nas a multiple of make paper, from clean to paper")
    for what, seconds in {
        "set-up": setup,
        "again, nothing changed": again,
        "after an edit of one notebook": edited,
    }.items():
        print(f"  {what:<44} {seconds / first:7.3f}")


if __name__ == "__main__":
    main()
