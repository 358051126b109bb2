"""Tables of counts: scipy's and statsmodels' tests, as the notebooks call them, against R; and our trend test."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from statsmodels.stats.contingency_tables import Table

from agreement import digits
from hotline.stats.contingency import cochran_armitage

REFERENCE = Path(__file__).parent / "reference"
TABLES = json.loads((REFERENCE / "tables.json").read_text())
R = pd.read_csv(REFERENCE / "r_tables.csv").set_index(["case", "test", "quantity"])["value"]
PEARSON = "Pearson chi-square (no Yates)"


@pytest.mark.parametrize("case", sorted(TABLES))
def test_chi_square_and_residuals_as_in_r(case):
    table = TABLES[case]
    counts = np.array(table["counts"])
    found = chi2_contingency(counts, correction=False)
    assert digits(found.statistic, R[case, PEARSON, "chi2"]) >= 12
    assert found.dof == R[case, PEARSON, "df"]
    assert digits(found.expected_freq.min(), R[case, PEARSON, "min_expected"]) >= 12
    residuals = Table(counts, shift_zeros=False).standardized_resids
    for i, row in enumerate(table["rows"]):
        for j, column in enumerate(table["cols"]):
            assert digits(residuals[i, j], R[case, f"cell {row} | {column}", "adj_std_resid"]) >= 9


def test_trend_as_in_r():
    """R 4.2.2, prop.trend.test on the share of any affair by rating of the marriage (statsmodels' `fair`)."""
    counts = np.array(TABLES["fair:rate_marriage x any affair"]["counts"])
    found = cochran_armitage(counts[:, 1], counts.sum(axis=1), scores=[1, 2, 3, 4, 5])
    assert digits(found["chi2"], 700.739325706974) >= 12
    assert digits(found["p"], 2.06506174754986e-154) >= 9
    assert found["slope"] < 0


def test_trend_does_not_depend_on_origin_or_unit():
    one = cochran_armitage([10, 20, 40], [100, 100, 100])
    other = cochran_armitage([10, 20, 40], [100, 100, 100], scores=[2019, 2021, 2023])
    assert other["chi2"] == pytest.approx(one["chi2"])
    assert other["slope"] == pytest.approx(one["slope"] / 2) == pytest.approx(0.075)


@pytest.mark.parametrize("events, totals", [([0, 0], [10, 10]), ([10, 10], [10, 10]), ([5, 0], [10, 0])])
def test_no_trend_to_be_tested(events, totals):
    with pytest.raises(ValueError, match="no trend"):
        cochran_armitage(events, totals)
