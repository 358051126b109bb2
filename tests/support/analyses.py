"""Coefficients of three analyses of five terms, and the fixture of them side by side."""

import numpy as np
import pandas as pd
import pytest

from hotline.models import sensitivity

TERMS = pd.MultiIndex.from_tuples(
    [("intercept", ""), ("sex", "female"), ("stage", "junior"), ("stage", "senior"), ("bullying", "yes")],
    names=["variable", "code"],
)


def coefficients(b, se):
    b, se = np.array(b), np.array(se)
    return pd.DataFrame({"b": b, "se": se, "low": b - 2 * se, "high": b + 2 * se, "p": 0.01}, index=TERMS)


@pytest.fixture
def tidy():
    main = coefficients([-1.0, 0.5, 0.1, 0.6, 0.4], [0.1] * 5)
    other = coefficients([-1.0, 0.5, 0.3, 0.6, 0.4], [0.1, 0.1, 0.1, 0.1, 0.3])
    other.loc[("bullying", "missing"), :] = 0.5
    return sensitivity.gather({"main": main, "firth": main, "city": other, "calls": None})
