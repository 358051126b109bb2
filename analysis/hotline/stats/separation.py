"""Which coefficients have no finite estimate, since a combination of terms tells some pupils' outcome for certain.

The likelihood of a logistic model has a maximum unless some combination x b is never negative for a pupil with the
event, never positive for one without, and not nought for all (Albert and Anderson 1984, Biometrika 71: 1-10, doi
10.1093/biomet/71.1.1). Whether there is one is a linear programme, and its solution names the terms (Konis 2007,
Linear programming algorithms for detecting separated data in binary logistic regression models, Oxford).

Why not a library: statsmodels tells only of a perfect prediction of everybody. The programme itself is scipy's.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linprog


def infinite_terms(matrix, cells):
    """The terms whose maximum-likelihood estimate is infinite: a Series of -1 or 1 (its sign), by term.

    matrix   a design matrix, (cells, terms);  cells   its counts: events and others
    Empty where every estimate is finite.
    """
    x = matrix.to_numpy(float)
    events, others = (cells[name].to_numpy() > 0 for name in ("events", "others"))
    rows = np.vstack([x[events], -x[others]])
    solved = linprog(-rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1), method="highs")
    if solved.status != 0:
        raise RuntimeError(f"the linear programme of separation did not come to an end: {solved.message}")
    if solved.fun > -1e-6:  # nothing but directions in which no pupil differs
        return pd.Series(dtype=int, index=matrix.columns[:0])
    b = pd.Series(np.sign(np.where(np.abs(solved.x) > 1e-7, solved.x, 0)), matrix.columns)
    return b[b != 0].astype(int)
