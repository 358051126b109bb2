"""What a run on real records says of an error, and who may read its files.

Errors of the compendium (`HotlineError`) are sentences that quote no record. Of every other error a private run gives
class and place alone: its text may hold a cell of the export.
"""

import contextlib
import errno
import os
import resource
import sys
import traceback

from hotline import paths
from hotline.errors import HotlineError, InputError, NothingToEstimate, where
from hotline.run import current_run

# Classes of errors whose message is a sentence, as a notebook names them; the last is DuckDB's, in a sentence.
SENTENCES = (InputError.__name__, NothingToEstimate.__name__, "EngineError")
HIDDEN = "the text of this error is not shown, since it may quote a record; report its class and place"
REMEDIES = {
    errno.EACCES: "this user may not read or write it; change its owner or its permissions (chown, chmod)",
    errno.EPERM: "this user may not change it; change its owner or its permissions (chown, chmod)",
    errno.ENOSPC: "the disk is full; make room and run this again",
    errno.EDQUOT: "this user's share of the disk is full; make room and run this again",
    errno.EROFS: "the disk can only be read; work in a checkout on another one",
    errno.EISDIR: "this is a folder; expected a file",
    errno.ENOTDIR: "a file stands where a folder is expected; remove or rename it",
    errno.ENOENT: "there is no such file",
}


def close_to_others() -> None:
    """Close to other users what a private run writes, and has written before; no core dumps, which hold its memory."""
    run = current_run()
    if not run.private:
        return
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    for folder, _, files in os.walk(run.tree):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            if not os.path.islink(path):
                with contextlib.suppress(OSError):  # another user's, who may close it
                    os.chmod(path, os.stat(path).st_mode & 0o700)


def refusal(error: OSError) -> str:
    """Return what the operating system has refused, as a sentence: the path, why, and what to do."""
    place = f"{paths.shown(error.filename)}: " if isinstance(error.filename, (str, os.PathLike)) else ""
    return place + REMEDIES.get(error.errno, error.strerror or type(error).__name__)


def report(error: Exception, before: str = "", after: str = "") -> int:
    """Print what has ended a piece of work, and return the exit code.

    Parameters
    ----------
    before, after : what the sentence stands between

    Returns
    -------
    int
        2 where a sentence says it all; 1 for a defect, which is printed with its traceback, or, in a private run, with
        its class and place.
    """
    code = 2
    if isinstance(error, HotlineError):
        sentence = str(error)
    elif isinstance(error, OSError):
        sentence = refusal(error)
    elif current_run().private:
        sentence, code = f"{where(error)}: {HIDDEN}", 1
    else:
        traceback.print_exception(error)
        return 1
    print(f"\n{before}{sentence}{after}\n", file=sys.stderr, flush=True)
    return code
