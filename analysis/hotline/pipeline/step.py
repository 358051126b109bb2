"""Run one notebook safely, or say that nothing has changed.

papermill writes its output cell by cell, so a crash leaves a half-written notebook that is newer than its
inputs, and `make` would take it for finished. A step therefore runs in a folder of its own; only when the
notebook has come to its end and its outputs are checked does that folder replace the old one. Whether a
step needs to run is decided by the content of what it depends on, which run.json records.

    python -m hotline.pipeline.step 03-anova

runs one step in a process of its own, where the study (`study`) may not fork.
"""

import json
import os
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline import paths, provenance
from hotline.cleaning import pseudonyms, scratch
from hotline.errors import InputError
from hotline.pipeline import fingerprint, kernel, output_folder, private, schedule
from hotline.run import child_environment, current_run

REMEDY = "More calls may help, or a codebook whose columns and labels are those of the export."
QUIET = 10  # seconds without a line after which a step reports how far it is
# What a notebook leaves when it has come to its end.
LAST_ACTS = ("exhibits.json", "values.json", "tallies.csv")
# The copies of the executed notebook for readers: no results, but they must be there.
READERS_COPIES = ("notebook.ipynb", "notebook.html")


@dataclass(frozen=True)
class Export:
    """A raw export: its path, or paths, as the user wrote them, its hash, and whether it is the simulator's own."""

    path: str
    sha256: str
    simulated: bool

    def check(self) -> None:
        """Raise InputError where the export is no longer what it was when the step began."""
        try:
            same = provenance.export_sha256(self.path) == self.sha256
        except OSError:  # gone, or replaced by a folder
            same = False
        if not same:
            raise InputError(
                f"{self.path}: the export has changed while it was read; nothing is kept of what came out.\n"
                "  Is it still being written or copied? Wait until it is whole, and run make again."
            )


@dataclass(frozen=True)
class Plan:
    """One run of one notebook: everything that is known before it starts."""

    step: str
    notebook: Path
    parameters: dict[str, Any]
    simulated: bool
    inputs: dict[str, Any]
    export: Export | None = None

    @property
    def folder(self) -> Path:
        """The folder that the step owns."""
        return current_run().step_folder(self.step)


def find_export(parameters: dict[str, Any]) -> Export | None:
    """Return the raw export that the parameters name, or None for a step that reads none.

    EXPORT=path comes before params.yml, and takes its place in `parameters`.

    Raises
    ------
    InputError
        Where there is no such file, where a real export would mix with the simulated results, and, until outputs are
        protected, for any real export unless UNPROTECTED=yes says that nothing will be published.
    """
    if "export" not in parameters:
        return None
    shown = parameters["export"] = current_run().export or parameters["export"]
    files = provenance.export_files(shown)
    if not files:
        raise InputError(
            f"{shown}: no export is in this folder; expected files that end in {', '.join(provenance.EXTENSIONS)}"
        )
    for file in files:
        if not file.is_file():
            raise InputError(
                f"{paths.shown(file)}: there is no such export; give the path of a file with one row per call as "
                "EXPORT=path, of a folder of such files, or several paths with colons between, or leave EXPORT out "
                "for the simulated one"
            )
        if sum(file.samefile(each) for each in files if each.is_file()) > 1:
            raise InputError(f"{paths.shown(file)}: this export is named twice; name each file once")
    digest = provenance.export_sha256(shown)
    export = Export(shown, digest, provenance.is_of_simulator(digest))
    if export.simulated:
        return export
    if not current_run().private:
        raise InputError(
            f"{shown} is not the simulator's own, so it counts as real records, and its outputs may not mix "
            f"with the simulated ones; run: make paper EXPORT={shlex.quote(shown)}"
        )
    if not current_run().unprotected:
        raise InputError(
            f"{shown} is not the simulator's own, so it counts as real records.\n"
            "  Disclosure control is not built yet: small cells in the outputs could point to a person.\n"
            "  To go on for your own eyes, add UNPROTECTED=yes; all outputs stay in private/, which git ignores."
        )
    return export


def plan(step: str) -> Plan:
    """Return the Plan of a step, after checking the parameters and the export."""
    name, parameters = schedule.runs()[step]
    export = find_export(parameters)
    if step in paths.OF_SIMULATION:
        simulated = True
    elif export:
        simulated = export.simulated
    else:
        simulated = provenance.step_is_simulated(current_run().clean)
    secret = None if simulated or not export else pseudonyms.key(simulated, paths.ROOT)
    digest = export.sha256 if export else None
    inputs = fingerprint.of_step(paths.notebook(name), parameters, schedule.after(step), digest, secret)
    return Plan(step, paths.notebook(name), parameters, simulated, inputs, export)


