"""AUC, ROC curve and Youden's threshold agree with pROC, and with rows compared pair by pair."""

from dataclasses import astuple

import numpy as np
import pytest
from agreement import digits
from samples import fair_rows, logit, ones, reference, spector_rows, table
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from countstats.columns import COUNTS
from countstats.estimates import Estimate
from countstats.glm import cell_table, design
from countstats.prediction import roc

R = reference("roc")
ROWS = {"spector": spector_rows, "fair": fair_rows}


def in_sample(name):
    """Fitted risks of the reference models, with their counts."""
    x, y = ROWS[name]()
    return np.asarray(logit(x, *ones(y)).fittedvalues), *ones(y)


def agrees(found, name, test, quantities):
    pairs = zip((found.value, found.se**2, found.low, found.high), quantities, strict=True)
    return min(digits(value, R[name, test, quantity]) for value, quantity in pairs)


@pytest.mark.parametrize("marker", ["mean_radius", "mean_texture", "mean_smoothness"])
def test_auc_of_a_marker_agrees_with_proc(marker):
    data = load_breast_cancer()
    score = data.data[:, list(data.feature_names).index(marker.replace("_", " "))]
    found = roc.auc(score, *ones(data.target == 0), few=0)
    assert agrees(found, marker, "AUC", ("auc", "var", "lo95", "hi95")) > 12


@pytest.mark.parametrize("name", ROWS)
def test_auc_of_a_model_agrees_with_proc(name):
    found = roc.auc(*in_sample(name), few=0)
    # In `fair` many women share all predictors. R gave such twins risks that differ in the sixteenth
    # digit, and pROC ranked them; here they tie, as they should, and the seventh digit of the AUC differs.
    wanted = {"spector": 11, "fair": 5.5}[name]
    assert agrees(found, name, "in-sample AUC", ("auc", "delong_var", "lo95", "hi95")) > wanted


def test_auc_with_heavy_ties_agrees_with_proc():
    bases = {"Class": "1st", "Sex": "Male", "Age": "Child"}
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    cells = cells[cells[COUNTS].sum(axis=1) > 0]
    assert len(cells) == 14
    fit = logit(design.matrix(cells, bases), cells["events"], cells["others"])
    found = roc.auc(fit.fittedvalues, cells["events"], cells["others"])
    assert agrees(found, "titanic", "AUC DeLong", ("auc", "var", "lo", "hi")) > 12


def test_auc_in_a_validation_half_agrees_with_proc():
    x, y = fair_rows(occupation=False)
    fit = logit(x[1::2], *ones(y[1::2]))
    found = roc.auc(fit.predict(x[::2]), *ones(y[::2]))
    assert agrees(found, "fair_halves", "AUC DeLong", ("auc", "var", "lo", "hi")) > 4.9, "twins tie here"


def test_equal_units_tie_whatever_the_last_digit_of_their_risk():
    x, y = fair_rows()
    risk = np.asarray(logit(x, *ones(y)).fittedvalues)
    twins = x.groupby(list(x)).ngroup().to_numpy()
    by_twins = np.array([risk[twins == twin][0] for twin in range(twins.max() + 1)])[twins]
    shaken = risk * (1 + np.random.default_rng(5).uniform(-4e-16, 4e-16, len(risk)))
    found, expected = roc.auc(shaken, *ones(y)), roc.auc(by_twins, *ones(y))
    assert min(map(digits, astuple(found), astuple(expected))) > 12
    assert digits(found.value, roc_auc_score(y, np.round(risk, 12))) > 12


@pytest.mark.parametrize("name", ROWS)
def test_youden_agrees_with_proc(name):
    sample = in_sample(name)
    threshold = roc.youden(*sample)
    found = roc.at_threshold(*sample, threshold)
    assert digits(threshold, R[name, "Youden optimum", "threshold"]) > 8
    assert digits(found["sensitivity"], R[name, "Youden optimum", "sensitivity"]) > 12
    assert digits(found["specificity"], R[name, "Youden optimum", "specificity"]) > 12
    assert digits(found["sensitivity"] + found["specificity"], R[name, "Youden optimum", "youden"]) > 12


@pytest.fixture
def grouped():
    """Nine scores, each with several cases and controls, in no order."""
    rng = np.random.default_rng(4)
    return rng.permutation(np.linspace(0.1, 0.9, 9)), rng.integers(0, 9, 9) + 1, rng.integers(0, 12, 9)


