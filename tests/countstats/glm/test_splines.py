"""Restricted cubic splines: straight beyond the outer knots, smooth at all, and the curves that patsy spans."""

import numpy as np
import pytest
from patsy import dmatrix

from countstats.glm import splines

AGES = np.arange(6, 20)
PUPILS = np.array([3, 9, 14, 20, 28, 40, 66, 71, 70, 52, 44, 30, 12, 4])


@pytest.mark.parametrize("number", [3, 4, 5])
def test_knots_are_quantiles_of_units(number):
    found = splines.knots(AGES, PUPILS, number)
    expected = np.quantile(np.repeat(AGES, PUPILS), splines.PLACES[number])
    assert found == pytest.approx(np.unique(expected))


@pytest.mark.parametrize("number", [3, 4, 5])
def test_spline_spans_the_curves_of_patsy(number):
    knots = np.unique(splines.knots(AGES, PUPILS, number))
    x = np.linspace(knots[0], knots[-1], 60)
    ours = np.column_stack([np.ones(60), splines.restricted_cubic(x, knots)])
    theirs = np.asarray(
        dmatrix("cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1",
                {"x": x, "inner": knots[1:-1], "low": knots[0], "high": knots[-1]})
    )  # fmt: skip
    assert ours.shape == theirs.shape
    weights = np.linalg.lstsq(theirs, ours, rcond=None)[0]
    assert np.abs(theirs @ weights - ours).max() < 1e-9
    assert np.linalg.matrix_rank(weights) == len(knots)


def test_spline_is_smooth_and_straight_outside():
    knots = np.array([9.0, 12, 15, 17])
    for outside in (np.array([3.0, 5, 7, 9]), np.array([17.0, 20, 23, 26])):
        assert np.abs(np.diff(splines.restricted_cubic(outside, knots), 2, axis=0)).max() < 1e-9
    step = 1e-4
    for knot in knots:
        around = splines.restricted_cubic(knot + step * np.arange(-2, 3), knots)
        slopes = np.diff(around, axis=0) / step
        assert np.abs(np.diff(slopes, axis=0)).max() < 1e-3, "the slope jumps"
    assert (splines.restricted_cubic(AGES, knots)[:, 0] == AGES).all()


def test_columns_are_named_and_fewer_without_a_curve():
    found = splines.columns("age", AGES, PUPILS, 4)
    assert list(found) == [("age", "line"), ("age", "curve 1"), ("age", "curve 2")]
    assert list(splines.columns("age", [9, 10], [5, 5], 4)) == [("age", "line")]
