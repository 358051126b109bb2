"""Does a model need to be recalibrated for new pupils, and how much? The closed test of Vergouwe and colleagues."""

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2

from hotline.stats import newton
from hotline.stats.calibration import check_overlap, log_odds


class Update(NamedTuple):
    """What was chosen (none, intercept or both), the intercept and slope to apply, and the p of no update at all."""

    kind: str
    intercept: float
    slope: float
    p: float


def choose(risk, cases, controls, level=0.95):
    """Choose how to recalibrate predicted risks for the pupils given here: an Update.

    risk, cases, controls: arrays of the same length, as in `calibration`. First both intercept and slope are tested
    against leaving the model as it is (two degrees of freedom); if that is rejected, against moving the intercept alone
    (one). The smallest change that is not rejected is made, so that the error of the whole stays at 1 - level. Apply it
    with `calibration.recalibrated`. Vergouwe et al. 2017, doi 10.1002/sim.7179; likelihood-ratio tests.
    ValueError for one class alone, for a single risk, or where the risk separates cases from controls.

    Why not a library: none has the procedure.
    """
    odds, counts = log_odds(risk, cases, controls)
    check_overlap(odds, counts)
    events, n = counts[:, 0], counts.sum(axis=1)
    ones = np.ones((len(odds), 1))
    line = np.column_stack([ones, odds])
    moved = newton.fit(ones, events, n, offset=odds)[0]
    both = newton.fit(line, events, n, start=[0.0, 1.0])
    fits = {"none": (0.0, 1.0), "intercept": (float(moved), 1.0), "both": tuple(map(float, both))}
    likelihood = {kind: newton.log_likelihood(line, events, n, np.array(b)) for kind, b in fits.items()}
    tests = {
        kind: float(chi2.sf(max(0.0, 2 * (likelihood["both"] - likelihood[kind])), df))
        for kind, df in (("none", 2), ("intercept", 1))
    }
    kind = next((kind for kind in tests if tests[kind] > 1 - level), "both")
    return Update(kind, *fits[kind], tests["none"])
