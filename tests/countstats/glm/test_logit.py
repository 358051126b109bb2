"""The quick fit of the logistic model agrees with R and statsmodels; what the tests of terms say agrees with R."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from agreement import digits
from samples import ROWS, by_row, fair_rows, ones, reference, table
from samples import logit as glm
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, fit_measures, logit, wald
from countstats.glm.logit import Logit
from countstats.glm.solver import NoEstimate, maximise

R = reference("logistic")


def in_r(term):
    return "(Intercept)" if term == "const" else term


def variable_of(x):
    """The variable of each column; None for the constant."""
    return [None if column == "const" else column.rstrip("23456") for column in x]


def titanic():
    bases = {"Class": "1st", "Sex": "Male", "Age": "Child"}
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    return design.matrix(cells, bases), cells


@pytest.mark.parametrize("name", ROWS)
def test_fit_agrees_with_r(name, agrees):
    _, _, found = by_row(name)
    for term, row in found.table().iterrows():
        agrees("logistic fit: coefficients", row["b"], R[name, f"logit coef {in_r(term)}", "b"], 11)
        # R stops by the deviance, which leaves its standard errors fewer digits than its estimates.
        agrees("logistic fit: errors", row["se"], R[name, f"logit coef {in_r(term)}", "se"], 9)
    agrees("logistic fit: log-likelihood", found.log_likelihood, R[name, "fit", "loglik"], 12)


def test_fit_agrees_with_statsmodels(agrees):
    x, cells = titanic()
    kept = cells[COUNTS].sum(axis=1) > 0
    theirs = sm.GLM(cells.loc[kept, COUNTS], x[kept], family=sm.families.Binomial()).fit(**wald.GLM_TOL)
    ours = logit.fit(x, cells)
    agrees("logistic fit: coefficients", ours.estimates, theirs.params, 12)
    agrees("logistic fit: errors", np.sqrt(np.diag(ours.covariance)), theirs.bse, 12)
    agrees("logistic fit: p", ours.table()["p"], theirs.pvalues, 11)
    agrees("logistic fit: probability", logit.risks(x[kept], ours), theirs.fittedvalues, 12)
    agrees("pseudo R-squared and its kin", logit.measures(x, cells, ours), fit_measures.of_result(theirs), 12)


@pytest.mark.parametrize("name", ROWS)
def test_measures_agree_with_r(name, agrees):
    found = logit.measures(*by_row(name))
    for measure, quantity in {"mcfadden": "McFadden", "cox_snell": "CoxSnell", "nagelkerke": "Nagelkerke"}.items():
        agrees("pseudo R-squared and its kin", found[measure], R[name, "pseudo R2", quantity], 11)
    agrees("pseudo R-squared and its kin", found["tjur"], R[name, "pseudo R2", "Tjur"], 13)


@pytest.mark.parametrize("name", ROWS)
def test_drop_each_agrees_with_r(name, agrees):
    x, cells, _ = by_row(name)
    pairs = [design.INTERCEPT if own is None else (own, term) for own, term in zip(variable_of(x), x, strict=True)]
    labelled = x.set_axis(pd.MultiIndex.from_tuples(pairs, names=design.TERM), axis=1)
    found = logit.drop_each(labelled, cells, logit.fit(labelled, cells))
    for variable, row in found.iterrows():
        for quantity, column in {"chi2": "chi_square", "df": "df", "p": "p"}.items():
            agrees("leaving a variable out", row[column], R[name, f"LR test drop {variable}", quantity], 8)


@pytest.mark.parametrize("name", ROWS)
def test_wald_agrees_with_r(name, agrees):
    x, _, found = by_row(name)
    for variable in dict.fromkeys(variable_of(x)):
        columns = [term for term, own in zip(x, variable_of(x), strict=True) if own == variable]
        test = found.wald(columns)
        reference_name = f"Wald type III {variable or '(Intercept)'}"
        assert test.df == R[name, reference_name, "df"]
        agrees("Wald's test of a variable", test.chi_square, R[name, reference_name, "chi2"], 9)
        agrees("Wald's test of a variable: p", test.p, R[name, reference_name, "p"], 8.5)


def test_compare_tests_each_model_against_its_smaller_one():
    x, cells = titanic()
    twice = x.copy()
    twice["Sex", "again"] = x["Sex", "Female"]
    designs = {"sex": x.iloc[:, [0, 4]], "all": x, "twice": twice}
    found = logit.compare(designs, cells, {"all": "sex", "twice": "all"}).set_index("model")
    small, large = (logit.measures(designs[name], cells, logit.fit(designs[name], cells)) for name in ("sex", "all"))
    expected = fit_measures.likelihood_ratio(small, large)
    assert found.loc["all", ["chi_square", "df", "p"]].tolist() == list(expected)
    assert found.loc["sex", ["chi_square", "df", "p"]].isna().all()
    assert found.loc["twice", ["n", "aic", "p"]].isna().all(), "two columns alike have no estimates"


def test_fit_refuses_infinite_estimates():
    cells = pd.DataFrame({"events": [3, 0, 4], "others": [5, 6, 7]})
    x = pd.DataFrame({"one": 1.0, "second": [0.0, 1, 0], "third": [0.0, 0, 1]})
    with pytest.raises(NoEstimate):
        logit.fit(x, cells)
    with pytest.raises(NoEstimate, match="distinguished"):
        logit.fit(x.assign(again=x["third"]), cells.assign(events=[3, 2, 4]))
    with pytest.raises(NoEstimate):
        logit.fit(x.assign(empty=0.0), cells.assign(events=[3, 2, 4]))


@pytest.mark.parametrize("counts", [[0, 0, 0], [4, 5, 6]])
def test_fit_refuses_a_constant_outcome(counts):
    cells = pd.DataFrame({"events": counts, "others": [0, 0, 0] if sum(counts) else [4, 5, 6]})
    with pytest.raises(ValueError, match="units without it"):
        logit.fit(pd.DataFrame({"one": np.ones(3)}), cells)


def many(variables=9, size=20_000, seed=3):
    """Cells of many predictors, of which some codes are rare and some do not occur, as rows collapsed to counts."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(2, 8, variables)
    rows = {f"v{i}": rng.choice(width, size, p=rng.dirichlet(np.full(width, 4.0))) for i, width in enumerate(widths)}
    odds = sum(rng.normal(0, 0.5, width)[rows[f"v{i}"]] for i, width in enumerate(widths)) - 1
    frame = pd.DataFrame(rows).assign(events=(rng.random(size) < expit(odds)).astype(int))
    cells = frame.assign(others=1 - frame["events"]).groupby(list(rows), as_index=False)[COUNTS].sum()
    kinds = {name: pd.CategoricalDtype([*map(str, range(9)), "missing"], ordered=True) for name in rows}
    return cells.astype(dict.fromkeys(rows, str)).astype(kinds), dict.fromkeys(rows, "1")


