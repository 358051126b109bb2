"""The comparison of two areas under the curve agrees with pROC, and with pairs counted one by one."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from agreement import digits
from hotline.stats import delong, roc
from samples import ones, reference

R = reference("logistic")
MARKERS = [("mean_radius", "mean_texture"), ("mean_radius", "mean_smoothness"), ("mean_texture", "mean_smoothness")]


@pytest.mark.parametrize(("first", "second"), MARKERS)
def test_the_test_agrees_with_proc(first, second):
    data = load_breast_cancer()
    names = list(data.feature_names)
    scores = [data.data[:, names.index(each.replace("_", " "))] for each in (first, second)]
    found = delong.difference(*scores, *ones(data.target == 0))
    z, p = (R[f"{first} vs {second}", "DeLong test, correlated", each] for each in ("Z", "p"))
    assert digits(-found.value / found.se, z) > 11
    assert digits(found.p, p) > 10
    areas = [roc.auc(score, *ones(data.target == 0)).value for score in scores]
    assert digits(found.value, areas[1] - areas[0]) > 10


def test_counts_and_ties_give_what_pairs_give():
    rng = np.random.default_rng(5)
    one, two = rng.integers(0, 5, 60), rng.integers(0, 4, 60)
    cases, controls = rng.integers(0, 3, 60), rng.integers(0, 3, 60)
    found = delong.difference(one, two, cases, controls)

    def wins(score):
        own = np.repeat(score, cases)[:, None], np.repeat(score, controls)[None, :]
        return (own[0] > own[1]) + 0.5 * (own[0] == own[1])

    gain = wins(two) - wins(one)
    by_case, by_control = gain.mean(axis=1), gain.mean(axis=0)
    variance = by_case.var(ddof=1) / len(by_case) + by_control.var(ddof=1) / len(by_control)
    assert digits(found.value, gain.mean()) > 11
    assert digits(found.se, np.sqrt(variance)) > 11


def test_a_score_does_not_differ_from_itself():
    found = delong.difference([1, 2, 3], [10, 20, 30], [2, 1, 4], [3, 2, 1])
    assert (found.value, found.se, found.p) == (0, 0, 1)
    assert np.isnan(delong.difference([1, 2], [2, 1], [1, 0], [0, 5]).se)


def test_the_gains_of_several_scores_add_up():
    rng = np.random.default_rng(6)
    cases, controls = rng.integers(0, 5, 40), rng.integers(0, 5, 40)
    scores = {"none": np.zeros(40), "one": rng.random(40), "two": rng.random(40) + cases}
    found = delong.gains(scores, cases, controls)
    assert found.index.tolist() == ["one", "two"]
    assert 0.5 + found["gain"].sum() == pytest.approx(found.loc["two", "auc"])
    alone = roc.auc(scores["one"], cases, controls)
    assert found.loc["one", ["auc_low", "auc_high"]].tolist() == pytest.approx([alone.low, alone.high])
    # Against a constant the variance of the gain is that of the area itself.
    assert found.loc["one", "gain_high"] - found.loc["one", "gain"] == pytest.approx(alone.high - alone.value)
