"""The tests of the study where nothing depends on the level."""

import numpy as np
import pandas as pd
import pytest
from small_recovery import BOOK, NUMBERS, TIMES

from countstats.simulation_study import band, replicate
from hotline.models.predictors import predictors
from hotline.simulator import null_tests, recovery

pytestmark = pytest.mark.xdist_group("recovery")


def test_p_values_without_effects_reject_at_five_per_cent(setting):
    streams = np.random.SeedSequence(3).spawn(TIMES)
    given = (null_tests.without_effects(setting), 2000, predictors(BOOK), BOOK)
    tests = replicate(streams, null_tests.p_values, *given)
    rejected = (tests["p"] < 0.05).groupby([tests["test"], tests["variable"]]).mean()
    assert set(tests["test"]) == {
        "Welch",
        "Fisher",
        "Kruskal-Wallis",
        "chi-square",
        "Breslow-Day",
        "likelihood ratio",
        "Wald",
    }
    _, high = band(0.05, TIMES, tests=len(rejected))
    assert rejected.max() <= high
    over_all = (tests["p"] < 0.05).groupby(tests["replication"]).mean()
    assert over_all.mean() == pytest.approx(0.05, abs=3.3 * over_all.std() / np.sqrt(TIMES))


def test_time_of_call_is_derived_as_in_cleaning():
    start = pd.Series(pd.to_datetime(["2021-03-05 23:59:59", "2021-03-06 00:00:00", "2021-03-07 12:00:00"]))
    found = null_tests.time_of_call(start, BOOK)
    assert found["hour_band"].tolist() == ["evening", "night", "afternoon"]
    assert found["day_type"].tolist() == ["weekday", "weekend", "weekend"]


def test_without_effects_gives_all_stages_the_same_levels(setting):
    nothing = null_tests.without_effects(setting)
    pupils = recovery.draw_pupils(np.random.default_rng(4), nothing, 40_000)
    shares = pd.crosstab(pupils["stage"], pupils["level"], normalize="index")
    assert (shares - pd.Series(NUMBERS.level.shares)).abs().to_numpy().max() < 0.025
    assert vars(setting.numbers.level_odds_ratios)  # the setting with effects is left as it was
