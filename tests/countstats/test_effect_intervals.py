"""Limits of omega squared and V: the distribution behind them, cases worked by hand, and a sample of their coverage.

`make coverage` measures it at the study's own distributions, with more draws; those here have the same shapes.
"""

import numpy as np
import pytest
from scipy.stats import ncx2, norm

from countstats import effect_size
from countstats.effect_intervals import cramers_v_limits, length_limits, length_probability, omega_squared_limits

# Shares of groups (down) by value: most are 0, the more so in the largest group, which also spreads least.
CALLS = np.array([[0.56, 0.030, 0.013, 0.008], [0.19, 0.040, 0.030, 0.020], [0.03, 0.024, 0.025, 0.030]])
CALLS /= CALLS.sum()
VALUES = np.array([0, 1, 2, 4])
# Shares of a category (across) that is rare but in the smallest group.
TREATED = np.array([[0.573, 0.037], [0.249, 0.037], [0.075, 0.029]])
DRAWS = 300


def no_association(shares):
    """The table with the same margins in which rows and columns have nothing to do with each other."""
    return np.outer(shares.sum(axis=1), shares.sum(axis=0))


def noncentral(eta2, n, groups):
    """Limits of omega squared by Fisher's F."""
    df = groups - 1, n - groups
    return effect_size.noncentral_omega_squared(eta2 / (1 - eta2) * df[1] / df[0], *df)


def eta_squared(counts, values=VALUES):
    """The share of variance between groups, from sums of squares."""
    n, sums = counts.sum(axis=1), counts @ values
    mean = sums.sum() / n.sum()
    return float((n * (sums / n - mean) ** 2).sum() / (counts.sum(axis=0) @ (values - mean) ** 2))


def coverage(shares, n, limits, truth):
    """Of samples of size n, the share whose limits hold the truth."""
    tables = np.random.default_rng(12355).multinomial(n, shares.ravel(), size=DRAWS).reshape(DRAWS, *shares.shape)
    ends = np.array([limits(table) for table in tables])
    return np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1]))


# --- the length of a normal vector -----------------------------------------------------------------------


def test_length_in_one_dimension_is_a_folded_normal():
    for mean, sd, length in ((0, 1, 0.5), (1.3, 0.4, 1.9), (5, 2, 4)):
        exact = norm.cdf(length, mean, sd) - norm.cdf(-length, mean, sd)
        assert length_probability(length, [mean], [[sd**2]]) == pytest.approx(exact, rel=1e-6)


def test_length_is_a_noncentral_chi_square_where_all_directions_vary_alike():
    mean = np.array([0.3, -1.2, 0.8])
    exact = ncx2.cdf(2.5**2 / 0.49, 3, mean @ mean / 0.49)
    assert length_probability(2.5, mean, 0.49 * np.eye(3)) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("size", [0.0, 1.0, 4.0])
def test_length_in_uneven_directions_against_draws(size):
    rng = np.random.default_rng(1)
    spread = np.diag([2.0, 1.0, 0.3])
    mean = size * np.array([0.5, 0.5, np.sqrt(0.5)])
    drawn = np.linalg.norm(rng.standard_normal((200_000, 3)) @ np.sqrt(spread) + mean, axis=1)
    for probability in (0.5, 0.9, 0.975):
        length = np.quantile(drawn, probability)
        assert length_probability(length, mean, spread) == pytest.approx(probability, abs=0.02)


def test_length_of_what_hardly_varies_is_normal():
    """Noncentralities that scipy's distribution does not reach, and none at all."""
    assert length_probability(1e6, [1e6, 0], np.eye(2)) == pytest.approx(0.5, abs=1e-6)
    assert length_probability(2.0, [1.0, 1.0], np.zeros((2, 2))) == 1
    assert length_probability(1.0, [1.0, 1.0], np.zeros((2, 2))) == 0


def test_limits_of_a_length_far_from_zero_are_those_of_a_normal_variable():
    limits = length_limits(np.array([30.0, 40.0]), lambda times: np.diag([4.0, 1.0]), 1e9)
    half = norm.ppf(0.975) * np.sqrt(0.6**2 * 4 + 0.8**2)
    assert limits == pytest.approx((50 - half, 50 + half), abs=0.07)
    assert limits.high - limits.low == pytest.approx(2 * half, rel=1e-3)
    assert length_limits(np.zeros(2), lambda times: np.eye(2), 1.0) == (0, 0)


# --- coverage ---------------------------------------------------------------------------------------------


def test_omega_squared_is_held_where_values_are_skewed():
    truth = eta_squared(CALLS)
    assert 0.92 <= coverage(CALLS, 1000, lambda table: omega_squared_limits(VALUES, table), truth) <= 0.98
    assert coverage(CALLS, 1000, lambda table: noncentral(eta_squared(table), 1000, 3), truth) < 0.88


