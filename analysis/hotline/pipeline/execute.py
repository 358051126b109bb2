"""Execute one notebook with papermill: quietly, with progress, and with errors that say where."""

import resource
import sys
import time

# jsonschema, which papermill checks notebooks with, would build a grammar of web addresses while it is imported:
# a second for every step, and no notebook needs it. It does without where the package can't be imported.
sys.modules["rfc3987_syntax"] = None

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline.step import not_estimated

# The kernel's own chatter about its network transport would drown the one line per step. A socket that closes while
# the kernel says goodbye is told by tornado, past the kernel's own level.
QUIET = [
    "--IPKernelApp.log_level=50",
    "--IPKernelApp.exec_lines=__import__('logging').getLogger('tornado').setLevel(60)",
]
STARTS = 4  # attempts to start a kernel
BANNERS = {"papermill-error-cell-tag"}
NOT_STARTED = "Kernel died before replying to kernel_info"


class CellError(Exception):
    """A cell of a notebook failed; the message names the cell and the error."""


class ProgressEngine(NBClientEngine):
    """papermill's own engine, which also prints a line now and then on a long step."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, step="", quiet=10, environment=None, **_):
        """Tell how far the notebook is whenever `quiet` seconds have passed since the last word."""
        started = spoke = time.monotonic()
        original, total = nb_man.cell_start, len(nb_man.nb.cells)

        def cell_start(cell, cell_index=None, **more):
            nonlocal spoke
            now = time.monotonic()
            if now - spoke > quiet:
                print(f"{step:<24} ... cell {cell_index + 1} of {total} after {now - started:.0f} s", flush=True)
                spoke = now
            return original(cell, cell_index, **more)

        nb_man.cell_start = cell_start
        client = PapermillNotebookClient(nb_man, kernel_name=kernel_name, startup_timeout=60, extra_arguments=QUIET)
        return client.execute(env=environment)


papermill_engines.register("progress", ProgressEngine)


def _papermill(step, source, target, parameters, quiet, environment):
    """Hand a notebook to papermill, with the engine that tells how far it is."""
    papermill.execute_notebook(
        str(source),
        str(target),
        parameters=parameters,
        engine_name="progress",
        kernel_name="python3",
        cwd=str(source.parent),
        progress_bar=False,
        log_output=False,
        step=step,
        quiet=quiet,
        environment=environment,
    )


def execute(step, source, target, parameters, quiet, environment=None):
    """Run a notebook with parameters and write it, with its outputs and without clocks, to `target`.

    A notebook that ends early because it finds nothing to estimate has come to its end: its values.json says so.
    Raises CellError, naming the cell as it is numbered in the executed notebook. An InputError raised in a cell is
    reported by its message alone; any other error with its kind.
    """
    try:
        for attempt in range(STARTS):
            try:
                _papermill(step, source, target, parameters, quiet, environment)
                break
            except RuntimeError as error:
                # Kernels take free ports, and one that starts at the same moment may be quicker: try again.
                if NOT_STARTED not in str(error) or attempt == STARTS - 1:
                    raise
    except PapermillExecutionError as error:
        if not_estimated(target.parent):
            return
        cell = error.source.strip().splitlines()[0] if error.source.strip() else ""
        raise CellError(
            f"cell [{error.exec_count}] of {paths.shown(source)}\n"
            f"  the cell begins:   {cell}\n"
            f"  {'the input:' if error.ename == InputError.__name__ else error.ename + ':':<18} {error.evalue}"
        ) from error
    except DeadKernelError as error:
        raise CellError(f"the kernel of {paths.shown(source)} died, most often for want of memory") from error
    finally:
        if target.exists():
            _strip(target)


def _strip(target):
    """Take out of an executed notebook what is papermill's own: clocks, paths, and its banners where a cell failed."""
    notebook = nbformat.read(target, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not BANNERS & set(cell.metadata.get("tags", ()))]
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags",)}
    notebook.metadata = {
        key: value for key, value in notebook.metadata.items() if key in ("kernelspec", "language_info")
    }
    nbformat.write(notebook, target)


def peak_memory():
    """Return the greatest memory of any process that this one has waited for, in MiB."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(used / (2**20 if sys.platform == "darwin" else 2**10))
