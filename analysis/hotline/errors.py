"""The one kind of error that a user can mend: bad input, told in a sentence or two."""

import difflib


class InputError(Exception):
    """Something the user gave is not as expected; the message says which file, where and what to do.

    The pipeline prints the message alone, without a traceback, and exits with 2.
    """


def did_you_mean(name, known):
    """Return a hint such as ``; did you mean "stage"?``, or nothing where no known name is close.

    >>> did_you_mean("stagee", ["stage", "sex"])
    '; did you mean "stage"?'
    """
    close = difflib.get_close_matches(str(name), [str(each) for each in known], n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
