"""Shares with intervals, plain and standardized: against R's binconf, a saturated model of rows, and their coverage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint

from countstats.shares import same_share, share_of, standardized_shares, wilson

R = pd.read_csv(Path(__file__).parent / "reference" / "r_families.csv").set_index(["case", "test", "quantity"])["value"]
CASES = sorted({case for case, test, _ in R.index if "wilson" in test})


@pytest.mark.parametrize("case", CASES)
def test_wilsons_interval_as_in_r(case, agrees):
    events, n = (pd.Series([int(part)]) for part in case.split()[1].split("/"))
    found = share_of(events, n).loc[0]
    assert found["n"] == n.loc[0]
    for name, theirs in (("estimate", "p"), ("low", "lo"), ("high", "hi")):
        agrees("Wilson's interval", found[name], R[case, "binconf wilson", theirs], 9)


def test_share_of_none_of_all_and_of_no_units():
    found = share_of(pd.Series([0, 7, 0]), pd.Series([7, 7, 0]))
    assert found["low"][0] == 0 == found["estimate"][0] and found["high"][1] == 1 == found["estimate"][1]
    assert found["n"].tolist() == [7, 7, 0]
    assert np.isnan(found.loc[2, ["estimate", "low", "high"]].astype(float)).all()


def tally_of(counts, events):
    """A tally by place, level, stage and what was done, from counts and events (places, levels, stages)."""
    places, levels, stages = (each.ravel() for each in np.indices(counts.shape))
    key = {"place": [f"p{i}" for i in places], "level": levels, "stage": stages}
    yes, no = (
        pd.DataFrame(key | {"done": done, "n": n.ravel()}) for done, n in (("yes", events), ("no", counts - events))
    )
    frame = pd.concat([yes, no], ignore_index=True)
    return frame[frame["n"] > 0]


def standardized(cells, over=("level", "stage"), **more):
    return standardized_shares(cells, "place", list(over), cells["done"] == "yes", **more)


@pytest.fixture
def drawn():
    rng = np.random.default_rng(5)
    counts = rng.integers(5, 60, size=(3, 2, 3))
    return counts, rng.binomial(counts, rng.uniform(0.1, 0.9, size=counts.shape))


def test_share_and_error_are_those_of_a_saturated_model_of_rows(drawn, agrees):
    """One dummy per place and stratum, errors by White: the standardized share is a weighted sum of coefficients."""
    counts, events = drawn
    found, large = (standardized(tally_of(counts * times, events * times)) for times in (1, 10**7))
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    y = np.concatenate([np.repeat([1.0, 0.0], [e, n - e]) for e, n in zip(events.flat, counts.flat, strict=True)])
    model = OLS(y, np.eye(counts.size)[cell]).fit(cov_type="HC0")
    weight = counts.sum(axis=0).ravel() / counts.sum()
    for place in range(3):
        contrast = np.zeros(counts.shape)
        contrast[place] = weight.reshape(counts.shape[1:])
        theirs = model.t_test(contrast.ravel())
        ours = found.loc[f"p{place}"]
        agrees("standardized share, against rows", ours["share"], theirs.effect.item(), 9)
        # Of so many units that nothing is borrowed, the error is the one of the model.
        ours = large.loc[f"p{place}"]
        error = np.sqrt(ours["share"] * (1 - ours["share"]) / ours["effective"]) * np.sqrt(10**7)
        agrees("standardized share: error, against rows", error, theirs.sd.item(), 5)
    assert found["crude"].tolist() == pytest.approx(events.sum(axis=(1, 2)) / counts.sum(axis=(1, 2)))
    assert (found["covered"] == 1).all()


def test_one_stratum_is_wilsons_interval_and_pearsons_chi_square(drawn, agrees):
    counts, events = (each.sum(axis=(1, 2), keepdims=True) for each in drawn)
    found = standardized(tally_of(counts, events))
    low, high = proportion_confint(events.ravel(), counts.ravel(), method="wilson")
    for place in range(3):
        agrees("standardized share: Wilson's limits", found["low"].iloc[place], low[place], 9)
        agrees("standardized share: Wilson's limits", found["high"].iloc[place], high[place], 9)
    theirs = chi2_contingency(np.column_stack([events.ravel(), (counts - events).ravel()]), correction=False)
    statistic, df, p = same_share(found)
    agrees("equal shares, one stratum", statistic, theirs.statistic, 9)
    assert (df, p) == (2, pytest.approx(theirs.pvalue, rel=1e-9))


def test_the_difference_of_the_mix_is_taken_off():
    """Both places respond alike within a level; one has more high risk. Crude shares differ, standardized don't."""
    counts = np.array([[[900], [100]], [[500], [500]]])
    events = (counts * np.array([[[0.1], [0.6]]])).astype(int)
    found = standardized(tally_of(counts, events))
    assert found["crude"].tolist() == pytest.approx([0.15, 0.35])
    assert found["share"].tolist() == pytest.approx([0.1 * 0.7 + 0.6 * 0.3] * 2)
    assert same_share(found)[2] == pytest.approx(1)


