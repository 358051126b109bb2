"""The ordinal models agree with statsmodels where it has them, and with themselves where it has not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from hotline.stats import ordinal

LEVELS = ["well", "imbalance", "high_risk"]


def drawn(n=4000, departure=0.0, seed=3):
    """Terms and one-hot counts of n pupils from a known model."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"girl": rng.integers(0, 2, n), "pressed": rng.integers(0, 3, n)}).astype(float)
    shared = 0.6 * x["girl"] + 0.3 * x["pressed"]
    chances = expit(np.column_stack([shared - 1, shared - 2.5 + departure * x["girl"]]))
    level = (rng.random(n)[:, None] < chances).sum(axis=1)
    return x, pd.DataFrame(np.eye(3, dtype=int)[level], columns=LEVELS), level


def grouped(x, counts):
    """The same pupils as cells with counts."""
    both = pd.concat([x, counts], axis=1).groupby(list(x.columns), as_index=False).sum()
    return both[x.columns], both[counts.columns]


def test_proportional_odds_on_counts_agree_with_statsmodels_on_rows():
    x, counts, level = drawn()
    theirs = OrderedModel(level, x, distr="logit").fit(method="newton", disp=False, tol=1e-12)
    ours = ordinal.fit(*grouped(x, counts))
    assert ours.estimates[["girl", "pressed"]].tolist() == pytest.approx(theirs.params.iloc[:2].tolist(), rel=1e-6)
    thresholds = theirs.model.transform_threshold_params(theirs.params.to_numpy())[1:-1]
    ours_intercepts = [ours.estimates[f"{name}: intercept"] for name in LEVELS[1:]]
    assert ours_intercepts == pytest.approx((-thresholds).tolist(), rel=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)
    # They use the observed information, we the expected: close, not the same.
    assert ours.table()["se"][["girl", "pressed"]].tolist() == pytest.approx(theirs.bse.iloc[:2].tolist(), rel=0.02)


def test_cells_give_what_rows_give():
    x, counts, _ = drawn(departure=0.5)
    departing = {"high_risk": ["girl"]}
    rows, cells = ordinal.fit(x, counts, departing), ordinal.fit(*grouped(x, counts), departing)
    assert rows.estimates.tolist() == pytest.approx(cells.estimates.tolist(), rel=1e-9)
    assert rows.covariance == pytest.approx(cells.covariance, rel=1e-7)


def test_two_categories_are_a_logistic_model():
    x, counts, level = drawn()
    theirs = sm.GLM((level > 0).astype(int), sm.add_constant(x), family=sm.families.Binomial()).fit(tol=1e-12)
    two = pd.DataFrame({"well": counts["well"], "at_risk": counts["imbalance"] + counts["high_risk"]})
    ours = ordinal.fit(x, two)
    assert ours.table()[["b", "se"]].to_numpy() == pytest.approx(np.column_stack([theirs.params, theirs.bse]), rel=1e-7)


def test_all_terms_departing_at_a_saturated_table_fit_its_shares():
    x, counts, _ = drawn(departure=0.8)
    x = x[["girl"]]
    cells, many = grouped(x, counts)
    found = ordinal.fit(cells, many, {"high_risk": ["girl"]}).estimates
    for girl, row in enumerate(many.to_numpy() / many.to_numpy().sum(axis=1, keepdims=True)):
        first = found.iloc[0] + girl * found.iloc[-1]
        second = found.iloc[1] + girl * (found.iloc[2] + found.iloc[-1])
        assert expit([first, second]) == pytest.approx([1 - row[0], row[2]], rel=1e-8)


def test_an_empty_category_and_a_term_without_an_estimate_are_refused():
    x, counts, _ = drawn(300)
    with pytest.raises(ValueError, match="nobody"):
        ordinal.fit(x, counts.assign(imbalance=0))
    never = x.assign(never=(counts["well"] == 1).astype(float))
    with pytest.raises(ordinal.NoEstimate):
        ordinal.fit(never, counts)
