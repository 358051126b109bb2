"""The multinomial model agrees with statsmodels on rows; the test of proportional odds with its closed form."""

import numpy as np
import pandas as pd
import pytest
from samples import rated_marriages, reference
from statsmodels.discrete.discrete_model import MNLogit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from countstats.glm import logit, multinomial, ordinal
from countstats.glm.solver import NoEstimate

LEVELS = ["well", "imbalance", "high_risk"]
TERMS = pd.MultiIndex.from_tuples([("intercept", ""), ("sex", "female"), ("stage", "junior"), ("stage", "senior")])


def drawn(n=3000, seed=2):
    """Cells of sex and stage with counts of the three levels, and the level of each row."""
    rng = np.random.default_rng(seed)
    sex, stage = rng.integers(0, 2, n), rng.integers(0, 3, n)
    x = pd.DataFrame(np.column_stack([np.ones(n), sex, stage == 1, stage == 2]).astype(float), columns=TERMS)
    eta = np.column_stack([np.zeros(n), -0.6 + 0.3 * sex + 0.4 * (stage == 1), -1.5 + 0.9 * sex - 0.2 * (stage == 2)])
    probability = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    level = (rng.random(n)[:, None] > probability.cumsum(axis=1)).sum(axis=1)
    counts = pd.DataFrame(np.eye(3)[level], columns=LEVELS)
    both = pd.concat([x.set_axis(range(4), axis=1), counts], axis=1).groupby([0, 1, 2, 3], as_index=False).sum()
    return both[[0, 1, 2, 3]].set_axis(TERMS, axis=1), both[LEVELS], x, level


def test_fit_agrees_with_vgam(agrees):
    x, counts = rated_marriages()
    found, expected = multinomial.fit(x.assign(**{"(Intercept)": 1.0}), counts), reference("models")
    for (rating, term), row in found.table().iterrows():
        for name in ("b", "se"):
            theirs = expected["fair", f"multinomial {term}:{int(rating) - 3}", name]
            agrees("multinomial, VGAM", row[name], theirs, 9)
    agrees("multinomial, VGAM", found.log_likelihood, expected["fair", "multinomial", "log_likelihood"], 12)


def test_fit_agrees_with_statsmodels_on_rows(agrees):
    x, counts, rows, level = drawn()
    theirs = MNLogit(level, rows.to_numpy()).fit(disp=False, method="newton", tol=1e-14)
    ours = multinomial.fit(x, counts)
    agrees("multinomial: coefficients", ours.estimates, np.asarray(theirs.params).T.ravel(), 12)
    agrees("multinomial: errors", ours.table()["se"], np.asarray(theirs.bse).T.ravel(), 12)
    agrees("multinomial: log-likelihood", ours.log_likelihood, theirs.llf, 12)
    assert list(ours.estimates.loc["high_risk"].index) == list(TERMS)


def test_two_categories_are_the_logistic_model(agrees):
    x, counts, *_ = drawn()
    two = counts[["well", "high_risk"]]
    ours = multinomial.fit(x, two)
    other = logit.fit(x, two.set_axis(["others", "events"], axis=1))
    agrees("multinomial of two: coefficients", ours.estimates, other.estimates, 12)
    agrees("multinomial of two: covariance", ours.covariance, other.covariance, 12)


def test_fit_refuses_empty_categories():
    x, counts, *_ = drawn()
    with pytest.raises(ValueError, match="no unit"):
        multinomial.fit(x, counts.assign(high_risk=0))
    bare = counts.copy()
    bare.loc[x["stage", "senior"] == 1, "high_risk"] = 0
    with pytest.raises(NoEstimate):
        multinomial.fit(x, bare)


def test_departures_agree_with_closed_forms(agrees):
    """With one yes/no term the model with departures has as many coefficients as there are shares to fit."""
    x, counts, rows, level = drawn()
    girl = x[[("sex", "female")]]
    common = ordinal.fit(girl, counts)
    test, by_variable = ordinal.departures(girl, counts, common)
    table = counts.groupby(girl["sex", "female"].to_numpy()).sum().to_numpy()
    saturated = (table * np.log(table / table.sum(axis=1, keepdims=True))).sum()
    theirs = OrderedModel(level, rows[[("sex", "female")]].to_numpy(), distr="logit")
    restricted = theirs.fit(method="newton", disp=False, tol=1e-12).llf
    assert test.df == 1
    agrees("test of proportional odds", test.chi_square, 2 * (saturated - restricted), 11)
    # Wald's test: the two log odds ratios of the table, whose covariance the shares give.
    shares = table / table.sum(axis=1, keepdims=True)
    above = [shares[:, 1:].sum(axis=1), shares[:, 2]]
    difference = [np.log(each[1] / (1 - each[1])) - np.log(each[0] / (1 - each[0])) for each in above]
    variance = 0.0
    for group, n in enumerate(table.sum(axis=1)):
        q1, q2 = above[0][group], above[1][group]
        # cov(log odds of q1, of q2) = q2 (1 - q1) / (n q1 (1 - q1) q2 (1 - q2)), since q2 is within q1
        variance += 1 / (n * q1 * (1 - q1)) + 1 / (n * q2 * (1 - q2)) - 2 / (n * q1 * (1 - q2))
    expected = (difference[1] - difference[0]) ** 2 / variance
    agrees("departure of a variable", by_variable.loc["sex", "chi_square"], expected, 12)


def test_departures_reject_where_they_should():
    rejected = {}
    for departure in (0.0, 0.6):
        p = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            girl = np.repeat([0.0, 1.0], 4000)
            probability = 1 / (1 + np.exp(-np.column_stack([0.5 * girl - 0.5, (0.5 + departure) * girl - 2])))
            level = (rng.random(8000)[:, None] < probability).sum(axis=1)
            counts = pd.DataFrame([np.bincount(level[girl == each], minlength=3) for each in (0, 1)], columns=LEVELS)
            x = pd.DataFrame({("sex", "female"): [0.0, 1.0]})
            p.append(ordinal.departures(x, counts, ordinal.fit(x, counts)).test.p)
        rejected[departure] = np.mean(np.array(p) < 0.05)
    assert rejected[0.0] < 0.3 and rejected[0.6] > 0.9
