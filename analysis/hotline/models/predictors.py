"""The outcome of a model and its predictors: only what is known before the level is assessed may predict it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.errors import InputError, NothingToEstimate

# When the predictors of each block are known: what a caller says at intake, and when the call came. Left out, though
# known in time: the city and the region, since a model with a term for each could not be held against a region that it
# has not seen; who called and the channel, which say how a call reaches this hotline and not how the pupil fares.
BLOCKS = {"individual": "intake", "family": "intake", "environment": "intake", "time": "dialling"}
KNOWN_IN_TIME = ("dialling", "intake")
FAIRNESS_GROUPS = ("sex", "stage", "region", "district_type", "hour_band", "day_type")
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


def predictors(book: Codebook, known: str = "in-time") -> dict[str, list[str]]:
    """Return the study's predictors as {block: names}, read from the codebook.

    These are the categories of `BLOCKS` that have a reference code. Age has none, since the school stage is in the
    model already, nor have the second level of the presenting problem and the single hours, months and weekdays.

    Parameters
    ----------
    known
        `in-time`: all that is known by the end of intake; `at-intake`: without what is known at dialling already, which
        is the block of time.
    """
    blocks = {}
    for block, moment in BLOCKS.items():
        if known == "in-time" or moment == "intake":
            names = book.select(block=block, known=moment, categorical=True)
            blocks[block] = [name for name in names if book[name].reference is not None]
    return {block: names for block, names in blocks.items() if names}


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
