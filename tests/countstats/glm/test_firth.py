"""Firth's estimates agree with brglm2, and separation is found and named."""

import numpy as np
import pandas as pd
import pytest
from samples import fair_rows, ones, reference, spector_rows, table
from scipy.optimize import brentq, minimize
from scipy.special import expit
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, firth, logit
from countstats.glm.solver import NoEstimate

R = reference("logistic")
ROWS = {"fair": fair_rows, "spector": spector_rows}


def counts_of(y):
    return pd.DataFrame(dict(zip(COUNTS, ones(y), strict=True)))


@pytest.mark.parametrize("name", ROWS)
def test_estimates_and_errors_agree_with_brglm2(name, agrees):
    x, y = ROWS[name]()
    for term, row in firth.fit(x, counts_of(y)).table().iterrows():
        test = f"Firth (mean bias reduced) coef {'(Intercept)' if term == 'const' else term}"
        agrees("Firth: coefficients", row["b"], R[name, test, "b"], 11)
        agrees("Firth: errors", row["se"], R[name, test, "se"], 11)


def test_estimates_of_separated_counts_agree_with_brglm2(agrees):
    """Of the Titanic's passengers: all children of the first and the second class survived."""
    passengers = table("titanic")
    cells = cell_table.cells_of(passengers[passengers["Class"] != "Crew"], ["Class", "Sex", "Age"], "Survived", "Yes")
    child, second, third = cells["Age"] == "Child", cells["Class"] == "2nd", cells["Class"] == "3rd"
    x = {"(Intercept)": 1.0, "female": cells["Sex"] == "Female", "child": child, "second": second, "third": third}
    x = pd.DataFrame(x | {"child:second": child & second, "child:third": child & third}).astype(float)
    with pytest.raises(NoEstimate):
        logit.fit(x, cells)
    for term, row in firth.fit(x, cells).table().iterrows():
        for name in ("b", "se"):
            expected = reference("models")["titanic", f"Firth {term}", name]
            agrees("Firth: coefficients and errors of separated counts", row[name], expected, 9)


def stages(events, others):
    """Three cells of one variable, with design matrix."""
    cells = pd.DataFrame({"stage": pd.Categorical(["a", "b", "c"]), "events": events, "others": others})
    return design.matrix(cells, {"stage": "a"}), cells


@pytest.mark.parametrize(
    ("events", "others"),
    [([3, 0, 4], [5, 6, 7]), ([0, 0, 4], [5, 6, 0]), ([3, 2, 4], [5, 6, 7]), ([3, 0, 1], [5, 1, 0])],
)
def test_saturated_fit_adds_a_half_to_each_count(events, others):
    """In a saturated model Firth's estimates are those of the counts with a half added to each."""
    x, cells = stages(events, others)
    found = firth.fit(x, cells).estimates.to_numpy()
    logits = np.log((np.array(events) + 0.5) / (np.array(others) + 0.5))
    assert found == pytest.approx([logits[0], logits[1] - logits[0], logits[2] - logits[0]], rel=1e-11, abs=1e-12)


def test_limits_agree_with_a_search(agrees):
    """The penalised profile, computed on single rows with another optimizer."""
    x, y = spector_rows()
    x, y = x[["GPA", "PSI", "const"]].to_numpy(), y.to_numpy()

    def penalised(b):
        risk = expit(x @ b)
        information = x.T @ (x * (risk * (1 - risk))[:, None])
        return -(y @ np.log(risk) + (1 - y) @ np.log1p(-risk) + np.linalg.slogdet(information)[1] / 2)

    best = minimize(penalised, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13}).fun

    def loss(b):
        held = minimize(lambda rest: penalised(np.array([rest[0], b, rest[1]])), [2.0, -9.0], method="Nelder-Mead",
                        options={"xatol": 1e-9, "fatol": 1e-13})  # fmt: skip
        return 2 * (held.fun - best) - chi2.ppf(0.95, 1)

    frame = pd.DataFrame(x, columns=["GPA", "PSI", "const"])
    fitted = firth.fit(frame, counts_of(y))
    found = firth.limits(frame, counts_of(y), ["PSI"]).loc["PSI"]
    b = fitted.estimates["PSI"]
    expected = brentq(loss, b - 6, b, xtol=1e-9), brentq(loss, b, b + 6, xtol=1e-9)
    agrees("Firth: profile limits, against a search", found, expected, 10)


