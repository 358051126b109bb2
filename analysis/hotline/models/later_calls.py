"""Later calls: those of a caller of whose case an earlier assessed call is on record.

The risk model is one of cases, made from first assessed calls. Who calls again is in trouble more often than the
answers alone would say, and the more often, the more calls there were. For later calls the log odds of the model are
therefore recalibrated: an intercept, a slope, and a coefficient for each doubling of the calls that the number had
made. All of it is judged on callers to whom nothing was fitted.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from countstats.columns import COUNTS
from countstats.glm.logit import Logit
from countstats.glm.solver import NoEstimate, maximise
from countstats.prediction import calibration, clustered
from countstats.prediction.updating import MIN_PER_CLASS
from hotline import text
from hotline.models.risk_model import Formula, LaterCalls, Line, log_odds_of

ACCEPTED = 0.9, 1.1  # observed over expected events of later calls, beyond which they are refused a score
FOLDS = 5
ONE_PART_FROM = 500_000  # cells of calls, from which on a fifth of the callers is enough to judge by
STREAM = 6  # of the random folds of the callers, beside the streams of the notebooks
# Earlier calls of the number, up to each of these: groups in which the recalibration is judged.
RANKS = {"one earlier call": 1, "2 or 3": 3, "4 to 10": 10, "more than 10": np.inf}

Fit = Callable[[pd.DataFrame], tuple[Formula, Formula]]


class OutOfFold(NamedTuple):
    """Log odds of calls by models to which no call of the same caller was fitted; NaN where there are none.

    plain : by the formulas of first calls, shape (cells,)
    recalibrated : the same, but of later calls after recalibration
    judged : which cells have been given some at all, shape (cells,)
    """

    plain: np.ndarray
    recalibrated: np.ndarray
    judged: np.ndarray


def is_later(calls: pd.DataFrame) -> np.ndarray:
    """Return which cells are later calls, shape (cells,)."""
    return (calls["later_call"] == "yes").to_numpy(bool)


def recalibrate(log_odds: np.ndarray, calls: pd.DataFrame) -> Line | None:
    """Fit the recalibration to later calls; None where they are too few, or no finite one is best.

    Parameters
    ----------
    log_odds
        One for each cell; cells without one are left out.
    calls
        Cells of later calls, with `earlier_calls`, `events` and `others`.
    """
    has = np.isfinite(log_odds)
    counts = calls.loc[has, COUNTS].to_numpy()
    if min(counts.sum(axis=0)) < MIN_PER_CLASS:
        return None
    doublings = np.log2(1 + calls.loc[has, "earlier_calls"].to_numpy(float))
    try:
        b = maximise(Logit(np.column_stack([np.ones(has.sum()), log_odds[has], doublings]), *counts.T), [0.0, 1.0, 0.0])
    except NoEstimate:
        return None
    return Line(intercept=float(b[0]), slope=float(b[1]), doubling=float(b[2]))


def folds(calls: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Draw one of FOLDS parts for each caller, and return that of each cell, shape (cells,)."""
    callers, place = np.unique(calls["caller"].to_numpy(np.int64), return_inverse=True)
    return rng.permutation(np.arange(len(callers)) % FOLDS)[place]


def out_of_fold(calls: pd.DataFrame, fit: Fit, fold: np.ndarray) -> OutOfFold:
    """Cross-validate formulas and recalibration over callers; with very many calls, the callers of one part alone.

    Each part's callers get their log odds from formulas that are fitted to the first calls of all other callers, and
    from a recalibration that is fitted to the later calls of those.

    Parameters
    ----------
    calls
        Cells of assessed calls with the predictors, `caller`, `later_call`, `earlier_calls`, `events` and `others`.
    fit
        Takes cells of first calls and returns the formulas of complete ones and of those with gaps.
    fold
        As `folds` gives it.
    """
    later = is_later(calls)
    plain, recalibrated = np.full((2, len(calls)), np.nan)
    parts = FOLDS if len(calls) < ONE_PART_FROM else 1
    for each in range(parts):
        away, here = fold != each, fold == each
        formulas = fit(calls[away & ~later])
        own = np.full(len(calls), np.nan)
        own[here | later] = log_odds_of(calls[here | later], *formulas)
        line = recalibrate(own[away & later], calls[away & later])
        plain[here], recalibrated[here] = own[here], own[here]
        again = here & later
        recalibrated[again] = np.nan if line is None else line.applied(own[again], calls.loc[again, "earlier_calls"])
    return OutOfFold(plain, recalibrated, fold < parts)


