"""What can't be compared, and why, in words: asked before a test, so that no table holds a NaN."""

import numpy as np

from hotline.errors import NothingToEstimate


def refuse(reasons, what):
    """Raise NothingToEstimate where nothing can be compared: `reasons` is {name: why not, or ""}, and all have one."""
    if all(reasons.values()):
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NothingToEstimate(f"{what} can't be compared: {listed}")


def levels_found(by_level, book):
    """Return ({level: its name in print}, a sentence about the levels that nobody has, or "").

    by_level: a tally by `level`. A level without a single pupil is left out of every comparison, so that the others
    can be compared, and the sentence says so.
    """
    labels = {code: book.label("level", code) for code in book["level"].kept_codes}
    found = {code: label for code, label in labels.items() if by_level.loc[by_level["level"] == code, "n"].sum() > 0}
    absent = [f"*{label}*" for code, label in labels.items() if code not in found]
    others = "the others are" if len(found) > 1 else "nothing is"
    return found, f" Nobody is at the level {', '.join(absent)}; {others} compared." if absent else ""


def levels_to_compare(by_level, book):
    """Return what `levels_found` does; NothingToEstimate where all are at one level, as nothing can be compared."""
    found, absent = levels_found(by_level, book)
    if len(found) < 2:
        raise NothingToEstimate(
            f"all pupils are at one level ({', '.join(found.values())}), so that there is nothing to compare"
        )
    return found, absent


def never_answered(cells):
    """Share of the unanswered calls that came from callers none of whose calls was answered; NaN without any.

    cells: a tally by caller and answered. Calls of an unknown caller are left out.
    """
    known = cells[cells["caller"].notna()]
    spoken_to, lost = (known[known["answered"] == each] for each in ("yes", "no"))
    never = ~lost["caller"].isin(spoken_to["caller"])
    return float(lost.loc[never, "n"].sum() / lost["n"].sum()) if len(lost) else np.nan
