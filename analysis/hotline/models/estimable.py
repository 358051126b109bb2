"""The part of a logistic model that some counts can estimate, and in plain sentences what they cannot.

An export may lack a column, a small one may lack a category, and of a rare category no pupil may have the event. None
of this is an error: what cannot be estimated is left out and named, and the rest is estimated as usual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit
from countstats.glm.collinearity import dependent_columns
from countstats.glm.separation import infinite_terms
from countstats.glm.solver import NoEstimate
from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.errors import NothingToEstimate
from hotline.models.predictors import MIN_RECORDED, in_order


@dataclass(frozen=True)
class Estimable:
    """The part of a model that can be estimated.

    recorded : variables that all its pupils have recorded: its own, and those left out since they say nothing
    complete : cells in which all of these are recorded
    cells : those of them that the model uses
    blocks : {block: variables}, none of them empty
    reference : {variable: code that the others are compared with}
    left_out : sentences, one for each variable or category that is not estimated
    excluded : (variable, code) of the categories whose pupils the model cannot use
    """

    recorded: list[str]
    complete: pd.DataFrame
    cells: pd.DataFrame
    blocks: dict[str, list[str]]
    reference: dict[str, str]
    left_out: list[str]
    excluded: list[tuple[str, str]]

    @property
    def names(self) -> list[str]:
        """The variables, in order."""
        return list(self.reference)

    @property
    def varying(self) -> list[str]:
        """The variables with several categories among the complete cells: its own, and those of excluded categories."""
        return list(dict.fromkeys([*self.names, *(name for name, _ in self.excluded)]))

    def keep(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells, by `recorded` and others, that a model like this one can use: as `complete` and `cells`."""
        return self.without_excluded(cell_table.complete(cells, self.recorded))

    def without_excluded(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Return the cells, by `varying` and others, without the excluded categories, recorded or not."""
        for name, code in self.excluded:
            cells = cells[cells[name] != code]
        return cells.reset_index(drop=True)

    @property
    def note(self) -> str:
        """What is left out, as a note for a table; empty where nothing is."""
        return " ".join(self.left_out)


class _Obstacle(NamedTuple):
    """What prevents finite estimates: a category, or a whole variable where the code is None; and why."""

    variable: str
    code: str | None
    reason: str


def estimable(cells: pd.DataFrame, blocks: Mapping[str, Sequence[str]], book: Codebook, phrase: str) -> Estimable:
    """Return the part of the model with these predictors that can be estimated.

    A variable that is hardly recorded, that has one category, or that is determined by others, leaves the model. Where
    no pupil has a reference code, the most frequent code takes its place. A category whose pupils all have the event,
    or all have not, alone or in combination with other variables, has no finite odds ratio: its pupils are excluded, as
    they would contribute nothing to the estimates of the others.

    Each round removes one obstacle and looks again, since what is left may have new ones: another category may have
    lost its only pupils without the event. So the model is fitted once per obstacle, and usually once in all.

    Parameters
    ----------
    cells
        Counts by all predictors, "missing" among their codes, with `events` and `others`.
    blocks
        {block: variables}
    phrase
        The event in words, such as "at risk" (`Outcome.phrase`).

    Raises
    ------
    NothingToEstimate
        Where no model is left: no pupil is complete, all or none have the event, or no variable varies.
    """
    reference, left_out = _recorded(cells, in_order(blocks), book)
    if not reference:
        raise NothingToEstimate(f"hardly any pupil has a predictor of being {phrase} recorded")
    recorded, excluded = list(reference), []
    complete = cells = cell_table.complete(cells, recorded)
    while True:
        _refuse_empty(
            complete, cells, phrase, [f"{book[name].title}: {book.label(name, code)}" for name, code in excluded]
        )
        left_out += _settle_references(cells, reference, book)
        if not reference:
            raise NothingToEstimate(
                f"no predictor of being {phrase} varies among the pupils with all of them recorded, so that there is "
                "no model to fit"
            )
        obstacle = _obstacle(cells, reference, phrase)
        if obstacle is None:
            break
        name, code, reason = obstacle
        if code is None:
            left_out.append(f"{book[name].title} {reason} and is left out.")
            del reference[name]
        else:
            left_out.append(f"{book[name].title} ({book.label(name, code)}): no estimate, since {reason}.")
            excluded.append((name, code))
            cells = cells[cells[name] != code].reset_index(drop=True)
    kept = {block: [name for name in names if name in reference] for block, names in blocks.items()}
    kept = {block: names for block, names in kept.items() if names}
    return Estimable(recorded, complete, cells, kept, reference, left_out, excluded)


def _recorded(cells: pd.DataFrame, names: Sequence[str], book: Codebook) -> tuple[dict[str, str], list[str]]:
    """Return the references of the variables that enough pupils have recorded, and a sentence on each of the others."""
    reference, left_out = {}, []
    pupils = cells[COUNTS].sum(axis=1)
    for name in names:
        recorded = pupils[cells[name] != MISSING].sum()
        if recorded < pupils.sum() * MIN_RECORDED:
            left_out.append(f"{book[name].title} is recorded for {text.count(recorded)} pupils only and is left out.")
        else:
            reference[name] = book[name].reference
    return reference, left_out


def _settle_references(cells: pd.DataFrame, reference: dict[str, str], book: Codebook) -> list[str]:
    """Give each variable a reference that occurs, and delete those of one category; return what was changed."""
    changes = []
    for name in list(reference):
        counts = _counts(cells, name)
        if len(counts) < 2:
            changes.append(f"{book[name].title} has one category only and is left out.")
            del reference[name]
        elif reference[name] not in counts.index:
            reference[name] = counts.sum(axis=1).idxmax()
            changes.append(f"{book[name].title} is compared with {book.label(name, reference[name])}.")
    return changes


def _refuse_empty(complete: pd.DataFrame, cells: pd.DataFrame, phrase: str, excluded: Sequence[str]) -> None:
    """Raise NothingToEstimate where no pupil is left, or where all or none of them have the event.

    Parameters
    ----------
    complete
        Cells with all predictors recorded; `cells` are those that are left of them.
    excluded
        The excluded categories, in words.
    """
    (events, others), (left, right) = (part[COUNTS].sum() for part in (complete, cells))
    if events + others == 0:
        raise NothingToEstimate(
            f"no pupil has all predictors of being {phrase} recorded, so that there is no model to fit"
        )
    n = text.count(events + others)
    if min(events, others) == 0:
        which = "all" if events else "none"
        raise NothingToEstimate(
            f"{which} of the pupils with all predictors recorded ({n}) are {phrase}, and a logistic model needs pupils "
            "of both kinds"
        )
    if min(left, right) == 0:
        who = f"only pupils {phrase} are" if left else f"no pupil {phrase} is" if right else "no pupil is"
        raise NothingToEstimate(
            f"of the pupils with all predictors recorded ({n}) {text.count(events)} are {phrase}, but {who} left "
            f"without the categories that have no finite odds ratio ({', '.join(excluded)})"
        )


def _counts(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return events and others of each code of a variable that occurs."""
    counts = cells.groupby(name, observed=True)[COUNTS].sum()
    return counts[counts.sum(axis=1) > 0]


def _obstacle(cells: pd.DataFrame, reference: Mapping[str, str], phrase: str) -> _Obstacle | None:
    """Return what prevents finite estimates, or None where nothing does."""
    for name in reference:
        counts = _counts(cells, name)
        for code, pair in counts[(counts == 0).any(axis=1)].iterrows():
            which = "all" if pair["events"] else "none"
            return _Obstacle(name, code, f"{which} of the {text.count(pair.sum())} pupils are {phrase}")
    matrix = design.by_size(cells, reference)
    try:
        logit.fit(matrix, cells)
    except NoEstimate:
        dependent = dependent_columns(matrix, cells[COUNTS].sum(axis=1))
        if dependent:
            return _Obstacle(dependent[-1][0], None, "is determined by the variables before it")
        infinite = infinite_terms(matrix, cells).index.drop(design.INTERCEPT, errors="ignore")
        sizes = {(name, code): _counts(cells, name).loc[code].sum() for name, code in infinite}
        name, code = min(sizes, key=sizes.get)
        n = text.count(sizes[name, code])
        return _Obstacle(name, code, f"for its {n} pupils the predictors together determine who is {phrase}")
    return None
