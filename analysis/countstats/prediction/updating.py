"""Does a model need to be recalibrated for new pupils, and how much? The closed test of Vergouwe and colleagues."""

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.glm.design import split
from countstats.glm.logit import Logit
from countstats.glm.solver import maximise
from countstats.prediction import performance
from countstats.prediction.calibration import check_overlap, log_odds, recalibrated


class Update(NamedTuple):
    """What was chosen (none, intercept or both), the intercept and slope to apply, and the p of no update at all.

    Where nothing could be chosen the kind says why: few (pupils) or no_line; the numbers are NaN then.
    """

    kind: str
    intercept: float
    slope: float
    p: float


def choose(risk, cases, controls, confidence=0.95):
    """Choose how to recalibrate predicted risks for the pupils given here: an Update.

    risk, cases, controls: arrays of the same length, as in `calibration`. First both intercept and slope are tested
    against leaving the model as it is (two degrees of freedom); if that is rejected, against moving the intercept alone
    (one). The smallest change that is not rejected is made, so that the error of the whole stays at 1 - confidence.
    Apply it with `calibration.recalibrated`. Vergouwe et al. 2017, doi 10.1002/sim.7179; likelihood-ratio tests.
    ValueError for one class alone, for a single risk, or where the risk separates cases from controls.

    The third step of the closed test, a fit of all coefficients anew, is left out.

    Why not a library: none has the procedure.
    """
    odds, counts = log_odds(risk, cases, controls)
    check_overlap(odds, counts)
    ones = np.ones((len(odds), 1))
    line = Logit(np.column_stack([ones, odds]), *counts.T)
    moved = maximise(Logit(ones, *counts.T, offset=odds), [0.0])[0]
    both = maximise(line, [0.0, 1.0])
    fits = {"none": (0.0, 1.0), "intercept": (float(moved), 1.0), "both": tuple(map(float, both))}
    likelihood = {kind: line.log_likelihood(np.array(b)) for kind, b in fits.items()}
    tests = {
        kind: float(chi2.sf(max(0.0, 2 * (likelihood["both"] - likelihood[kind])), df))
        for kind, df in (("none", 2), ("intercept", 1))
    }
    kind = next((kind for kind in tests if tests[kind] > 1 - confidence), "both")
    return Update(kind, *fits[kind], tests["none"])


def on_halves(cells, threshold, rng, confidence=0.95, least=20):
    """Choose an update on one random half of some pupils and judge it on the other: (Update, before, after).

    cells: with `risk`, `events` and `others`; threshold: of risk; before and after: rows of `performance.measure`, of
    the other half. With fewer than `least` pupils of a kind in a half, or no line to be had there, nothing is changed.
    """
    first, second = split(cells, 0.5, rng)
    if min(half[each].sum() for half in (first, second) for each in COUNTS) < least:
        change = Update("few", np.nan, np.nan, np.nan)
    else:
        try:
            change = choose(first["risk"], *first[COUNTS].to_numpy().T, confidence)
        except ValueError:  # a single risk, or one that separates the two kinds
            change = Update("no_line", np.nan, np.nan, np.nan)
    risk, counts = second["risk"].to_numpy(), second[COUNTS].to_numpy().T
    moved = recalibrated(risk, change.intercept, change.slope) if np.isfinite(change.intercept) else risk
    return change, *(performance.measure(each, *counts, threshold, confidence) for each in (risk, moved))
