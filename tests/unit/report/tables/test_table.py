"""A table prints each column as its kind asks."""

import numpy as np
import pandas as pd

from hotline.report.tables.table import Column, Table

FRAME = pd.DataFrame(
    {
        "name": ["Sex", "Sex", "Stage"],
        "ratio": [1.334, np.nan, 2.0],
        "low": [1.2, np.nan, 1.5],
        "high": [1.5, np.nan, 2.5],
        "p": [0.04, np.nan, 0.5],
        "reference": [False, True, False],
        "why": ["", None, "too few"],
        "kind": ["share", "amount", "amount"],
        "amount": [0.5, 12.34, 9.876],
    }
)


def column(*arguments, **more):
    """Print one column."""
    return [row[0] for row in Table(FRAME, [Column(*arguments, **more)]).rows()]


def test_cells_follow_from_the_kind():
    assert column("ratio", "OR", "ratio", interval=("low", "high")) == [
        "1.33 (1.20 to 1.50)",
        "–",
        "2.00 (1.50 to 2.50)",
    ]
    assert column("low", "Range", "ratio", to="high") == ["1.20 to 1.50", "–", "1.50 to 2.50"]
    assert column("ratio", "OR (p)", "ratio", brackets=("p", "p")) == ["1.33 (0.040)", "–", "2.00 (0.500)"]
    assert column("ratio", "OR", "ratio", digits=1) == ["1.3", "–", "2.0"]
    assert column("amount", "Mean", kind_key="kind") == ["50.0%", "12.3", "9.88"]


def test_cells_without_a_number():
    assert column("ratio", "OR", "ratio", absent="") == ["1.33", "", "2.00"]
    assert column("p", "p", "p", blank="reference") == ["0.040", "", "0.500"]
    assert column("ratio", "OR", "ratio", instead="why") == ["1.33", "–", "too few"]
    assert column("ratio", "OR", "ratio", mark=("reference", "†")) == ["1.33", "–", "2.00"]


def test_once_prints_a_name_only_where_it_changes():
    table = Table(FRAME, [Column("name", "Variable"), Column("reference", "p"), Column("p", "p", "p")], once=["name"])
    assert table.headings() == ["Variable", "p", "p"]
    assert [row[0] for row in table.rows()] == ["Sex", "", "Stage"]
    assert table.printed().shape == (3, 3) and "<table" in table._repr_html_()


def test_headings_in_another_language_fall_back_to_english():
    table = Table(FRAME, [Column("name", {"en": "Variable", "zh": "变量"}), Column("p", "p", "p")])
    assert table.headings("zh") == ["变量", "p"]
