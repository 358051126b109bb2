"""The one kind of error that a user can mend: bad input, told in a sentence or two."""

import difflib

NOT_ESTIMATED = "not_estimated"  # how a step's results and values.json name the sentence of a NothingToEstimate


class InputError(Exception):
    """Something the user gave is not as expected; the message says which file, where and what to do.

    The pipeline prints the message alone, without a traceback, and exits with 2; a notebook shows it alone, too.
    """

    def _render_traceback_(self):
        """Return what IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class NothingToEstimate(InputError):
    """The records are as expected, but hold too little for what is asked of them; the message says what is missing.

    No reason to stop the study: a notebook ends here, its `Exhibits` set the sentence in the place of every table and
    figure that it still owed, and the pipeline goes on.
    """


def did_you_mean(name, known):
    """Return a hint such as ``; did you mean "stage"?``, or nothing where no known name is close.

    >>> did_you_mean("stagee", ["stage", "sex"])
    '; did you mean "stage"?'
    """
    close = difflib.get_close_matches(str(name), [str(each) for each in known], n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
