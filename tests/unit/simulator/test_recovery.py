"""The recovery study in small: what the model finds again, and that a wrong number would be noticed.

The bounds are those of the binomial distribution, at a chance of one in a thousand for each test as a whole.
"""

import numpy as np
import pandas as pd
import pytest

from countstats.glm import ordinal
from countstats.simulation_study import band, performance, replicate
from hotline import paths
from hotline.codebook import read_codebook
from hotline.errors import InputError
from hotline.models.predictors import predictors
from hotline.simulator import draws as sim
from hotline.simulator import recovery, scenario

pytestmark = pytest.mark.xdist_group("recovery")

BOOK = read_codebook(paths.DATA_RAW / "codebook.yaml")
KNOWN = sim.read_numbers(paths.PUBLISHED)
CHILDREN = pd.read_csv(paths.POPULATION, index_col="city")["children_0_14"]
TIMES, CALLERS = 24, 5000


@pytest.fixture(scope="module")
def place():
    return scenario.setting(np.random.default_rng(1), KNOWN, BOOK, CHILDREN, 2019, 2022)


@pytest.fixture(scope="module")
def estimates(place):
    streams = np.random.SeedSequence(2).spawn(TIMES)
    return replicate(streams, recovery.recover, place, CALLERS)


def test_every_number_of_the_model_is_estimated(estimates):
    assert set(estimates["term"]) == set(recovery.truth(KNOWN).index)
    assert len(estimates) == TIMES * len(recovery.truth(KNOWN))


def test_every_coefficient_is_covered_at_the_nominal_rate(estimates):
    found = performance(estimates, ["term"])
    low, high = band(0.95, TIMES, tests=len(found))
    assert found["coverage"].between(low, high).all()
    # Over all coefficients the bounds are narrower; replications are independent, coefficients are not quite.
    covered = (estimates["low"] <= estimates["truth"]) & (estimates["truth"] <= estimates["high"])
    by_replication = covered.groupby(estimates["replication"]).mean()
    assert by_replication.mean() == pytest.approx(0.95, abs=3.3 * by_replication.std() / np.sqrt(TIMES))


def test_standard_errors_are_those_that_the_estimates_show(estimates):
    found = performance(estimates, ["term"])
    ratio = np.log(found["empirical_se"] / found["model_se"])
    assert abs(ratio.mean()) < 0.05
    assert (ratio.abs() < 4 / np.sqrt(2 * (TIMES - 1))).all()


@pytest.mark.parametrize("term", ["stage=junior", "sex:problem=female:emotion", "high_risk: problem=academic"])
def test_a_wrong_coefficient_is_noticed(estimates, term):
    """Had the data been made with another odds ratio than published.yml states, the same bounds would fail."""
    claimed = estimates.assign(truth=estimates["truth"].mask(estimates["term"] == term, estimates["truth"] + 0.5))
    found = performance(claimed, ["term"]).set_index("term")
    low, high = band(0.95, TIMES, tests=len(found))
    outside = ~found["coverage"].between(low, high)
    assert outside[term] and outside.sum() == 1


def test_without_effects_the_tests_of_the_study_reject_at_five_per_cent(place):
    streams = np.random.SeedSequence(3).spawn(TIMES)
    given = (recovery.without_effects(place), 2000, predictors(BOOK))
    tests = replicate(streams, recovery.null_tests, *given)
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


@pytest.fixture(scope="module")
def threats(place):
    return replicate(np.random.SeedSequence(5).spawn(8), recovery.threaten, place, CALLERS)


def test_the_complete_data_among_the_threats_are_those_of_the_recovery(place, threats):
    complete = threats[(threats["setting"] == "complete") & (threats["replication"] == 0)].set_index("term")
    alone = recovery.recover(np.random.default_rng(np.random.SeedSequence(5).spawn(1)[0]), place, CALLERS)
    alone = alone.set_index("term")
    assert np.allclose(complete["b"], alone["b"].loc[complete.index], atol=1e-9)
    assert set(alone.index) == set(complete.index)


def test_a_fit_that_begins_elsewhere_ends_at_the_same_place(place):
    """Beginning at the truth saves steps; it must not draw the estimates towards the truth."""
    pupils = recovery.draw_pupils(np.random.default_rng(6), place, CALLERS)
    x = recovery.terms(pupils, vars(KNOWN.level_odds_ratios))
    departing = recovery.log_ratios(KNOWN.level_departures).index
    counts = pd.get_dummies(pupils["level"], dtype=int)
    found = recovery.fit(x, counts, recovery.truth(KNOWN), departing).set_index("term")
    exact = ordinal.fit(x, counts, {"high_risk": list(departing)}).table()
    assert np.abs(found["b"] - exact["b"]).max() < 1e-3 * exact["se"].min()
    assert (found["b"] != found["truth"]).all()


def test_what_records_do_is_seen(threats):
    """Signs of what theory says, far beyond their Monte-Carlo errors; sizes are results, not tests."""
    found = recovery.by_setting(threats).set_index("setting")
    assert list(found.index) == list(recovery.SETTINGS)
    assert found.loc["repeat_callers", "coverage"] < 0.8 < found.loc["complete", "coverage"]
    assert found.loc["repeat_callers", "model_se"] < 0.7 * found.loc["repeat_callers", "empirical_se"]
    assert found.loc["two_high_risk", "model_se"] > 1.3 * found.loc["complete", "model_se"]
    assert found.loc["cases", "records"] < found.loc["assessed", "records"] < found.loc["complete", "records"]
    assert found.loc["repeat_callers", "high_risk"] > found.loc["complete", "high_risk"]
    moved = recovery.most_moved(threats).set_index("setting")
    assert list(moved.index) == list(recovery.SETTINGS)[1:]
    left_out = recovery.log_ratios(KNOWN.level_departures).index
    assert moved.loc["proportional", "term"] in left_out
    assert abs(moved.loc["proportional", "moved"]) > 4 * moved.loc["proportional", "moved_mcse"]


def test_a_setting_without_estimates_is_told(threats):
    few = threats[(threats["setting"] != "two_high_risk") | (threats["replication"] == 0)]
    with pytest.raises(InputError, match=r"two_high_risk.*raise callers or replications"):
        recovery.by_setting(few)


def test_performance_by_hand():
    b = [1.0, 2.0, 3.0, 6.0]
    rows = pd.DataFrame({"term": "x", "b": b, "se": [1.0, 1.0, 1.0, 2.0], "truth": 2.0})
    found = performance(rows.assign(low=rows["b"] - 1.5 * rows["se"], high=rows["b"] + 1), ["term"]).iloc[0]
    assert found["bias"] == 1.0 and found["n"] == 4
    assert found["empirical_se"] == pytest.approx(np.std(b, ddof=1))
    assert found["bias_mcse"] == pytest.approx(np.std(b, ddof=1) / 2)
    assert found["model_se"] == pytest.approx(np.sqrt(7 / 4))
    assert found["coverage"] == 0.75 and found["coverage_mcse"] == pytest.approx(np.sqrt(0.75 * 0.25 / 4))
