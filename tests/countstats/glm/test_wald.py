"""The logistic model on cells agrees with R, and with the same model on rows."""

import numpy as np
import pandas as pd
import pytest
from samples import MODELS, logit, ones, published, reference, spector_rows, table, three_stages
from sklearn.linear_model import LogisticRegression

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, fit_measures, wald

R = reference("logistic")


@pytest.mark.parametrize("name", MODELS)
def test_coefficients_agree_with_r(name, agrees):
    _, x, fit = published(name)
    found = wald.coefficients(fit, x)
    for (variable, code), row in found.iterrows():
        test = f"logit coef {'(Intercept)' if not code else variable + code}"
        agrees("GLM on cells: coefficients", row["b"], R[name, test, "b"], 9)
        # R stops by the deviance, which leaves its standard errors (not its estimates) six to eight digits.
        agrees("GLM on cells: errors, against R", row["se"], R[name, test, "se"], 6)
        # An error in z counts z squared times in p.
        agrees("GLM on cells: p, against R", row["p"], R[name, test, "p"], 3.5)


@pytest.mark.parametrize("name", MODELS)
def test_errors_are_those_of_the_information(name, agrees):
    cells, x, fit = published(name)
    weight = cells[COUNTS].sum(axis=1).to_numpy() * fit.fittedvalues * (1 - fit.fittedvalues)
    information = x.to_numpy().T @ (x.to_numpy() * np.asarray(weight)[:, None])
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    agrees("GLM on cells: errors, against the information", wald.coefficients(fit, x)["se"], expected, 12)


def test_odds_ratios_agree_with_r(agrees):
    x, y = spector_rows()
    x = x[["const", "GPA", "TUCE", "PSI"]]
    fit = logit(x, *ones(y))
    labels = pd.MultiIndex.from_tuples([design.INTERCEPT, ("GPA", "1"), ("TUCE", "1"), ("PSI", "1")])
    plain = fit.model.exog[:, 1:].min(axis=0) > 0  # GPA and TUCE are no 0/1 columns: nothing to call infinite
    assert plain.tolist() == [True, True, False]
    b, se = fit.params.to_numpy(), fit.bse.to_numpy()
    made = pd.DataFrame(
        {"b": b, "low": b - 1.959963984540054 * se, "high": b + 1.959963984540054 * se, "p": 0.5},
        index=labels,
    )
    found = wald.odds_ratios(made).loc[("GPA", "1")]
    for column, quantity in {"odds_ratio": "OR", "low": "OR_wald_lo", "high": "OR_wald_hi"}.items():
        agrees("odds ratios and limits", found[column], R["spector", "logit coef GPA", quantity], 9)


def test_univariable_is_a_two_by_two_table(agrees):
    """The odds ratios without a fit equal those of a model fitted to rows."""
    cells = cell_table.cells_of(table("ucb"), ["Dept", "Gender"], *MODELS["ucb"][:2])
    found = wald.univariable(cells, {"Dept": "C", "Gender": "Male"})
    assert found.loc[("Dept", "C"), ["odds_ratio", "n", "events"]].tolist() == [1, 918, 322]
    assert np.isnan(found.loc[("Dept", "C"), "low"])
    rows = cells.loc[cells.index.repeat(cells["events"] + cells["others"])].reset_index(drop=True)
    outcome = rows.groupby(["Dept", "Gender"], observed=True).cumcount() < rows["events"]
    for variable, base in {"Dept": "C", "Gender": "Male"}.items():
        x = design.matrix(rows, {variable: base})
        expected = wald.odds_ratios(wald.coefficients(logit(x, *ones(outcome)), x))
        own, ends = found.loc[expected.index], ["odds_ratio", "low", "high"]
        agrees("odds ratios alone, against rows", own[ends], expected[ends], 10)
        # An error in z counts z squared times in p.
        agrees("odds ratios alone, against rows: p", own["p"], expected["p"], 8)