def test_v_is_held_where_a_category_is_rare():
    truth = effect_size.cramers_v((TREATED * 1e9).round()).v
    assert 0.92 <= coverage(TREATED, 1000, cramers_v_limits, truth) <= 0.98
    assert coverage(TREATED, 1000, effect_size.noncentral_cramers_v, truth) < 0.92


def test_no_effect_is_held_as_often_as_by_a_test_of_both_tails():
    assert 0.95 <= coverage(no_association(TREATED), 1000, cramers_v_limits, 0) <= 0.995
    same = no_association(CALLS)
    assert 0.95 <= coverage(same, 1000, lambda table: omega_squared_limits(VALUES, table), 0) <= 0.995


def test_no_effect_is_held_where_the_groups_spread_differently():
    """The means are the same; the smallest group has four times the spread."""
    values = np.array([-4, -1, 1, 4])
    shares = np.array([[0, 0.45, 0.45, 0], [0.05, 0, 0, 0.05]])
    assert 0.95 <= coverage(shares, 400, lambda table: omega_squared_limits(values, table), 0) <= 0.995
    assert coverage(shares, 400, lambda table: noncentral(eta_squared(table, values), 400, 2), 0) < 0.85


# --- cases worked by hand ---------------------------------------------------------------------------------


def test_limits_are_the_noncentral_ones_where_these_are_right():
    """Values like a normal variable's, with equal spreads; and an even table without much association."""
    values = np.arange(-40, 41) / 10
    bell = np.exp(-(values**2) / 2)
    counts = np.array([np.roll(bell, shift) for shift in (0, 1, 2)]) * 4000
    counts = counts.round()
    eta2 = eta_squared(counts, values)
    assert omega_squared_limits(values, counts) == pytest.approx(noncentral(eta2, counts.sum(), 3), rel=0.03)
    table = [[520, 480, 500], [480, 520, 500], [500, 470, 530]]
    assert cramers_v_limits(table) == pytest.approx(effect_size.noncentral_cramers_v(table), rel=0.01, abs=1e-6)


def test_v_without_an_effect_has_the_limit_of_pearsons_test():
    """The lower limit leaves 0 where the test of one tail has p below 0.025."""
    assert cramers_v_limits([[500, 500], [544, 456]])[0] == 0  # p = 0.049
    assert cramers_v_limits([[500, 500], [552, 448]])[0] > 0  # p = 0.020


def test_whole_association_reaches_one_and_leaves_room_below():
    low, high = cramers_v_limits([[5, 0], [0, 5]])
    assert 0.3 < low < 0.6 and high == pytest.approx(1)
    low, high = cramers_v_limits([[50, 0, 0], [0, 50, 0], [0, 0, 50]])
    assert 0.9 < low < 1 and high == pytest.approx(1)


def test_limits_hold_the_estimate_and_do_not_depend_on_order_or_unit():
    counts = np.array([[30, 5, 1], [10, 8, 4], [2, 3, 6]])
    one = omega_squared_limits([0, 1, 3], counts)
    assert omega_squared_limits([20, 15, 5], counts[[2, 0, 1]]) == pytest.approx(one, rel=1e-9)
    assert cramers_v_limits(counts.T[[1, 0, 2]]) == pytest.approx(cramers_v_limits(counts), rel=1e-9)
    df = 2, counts.sum() - 3
    eta2 = eta_squared(counts, np.array([0, 1, 3]))
    assert one.low <= effect_size.omega_squared(eta2 / (1 - eta2) * df[1] / df[0], *df) <= one.high
    assert cramers_v_limits(counts).low <= effect_size.cramers_v(counts).v_corrected <= cramers_v_limits(counts).high


def test_wider_with_more_confidence():
    narrow, wide = (omega_squared_limits(VALUES, (CALLS * 500).round(), confidence) for confidence in (0.9, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_what_has_no_limits_is_refused():
    with pytest.raises(ValueError, match="a group is empty"):
        omega_squared_limits([0, 1], [[3, 4], [0, 0]])
    with pytest.raises(ValueError, match="all values are the same"):
        omega_squared_limits([0, 1], [[3, 0], [4, 0]])
    with pytest.raises(ValueError, match="a count is no whole number"):
        omega_squared_limits([0, 1], [[3, 4.5], [1, 1]])
    with pytest.raises(ValueError, match="a row or a column of the table is empty"):
        cramers_v_limits([[3, 4], [0, 0]])
    with pytest.raises(ValueError, match="two rows and two columns at least"):
        cramers_v_limits([[3, 4]])


def test_limits_of_many_units_close_in_with_the_root_of_their_number():
    few, many = (np.diff(omega_squared_limits(VALUES, (CALLS * n).round()))[0] for n in (4e7, 4e11))
    assert few / many == pytest.approx(100, rel=1e-3)
    few, many = (np.diff(cramers_v_limits((TREATED * n).round()))[0] for n in (4e7, 4e11))
    assert few / many == pytest.approx(100, rel=1e-3)