def test_limits_are_finite_without_events():
    x, cells = stages([3, 0, 4], [5, 6, 7])
    fitted = firth.fit(x, cells)
    found = firth.limits(x, cells, [("stage", "b")]).loc[("stage", "b")]
    assert np.isfinite(found["high"]) and found["low"] < fitted.estimates[("stage", "b")] < found["high"]


def test_log_likelihood_without_keeps_terms_in_the_penalty():
    x, cells = stages([3, 2, 4], [5, 6, 7])
    without = firth.log_likelihood_without(x, cells, [("stage", "b"), ("stage", "c")])
    assert without < firth.fit(x, cells).log_likelihood
    assert without != pytest.approx(firth.fit(x.iloc[:, :1], cells).log_likelihood)
    assert firth.log_likelihood_without(x, cells, []) == pytest.approx(firth.fit(x, cells).log_likelihood, rel=1e-13)


def test_estimate_prefers_the_plain_fit():
    x, cells = stages([3, 2, 4], [5, 6, 7])
    assert not firth.estimate(x, cells)[1]
    assert firth.estimate(x, cells)[0].estimates.equals(logit.fit(x, cells).estimates)
    x, cells = stages([3, 0, 4], [5, 6, 7])
    assert firth.estimate(x, cells)[1]


def test_estimate_of_a_coded_design_is_that_of_the_written_one():
    for events, penalised in (([3, 2, 4], False), ([3, 0, 4], True)):
        x, cells = stages(events, [5, 6, 7])
        coded = design.coded(cells, {"stage": "a"})
        fitted, found = firth.estimate(coded, cells)
        assert found == penalised
        pd.testing.assert_series_equal(fitted.estimates, firth.estimate(x, cells)[0].estimates, rtol=1e-10)


def test_penalty_vanishes_among_many_units():
    x, cells = stages([3000, 2000, 4000], [5000, 6000, 7000])
    moved = firth.fit(x, cells).estimates - logit.fit(x, cells).estimates
    assert moved.abs().max() < 1e-4


def test_refit_takes_the_penalty_without_a_maximum():
    """In a saturated model: those of the counts with a half added to each."""
    x = np.array([[1, 0], [1, 1]], dtype=float)
    b = firth.refit(x, [30, 0], [70, 5], [-0.8, 0.4])
    logits = np.log([30.5 / 70.5, 0.5 / 5.5])
    assert b == pytest.approx([logits[0], logits[1] - logits[0]], rel=1e-10)
    lacking = firth.refit(np.insert(x, 1, 0, axis=1), [30, 0], [70, 5], [-0.8, 0.2, 0.4])
    assert lacking == pytest.approx([logits[0], 0, logits[1] - logits[0]], rel=1e-10)


def test_refit_leaves_out_what_the_counts_lack():
    x, cells = stages([3, 2, 4], [5, 6, 7])
    expected = logit.fit(x, cells).estimates.to_numpy()
    assert firth.refit(x, cells["events"], cells["others"]) == pytest.approx(expected, rel=1e-12)
    more = np.column_stack([x, x.iloc[:, 1], np.zeros(3)])
    assert firth.refit(more, cells["events"], cells["others"]) == pytest.approx([*expected, 0, 0], rel=1e-12)
    lacking = firth.refit(x, [3, 0, 4], [5, 0, 7], expected)
    assert lacking == pytest.approx([expected[0], 0, expected[2]], rel=1e-12)


def test_counts_of_trillions_are_fitted_or_refused():
    """The package's rule of stopping is absolute, so that of so many units it is never met."""
    x, cells = stages([5 * 10**12, 0, 3], [5 * 10**12, 5 * 10**12, 3])
    expected = np.log(np.divide([10**13 + 1, 1, 7], [10**13 + 1, 10**13 + 1, 7]))
    found = firth.fit(x, cells).estimates.to_numpy()
    assert found[1:] == pytest.approx(expected[1:] - expected[0], rel=1e-9) and abs(found[0]) < 1e-9
    x, cells = stages([0, 5 * 10**12, 3], [5 * 10**12, 5 * 10**12, 3])
    with pytest.raises(NoEstimate):  # all is compared with a code that has 1e-13 of the information
        firth.fit(x, cells)