@pytest.mark.parametrize(
    ("name", "outcome", "event", "bases"),
    [
        ("ucb", "Admit", "Admitted", {"Dept": "A", "Gender": "Male"}),
        ("titanic", "Survived", "Yes", {"Class": "1st", "Sex": "Male", "Age": "Child"}),
    ],
)
def test_coded_fit_agrees_with_r(name, outcome, event, bases):
    cells = cell_table.cells_of(table(name), bases, outcome, event)
    found = logit.fit(design.coded(cells, bases), cells).table()
    for (variable, code), row in found.iterrows():
        test = f"logit coef {variable + code if code else '(Intercept)'}"
        assert digits(row["b"], R[name, test, "b"]) > 9, test
        assert digits(row["se"], R[name, test, "se"]) > 6, test


@pytest.mark.parametrize("variables", [2, 9])
def test_coded_fit_agrees_with_statsmodels_on_a_dense_matrix(variables):
    cells, bases = many(variables)
    assert variables == 2 or len(cells) > 10_000
    x = design.matrix(cells, bases)
    usual = glm(x, cells["events"], cells["others"])
    short = design.coded(cells, bases)
    fit = logit.fit(short, cells)
    risk = logit.risks(short, fit)
    found, expected = fit.table(0.9), wald.coefficients(usual, x, 0.9)
    assert found.index.equals(expected.index)
    for column in expected:
        assert min(map(digits, found[column], expected[column])) > (9 if column != "p" else 8), column
    assert digits(fit.log_likelihood, fit_measures.of_result(usual)["log_likelihood"]) > 12
    assert min(map(digits, risk, usual.fittedvalues)) > 9
    assert np.abs(fit.covariance / usual.cov_params() - 1).max(axis=None) < 1e-6


def test_coded_model_agrees_with_its_definition():
    cells, bases = many(5)
    x = design.matrix(cells, bases)
    short = design.coded(cells, bases)
    assert short.columns.equals(x.columns)
    model = logit.Logit(short, cells["events"], cells["others"])
    x, b = x.to_numpy(), np.random.default_rng(1).normal(0, 0.3, x.shape[1])
    events, others = (cells[name].to_numpy() for name in COUNTS)
    risk = expit(x @ b)
    value, score = model.value_and_score(b)
    assert digits(value, events @ np.log(risk) + others @ np.log1p(-risk)) > 12
    np.testing.assert_allclose(score, x.T @ (events - (events + others) * risk), rtol=1e-10)
    weight = (events + others) * risk * (1 - risk)
    np.testing.assert_allclose(model.information(b), x.T @ (x * weight[:, None]), rtol=1e-10, atol=1e-9)


