"""Run one notebook safely, or say that nothing has changed.

papermill writes its output cell by cell, so a crash leaves a half-written notebook that is newer than its
inputs, and `make` would take it for finished. A step therefore runs in a folder of its own; only when the
notebook has come to its end and its outputs are checked does that folder replace the old one. Whether a
step needs to run is decided by the content of what it depends on, which run.json records.

    python -m hotline.step 03-anova --after 01-clean
"""

import argparse
import json
import os
import shutil
import sys
import time

from hotline import fingerprint, params, paths, provenance
from hotline.errors import InputError

QUIET = 10  # seconds without a word before a step tells how far it is


def up_to_date(folder, wanted):
    """Return whether a step's folder was made from just these inputs and is still as it was left."""
    record = folder / "run.json"
    if not record.exists():
        return False
    made = json.loads(record.read_text(encoding="utf-8"))
    return made["inputs"] == wanted and made["outputs"] == fingerprint.hash_folder(folder)


def replace(old, new):
    """Put a finished folder in the place of the old one; the old one goes only when the new one stands."""
    aside = old.with_name(f"{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    old.parent.mkdir(parents=True, exist_ok=True)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)


def keep_failed(step, running):
    """Move the remains of a failed step to data-derived/failed/ and return that folder."""
    kept = paths.FAILED / step
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    running.rename(kept)
    return kept


def check_outputs(step, folder):
    """Raise InputError where the notebook ended without its last act, `out.finish()`."""
    for name in ("values.json", "tallies.csv"):
        if not (folder / name).exists():
            raise InputError(f"{step}: the notebook ended without {name}; its last code cell must call out.finish()")


def write_html(notebook):
    """Write the executed notebook as a page for readers, without anything to fetch from outside."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    page, _ = exporter.from_filename(str(notebook))
    notebook.with_suffix(".html").write_text(page, encoding="utf-8")


def summary(folder):
    """Return in a few words what a step wrote: ``3 results, 1 table, 2 figures, 14 values``."""
    counts = {kind: len(list((folder / f"{kind}s").glob(f"*{ending}")))
              for kind, ending in {"result": ".csv", "table": ".md", "figure": ".svg"}.items()}
    counts["value"] = len(json.loads((folder / "values.json").read_text(encoding="utf-8"))["values"])
    return ", ".join(f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts.items() if n)


def export_path(step, parameters):
    """Return the path of the export that a step reads, or None; EXPORT=path comes before params.yml."""
    if "export" not in parameters:
        return None
    export = paths.ROOT / (os.environ.get("EXPORT") or parameters["export"])
    if not export.is_file():
        raise InputError(f"{paths.shown(export)}: there is no such export; give the path of a file with one row "
                         "per call as EXPORT=path, or leave EXPORT out for the simulated one")
    parameters["export"] = os.environ.get("EXPORT") or parameters["export"]
    return export


def run(step, after):
    """Bring one step up to date. Returns the line to print; raises InputError where it cannot."""
    known = params.runs()
    if step not in known:
        raise InputError(f'{paths.shown(paths.PARAMS)}: no run is called "{step}"; there are: {", ".join(known)}')
    name, parameters = known[step]
    export = export_path(step, parameters)
    wanted = fingerprint.of_step(paths.notebook(name), parameters, after, export)
    folder = paths.step(step)
    if up_to_date(folder, wanted):
        return f"{step:<24} up to date"

    simulated = (
        True if step == "simulate"
        else provenance.is_simulated(export) if export
        else provenance.step_is_simulated(paths.CLEAN)
    )
    running = paths.RUNNING / step
    shutil.rmtree(running, ignore_errors=True)
    running.mkdir(parents=True)
    os.environ.update(HOTLINE_OUT=str(running), HOTLINE_SIMULATED="yes" if simulated else "no")
    started = time.time()
    from hotline import execute  # papermill takes a second to import, which a step without work need not wait for

    try:
        execute.execute(step, paths.notebook(name), running / "notebook.ipynb", parameters, QUIET)
        check_outputs(step, running)
    except (InputError, execute.CellError) as error:
        kept = keep_failed(step, running)
        raise InputError(
            f"{step} FAILED: {error}\n"
            f"  as far as it got:  {paths.shown(kept / 'notebook.ipynb')}\n"
            f"  earlier outputs:   {'untouched in ' + paths.shown(folder) if folder.exists() else 'none'}"
        ) from error
    write_html(running / "notebook.ipynb")
    seconds = time.time() - started
    record = {
        "step": step, "simulated": simulated, "inputs": wanted, "parameters": parameters,
        "outputs": fingerprint.hash_folder(running), "versions": fingerprint.versions(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(started)), "seconds": round(seconds, 1),
        "peak_memory_mib": execute.peak_memory(),
    }
    (running / "run.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    replace(folder, running)
    return f"{step:<24} {seconds:5.1f} s   {summary(folder)} -> {paths.shown(folder)}"


def main(arguments=None):
    """Run one step from the command line; exit with 2 and one message where something is wrong."""
    parser = argparse.ArgumentParser(description="Run one notebook of the study, safely.")
    parser.add_argument("step", help="the step's name, such as 03-anova")
    parser.add_argument("--after", nargs="*", default=[], metavar="STEP", help="steps whose results it reads")
    given = parser.parse_args(arguments)
    try:
        print(run(given.step, given.after), flush=True)
    except InputError as error:
        print(f"\n{error}\n", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
