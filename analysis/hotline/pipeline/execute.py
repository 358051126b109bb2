"""Execute one notebook with papermill: quietly, with progress, and with errors that say where."""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty
from typing import Any

# jsonschema, which papermill checks notebooks with, would build a grammar of web addresses while it is imported:
# a second and a half, and no notebook needs it. It does without where the package can't be imported.
sys.modules["rfc3987_syntax"] = None  # until the end of these imports

import nbformat
import papermill
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import LocalProvisioner
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from hotline import paths
from hotline.pipeline import output_folder, redaction
from hotline.pipeline.kernel import ForkedKernel
from hotline.pipeline.private import SENTENCES
from hotline.run import child_environment

del sys.modules["rfc3987_syntax"]

# The kernel's own chatter about its network transport would drown the one line per step. A socket that closes while
# the kernel says goodbye is reported by tornado, past the kernel's own level.
QUIET = [
    "--IPKernelApp.log_level=50",
    "--IPKernelApp.exec_lines=__import__('logging').getLogger('tornado').setLevel(60)",
]
BANNERS = {"papermill-error-cell-tag"}
INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds


DIED_EARLY = "Kernel died before replying"  # what jupyter_client says of one that dies while it starts
LONGEST_FOLDER = 70  # characters; a socket's path has at most 103 (macOS) or 107


def folder_of_sockets() -> Path:
    """Make a folder for a kernel's sockets: in /tmp where the path of the usual one is too long for a socket."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="kernel-", dir=usual if len(os.fsencode(usual)) <= LONGEST_FOLDER else "/tmp"))


class CellError(Exception):
    """A cell of a notebook failed; the message names the cell and the error."""


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel that has been forked already (`forked`), in place of a new process."""

    forked = None

    async def launch_kernel(self, cmd, **_):
        """Let the kernel begin with the arguments of this command."""
        self.process = self.forked
        self.process.start(cmd[cmd.index("-f") :])
        self.pid = self.pgid = self.process.pid
        return self.connection_info


class PromptClient(AsyncKernelClient):
    """Jupyter's own client of a kernel, which is ready as soon as the kernel is."""

    async def wait_for_ready(self, timeout: float) -> None:
        """Wait until the kernel answers and is heard; not, as usual, until it has said nothing for a fifth of a second.

        What it still says of this question concerns no cell, and is passed over.
        """
        latest = time.monotonic() + timeout
        while time.monotonic() < latest:
            self.kernel_info()
            try:
                self._handle_kernel_info_reply(await self.shell_channel.get_msg(timeout=1))
                await self.iopub_channel.get_msg(timeout=0.2)
                return
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError(DIED_EARLY) from None
        raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")


class PromptManager(AsyncKernelManager):
    """Jupyter's own manager of a kernel, which notices its end at once, and not after a tenth of a second."""

    async def _async_finish_shutdown(self, waittime=None, pollinterval=0.01, restart=False):
        """Wait for the end of the kernel, and end it by force where it does not come."""
        await super()._async_finish_shutdown(waittime, pollinterval, restart)


class Client(PapermillNotebookClient):
    """papermill's own client, whose kernel may be forked and is reached through sockets in a folder.

    A port of the network might be taken by another kernel between the choice and the use.
    """

    def __init__(self, nb_man, forked=None, **more):
        super().__init__(nb_man, kernel_manager_class=PromptManager, **more)
        self.forked, self.sockets = forked, folder_of_sockets()

    def create_kernel_manager(self):
        """Return the manager of the kernel."""
        manager = super().create_kernel_manager()
        # No folders to look in: this Python's own kernel, whatever else on the machine is called python3.
        manager.kernel_spec_manager = KernelSpecManager(parent=manager, kernel_dirs=[])
        manager.client_class = f"{__name__}.{PromptClient.__name__}"
        manager.transport, manager.ip = "ipc", str(self.sockets / "socket")
        if self.forked:
            manager.provisioner = ForkedProvisioner(parent=manager, kernel_spec=manager.kernel_spec)
            manager.provisioner.forked = self.forked
        return manager


