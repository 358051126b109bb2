"""The notebooks of the risk model on counts that are hard on them: gaps become dashes with a reason."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from checkout import files
from poor_data import run as run_notebook

from countstats.glm import design
from hotline.codebook import codebook
from hotline.models.cohort import SPLIT_VARIABLES
from hotline.models.predictors import predictors

NAMES = [name for block in predictors(codebook()).values() for name in block]


def crooked(n=3000, share=0.3):
    """A tally: boarding never recorded, the north and vocational schools without the event, the west without pupils.

    The last year differs: its log odds are a line of the others'.
    """
    book, rng, columns, odds = codebook(), np.random.default_rng(11), {}, np.full(n, np.log(share / (1 - share)))
    for name in NAMES:
        codes = book[name].kept_codes
        drawn = rng.integers(0, len(codes), n)
        odds += 0.5 * (drawn / (len(codes) - 1) - 0.5) * (1 + (name in ("problem", "parent_child")))
        columns[name] = pd.Categorical.from_codes(drawn, [*codes, "missing"], ordered=True)
    columns["boarding"] = pd.Categorical(["missing"] * n, columns["boarding"].categories, ordered=True)
    regions = [*book["region"].kept_codes, "missing"]
    columns["region"] = pd.Categorical(rng.choice(["delta", "east", "north", "missing"], n, p=[0.5, 0.3, 0.15, 0.05]),
                                       regions, ordered=True)  # fmt: skip
    columns["year"] = pd.array(rng.choice([2020, 2021, 2022], n), dtype="Int64")
    odds = np.where(columns["year"] == 2022, 1.2 + 0.5 * odds, odds)
    happened = rng.random(n) < 1 / (1 + np.exp(-odds))
    happened &= (columns["region"] != "north") & (columns["stage"] != "vocational")
    columns["at_risk"] = pd.Categorical(np.where(happened, "yes", "no"), ["yes", "no", "missing"], ordered=True)
    return (
        pd.DataFrame(columns).groupby([*NAMES, *SPLIT_VARIABLES, "at_risk"], observed=True).size().reset_index(name="n")
    )


def as_calls(counts, later=0.3):
    """A tally of calls: each row of the cases as the first call of a caller, and some of them as a second one."""
    first = counts.assign(caller=pd.array(range(1, 1 + len(counts)), dtype="Int64"), later_call="no", earlier_calls=0)
    again = first.sample(frac=later, random_state=3).assign(later_call="yes", earlier_calls=1)
    calls = pd.concat([first, again], ignore_index=True)
    calls["later_call"] = pd.Categorical(calls["later_call"], ["no", "yes", "missing"], ordered=True)
    return calls.astype({"earlier_calls": "Int64"})


def quarters():
    """A tally of calls by day and time of day."""
    days, bands = pd.date_range("2020-01-01", "2020-03-31"), codebook()["hour_band"].kept_codes
    frame = pd.MultiIndex.from_product([days, bands], names=["day", "hour_band"]).to_frame(index=False)
    return frame.assign(n=np.random.default_rng(5).poisson(9, len(frame)))


def run(name, counts, folder, monkeypatch, later=0.3, **told):
    """Run the cells of a notebook on a tally; returns {file name: text} of its tables and results."""

    def count(table, by, where=None):
        return counts.copy() if table == "cases" else quarters() if "day" in by else as_calls(counts, later)

    run_notebook(name, count, folder, monkeypatch, **told)
    return {file.name: file.read_text(encoding="utf-8") for file in files(folder, "*/*.[mcj]*", least=5)}


@pytest.fixture(scope="module")
def counts():
    return crooked()


def nothing_is_nan(files):
    for name, text in files.items():
        if name.endswith(".md"):
            assert "nan" not in text.lower().replace("nuisance", ""), name


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_prediction_says_what_it_could_not_use(counts, tmp_path, monkeypatch):
    files = run("07-prediction", counts, tmp_path, monkeypatch, resamples=20)
    nothing_is_nan(files)
    boarding = next(line for line in files["predictors.md"].splitlines() if "Boarding" in line)
    assert "never recorded" in boarding
    vocational = next(line for line in files["model.md"].splitlines() if "Vocational" in line)
    assert vocational.count("–") == 2, "a stage without the event has no finite coefficient"


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_prediction_on_codes_is_the_same(counts, tmp_path, monkeypatch):
    """As with more cells than a matrix is written out for; without the stage that has no finite coefficient."""
    counts, results = counts[counts["stage"] != "vocational"], []
    for many in (50_000, 10):
        monkeypatch.setattr(design, "MANY_CELLS", many)
        run("07-prediction", counts, tmp_path / str(many), monkeypatch, resamples=5)
        results.append(files(tmp_path / str(many), "results/*.csv", least=5))
    for written_out, coded in zip(*results, strict=True):
        pd.testing.assert_frame_equal(pd.read_csv(written_out), pd.read_csv(coded), rtol=1e-8, atol=1e-10)


def test_validation_marks_a_region_without_the_event_and_sees_that_another_year_is_off(counts, tmp_path, monkeypatch):
    files = run("07-validation", counts, tmp_path, monkeypatch, resamples=10)
    nothing_is_nan(files)
    assert not [line for line in files["validation.md"].splitlines() if line.startswith("|") and "North" in line]
    assert "Not held out, for want of cases: North (it would have 0 with the event" in files["validation.md"]
    assert "Region: North (none have the event" in files["fairness.md"]
    assert "There are too few regions" in files["validation.md"]
    assert "West" not in files["validation.md"], "a region without pupils can't be held out"
    judged = pd.read_csv(tmp_path / "results/recalibration.csv").set_index("sample")
    assert "North" not in judged.index and judged.loc["2022", "verdict"] == "relevant"
    assert judged.loc["2022", "brier_after"] < judged.loc["2022", "brier_before"], "one half did not help the other"
    assert judged.loc["One random split", "verdict"] != "relevant", "a random part is off by chance alone"
    told = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))["values"]
    assert told["last_year"]["value"] == 2022 and told["auc_last_year"]["text"].startswith("0.")


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_validation_of_one_year_and_one_region_says_that_nothing_can_be_held_out(counts, tmp_path, monkeypatch):
    here = counts[(counts["year"] == 2021) & (counts["region"] == "delta")]
    files = run("07-validation", here, tmp_path, monkeypatch, resamples=10)
    nothing_is_nan(files)
    assert "2021 (the others have 0 with the event and 0 without); Pearl River Delta (the" in files["validation.md"]
    assert "Pooled |" not in files["validation.md"]
    assert files["recalibration.md"].count("\n|") == 2, "the random split alone, below the headings and a line"
    assert set(pd.read_csv(tmp_path / "results/benchmark.csv")["split"]) == {"One random split"}
    told = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))["values"]
    assert [told[name]["text"] for name in ("auc_last_year", "auc_pooled", "relevant")] == ["–", "–", "0 of 0"]


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_use_leaves_out_what_has_no_estimate(counts, tmp_path, monkeypatch):
    files = run("07-use", counts, tmp_path, monkeypatch)
    nothing_is_nan(files)
    model = json.loads(files["model.json"])
    for formula in ("complete", "gaps"):
        coefficients = model[formula]["coefficients"]
        assert coefficients["stage"]["vocational"] is None and "boarding" not in coefficients
    assert "Vocational" not in files["points.md"] and "Vocational" not in files["typical.md"]
    assert "No estimate, and so no score, for: School stage: Vocational." in files["model-card.md"]


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_use_refuses_later_calls_where_there_are_too_few(counts, tmp_path, monkeypatch):
    files = run("07-use", counts, tmp_path, monkeypatch, later=0.005)
    nothing_is_nan(files)
    later = json.loads(files["model.json"])["later"]
    assert later["line"] is None and "too few later calls" in later["refused"]
    assert "**Later calls of a caller get no score**" in files["model-card.md"]
    assert "Later calls get no score: there were too few later calls" in files["calls.md"]


@pytest.mark.parametrize("name", ["07-prediction", "07-validation", "07-use"])
def test_an_event_that_hardly_occurs_is_told_in_every_table(name, counts, tmp_path, monkeypatch):
    rare = counts[(counts["at_risk"] == "no") | (counts.index % 40 == 0)]
    files = run(name, rare.assign(at_risk=rare["at_risk"]), tmp_path, monkeypatch)
    tables = {file for file in files if file.endswith(".md")} - {"predictors.md"}  # which is made before the split
    assert len(tables) >= 4 and "model.json" not in files
    for file in tables:
        assert re.search(r"At risk: of the pupils in the \w+ part \d+ have the event", files[file]), file


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_a_reference_without_the_event_leaves_nothing_to_use(counts, tmp_path, monkeypatch):
    reference = codebook()["parent_child"].reference
    bare = counts[(counts["parent_child"] != reference) | (counts["at_risk"] == "no")]
    files = run("07-use", bare.copy(), tmp_path, monkeypatch)
    assert "model.json" not in files and "The risk model has no finite intercept" in files["points.md"]


@pytest.mark.parametrize(
    ("name", "gaps", "sentence"),
    [
        ("07-prediction", "half", "of the pupils in the development part 0 have the event and 0 have not"),
        ("07-validation", "half", "of the pupils in the development part 0 have the event and 0 have not"),
        ("07-use", "half", "of the pupils in the development part 0 have the event and 0 have not"),
        ("07-prediction", "all", "No predictor of the level can be used (Sex: never recorded;"),
    ],
)
def test_where_no_pupil_is_complete_every_table_says_so(name, gaps, sentence, counts, tmp_path, monkeypatch):
    gappy = counts.copy()
    if gaps == "half":  # each lacks one of two
        gappy.loc[::2, "sex"] = gappy.loc[1::2, "bullying"] = "missing"
    else:
        gappy[NAMES] = "missing"
    files = run(name, gappy, tmp_path, monkeypatch)
    tables = {file for file in files if file.endswith(".md")} - ({"predictors.md"} if gaps == "half" else set())
    assert len(tables) >= 4 and all(sentence in files[file] for file in tables)
