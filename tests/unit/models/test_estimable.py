"""What can't be estimated is left out and named; what is left has finite estimates."""

import re

import numpy as np
import pandas as pd
import pytest
import separated
from hypothesis import given
from hypothesis import strategies as st

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit, marginal, profile
from countstats.glm.separation import infinite_terms
from hotline.codebook import codebook
from hotline.errors import NothingToEstimate
from hotline.models.estimable import estimable

BLOCKS = {"individual": ["sex", "stage", "prior_treatment"], "environment": ["bullying", "peer_relation"]}
NAMES = [name for names in BLOCKS.values() for name in names]


def cells(n=3000, seed=1, **fixed):
    """Cells of five predictors with events and others; `fixed` sets a column, or how to make it of the others."""
    rng, book = np.random.default_rng(seed), codebook()
    rows = pd.DataFrame({name: rng.choice(book[name].kept_codes, n) for name in NAMES})
    rows["event"] = rng.random(n) < 0.4
    for name, value in fixed.items():
        rows[name] = value(rows) if callable(value) else value
    for name in NAMES:
        rows[name] = pd.Categorical(rows[name], [*book[name].kept_codes, "missing"], ordered=True)
    rows = rows.assign(events=rows["event"].astype(int), others=1 - rows["event"].astype(int))
    return cell_table.collapse(rows, NAMES)


def found(**fixed):
    return estimable(cells(**fixed), BLOCKS, codebook(), "at risk")


def fits(model):
    """Whether the model that is left has finite estimates."""
    fitted = logit.fit(design.matrix(model.cells, model.reference), model.cells)
    return np.isfinite(fitted.estimates).all() and fitted.estimates.abs().max() < 10


def test_where_all_can_be_estimated_nothing_is_said():
    model = found()
    assert model.note == "" and model.excluded == [] and model.blocks == BLOCKS and model.names == NAMES
    assert model.reference == {name: codebook()[name].reference for name in NAMES}
    assert model.cells.equals(model.complete) and fits(model)


def test_a_variable_that_nobody_has_recorded_is_left_out():
    model = found(bullying="missing")
    assert model.note == "Bullied is recorded for 0 pupils only and is left out."
    assert model.blocks == BLOCKS | {"environment": ["peer_relation"]}
    assert model.cells[COUNTS].to_numpy().sum() == 3000 and fits(model)


def test_a_block_without_variables_goes():
    assert list(found(bullying="missing", peer_relation="missing").blocks) == ["individual"]


def test_a_variable_with_one_category_is_left_out():
    model = found(prior_treatment="no")
    assert model.note == "Earlier treatment has one category only and is left out." and fits(model)


def test_another_reference_takes_the_place_of_one_that_nobody_has():
    model = found(stage=lambda rows: rows["stage"].replace("primary", "junior"))
    assert model.note == "School stage is compared with Junior high."
    assert model.reference["stage"] == "junior" and fits(model)


@pytest.mark.parametrize(("event", "word"), [(False, "none"), (True, "all")])
def test_a_category_without_events_or_without_others_is_set_apart(event, word):
    model = found(event=lambda rows: np.where(rows["stage"] == "vocational", event, rows["event"]))
    n = model.complete.loc[model.complete["stage"] == "vocational", COUNTS].to_numpy().sum()
    assert model.note == f"School stage (Vocational): no estimate, since {word} of the {n} pupils are at risk."
    assert model.excluded == [("stage", "vocational")] and not (model.cells["stage"] == "vocational").any()
    assert model.keep(cells())["stage"].ne("vocational").all() and fits(model)


def test_cells_of_further_variables_are_kept_as_those_of_the_model():
    """A variable that left the model with its only pupils still says who is in it."""

    def bullying(rows):
        return np.where(rows.index % 10 == 0, "missing", rows["bullying"])

    rows = cells(bullying=bullying, event=lambda rows: rows["event"] & (rows["bullying"] != "yes"))
    model = estimable(rows, BLOCKS, codebook(), "at risk")
    assert model.excluded == [("bullying", "yes")] and "bullying" not in model.names
    assert model.recorded == NAMES and model.varying == [*model.names, "bullying"]
    finer = model.keep(rows.assign(year=2024))
    assert finer[COUNTS].sum().equals(model.cells[COUNTS].sum()) and len(finer) == len(model.cells)


def test_a_reference_without_events_is_set_apart_and_replaced():
    model = found(event=lambda rows: rows["event"] & (rows["stage"] != "primary"))
    assert model.excluded == [("stage", "primary")] and model.reference["stage"] != "primary" and fits(model)
    assert "School stage is compared with" in model.note


def test_a_variable_that_repeats_another_is_left_out():
    model = found(peer_relation=lambda rows: np.where(rows["bullying"] == "yes", "poor", "good"))
    assert model.note == "Peer relation is determined by the variables before it and is left out." and fits(model)


