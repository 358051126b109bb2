"""What one notebook keeps between its tallies: a connection, what the files say of themselves, and the log."""

from functools import cached_property

from hotline import paths
from hotline.codebook import Codebook, codebook
from hotline.errors import InputError
from hotline.run import Run, current_run
from hotline.tally import duckdb_engine

WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


def remedy() -> str:
    """Return the command that makes the two tables again."""
    run = current_run()
    real = f" EXPORT={run.export or 'path/to/export'}" if run.private else ""
    other = "" if run.codebook == Run().codebook else f" CODEBOOK={paths.shown(run.codebook)}"
    return f"run: make 01-clean{real}{other}"


class Session:
    """The state behind `tally`, which lives as long as the notebook's kernel.

    Attributes
    ----------
    log : one dict for each tally so far, with the columns of `query.asked`
    """

    def __init__(self):
        self.log = []
        self._facts = {}

    @cached_property
    def connection(self):
        """The one connection, made at the first tally: a process that has counted nothing has no threads of DuckDB."""
        return duckdb_engine.connect()

    @property
    def next_scan(self) -> int:
        """The running number of the next scan of the data."""
        return 1 + max((each["scan"] for each in self.log), default=0)

    def facts(self, table: str) -> duckdb_engine.Facts:
        """Return what a table's file says of itself, checked once against the codebook in use.

        Raises InputError where the file is absent, damaged or not what the codebook describes.
        """
        if table not in self._facts:
            file = _file(table)
            where = paths.shown(file)
            if not file.exists():
                raise InputError(f"{where} is not there yet; {remedy()}")
            try:
                found = duckdb_engine.facts(self.connection, file)
            except duckdb_engine.Unreadable as error:
                raise InputError(f"{where} is damaged and cannot be read as Parquet; {remedy()}") from error
            if fault := _fault(found, codebook()):
                raise InputError(f"{where}{fault}; {remedy()}")
            self._facts[table] = found
        return self._facts[table]

    def count(self, plan: duckdb_engine.Plan) -> dict:
        """Count by a checked plan, as `duckdb_engine.count` does. Raises InputError where the file is damaged."""
        file = _file(plan.table)
        try:
            return duckdb_engine.count(self.connection, file, plan, self.facts(plan.table).rows)
        except duckdb_engine.Unreadable as error:
            raise InputError(f"{paths.shown(file)} is damaged and cannot be read; {remedy()}") from error


def _file(table):
    """Return where 01-clean left a table."""
    return current_run().clean / f"{table}.parquet"


def _fault(facts: duckdb_engine.Facts, book: Codebook) -> str:
    """Return in what a file is not as the codebook describes it, as the rest of a sentence; "" where in nothing."""
    if facts.codebook != book.sha256:
        return " was made with another codebook"
    for name, kind in facts.types.items():
        if name not in book.fields:
            return f' has a column "{name}" that the codebook does not know'
        variable = book[name]
        whole = kind.removeprefix("U") in WHOLE_NUMBERS
        if not (kind == "DATE" if variable.type == "date" else whole):
            return f': "{name}" is stored as {kind}, which is not what the codebook says'
        low, high = facts.ranges.get(name, (0, 0))
        if variable.categorical and not 0 <= low <= high < len(variable.kept_codes):
            return f': "{name}" has positions beyond its {len(variable.kept_codes)} codes in the codebook'
    return ""
