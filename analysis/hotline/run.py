"""The frozen description of a run: which records, which codebook, and where outputs go.

It is built once from the environment, which the Makefile sets. No other module reads the environment, and none
changes it: who needs to know something of the run asks `current_run`, and a kernel gets its own description when it
is started.
"""

import functools
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hotline import paths, provenance

EPOCH = 1721001600  # 15 July 2024, when the original study appeared: the date that the documents bear


@dataclass(frozen=True)
class Run:
    """One run of the study, or of one notebook of it.

    Two trees have the same shape. Results from simulated data lie in the checkout itself; results from a real export
    lie under `private/`, which git ignores. The environment variable that sets an attribute is given in brackets.

    Attributes
    ----------
    tree : where outputs go, the checkout or private/, as the export decides (HOTLINE_TREE comes before it)
    codebook : the description of the export (CODEBOOK)
    export : the raw export that comes before the one of params.yml, as the user wrote it; empty for none (EXPORT)
    profile : the profile of params.yml; empty for the plain values (PROFILE)
    unprotected : the user accepts outputs without disclosure control (UNPROTECTED=yes)
    key, key_file : the key for callers' numbers, or the file that holds it (HOTLINE_KEY, HOTLINE_KEY_FILE)
    model : the risk model to score with; empty for the study's own (MODEL)
    quarto, conda : the Quarto to render with, and the active conda environment (QUARTO, CONDA_PREFIX)
    epoch : the date that the documents bear, in seconds since 1970 (SOURCE_DATE_EPOCH)
    forking : kernels may be forked from a process that has imported the libraries (HOTLINE_FORK=no forbids it)
    out : the folder that the runner gives to a notebook; None for one opened by hand (HOTLINE_OUT)
    stated_simulated : whether the runner says that the records are simulated; None by hand (HOTLINE_SIMULATED)
    """

    tree: Path = paths.ROOT
    codebook: Path = paths.DATA_RAW / "codebook.yaml"
    export: str = ""
    profile: str = ""
    unprotected: bool = False
    key: str = field(default="", repr=False)
    key_file: str = ""
    model: str = ""
    quarto: str = ""
    conda: str = ""
    epoch: int = EPOCH
    forking: bool = True
    out: Path | None = None
    stated_simulated: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Run":
        """Return the run that environment variables describe."""
        get = environment.get
        simulated, export = get("HOTLINE_SIMULATED"), get("EXPORT", "")
        tree = get("HOTLINE_TREE") or (provenance.tree_of(export) if export else ".")
        return cls(
            tree=(paths.ROOT / tree).resolve(),
            codebook=(paths.ROOT / (get("CODEBOOK") or "data-raw/codebook.yaml")).resolve(),
            export=export,
            profile=get("PROFILE", ""),
            unprotected=get("UNPROTECTED") == "yes",
            key=get("HOTLINE_KEY", ""),
            key_file=get("HOTLINE_KEY_FILE", ""),
            model=get("MODEL", ""),
            quarto=get("QUARTO", ""),
            conda=get("CONDA_PREFIX", ""),
            epoch=int(get("SOURCE_DATE_EPOCH") or EPOCH),
            forking=get("HOTLINE_FORK") != "no",
            out=paths.ROOT / get("HOTLINE_OUT", "") if get("HOTLINE_OUT") else None,
            stated_simulated=None if simulated is None else simulated == "yes",
        )

    @property
    def private(self) -> bool:
        """Whether outputs go to private/, as those of a real export do."""
        return self.tree != paths.ROOT

    def hash_key(self, path: Path) -> bytes | None:
        """Return the key for hashes of what is written to a path; None outside a private tree, where they are plain.

        It follows from the key for callers' numbers, and cannot be turned into it. Without one (a notebook opened by
        hand) it is this process's own.
        """
        if not self.private or not path.is_relative_to(self.tree):
            return None
        text = (paths.ROOT / self.key_file).read_bytes() if self.key_file else self.key.encode()
        return hashlib.sha256(b"hashes of outputs" + (text.strip() or _own_key())).digest()

    @property
    def derived(self) -> Path:
        """The folder with one folder per step."""
        return self.tree / "data-derived"

    @property
    def clean(self) -> Path:
        """The folder of the cleaned records. Only `tally` opens them."""
        return self.derived / "01-clean"

    @property
    def running(self) -> Path:
        """Where a step works until it is finished."""
        return self.derived / "running"

    @property
    def failed(self) -> Path:
        """Where the remains of a failed step are kept."""
        return self.derived / "failed"

    @property
    def scores(self) -> Path:
        """What `make score` writes: a risk for each row of an export."""
        return self.derived / "scores"

    @property
    def scratch(self) -> Path:
        """Where a notebook that is run by hand writes, so that the pipeline's folders stay untouched."""
        return self.derived / "scratch"

    @property
    def paper(self) -> Path:
        """The folder with what the render step writes."""
        return self.tree / "paper"

    def step_folder(self, step: str) -> Path:
        """Return the folder that a step owns; those of the simulation lie in the checkout, whatever the export."""
        folders = {"simulate": paths.SIMULATED, "recovery": paths.ROOT / "data-derived" / "recovery"}
        return folders.get(step, self.derived / step)

    def notebook_folder(self, step: str) -> Path:
        """Return the folder to which the notebook of a step writes: the runner's, or one in scratch/ by hand."""
        return self.out or self.scratch / step

    @property
    def simulated(self) -> bool:
        """Whether the records are simulated.

        The runner says so. For a notebook opened by hand, what 01-clean recorded holds; with nothing cleaned yet there
        is nothing but the simulator.
        """
        if self.stated_simulated is not None:
            return self.stated_simulated
        return provenance.step_is_simulated(self.clean) if (self.clean / "run.json").exists() else True

    def of_notebook(self, out: Path, simulated: bool) -> "Run":
        """Return the run as the notebook of one step sees it."""
        return replace(self, out=out, stated_simulated=simulated)


@functools.cache
def _own_key():
    """Return a key at random, the same as long as this process lives."""
    return secrets.token_bytes(32)


_current: Run | None = None


def current_run() -> Run:
    """Return the run that this process belongs to, read from the environment when it is first asked for."""
    global _current
    if _current is None:
        _current = Run.from_environment(os.environ)
    return _current


def become(run: Run) -> None:
    """Let this process belong to another run: for a process that has just been forked."""
    global _current
    _current = run


def child_environment(**changes: str) -> dict[str, str]:
    """Return the environment for a program to start: this process's own, with changes."""
    return os.environ | changes
