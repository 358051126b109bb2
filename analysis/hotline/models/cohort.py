"""The cases of a risk model: those with every predictor, their random split, and the samples that are held out.

A model is evaluated on cases that it was not fitted to. Where too few are left for that, the reason is a sentence.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from countstats.columns import COUNTS
from countstats.glm import cell_table
from countstats.prediction.updating import MIN_PER_CLASS
from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.errors import NothingToEstimate
from hotline.models.predictors import Outcome, refuse_late, unusable

# What validation asks about besides the predictors. All notebooks that split the cases ask for these, in this order:
# the split depends on the order of the cells, so that only then it is the same split.
SPLIT_VARIABLES = ("region", "year")
LATER_YEAR, OTHER_REGION = "Later year", "Another region"  # the kinds of samples that are held out


class Cohort(NamedTuple):
    """The cases of a risk model, as cells of its predictors and SPLIT_VARIABLES with `events` and `others`.

    all_cases : cells of all cases, predictors recorded or not
    complete : cells of the cases with every predictor recorded
    reference : {predictor: code that the others are compared with}, of the predictors that can be used
    unused : {predictor: why it cannot be used}
    """

    all_cases: pd.DataFrame
    complete: pd.DataFrame
    reference: dict[str, str]
    unused: dict[str, str]

    @property
    def names(self) -> list[str]:
        """The predictors that can be used, in order."""
        return list(self.reference)


class Split(NamedTuple):
    """A random split of the complete cases: cells of those a model is fitted to, and of those it is evaluated on."""

    development: pd.DataFrame
    validation: pd.DataFrame


class ExternalSamples(NamedTuple):
    """The samples that are held out in turn.

    masks : {(kind, name): which cells belong to the sample, a boolean Series}
    left_out : {name: why it is not held out}
    """

    masks: dict[tuple[str, str], pd.Series]
    left_out: dict[str, str]


def select_cohort(counts: pd.DataFrame, predictors: Sequence[str], book: Codebook, outcome: Outcome) -> Cohort:
    """Return the cases of a risk model from a tally.

    Parameters
    ----------
    counts
        Tally by the predictors, SPLIT_VARIABLES and the outcome.
    predictors
        Names of the predictors that are planned; those without information here are left out.

    Raises
    ------
    InputError
        For a predictor that is known too late, or is part of the outcome.
    NothingToEstimate
        Where no predictor can be used.
    """
    refuse_late(book, predictors)
    unused = unusable(book, counts, predictors)
    names = [name for name in predictors if name not in unused]
    all_cases = cell_table.cells_of(counts, [*names, *SPLIT_VARIABLES], outcome.name)
    reference = {name: book[name].reference for name in names}
    return Cohort(all_cases, cell_table.complete(all_cases, names), reference, unused)


def split_cohort(cells: pd.DataFrame, share: float, rng: np.random.Generator, outcome: Outcome) -> Split:
    """Split the cases at random into development and validation part.

    Parameters
    ----------
    cells
        Cells of the complete cases.
    share
        Of the cases that go to the development part.

    Raises
    ------
    NothingToEstimate
        Where one of the parts has fewer than MIN_PER_CLASS cases with the event, or without it.
    """
    parts = Split(*cell_table.split(cells, share, rng))
    for name, part in parts._asdict().items():
        events, others = part[COUNTS].sum()
        if min(events, others) < MIN_PER_CLASS:
            raise NothingToEstimate(
                f"{outcome.title}: of the pupils in the {name} part {text.count(events)} have the event and "
                f"{text.count(others)} have not, and a risk model needs at least {MIN_PER_CLASS} of each"
            )
    return parts


def external_samples(cells: pd.DataFrame, book: Codebook) -> ExternalSamples:
    """Return the last year and each region, to be held out in turn.

    A sample is held out only if it, and also the other cases, to which the model is then fitted, have at least
    MIN_PER_CLASS cases with the event and without it.

    Parameters
    ----------
    cells
        Cells with year, region, `events` and `others`.
    """
    last, region = cells["year"].max(), cells["region"]
    present = [code for code in region.cat.categories if code != MISSING and (region == code).any()]
    candidates = {(LATER_YEAR, str(int(last))): cells["year"] == last}
    candidates |= {(OTHER_REGION, book.label("region", code)): region == code for code in present}
    masks, left_out = {}, {}
    for (kind, name), mask in candidates.items():
        reason = _too_few("it would", cells[mask]) or _too_few("the others", cells[~mask])
        if reason:
            left_out[name] = reason
        else:
            masks[kind, name] = mask
    return ExternalSamples(masks, left_out)


def _too_few(who: str, cells: pd.DataFrame) -> str:
    """Return how many cases of each kind there are where these are too few, or ""."""
    events, others = cells[COUNTS].sum()
    if min(events, others) >= MIN_PER_CLASS:
        return ""
    return f"{who} have {text.count(events)} with the event and {text.count(others)} without"


def refuse_certain(risks: np.ndarray, outcome: Outcome) -> None:
    """Raise NothingToEstimate where a risk rounds to 0 or 1: the model has no finite estimates, and no calibration."""
    if min(risks) <= 0 or max(risks) >= 1:
        raise NothingToEstimate(
            f"{outcome.title}: the risk model gives some pupils a risk of 0 or 1, since the few pupils of some "
            "categories all have the event, or all have not"
        )
