"""The outcome of a model and its predictors: only what is known before the level is assessed may predict it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.errors import InputError, NothingToEstimate

BLOCKS = ("individual", "family", "environment")
KNOWN_IN_TIME = ("dialling", "intake")
# The share of the pupils for whom a variable must be recorded to be in a model: only complete cases are used, so that a
# variable with more gaps would leave the others less than a tenth of the data.
MIN_RECORDED = 0.1


@dataclass(frozen=True)
class Outcome:
    """The event that a model is about.

    name : its variable, such as "at_risk"
    title : in the codebook, such as "At risk"
    phrase : what a pupil with the event is, within a sentence: "at risk", "at high risk"
    codes : {variable: the codes of it with which a pupil has the event}
    """

    name: str
    title: str
    phrase: str
    codes: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, book: Codebook, name: str) -> "Outcome":
        """Return the outcome as the codebook describes it."""
        event = book[name].title.lower()
        return cls(name, book[name].title, event if event.startswith("at ") else f"at {event}", book[name].true_for)


def predictors(book: Codebook) -> dict[str, list[str]]:
    """Return the study's predictors as {block: names}, read from the codebook.

    These are the categories that are known at intake and have a reference code. Age has none, since the school stage
    is in the model already, nor has the second level of the presenting problem.
    """
    blocks = {}
    for block in BLOCKS:
        names = book.select(block=block, known="intake", categorical=True)
        blocks[block] = [name for name in names if book[name].reference is not None]
    return blocks


def in_order(blocks: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the predictors of all blocks in one list."""
    return [name for names in blocks.values() for name in names]


def refuse_late(book: Codebook, names: Iterable[str]) -> None:
    """Raise InputError for a predictor that is known too late, or that belongs to the outcome itself.

    What is learnt while the level is assessed (the emotional state, ideation) or afterwards (disposition, follow-ups,
    length of the call) would bring the answer in among the predictors.
    """
    for name in names:
        field = book[name]
        if field.block == "outcome" or field.true_for:
            raise InputError(f'"{name}" is part of the outcome and cannot predict it')
        if field.known not in KNOWN_IN_TIME:
            raise InputError(f'"{name}" is known at {field.known}, too late to predict the level at intake')


def unusable(book: Codebook, counts: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """Return {name: why not} of the predictors that a model of these cases cannot use.

    An export may lack a column, have it filled in for hardly anyone, or with the same entry in all its rows.

    Parameters
    ----------
    counts
        Tally by the predictors, with `n`.

    Raises
    ------
    NothingToEstimate
        Where no predictor can be used.
    """
    reasons = {}
    for name in names:
        n = counts.groupby(name, observed=True)["n"].sum().drop(MISSING, errors="ignore")
        codes = n.index[n > 0]
        if not len(codes):
            reasons[name] = "never recorded"
        elif n.sum() < counts["n"].sum() * MIN_RECORDED:
            reasons[name] = f"recorded for {text.count(n.sum())} pupils only"
        elif book[name].reference not in codes:
            reasons[name] = f'no pupil has the reference "{book.label(name, book[name].reference)}"'
        elif len(codes) == 1:
            reasons[name] = "the same for all pupils"
    if len(reasons) == len(names):
        listed = "; ".join(f"{book[name].title}: {why}" for name, why in reasons.items())
        raise NothingToEstimate(f"no predictor of the level can be used ({listed})")
    return reasons
