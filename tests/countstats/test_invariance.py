"""What must not matter does not: order, cutting of cells, names, empty categories; and doubling does what it must.

The statistics are those of the notebooks on differences, as they call them.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.oneway import anova_generic

from countstats.effect_intervals import cramers_v_limits, omega_squared_limits
from countstats.effect_size import cramers_v, omega_squared
from countstats.hypothesis_tests import chi_square, trend, welch, why_not_means, why_not_table
from countstats.means import games_howell, group_moments, group_quantiles, kruskal_wallis, levene, tukey_kramer
from countstats.prediction import roc
from countstats.shares import same_share, standardized_shares
from countstats.tables import cochran_armitage, mix_and_risk, odds_ratio_over_strata, two_way

LEVELS = ["well", "imbalance", "high_risk"]
few = settings(max_examples=12, deadline=None)
# Counts of three levels (down) by three to six values; every level has calls.
tables = st.integers(3, 6).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 40), min_size=k, max_size=k).filter(any), min_size=3, max_size=3)
)


def cells_of(table, values=None):
    """A tally by level and x from counts; x takes the values given, or 0, 1, 4, 9, ..."""
    values = [i * i for i in range(len(table[0]))] if values is None else values
    rows = [(LEVELS[i], x, n) for i, row in enumerate(table) for x, n in zip(values, row, strict=True) if n]
    return pd.DataFrame(rows, columns=["level", "x", "n"])


def of_numbers(cells, order=LEVELS):
    """The statistics of 03 as one series."""
    moments = group_moments(cells, "x", "level").reindex(order)
    columns = [moments[name].to_numpy(float) for name in ("deviation", "variance", "n")]
    found = {kind: anova_generic(*columns, use_var=kind).statistic for kind in ("equal", "unequal", "bf")}
    wide = cells.pivot_table("n", "level", "x", "sum", fill_value=0).loc[order]
    found["h"], found["levene"] = kruskal_wallis(wide)[0], levene(cells, "x", "level")[0]
    found["omega2"] = omega_squared(found["equal"], 2, columns[2].sum() - 3)
    found["omega2_low"], found["omega2_high"] = omega_squared_limits(wide.columns, wide)
    found["superiority"] = roc.auc(wide.columns, wide.iloc[-1], wide.iloc[0]).value
    quantiles = group_quantiles(cells, "x", "level").loc[order]
    return pd.Series(found | {f"q{i}": q for i, q in enumerate(quantiles.to_numpy().ravel())}, dtype=float)


def comparable(cells):
    return not why_not_means(group_moments(cells, "x", "level").reindex(LEVELS))


def same(one, other):
    pd.testing.assert_series_equal(one, other, rtol=1e-9, atol=1e-12)


@few
@given(tables, st.randoms(use_true_random=False))
def test_numbers_do_not_depend_on_order_or_on_how_cells_are_cut(table, random):
    cells = cells_of(table)
    assume(comparable(cells))
    whole = of_numbers(cells)
    rows = list(range(len(cells)))
    random.shuffle(rows)
    same(of_numbers(cells.iloc[rows]), whole)
    part = (cells["n"] + 1) // 2
    cut = pd.concat([cells.assign(n=part), cells.assign(n=cells["n"] - part)])
    same(of_numbers(cut[cut["n"] > 0]), whole)


@few
@given(tables)
def test_numbers_do_not_depend_on_names_origin_or_empty_categories(table):
    cells = cells_of(table)
    assume(comparable(cells))
    whole = of_numbers(cells)
    named = cells.assign(level=cells["level"].map({"well": "c", "imbalance": "a", "high_risk": "b"}))
    same(of_numbers(named, ["c", "a", "b"]).set_axis(whole.index), whole)
    scale = ~whole.index.str.startswith("q")
    same(of_numbers(cells.assign(x=cells["x"] * 60 + 10**6))[scale], whole[scale])
    codes = pd.Categorical(cells["level"], [*LEVELS, "empty", "missing"], ordered=True)
    empty = pd.concat([cells.assign(level=codes), pd.DataFrame({"level": ["empty"], "x": [10**6], "n": [0]})])
    same(of_numbers(empty[empty["n"] > 0]), whole)


@few
@given(tables)
def test_doubling_all_counts_moves_the_tests_and_not_the_sizes(table):
    cells = cells_of(table)
    assume(comparable(cells))
    n, one, two = cells["n"].sum(), of_numbers(cells), of_numbers(cells.assign(n=2 * cells["n"]))
    assert two["superiority"] == pytest.approx(one["superiority"], rel=1e-12)
    # H is N - 1 times a share of variance, F is (N - 3) / 2 times a ratio of sums of squares.
    assert two["h"] == pytest.approx(one["h"] * (2 * n - 1) / (n - 1), rel=1e-9)
    assert two["equal"] == pytest.approx(one["equal"] * (2 * n - 3) / (n - 3), rel=1e-9, abs=1e-12)
    share = [f * 2 / (f * 2 + m) for f, m in ((one["equal"], n - 3), (two["equal"], 2 * n - 3))]
    assert share[1] == pytest.approx(share[0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("method", [games_howell, tukey_kramer])
def test_pairs_do_not_depend_on_the_order_of_the_groups(method):
    means, variances, counts = [10.0, 12.0, 15.0], [4.0, 9.0, 25.0], [30, 20, 12]
    there, back = method(means, variances, counts), method(means[::-1], variances[::-1], counts[::-1])
    for (_, one), (_, other) in zip(there.iterrows(), back[::-1].iterrows(), strict=True):
        names = ("difference", "low", "high", "d"), ("difference", "high", "low", "d")
        assert one[list(names[0])].tolist() == pytest.approx((-other[list(names[1])]).tolist(), rel=1e-9)
        assert (one["p"], one["df"], one["n"]) == pytest.approx((other["p"], other["df"], other["n"]), rel=1e-9)


@few
@given(st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_numbers_without_spread_have_a_reason_and_no_test(counts):
    """One value only, in as many groups as there are: nothing that could be compared."""
    table = [[n] for n in [*counts, 0, 0][:3]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cells = cells_of(table)
        assert why_not_means(group_moments(cells, "x", "level").reindex(LEVELS))
        wide = cells.pivot_table("n", "level", "x", "sum", fill_value=0)
        assert np.isnan(kruskal_wallis(wide)[0]) and np.isnan(levene(cells, "x", "level")[0])


@few
@given(tables, st.sampled_from(LEVELS))
def test_numbers_of_one_group_alone_have_a_reason_and_no_test(table, level):
    """Only one level has units, and the codebook has more."""
    cells = cells_of(table)
    cells = cells[cells["level"] == level].assign(
        level=pd.Categorical([level] * (cells["level"] == level).sum(), LEVELS)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for groups, reason in ((LEVELS, "no value for"), ([level], "one group only")):
            moments = group_moments(cells, "x", "level").reindex(groups)
            assert why_not_means(moments).startswith(reason)
            row = welch(cells, "x", "level", {group: group for group in groups})
            assert row.reason and row.n == cells["n"].sum() and np.isnan(row.statistic)


# --- categories ------------------------------------------------------------------------------------------


def of_categories(table):
    """The statistics of 04 that do not depend on the order of rows, as one series."""
    found = {"chi2": chi2_contingency(table, correction=False).statistic}
    found["g2"] = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
    return pd.Series(found | cramers_v(table)._asdict() | cramers_v_limits(table)._asdict(), dtype=float)


def frame(table):
    """Counts as a frame: categories down, levels across, without empty ones."""
    counts = pd.DataFrame(np.transpose(table), columns=LEVELS)
    return counts[counts.sum(axis=1) > 0]


@few
@given(tables, st.permutations(range(3)))
def test_categories_do_not_depend_on_order_names_cutting_or_empty_categories(table, order):
    counts = frame(table)
    assume(not why_not_table(counts))
    whole = of_categories(counts)
    same(of_categories(counts.iloc[::-1].iloc[:, list(order)]), whole)
    cells = counts.rename_axis("category").reset_index().melt("category", var_name="level", value_name="n")
    cells["category"] = pd.Categorical(
        cells["category"].map(lambda i: f"c{i}"), [*(f"c{i}" for i in range(9)), "missing"]
    )
    part = cells["n"] // 2
    cut = pd.concat([cells.assign(n=part), cells.assign(n=cells["n"] - part)]).iloc[::-1]
    again, missing = two_way(cut, "category", "level", LEVELS)
    assert again.to_numpy().tolist() == counts.to_numpy().tolist() and missing.sum() == 0
    same(of_categories(again), whole)


@few
@given(tables, st.booleans(), st.data())
def test_a_single_category_has_a_reason_and_no_test(table, of_level, data):
    """One category of the variable, or one level, has all units; the codebook has more of both."""
    counts = frame(table)
    name = "level" if of_level else "category"
    cells = counts.rename_axis("category").reset_index().melt("category", var_name="level", value_name="n")
    cells["category"] = "c" + cells["category"].astype(str)
    only = data.draw(st.sampled_from(sorted(cells.loc[cells["n"] > 0, name].unique())))
    cells = cells[(cells[name] == only) & (cells["n"] > 0)]
    cells["category"] = pd.Categorical(cells["category"], [*(f"c{i}" for i in range(9)), "missing"])
    cells["level"] = pd.Categorical(cells["level"], LEVELS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wide, missing = two_way(cells, "category", "level", LEVELS)
        assert wide.to_numpy().sum() == cells["n"].sum() and missing.sum() == 0
        # A table with one row has one category only, whether or not it has one level only, too.
        reason = "one group only" if len(wide) == 1 else "one category only"
        row = chi_square(wide, rows="group", columns="category")
        assert row.reason == why_not_table(wide, "group", "category") == reason
        assert row.n == cells["n"].sum() and np.isnan([row.statistic, row.p, row.effect]).all()
        events = wide[LEVELS[1:]].sum(axis=1)
        if len(wide) == 1 or events.sum() in (0, wide.to_numpy().sum()):
            assert trend(events, wide.sum(axis=1), np.arange(len(wide))).reason
            with pytest.raises(ValueError, match="no trend"):
                cochran_armitage(events, wide.sum(axis=1))
        empty = np.zeros((1, 2, 2))
        empty[0, :, 0] = 1, cells["n"].sum()  # all have one outcome
        assert np.isnan(
            [getattr(odds_ratio_over_strata(empty), each) for each in ("crude", "common", "p", "homogeneity")]
        ).all()


@few
@given(tables)
def test_doubling_all_counts_doubles_chi_square_and_keeps_v(table):
    counts = frame(table)
    assume(not why_not_table(counts))
    one, two = of_categories(counts), of_categories(2 * counts)
    assert two[["chi2", "g2"]].tolist() == pytest.approx((2 * one[["chi2", "g2"]]).tolist(), rel=1e-9, abs=1e-9)
    assert two["v"] == pytest.approx(one["v"], rel=1e-9, abs=1e-12)
    residuals = [Table(each, shift_zeros=False).standardized_resids.to_numpy() for each in (counts, 2 * counts)]
    assert residuals[1] == pytest.approx(np.sqrt(2) * residuals[0], rel=1e-9, abs=1e-9)
    events, n = counts[LEVELS[1:]].sum(axis=1), counts.sum(axis=1)
    if 0 < events.sum() < n.sum():
        trend, twice = cochran_armitage(events, n), cochran_armitage(2 * events, 2 * n)
        assert twice.slope == pytest.approx(trend.slope, rel=1e-9, abs=1e-12)
        assert twice.chi2 == pytest.approx(2 * trend.chi2, rel=1e-9, abs=1e-9)


@few
@given(tables)
def test_a_trend_is_the_same_backwards_and_of_those_without_the_event(table):
    counts = frame(table)
    assume(not why_not_table(counts))
    events, n = counts[LEVELS[1:]].sum(axis=1), counts.sum(axis=1)
    trend = cochran_armitage(events, n)
    for other in (cochran_armitage(events[::-1], n[::-1]), cochran_armitage(n - events, n)):
        assert other.slope == pytest.approx(-trend.slope, rel=1e-9, abs=1e-12)
        assert other.chi2 == pytest.approx(trend.chi2, rel=1e-9, abs=1e-9)
        assert other.departure == pytest.approx(trend.departure, rel=1e-9, abs=1e-9, nan_ok=True)


cubes = st.lists(st.integers(0, 40), min_size=24, max_size=24).map(lambda n: np.array(n).reshape(2, 2, 2, 3))


@few
@given(cubes)
def test_odds_ratios_turn_over_with_the_groups_and_not_with_the_order_of_strata(counts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole, turned = mix_and_risk(counts), mix_and_risk(counts[:, ::-1])
        backwards = mix_and_risk(counts[..., ::-1])
    for kind in ("mix", "risk"):
        for name, other in (("common", "common"), ("low", "high"), ("high", "low"), ("crude", "crude")):
            ours, theirs = (1 / turned[f"{kind}_{name}"]).tolist(), whole[f"{kind}_{other}"].tolist()
            assert ours == pytest.approx(theirs, rel=1e-8, nan_ok=True)
        for name in ("p", "homogeneity"):
            for again in (turned, backwards):
                ours, theirs = again[f"{kind}_{name}"].tolist(), whole[f"{kind}_{name}"].tolist()
                assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-9, nan_ok=True)
    empty = np.concatenate([counts[0].transpose(2, 0, 1), np.zeros((2, 2, 2))])
    assert odds_ratio_over_strata(empty) == pytest.approx(
        odds_ratio_over_strata(counts[0].transpose(2, 0, 1)), nan_ok=True
    )


# --- the response ----------------------------------------------------------------------------------------


@few
@given(cubes, st.randoms(use_true_random=False))
def test_standardized_shares_do_not_depend_on_order_names_or_cutting(counts, random):
    index = pd.MultiIndex.from_product([["a", "b"], ["yes", "no"], ["x", "y"], [1, 2, 3]])
    names = ["place", "done", "level", "year"]
    cells = pd.Series(counts.ravel(), index, name="n").rename_axis(names).reset_index()
    cells = cells[cells["n"] > 0]
    rows = list(range(len(cells)))
    random.shuffle(rows)

    def found(cells):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            shares = standardized_shares(cells, "place", ["level", "year"], cells["done"] == "yes").sort_index()
            return shares, same_share(shares)

    whole, test = found(cells)
    part = (cells["n"] + 1) // 2
    cut = pd.concat([cells.assign(n=part), cells.assign(n=cells["n"] - part)])
    # Of so many units that small strata borrow nothing.
    (single, once), (doubled, twice) = (found(cells.assign(n=times * cells["n"])) for times in (10**8, 2 * 10**8))
    for again, its in (found(cells.iloc[rows]), found(cut)):
        pd.testing.assert_frame_equal(again, whole, check_dtype=False)
        assert its == pytest.approx(test, nan_ok=True)
    named, _ = found(cells.assign(place=cells["place"].map({"a": "z", "b": "w"})))
    assert sorted(named["share"].dropna()) == pytest.approx(sorted(whole["share"].dropna()))
    assert doubled["share"].tolist() == pytest.approx(whole["share"].tolist(), nan_ok=True)
    assert doubled["effective"].tolist() == pytest.approx((2 * single["effective"]).tolist(), 1e-4, nan_ok=True)
    assert twice[0] == pytest.approx(2 * once[0], 1e-4, 1e-6, nan_ok=True)