class StudyEngine(Engine):
    """papermill's own engine, which also prints a step's warnings at once, and a line now and then on a long step."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, step, folder, quiet, environment, forked, real, **_):
        """Execute a notebook; report how far it is whenever `quiet` seconds have passed since the last line."""
        warned = 0
        started = reported = time.monotonic()
        total = len(nb_man.nb.cells)

        def progress(cell, cell_index):
            nonlocal reported
            now = time.monotonic()
            if now - reported > quiet:
                print(f"{step:<24} ... cell {cell_index + 1} of {total} after {now - started:.0f} s", flush=True)
                reported = now

        def print_warnings(cell, cell_index, **_):
            nonlocal warned
            new = output_folder.warnings(folder)[warned:]
            warned += len(new)
            for each in new:
                print(f"{step:<24} WARNING: {each}", flush=True)

        client = Client(
            nb_man,
            forked,
            kernel_name=kernel_name,
            startup_timeout=60,
            extra_arguments=QUIET,
            on_cell_start=progress,
            on_cell_executed=print_warnings,
        )
        # papermill would write the whole notebook at the begin and the end of each cell: with a hundred cells that
        # takes longer than what they compute. It is written when the notebook has ended, well or not.
        nb_man.save, save = lambda **_: None, nb_man.save
        ended = False
        try:
            executed = client.execute(env=environment)
            ended = True
            return executed
        finally:
            nb_man.save = save
            if real:
                redaction.remove_values(nb_man.nb, ended)
            shutil.rmtree(client.sockets, ignore_errors=True)


papermill_engines.register("study", StudyEngine)


def execute(
    step: str,
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    quiet: float,
    environment: Mapping[str, str] | None = None,
    forked: ForkedKernel | None = None,
    real: bool = False,
) -> None:
    """Run a notebook with parameters and write it, with its outputs and without clocks, to `target`.

    A notebook that ends early because it finds nothing to estimate has come to its end: its values.json says so.

    Parameters
    ----------
    step : the name that the lines of progress begin with
    source, target : paths of the notebook and of the executed one
    parameters : {name: value}
    quiet : seconds without a line after which progress is reported
    environment : of the kernel, where it is a new process; None for this process's own
    forked : the ForkedKernel to use in place of a new process
    real : whether it works on real records, so that neither the notebook nor an error may quote them

    Raises
    ------
    CellError
        Naming the cell as it is numbered in the executed notebook. Of an error that is a sentence it gives the message
        alone, of any other its kind, too.
    """
    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=parameters,
            engine_name="study",
            kernel_name="python3",
            cwd=str(source.parent),
            progress_bar=False,
            log_output=False,
            step=step,
            folder=target.parent,
            quiet=quiet,
            environment=environment or child_environment(),
            forked=forked,
            real=real,
        )
    except PapermillExecutionError as error:
        if output_folder.not_estimated(target.parent):
            return
        cell = error.source.strip().splitlines()[0] if error.source.strip() else ""
        raise CellError(
            f"cell [{error.exec_count}] of {paths.shown(source)}\n"
            f"  the cell begins:   {cell}\n"
            f"  {'the input:' if error.ename in SENTENCES else error.ename + ':':<18} {error.evalue}"
        ) from error
    except RuntimeError as error:
        if not (isinstance(error, DeadKernelError) or str(error).startswith(DIED_EARLY)):
            raise
        raise CellError(f"the kernel of {paths.shown(source)} died; the usual reason is too little memory") from error
    finally:
        if target.exists():
            _strip(target)


def _strip(target):
    """Take out of an executed notebook what is papermill's own: clocks, paths, and its banners where a cell failed."""
    notebook = nbformat.read(target, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not BANNERS & set(cell.metadata.get("tags", ()))]
    for cell in notebook.cells:
        if INJECTED in cell.metadata.get("tags", ()):
            cell.id = INJECTED  # in place of one at random
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags",)}
    notebook.metadata = {
        key: value for key, value in notebook.metadata.items() if key in ("kernelspec", "language_info")
    }
    nbformat.write(notebook, target)


def peak_memory() -> int:
    """Return the greatest memory of any process that this one has waited for, in MiB."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(used / (2**20 if sys.platform == "darwin" else 2**10))
