"""Two comparator models on the same counts, to see what the plain one gives away: boosted trees and ridge.

scikit-learn expects one row per unit. Every cell goes in twice, as its events and as its others, with the counts
as weights; what remains is to keep it from counting rows where it should add weights.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats.columns import COUNTS
from countstats.glm import cell_table
from countstats.glm.design import Coded, Dense, as_design
from countstats.glm.logit import Logit
from countstats.glm.solver import maximise
from countstats.prediction import calibration, roc

PENALTIES = tuple(4.0**k for k in range(-1, 5))
ESTIMATED = ("auc", "auc_low", "auc_high", "difference", "se", "low", "high", "z", "p", "slope", "brier")
# How many trees there are is chosen among `ROUNDS` (by `choose_rounds`); depth, shrinkage and ridge are kept small, not
# tuned. A leaf is regularised by its weight (the ridge on its value), never by its number of rows: `min_samples_leaf`
# counts cells, and so does the part that early stopping holds out.
ROUNDS = (20, 40, 60, 80, 120)
INNER = 2 / 3  # share of the units on which the trees are trained while their number is chosen on the others
TREES = {
    "learning_rate": 0.2,
    "max_leaf_nodes": 8,
    "l2_regularization": 20.0,
    "min_samples_leaf": 1,
    "max_bins": 2,  # columns of zeros and ones need no more, and each further bin is summed in every leaf
    "early_stopping": False,
}


def stacked(
    x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cells as scikit-learn takes them: columns without the intercept, outcome, `sample_weight`.

    A cell stands among the rows with its events, if it has some, and again with its others.

    Parameters
    ----------
    x
        A design of `glm.design`, or a matrix (cells, terms), the intercept first.
    events, others
        Counts, one entry per cell.
    """
    x, counts = as_design(x), [np.asarray(events), np.asarray(others)]
    present = [np.flatnonzero(each) for each in counts]
    rows = np.vstack([x.rows(places)[:, 1:] for places in present])
    weight = np.concatenate([each[places] for each, places in zip(counts, present, strict=True)]).astype(float)
    return rows, np.repeat([1, 0], [len(places) for places in present]), weight


def boosting(
    x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike, new: ArrayLike, number: int
) -> np.ndarray:
    """Return the risks for the rows of `new` by gradient boosting, trained on cells.

    Columns of zeros and ones go in, not codes: how scikit-learn sorts the codes of a category depends on its number of
    rows. Friedman 2001, doi 10.1214/aos/1013203451.

    Parameters
    ----------
    x, events, others
        As in `stacked`.
    new
        Rows of a matrix with the same terms, the intercept first.
    number
        Of trees.
    """
    return _trained_trees(x, events, others, number).predict_proba(np.asarray(new, float)[:, 1:])[:, 1]


def choose_rounds(x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike, rng: np.random.Generator) -> int:
    """Return the number of trees, of `ROUNDS`, that predicts best in a part of the units that did not train them.

    A random `INNER` of the units train, the others evaluate by their log loss: a split of counts as `cell_table.split`
    makes it, so that rows and counts choose alike. With too few trees the risks are too moderate, with too many the
    training part is learnt by heart.

    Parameters
    ----------
    x, events, others
        As in `stacked`.
    """
    x, counts = as_design(x), pd.DataFrame(dict(zip(COUNTS, map(np.asarray, (events, others)), strict=True)))
    training, test = cell_table.split(counts.assign(cell=np.arange(len(counts))), INNER, rng)
    taught = training.set_index("cell")[COUNTS].reindex(range(len(counts)), fill_value=0).to_numpy().T
    trees, (happened, not_happened) = _trained_trees(x, *taught, max(ROUNDS)), test[COUNTS].to_numpy().T
    loss = {}
    for number, risk in enumerate(trees.staged_predict_proba(x.rows(test["cell"].to_numpy())[:, 1:]), start=1):
        if number in ROUNDS:
            loss[number] = -(happened @ np.log(risk[:, 1]) + not_happened @ np.log(risk[:, 0]))
    return min(loss, key=loss.get)


def _trained_trees(x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike, number: int):
    """Return so many trees, trained on cells."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import, and rarely needed

    rows, outcome, weight = stacked(x, events, others)
    trees = HistGradientBoostingClassifier(max_iter=int(number), **TREES)
    return trees.fit(rows, outcome, sample_weight=weight)


def ridge(x: Dense | Coded | ArrayLike, events: ArrayLike, others: ArrayLike) -> tuple[np.ndarray, float]:
    """Return the coefficients of a ridge logistic model and its penalty, chosen by Akaike's criterion.

    Of the `PENALTIES` the one with the largest 2 log-likelihood - 2 effective terms is taken. Le Cessie and van
    Houwelingen 1992, doi 10.2307/2347628; Gray 1992, doi 10.2307/2290630; Harrell 2015, section 9.10.

    Why not a library: scikit-learn chooses by folds of rows, and here a row is a cell.

    Parameters
    ----------
    x
        Design matrix with the intercept first, which is not penalised.
    events, others
        Counts along its rows.
    """
    x = as_design(x)
    b, best = np.zeros(x.shape[1]), (-np.inf, None, None)
    for penalty in PENALTIES:
        model = Logit(x, events, others, ridge=penalty)
        b = maximise(model, b)
        gain = model.log_likelihood(b) - model.effective_df(b)
        best = max(best, (gain, penalty, b), key=lambda each: each[0])
    return best[2], best[1]


def compare_models(splits: Mapping[str, pd.DataFrame], confidence: float = 0.95) -> pd.DataFrame:
    """Compare comparator models with the plain one on the same units.

    Parameters
    ----------
    splits
        {name: frame with the risks of each model, the plain one's as `Plain`, and `events` and `others`}

    Returns
    -------
    pandas.DataFrame
        One row per split and model, the plain one first: split, model, auc with _low and _high, difference (from the
        plain model's area, DeLong's test of correlated areas) with se, low, high, z, p; slope and brier. What cannot be
        estimated is NaN.
    """
    rows = []
    for split, frame in splits.items():
        counts = frame[COUNTS].to_numpy().T
        for model in ["Plain", *frame.columns.drop(["Plain", *COUNTS])]:
            row = {"split": split, "model": model} | dict.fromkeys(ESTIMATED, np.nan)
            if (counts.sum(axis=1) > 0).all():
                area = roc.auc(frame[model], *counts, confidence)
                row |= {"auc": area.value, "auc_low": area.low, "auc_high": area.high}
                row |= {"brier": calibration.brier(frame[model], *counts), "slope": _slope(frame[model], counts)}
                if model != "Plain":
                    difference = asdict(roc.compare(frame[model], frame["Plain"], *counts, confidence))
                    row |= {"difference": difference.pop("value"), **difference}
            rows.append(row)
    return pd.DataFrame(rows)


def _slope(risk: ArrayLike, counts: np.ndarray) -> float:
    """Return the calibration slope, NaN where it has none."""
    try:
        return calibration.slope(risk, *counts).value
    except ValueError:
        return np.nan
