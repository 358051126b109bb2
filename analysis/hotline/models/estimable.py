"""What a logistic model can estimate from some counts, and in plain sentences what it cannot.

An export may lack a column, a small one may lack a category, and of a rare category nobody may have the event. None of
this is an error: what cannot be estimated is left out and named, and the rest is estimated as usual.
"""

from dataclasses import dataclass

import pandas as pd

from countstats.glm import design as on_cells
from countstats.glm import logit
from countstats.glm.collinearity import dependent_columns
from countstats.glm.separation import infinite_terms
from countstats.glm.solver import NoEstimate
from hotline import text
from hotline.codebook import MISSING
from hotline.errors import NothingToEstimate

RECORDED = 0.1  # the share of the pupils for whom a variable must be recorded to stay in the model


@dataclass(frozen=True)
class Estimable:
    """The part of a model that can be estimated.

    complete : the cells in which all its variables are recorded;  cells : those of them that the model uses;
    blocks : {block: variables}, none of them empty;  reference : {variable: code};
    left_out : sentences, one for each variable or category that is not estimated;
    apart : (variable, code) of the categories whose pupils the model can't use
    """

    complete: pd.DataFrame
    cells: pd.DataFrame
    blocks: dict
    reference: dict
    left_out: list
    apart: list

    @property
    def names(self):
        """The variables, in order."""
        return list(self.reference)

    def keep(self, cells):
        """The cells that a model like this one can use: all recorded, and none of the categories set apart."""
        cells = on_cells.complete(cells, self.reference)
        return self.without_apart(cells)

    def without_apart(self, cells):
        """The cells without the categories set apart, whether all is recorded or not."""
        for name, code in self.apart:
            cells = cells[cells[name] != code]
        return cells.reset_index(drop=True)

    @property
    def note(self):
        """What is left out, as a note for a table; empty where nothing is."""
        return " ".join(self.left_out)


def estimable(cells, blocks, book, found):
    """Return the `Estimable` part of the model with these predictors.

    Parameters
    ----------
    cells : counts by all predictors, "missing" among their codes, with events and others
    blocks : {block: variables};  book : the codebook, which has each variable's reference
    found : the event in words, such as "at risk"

    A variable that hardly anybody has recorded, that has one category, or that says what others say already, leaves the
    model. Where nobody has a reference code, the most frequent code takes its place. A category whose pupils all have
    the event, or all have not, by itself or beside the others, has no finite odds ratio: its pupils are set apart, as
    they would have no part in estimating the others.
    Raises NothingToEstimate where no model is left: nobody is complete, all or nobody have the event, or no variable
    varies.
    """
    said, reference, apart = [], {}, []
    pupils = cells[on_cells.COUNTS].sum(axis=1)
    for name in (name for block in blocks.values() for name in block):
        recorded = pupils[cells[name] != MISSING].sum()
        if recorded < pupils.sum() * RECORDED:
            said.append(f"{book[name].title} is recorded for {text.count(recorded)} pupils only and is left out.")
        else:
            reference[name] = book[name].reference
    if not reference:
        raise NothingToEstimate(f"hardly anybody has a predictor of being {found} recorded")
    complete = on_cells.complete(cells, reference)
    cells = complete
    while True:
        _refuse_empty(complete, cells, found, [f"{book[name].title}: {book.label(name, code)}" for name, code in apart])
        for name in list(reference):
            held = _counts(cells, name)
            if len(held) < 2:
                said.append(f"{book[name].title} has one category only and is left out.")
                del reference[name]
            elif reference[name] not in held.index:
                reference[name] = held.sum(axis=1).idxmax()
                said.append(f"{book[name].title} is compared with {book.label(name, reference[name])}.")
        if not reference:
            raise NothingToEstimate(
                f"no predictor of being {found} varies among the pupils with all of them recorded, so that there is no "
                "model to fit"
            )
        name, code, why = _obstacle(cells, reference)
        if name is None:
            break
        if code is None:
            said.append(f"{book[name].title} {why} and is left out.")
            del reference[name]
            continue
        apart.append((name, code))
        n = text.count(_counts(cells, name).loc[code].sum())
        said.append(
            f"{book[name].title} ({book.label(name, code)}): no estimate, since {why.format(n=n, found=found)}."
        )
        cells = cells[cells[name] != code].reset_index(drop=True)
    kept = {block: [name for name in names if name in reference] for block, names in blocks.items()}
    kept = {block: names for block, names in kept.items() if names}
    return Estimable(complete, cells, kept, reference, said, apart)


def _refuse_empty(complete, cells, found, apart):
    """Raise NothingToEstimate where no pupil is left, or where all or none of them have the event.

    complete : the cells with all predictors recorded;  cells : those that are left of them;  apart : the categories set
    apart, in words
    """
    (events, others), (left, right) = (part[on_cells.COUNTS].sum() for part in (complete, cells))
    if events + others == 0:
        raise NothingToEstimate(
            f"no pupil has all predictors of being {found} recorded, so that there is no model to fit"
        )
    n = text.count(events + others)
    if min(events, others) == 0:
        which = "all" if events else "none"
        raise NothingToEstimate(
            f"{which} of the pupils with all predictors recorded ({n}) are {found}, and a logistic model needs pupils "
            "of both kinds"
        )
    if min(left, right) == 0:
        who = f"only pupils {found} are" if left else f"no pupil {found} is" if right else "nobody is"
        raise NothingToEstimate(
            f"of the pupils with all predictors recorded ({n}) {text.count(events)} are {found}, but {who} left "
            f"without the categories that have no finite odds ratio ({', '.join(apart)})"
        )


def _counts(cells, name):
    """Events and others of each code of a variable that somebody has."""
    counts = cells.groupby(name, observed=True)[on_cells.COUNTS].sum()
    return counts[counts.sum(axis=1) > 0]


def _obstacle(cells, reference):
    """What stands in the way of finite estimates: (variable, code, reason), three times None where nothing does.

    The code is None where the whole variable is in the way.
    """
    for name in reference:
        counts = _counts(cells, name)
        for code, pair in counts[(counts == 0).any(axis=1)].iterrows():
            return name, code, ("all" if pair["events"] else "none") + " of the {n} pupils are {found}"
    matrix = on_cells.design(cells, reference)
    try:
        logit.fit(matrix, cells)
    except NoEstimate:
        dependent = dependent_columns(matrix, cells[on_cells.COUNTS].sum(axis=1))
        if dependent:
            return dependent[-1][0], None, "says what the variables before it say"
        infinite = infinite_terms(matrix, cells).index.drop(on_cells.INTERCEPT, errors="ignore")
        rarest = min(infinite, key=lambda term: _counts(cells, term[0]).loc[term[1]].sum())
        return *rarest, "for its {n} pupils the predictors together tell for certain who is {found}"
    return None, None, None
