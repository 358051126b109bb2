"""The notebooks 2 to 5 on exports that lack columns and categories: sentences, and neither errors nor NaN."""

import re

import numpy as np
import pandas as pd
import pytest
from poor_data import run, tally_of_rows

from hotline import paths
from hotline.codebook import codebook
from hotline.text import escaped, slug

NUMBERS = ["age", "waiting", "call_length", "follow_ups", "follow_up_days", "satisfaction"]


def records(n=500, seed=5):
    """Rows of pupils and of calls that have everything, at random."""
    rng, book = np.random.default_rng(seed), codebook()
    names = [name for name in book.fields if book[name].categorical and book[name].kept_codes]
    pupils = pd.DataFrame({name: rng.choice(book[name].kept_codes, n) for name in names})
    pupils["level"] = rng.choice(["well", "imbalance", "high_risk"], n, p=[0.5, 0.3, 0.2])
    pupils["age"], pupils["waiting"] = rng.integers(6, 19, n), rng.integers(0, 90, n)
    pupils["call_length"] = rng.integers(60, 3600, n)
    pupils["follow_ups"], pupils["satisfaction"] = rng.poisson(1, n), rng.integers(1, 6, n)
    pupils["follow_up_days"] = np.where(pupils["follow_ups"] > 0, rng.integers(0, 30, n), np.nan)
    pupils["year"] = rng.integers(2019, 2023, n)
    calls = pupils[["year", "month", "hour_band", "day_type", "length_band", "channel", "region", "level"]].copy()
    calls["level"] = calls["level"].where(rng.random(n) < 0.9)
    calls["caller"] = rng.integers(0, n // 2, n)
    calls["answered"] = rng.choice(["yes", "no"], n, p=[0.8, 0.2])
    return pupils, calls


def quoted(notebook):
    """The values of a notebook that the manuscript quotes."""
    prefix = slug(notebook, "_")
    return set(re.findall(rf"var {prefix}\.(\w+)", (paths.ROOT / "paper/manuscript.qmd").read_text(encoding="utf-8")))


def shown_of(notebook, kind):
    """The names of the tables or figures of a notebook that the manuscript shows, as {notebook}/{kind}/{name}."""
    text = (paths.ROOT / "paper/manuscript.qmd").read_text(encoding="utf-8")
    return set(re.findall(rf"{notebook}/{kind}/(\w+)", text))


def nobody_at_high_risk(pupils, calls):
    pupils.loc[pupils["level"] == "high_risk", "level"] = "imbalance"


def numbers_that_tell_nothing(pupils, calls):
    pupils[["follow_ups", "follow_up_days", "age"]] = np.nan
    pupils.loc[pupils["level"] == "high_risk", "satisfaction"] = np.nan
    pupils["waiting"] = 0


def one_sex_of_few_rows(pupils, calls):
    pupils["sex"] = "female"


def no_problem_and_no_stage(pupils, calls):
    pupils[["problem", "stage", "boarding"]] = "missing"
    pupils["bullying"] = "no"


def hardly_a_category(pupils, calls):
    kept = ["level", "disposition", "sex", *NUMBERS]
    pupils[pupils.columns.difference([*kept, "year"])] = "missing"
    pupils["year"] = 2020


def no_disposition_and_no_place(pupils, calls):
    pupils[["disposition", "region", "district_type", "hour_band"]], calls["region"] = "missing", "missing"
    pupils[["follow_ups", "follow_up_days"]] = np.nan


def one_disposition_one_year_all_answered(pupils, calls):
    pupils["disposition"], calls["year"], calls["answered"] = "counselling", 2020, "yes"


def nobody_called_back(pupils, calls):
    pupils["follow_ups"], pupils["follow_up_days"], calls["answered"] = 0, np.nan, "no"


def all_well(pupils, calls):
    pupils["level"] = "well"


def no_number(pupils, calls):
    pupils[NUMBERS] = np.nan


@pytest.mark.filterwarnings("error", "ignore:The set_bad function:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("notebook", "poor", "sentences"),
    [
        ("02-describe", nobody_at_high_risk, {}),
        ("02-describe", numbers_that_tell_nothing, {"numbers": ["Recorded for no case:", "follow-ups"]}),
        ("02-describe", hardly_a_category, {"pupils": ["Recorded for no case:", "presenting problem"]}),
        ("02-describe", all_well, {}),
        ("03-anova", nobody_at_high_risk, {"effects": ['No case is at the level "High risk"']}),
        (
            "03-anova",
            numbers_that_tell_nothing,
            {
                "effects": [
                    "not compared: nothing recorded",
                    "not compared: no value for High risk",
                    "not compared: the values do not vary",
                ]
            },
        ),
        ("04-chi-square", nobody_at_high_risk, {"association": ['No case is at the level "High risk"']}),
        ("04-chi-square", one_sex_of_few_rows, {"sex": ["not compared: one sex only"], "association": ["†"]}),
        (
            "04-chi-square",
            no_problem_and_no_stage,
            {
                "sex": ["not compared: nothing recorded"],
                "association": ["not compared: nothing recorded", "not compared: one category only"],
            },
        ),
        ("04-chi-square", hardly_a_category, {"trends": ["not compared: no ordered variable has three categories"]}),
        ("05-response", nobody_at_high_risk, {"by_level": ['No case is at the level "High risk"']}),
        (
            "05-response",
            no_disposition_and_no_place,
            {
                "by_level": ["not compared: nothing recorded"],
                "fit": ["level and response: nothing recorded"],
                "equality": ["not compared: nothing recorded"],
            },
        ),
        (
            "05-response",
            one_disposition_one_year_all_answered,
            {"by_level": ["not compared: one disposition only", "100.0%"], "answering": ["one outcome only"]},
        ),
        ("05-response", all_well, {"by_level": ["not compared: one level only", "nothing is compared"]}),
        ("05-response", nobody_called_back, {"by_level": ["not compared: one outcome only"]}),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(notebook, poor, sentences, tmp_path, monkeypatch):
    pupils, calls = records(150 if poor is one_sex_of_few_rows else 500)
    poor(pupils, calls)
    parameters = {"resamples": 99} if notebook == "04-chi-square" else {}
    tables, values = run(notebook, tally_of_rows(pupils, calls), tmp_path, monkeypatch, **parameters)
    for name, table in tables.items():
        assert not re.search(r"\bnan\b|\binf\b", table.lower()), name
        for sentence in sentences.get(name, []):
            assert escaped(sentence) in table, f"{name}: {sentence}"
    assert not any(re.search(r"\bnan\b|\binf\b", value["text"].lower()) for value in values.values())
    assert quoted(notebook) <= set(values), "the manuscript quotes what is not there"


@pytest.mark.parametrize(
    ("notebook", "poor", "reason"),
    [
        ("03-anova", all_well, "All pupils are at one level (Well), so that there is nothing to compare."),
        ("04-chi-square", all_well, "All pupils are at one level (Well), so that there is nothing to compare."),
        ("03-anova", no_number, "The levels' numbers can't be compared: Age (years): nothing recorded;"),
        ("03-anova", None, 'The table "cases" has no row.'),
        ("04-chi-square", None, 'The table "cases" has no row.'),
        ("05-response", None, 'The table "cases" has no row.'),
    ],
)
def test_where_nothing_can_be_compared_every_exhibit_says_so(notebook, poor, reason, tmp_path, monkeypatch):
    pupils, calls = records(30)
    if poor is None:
        pupils = pupils.iloc[:0]
    else:
        poor(pupils, calls)
    tables, _ = run(notebook, tally_of_rows(pupils, calls), tmp_path, monkeypatch)
    exhibits = {name for kind in ("tables", "figures") for name in shown_of(notebook, kind)}
    assert exhibits == {file.stem for kind in ("tables", "figures") for file in (tmp_path / kind).iterdir()}
    for name, table in tables.items():
        assert escaped(reason) in table, name