def test_coded_fit_with_many_codes():
    rng = np.random.default_rng(4)
    cells = pd.DataFrame({"city": pd.Categorical([f"c{i}" for i in range(300)] * 2)})
    cells["sex"] = pd.Categorical(["a"] * 300 + ["b"] * 300)
    cells[COUNTS] = rng.integers(1, 50, (600, 2))
    bases = {"city": "c0", "sex": "a"}
    x = design.matrix(cells, bases)
    expected = wald.coefficients(glm(x, cells["events"], cells["others"]), x)["b"]
    assert min(map(digits, logit.fit(design.coded(cells, bases), cells).estimates, expected)) > 9


def test_coded_fit_refuses_what_cannot_be_fitted():
    cells, bases = many(3)
    with pytest.raises(ValueError, match="no unit has the reference code '8' of 'v1'"):
        design.coded(cells, bases | {"v1": "8"})
    with pytest.raises(ValueError, match="units with the event and units without it"):
        logit.fit(design.coded(cells, bases), cells.assign(events=0))
    with pytest.raises(NoEstimate, match="two terms cannot be distinguished"):
        logit.fit(design.coded(cells.assign(again=cells["v0"]), bases | {"again": "1"}), cells)
    with pytest.raises(NoEstimate):
        logit.fit(design.coded(cells, bases), cells.assign(events=cells["events"].where(cells["v0"] != "0", 0)))


@pytest.fixture(scope="module")
def fair():
    """Fair's women with the constant first, and their outcome as events and others."""
    x, y = fair_rows()
    x = np.column_stack([np.ones(len(x)), x.drop(columns="const")])
    return x, *ones(y)


def test_maximum_agrees_with_statsmodels_from_any_start(fair):
    x, events, others = fair
    expected = glm(x, events, others)
    model = Logit(*fair)
    found = maximise(model, np.zeros(x.shape[1]))
    assert min(map(digits, found, expected.params)) > 9
    assert digits(model.log_likelihood(found), expected.llf) > 12
    start = found + 0.1 * np.random.default_rng(1).normal(size=len(found))
    assert min(map(digits, maximise(model, start), found)) > 9, "the start must not matter"


def test_offset_agrees_with_statsmodels(fair):
    x, events, others = fair
    offset = np.random.default_rng(2).normal(size=len(events))
    expected = sm.GLM(np.column_stack([events, others]), x, family=sm.families.Binomial(), offset=offset).fit(
        **wald.GLM_TOL
    )
    assert min(map(digits, maximise(Logit(*fair, offset=offset), np.zeros(x.shape[1])), expected.params)) > 9


@pytest.mark.parametrize("ridge", [0.5, 30.0])
def test_ridge_agrees_with_scikit_learn(fair, ridge):
    """scikit-learn's penalty is half the squared coefficients over C, the intercept free."""
    x, events, _ = fair
    found = maximise(Logit(*fair, ridge=ridge), np.zeros(x.shape[1]))
    other = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x[:, 1:], events)
    assert min(map(digits, found, [*other.intercept_, *other.coef_[0]])) > 7


def test_effective_df_falls_with_the_penalty(fair):
    x = fair[0]
    b = maximise(Logit(*fair), np.zeros(x.shape[1]))
    terms = [Logit(*fair, ridge=ridge).effective_df(b) for ridge in (0, 1, 100, 1e9)]
    assert terms[0] == pytest.approx(x.shape[1] - 1)
    assert terms[0] > terms[1] > terms[2] > terms[3] and terms[3] < 1e-3
    # By hand: the trace of I (I + P)^-1 over the eigenvalues, where the intercept has been swept out.
    risk = 1 / (1 + np.exp(-x @ b))
    weight = risk * (1 - risk)
    centred = x[:, 1:] - (weight @ x[:, 1:]) / weight.sum()
    eigenvalues = np.linalg.eigvalsh(centred.T @ (centred * weight[:, None]))
    assert digits(terms[1], (eigenvalues / (eigenvalues + 1)).sum()) > 8


def test_maximum_does_not_depend_on_cutting():
    x = np.array([[1, 0], [1, 1], [1, 1]], dtype=float)
    whole = maximise(Logit(x[:2], [3, 9], [7, 11]), [0, 0])
    assert np.allclose(maximise(Logit(x, [3, 4, 5], [7, 4, 7]), [0, 0]), whole, rtol=1e-12)


def test_fixed_coefficient_keeps_its_start():
    x = np.array([[1, 0, 0], [1, 1, 0]], dtype=float)
    found = maximise(Logit(x, [3, 9], [7, 11]), [0, 0, 0.7], free=[True, True, False])
    assert found[2] == pytest.approx(0.7)
    assert found[0] == pytest.approx(np.log(3 / 7)) and found[1] == pytest.approx(np.log(9 / 11) - np.log(3 / 7))