def rows_of(score, cases, controls):
    """One row per unit: score and outcome."""
    return np.repeat(np.concatenate([score, score]), np.concatenate([cases, controls])), np.repeat(
        [1, 0], [cases.sum(), controls.sum()]
    )


def test_auc_and_variance_equal_all_pairs_compared(grouped):
    score, outcome = rows_of(*grouped)
    of_cases, of_controls = score[outcome == 1], score[outcome == 0]
    wins = (of_cases[:, None] > of_controls) + 0.5 * (of_cases[:, None] == of_controls)
    variance = wins.mean(axis=1).var(ddof=1) / len(of_cases) + wins.mean(axis=0).var(ddof=1) / len(of_controls)
    found = roc.auc(*grouped)
    assert digits(found.value, wins.mean()) > 12 and digits(found.se**2, variance) > 11
    assert digits(found.value, roc_auc_score(outcome, score)) > 12


def test_curve_equals_that_of_rows(grouped):
    score, outcome = rows_of(*grouped)
    fpr, tpr, _ = roc_curve(outcome, score, drop_intermediate=False)
    found = roc.curve(*grouped)[::-1]
    assert np.allclose(found["sensitivity"], tpr, atol=1e-14) and np.allclose(1 - found["specificity"], fpr, atol=1e-14)


def test_area_under_the_curve_is_the_auc(grouped):
    found = roc.curve(*grouped)[::-1]
    assert digits(np.trapezoid(found["sensitivity"], 1 - found["specificity"]), roc.auc(*grouped).value) > 12


