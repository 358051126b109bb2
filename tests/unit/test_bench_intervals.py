"""The populations of `make coverage`, and a small sample of its draws."""

import numpy as np
import pandas as pd
import pytest

import intervals

LEVELS = ["well", "imbalance", "high_risk"]
CALLS = pd.DataFrame([[560, 30, 13], [190, 70, 50], [30, 24, 33]], LEVELS, [0, 1, 4])
MEANINGFUL = {"ω²": 0.0, "V": 0.0, "slope": 0.0, "κ": 0.0, "pairs": 0.5}


def populations():
    """One table as each of the kinds that there are."""
    responses = CALLS.set_axis(["counselling", "referral", "crisis"], axis=1)
    yield from intervals.of_number("calls", CALLS)
    yield from intervals.of_category("calls", CALLS)
    yield from intervals.of_trend("calls", CALLS)
    yield from intervals.of_response(responses)


def test_populations_have_the_effect_that_they_are_said_to_have():
    found = list(populations())
    assert {each.effect for each in found} == {*MEANINGFUL, "share"}
    for each in found:
        assert each.shares.sum() == pytest.approx(1)
        if each.which != "as recorded":
            assert each.truth == MEANINGFUL[each.effect]
        low, high = each.interval((each.shares * 1e7).round())
        assert low - 1e-3 <= each.truth <= high + 1e-3


def test_equal_means_keep_the_spread_of_each_level():
    shares, values = intervals.with_equal_means(CALLS.to_numpy() / 1000, np.array([0, 1, 4]))
    assert intervals.eta_squared(shares, values) == pytest.approx(0, abs=1e-12)
    of_last = CALLS.loc["high_risk"] / CALLS.loc["high_risk"].sum()
    spread = of_last @ CALLS.columns**2 - (of_last @ CALLS.columns) ** 2
    assert shares[2] @ values**2 / shares[2].sum() == pytest.approx(spread)


def test_most_samples_are_held():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(intervals.measure(each, 500, 40, rng) for each in populations())
    assert rows["coverage"].between(0.8, 1).all()
    both = rows.dropna(subset="noncentral").set_index(["effect", "population"])
    assert both.loc[("ω²", "equal means"), "noncentral"] < both.loc[("ω²", "equal means"), "coverage"]
    assert all(len(intervals.printed(row)) == 8 for row in rows.to_dict("records"))
