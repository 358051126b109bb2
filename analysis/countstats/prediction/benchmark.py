"""Two other models on the same counts, to see what the plain one gives away: boosted trees and ridge.

scikit-learn has one row per pupil in mind. Every cell goes in twice, as its events and as its others, with the counts
as weights; what remains is to keep it from counting rows where it should add weights.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.columns import COUNTS
from countstats.glm import design
from countstats.glm.logit import Logit
from countstats.glm.solver import maximise
from countstats.prediction import calibration, roc

PENALTIES = tuple(4.0**k for k in range(-1, 5))
ESTIMATED = ("auc", "auc_low", "auc_high", "difference", "se", "low", "high", "z", "p", "slope", "brier")
# How many trees there are is chosen among `ROUNDS` (`rounds` says how); depth, shrinkage and ridge are kept small, not
# tuned. A leaf is held back by its weight (the ridge on its value), never by its number of rows: `min_samples_leaf`
# counts cells, and so does what is set aside when growing stops early.
ROUNDS = (20, 40, 60, 80, 120)
INNER = 2 / 3  # share of the pupils who teach the trees while their number is chosen; the others judge it
TREES = {
    "learning_rate": 0.2,
    "max_leaf_nodes": 8,
    "l2_regularization": 20.0,
    "min_samples_leaf": 1,
    "early_stopping": False,
}


def boosting(x, events, others, new, number):
    """Risks for the rows of `new` by gradient boosting with so many trees, learnt from cells: an array.

    x, new: design matrices with the intercept first; events, others: counts along the rows of `x`. Columns of zeros and
    ones go in, not codes: how scikit-learn sorts the codes of a category depends on its number of rows. Friedman 2001,
    doi 10.1214/aos/1013203451.
    """
    return _grown(x, events, others, number).predict_proba(np.asarray(new, float)[:, 1:])[:, 1]


def rounds(x, events, others, rng):
    """The number of trees, of `ROUNDS`, that foresees best the pupils of an inner part who did not teach them.

    x, events, others: as in `boosting`; rng: a numpy Generator. A random `INNER` of the pupils teach, the others judge
    by their log loss: a split of counts as `cells.split` makes it, so that rows and counts choose alike. Too few trees
    give risks that are too tame, too many learn by heart.
    """
    numbered = pd.DataFrame({"cell": np.arange(len(x)), "events": np.asarray(events), "others": np.asarray(others)})
    teach, judge = design.split(numbered, INNER, rng)
    x, (happened, not_happened) = np.asarray(x, float), judge[COUNTS].to_numpy().T
    trees, loss = _grown(x[teach["cell"]], teach["events"], teach["others"], max(ROUNDS)), {}
    for number, risk in enumerate(trees.staged_predict_proba(x[judge["cell"], 1:]), start=1):
        if number in ROUNDS:
            loss[number] = -(happened @ np.log(risk[:, 1]) + not_happened @ np.log(risk[:, 0]))
    return min(loss, key=loss.get)


def _grown(x, events, others, number):
    """So many trees, grown on cells."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import, and only one notebook needs it

    x, weight = np.asarray(x, float)[:, 1:], np.concatenate([np.asarray(events), np.asarray(others)]).astype(float)
    outcome, held = np.repeat([1, 0], len(x)), weight > 0
    trees = HistGradientBoostingClassifier(max_iter=int(number), **TREES)
    return trees.fit(np.vstack([x, x])[held], outcome[held], sample_weight=weight[held])


def ridge(x, events, others):
    """Coefficients of a ridge logistic model and its penalty, chosen by Akaike's criterion with effective terms.

    x: design matrix with the intercept first, which is not held back; events, others: counts along its rows. Of the
    `PENALTIES` the one with the largest 2 log-likelihood - 2 effective terms is taken. Le Cessie and van Houwelingen
    1992, doi 10.2307/2347628; Gray 1992, doi 10.2307/2290630; Harrell 2015, section 9.10.

    Why not a library: scikit-learn chooses by folds of rows, and here a row is a cell.
    """
    b, best = np.zeros(np.shape(x)[1]), (-np.inf, None, None)
    for penalty in PENALTIES:
        model = Logit(x, events, others, ridge=penalty)
        b = maximise(model, b)
        gain = model.log_likelihood(b) - model.effective_df(b)
        best = max(best, (gain, penalty, b), key=lambda each: each[0])
    return best[2], best[1]


def rivals(train, test, reference, rng):
    """The risks of both rivals, learnt from some cells, for others: a frame along `test`; and how many trees there are.

    train, test: cells with the predictors, `events` and `others`; reference: {predictor: code that counts nought}.
    """
    train = design.collapse(train, list(reference))
    x = design.design(pd.concat([train, test]), reference).to_numpy()
    here, there, counts = x[: len(train)], x[len(train) :], train[COUNTS].to_numpy().T
    b, _ = ridge(here, *counts)
    number = rounds(here, *counts, rng)
    risks = {"Ridge": expit(there @ b), "Boosted trees": boosting(here, *counts, there, number)}
    return pd.DataFrame(risks, index=test.index), number


def contest(splits, confidence=0.95):
    """Rivals beside the plain model on the same pupils: a frame with a row per split and model, the plain one first.

    splits   {name: frame with the risks of each model, the plain one's as `Plain`, and `events` and `others`}
    Columns split, model, auc with `_low` and `_high`, difference (from the plain model's area, DeLong's test of
    correlated areas) with se, low, high, z, p; slope and brier. What cannot be estimated is NaN.
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
                    value, *rest = roc.compare(frame[model], frame["Plain"], *counts, confidence)
                    row |= dict(zip(("difference", "se", "low", "high", "z", "p"), (value, *rest), strict=True))
            rows.append(row)
    return pd.DataFrame(rows)


def _slope(risk, counts):
    """The calibration slope, NaN where it has none."""
    try:
        return calibration.slope(risk, *counts).value
    except ValueError:
        return np.nan
