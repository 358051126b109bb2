"""Replications of a simulation: each with its own stream, and summaries as Morris and others (2019) define them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from countstats.simulation_study import band, covered, performance, replicate


def one_mean(rng, n):
    """The mean of a sample of a standard normal distribution, with its interval."""
    sample = rng.standard_normal(n)
    b, se = sample.mean(), sample.std(ddof=1) / np.sqrt(n)
    return pd.DataFrame({"term": ["mean"], "b": b, "se": se, "low": b - 1.96 * se, "high": b + 1.96 * se, "truth": 0.0})


def test_replicate_gives_each_replication_a_stream_of_its_own_and_the_same_again():
    streams = np.random.SeedSequence(1).spawn(3)
    estimates = replicate(streams, one_mean, 20)
    assert estimates["replication"].tolist() == [0, 1, 2] and estimates["b"].nunique() == 3
    pd.testing.assert_frame_equal(estimates, replicate(np.random.SeedSequence(1).spawn(3), one_mean, 20))
    assert estimates["b"].iloc[1] == one_mean(np.random.default_rng(streams[1]), 20)["b"].iloc[0]


def test_covered_includes_the_limits():
    ends = pd.DataFrame({"low": [0.0, 0.1, -1.0], "high": [1.0, 1.0, 0.0], "truth": 0.0})
    assert covered(ends).tolist() == [True, False, True]


def test_performance_by_hand():
    estimates = pd.DataFrame({"term": "x", "b": [1.0, 2.0, 3.0, 6.0], "se": [1.0, 1.0, 2.0, 2.0], "truth": 2.0})
    estimates = estimates.assign(low=estimates["b"] - 1.5, high=estimates["b"] + 1.5)
    row = performance(estimates, ["term"]).iloc[0]
    sd = np.sqrt(14 / 3)
    assert (row["n"], row["mean"], row["bias"]) == (4, 3.0, 1.0)
    assert row["empirical_se"] == pytest.approx(sd) and row["bias_mcse"] == pytest.approx(sd / 2)
    assert row["empirical_se_mcse"] == pytest.approx(sd / np.sqrt(6))
    assert row["model_se"] == pytest.approx(np.sqrt(2.5))
    assert row["coverage"] == 0.75 and row["coverage_mcse"] == pytest.approx(np.sqrt(0.75 * 0.25 / 4))


def test_performance_keeps_groups_apart_and_in_order():
    estimates = replicate(range(4), one_mean, 10)
    twice = pd.concat([estimates.assign(term="z"), estimates.assign(term="a", b=estimates["b"] + 1)])
    summary = performance(twice, "term").set_index("term")
    assert list(summary.index) == ["z", "a"]
    assert summary.loc["a", "bias"] - summary.loc["z", "bias"] == pytest.approx(1)


def test_performance_of_a_sound_interval_covers_within_the_band():
    summary = performance(replicate(np.random.SeedSequence(3).spawn(400), one_mean, 200), "term").iloc[0]
    low, high = band(0.95, 400)
    assert low <= summary["coverage"] <= high
    assert abs(summary["bias"]) < 4 * summary["bias_mcse"]


def test_band_holds_the_share_with_the_confidence_and_widens_with_tests():
    low, high = band(0.95, 200, confidence=0.99)
    inside = binom.cdf(round(high * 200), 200, 0.95) - binom.cdf(round(low * 200) - 1, 200, 0.95)
    assert 0.99 <= inside < 0.999
    wider = band(0.95, 200, tests=20, confidence=0.99)
    assert wider[0] < low and wider[1] >= high
