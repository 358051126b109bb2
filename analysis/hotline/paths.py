"""Every folder and file of the compendium, in one place.

Two trees have the same shape. Results from simulated data live in the checkout itself; results from a
real export live under `private/`, which git ignores. HOTLINE_TREE says which; the Makefile sets it.
"""

import os
from pathlib import Path

# The checkout.
ROOT = Path(__file__).resolve().parents[2]

# Where outputs go: the checkout, or private/ when the export is a real one.
TREE = (ROOT / os.environ.get("HOTLINE_TREE", ".")).resolve()

# What the study starts from.
DATA_RAW = ROOT / "data-raw"

# The description of the export; CODEBOOK=path names another hotline's.
CODEBOOK = (ROOT / (os.environ.get("CODEBOOK") or "data-raw/codebook.yaml")).resolve()

# What is published about this hotline and its neighbours; the simulator's numbers.
PUBLISHED = DATA_RAW / "published.yml"

# Children by city, the denominators of every rate.
POPULATION = DATA_RAW / "population.csv"

# The simulated export and the record of how it was made; written by simulate.ipynb.
SIMULATED = DATA_RAW / "simulated"

# The notebooks, in reading order, and the library beside them.
ANALYSIS = ROOT / "analysis"

# Every knob of the study.
PARAMS = ROOT / "params.yml"

# The exact versions of every package.
LOCK = ROOT / "requirements.lock"

# The sources of the manuscript.
PAPER = ROOT / "paper"

# One folder per step.
DERIVED = TREE / "data-derived"

# The cleaned records: calls.parquet and cases.parquet. Only `tally` opens them.
CLEAN = DERIVED / "01-clean"

# Where a step works until it is finished, and where the remains of a failed one are kept.
RUNNING = DERIVED / "running"
FAILED = DERIVED / "failed"

# What `make score` writes: a risk for each row of an export.
SCORES = DERIVED / "scores"

# Where a notebook that somebody runs by hand writes, so that the pipeline's folders stay untouched.
SCRATCH = DERIVED / "scratch"


# The notebooks beside the sources of the simulated data: one makes the data, one asks what the model can recover.
OF_SIMULATION = ("simulate", "recovery")


def notebook(name):
    """Return the source of a notebook by its name, such as ``03-anova`` or ``simulate``."""
    return (DATA_RAW if name in OF_SIMULATION else ANALYSIS) / f"{name}.ipynb"


def step(name):
    """Return the folder that a step owns; those of the simulation lie in the checkout, whatever the export."""
    folders = {"simulate": SIMULATED, "recovery": ROOT / "data-derived" / "recovery"}
    return folders.get(name, DERIVED / name)


def shown(path):
    """Return a path as text, relative to the checkout where it lies inside."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
