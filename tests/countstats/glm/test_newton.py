"""The quick fit is the fit of statsmodels, and with a penalty that of scikit-learn."""

import numpy as np
import pytest
from agreement import digits
from samples import fair_rows, logit
from sklearn.linear_model import LogisticRegression
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from countstats.glm import newton
from countstats.glm.design import TIGHT


@pytest.fixture(scope="module")
def fair():
    """Fair's women with the constant first, and their outcome as events and n."""
    x, y = fair_rows()
    x = np.column_stack([np.ones(len(x)), x.drop(columns="const")])
    return x, y.to_numpy(float), np.ones(len(y))


def test_it_is_statsmodels_fit(fair):
    x, events, n = fair
    expected = logit(x, events, n - events)
    found = newton.fit(*fair)
    assert min(map(digits, found, expected.params)) > 9
    assert digits(newton.log_likelihood(*fair, found), expected.llf) > 12
    start = found + 0.1 * np.random.default_rng(1).normal(size=len(found))
    assert min(map(digits, newton.fit(*fair, start=start), found)) > 9, "the start must not matter"


def test_an_offset_is_statsmodels_offset(fair):
    x, events, n = fair
    offset = np.random.default_rng(2).normal(size=len(n))
    expected = GLM(np.column_stack([events, n - events]), x, family=Binomial(), offset=offset).fit(**TIGHT)
    assert min(map(digits, newton.fit(*fair, offset=offset), expected.params)) > 9


@pytest.mark.parametrize("ridge", [0.5, 30.0])
def test_ridge_is_scikit_learns(fair, ridge):
    """scikit-learn's penalty is half the squared coefficients over C, the intercept free."""
    x, events, _ = fair
    other = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x[:, 1:], events)
    assert min(map(digits, newton.fit(*fair, ridge=ridge), [*other.intercept_, *other.coef_[0]])) > 7


def test_the_effective_number_of_terms_falls_with_the_penalty(fair):
    x, _, n = fair
    b = newton.fit(*fair)
    terms = [newton.effective_df(x, n, b, ridge) for ridge in (0, 1, 100, 1e9)]
    assert terms[0] == pytest.approx(x.shape[1] - 1)
    assert terms[0] > terms[1] > terms[2] > terms[3] and terms[3] < 1e-3
    # By hand: the trace of I (I + P)^-1 over the eigenvalues, where the intercept has been swept out.
    risk = 1 / (1 + np.exp(-x @ b))
    weight = risk * (1 - risk)
    centred = x[:, 1:] - (weight @ x[:, 1:]) / weight.sum()
    eigenvalues = np.linalg.eigvalsh(centred.T @ (centred * weight[:, None]))
    assert digits(terms[1], (eigenvalues / (eigenvalues + 1)).sum()) > 8


def test_cutting_a_cell_in_two_changes_nothing():
    x = np.array([[1, 0], [1, 1], [1, 1]], dtype=float)
    whole = newton.fit(x[:2], [3, 9], [10, 20])
    assert np.allclose(newton.fit(x, [3, 4, 5], [10, 8, 12]), whole, rtol=1e-12)


def test_a_term_that_nobody_has_stays_where_it_started():
    x = np.array([[1, 0, 0], [1, 1, 0]], dtype=float)
    found = newton.fit(x, [3, 9], [10, 20], start=[0, 0, 0.7])
    assert found[2] == pytest.approx(0.7)
    assert found[0] == pytest.approx(np.log(3 / 7)) and found[1] == pytest.approx(np.log(9 / 11) - np.log(3 / 7))


def test_a_term_without_events_ends_far_away_and_finite():
    x = np.array([[1, 0], [1, 1]], dtype=float)
    found = newton.fit(x, [3, 0], [10, 20])
    assert np.isfinite(found).all() and found[1] < -10