def judge(log_odds: np.ndarray, calls: pd.DataFrame, confidence: float = 0.95) -> dict[str, float]:
    """Return how right and how well ordered risks are on calls; limits take callers, not calls, for independent.

    Parameters
    ----------
    log_odds
        One for each cell; cells without one are left out.
    calls
        Cells with `caller`, `events` and `others`.

    Returns
    -------
    dict
        calls, events, callers; oe and auc with `_low` and `_high`, and slope: NaN where there are fewer than
        MIN_PER_CLASS calls with the event, or without it.
    """
    has = np.isfinite(log_odds)
    risk, part = expit(log_odds[has]), calls[has]
    events, others = part[COUNTS].to_numpy().T
    row = {"calls": int(events.sum() + others.sum()), "events": int(events.sum()), "callers": part["caller"].nunique()}
    row |= dict.fromkeys(
        [*(f"{name}{end}" for name in ("oe", "auc") for end in ("", "_low", "_high")), "slope"], np.nan
    )
    if min(events.sum(), others.sum()) < MIN_PER_CLASS:
        return row
    of = {
        "oe": clustered.observed_expected(risk, events, others, part["caller"], confidence),
        "auc": clustered.auc(risk, events, others, part["caller"], confidence),
    }
    for name, estimate in of.items():
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), map(float, estimate.with_limits), strict=True))
    return row | {"slope": calibration.slope(risk, events, others).value}


def judge_each(found: OutOfFold, calls: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return `judge` of first, later and all calls, and of later ones by the number of earlier calls.

    Returns
    -------
    pandas.DataFrame
        Columns which (the calls, in words), risks ("as they are", "recalibrated") and those of `judge`.
    """
    later, earlier = is_later(calls), calls["earlier_calls"].to_numpy(float, na_value=np.nan)
    groups, above = {"First calls": ~later, "Later calls": later, "All assessed calls": np.full(len(calls), True)}, 0
    for words, most in RANKS.items():
        groups[f"Later calls, {words}"] = later & (earlier > above) & (earlier <= most)
        above = most
    rows = []
    for which, mask in groups.items():
        for risks, log_odds in (("as they are", found.plain), ("recalibrated", found.recalibrated)):
            if which != "First calls" or risks == "as they are":
                rows.append({"which": which, "risks": risks} | judge(log_odds[mask], calls[mask], confidence))
    return pd.DataFrame(rows)


def settle(line: Line | None, judged: pd.Series) -> LaterCalls:
    """Return what the model says of later calls: their recalibration, or the reason why they are refused a score.

    They are refused where they are too few, and where, on callers not used, observed over expected events lie outside
    `ACCEPTED`.

    Parameters
    ----------
    line
        As `recalibrate` gives it, of all later calls.
    judged
        The row of `judge_each` of later calls, recalibrated.
    """
    low, high = ACCEPTED
    number = {name: float(judged[name]) if np.isfinite(judged[name]) else None for name in ("oe", "oe_low", "oe_high")}
    reason = ""
    if line is None or number["oe"] is None:
        reason = "there were too few later calls to recalibrate the model for them and to judge that"
    elif not low <= number["oe"] <= high:
        reason = (
            f"on later calls of callers not used, observed over expected events were {text.number(number['oe'], 2)}, "
            f"beyond {low:g} to {high:g}"
        )
    line = None if reason or line is None else line.rounded()
    return LaterCalls(line=line, calls=int(judged["calls"]), events=int(judged["events"]), refused=reason, **number)