def test_cutting_a_cell_in_two_changes_nothing(grouped):
    score, cases, controls = grouped
    twice = np.tile(score, 2), np.append(cases // 2, cases - cases // 2), np.append(controls, 0 * controls)
    assert roc.auc(*twice) == roc.auc(*grouped)
    assert roc.youden(*twice) == roc.youden(*grouped)
    assert roc.curve(*twice).equals(roc.curve(*grouped))


def test_a_perfect_score():
    sample = [0.1, 0.2, 0.8, 0.9], [0, 0, 3, 4], [5, 6, 0, 0]
    assert roc.auc(*sample, few=0) == Estimate(1, 1, 1, 0)
    assert roc.youden(*sample) == 0.5
    assert roc.at_threshold(*sample, 0.5)[["sensitivity", "specificity"]].tolist() == [1, 1]


def test_a_constant_score():
    sample = [0.3], [5], [7]
    assert roc.auc(*sample, few=0) == Estimate(0.5, 0.5, 0.5, 0)
    assert roc.youden(*sample) == -np.inf
    assert roc.curve(*sample)["sensitivity"].tolist() == [1, 0]


def test_a_useless_score():
    assert roc.auc([1, 2, 3], [4, 4, 4], [9, 9, 9]).value == 0.5


def test_of_two_best_thresholds_the_lower_is_taken():
    # Thresholds 1.5 and 3.5 both give sensitivity + specificity = 1.25.
    sample = [1, 2, 3, 4], [0, 1, 0, 1], [1, 0, 1, 0]
    assert roc.youden([1, 2, 3, 4], [0, 2, 0, 2], [2, 0, 2, 0]) == 1.5
    assert roc.youden(*sample) == 1.5


@pytest.mark.parametrize("sample", [([1, 2], [3, 4], [0, 0]), ([1, 2], [0, 0], [3, 4])])
@pytest.mark.parametrize("function", [roc.auc, roc.curve, roc.youden])
def test_one_class_alone_is_an_error(function, sample):
    with pytest.raises(ValueError, match="needs cases and controls"):
        function(*sample)


def test_scores_that_are_missing_and_counts_below_zero_are_errors():
    with pytest.raises(ValueError, match="missing or infinite"):
        roc.auc([1, np.nan], [1, 1], [1, 1])
    with pytest.raises(ValueError, match="negative"):
        roc.auc([1, 2], [1, -1], [1, 1])


def test_one_case_has_no_variance():
    found = roc.auc([1, 2, 3], [0, 0, 1], [2, 2, 0])
    assert found.value == 1 and np.isnan([found.se**2, found.low, found.high]).all()


def test_curve_at_thresholds_is_the_whole_curve_there():
    rng = np.random.default_rng(2)
    risk = rng.beta(2, 5, 8000)
    event = rng.random(8000) < risk
    found = roc.curve(risk, *ones(event), roc.WHOLE_PERCENTS)
    assert found["threshold"].tolist() == [-np.inf, *roc.WHOLE_PERCENTS, np.inf]
    assert found.iloc[0, 1:].tolist() == [1, 0] and found.iloc[-1, 1:].tolist() == [0, 1]
    for row in found.itertuples():
        assert row.sensitivity == pytest.approx((risk[event] >= row.threshold).mean(), rel=1e-12)
        assert row.specificity == pytest.approx((risk[~event] < row.threshold).mean(), rel=1e-12)


def test_youden_among_thresholds_is_the_best_and_lowest_of_them():
    sample = [0.105, 0.2, 0.3, 0.4], [0, 1, 0, 1], [1, 0, 1, 0]
    assert roc.youden(*sample, [0.1, 0.15, 0.2, 0.35]) == 0.15
    assert roc.youden(*sample, [0.1]) == -np.inf, "flagging all is as good"


def test_a_score_that_lacks_nothing_but_rounding_reaches_a_threshold():
    assert roc.reached([0.1 + 0.2, 0.3, 0.3 - 1e-15, 0.2999], 0.3).tolist() == [True, True, True, False]
    assert roc.for_workload([0.3 - 1e-15, 0.1], [1, 9], 0.1, [0.2, 0.3]) == 0.2
    assert roc.youden([0.3 - 1e-15, 0.1], [1, 0], [0, 1], [0.3]) == 0.3


def test_sensitivity_has_wilson_limits():
    """7 of 113 and 342 of 6,366: limits from R's Hmisc binconf."""
    found = roc.at_threshold([1, 2], [106, 7], [342, 6024], 1.5)
    expected = {
        "sensitivity_low": 0.0303281746826179,
        "sensitivity_high": 0.122369840223836,
        "specificity_low": 0.0484485255510664,
        "specificity_high": 0.0595355527446656,
    }
    assert min(digits(found[name], value) for name, value in expected.items()) > 12
    assert found["flagged"] == (7 + 6024) / 6479


# --- two scores of the same units -------------------------------------------------------------------


def markers(*names):
    """Scores of the breast cancer data by their underscored names, with the counts of rows."""
    data = load_breast_cancer()
    columns = [data.data[:, list(data.feature_names).index(name.replace("_", " "))] for name in names]
    return *columns, *ones(data.target == 0)


@pytest.mark.parametrize(
    "pair",
    [("mean_radius", "mean_texture"), ("mean_radius", "mean_smoothness"), ("mean_texture", "mean_smoothness")],
    ids="-".join,
)
def test_the_paired_test_agrees_with_proc(pair):
    found = roc.compare(*markers(*pair))
    assert digits(found.z, R["_vs_".join(pair), "DeLong paired", "Z"]) > 12
    assert digits(found.p, R["_vs_".join(pair), "DeLong paired", "p"]) > 10, "an error in z counts z squared times in p"


def test_the_paired_test_equals_all_pairs_compared(grouped):
    """The covariance of the structural components, one row per unit, beside the one from counts."""
    score, cases, controls = grouped
    other = np.random.default_rng(6).permutation(score).round(1)  # with ties
    rows = [rows_of(each, cases, controls) for each in (score, other)]
    outcome = rows[0][1]
    parts = []
    for each, _ in rows:
        of_cases, of_controls = each[outcome == 1], each[outcome == 0]
        wins = (of_cases[:, None] > of_controls) + 0.5 * (of_cases[:, None] == of_controls)
        parts.append((wins.mean(axis=1), wins.mean(axis=0), wins.mean()))
    by_case, by_control = (np.cov(parts[0][i], parts[1][i]) for i in (0, 1))
    variance = sum(
        (c[0, 0] + c[1, 1] - 2 * c[0, 1]) / n for c, n in ((by_case, cases.sum()), (by_control, controls.sum()))
    )
    found = roc.compare(score, other, cases, controls)
    assert digits(found.value, parts[0][2] - parts[1][2]) > 11
    assert digits(found.se**2, variance) > 10


def test_a_score_and_its_own_transform_do_not_differ(grouped):
    score, cases, controls = grouped
    found = roc.compare(score, np.exp(score), cases, controls)
    assert (found.value, found.z, found.p) == (0, 0, 1)


def test_swapping_two_scores_swaps_the_sign(grouped):
    score, cases, controls = grouped
    other = np.roll(score, 1)
    one, two = roc.compare(score, other, cases, controls), roc.compare(other, score, cases, controls)
    assert one.value == pytest.approx(-two.value) and one.low == pytest.approx(-two.high)
    assert one.p == pytest.approx(two.p)


def test_the_gains_of_several_scores_add_up():
    rng = np.random.default_rng(6)
    cases, controls = rng.integers(0, 5, 40), rng.integers(0, 5, 40)
    scores = {"none": np.zeros(40), "one": rng.random(40), "two": rng.random(40) + cases}
    found = roc.gains(scores, cases, controls)
    assert found.index.tolist() == ["one", "two"]
    assert 0.5 + found["gain"].sum() == pytest.approx(found.loc["two", "auc"])
    alone = roc.auc(scores["one"], cases, controls)
    delong = roc.auc(scores["one"], cases, controls, few=0)
    assert found.loc["one", ["auc_low", "auc_high"]].tolist() == pytest.approx([alone.low, alone.high])
    # Against a constant the variance of the gain is that of the area itself.
    assert found.loc["one", "gain_high"] - found.loc["one", "gain"] == pytest.approx(delong.high - delong.value)


def test_one_case_gives_a_difference_without_a_test():
    found = roc.compare([1, 2, 3], [3, 2, 1], [0, 0, 1], [2, 2, 0])
    assert found.value == 1 and np.isnan(astuple(found)[1:]).all()


# --- parts of the curve, and precision ---------------------------------------------------------------


@pytest.mark.parametrize("specificity", [0.9, 0.75, 0.0])
def test_the_partial_area_is_scikit_learns(grouped, specificity):
    score, outcome = rows_of(*grouped)
    expected = roc_auc_score(outcome, score, max_fpr=1 - specificity) if specificity else roc_auc_score(outcome, score)
    assert digits(roc.partial_area(*grouped, specificity), expected) > 11


def test_the_partial_area_of_perfect_and_useless_scores():
    assert roc.partial_area([0.1, 0.9], [0, 5], [5, 0]) == pytest.approx(1)
    assert roc.partial_area([0.3], [5], [7]) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        roc.partial_area([0.3], [5], [7], 1)


def test_precision_and_its_average_are_scikit_learns(grouped):
    score, outcome = rows_of(*grouped)
    assert digits(roc.average_precision(*grouped), average_precision_score(outcome, score)) > 12
    points = roc.curve(*grouped)
    found = roc.precision(points, outcome.mean())
    expected, recall, _ = precision_recall_curve(outcome, score)
    shown = points["sensitivity"] > 0
    assert np.allclose(found[shown], expected[recall > 0][: shown.sum()], atol=1e-12)
    assert np.isnan(found.iloc[-1]), "none is flagged, so none of the flagged has the event"


def test_average_precision_of_a_useless_score_is_the_share():
    assert roc.average_precision([0.3], [3], [7]) == pytest.approx(0.3)


# --- thresholds by workload --------------------------------------------------------------------------


def test_the_workload_threshold_flags_as_many_as_can_be_borne():
    score, n = [0.1, 0.2, 0.3, 0.4], [40, 30, 20, 10]
    assert roc.for_workload(score, n, 0.3) == pytest.approx(0.25)
    assert roc.for_workload(score, n, 0.29) == pytest.approx(0.35)
    assert roc.for_workload(score, n, 1) == -np.inf
    assert roc.for_workload(score, n, 0.05) == np.inf, "already the highest score has too many"
    assert roc.for_workload(score[::-1], n[::-1], 0.3) == pytest.approx(0.25)
    assert roc.for_workload(score, n, 0.3, roc.WHOLE_PERCENTS) == 0.21
    assert roc.for_workload(score, n, 0.05, roc.WHOLE_PERCENTS) == np.inf, "none is flagged from 41% on"


def test_everything_at_a_threshold_is_a_share_of_counts(grouped):
    score, cases, controls = grouped
    found = roc.at_threshold(*grouped, 0.5)
    above = score >= 0.5
    assert found["ppv"] == cases[above].sum() / (cases + controls)[above].sum()
    assert found["npv"] == controls[~above].sum() / (cases + controls)[~above].sum()
    assert found["flagged_low"] < found["flagged"] < found["flagged_high"]


def test_at_threshold_gives_nan_for_a_share_of_no_units():
    found = roc.at_threshold([0.1, 0.2], [0, 0], [3, 4], 0.5)
    assert np.isnan(found[["sensitivity", "ppv", "ppv_low"]].astype(float)).all()
    assert found["specificity"] == 1 and found["flagged"] == 0


def test_a_perfect_score_of_few_units_is_not_surely_perfect():
    found = roc.auc([0.1, 0.9], [0, 7], [11, 0])
    assert found.value == found.high == 1 and 0.7 < found.low < 0.9
    turned_round = roc.auc([0.1, 0.9], [7, 0], [0, 11])
    assert turned_round.value == turned_round.low == 0 and turned_round.high == pytest.approx(1 - found.low)


def test_limits_of_few_units_are_those_areas_that_are_far_by_their_own_error():
    """Solved on a grid: Newcombe's variance, multiplied by what DeLong's is to it, with a weight of 12 / 22."""
    rng = np.random.default_rng(3)
    event = np.arange(40) < 12
    score = rng.normal(event * 1.2)
    found = roc.auc(score, *ones(event))
    area = np.linspace(0.001, 0.999, 199_601)
    variance = (1 + 19 * (1 - area) / (2 - area) + 19 * area / (1 + area)) * area * (1 - area) / (12 * 28)
    ratio = found.se**2 / np.interp(found.value, area, variance)
    near = area[(area - found.value) ** 2 <= 1.959964**2 * variance * (10 + 12 * ratio) / 22]
    assert found.with_limits[1:] == pytest.approx([near.min(), near.max()], abs=1e-5)


def test_limits_of_few_units_cover():
    """DeLong's hold the true area in 77 of 100 such samples, of five cases; 20 standard errors away from 95."""
    rng = np.random.default_rng(8)
    event, truth = np.arange(55) < 5, 0.92
    covered = []
    for _ in range(300):
        found = roc.auc(rng.normal(event * 1.98710, 1), *ones(event))
        covered.append(found.low <= truth <= found.high)
    assert 0.89 < np.mean(covered) < 0.97


def test_scores_about_zero_that_differ_by_rounding_tie():
    score, cases, controls = roc.by_score([1e-17, -1e-17, 3.0], [1, 0, 1], [0, 1, 0])
    assert len(score) == 2 and cases.tolist() == [1, 1] and controls.tolist() == [1, 0]
    assert len(roc.by_score([1e-9, 2e-9, 1.0], [1, 0, 1], [0, 1, 0])[0]) == 3


def test_counts_beyond_the_square_of_which_int64_ends():
    cases, controls = np.array([3, 5, 6]) * 10**9, np.array([8, 4, 2]) * 10**9
    assert roc.youden([1, 2, 3], cases, controls) == 1.5 == roc.youden([1, 2, 3], [3, 5, 6], [8, 4, 2])
    with pytest.raises(ValueError, match="holds"):
        roc.auc([1, 2], [2**62, 0], [0, 2**62])


BAD = {
    "a fraction": ([1, 2, 3], [0.5, 1.5, 2.5], [1.5, 0.5, 0.7], "no whole number"),
    "a count that is missing": ([1, 2], [1, np.nan], [1, 1], "missing"),
    "a count below zero": ([1, 2], [1, -1], [1, 1], "negative"),
    "lengths": ([1, 2], [1, 1, 1], [1, 1], "differ in shape"),
    "a score that is missing": ([1, np.nan], [1, 1], [1, 1], "missing or infinite"),
    "a text": (["a", "b"], [1, 1], [1, 1], "must be numbers"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_sample_is_refused(bad):
    score, cases, controls, message = BAD[bad]
    for function in (roc.auc, roc.by_score, roc.curve, roc.youden, roc.partial_area, roc.average_precision):
        with pytest.raises(ValueError, match=message):
            function(score, cases, controls)
    for function in (
        lambda: roc.compare(score, score, cases, controls),
        lambda: roc.at_threshold(score, cases, controls, 1.5),
        lambda: roc.for_workload(score, cases if message != "must be numbers" else controls, 0.5),
    ):
        with pytest.raises(ValueError, match=message):
            function()


def test_thresholds_that_do_not_rise_and_shares_beyond_one():
    sample = [1, 2], [0, 1], [1, 0]
    for function in (roc.curve, roc.youden):
        with pytest.raises(ValueError, match="rise"):
            function(*sample, [0.5, 0.2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        roc.for_workload([1, 2], [1, 1], 1.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        roc.precision(roc.curve(*sample), -0.1)
    with pytest.raises(ValueError, match="two scores"):
        roc.gains({"one": [1, 2]}, [0, 1], [1, 0])