def test_categories_that_together_tell_the_event_for_certain_are_set_apart():
    def event(rows):
        sure = (rows["bullying"] == "yes") == (rows["prior_treatment"] == "yes")
        return np.where(sure, rows["bullying"] == "yes", rows["event"])

    model = found(event=event)
    assert model.excluded[0] in [("bullying", "yes"), ("prior_treatment", "yes")]
    assert "for its" in model.note and "together determine who is at risk" in model.note and fits(model)


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        (
            {"event": False},
            r"none of the pupils with all predictors recorded \(3,000\) are at risk, and a logistic model needs",
        ),
        (
            {"event": True},
            r"all of the pupils with all predictors recorded \(3,000\) are at risk, and a logistic model needs",
        ),
        ({name: codebook()[name].reference for name in NAMES}, "no predictor of being at risk varies"),
        (dict.fromkeys(NAMES, "missing"), "hardly any pupil has a predictor of being at risk recorded"),
    ],
)
def test_where_no_model_is_left_one_sentence_says_so(fixed, message):
    with pytest.raises(NothingToEstimate, match=message):
        found(**fixed)


def test_where_nobody_is_left_without_some_categories_the_complete_pupils_are_counted():
    """All boys are at risk and no girl is: without the boys no case is."""
    with pytest.raises(NothingToEstimate) as raised:
        found(event=lambda rows: rows["sex"] == "male")
    assert re.fullmatch(
        r"of the pupils with all predictors recorded \(3,000\) 1,\d{3} are at risk, but (only pupils|no pupil) at risk "
        r"(are|is) left without the categories that have no finite odds ratio \(Sex: (Boy|Girl)\)",
        str(raised.value),
    )


def test_nobody_complete_is_told():
    def half(rows, keep):
        return np.where(rows["event"] == keep, rows["bullying" if keep else "sex"], "missing")

    with pytest.raises(NothingToEstimate, match="no pupil has all predictors of being at risk recorded"):
        found(bullying=lambda rows: half(rows, True), sex=lambda rows: half(rows, False))


@separated.some
@given(
    separated.sure_categories().map(lambda case: case[0]) | separated.sure_combinations(),
    separated.randoms,
)
def test_estimable_names_what_is_excluded_and_estimates_the_rest(cells, random):
    names, book = list(separated.reference(cells)), codebook()
    again = separated.in_other_words(cells, random)
    try:
        model = estimable(cells, {"all": names}, book, "at risk")
    except NothingToEstimate:
        with pytest.raises(
            NothingToEstimate, match=r"of both kinds|no predictor of being at risk varies|left without the"
        ):
            estimable(again, {"all": names}, book, "at risk")
        return
    matrix = design.matrix(model.cells, model.reference)
    fitted = logit.fit(matrix, model.cells)
    assert infinite_terms(matrix, model.cells).empty and np.isfinite(fitted.table()).all(axis=None)
    effects = marginal.average_effects(matrix, model.cells, fitted)
    assert np.isfinite(effects).all(axis=None)
    limits = profile.multivariable(matrix, model.cells, fitted)
    ratios = np.exp(fitted.estimates.iloc[1:])
    assert ((limits["low"] < ratios) & (ratios < limits["high"])).all()
    for name, code in model.excluded:
        assert f"{book[name].title} ({book.label(name, code)}): no estimate, since" in model.note
    for name in set(names) - set(model.names):
        assert any(said.startswith(f"{book[name].title} ") and "left out" in said for said in model.left_out)
    same = estimable(again, {"all": names}, book, "at risk")
    assert (same.excluded, same.reference, same.blocks) == (model.excluded, model.reference, model.blocks)


@separated.some
@given(separated.overlapping(), st.data())
def test_estimable_leaves_out_variables_of_one_category(cells, data):
    """The codebook has more categories, and so have the columns; no pupil is in them."""
    names, book = list(separated.reference(cells)), codebook()
    single = {
        name: data.draw(st.sampled_from(separated.CODES[name])) for name in data.draw(st.sets(st.sampled_from(names)))
    }
    cells = cells[np.all([cells[name] == code for name, code in single.items()] or [cells["events"] > 0], axis=0)]
    cells = cells.reset_index(drop=True)
    if len(single) == len(names):
        with pytest.raises(NothingToEstimate, match="no predictor of being at risk varies"):
            estimable(cells, {"all": names}, book, "at risk")
        return
    model = estimable(cells, {"all": names}, book, "at risk")
    said = [f"{book[name].title} has one category only and is left out." for name in names if name in single]
    assert model.left_out == said
    assert model.names == [name for name in names if name not in single] and not model.excluded
    matrix = design.matrix(model.cells, model.reference)
    fitted = logit.fit(matrix, model.cells)
    assert np.isfinite(fitted.table()).all(axis=None)
    assert np.isfinite(profile.multivariable(matrix, model.cells, fitted)).all(axis=None)
    assert np.isfinite(marginal.average_effects(matrix, model.cells, fitted)).all(axis=None)
    # In the design of a single category nothing stands but the intercept.
    alone = design.matrix(cells, single)
    assert list(alone) == [("intercept", "")]
    assert infinite_terms(alone, cells).empty


@separated.some
@given(separated.overlapping())
def test_estimable_keeps_all_where_outcomes_overlap(cells):
    reference = separated.reference(cells)
    model = estimable(cells, {"all": list(reference)}, codebook(), "at risk")
    assert model.note == "" and model.excluded == [] and model.reference == reference