def up_to_date(planned: Plan) -> bool:
    """Return whether a step has nothing to do; raises InputError where another process is running it."""
    with output_folder.alone(planned.step):
        return output_folder.up_to_date(planned.folder, planned.inputs, READERS_COPIES)


def up_to_date_line(planned: Plan) -> str:
    """Return the line to print for a step that has nothing to do."""
    warned = [f"WARNING: {each}" for each in output_folder.warnings(planned.folder)]
    return "; ".join(filter(None, [f"{planned.step:<24} up to date", warning(planned.folder), *warned]))


def execute(planned: Plan, running: Path, forked: kernel.ForkedKernel | None) -> int:
    """Run the planned notebook in an empty folder; return the greatest memory used, in MiB.

    Raises InputError, with the place of the failed notebook, where a cell fails or the last act is missing.
    """
    from hotline.pipeline import execute, page  # slow to import, unless the process from which this was forked has it

    environment = child_environment(HOTLINE_OUT=str(running), HOTLINE_SIMULATED="yes" if planned.simulated else "no")
    target, real = running / "notebook.ipynb", not planned.simulated
    try:
        execute.execute(planned.step, planned.notebook, target, planned.parameters, QUIET, environment, forked, real)
        if not all((running / name).exists() for name in LAST_ACTS):
            raise InputError("the notebook ended without writing its values; its last code cell must call out.finish()")
        if planned.export:
            planned.export.check()
        page.write(target)
    except (InputError, execute.CellError) as error:
        kept, folder = output_folder.keep_failed(planned.step, running), planned.folder
        raise InputError(
            f"{planned.step} FAILED: {error}\n"
            f"  as far as it got:  {paths.shown(kept / 'notebook.ipynb')}\n"
            f"  earlier outputs:   {f'untouched in {paths.shown(folder)}' if folder.exists() else 'none'}"
        ) from error
    finally:
        scratch.sweep()  # what a kernel that has died left behind
    return execute.peak_memory()


def warning(folder: Path) -> str:
    """Return what the line of a step without estimates says; nothing for any other."""
    reason = output_folder.not_estimated(folder)
    return f"NOT ESTIMATED: {reason}. {REMEDY}" if reason else ""


def summary(folder: Path) -> str:
    """Return in a few words what a step wrote: ``3 results, 1 table, 2 figures, 14 values``."""
    kinds = {"result": "results/*.csv", "table": "tables/*.md", "figure": "figures/*.svg"}
    counts = {kind: len(list(folder.glob(pattern))) for kind, pattern in kinds.items()}
    counts["value"] = len(json.loads((folder / "values.json").read_text(encoding="utf-8"))["values"])
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts.items() if n)


def run(planned: Plan) -> str:
    """Run a planned step and put its outputs in their place.

    Returns the line to print; raises InputError where the step cannot be run.
    """
    step, started = planned.step, time.time()
    # Forked before a lock is taken, which it would hold as well, and before papermill opens an event loop.
    of_notebook = current_run().of_notebook(output_folder.place_of(step), planned.simulated)
    forked = kernel.ForkedKernel(of_notebook, planned.notebook) if kernel.can_fork() else None
    kernel.preload_runner()  # while the kernel imports what it needs, if it was not forked with it
    with output_folder.alone(step), output_folder.working(step) as running:
        memory = execute(planned, running, forked)
        seconds = output_folder.finish(
            planned.folder,
            running,
            started,
            step=step,
            simulated=planned.simulated,
            inputs=planned.inputs,
            parameters=planned.parameters,
            versions=fingerprint.versions(),
            peak_memory_mib=memory,
        )
    outcome = warning(planned.folder) or summary(planned.folder)
    return f"{step:<24} {seconds:5.1f} s   {outcome} -> {paths.shown(planned.folder)}"


def run_here(planned: Plan) -> int:
    """Run a planned step in this process, which ends with it. Prints the line, or the error; returns the exit code."""
    try:
        print(run(planned), flush=True)
        return 0
    except Exception as error:
        return private.report(error)
    except KeyboardInterrupt:
        print(f"\n{planned.step} interrupted; earlier outputs are untouched\n", file=sys.stderr, flush=True)
        return 130


def main() -> int:
    """Run the step that the command line names; return the exit code."""
    private.close_to_others()
    try:
        planned = plan(sys.argv[1])
    except Exception as error:
        return private.report(error)
    return run_here(planned)


if __name__ == "__main__":
    os._exit(main())  # at once: papermill's unfinished tasks would end in a traceback of their own
