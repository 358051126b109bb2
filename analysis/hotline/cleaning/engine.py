"""The DuckDB in which an export is cleaned: in bounded memory, fetching nothing, leaving nothing on the disk."""

import os
import shutil
import tempfile

import duckdb

from hotline import paths

MEMORY, THREADS = "1GB", 2


def _is_running(process):
    """Return whether there is a process of that number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def connect() -> "Connection":
    """Return a DuckDB connection that fetches nothing and stays within a memory limit.

    Half of this memory is enough for four million calls; a quarter is not. What does not fit goes to a folder in the
    checkout's .cache/, never in data-derived/. It is removed with the connection, since it may hold raw records; what a
    killed run left behind goes with the next run.
    """
    cache = paths.ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    for left in cache.glob("cleaning-*-*"):
        if not _is_running(int(left.name.split("-")[1])):
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.TemporaryDirectory(dir=cache, prefix=f"cleaning-{os.getpid()}-")
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    settings |= {"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": "false"}
    connection = Connection(duckdb.connect(config=settings | {"temp_directory": f"{folder.name}/duckdb"}), folder)
    return connection


class Connection:
    """A DuckDB connection with the folder for what does not fit into memory; `close` removes both."""

    def __init__(self, database, folder):
        self.database, self.folder = database, folder
        self.execute, self.register = database.execute, database.register

    def close(self):
        self.database.close()
        self.folder.cleanup()
