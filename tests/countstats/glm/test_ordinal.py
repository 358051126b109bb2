"""The ordinal models agree with statsmodels where it has them, and with themselves where it has not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from samples import rated_marriages, reference
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from countstats.glm import ordinal
from countstats.glm.design import Dense
from countstats.glm.solver import NoEstimate
from countstats.glm.wald import GLM_TOL

LEVELS = ["well", "imbalance", "high_risk"]


def drawn(n=4000, departure=0.0, seed=3):
    """Terms and one-hot counts of n units from a known model."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"girl": rng.integers(0, 2, n), "pressed": rng.integers(0, 3, n)}).astype(float)
    shared = 0.6 * x["girl"] + 0.3 * x["pressed"]
    probability = expit(np.column_stack([shared - 1, shared - 2.5 + departure * x["girl"]]))
    level = (rng.random(n)[:, None] < probability).sum(axis=1)
    return x, pd.DataFrame(np.eye(3, dtype=int)[level], columns=LEVELS), level


def grouped(x, counts):
    """The same units as cells with counts."""
    both = pd.concat([x, counts], axis=1).groupby(list(x.columns), as_index=False).sum()
    return both[x.columns], both[counts.columns]


def expected_errors(theirs, x):
    """The errors of statsmodels' estimates from the expected information, in place of the observed one.

    The information is the mean of the squared slopes of a row's log-likelihood over the levels that it might have.
    """
    levels, rows = theirs.model.k_levels, len(x)
    might = OrderedModel(np.repeat(np.arange(levels), rows), np.tile(x, (levels, 1)), distr="logit")
    slopes = might.score_obs(theirs.params.to_numpy())
    probability = theirs.predict().T.ravel()
    return np.sqrt(np.diag(np.linalg.inv(slopes.T @ (slopes * probability[:, None]))))


def test_fit_agrees_with_statsmodels_on_rows(agrees):
    x, counts, level = drawn()
    theirs = OrderedModel(level, x, distr="logit").fit(method="newton", disp=False, tol=1e-12)
    ours = ordinal.fit(*grouped(x, counts))
    agrees("ordinal: coefficients", ours.estimates[["girl", "pressed"]], theirs.params.iloc[:2], 9)
    thresholds = theirs.model.transform_threshold_params(theirs.params.to_numpy())[1:-1]
    ours_intercepts = [ours.estimates[f"{name}: intercept"] for name in LEVELS[1:]]
    agrees("ordinal: coefficients", ours_intercepts, -thresholds, 9)
    agrees("ordinal: log-likelihood", ours.log_likelihood, theirs.llf, 13)
    agrees("ordinal: errors", ours.table()["se"][["girl", "pressed"]], expected_errors(theirs, x.to_numpy())[:2], 9)


def test_cells_and_rows_agree(agrees):
    x, counts, _ = drawn(departure=0.5)
    departing = {"high_risk": ["girl"]}
    rows, cells = ordinal.fit(x, counts, departing), ordinal.fit(*grouped(x, counts), departing)
    # A fit ends when no coefficient moves by a billionth.
    agrees("ordinal, against rows", rows.estimates, cells.estimates, 9)
    agrees("ordinal, against rows", rows.covariance, cells.covariance, 9)


@pytest.mark.parametrize("name", ["ordinal", "departing"])
def test_fit_with_departures_agrees_with_vgam(name, agrees):
    x, counts = rated_marriages()
    found = ordinal.fit(x, counts, {"5": list(x.columns)} if name == "departing" else None)
    expected, ours = reference("models"), found.estimates
    theirs = {"(Intercept):1": ours["4: intercept"], "(Intercept):2": ours["5: intercept"]}
    for term in x:
        if name == "ordinal":
            theirs[term] = ours[term]
        else:
            theirs |= {f"{term}:1": ours[term], f"{term}:2": ours[term] + ours[f"5: {term}"]}
    for term, b in theirs.items():
        agrees("ordinal: coefficients, VGAM", b, expected["fair", f"{name} {term}", "b"], 9)
    agrees("ordinal: log-likelihood, VGAM", found.log_likelihood, expected["fair", name, "log_likelihood"], 12)
    if name == "ordinal":
        for term, se in found.table()["se"][["skilled", "children"]].items():
            agrees("ordinal: errors, VGAM", se, expected["fair", f"{name} {term}", "se"], 9)


def test_two_categories_are_a_logistic_model(agrees):
    x, counts, level = drawn()
    theirs = sm.GLM((level > 0).astype(int), sm.add_constant(x), family=sm.families.Binomial()).fit(**GLM_TOL)
    two = pd.DataFrame({"well": counts["well"], "at_risk": counts["imbalance"] + counts["high_risk"]})
    ours = ordinal.fit(x, two)
    agrees("ordinal of two", ours.table()[["b", "se"]], np.column_stack([theirs.params, theirs.bse]), 12)


def test_saturated_fit_gives_the_shares(agrees):
    x, counts, _ = drawn(departure=0.8)
    x = x[["girl"]]
    cells, many = grouped(x, counts)
    found = ordinal.fit(cells, many, {"high_risk": ["girl"]}).estimates
    for girl, row in enumerate(many.to_numpy() / many.to_numpy().sum(axis=1, keepdims=True)):
        first = found.iloc[0] + girl * found.iloc[-1]
        second = found.iloc[1] + girl * (found.iloc[2] + found.iloc[-1])
        agrees("ordinal: shares of a saturated table", expit([first, second]), [1 - row[0], row[2]], 12)


def test_fit_refuses_empty_categories_and_infinite_estimates():
    x, counts, _ = drawn(300)
    with pytest.raises(ValueError, match="no unit"):
        ordinal.fit(x, counts.assign(imbalance=0))
    never = x.assign(never=(counts["well"] == 1).astype(float))
    with pytest.raises(NoEstimate):
        ordinal.fit(never, counts)


def test_fit_refuses_infinite_estimates_far_out():
    """All of the first three cells are high: their probability get so near to one that a difference would be zero."""
    counts = pd.DataFrame({"low": [0, 0, 0, 1, 1, 3], "high": [1, 1, 1, 1, 1, 1]})
    x = pd.DataFrame({"girl": [0, 0, 0, 1, 1, 1], "pressed": [0, 1, 2, 0, 1, 2]}).astype(float)
    with pytest.raises(NoEstimate):
        ordinal.fit(x, counts)


def test_probability_between_two_near_one_is_not_zero():
    """Far out the difference of the two cumulative probability would be zero; there it is that of their rests."""
    model = ordinal.Ordinal(Dense(np.ones((1, 2))), [np.array([0])] * 2, np.ones((1, 3)))
    eta, probability = model.probabilities(np.array([40.0, 38.0, 0.5]))
    assert eta.tolist() == [[40.5, 38.5]]
    expected = [np.exp(-40.5), np.exp(-38.5) - np.exp(-40.5), 1]
    assert probability[0].tolist() == pytest.approx(expected, rel=1e-12, abs=0)
