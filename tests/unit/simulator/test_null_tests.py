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
    given = (null_tests.without_effects(setting), 2000, predictors(BOOK))
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


def test_without_effects_gives_all_stages_the_same_levels(setting):
    nothing = null_tests.without_effects(setting)
    pupils = recovery.draw_pupils(np.random.default_rng(4), nothing, 40_000)
    shares = pd.crosstab(pupils["stage"], pupils["level"], normalize="index")
    assert (shares - pd.Series(NUMBERS.level.shares)).abs().to_numpy().max() < 0.025
    assert vars(setting.numbers.level_odds_ratios)  # the setting with effects is left as it was