def test_univariable_without_events_is_nan():
    found = wald.univariable(three_stages([3, 0, 4], [5, 6, 7]), {"stage": "primary"}).xs("stage")
    assert found["odds_ratio"].isna().tolist() == [False, True, False]
    assert found["n"].tolist() == [8, 6, 11]


def test_cells_and_rows_agree(agrees):
    cells, _, fit = published("ucb")
    rows = cells.loc[cells.index.repeat(cells["events"] + cells["others"])].reset_index(drop=True)
    place = rows.groupby(["Dept", "Gender"], observed=True).cumcount()
    by_row = logit(design.matrix(rows, MODELS["ucb"][2]), *ones(place < rows["events"]))
    agrees("GLM on cells, against rows: coefficients", fit.params, by_row.params, 12)
    agrees("GLM on cells, against rows: errors", fit.bse, by_row.bse, 10)
    one, two = fit_measures.of_result(fit), fit_measures.of_result(by_row)
    # Must count units: nobs and all that hangs on it.
    agrees("GLM on cells, against rows: measures", one, two, 12)
    assert fit.nobs != by_row.nobs, "statsmodels counts cells; if it no longer does, `measures` can go"


def test_cutting_a_cell_changes_nothing(agrees):
    cells, x, fit = published("titanic")
    half = cells[COUNTS] // 2
    parts = pd.concat([cells.assign(**half), cells.assign(**(cells[COUNTS] - half))], ignore_index=True)
    parts = parts[parts[COUNTS].sum(axis=1) > 0]
    again = design.matrix(parts, MODELS["titanic"][2])
    refit = logit(again, parts["events"], parts["others"])
    tables = wald.coefficients(fit, x), wald.coefficients(refit, again)
    agrees("GLM on cells cut in two: coefficients, errors, p", *tables, 11)
    agrees("GLM on cells cut in two: measures", fit_measures.of_result(fit), fit_measures.of_result(refit), 11)


def test_coefficients_agree_with_scikit_learn(agrees):
    cells, x, fit = published("titanic")
    twice = np.vstack([x, x])
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, fit_intercept=False)
    model.fit(twice, np.repeat([1, 0], len(x)), np.concatenate([cells["events"], cells["others"]]))
    agrees("GLM on cells, against scikit-learn", model.coef_[0], fit.params, 9)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero", "ignore:.*convergence")
@pytest.mark.parametrize(
    ("events", "others", "infinite"),
    [
        ([3, 0, 4], [5, 6, 7], ["junior"]),
        ([3, 2, 4], [5, 6, 0], ["senior"]),
        ([0, 2, 4], [5, 6, 7], ["junior", "senior"]),
    ],
)
def test_coefficients_are_nan_without_a_finite_estimate(events, others, infinite, agrees):
    cells = three_stages(events, others)
    x = design.matrix(cells, {"stage": "primary"})
    found = wald.odds_ratios(wald.coefficients(logit(x, events, others), x)).xs("stage")
    assert found.index[found["odds_ratio"].isna()].tolist() == infinite
    if infinite == ["junior"]:
        agrees("odds ratios beside one without", found.loc["senior", "odds_ratio"], (4 / 7) / (3 / 5), 11)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero", "ignore:.*convergence")
def test_coefficients_are_nan_where_a_combination_decides():
    """Each code has units of both kinds, but both codes together have only events, and neither only others."""
    codes = {"sex": ["male", "male", "female", "female"], "stage": ["primary", "junior"] * 2}
    cells = pd.DataFrame({name: pd.Categorical(each) for name, each in codes.items()})
    cells = cells.assign(events=[0, 4, 5, 3], others=[6, 2, 7, 0])
    x = design.matrix(cells, {"sex": "male", "stage": "primary"})
    assert wald.coefficients(logit(x, cells["events"], cells["others"]), x).isna().all(axis=None)


def test_coefficients_are_nan_without_a_unit():
    cells = three_stages([1, 2, 0], [4, 5, 0])
    x = design.matrix(cells, {"stage": "primary"})
    found = wald.coefficients(logit(x[:2], cells["events"][:2], cells["others"][:2]), x[:2])
    assert found["b"].isna().tolist() == [False, False, True]