def test_the_interval_covers_and_the_test_keeps_its_level():
    """Of 100 samples from equal shares, about 95 in 100 intervals hold it and 5 in 100 tests reject."""
    rng = np.random.default_rng(20240715)
    counts, chance = rng.integers(20, 80, size=(3, 2, 2)), np.array([[0.1, 0.2], [0.5, 0.7]])
    truth = (counts.sum(axis=0) * chance).sum() / counts.sum()
    covered, rejected = [], 0
    for _ in range(100):
        found = standardized(tally_of(counts, rng.binomial(counts, chance)))
        covered += ((found["low"] <= truth) & (truth <= found["high"])).tolist()
        rejected += same_share(found)[2] < 0.05
    assert 0.92 <= np.mean(covered) <= 0.98  # two standard errors and a bit
    assert 1 <= rejected <= 11


def test_in_small_strata_what_is_true_is_rejected_in_one_of_twenty():
    """Without what a stratum without events borrows, 18 in 100."""
    rng = np.random.default_rng(11)
    chance = np.array([0.039, 0.011, 0.016, 0.05])
    counts = np.array([[20, 18, 14], [20, 10, 8], [19, 9, 5], [16, 18, 17]]).T[:, None]
    truth = (counts.sum(axis=0) * chance).sum() / counts.sum()
    covered, p = [], []
    for _ in range(250):
        found = standardized(tally_of(counts, rng.binomial(counts, chance)))
        covered += ((found["low"] <= truth) & (truth <= found["high"])).tolist()
        p.append(same_share(found).p)
    assert np.mean(np.array(p) < 0.05) < 0.1
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 1.5}, "no whole number"),
        ({"n": -1}, "negative"),
        ({"n": np.nan}, "missing"),
    ],
)
def test_counts_that_are_none_are_refused(drawn, change, message):
    cells = tally_of(*drawn).assign(**change)
    with pytest.raises(ValueError, match=message):
        standardized(cells)
    with pytest.raises(ValueError, match=message):
        share_of(cells["n"], cells["n"])


def test_more_events_than_units_a_lone_index_and_a_share_beyond_one(drawn):
    with pytest.raises(ValueError, match="more events"):
        share_of(pd.Series([3]), pd.Series([2]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson(1.2, 5)
    cells = tally_of(*drawn)
    with pytest.raises(ValueError, match="differ in shape"):
        standardized_shares(cells, "place", ["level"], [True])
    with pytest.raises(ValueError, match="no column 'nowhere'"):
        standardized_shares(cells, "nowhere", ["level"], cells["done"] == "yes")
    with pytest.raises(ValueError, match="booleans"):
        standardized_shares(cells, "place", ["level"], cells["done"])


def test_a_stratum_that_a_group_lacks_is_left_out_for_all():
    counts, events = np.array([[[10], [20]], [[30], [0]]]), np.array([[[5], [20]], [[6], [0]]])
    found = standardized(tally_of(counts, events))
    assert found["share"].tolist() == pytest.approx([0.5, 0.2])
    assert found["covered"].tolist() == pytest.approx([40 / 60] * len(found))
    assert found["n"].tolist() == [30, 30], "the number of all is reported, not of those compared"


def test_nothing_in_common_and_nothing_at_all():
    counts, events = np.array([[[10], [0]], [[0], [30]]]), np.array([[[5], [0]], [[0], [6]]])
    found = standardized(tally_of(counts, events))
    assert found["share"].isna().all() and (found["covered"] == 0).all()
    assert np.isnan(same_share(found)[0])
    cells = tally_of(counts, events).assign(place="missing")
    none = standardized(cells)
    assert none.empty and np.isnan(same_share(none)[2])


@pytest.mark.parametrize("share", [0, 1])
def test_all_or_none(share):
    counts = np.array([[[10], [30]], [[20], [20]]])
    found = standardized(tally_of(counts, counts * share))
    assert (found["share"] == share).all()
    assert (found["low"] >= 0).all() and (found["high"] <= 1).all() and (found["high"] > found["low"]).all()
    assert np.isnan(same_share(found)[2])


def test_what_is_not_recorded_is_left_out(drawn):
    cells = tally_of(*drawn)
    more = pd.concat([cells, cells.head(4).assign(stage="missing"), cells.head(2).assign(place="missing")])
    pd.testing.assert_frame_equal(standardized(more), standardized(cells))
