"""Cases in which a predictor is not recorded: the formula that gives them a risk, and how their gaps are named.

A gap is a code of its own ("not recorded") in a model of all cases, complete or not. A submodel for each pattern of
gaps (Fletcher Mercaldo and Blume 2020, Biostatistics 21: 236-252) needs enough events in each, and nearly all patterns
are rare: most cases with two gaps would have no submodel that they could use. With a code for the gap all patterns
share the coefficients, and each gap has its own shift of the log odds, since gaps are no chance: whoever hangs up early
leaves more of them. For prediction, unlike for effects, that is sound as long as gaps come about as they did (Sperrin
and colleagues 2020, doi 10.1016/j.jclinepi.2020.03.028).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, firth
from countstats.prediction import calibration, performance
from countstats.prediction.updating import MIN_PER_CLASS
from hotline.codebook import MISSING, Codebook
from hotline.models.cohort import Split
from hotline.models.predictors import BLOCKS
from hotline.models.risk_model import Formula

SEVERAL = 3  # as many gaps or more are one kind
SUBMODELS_UP_TO = 100_000  # cells; with more the submodels, which are there to compare with, would take minutes
MEASURES = [*(f"{name}{end}" for name in ("auc", "oe", "slope") for end in ("", "_low", "_high")), "brier"]
OF_SUBMODELS = [key for key in MEASURES if key.startswith(("auc", "oe"))]
STREAM = 5  # of the random split of the cases with a gap, beside those of the notebooks


class Scorable(NamedTuple):
    """Cases by what is recorded of them, as cells: every predictor, some answers, or none at all."""

    complete: pd.DataFrame
    gaps: pd.DataFrame
    empty: pd.DataFrame


def answers(names: Sequence[str], book: Codebook) -> list[str]:
    """Return the predictors that are a caller's answers; when a call came is known of every call."""
    return [name for name in names if BLOCKS.get(book[name].block) == "intake"]


def by_what_is_recorded(cells: pd.DataFrame, names: Sequence[str], book: Codebook) -> Scorable:
    """Sort cells by what is recorded; those without any answer are the only ones that no model can say a thing of.

    Parameters
    ----------
    cells
        With the predictors `names`, "missing" among their codes.
    """
    gap = cells[list(names)] == MISSING
    nothing = gap[answers(names, book)].all(axis=1)
    some = gap.any(axis=1) & ~nothing
    return Scorable(*(cells[rows].reset_index(drop=True) for rows in (~gap.any(axis=1), some, nothing)))


def split(cells: pd.DataFrame, share: float, rng: np.random.Generator) -> Split:
    """Split cases with a gap at random, as `cohort.split_cohort` does complete ones; there may be none, or few."""
    return Split(*cell_table.split(cells, share, rng)) if len(cells) else Split(cells, cells)


def fit(cells: pd.DataFrame, reference: Mapping[str, str], complete: Formula) -> Formula:
    """Fit the formula of cases with a gap to all cases, complete or not.

    By maximum likelihood, or with Firth's penalty where some estimate would be infinite.

    Parameters
    ----------
    cells
        Of the cases that a model is developed on, with and without gaps.
    reference
        {predictor: code that the others are compared with}
    complete
        The formula of complete cases; a code without an estimate there has none here.
    """
    cells = cell_table.collapse(cells, reference)
    fitted, _ = firth.estimate(design.coded(cells, dict(reference)), cells)
    b = fitted.estimates
    none = [term for term in b.index if complete.coefficients.get(term[0], {}).get(term[1], 0.0) is None]
    b[none] = np.nan
    return Formula.of_terms(b, reference)


def patterns(cells: pd.DataFrame, names: Sequence[str], book: Codebook) -> pd.DataFrame:
    """Return what is not recorded in each cell: pattern, in words ("Sex, Bullied"), and gaps, how many there are."""
    gap = (cells[list(names)] == MISSING).to_numpy()
    _, first, place = np.unique(gap @ 2 ** np.arange(len(names)), return_index=True, return_inverse=True)
    words = [
        ", ".join(book[name].title for name, absent in zip(names, kind, strict=True) if absent) for kind in gap[first]
    ]
    pattern = pd.Categorical(np.array(words, dtype=object)[place])
    return pd.DataFrame({"pattern": pattern, "gaps": gap.sum(axis=1)}, cells.index)


