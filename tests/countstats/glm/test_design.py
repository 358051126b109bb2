"""The logistic model on cells agrees with R, and with the same model on rows."""

import numpy as np
import pandas as pd
import pytest
from samples import fair_rows, logit, ones, reference, spector_rows, table
from sklearn.linear_model import LogisticRegression

from countstats.glm import design as on_cells
from countstats.glm.design import Coded, Dense

R = reference("logistic")
BASES = {
    "ucb": ("Admit", "Admitted", {"Dept": "A", "Gender": "Male"}),
    "titanic": ("Survived", "Yes", {"Class": "1st", "Sex": "Male", "Age": "Child"}),
}


def fitted(name):
    """Cells, design matrix and fit of a published table."""
    outcome, event, bases = BASES[name]
    cells = on_cells.cells_of(table(name), bases, outcome, event)
    cells = cells[cells[on_cells.COUNTS].sum(axis=1) > 0]
    x = on_cells.design(cells, bases)
    return cells, x, logit(x, cells["events"], cells["others"])


@pytest.mark.parametrize("name", BASES)
def test_coefficients_agree_with_r(name, agrees):
    _, x, fit = fitted(name)
    found = on_cells.coefficients(fit, x)
    for (variable, code), row in found.iterrows():
        test = f"logit coef {'(Intercept)' if not code else variable + code}"
        agrees("GLM on cells: coefficients", row["b"], R[name, test, "b"], 9)
        # R stops by the deviance, which leaves its standard errors (not its estimates) six to eight digits.
        agrees("GLM on cells: errors, against R", row["se"], R[name, test, "se"], 6)
        # An error in z counts z squared times in p.
        agrees("GLM on cells: p, against R", row["p"], R[name, test, "p"], 3.5)


@pytest.mark.parametrize("name", BASES)
def test_errors_are_those_of_the_information(name, agrees):
    cells, x, fit = fitted(name)
    weight = cells[on_cells.COUNTS].sum(axis=1).to_numpy() * fit.fittedvalues * (1 - fit.fittedvalues)
    information = x.to_numpy().T @ (x.to_numpy() * np.asarray(weight)[:, None])
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    agrees("GLM on cells: errors, against the information", on_cells.coefficients(fit, x)["se"], expected, 12)


def test_measures_count_units_not_cells(agrees):
    measures = on_cells.measures(fitted("titanic")[2])
    assert measures["n"] == 2201
    agrees("GLM on cells: log-likelihood", measures["log_likelihood"], R["titanic", "fit", "loglik_wtd"], 12)
    agrees("GLM on cells: log-likelihood", -2 * measures["null_log_likelihood"], R["titanic", "fit", "null_dev"], 12)


@pytest.mark.parametrize(("name", "rows"), [("spector", spector_rows), ("fair", fair_rows)])
def test_measures_agree_with_r(name, rows, agrees):
    x, y = rows()
    found = on_cells.measures(logit(x, *ones(y)))
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
    full = on_cells.measures(logit(x, *ones(y)))
    tests = {"vs null": ["const"]}
    for term in {column.rstrip("23456") for column in x} - {"const"}:
        tests[f"drop {term}"] = [column for column in x if column.rstrip("23456") != term]
    for test, kept in tests.items():
        found = on_cells.likelihood_ratio(on_cells.measures(logit(x[kept], *ones(y))), full)
        assert found.df == R[name, f"LR test {test}", "df"]
        agrees("likelihood-ratio test", found.chi_square, R[name, f"LR test {test}", "chi2"], 10)
        agrees("likelihood-ratio test", found.p, R[name, f"LR test {test}", "p"], 10)


