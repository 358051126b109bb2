"""Errors whose message is all that a user needs: a sentence or two, without a traceback."""

import difflib
from collections.abc import Iterable

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


def did_you_mean(name: object, names: Iterable[object]) -> str:
    """Return a hint such as ``; did you mean "stage"?``, or nothing where no name is close.

    >>> did_you_mean("stagee", ["stage", "sex"])
    '; did you mean "stage"?'
    """
    close = difflib.get_close_matches(str(name), [str(each) for each in names], n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
