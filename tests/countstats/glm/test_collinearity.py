"""Inflation factors agree with R's car; dependent columns are found."""

import numpy as np
import pytest
from samples import by_row, reference, table

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit
from countstats.glm.collinearity import dependent_columns, gvif

R = reference("logistic")


def variable_of(x):
    """The variable of each column; None for the constant."""
    return [None if column == "const" else column.rstrip("23456") for column in x]


def test_gvif_agrees_with_r(agrees):
    x, _, found = by_row("fair")
    for variable, row in gvif(found.covariance, variable_of(x)).iterrows():
        assert row["df"] == R["fair", f"GVIF {variable}", "df"]
        agrees("inflation factors", row["gvif"], R["fair", f"GVIF {variable}", "GVIF"], 12)
        agrees("inflation factors", row["gvif_per_df"], R["fair", f"GVIF {variable}", "GVIF^(1/(2df))"], 12)
    x, _, found = by_row("spector")
    for variable, row in gvif(found.covariance, variable_of(x)).iterrows():
        agrees("inflation factors", row["gvif"], R["spector", f"VIF {variable}", "VIF"], 9)


def test_gvif_does_not_depend_on_the_reference(agrees):
    found = []
    for base in ("1st", "3rd"):
        bases = {"Class": base, "Sex": "Male", "Age": "Child"}
        cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
        x = design.matrix(cells, bases)
        found.append(gvif(logit.fit(x, cells).covariance, [None, *x.columns.get_level_values(0)[1:]]))
    agrees("inflation factors, another reference", found[0].to_numpy(), found[1].to_numpy(), 12)
    assert gvif(np.eye(3), [None, "a", "a"])["gvif"].tolist() == pytest.approx([1])


def test_dependent_columns_follow_from_earlier_ones():
    bases = {"Class": "1st", "Sex": "Male"}
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    x = design.matrix(cells, bases)
    n = cells[COUNTS].sum(axis=1)
    assert dependent_columns(x, n) == []
    x["Sex", "again"] = 1 - x["Sex", "Female"]
    assert dependent_columns(x, n) == [("Sex", "again")]
    x["Sex", "absent"] = 0.0
    assert dependent_columns(x, n) == [("Sex", "again"), ("Sex", "absent")]
