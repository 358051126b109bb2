"""A table prints each column as its kind asks."""

import numpy as np
import pandas as pd

from hotline.codebook import codebook
from hotline.report.tables.table import Column, Table, named, of_sentence, plain

FRAME = pd.DataFrame(
    {
        "name": ["Sex", "Sex", "Stage"],
        "ratio": [1.334, np.nan, 2.0],
        "low": [1.2, np.nan, 1.5],
        "high": [1.5, np.nan, 2.5],
        "p": [0.04, np.nan, 0.5],
        "reference": [False, True, False],
        "why": ["", None, "too few"],
        "mark": ["", "", "†"],
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
    assert column("ratio", "OR (p)", "ratio", then=" ({p:p})") == ["1.33 (0.040)", "–", "2.00 (0.500)"]
    assert column("ratio", "OR", "ratio", then="{mark:text}; {low:ratio.1}") == ["1.33; 1.2", "–", "2.00†; 1.5"]
    assert column("ratio", "OR", "ratio", digits=1) == ["1.3", "–", "2.0"]


def test_cells_without_a_number():
    assert column("ratio", "OR", "ratio", absent="") == ["1.33", "", "2.00"]
    assert column("p", "p", "p", blank="reference") == ["0.040", "", "0.500"]
    assert column("ratio", "OR", "ratio", instead="why") == ["1.33", "–", "too few"]


def test_once_prints_a_name_only_where_it_changes():
    table = Table(FRAME, [Column("name", "Variable"), Column("reference", "p"), Column("p", "p", "p")], once=["name"])
    assert table.headings() == ["Variable", "p", "p"]
    assert [row[0] for row in table.rows()] == ["Sex", "", "Stage"]
    assert table.printed().shape == (3, 3) and "<table" in table._repr_html_()


def test_headings_in_another_language_fall_back_to_english():
    table = Table(FRAME, [Column("name", {"en": "Variable", "zh": "变量"}), Column("p", "p", "p")])
    assert table.headings("zh") == ["变量", "p"]


def test_plain_columns_share_kind_and_options():
    table = Table(FRAME, plain({"low": "From", "high": "To"}, "ratio", digits=1, absent=""))
    assert table.headings() == ["From", "To"] and table.rows() == [["1.2", "1.5"], ["", ""], ["1.5", "2.5"]]


def test_transposed_table_has_a_row_per_column():
    table = Table(FRAME.iloc[[0, 2]], [Column("name", "Measure"), Column("p", "p", "p")], transposed=True)
    assert table.headings() == ["Measure", "Sex", "Stage"] and table.rows() == [["p", "0.040", "0.500"]]


def test_named_has_titles_and_labels_and_the_intercept_by_its_name():
    terms = pd.DataFrame({"variable": ["intercept", "sex"], "code": ["", "female"]})
    assert named(terms, codebook())[["title", "label"]].values.tolist() == [["Intercept", ""], ["Sex", "Girl"]]


def test_of_sentence_has_one_row():
    table = of_sentence(Variable="none", Trend="no ordered variable")
    assert table.headings() == ["Variable", "Trend"] and table.rows() == [["none", "no ordered variable"]]
