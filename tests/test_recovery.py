"""The recovery study in small: what the model finds again, and that a wrong number would be noticed.

The bounds are those of the binomial distribution, at a chance of one in a thousand for each test as a whole.
"""

import numpy as np
import pandas as pd
import pytest

from hotline import paths, recovery, scenario
from hotline import simulation as sim
from hotline.codebook import read_codebook
from hotline.predictors import predictors

pytestmark = pytest.mark.xdist_group("recovery")

BOOK = read_codebook(paths.DATA_RAW / "codebook.yaml")
KNOWN = sim.read_numbers(paths.PUBLISHED)
CHILDREN = pd.read_csv(paths.POPULATION, index_col="city")["children_0_14"]
TIMES, CALLERS = 40, 5000


@pytest.fixture(scope="module")
def place():
    return scenario.setting(np.random.default_rng(1), KNOWN, BOOK, CHILDREN, 2019, 2022)


@pytest.fixture(scope="module")
def estimates(place):
    streams = np.random.SeedSequence(2).spawn(TIMES)
    return recovery.replicate(streams, recovery.recover, place, CALLERS)


def test_every_number_of_the_model_is_estimated(estimates):
    assert set(estimates["term"]) == set(recovery.truth(KNOWN).index)
    assert len(estimates) == TIMES * len(recovery.truth(KNOWN))


def test_every_coefficient_is_covered_at_the_nominal_rate(estimates):
    found = recovery.performance(estimates, ["term"])
    low, high = recovery.band(0.95, TIMES, tests=len(found))
    assert found["coverage"].between(low, high).all()
    # Over all coefficients the bounds are narrower; replications are independent, coefficients are not quite.
    covered = (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])
    by_replication = covered.groupby(estimates["replication"]).mean()
    assert by_replication.mean() == pytest.approx(0.95, abs=3.3 * by_replication.std() / np.sqrt(TIMES))


def test_standard_errors_are_those_that_the_estimates_show(estimates):
    found = recovery.performance(estimates, ["term"])
    ratio = np.log(found["empirical_se"] / found["model_se"])
    assert abs(ratio.mean()) < 0.05
    assert (ratio.abs() < 4 / np.sqrt(2 * (TIMES - 1))).all()


@pytest.mark.parametrize("term", ["stage=junior", "sex:problem=female:emotion", "high_risk: problem=academic"])
def test_a_wrong_coefficient_is_noticed(estimates, term):
    """Had the data been made with another odds ratio than published.yml states, the same bounds would fail."""
    claimed = estimates.assign(truth=estimates["truth"].mask(estimates["term"] == term, estimates["truth"] + 0.5))
    found = recovery.performance(claimed, ["term"]).set_index("term")
    low, high = recovery.band(0.95, TIMES, tests=len(found))
    outside = ~found["coverage"].between(low, high)
    assert outside[term] and outside.sum() == 1


def test_without_effects_the_tests_of_the_study_reject_at_five_per_cent(place):
    streams = np.random.SeedSequence(3).spawn(TIMES)
    given = (recovery.without_effects(place), 2000, predictors(BOOK))
    tests = recovery.replicate(streams, recovery.null_tests, *given)
    rejected = (tests["p"] < 0.05).groupby([tests["test"], tests["variable"]]).mean()
    assert set(tests["test"]) == {"Welch", "Fisher", "chi-square", "likelihood ratio"}
    _, high = recovery.band(0.05, TIMES, tests=len(rejected))
    assert rejected.max() <= high
    over_all = (tests["p"] < 0.05).groupby(tests["replication"]).mean()
    assert over_all.mean() == pytest.approx(0.05, abs=3.3 * over_all.std() / np.sqrt(TIMES))


def test_without_effects_means_without(place):
    nothing = recovery.without_effects(place)
    pupils = recovery.draw_pupils(np.random.default_rng(4), nothing, 40_000)
    shares = pd.crosstab(pupils["stage"], pupils["level"], normalize="index")
    assert (shares - pd.Series(KNOWN.level.shares)).abs().to_numpy().max() < 0.025
    assert vars(place.known.level_odds_ratios)  # the setting with effects is left as it was


def test_terms_are_named_for_readers():
    assert recovery.label(BOOK, "high_risk: intercept") == "Intercept of high risk"
    named = recovery.label(BOOK, "sex:problem=female:emotion")
    assert "Girl" in named and "×" in named
    assert recovery.label(BOOK, "high_risk: bullying=yes").endswith("departure at high risk")
