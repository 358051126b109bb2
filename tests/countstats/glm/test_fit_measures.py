"""The measures of a fit, and the test of two nested fits, agree with R and count units."""

import numpy as np
import pytest
from samples import fair_rows, logit, ones, published, reference, spector_rows, three_stages

from countstats.glm import design, fit_measures

R = reference("logistic")


def test_measures_count_units_not_cells(agrees):
    measures = fit_measures.of_result(published("titanic")[2])
    assert measures["n"] == 2201
    agrees("GLM on cells: log-likelihood", measures["log_likelihood"], R["titanic", "fit", "loglik_wtd"], 12)
    agrees("GLM on cells: log-likelihood", -2 * measures["null_log_likelihood"], R["titanic", "fit", "null_dev"], 12)


@pytest.mark.parametrize(("name", "rows"), [("spector", spector_rows), ("fair", fair_rows)])
def test_measures_agree_with_r(name, rows, agrees):
    x, y = rows()
    found = fit_measures.of_result(logit(x, *ones(y)))
    expected = {
        "log_likelihood": ("fit", "loglik"),
        "aic": ("fit", "AIC"),
        "bic": ("fit", "BIC"),
        "mcfadden": ("pseudo R2", "McFadden"),
        "cox_snell": ("pseudo R2", "CoxSnell"),
        "nagelkerke": ("pseudo R2", "Nagelkerke"),
    }
    for measure, (test, quantity) in expected.items():
        agrees("pseudo R-squared and its kin", found[measure], R[name, test, quantity], 11)


@pytest.mark.parametrize(("name", "rows"), [("spector", spector_rows), ("fair", fair_rows)])
def test_likelihood_ratio_agrees_with_r(name, rows, agrees):
    x, y = rows()
    full = fit_measures.of_result(logit(x, *ones(y)))
    tests = {"vs null": ["const"]}
    for term in {column.rstrip("23456") for column in x} - {"const"}:
        tests[f"drop {term}"] = [column for column in x if column.rstrip("23456") != term]
    for test, kept in tests.items():
        found = fit_measures.likelihood_ratio(fit_measures.of_result(logit(x[kept], *ones(y))), full)
        assert found.df == R[name, f"LR test {test}", "df"]
        agrees("likelihood-ratio test", found.chi_square, R[name, f"LR test {test}", "chi2"], 10)
        agrees("likelihood-ratio test", found.p, R[name, f"LR test {test}", "p"], 10)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero", "ignore:.*convergence")
@pytest.mark.parametrize(("events", "others"), [([0, 0, 0], [1, 2, 3]), ([1, 2, 3], [0, 0, 0])])
def test_an_outcome_that_all_or_none_have_is_an_error(events, others):
    with pytest.raises(ValueError, match="with the event and units without"):
        fit_measures.of_result(logit(np.ones((3, 1)), events, others))


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
def test_likelihood_ratio_refuses_different_units():
    cells = three_stages([1, 2, 3], [4, 5, 6])
    null = fit_measures.of_result(logit(np.ones((3, 1)), cells["events"], cells["others"]))
    larger = fit_measures.of_result(logit(design.matrix(cells, {"stage": "primary"}), [1, 2, 4], [4, 5, 6]))
    with pytest.raises(ValueError, match="nested models of the same units"):
        fit_measures.likelihood_ratio(null, larger)
