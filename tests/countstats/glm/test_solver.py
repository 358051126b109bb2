"""Newton's steps find the maximum of a log-likelihood, or say that there is none."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm

from countstats.glm.solver import Fit, NoEstimate, covariance, maximise, solve


class Model:
    """A log-likelihood of one or more independent coefficients, from its value, slope and curvature."""

    def __init__(self, value, slope, curvature):
        self.value, self.slope, self.curvature = value, slope, curvature

    def value_and_score(self, b):
        return self.value(b).sum(), self.slope(b)

    def information(self, b):
        return np.diag(self.curvature(b))


PARABOLA = Model(lambda b: -((b - 3) ** 2), lambda b: -2 * (b - 3), lambda b: 2 + 0 * b)
FLAT_FAR_OUT = Model(lambda b: -np.log(np.cosh(b)), lambda b: -np.tanh(b), lambda b: 1 / np.cosh(b) ** 2)
RISING = Model(lambda b: -np.exp(-b), lambda b: np.exp(-b), lambda b: np.exp(-b))


def test_maximise_solves_a_parabola():
    assert maximise(PARABOLA, [0.0, 10.0]) == pytest.approx([3, 3], rel=1e-14)
    assert covariance(PARABOLA, np.zeros(2)) == pytest.approx(np.eye(2) / 2)


def test_maximise_halves_steps_that_lead_downwards():
    """From 2, whole steps of Newton's lead ever further away: to -11, and then beyond all numbers."""
    assert abs(2 - np.sinh(2) * np.cosh(2)) > 10
    assert maximise(FLAT_FAR_OUT, [2.0]) == pytest.approx([0], abs=1e-12)


def test_maximise_leaves_fixed_coefficients_at_their_start():
    assert maximise(PARABOLA, [0.0, 10.0], free=[True, False]) == pytest.approx([3, 10], rel=1e-14)
    assert maximise(PARABOLA, [0.0, 10.0], free=[False, False]).tolist() == [0, 10]


def test_maximise_refuses_a_likelihood_that_grows_for_ever():
    with pytest.raises(NoEstimate, match="did not settle in 60 steps"):
        maximise(RISING, [0.0])


def test_maximise_ends_at_its_tolerance():
    rough = maximise(FLAT_FAR_OUT, [0.9], tolerance=0.5)
    assert 1e-6 < abs(rough[0]) < 0.5


def test_solve_refuses_terms_without_information_of_their_own():
    alike = np.array([[2.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    with pytest.raises(NoEstimate, match="distinguished"):
        solve(alike, np.ones(3))
    with pytest.raises(NoEstimate, match="no finite estimate"):
        solve(np.diag([1.0, 0.0]), np.ones(2))
    almost = np.array([[1.0, 1 - 1e-12], [1 - 1e-12, 1.0]])
    with pytest.raises(NoEstimate, match="distinguished"):
        solve(almost, np.ones(2))


def test_solve_gives_vectors_and_columns_on_any_scale():
    matrix = np.array([[4e12, 1e6], [1e6, 1.0]])
    expected = np.linalg.inv(matrix)
    assert solve(matrix, np.eye(2)) == pytest.approx(expected, rel=1e-12)
    assert solve(matrix, np.array([1.0, 2.0])) == pytest.approx(expected @ [1, 2], rel=1e-12)


def test_fit_table_and_wald_test_of_one_coefficient_agree():
    fit = Fit(pd.Series([0.5, -2.0], ["a", "b"]), np.array([[0.04, 0.01], [0.01, 0.25]]), -10.0)
    table, test = fit.table(0.9), fit.wald(["b"])
    assert table.loc["a", ["low", "high"]].tolist() == pytest.approx(
        [0.5 - norm.ppf(0.95) * 0.2, 0.5 + norm.ppf(0.95) * 0.2]
    )
    assert test.chi_square == pytest.approx(16) and test.df == 1
    assert table.loc["b", "p"] == pytest.approx(test.p) == pytest.approx(chi2.sf(16, 1))
    with pytest.raises(KeyError):
        fit.wald(["c"])