def test_odds_ratios_agree_with_r(agrees):
    x, y = spector_rows()
    x = x[["const", "GPA", "TUCE", "PSI"]]
    fit = logit(x, *ones(y))
    labels = pd.MultiIndex.from_tuples([on_cells.INTERCEPT, ("GPA", "1"), ("TUCE", "1"), ("PSI", "1")])
    plain = fit.model.exog[:, 1:].min(axis=0) > 0  # GPA and TUCE are no 0/1 columns: nothing to call infinite
    assert plain.tolist() == [True, True, False]
    b, se = fit.params.to_numpy(), fit.bse.to_numpy()
    made = pd.DataFrame(
        {"b": b, "low": b - 1.959963984540054 * se, "high": b + 1.959963984540054 * se, "p": 0.5},
        index=labels,
    )
    found = on_cells.odds_ratios(made).loc[("GPA", "1")]
    for column, quantity in {"odds_ratio": "OR", "low": "OR_wald_lo", "high": "OR_wald_hi"}.items():
        agrees("odds ratios and limits", found[column], R["spector", "logit coef GPA", quantity], 9)


def test_univariable_is_a_two_by_two_table(agrees):
    """The odds ratios without a fit equal those of a model fitted to rows."""
    cells = on_cells.cells_of(table("ucb"), ["Dept", "Gender"], *BASES["ucb"][:2])
    found = on_cells.univariable(cells, {"Dept": "C", "Gender": "Male"})
    assert found.loc[("Dept", "C"), ["odds_ratio", "n", "events"]].tolist() == [1, 918, 322]
    assert np.isnan(found.loc[("Dept", "C"), "low"])
    rows = cells.loc[cells.index.repeat(cells["events"] + cells["others"])].reset_index(drop=True)
    outcome = rows.groupby(["Dept", "Gender"], observed=True).cumcount() < rows["events"]
    for variable, base in {"Dept": "C", "Gender": "Male"}.items():
        x = on_cells.design(rows, {variable: base})
        expected = on_cells.odds_ratios(on_cells.coefficients(logit(x, *ones(outcome)), x))
        own, ends = found.loc[expected.index], ["odds_ratio", "low", "high"]
        agrees("odds ratios alone, against rows", own[ends], expected[ends], 10)
        # An error in z counts z squared times in p.
        agrees("odds ratios alone, against rows: p", own["p"], expected["p"], 8)


def test_univariable_without_events_is_nan():
    found = on_cells.univariable(small([3, 0, 4], [5, 6, 7]), {"stage": "primary"}).xs("stage")
    assert found["odds_ratio"].isna().tolist() == [False, True, False]
    assert found["n"].tolist() == [8, 6, 11]


def test_cells_and_rows_agree(agrees):
    cells, _, fit = fitted("ucb")
    rows = cells.loc[cells.index.repeat(cells["events"] + cells["others"])].reset_index(drop=True)
    place = rows.groupby(["Dept", "Gender"], observed=True).cumcount()
    by_row = logit(on_cells.design(rows, BASES["ucb"][2]), *ones(place < rows["events"]))
    agrees("GLM on cells, against rows: coefficients", fit.params, by_row.params, 12)
    agrees("GLM on cells, against rows: errors", fit.bse, by_row.bse, 10)
    one, two = on_cells.measures(fit), on_cells.measures(by_row)
    # Must count units: nobs and all that hangs on it.
    agrees("GLM on cells, against rows: measures", one, two, 12)
    assert fit.nobs != by_row.nobs, "statsmodels counts cells; if it no longer does, `measures` can go"


def test_cutting_a_cell_changes_nothing(agrees):
    cells, x, fit = fitted("titanic")
    half = cells[on_cells.COUNTS] // 2
    parts = pd.concat([cells.assign(**half), cells.assign(**(cells[on_cells.COUNTS] - half))], ignore_index=True)
    parts = parts[parts[on_cells.COUNTS].sum(axis=1) > 0]
    again = on_cells.design(parts, BASES["titanic"][2])
    refit = logit(again, parts["events"], parts["others"])
    tables = on_cells.coefficients(fit, x), on_cells.coefficients(refit, again)
    agrees("GLM on cells cut in two: coefficients, errors, p", *tables, 11)
    agrees("GLM on cells cut in two: measures", on_cells.measures(fit), on_cells.measures(refit), 11)


