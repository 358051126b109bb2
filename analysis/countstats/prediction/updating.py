"""Recalibration of a model for new units, as little as will do: the closed test of Vergouwe and colleagues."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.glm.cell_table import split
from countstats.glm.logit import Logit
from countstats.glm.solver import maximise
from countstats.prediction import performance
from countstats.prediction.calibration import check_overlap, log_odds, recalibrated

# Units with the event, and without it, below which nothing is fitted or evaluated: with fewer, the interval of an AUC
# of 0.75 is wider than 0.2 (by the formula of Hanley and McNeil 1982, doi 10.1148/radiology.143.1.7063747).
MIN_PER_CLASS = 20


class Update(NamedTuple):
    """The update that was chosen, the intercept and slope to apply, and the p-value of no update at all.

    kind : none, intercept or both; or why none could be chosen: few (units) or no_line. The numbers are NaN then.
    """

    kind: str
    intercept: float
    slope: float
    p: float


def choose(risk: ArrayLike, cases: ArrayLike, controls: ArrayLike, confidence: float = 0.95) -> Update:
    """Choose how to recalibrate predicted risks for the units here; apply it with `calibration.recalibrated`.

    First both intercept and slope are tested against leaving the model as it is (two degrees of freedom); if that is
    rejected, against changing the intercept alone (one). The smallest change that is not rejected is made, so that the
    error of the whole stays at 1 - confidence. Likelihood-ratio tests; Vergouwe et al. 2017, doi 10.1002/sim.7179. The
    third step of the closed test, a refit of all coefficients, is left out.

    Why not a library: none has the procedure.

    Parameters
    ----------
    risk, cases, controls
        As in `calibration`.

    Raises
    ------
    ValueError
        For one class alone, for a single risk, or where the risk separates cases from controls.
    """
    odds, counts = log_odds(risk, cases, controls)
    check_overlap(odds, counts)
    ones = np.ones((len(odds), 1))
    line = Logit(np.column_stack([ones, odds]), *counts.T)
    shift = maximise(Logit(ones, *counts.T, offset=odds), [0.0])[0]
    both = maximise(line, [0.0, 1.0])
    fits = {"none": (0.0, 1.0), "intercept": (float(shift), 1.0), "both": tuple(map(float, both))}
    likelihood = {kind: line.log_likelihood(np.array(b)) for kind, b in fits.items()}
    tests = {
        kind: float(chi2.sf(max(0.0, 2 * (likelihood["both"] - likelihood[kind])), df))
        for kind, df in (("none", 2), ("intercept", 1))
    }
    kind = next((kind for kind in tests if tests[kind] > 1 - confidence), "both")
    return Update(kind, *fits[kind], tests["none"])


def on_halves(
    cells: pd.DataFrame, threshold: float, rng: np.random.Generator, confidence: float = 0.95
) -> tuple[Update, pd.Series, pd.Series]:
    """Choose an update on one random half of the units and evaluate it on the other.

    With fewer than `MIN_PER_CLASS` units of a kind in a half, or where no line can be fitted, nothing is changed.

    Parameters
    ----------
    cells
        Table of cells with `risk`, `events` and `others`.
    threshold
        Of risk, as in `performance.measure`.

    Returns
    -------
    update, before, after
        The choice, and rows of `performance.measure` of the other half.
    """
    first, second = split(cells, 0.5, rng)
    if min(half[each].sum() for half in (first, second) for each in COUNTS) < MIN_PER_CLASS:
        change = Update("few", np.nan, np.nan, np.nan)
    else:
        try:
            change = choose(first["risk"], *first[COUNTS].to_numpy().T, confidence)
        except ValueError:  # a single risk, or one that separates the two kinds
            change = Update("no_line", np.nan, np.nan, np.nan)
    risk, counts = second["risk"].to_numpy(), second[COUNTS].to_numpy().T
    updated = recalibrated(risk, change.intercept, change.slope) if np.isfinite(change.intercept) else risk
    before, after = (performance.measure(each, *counts, threshold, confidence) for each in (risk, updated))
    return change, before, after
