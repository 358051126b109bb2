"""The logistic model fitted from codes is the one that R and statsmodels fit from a design matrix."""

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from samples import logit, reference, table
from scipy.special import expit

from countstats.glm import design as on_cells
from countstats.glm import logit_on_codes
from countstats.glm.solver import NoEstimate

R = reference("logistic")


def many(variables=9, size=20_000, seed=3):
    """Cells of many predictors, of which some codes are rare and some do not occur, as rows collapsed to counts."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(2, 8, variables)
    rows = {f"v{i}": rng.choice(width, size, p=rng.dirichlet(np.full(width, 4.0))) for i, width in enumerate(widths)}
    odds = sum(rng.normal(0, 0.5, width)[rows[f"v{i}"]] for i, width in enumerate(widths)) - 1
    frame = pd.DataFrame(rows).assign(events=(rng.random(size) < expit(odds)).astype(int))
    cells = frame.assign(others=1 - frame["events"]).groupby(list(rows), as_index=False)[on_cells.COUNTS].sum()
    kinds = {name: pd.CategoricalDtype([*map(str, range(9)), "missing"], ordered=True) for name in rows}
    return cells.astype(dict.fromkeys(rows, str)).astype(kinds), dict.fromkeys(rows, "1")


@pytest.mark.parametrize(
    ("name", "outcome", "event", "bases"),
    [
        ("ucb", "Admit", "Admitted", {"Dept": "A", "Gender": "Male"}),
        ("titanic", "Survived", "Yes", {"Class": "1st", "Sex": "Male", "Age": "Child"}),
    ],
)
def test_coefficients_of_a_published_table_agree_with_r(name, outcome, event, bases):
    cells = on_cells.cells_of(table(name), bases, outcome, event)
    found = logit_on_codes.fit(cells, bases)[0].table()
    for (variable, code), row in found.iterrows():
        test = f"logit coef {variable + code if code else '(Intercept)'}"
        assert digits(row["b"], R[name, test, "b"]) > 9, test
        assert digits(row["se"], R[name, test, "se"]) > 6, test


@pytest.mark.parametrize("variables", [2, 9])
def test_everything_agrees_with_statsmodels_on_a_design_matrix(variables):
    cells, bases = many(variables)
    assert variables == 2 or len(cells) > 10_000
    x = on_cells.design(cells, bases)
    usual = logit(x, cells["events"], cells["others"])
    fit, risk = logit_on_codes.fit(cells, bases)
    found, expected = fit.table(0.9), on_cells.coefficients(usual, x, 0.9)
    assert found.index.equals(expected.index)
    for column in expected:
        assert min(map(digits, found[column], expected[column])) > (9 if column != "p" else 8), column
    assert digits(fit.log_likelihood, on_cells.measures(usual)["log_likelihood"]) > 12
    assert min(map(digits, risk, usual.fittedvalues)) > 9
    assert np.abs(fit.covariance / usual.cov_params() - 1).max(axis=None) < 1e-6


def test_log_likelihood_score_and_information_are_those_of_their_definition():
    cells, bases = many(5)
    x = on_cells.design(cells, bases)
    model = logit_on_codes.CodedLogit(cells, bases)
    assert model.terms.equals(x.columns)
    x, b = x.to_numpy(), np.random.default_rng(1).normal(0, 0.3, x.shape[1])
    events, others = (cells[name].to_numpy() for name in on_cells.COUNTS)
    risk = expit(x @ b)
    value, score = model.value_and_score(b)
    assert digits(value, events @ np.log(risk) + others @ np.log1p(-risk)) > 12
    np.testing.assert_allclose(score, x.T @ (events - (events + others) * risk), rtol=1e-10)
    weight = (events + others) * risk * (1 - risk)
    np.testing.assert_allclose(model.information(b), x.T @ (x * weight[:, None]), rtol=1e-10, atol=1e-9)


def test_a_code_with_many_values_has_a_group_of_its_own():
    rng = np.random.default_rng(4)
    cells = pd.DataFrame({"city": pd.Categorical([f"c{i}" for i in range(300)] * 2)})
    cells["sex"] = pd.Categorical(["a"] * 300 + ["b"] * 300)
    cells[on_cells.COUNTS] = rng.integers(1, 50, (600, 2))
    bases = {"city": "c0", "sex": "a"}
    x = on_cells.design(cells, bases)
    expected = on_cells.coefficients(logit(x, cells["events"], cells["others"]), x)["b"]
    assert min(map(digits, logit_on_codes.fit(cells, bases)[0].estimates, expected)) > 9


def test_what_cannot_be_fitted_is_an_error_in_words():
    cells, bases = many(3)
    with pytest.raises(ValueError, match="nobody has the reference code '8' of 'v1'"):
        logit_on_codes.fit(cells, bases | {"v1": "8"})
    with pytest.raises(ValueError, match="pupils with the event and pupils without it"):
        logit_on_codes.fit(cells.assign(events=0), bases)
    with pytest.raises(NoEstimate, match="two terms cannot be told apart"):
        logit_on_codes.fit(cells.assign(again=cells["v0"]), bases | {"again": "1"})
    with pytest.raises(NoEstimate):
        logit_on_codes.fit(cells.assign(events=cells["events"].where(cells["v0"] != "0", 0)), bases)