def test_coefficients_agree_with_scikit_learn(agrees):
    cells, x, fit = fitted("titanic")
    twice = np.vstack([x, x])
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, fit_intercept=False)
    model.fit(twice, np.repeat([1, 0], len(x)), np.concatenate([cells["events"], cells["others"]]))
    agrees("GLM on cells, against scikit-learn", model.coef_[0], fit.params, 9)


def test_collapse_and_complete_add_up():
    counts = pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female", "missing"], ["male", "female", "missing"]),
            "stage": pd.Categorical(["primary", "junior", "primary", "junior"], ["primary", "junior", "missing"]),
            "at_risk": pd.Categorical(["no", "yes", "yes", "no"], ["no", "yes", "missing"]),
            "n": [5, 3, 2, 7],
        }
    )
    cells = on_cells.cells_of(counts, ["sex", "stage"], "at_risk")
    assert cells[on_cells.COUNTS].sum().tolist() == [5, 12]
    known = on_cells.complete(cells, ["sex", "stage"])
    assert known[on_cells.COUNTS].sum().tolist() == [5, 5]
    by_sex = on_cells.collapse(known, ["sex"]).set_index("sex")
    assert by_sex.loc["male"].tolist() == [3, 5] and by_sex.loc["female"].tolist() == [2, 0]


def test_counts_by_has_a_column_per_code():
    counts = pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female"], ["male", "female", "missing"]),
            "level": pd.Categorical(["well", "high_risk", "well"], ["well", "imbalance", "high_risk", "missing"]),
            "n": [5, 3, 2],
        }
    )
    wide = on_cells.counts_by(counts, ["sex"], "level")
    assert wide.columns.tolist() == ["sex", "well", "high_risk"]
    assert wide[["well", "high_risk"]].to_numpy().tolist() == [[5, 3], [2, 0]]


def test_cells_of_refuses_a_missing_outcome():
    counts = pd.DataFrame({"sex": pd.Categorical(["male"]), "at_risk": pd.Categorical(["missing"]), "n": [4]})
    with pytest.raises(ValueError, match="'at_risk' is not recorded"):
        on_cells.cells_of(counts, ["sex"], "at_risk")


def small(events, others):
    """Three cells of one variable, with the counts given."""
    frame = pd.DataFrame(
        {"stage": pd.Categorical(["primary", "junior", "senior"], ["primary", "junior", "senior", "adult", "missing"])}
    )
    return frame.assign(events=events, others=others)


def test_design_leaves_out_empty_codes():
    assert list(on_cells.design(small([1, 2, 3], [4, 5, 6]), {"stage": "primary"})) == [
        on_cells.INTERCEPT,
        ("stage", "junior"),
        ("stage", "senior"),
    ]


def test_design_refuses_an_empty_reference():
    with pytest.raises(ValueError, match="no unit has the reference code 'adult' of 'stage'"):
        on_cells.design(small([1, 2, 3], [4, 5, 6]), {"stage": "adult"})


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
    cells = small(events, others)
    x = on_cells.design(cells, {"stage": "primary"})
    found = on_cells.odds_ratios(on_cells.coefficients(logit(x, events, others), x)).xs("stage")
    assert found.index[found["odds_ratio"].isna()].tolist() == infinite
    if infinite == ["junior"]:
        agrees("odds ratios beside one without", found.loc["senior", "odds_ratio"], (4 / 7) / (3 / 5), 11)


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero", "ignore:.*convergence")
@pytest.mark.parametrize(("events", "others"), [([0, 0, 0], [1, 2, 3]), ([1, 2, 3], [0, 0, 0])])
def test_an_outcome_that_all_or_none_have_is_an_error(events, others):
    with pytest.raises(ValueError, match="with the event and units without"):
        on_cells.measures(logit(np.ones((3, 1)), events, others))


