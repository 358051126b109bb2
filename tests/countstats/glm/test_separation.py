"""Separation, drawn at random: every term that must be infinite is named, and nothing hangs on how counts lie."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy.optimize import linprog
from separated import (
    BASES,
    CODES,
    in_other_words,
    matrix_of,
    overlapping,
    randoms,
    reference,
    some,
    sure_categories,
    sure_combinations,
)

from countstats.columns import COUNTS
from countstats.glm import design, firth, logit, multinomial, ordinal
from countstats.glm.separation import infinite_terms
from countstats.glm.solver import NoEstimate


def decided_rows(matrix, cells):
    """The rows of x b, with the sign of the outcome, of units decided by some b, and the other rows.

    One programme with a number t per row: the sum of the t is to be largest, with 0 <= t <= 1 and t <= x b.
    """
    x = matrix.to_numpy()
    rows = np.vstack([x[cells["events"] > 0], -x[cells["others"] > 0]])
    many, terms = rows.shape
    goal = np.append(np.zeros(terms), -np.ones(many))
    bounds = [(None, None)] * terms + [(0, 1)] * many
    solved = linprog(goal, A_ub=np.hstack([-rows, np.eye(many)]), b_ub=np.zeros(many), bounds=bounds)
    decided = solved.x[terms:] > 0.5
    return rows[decided], rows[~decided]


def possible(decided, open_rows, bounds):
    """Whether some b within the bounds decides all that any decides."""
    solved = linprog(
        np.zeros(decided.shape[1]),
        A_ub=-decided,
        b_ub=-np.ones(len(decided)),
        A_eq=open_rows,
        b_eq=np.zeros(len(open_rows)),
        bounds=bounds,
    )
    assert solved.status in (0, 2)
    return solved.status == 0


def check_named(cells):
    """Every term that must be infinite is named, and those named are enough, with their signs."""
    matrix = matrix_of(cells)
    named, (decided, open_rows) = infinite_terms(matrix, cells), decided_rows(matrix, cells)
    assert named.empty == (len(decided) == 0)
    if len(decided):
        for place, term in enumerate(matrix.columns):
            held = [(0, 0) if each == place else (None, None) for each in range(matrix.shape[1])]
            assert term in named.index or possible(decided, open_rows, held), f"{term} must be infinite"
        signs = {1: (0, None), -1: (None, 0), 0: (0, 0)}
        assert possible(decided, open_rows, [signs[named.get(term, 0)] for term in matrix.columns])
    return named


@some
@given(overlapping())
def test_overlapping_outcomes_have_no_infinite_terms(cells):
    assert check_named(cells).empty
    assert np.isfinite(logit.fit(matrix_of(cells), cells).estimates).all()


@some
@given(sure_categories())
def test_category_with_one_outcome_is_infinite(case):
    cells, name, code, none = case
    sign = 1 if none == "others" else -1
    expected = {(name, code): sign}
    if code == BASES[name]:  # all others of the variable are compared with it
        expected = {("intercept", ""): sign} | {(name, each): -sign for each in CODES[name][1:]}
    assert check_named(cells).to_dict() == expected


@some
@given(sure_combinations())
def test_deciding_combinations_are_infinite(cells):
    check_named(cells)


@some
@given(sure_categories().map(lambda case: case[0]) | sure_combinations(), randoms)
def test_infinite_terms_do_not_depend_on_the_form(cells, random):
    matrix = matrix_of(cells)
    named = infinite_terms(matrix, cells).to_dict()
    again = in_other_words(cells, random)
    assert infinite_terms(matrix_of(again), again).to_dict() == named
    codes = {name: list(cells[name].cat.categories) for name in reference(cells)}
    turned = {name: random.sample(each, len(each)) for name, each in codes.items()}
    other = cells.assign(**{name: cells[name].cat.reorder_categories(each) for name, each in turned.items()})
    assert infinite_terms(matrix_of(other.iloc[:, ::-1]), other).to_dict() == named
    letters = {term: (f"x{place}", "") for place, term in enumerate(matrix.columns)}
    renamed = infinite_terms(matrix.set_axis(list(letters.values()), axis=1), cells).to_dict()
    assert renamed == {letters[term]: sign for term, sign in named.items()}


@some
@given(sure_categories().map(lambda case: case[0]) | sure_combinations())
def test_fits_agree_with_infinite_terms(cells):
    matrix = matrix_of(cells)
    if infinite_terms(matrix, cells).empty:
        assert np.isfinite(logit.fit(matrix, cells).estimates).all()
    else:
        terms = matrix.drop(columns=[("intercept", "")])
        for fit in (
            lambda: logit.fit(matrix, cells),
            lambda: multinomial.fit(matrix, cells[COUNTS[::-1]]),
            lambda: ordinal.fit(terms, cells[COUNTS[::-1]]),
        ):
            with pytest.raises(NoEstimate):
                fit()
    penalised = firth.fit(matrix, cells)
    assert np.isfinite(penalised.table()).all(axis=None) and penalised.estimates.abs().max() < 20


def test_combination_behind_another_is_found():
    """One programme alone names the stages and leaves out what must be infinite with them, the intercept."""
    rows = ["aa04", "ab01", "ac40", "ba40", "bb10", "bc10", "cb04", "cc13"]
    cells = pd.DataFrame([list(row) for row in rows], columns=["stage", "parent_child", *COUNTS])
    for name in ("stage", "parent_child"):
        cells[name] = pd.Categorical(cells[name].map(dict(zip("abc", CODES[name], strict=True))), CODES[name])
    cells[COUNTS] = cells[COUNTS].astype(int)
    assert ("intercept", "") in check_named(cells).index


def stages(events, others):
    """Three cells of one variable, with design matrix."""
    cells = pd.DataFrame({"stage": pd.Categorical(["a", "b", "c"]), "events": events, "others": others})
    return design.matrix(cells, {"stage": "a"}), cells


@pytest.mark.parametrize(
    ("events", "others", "signs"),
    [
        ([3, 2, 4], [5, 6, 7], {}),
        ([3, 0, 4], [5, 6, 7], {("stage", "b"): -1}),
        ([3, 2, 4], [5, 6, 0], {("stage", "c"): 1}),
        ([3, 0, 4], [5, 6, 0], {("stage", "b"): -1, ("stage", "c"): 1}),
    ],
)
def test_infinite_terms_have_signs(events, others, signs):
    assert infinite_terms(*stages(events, others)).to_dict() == signs


def test_separation_by_two_terms_is_found():
    """Each category has both outcomes, and yet one combination decides the outcome."""
    cells = pd.DataFrame({"a": [0, 1, 0, 1], "b": [0, 0, 1, 1], "events": [0, 5, 4, 6], "others": [9, 3, 2, 0]})
    x = pd.DataFrame({"one": 1.0, "a": cells["a"].astype(float), "b": cells["b"].astype(float)})
    assert infinite_terms(x, cells).to_dict() == {"one": -1, "a": 1, "b": 1}
    with pytest.raises(NoEstimate):
        logit.fit(x, cells)
    assert np.isfinite(firth.fit(x, cells).estimates).all()
    cells["others"] = [9, 3, 2, 1]
    assert infinite_terms(x, cells).empty
    assert np.isfinite(logit.fit(x, cells).estimates).all()


def test_equal_columns_are_no_separation():
    x, cells = stages([3, 2, 4], [5, 6, 7])
    x["stage", "again"] = x["stage", "b"]
    assert infinite_terms(x, cells).empty
