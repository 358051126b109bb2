"""Limits where units hang together: DeLong's and the usual ones with a cluster for each unit, a bootstrap's without."""

import numpy as np
import pytest
from scipy.special import expit

from countstats.prediction import clustered, roc


def rows(n=400, seed=3):
    """Single units: risk, event."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-0.5, 1.2, n)
    return expit(odds), (rng.random(n) < expit(odds)).astype(int)


def test_auc_of_single_units_is_delongs():
    risk, event = rows()
    found, known = clustered.auc(risk, event, 1 - event, np.arange(len(risk))), roc.auc(risk, event, 1 - event)
    assert found.value == known.value
    # With no unit both case and control the two sums of a cluster never meet, but their means do: one part in n.
    assert found.se == pytest.approx(known.se, rel=0.005)


def test_auc_of_copies_has_the_limits_of_one_of_each():
    risk, event = rows()
    copies, cluster = np.repeat(np.arange(len(risk)), 5), np.repeat(np.arange(len(risk)), 5)
    found = clustered.auc(risk[copies], event[copies], 1 - event[copies], cluster)
    one = clustered.auc(risk, event, 1 - event, np.arange(len(risk)))
    assert (found.value, found.se) == pytest.approx((one.value, one.se), rel=1e-12)
    assert found.se > 2 * roc.auc(risk[copies], event[copies], 1 - event[copies]).se


def test_observed_expected_of_copies_and_by_hand():
    risk, events, others = np.array([0.2, 0.5, 0.5]), np.array([1, 3, 0]), np.array([4, 1, 2])
    found = clustered.observed_expected(risk, events, others, ["a", "b", "b"])
    assert found.value == pytest.approx(4 / (1 + 2 + 1))
    off = np.array([1 - 1 * 1.0, 3 - 1 * 3.0])
    assert found.se == pytest.approx(np.sqrt((off**2).sum() * 2) / 4)
    risk, event = rows()
    one = clustered.observed_expected(risk, event, 1 - event, np.arange(len(risk)))
    copies = np.repeat(np.arange(len(risk)), 7)
    many = clustered.observed_expected(risk[copies], event[copies], 1 - event[copies], copies)
    assert (many.value, many.low, many.high) == pytest.approx((one.value, one.low, one.high), rel=1e-12)


def test_limits_agree_with_a_bootstrap_of_clusters():
    rng = np.random.default_rng(4)
    size = 1 + rng.poisson(3, 300)
    cluster = np.repeat(np.arange(300), size)
    odds = np.repeat(rng.normal(-0.3, 1, 300), size)
    event = (rng.random(len(odds)) < expit(odds + np.repeat(rng.normal(0, 1.5, 300), size))).astype(int)
    risk, draws = expit(odds), []
    for _ in range(400):
        times = np.bincount(rng.integers(0, 300, 300), minlength=300)[cluster]
        e, o = times * event, times * (1 - event)
        draws.append([roc.auc(risk, e, o).value, np.log(e.sum() / (risk @ (e + o)))])
    se = np.std(draws, axis=0)
    found = (clustered.auc(risk, event, 1 - event, cluster),
             clustered.observed_expected(risk, event, 1 - event, cluster))  # fmt: skip
    assert [each.se for each in found] == pytest.approx(se, rel=0.12)


def test_one_cluster_and_no_event_have_no_limits():
    one = clustered.observed_expected([0.2, 0.4], [1, 0], [0, 1], ["a", "a"])
    assert one.value == pytest.approx(1 / 0.6) and np.isnan(one.low)
    assert np.isnan(clustered.observed_expected([0.2], [0], [3], ["a"]).value)
    area = clustered.auc([0.2, 0.4, 0.3], [0, 1, 0], [1, 0, 1], ["a", "b", "b"])
    assert area.value == 1 and np.isnan(area.low), "cases in a single cluster"