@pytest.mark.filterwarnings("ignore:Perfect separation", "ignore:divide by zero")
def test_likelihood_ratio_refuses_different_units():
    cells = small([1, 2, 3], [4, 5, 6])
    null = on_cells.measures(logit(np.ones((3, 1)), cells["events"], cells["others"]))
    larger = on_cells.measures(logit(on_cells.design(cells, {"stage": "primary"}), [1, 2, 4], [4, 5, 6]))
    with pytest.raises(ValueError, match="nested models of the same units"):
        on_cells.likelihood_ratio(null, larger)


def test_split_keeps_each_unit_once():
    cells = small([10, 200, 30], [400, 50, 600])
    parts = on_cells.split(cells, 0.7, np.random.default_rng(1))
    both = pd.concat(parts).groupby("stage", observed=True)[on_cells.COUNTS].sum().to_numpy()
    assert (both == cells[on_cells.COUNTS].to_numpy()).all()
    assert parts[0][on_cells.COUNTS].to_numpy().sum() == round(0.7 * 1290)


def test_split_agrees_with_shuffled_rows():
    """Mean and variance over many splits, against the same from shuffling one row per unit."""
    cells, rng = small([4, 9, 2], [6, 3, 8]), np.random.default_rng(7)
    units = np.repeat(np.arange(6), cells[on_cells.COUNTS].to_numpy().ravel())
    by_rows = [np.bincount(rng.permutation(units)[:22], minlength=6) for _ in range(4000)]
    by_cells = []
    for _ in range(4000):
        drawn = on_cells.split(cells, 22 / 32, rng)[0].set_index("stage")[on_cells.COUNTS]
        by_cells.append(drawn.reindex(cells["stage"], fill_value=0).to_numpy().ravel())
    assert np.abs(np.mean(by_rows, axis=0) - np.mean(by_cells, axis=0)).max() < 0.15
    assert np.abs(np.cov(np.transpose(by_rows)) - np.cov(np.transpose(by_cells))).max() < 0.2


def test_split_repeats_and_refuses_a_bad_share():
    cells = small([10, 200, 30], [400, 50, 600])
    one, two = (on_cells.split(cells, 0.5, np.random.default_rng(3))[0] for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        on_cells.split(cells, 1, np.random.default_rng(3))


def test_design_of_small_integers_is_the_same():
    outcome, event, bases = BASES["titanic"]
    cells = on_cells.cells_of(table("titanic"), bases, outcome, event)
    found = on_cells.design(cells, bases, np.int8)
    assert set(found.dtypes) == {np.dtype(np.int8)}
    pd.testing.assert_frame_equal(found.astype(float), on_cells.design(cells, bases))


def both(widths, cells=300, seed=1):
    """Codes of some variables, of which the first code has no column, as `Coded` and as `Dense`."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, width, cells).astype(np.int8) for width in widths]
    ends = np.cumsum([1, *(width - 1 for width in widths)])
    positions = [np.append(-1, np.arange(start, start + width - 1)) for start, width in zip(ends, widths, strict=False)]
    x = np.hstack([np.ones((cells, 1)), *(np.eye(width)[code, 1:] for code, width in zip(codes, widths, strict=True))])
    return Coded(codes, positions, (cells, ends[-1])), Dense(x), rng


@pytest.mark.parametrize("widths", [[], [2], [3, 2, 5], [9, 70, 2, 8, 8, 4, 3]])
def test_coded_multiplies_as_dense(widths):
    short, dense, rng = both(widths)
    assert short.shape == dense.shape
    for shape in ((short.shape[1],), (short.shape[1], 3)):
        b = rng.normal(size=shape)
        np.testing.assert_allclose(short.times(b), dense.times(b), atol=1e-12)
    for shape in ((300,), (300, 3)):
        values = rng.normal(size=shape)
        np.testing.assert_allclose(short.transposed_times(values), dense.transposed_times(values), atol=1e-11)
    weight = rng.random(300)
    np.testing.assert_allclose(short.gram(weight), dense.gram(weight), atol=1e-11)
