"""The quick fit of the logistic model agrees with R and statsmodels; what the tests of terms say agrees with R."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from samples import ROWS, by_row, reference, table

from countstats.glm import design as on_cells
from countstats.glm import logit
from countstats.glm.collinearity import gvif
from countstats.glm.solver import NoEstimate

R = reference("logistic")


def in_r(term):
    return "(Intercept)" if term == "const" else term


def variable_of(x):
    """The variable of each column; None for the constant."""
    return [None if column == "const" else column.rstrip("23456") for column in x]


def titanic():
    bases = {"Class": "1st", "Sex": "Male", "Age": "Child"}
    cells = on_cells.cells_of(table("titanic"), bases, "Survived", "Yes")
    return on_cells.design(cells, bases), cells


@pytest.mark.parametrize("name", ROWS)
def test_the_fit_agrees_with_r(name, agrees):
    _, _, found = by_row(name)
    for term, row in found.table().iterrows():
        agrees("logistic fit: coefficients", row["b"], R[name, f"logit coef {in_r(term)}", "b"], 11)
        # R stops by the deviance, which leaves its standard errors fewer digits than its estimates.
        agrees("logistic fit: errors", row["se"], R[name, f"logit coef {in_r(term)}", "se"], 9)
    agrees("logistic fit: log-likelihood", found.log_likelihood, R[name, "fit", "loglik"], 12)


def test_the_fit_is_that_of_statsmodels_on_counts(agrees):
    x, cells = titanic()
    kept = cells[on_cells.COUNTS].sum(axis=1) > 0
    theirs = sm.GLM(cells.loc[kept, on_cells.COUNTS], x[kept], family=sm.families.Binomial()).fit(**on_cells.TIGHT)
    ours = logit.fit(x, cells)
    agrees("logistic fit: coefficients", ours.estimates, theirs.params, 12)
    agrees("logistic fit: errors", np.sqrt(np.diag(ours.covariance)), theirs.bse, 12)
    agrees("logistic fit: p", ours.table()["p"], theirs.pvalues, 11)
    agrees("logistic fit: chances", logit.risks(x[kept], ours), theirs.fittedvalues, 12)
    agrees("pseudo R-squared and its kin", logit.measures(x, cells, ours), on_cells.measures(theirs), 12)


@pytest.mark.parametrize("name", ROWS)
def test_measures_agree_with_r(name, agrees):
    found = logit.measures(*by_row(name))
    for measure, quantity in {"mcfadden": "McFadden", "cox_snell": "CoxSnell", "nagelkerke": "Nagelkerke"}.items():
        agrees("pseudo R-squared and its kin", found[measure], R[name, "pseudo R2", quantity], 11)
    agrees("pseudo R-squared and its kin", found["tjur"], R[name, "pseudo R2", "Tjur"], 13)


@pytest.mark.parametrize("name", ROWS)
def test_leaving_out_each_variable_agrees_with_r(name, agrees):
    x, cells, _ = by_row(name)
    pairs = [on_cells.INTERCEPT if own is None else (own, term) for own, term in zip(variable_of(x), x, strict=True)]
    labelled = x.set_axis(pd.MultiIndex.from_tuples(pairs, names=on_cells.TERM), axis=1)
    found = logit.drop_each(labelled, cells, logit.fit(labelled, cells))
    for variable, row in found.iterrows():
        for quantity, column in {"chi2": "chi_square", "df": "df", "p": "p"}.items():
            agrees("leaving a variable out", row[column], R[name, f"LR test drop {variable}", quantity], 8)


@pytest.mark.parametrize("name", ROWS)
def test_walds_test_of_each_variable_agrees_with_r(name, agrees):
    x, _, found = by_row(name)
    for variable in dict.fromkeys(variable_of(x)):
        columns = [term for term, own in zip(x, variable_of(x), strict=True) if own == variable]
        test = found.wald(columns)
        reference_name = f"Wald type III {variable or '(Intercept)'}"
        assert test["df"] == R[name, reference_name, "df"]
        agrees("Wald's test of a variable", test["chi_square"], R[name, reference_name, "chi2"], 9)
        agrees("Wald's test of a variable: p", test["p"], R[name, reference_name, "p"], 8.5)


def test_inflation_factors_agree_with_r(agrees):
    x, _, found = by_row("fair")
    for variable, row in gvif(found.covariance, variable_of(x)).iterrows():
        assert row["df"] == R["fair", f"GVIF {variable}", "df"]
        agrees("inflation factors", row["gvif"], R["fair", f"GVIF {variable}", "GVIF"], 12)
        agrees("inflation factors", row["gvif_per_df"], R["fair", f"GVIF {variable}", "GVIF^(1/(2df))"], 12)
    x, _, found = by_row("spector")
    for variable, row in gvif(found.covariance, variable_of(x)).iterrows():
        agrees("inflation factors", row["gvif"], R["spector", f"VIF {variable}", "VIF"], 9)


def test_inflation_of_a_variable_does_not_depend_on_its_reference(agrees):
    found = []
    for base in ("1st", "3rd"):
        bases = {"Class": base, "Sex": "Male", "Age": "Child"}
        cells = on_cells.cells_of(table("titanic"), bases, "Survived", "Yes")
        x = on_cells.design(cells, bases)
        found.append(gvif(logit.fit(x, cells).covariance, [None, *x.columns.get_level_values(0)[1:]]))
    agrees("inflation factors, another reference", found[0].to_numpy(), found[1].to_numpy(), 12)
    assert gvif(np.eye(3), [None, "a", "a"])["gvif"].tolist() == pytest.approx([1])


def test_several_models_are_compared_each_with_its_smaller_one():
    x, cells = titanic()
    twice = x.copy()
    twice["Sex", "again"] = x["Sex", "Female"]
    designs = {"sex": x.iloc[:, [0, 4]], "all": x, "twice": twice}
    found = logit.compare(designs, cells, {"all": "sex", "twice": "all"}).set_index("model")
    small, large = (logit.measures(designs[name], cells, logit.fit(designs[name], cells)) for name in ("sex", "all"))
    expected = on_cells.likelihood_ratio(small, large)
    assert found.loc["all", ["chi_square", "df", "p"]].tolist() == list(expected.values())
    assert found.loc["sex", ["chi_square", "df", "p"]].isna().all()
    assert found.loc["twice", ["n", "aic", "p"]].isna().all(), "two columns alike have no estimates"


def test_a_likelihood_that_grows_for_ever_has_no_estimate():
    cells = pd.DataFrame({"events": [3, 0, 4], "others": [5, 6, 7]})
    x = pd.DataFrame({"one": 1.0, "second": [0.0, 1, 0], "third": [0.0, 0, 1]})
    with pytest.raises(NoEstimate):
        logit.fit(x, cells)
    with pytest.raises(NoEstimate, match="told apart"):
        logit.fit(x.assign(again=x["third"]), cells.assign(events=[3, 2, 4]))
    with pytest.raises(NoEstimate):
        logit.fit(x.assign(nobody=0.0), cells.assign(events=[3, 2, 4]))


@pytest.mark.parametrize("counts", [[0, 0, 0], [4, 5, 6]])
def test_an_outcome_that_all_or_none_have_is_refused(counts):
    cells = pd.DataFrame({"events": counts, "others": [0, 0, 0] if sum(counts) else [4, 5, 6]})
    with pytest.raises(ValueError, match="pupils without it"):
        logit.fit(pd.DataFrame({"one": np.ones(3)}), cells)
