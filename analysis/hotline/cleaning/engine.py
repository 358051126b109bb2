"""The DuckDB in which an export is cleaned: in bounded memory, fetching nothing, leaving nothing on the disk."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from hotline.cleaning import scratch
from hotline.errors import InputError

MEMORY, THREADS = "1GB", 2
FETCH_NOTHING = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
# What an error of the engine means, by its class; its text is never passed on.
MEANINGS = {
    duckdb.OutOfMemoryException: f"the {MEMORY} of memory that cleaning may use did not suffice; close other programs, "
    "make room on the disk that holds .cache/, or split the export",
    duckdb.IOException: "a file could not be read or written to its end; is the disk full, or the export cut off?",
    duckdb.InterruptException: "the work was interrupted",
}
OTHERWISE = (
    "the records could not be worked on. Its own message is not shown, since it may quote a record.\n"
    "  Export the file again, as CSV in UTF-8; if that does not help, report the class and the place of this error"
)


class EngineError(InputError):
    """DuckDB has refused something; the message has the class and the place of the error, and no text of DuckDB.

    Attributes
    ----------
    kind : DuckDB's class of the error
    """

    def __init__(self, message: str, kind: type[Exception]):
        super().__init__(message)
        self.kind = kind


def _place():
    """Return file and line of the code of the compendium that called this module."""
    frame = sys._getframe()
    while frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def asked(ask: Callable, *arguments: object) -> Any:
    """Call a function of DuckDB and return what it returns: the one way to it for whoever sees raw texts.

    Raises
    ------
    EngineError
        In place of DuckDB's own errors, which quote cells, and not chained to them.
    """
    try:
        return ask(*arguments)
    except duckdb.Error as error:
        kind = type(error)
    meaning = next((words for each, words in MEANINGS.items() if issubclass(kind, each)), OTHERWISE)
    raise EngineError(f"DuckDB, {kind.__name__} ({_place()}): {meaning}", kind)


def connect() -> "Connection":
    """Return a DuckDB connection that fetches nothing and stays within a memory limit.

    Half of this memory is enough for four million calls; a quarter is not. What does not fit goes to a folder in the
    checkout's .cache/, never in data-derived/. It is removed with the connection, since it may hold raw records; what a
    killed run left behind goes with the next run.
    """
    folder = scratch.folder()
    settings = FETCH_NOTHING | {"memory_limit": MEMORY, "threads": THREADS, "preserve_insertion_order": "false"}
    return Connection(duckdb.connect(config=settings | {"temp_directory": f"{folder.name}/duckdb"}), folder)


class Connection:
    """A DuckDB connection with the folder for what does not fit into memory; `close` removes both.

    Its methods are those of DuckDB's own connection, with `EngineError` for the errors.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, folder: tempfile.TemporaryDirectory):
        self.database, self.folder = database, folder

    def execute(self, query: str, parameters: Sequence | None = None) -> "Connection":
        """Run a query; its result is fetched from the connection."""
        asked(self.database.execute, query, parameters)
        return self

    def fetchone(self) -> tuple | None:
        """Return the next row of the result."""
        return asked(self.database.fetchone)

    def fetchall(self) -> list[tuple]:
        """Return the rows that are left of the result."""
        return asked(self.database.fetchall)

    def fetchmany(self, number: int) -> list[tuple]:
        """Return at most so many rows of the result."""
        return asked(self.database.fetchmany, number)

    def df(self) -> pd.DataFrame:
        """Return the rows that are left of the result as a frame."""
        return asked(self.database.df)

    def register(self, name: str, frame: pd.DataFrame) -> None:
        """Let queries name a frame as a table."""
        asked(self.database.register, name, frame)

    def close(self) -> None:
        """Close the connection and remove its folder."""
        self.database.close()
        self.folder.cleanup()
