"""Interactions: the test and the odds ratios agree with tables cut in parts, and sparse ones are survived."""

import numpy as np
import pandas as pd
import pytest
from samples import table
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import StratifiedTable, Table2x2

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, interaction, logit

BASES = {"Dept": "A", "Gender": "Male"}


def ucb():
    cells = cell_table.cells_of(table("ucb"), BASES, "Admit", "Admitted")
    x = design.matrix(cells, BASES)
    return x, cells


def test_interaction_test_is_the_deviance(agrees):
    x, cells = ucb()
    test, larger, fitted, kind = interaction.fit(x, cells, "Gender", "Dept")
    small = logit.fit(x, cells)
    n = cells[COUNTS].to_numpy()
    saturated = (n * np.log(n / n.sum(axis=1, keepdims=True))).sum()
    statistic = 2 * (saturated - small.log_likelihood)
    assert kind == "likelihood ratio" and larger.shape[1] == 12
    agrees("interaction: test", test.chi_square, statistic, 11)
    assert test.df == 5
    agrees("interaction: test", test.p, chi2.sf(statistic, 5), 11)
    agrees("interaction: log-likelihood", fitted.log_likelihood, saturated, 12)
    strata = [rows[COUNTS].to_numpy() for _, rows in cells.groupby("Dept", observed=True)]
    # Another test of the same: Breslow and Day's, which the likelihood ratio resembles but is not.
    assert test.p == pytest.approx(StratifiedTable([s.T for s in strata]).test_equal_odds().pvalue, abs=0.01)


def test_within_agrees_with_each_table(agrees):
    x, cells = ucb()
    _, larger, fitted, _ = interaction.fit(x, cells, "Gender", "Dept")
    found = interaction.within(larger, cells, fitted, "Gender", "Dept", confidence=0.9)
    assert found.index.names == ["Gender", "Dept"] and len(found) == 6
    for (gender, dept), row in found.iterrows():
        own = cells[cells["Dept"] == dept].set_index("Gender")[COUNTS]
        expected = Table2x2(own.loc[[gender, "Male"]].to_numpy())
        agrees("interaction: odds ratios within", row["odds_ratio"], expected.oddsratio, 12)
        agrees("interaction: limits within", row[["low", "high"]], expected.oddsratio_confint(0.1), 12)
        agrees("interaction: p within", row["p"], expected.log_oddsratio_pvalue(), 12)
        assert row["n"] == own.loc[gender].sum()


def sparse():
    """Sex by problem, with a combination that no unit has and one without events."""
    grid = pd.MultiIndex.from_product([["male", "female"], ["other", "peer", "illness"]], names=["sex", "problem"])
    cells = (
        grid.to_frame(index=False)
        .astype("category")
        .assign(events=[9, 14, 0, 20, 8, 0], others=[30, 25, 12, 21, 40, 0])
    )
    cells["problem"] = cells["problem"].cat.reorder_categories(["other", "peer", "illness"])
    cells["sex"] = cells["sex"].cat.reorder_categories(["male", "female"])
    return design.matrix(cells, {"sex": "male", "problem": "other"}), cells


def test_sparse_combinations_are_penalised():
    x, cells = ucb()
    assert cells[COUNTS].min().min() == 8, "women refused by department B"
    for limit, kind, marked in (
        (8, "likelihood ratio", []),
        (9, "penalised likelihood ratio", ["B"]),
        (18, "penalised likelihood ratio", ["B"]),
        (20, "penalised likelihood ratio", ["A", "B"]),
    ):
        _, larger, fitted, found = interaction.fit(x, cells, "Gender", "Dept", sparse=limit)
        table = interaction.within(larger, cells, fitted, "Gender", "Dept", sparse=limit).loc["Female"]
        assert found == kind and table.index[table["sparse"]].tolist() == marked, limit
    # In a saturated model the penalty adds a half to each count.
    four = cells[cells["Dept"] == "B"].set_index("Gender")[COUNTS] + 0.5
    expected = four.loc["Female", "events"] * four.loc["Male", "others"] / four.loc["Female", "others"]
    assert table.loc["B", "odds_ratio"] == pytest.approx(expected / four.loc["Male", "events"], rel=1e-9)


def test_within_marks_a_sparse_reference():
    x, cells = ucb()
    cells.loc[(cells["Dept"] == "C") & (cells["Gender"] == "Male"), "events"] = 3
    _, larger, fitted, _ = interaction.fit(x, cells, "Gender", "Dept", sparse=5)
    table = interaction.within(larger, cells, fitted, "Gender", "Dept", sparse=5).loc["Female"]
    assert table.index[table["sparse"]].tolist() == ["C"]


def test_empty_combination_has_no_odds_ratio():
    x, cells = sparse()
    larger = interaction.with_products(x, cells, "sex", "problem")
    assert list(larger.columns[4:]) == [("sex:problem", "female:peer")]
    test, larger, fitted, kind = interaction.fit(x, cells, "sex", "problem")
    assert kind == "penalised likelihood ratio" and test.df == 1 and 0 < test.p < 0.05
    found = interaction.within(larger, cells, fitted, "sex", "problem").xs("female")
    assert found["odds_ratio"].isna().tolist() == [False, False, True]
    assert found.loc["peer", "odds_ratio"] < 1 < found.loc["other", "odds_ratio"]


def test_fit_without_products_has_no_test():
    x, cells = sparse()
    less = cells[(cells["sex"] == "male") | (cells["problem"] == "other")].reset_index(drop=True)
    x = design.matrix(less, {"sex": "male", "problem": "other"})
    test, larger, _, _ = interaction.fit(x, less, "sex", "problem")
    assert test.df == 0 and np.isnan(test.p) and larger.shape == x.shape


def test_together_is_one_table():
    x, cells = ucb()
    _, larger, fitted, _ = interaction.fit(x, cells, "Gender", "Dept")
    tables = {"Gender": interaction.within(larger, cells, fitted, "Gender", "Dept")}
    found = interaction.together(tables)
    assert found.columns.tolist() == ["variable", "code", "within", "n", "odds_ratio", "low", "high", "p", "sparse"]
    few = interaction.together(tables, 100)["n"]  # 25 women went to department B
    assert few.isna().tolist() == [False, True, False, False, False, False] and few[0] == 108
    assert interaction.together({}).columns.tolist() == found.columns.tolist()
