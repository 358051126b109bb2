"""Folders for what does not fit into memory while an export is cleaned: in .cache/, and gone with their process."""

import os
import shutil
import tempfile

from hotline import paths


def _is_running(process):
    """Return whether there is a process of that number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def sweep() -> None:
    """Remove the folders of processes that have been killed."""
    for left in paths.CACHE.glob("cleaning-*-*"):
        if not _is_running(int(left.name.split("-")[1])):
            shutil.rmtree(left, ignore_errors=True)


def folder() -> tempfile.TemporaryDirectory:
    """Return a new folder of this process, which its owner alone may open."""
    paths.CACHE.mkdir(exist_ok=True)
    sweep()
    return tempfile.TemporaryDirectory(dir=paths.CACHE, prefix=f"cleaning-{os.getpid()}-")
