"""The levels and calls that can be compared, and the sentence where nothing can: asked before a test."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from hotline.codebook import Codebook
from hotline.errors import NothingToEstimate

# The numbers of a case that are compared among the levels. How often a caller had called before is none of them: a case
# is the first assessed call of a pupil, before which hardly any call can lie, and the records begin on some day.
NUMBERS = ("age", "call_length", "waiting", "follow_ups", "satisfaction")


class Levels(NamedTuple):
    """The levels that occur.

    labels : {level: its name in print}
    note : a sentence about the levels without a case, to follow another; "" where all occur
    """

    labels: dict[str, str]
    note: str


def numbers(book: Codebook) -> list[str]:
    """Return the numbers compared among the levels: `NUMBERS`, and those with decimals that a codebook adds."""
    return [*NUMBERS, *(name for name in book.select(type="number") if name not in NUMBERS)]


def refuse(reasons: Mapping[str, str], what: str) -> None:
    """Raise NothingToEstimate where nothing can be compared: `reasons` is {name: why not, or ""}, and all have one."""
    if all(reasons.values()):
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NothingToEstimate(f"{what} can't be compared: {listed}")


def levels_present(by_level: pd.DataFrame, book: Codebook) -> Levels:
    """Return the levels that occur; the others are left out of every comparison, and the note says so.

    Parameters
    ----------
    by_level
        Tally by `level`.
    """
    labels = {code: book.label("level", code) for code in book["level"].kept_codes}
    cases = by_level.groupby("level", observed=True)["n"].sum()
    present = {code: label for code, label in labels.items() if cases.get(code, 0) > 0}
    absent = [f'"{label}"' for code, label in labels.items() if code not in present]
    others = "the others are" if len(present) > 1 else "nothing is"
    return Levels(present, f" No case is at the level {', '.join(absent)}; {others} compared." if absent else "")


def levels_to_compare(by_level: pd.DataFrame, book: Codebook) -> Levels:
    """Return what `levels_present` does.

    Raises
    ------
    NothingToEstimate
        Where all cases are at one level, as nothing can be compared.
    """
    levels = levels_present(by_level, book)
    if len(levels.labels) < 2:
        raise NothingToEstimate(
            f"all pupils are at one level ({', '.join(levels.labels.values())}), so that there is nothing to compare"
        )
    return levels


def never_answered(calls: pd.DataFrame) -> float:
    """Return the share of the unanswered calls that came from callers none of whose calls was answered.

    It is NaN where no call is unanswered. Calls without a number are left out: whether they were made
    again is not known.

    Parameters
    ----------
    calls
        Tally by caller and answered.
    """
    with_caller = calls[calls["caller"] > 0]
    answered, unanswered = (with_caller[with_caller["answered"] == code] for code in ("yes", "no"))
    never = ~unanswered["caller"].isin(answered["caller"])
    return float(unanswered.loc[never, "n"].sum() / unanswered["n"].sum()) if len(unanswered) else np.nan
