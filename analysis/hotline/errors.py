"""Errors whose message is all that a user needs: a sentence or two, without a traceback."""

import difflib
import traceback
from collections.abc import Iterable
from pathlib import Path

OWN = Path(__file__).resolve().parents[1]  # the compendium's own code
NOT_ESTIMATED = "not_estimated"  # how a step's results and values.json name the sentence of a NothingToEstimate


class HotlineError(Exception):
    """An error whose message says all that a user needs: which file, where, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class InputError(HotlineError):
    """Something the user gave is not as expected; the pipeline prints the message and exits with 2."""


class NothingToEstimate(HotlineError):
    """The records are as expected, but hold too little for what is asked of them; the message says what is missing.

    No reason to stop the study: a notebook ends here, its `Exhibits` put the sentence in the place of every table and
    figure that is still missing, and the pipeline goes on.
    """


def where(error: BaseException) -> str:
    """Return the class of an error and its place in the compendium's own code; its text might quote a record.

    >>> try:
    ...     did_you_mean(1, 2)
    ... except TypeError as error:
    ...     where(error).startswith("TypeError, errors.py, line ")
    True
    """
    own = [each for each in traceback.extract_tb(error.__traceback__) if OWN in Path(each.filename).parents]
    place = f", {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{place}"


def did_you_mean(name: object, names: Iterable[object]) -> str:
    """Return a hint such as ``; did you mean "stage"?``, or nothing where no name is close.

    >>> did_you_mean("stagee", ["stage", "sex"])
    '; did you mean "stage"?'
    """
    close = difflib.get_close_matches(str(name), [str(each) for each in names], n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
