"""The folders and files of the checkout, which are the same in every run. What depends on the run stands in `run`."""

import glob
from importlib.util import find_spec
from pathlib import Path

from hotline.errors import InputError

# The checkout.
ROOT = Path(__file__).resolve().parents[2]

# What the study starts from.
DATA_RAW = ROOT / "data-raw"

# What is published about this hotline and its neighbours; the simulator's numbers.
PUBLISHED = DATA_RAW / "published.yml"

# Children by city, the denominators of every rate.
POPULATION = DATA_RAW / "population.csv"

# The simulated export and the record of how it was made; written by simulate.ipynb.
SIMULATED = DATA_RAW / "simulated"

# The notebooks, in reading order, and the library beside them.
ANALYSIS = ROOT / "analysis"

# Every parameter of the study.
PARAMS = ROOT / "params.yml"

# The exact versions of every package.
LOCK = ROOT / "requirements.lock"

# What tools keep for the next run; nothing in it is needed.
CACHE = ROOT / ".cache"

# The sources of the manuscript.
PAPER = ROOT / "paper"

# The notebooks beside the sources of the simulated data: one makes the data, one asks what the model can recover.
OF_SIMULATION = ("simulate", "recovery")


def chinese_font() -> Path:
    """Return Noto Sans SC, Latin and Chinese, which the package zhplot carries under the Open Font Licence."""
    return Path(find_spec("zhplot").origin).parent / "fonts" / "NotoSansSC-Regular.ttf"


def notebook(name: str) -> Path:
    """Return the source of a notebook by its name, such as ``03-anova`` or ``simulate``."""
    return (DATA_RAW if name in OF_SIMULATION else ANALYSIS) / f"{name}.ipynb"


def shown(path: str | Path) -> str:
    """Return a path as text, relative to the checkout where it lies inside."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def no_pattern(path: str | Path) -> str:
    """Return a path as DuckDB takes it for one file, whatever characters it has: brackets, stars and question marks.

    DuckDB takes every path that it reads for a pattern, as a shell does, but those that it writes as they are. It has
    no way to write a backslash within a pattern.

    Raises
    ------
    InputError
        For a path with a backslash and one of these characters.

    Examples
    --------
    >>> no_pattern("study [2]/export.csv")
    'study [[]2]/export.csv'
    """
    escaped = glob.escape(str(path))
    if "\\" in escaped and escaped != str(path):
        raise InputError(f"{shown(path)}: a backslash and one of * ? [ in one path; rename the file or its folder")
    return escaped
