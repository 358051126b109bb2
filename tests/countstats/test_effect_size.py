"""Effect sizes and their intervals: against R's effectsize, and by their coverage."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from countstats import effect_size

REFERENCE = Path(__file__).parent / "reference"
IRIS = pd.read_csv(REFERENCE / "r_iris.csv").set_index(["case", "test", "quantity"])["value"]
TABLES = json.loads((REFERENCE / "tables.json").read_text())
R = pd.read_csv(REFERENCE / "r_tables.csv").set_index(["case", "test", "quantity"])["value"]
SIZES = "effect size (two-sided 95% CI)"
RAW, CORRECTED = "Cramer V raw, noncentral chi2 two-sided CI", "Cramer V bias-corrected (Bergsma) two-sided CI"


@pytest.mark.parametrize("case", sorted({case for case, _, _ in IRIS.index}))
def test_shares_of_variance(case, agrees):
    """Point estimates to 12 digits; limits to the 6 that R's optimiser keeps.

    R turns each estimate back into an F ratio and inverts the noncentral distribution at that.
    """
    for name, formula in (
        ("eta2", effect_size.eta_squared),
        ("omega2", effect_size.omega_squared),
    ):
        share = formula(IRIS[case, "one-way ANOVA", "F"], 2, 147)
        agrees(f"{name}", share, IRIS[case, SIZES, name], 12)
        limits = effect_size.noncentral_f_limits(share / (1 - share) * 147 / 2, 2, 147)
        for limit, end in zip(limits, ("lo", "hi"), strict=True):
            ours = effect_size.eta_squared(limit / 2, 2, 147)
            agrees(f"{name}: noncentral limits", ours, IRIS[case, SIZES, f"{name}_{end}"], 6)


def test_interval_of_the_population_share_covers():
    """Of 400 samples with a known share of variance, close to 95 in 100 intervals hold it."""
    rng = np.random.default_rng(20240715)
    share, df1, df2 = 0.004, 2, 997
    noncentrality = 1000 * share / (1 - share)
    f = rng.noncentral_f(df1, df2, noncentrality, size=400)
    limits = np.array([effect_size.noncentral_omega_squared(each, df1, df2) for each in f])
    covered = np.mean((limits[:, 0] <= share) & (share <= limits[:, 1]))
    assert 0.92 <= covered <= 0.98


def test_no_effect_gives_zero_and_an_interval_from_zero():
    assert effect_size.omega_squared(0.4, 2, 100) == 0
    low, high = effect_size.noncentral_omega_squared(0.4, 2, 100)
    assert low == 0 < high
    assert effect_size.noncentral_f_limits(0.01, 2, 100) == (0, 0)
    assert effect_size.cohen_f(0.2) == pytest.approx(0.5)


@pytest.mark.parametrize("case", sorted(TABLES))
def test_cramers_v(case, agrees):
    """Raw and corrected V to 12 digits; the limits of the population's V to the digits that R keeps."""
    table = np.array(TABLES[case]["counts"])
    found = effect_size.cramers_v(table)
    agrees("Cramer's V", found.v, R[case, RAW, "V"], 12)
    agrees("Cramer's V, bias-corrected", found.v_corrected, R[case, CORRECTED, "V_adj"], 12)
    for limit, theirs in zip(effect_size.noncentral_cramers_v(table), ("lo", "hi"), strict=True):
        agrees("Cramer's V: noncentral limits", limit, R[case, RAW, theirs], 5)
        # What R calls the interval of the corrected V is that of the raw V, corrected once more.
        twice = effect_size.bergsma(limit, table.sum(), *table.shape)
        agrees("Cramer's V: noncentral limits", twice, R[case, CORRECTED, theirs], 5)


def test_interval_of_v_agrees_with_the_test():
    """A table that is significant at p < 0.001 has an interval that leaves out zero."""
    table = np.array(TABLES["fair:occupation x rate_marriage"]["counts"])
    assert chi2_contingency(table).pvalue < 0.001
    low, high = effect_size.noncentral_cramers_v(table)
    assert 0 < low < effect_size.cramers_v(table).v_corrected < high


def test_v_of_independence_and_of_identity():
    none = effect_size.cramers_v([[10, 20], [30, 60]])
    assert none.v == pytest.approx(0, abs=1e-12)
    assert none.v_corrected == effect_size.noncentral_cramers_v([[10, 20], [30, 60]])[0] == 0
    assert effect_size.cramers_v([[50, 0], [0, 50]]).v == pytest.approx(1)


