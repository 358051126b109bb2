"""Separation, drawn at random: every term that must be infinite is named, and nothing hangs on how counts lie."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from countstats.glm import design as on_cells
from countstats.glm import firth, logit, marginal, multinomial, ordinal, profile
from countstats.glm.separation import infinite_terms
from countstats.glm.solver import NoEstimate
from hotline.codebook import codebook
from hotline.errors import InputError
from hotline.models.estimable import estimable

CODES = {"sex": ["male", "female"], "stage": ["primary", "junior", "senior"], "parent_child": ["good", "fair", "poor"]}
BASES = {name: codes[0] for name, codes in CODES.items()}
some = settings(max_examples=15, deadline=None)
randoms = st.randoms(use_true_random=False)


@st.composite
def overlapping(draw):
    """All combinations of two or three predictors, each with events and others."""
    names = sorted(draw(st.sets(st.sampled_from(list(CODES)), min_size=2)), key=list(CODES).index)
    cells = pd.DataFrame(itertools.product(*(CODES[name] for name in names)), columns=names)
    for name in names:
        cells[name] = pd.Categorical(cells[name], [*CODES[name], "adult", "missing"])  # nobody has the last two
    for each in on_cells.COUNTS:
        cells[each] = draw(st.lists(st.integers(1, 6), min_size=len(cells), max_size=len(cells)))
    return cells


@st.composite
def sure_categories(draw):
    """Such cells, of which one category has only events, or only others: (cells, variable, code, which count is 0)."""
    cells = draw(overlapping())
    name = draw(st.sampled_from(list(reference(cells))))
    code, none = draw(st.sampled_from(CODES[name])), draw(st.sampled_from(on_cells.COUNTS))
    cells.loc[cells[name] == code, none] = 0
    return cells, name, code, none


@st.composite
def sure_combinations(draw):
    """Such cells, of which those on one side of a plane have only events, those on the other only others.

    On the plane both may stay, which is quasi-complete separation; where nobody is on it, it is complete. Some of the
    cells are empty.
    """
    cells = draw(overlapping())
    matrix = design(cells).to_numpy()
    sides = matrix @ draw(st.lists(st.integers(-2, 2), min_size=matrix.shape[1], max_size=matrix.shape[1]))
    cells.loc[sides > 0, "others"] = 0
    cells.loc[sides < 0, "events"] = 0
    empty = draw(st.lists(st.integers(0, 5), min_size=len(cells), max_size=len(cells)))
    cells = cells[np.array(empty) > 0].reset_index(drop=True)
    assume((cells[on_cells.COUNTS].sum() > 0).all())
    assume(all((cells[name] == base).any() for name, base in reference(cells).items()))
    assume(np.linalg.matrix_rank(design(cells)) == design(cells).shape[1])
    return cells


def reference(cells):
    return {name: base for name, base in BASES.items() if name in cells}


def design(cells):
    return on_cells.design(cells, reference(cells))


def told_for_certain(matrix, cells):
    """The rows of x b, with the sign of the outcome, of pupils told for certain by some b, and the other rows.

    One programme with a number t per row: the sum of the t is to be largest, with 0 <= t <= 1 and t <= x b.
    """
    x = matrix.to_numpy()
    rows = np.vstack([x[cells["events"] > 0], -x[cells["others"] > 0]])
    many, terms = rows.shape
    goal = np.append(np.zeros(terms), -np.ones(many))
    bounds = [(None, None)] * terms + [(0, 1)] * many
    solved = linprog(goal, A_ub=np.hstack([-rows, np.eye(many)]), b_ub=np.zeros(many), bounds=bounds)
    told = solved.x[terms:] > 0.5
    return rows[told], rows[~told]


def possible(told, untold, bounds):
    """Whether some b within the bounds tells all that any tells."""
    solved = linprog(
        np.zeros(told.shape[1]),
        A_ub=-told,
        b_ub=-np.ones(len(told)),
        A_eq=untold,
        b_eq=np.zeros(len(untold)),
        bounds=bounds,
    )
    assert solved.status in (0, 2)
    return solved.status == 0


def check_named(cells):
    """Every term that must be infinite is named, and those named are enough, with their signs."""
    matrix = design(cells)
    named, (told, untold) = infinite_terms(matrix, cells), told_for_certain(matrix, cells)
    assert named.empty == (len(told) == 0)
    if len(told):
        for place, term in enumerate(matrix.columns):
            held = [(0, 0) if each == place else (None, None) for each in range(matrix.shape[1])]
            assert term in named.index or possible(told, untold, held), f"{term} must be infinite"
        signs = {1: (0, None), -1: (None, 0), 0: (0, 0)}
        assert possible(told, untold, [signs[named.get(term, 0)] for term in matrix.columns])
    return named


def in_other_words(cells, random):
    """The same pupils in another order, in cells cut in two, all of them twice."""
    cells = cells.sample(frac=1, random_state=random.randint(0, 999))
    cut = cells[on_cells.COUNTS].map(lambda n: random.randint(0, n))
    parts = [cells.assign(**(2 * cut)), cells.assign(**(2 * (cells[on_cells.COUNTS] - cut)))]
    return pd.concat(parts, ignore_index=True)


@some
@given(overlapping())
def test_where_all_outcomes_overlap_nothing_is_named(cells):
    assert check_named(cells).empty
    assert np.isfinite(logit.fit(design(cells), cells).estimates).all()
    model = estimable(cells, {"all": list(reference(cells))}, codebook(), "at risk")
    assert model.note == "" and model.apart == [] and model.reference == reference(cells)


@some
@given(sure_categories())
def test_a_category_with_one_outcome_is_named_and_no_other(case):
    cells, name, code, none = case
    sign = 1 if none == "others" else -1
    expected = {(name, code): sign}
    if code == BASES[name]:  # all others of the variable are compared with it
        expected = {("intercept", ""): sign} | {(name, each): -sign for each in CODES[name][1:]}
    assert check_named(cells).to_dict() == expected


@some
@given(sure_combinations())
def test_of_combinations_those_that_must_be_infinite_are_named(cells):
    check_named(cells)


@some
@given(sure_categories().map(lambda case: case[0]) | sure_combinations(), randoms)
def test_what_is_named_does_not_hang_on_order_cutting_numbers_or_names(cells, random):
    matrix = design(cells)
    named = infinite_terms(matrix, cells).to_dict()
    again = in_other_words(cells, random)
    assert infinite_terms(design(again), again).to_dict() == named
    codes = {name: list(cells[name].cat.categories) for name in reference(cells)}
    turned = {name: random.sample(each, len(each)) for name, each in codes.items()}
    other = cells.assign(**{name: cells[name].cat.reorder_categories(each) for name, each in turned.items()})
    assert infinite_terms(design(other.iloc[:, ::-1]), other).to_dict() == named
    letters = {term: (f"x{place}", "") for place, term in enumerate(matrix.columns)}
    renamed = infinite_terms(matrix.set_axis(list(letters.values()), axis=1), cells).to_dict()
    assert renamed == {letters[term]: sign for term, sign in named.items()}


@some
@given(sure_categories().map(lambda case: case[0]) | sure_combinations())
def test_a_fit_has_an_estimate_or_says_that_it_has_none(cells):
    matrix = design(cells)
    if infinite_terms(matrix, cells).empty:
        assert np.isfinite(logit.fit(matrix, cells).estimates).all()
    else:
        terms = matrix.drop(columns=[("intercept", "")])
        for fit in (
            lambda: logit.fit(matrix, cells),
            lambda: multinomial.fit(matrix, cells[on_cells.COUNTS[::-1]]),
            lambda: ordinal.fit(terms, cells[on_cells.COUNTS[::-1]]),
        ):
            with pytest.raises(NoEstimate):
                fit()
    penalised = firth.fit(matrix, cells)
    assert np.isfinite(penalised.table()).all(axis=None) and penalised.estimates.abs().max() < 20


@some
@given(sure_categories().map(lambda case: case[0]) | sure_combinations(), randoms)
def test_what_is_set_apart_is_named_and_the_rest_is_estimated(cells, random):
    names, book = list(reference(cells)), codebook()
    again = in_other_words(cells, random)
    try:
        model = estimable(cells, {"all": names}, book, "at risk")
    except InputError:
        with pytest.raises(InputError, match=r"of both kinds|no predictor of being at risk varies|left without the"):
            estimable(again, {"all": names}, book, "at risk")
        return
    matrix = on_cells.design(model.cells, model.reference)
    fitted = logit.fit(matrix, model.cells)
    assert infinite_terms(matrix, model.cells).empty and np.isfinite(fitted.table()).all(axis=None)
    effects = marginal.average_effects(matrix, model.cells, fitted)
    assert np.isfinite(effects).all(axis=None)
    limits = profile.multivariable(matrix, model.cells, fitted)
    ratios = np.exp(fitted.estimates.iloc[1:])
    assert ((limits["low"] < ratios) & (ratios < limits["high"])).all()
    for name, code in model.apart:
        assert f"{book[name].title} ({book.label(name, code)}): no estimate, since" in model.note
    for name in set(names) - set(model.names):
        assert any(said.startswith(f"{book[name].title} ") and "left out" in said for said in model.left_out)
    same = estimable(again, {"all": names}, book, "at risk")
    assert (same.apart, same.reference, same.blocks) == (model.apart, model.reference, model.blocks)


def test_a_combination_behind_another_is_found():
    """One programme alone names the stages and leaves out what must be infinite with them, the intercept."""
    rows = ["aa04", "ab01", "ac40", "ba40", "bb10", "bc10", "cb04", "cc13"]
    cells = pd.DataFrame([list(row) for row in rows], columns=["stage", "parent_child", *on_cells.COUNTS])
    for name in ("stage", "parent_child"):
        cells[name] = pd.Categorical(cells[name].map(dict(zip("abc", CODES[name], strict=True))), CODES[name])
    cells[on_cells.COUNTS] = cells[on_cells.COUNTS].astype(int)
    assert ("intercept", "") in check_named(cells).index


# --- a single category ------------------------------------------------------------------------------------


@some
@given(overlapping(), st.data())
def test_variables_of_one_category_are_left_out_or_no_model_is(cells, data):
    """The codebook has more categories, and so have the columns; nobody is in them."""
    names, book = list(reference(cells)), codebook()
    single = {name: data.draw(st.sampled_from(CODES[name])) for name in data.draw(st.sets(st.sampled_from(names)))}
    cells = cells[np.all([cells[name] == code for name, code in single.items()] or [cells["events"] > 0], axis=0)]
    cells = cells.reset_index(drop=True)
    if len(single) == len(names):
        with pytest.raises(InputError, match="no predictor of being at risk varies"):
            estimable(cells, {"all": names}, book, "at risk")
        return
    model = estimable(cells, {"all": names}, book, "at risk")
    said = [f"{book[name].title} has one category only and is left out." for name in names if name in single]
    assert model.left_out == said
    assert model.names == [name for name in names if name not in single] and not model.apart
    matrix = on_cells.design(model.cells, model.reference)
    fitted = logit.fit(matrix, model.cells)
    assert np.isfinite(fitted.table()).all(axis=None)
    assert np.isfinite(profile.multivariable(matrix, model.cells, fitted)).all(axis=None)
    assert np.isfinite(marginal.average_effects(matrix, model.cells, fitted)).all(axis=None)
    # In the design of a single category nothing stands but the intercept.
    alone = on_cells.design(cells, single)
    assert list(alone) == [("intercept", "")]
    assert infinite_terms(alone, cells).empty
