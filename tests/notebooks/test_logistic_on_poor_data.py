"""The two logistic notebooks on an export that lacks columns and categories: sentences, and neither errors nor NaN."""

import re

import numpy as np
import pandas as pd
import pytest
from checkout import files
from poor_data import run, tally_of_rows

from countstats.glm import design
from hotline.codebook import codebook
from hotline.models.predictors import predictors

NAMES = [name for names in predictors(codebook()).values() for name in names]


def records(n=900, seed=3):
    """Rows of pupils: few of them, with gaps, and with much of what an export may lack."""
    rng, book = np.random.default_rng(seed), codebook()
    rows = pd.DataFrame({name: rng.choice(book[name].kept_codes, n) for name in [*NAMES, "city"]})
    pull = 0.8 * (rows["sex"] == "female") + 1.2 * (rows["parent_child"] == "poor") + rng.logistic(0, 1, n)
    rows["level"] = np.select([pull < 1, pull < 2.5], ["well", "imbalance"], "high_risk")
    rows.loc[rng.random(n) < 0.05, "peer_relation"] = "missing"
    rows.loc[rng.random(n) < 0.05, "problem"] = "missing"
    rows["age"], rows["counsellor"], rows["caller"] = np.nan, np.nan, rng.integers(0, n // 2, n)
    rows["region"], rows["year"] = rng.choice(book["region"].kept_codes, n), rng.integers(2019, 2023, n)
    rows["length_band"] = rng.choice([*book["length_band"].kept_codes, "missing"], n)
    rows["bullying"], rows["prior_treatment"] = "missing", "no"  # a column that is not there, one that never varies
    rows.loc[rows["district_type"] == "rural", "level"] = "well"  # no case of a category has the event
    rows.loc[rows["problem"] == "other", "problem"] = "illness"  # no case has a reference
    return rows


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("notebook", "outcome"), [("06-logistic", "at_risk"), ("06-robustness", "high_risk")])
def test_what_is_not_there_is_told_in_a_sentence(notebook, outcome, tmp_path, monkeypatch):
    tables, values = run(notebook, tally_of_rows(records()), tmp_path, monkeypatch, outcome=outcome, imputations=3)
    for name, table in tables.items():
        assert "nan" not in table.lower(), name
    assert all("nan" not in value["text"].lower() for value in values.values())
    main = tables["odds_ratios" if notebook == "06-logistic" else "comparison"]
    found = "at risk" if outcome == "at_risk" else "at high risk"
    for sentence in (
        "Bullied is recorded for 0 pupils only and is left out.",
        "Earlier treatment has one category only and is left out.",
        "Presenting problem is compared with",
        "Place (Village): no estimate, since none of the",
        f"pupils are {found}.",
    ):
        assert sentence in main, sentence
    if notebook == "06-robustness":
        assert "not in the export" in main, "no counsellor is known"
        assert "village" in tables["rare"], "the separated category is named"
        assert "Too few pupils have age" in tables["age"]
        assert values["imputed_auxiliaries"]["text"] == "length of the call (band)", "no age is recorded"


@pytest.mark.parametrize(("notebook", "outcome"), [("06-logistic", "at_risk"), ("06-robustness", "high_risk")])
def test_on_codes_the_results_are_the_same(notebook, outcome, tmp_path, monkeypatch):
    """As with more cells than a matrix is written out for."""
    rows, results = records(), []
    rows["district_type"] = "urban"  # no category without the event, where ways to fit part
    rows["age"] = np.random.default_rng(5).integers(8, 18, len(rows))
    for many in (50_000, 10):
        monkeypatch.setattr(design, "MANY_CELLS", many)
        tables, _ = run(
            notebook, tally_of_rows(rows), tmp_path / str(many), monkeypatch, outcome=outcome, imputations=3
        )
        assert not any("Not estimated" in table for table in tables.values())
        results.append(files(tmp_path / str(many), "results/*.csv", least=3))
    for written_out, coded in zip(*results, strict=True):
        pd.testing.assert_frame_equal(pd.read_csv(written_out), pd.read_csv(coded), rtol=1e-8, atol=1e-10)


def test_gaps_of_too_many_cells_are_not_imputed_and_the_tables_say_so(tmp_path, monkeypatch):
    rows = tally_of_rows(records())
    tables, values = run("06-robustness", rows, tmp_path, monkeypatch, outcome="high_risk", cells_most=100)
    assert tables["comparison"].count("cells are more than 100") == 2, "in the line of the analysis, and in the note"
    assert "nan" not in "".join(tables.values()).lower()
    assert values["imputed_change"]["value"] is None


@pytest.mark.parametrize("notebook", ["06-logistic", "06-robustness"])
@pytest.mark.parametrize("level", ["well", "high_risk"])
def test_where_all_or_none_have_the_event_every_table_says_so(notebook, level, tmp_path, monkeypatch):
    rows = records().assign(level=level)
    tables, values = run(notebook, tally_of_rows(rows), tmp_path, monkeypatch, outcome="at_risk", imputations=3)
    which = "None" if level == "well" else "All"
    assert len(tables) == {"06-logistic": 5, "06-robustness": 6}[notebook] and not values
    for name, table in tables.items():
        assert f"{which} of the pupils with all predictors recorded (" in table, name
        assert "are at risk, and a logistic model needs pupils of both kinds." in table, name
    for file in files(tmp_path, "results/*.csv", least=3):
        assert file.read_text(encoding="utf-8").startswith(f'not_estimated\n"{which.lower()} of the pupils'), file.name


def bullied_at_risk(rows):
    """All bullied cases are at risk, so that the one contrast of the variable has no estimate."""
    rows["bullying"] = np.where(np.arange(len(rows)) % 3, "no", "yes")
    rows.loc[rows["bullying"] == "yes", "level"] = "high_risk"
    return rows


def one_predictor(rows):
    """Nothing but the sex is recorded: a model of two cells."""
    rows[[name for name in NAMES if name != "sex"]] = "missing"
    return rows


@pytest.mark.filterwarnings("ignore:Perfect separation")
@pytest.mark.parametrize("notebook", ["06-logistic", "06-robustness"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            bullied_at_risk,
            r"Bullied \(Yes\): no estimate, since all of the \d+ pupils are at risk. Bullied has one category",
        ),
        (one_predictor, "Bullied is recorded for 0 pupils only and is left out."),
    ],
)
def test_a_model_is_made_of_what_is_left(notebook, spoil, said, tmp_path, monkeypatch):
    rows = spoil(records(300).assign(prior_treatment="no"))
    tables, _ = run(notebook, tally_of_rows(rows), tmp_path, monkeypatch, outcome="at_risk", imputations=2)
    main = tables["odds_ratios" if notebook == "06-logistic" else "comparison"]
    assert re.search(said, main), main
    assert "Not estimated" not in main and not re.search(r"\bnan\b", "".join(tables.values()).lower())