def test_limits_hold_where_the_library_stops():
    """Noncentralities far above 10,000, as forty million calls give them."""
    low, high = effect_size.noncentral_chi2_limits(2e6, 14)
    # For large values the statistic is normal with mean nc + df and variance 2 (df + 2 nc).
    assert (low + high) / 2 == pytest.approx(2e6 - 14, rel=1e-5)
    assert (high - low) / 2 == pytest.approx(1.959964 * np.sqrt(4 * 2e6), rel=1e-3)


def test_standardized_differences_worked_by_hand():
    """Austin 2009: means 5 and 3 with variances 4 and 4 are one standard deviation apart."""
    assert effect_size.difference_of_means([5, 3, 4], [4, 4, 4]) == pytest.approx(1.0)
    assert effect_size.difference_of_means([1, 1], [0, 0]) == 0
    assert effect_size.difference_of_means([1, 2], [0, 0]) == np.inf
    two = effect_size.difference_of_shares([[30, 70], [50, 50]])
    assert two == pytest.approx(0.2 / np.sqrt((0.3 * 0.7 + 0.5 * 0.5) / 2))
    # A category that no unit has changes nothing, nor does the order of the categories or the size of a group.
    three = effect_size.difference_of_shares([[30, 50, 20], [20, 20, 60]])
    assert effect_size.difference_of_shares([[50, 0, 30, 20], [40, 0, 40, 120]]) == pytest.approx(three)
    assert effect_size.difference_of_shares([[10, 20], [30, 60], [5, 10]]) == pytest.approx(0, abs=1e-7)


def test_groups_without_a_common_category_differ_infinitely():
    assert effect_size.difference_of_shares([[5, 0], [0, 5]]) == np.inf
    assert effect_size.difference_of_shares([[5, 0, 0], [0, 5, 5]]) == np.inf
    near = [effect_size.difference_of_shares([[n, 1], [1, n]]) for n in (10**2, 10**4, 10**6, 10**9)]
    assert near == pytest.approx([(n - 1) / np.sqrt(n) for n in (10**2, 10**4, 10**6, 10**9)], rel=1e-6)
    assert effect_size.difference_of_shares([[5, 0], [7, 0]]) == 0


def test_limits_of_a_statistic_that_is_infinite_huge_or_none():
    assert effect_size.noncentral_f_limits(np.inf, 2, 10) == (np.inf, np.inf)
    assert effect_size.noncentral_chi2_limits(np.inf, 4) == (np.inf, np.inf)
    assert effect_size.noncentral_omega_squared(np.inf, 2, 10) == (1, 1)
    low, high = effect_size.noncentral_chi2_limits(1e13, 4)
    assert low < 1e13 < high and np.sqrt(high) - np.sqrt(low) == pytest.approx(2 * 1.959964, rel=1e-6)
    for limits, arguments in (
        (effect_size.noncentral_f_limits, (2, 10)),
        (effect_size.noncentral_chi2_limits, (4,)),
    ):
        for statistic in (np.nan, -1.0):
            with pytest.raises(ValueError, match="a test statistic cannot be"):
                limits(statistic, *arguments)
    with pytest.raises(ValueError, match="does not reach"):
        effect_size.noncentral_f_limits(1e15, 2, 10)


def test_the_root_of_a_large_chi_square_is_as_good_as_normal(monkeypatch):
    theirs = effect_size.noncentral_chi2_limits(9e7, 7)
    monkeypatch.setattr(effect_size, "NEARLY_NORMAL", 1e7)
    assert effect_size.noncentral_chi2_limits(9e7, 7) == pytest.approx(theirs, rel=1e-9)


def test_v_of_very_few_units():
    assert effect_size.cramers_v([[1, 0], [0, 1]]) == (1, 0)
    assert effect_size.cramers_v([[1, 1, 0], [0, 0, 1]]).v_corrected == 0
    assert effect_size.cramers_v([[1, 1, 0, 0], [0, 0, 1, 1]]).v_corrected == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[10, 5]], "two rows and two columns"),
        ([10, 5], "two rows and two columns"),
        ([[10, 0], [5, 0]], "is empty"),
        ([[10, 2.5], [5, 1]], "no whole number"),
        ([[10, -2], [5, 1]], "negative"),
        ([[10, np.nan], [5, 1]], "missing"),
    ],
)
def test_what_has_no_v(table, message):
    for function in (effect_size.cramers_v, effect_size.noncentral_cramers_v):
        with pytest.raises(ValueError, match=message):
            function(table)