def frequent(lacking: pd.DataFrame, cells: pd.DataFrame, most: int) -> list[str]:
    """Return the patterns of gaps with enough cases of both kinds to be judged by themselves, the most frequent first.

    Parameters
    ----------
    lacking
        As `patterns` gives it, of these cells.
    most
        How many at most.
    """
    some = (lacking["gaps"] > 0).to_numpy()
    counts = cells[some].groupby(lacking.loc[some, "pattern"], observed=True)[COUNTS].sum()
    enough = counts[counts.min(axis=1) >= MIN_PER_CLASS]
    order = enough.sum(axis=1).sort_values(ascending=False, kind="stable")
    return list(order.index[:most])


def _groups(lacking: pd.DataFrame, frequent: Sequence[str]) -> dict[str, np.ndarray]:
    """Return {name: which cells}: complete, with a gap, by the number of gaps, each frequent pattern, rarer ones."""
    number, pattern = lacking["gaps"].clip(upper=SEVERAL), lacking["pattern"]
    groups = {"Complete cases": number == 0, "With a gap": number > 0}
    groups |= {words: number == n for n, words in enumerate(("One gap", "Two gaps", "Three or more"), start=1)}
    groups |= {words: pattern == words for words in frequent}
    groups["Rarer patterns"] = (number > 0) & ~pattern.isin(frequent)
    return {name: mask.to_numpy(bool) for name, mask in groups.items()}


def judge(
    cells: pd.DataFrame,
    risk: np.ndarray,
    of_submodel: np.ndarray,
    lacking: pd.DataFrame,
    frequent: Sequence[str],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how well risks do on complete cases and on those with gaps, and those of submodels beside them.

    Parameters
    ----------
    cells
        With `events` and `others`; those without a risk are left out.
    risk, of_submodel
        Of each cell, NaN where there is none.
    lacking, frequent
        As `patterns` and `frequent` give them.

    Returns
    -------
    pandas.DataFrame
        Columns cases (which), the entries of `performance.measure` that need no threshold, and auc and oe of submodels
        with their limits, named submodel_. Where too few cases are of one kind there are counts alone.
    """
    rows = []
    for name, mask in _groups(lacking, frequent).items():
        mask = mask & np.isfinite(risk)
        counts = cells.loc[mask, COUNTS].to_numpy().T
        measured = performance.measure(risk[mask], *counts, np.inf, confidence)
        few = min(counts.sum(axis=1)) < MIN_PER_CLASS
        row = {"cases": name, "n": measured["n"], "events": measured["events"]}
        row |= {key: np.nan if few else measured[key] for key in MEASURES}
        if not few and np.isfinite(of_submodel[mask]).all():
            beside = performance.measure(of_submodel[mask], *counts, np.inf, confidence)
            row |= {f"submodel_{key}": beside[key] for key in OF_SUBMODELS}
        rows.append(row)
    return pd.DataFrame(rows, columns=["cases", "n", "events", *MEASURES, *(f"submodel_{key}" for key in OF_SUBMODELS)])


def submodels(
    cells: pd.DataFrame,
    lacking: pd.DataFrame,
    frequent: Sequence[str],
    fold: np.ndarray,
    reference: Mapping[str, str],
) -> np.ndarray:
    """Return the risks of cases with frequent patterns of gaps by submodels of their own, to compare with.

    The predictors of a submodel are those that its pattern records. It is fitted to all cases that record these, and
    its intercept to those with the pattern; cases of the part that is predicted are left out of both.

    Parameters
    ----------
    cells
        All cases, with and without gaps.
    lacking
        As `patterns` gives it, of these cells.
    fold
        The part of each cell, shape (cells,).
    reference
        {predictor: code that the others are compared with}

    Returns
    -------
    numpy.ndarray
        NaN for all other patterns, and for all where there are more than SUBMODELS_UP_TO cells; shape (cells,).
    """
    risk = np.full(len(cells), np.nan)
    for words in frequent if len(cells) <= SUBMODELS_UP_TO else ():
        of_pattern = (lacking["pattern"] == words).to_numpy(bool)
        some = cells[of_pattern].iloc[0]
        own = {name: code for name, code in reference.items() if some[name] != MISSING}
        whole = cell_table.complete(cells.assign(fold=fold), own)
        for each in np.unique(fold):
            train = cell_table.collapse(whole[whole["fold"] != each], own)
            formula = Formula.of_terms(firth.estimate(design.coded(train, own), train)[0].estimates, own)
            there, here = of_pattern & (fold != each), of_pattern & (fold == each)
            counts = cells.loc[there, COUNTS].to_numpy().T
            shift = calibration.in_the_large(expit(formula.log_odds(cells[there])), *counts).value
            risk[here] = expit(formula.log_odds(cells[here]) + shift)
    return risk
