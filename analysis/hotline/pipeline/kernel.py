"""Kernels that start at once: forked from a process that has imported what the notebooks need.

A kernel of its own process spends most of its start importing numpy, pandas, scipy, statsmodels and matplotlib. Here
one parent imports them once, and each kernel is a copy of it. The copies share no state: the parent has run nothing
but imports, holds no data, and has no threads, which a fork would lose (`can_fork` checks that). A forked kernel is an
ordinary IPython kernel with an ordinary connection file; papermill notices no difference.
"""

import ast
import atexit
import contextlib
import gc
import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from hotline.pipeline.notebook_source import code_cells
from hotline.run import Run, become, current_run

INLINE = "module://matplotlib_inline.backend_inline"  # where a kernel's figures go


def _statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements and those within them: an import is one. Expressions would take ten times as long."""
    for node in nodes:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, part, ()))


def imported_names(source: str) -> set[str]:
    """Return the modules that a piece of Python imports, and `module.name` of what it imports from them."""
    names = set()
    for node in _statements(ast.parse(source).body):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
    return names


def preload_runner() -> None:
    """Import what hands a notebook to a kernel and makes a page of it."""
    from hotline.pipeline import execute, page  # noqa: F401 (imported for those who ask for it next)

    page.warm_up()


def preload_kernel(notebooks: Iterable[Path]) -> None:
    """Import what a kernel is made of, and whatever these notebooks import."""
    gc.disable()  # all that an import makes stays, and to look it through takes a tenth of the time

    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from hotline.codebook import codebook

    matplotlib.rcParams["backend"] = INLINE  # which a kernel would ask for before it imports matplotlib
    # At the end of a cell pyplot draws its figures, as if in a window, before they are drawn once more for the page.
    FigureCanvasAgg.draw_idle = lambda canvas: None
    fonts = logging.getLogger("matplotlib.font_manager")
    fonts.setLevel(logging.ERROR)  # no line about the list of fonts that it makes in a fresh checkout
    importlib.import_module(fonts.name)
    fonts.setLevel(logging.NOTSET)
    sys.modules["debugpy"] = None  # a tenth of a second to import, and no kernel of the study is debugged
    for name in ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger"):
        importlib.import_module(name)
    del sys.modules["debugpy"]
    # scipy would read six hundred docstrings while it is imported, to add to each a note on other libraries of arrays.
    with contextlib.suppress(ImportError):
        importlib.import_module("scipy._lib._array_api").xp_capabilities = lambda **_: lambda function: function
    names = set().union(*(imported_names(source) for path in notebooks for source, _ in code_cells(path)))
    for name in sorted(names):
        parent = name.rpartition(".")[0]
        with contextlib.suppress(Exception):  # a fault in it is the notebook's to report
            if parent not in names or find_spec(name):
                importlib.import_module(name)
    # The first codebook that is read takes long, since what checks it is made then. Each notebook reads it for itself.
    with contextlib.suppress(Exception):
        codebook()
    codebook.cache_clear()
    if "pandas" in sys.modules:
        # What pandas takes in a notebook, and would have taken while it was imported there.
        sys.modules["pandas"].options.display.max_columns = 20
    gc.enable()
    gc.collect()
    gc.freeze()  # a collection in a kernel would copy every page that it looks at


def can_fork() -> bool:
    """Return whether kernels may be forked from this process: on Linux, if nothing forbids it and no thread runs."""
    if sys.platform != "linux" or not current_run().forking:
        return False
    return threading.active_count() == len(os.listdir("/proc/self/task")) == 1


class ForkedKernel:
    """A process that waits to become the kernel of a notebook; for jupyter_client it is like a `subprocess.Popen`.

    It is forked before its runner opens a socket or an event loop, and waits for the arguments of a kernel.

    Parameters
    ----------
    run : the run as the notebook is to see it
    notebook : what this notebook imports is imported while the process waits, if it was not before the fork
    """

    stdin = stdout = stderr = None

    def __init__(self, run: Run, notebook: Path):
        self.returncode = None
        read, self._write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._write)
            os.setsid()  # an interruption at the keyboard is for the runner, which passes it on
            preload_kernel([notebook])
            with open(read, encoding="utf-8") as file:
                order = file.read()
            try:
                if order:
                    _become_kernel(run, **json.loads(order))
            finally:
                # As at the end of any program: temporary folders, which may hold raw records, are removed.
                atexit._run_exitfuncs()
                os._exit(0)
        os.close(read)

    def start(self, arguments: list[str]) -> None:
        """Let the kernel begin, with the arguments of its command line, in the folder where this process is."""
        with open(self._write, "w", encoding="utf-8") as file:
            json.dump({"arguments": arguments, "folder": os.getcwd(), "parent": os.getpid()}, file)

    def poll(self) -> int | None:
        """Return the exit code; None while the process runs."""
        return self._ask(os.WNOHANG)

    def wait(self) -> int:
        """Wait for the end of the process; return its exit code."""
        return self._ask(0)

    def _ask(self, options):
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)


def _become_kernel(run, arguments, folder, parent):
    """Turn this process, just forked, into an IPython kernel; returns when the kernel is told to end."""
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    np.random.seed()  # the stream without a seed is as different from one kernel to the next as in fresh processes
    become(run)
    os.chdir(folder)
    sys.path = [each for each in sys.path if each not in ("", str(os.getcwd()))]
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={parent}"])
