"""A coded design gives what a design that is written out gives, to ten digits, in every function that takes either."""

import numpy as np
import pandas as pd
import pytest

from countstats.columns import COUNTS
from countstats.glm import (
    collinearity,
    design,
    firth,
    interaction,
    logit,
    marginal,
    multinomial,
    ordinal,
    profile,
    separation,
    wald,
)
from countstats.glm.solver import NoEstimate

CODES = {"stage": list("abc"), "problem": list("uvwxyz"), "region": list("nesw"), "sex": list("fm"), "day": list("12")}
REFERENCE = {name: codes[0] for name, codes in CODES.items()}


@pytest.fixture(scope="module")
def cells():
    """Random cells of five variables, one combination of which no unit has."""
    rng = np.random.default_rng(3)
    made = pd.DataFrame({name: pd.Categorical(rng.choice(codes, 900), codes) for name, codes in CODES.items()})
    made = made[(made["stage"] != "b") | (made["problem"] != "w")].drop_duplicates(ignore_index=True)
    risk = 1 / (1 + np.exp(0.5 - 0.7 * made["stage"].cat.codes + 0.3 * made["problem"].cat.codes))
    n = rng.integers(5, 60, len(made))
    events = rng.binomial(n, risk)
    return made.assign(events=events, others=n - events)


@pytest.fixture(scope="module")
def both(cells):
    """The design in both forms."""
    return design.matrix(cells, REFERENCE), design.coded(cells, REFERENCE)


def same(agrees, what, function, both):
    """Check that a function of a design gives a table of the same numbers and labels for both."""
    written, coded = (function(x) for x in both)
    pd.testing.assert_index_equal(written.index, coded.index)
    known = written.notna().to_numpy()
    assert (coded.notna().to_numpy() == known).all()
    agrees(f"on codes: {what}", coded.to_numpy(float)[known], written.to_numpy(float)[known], 10)


def test_fit_of_statsmodels(cells, both, agrees):
    same(agrees, "fit, against statsmodels", lambda x: wald.fit(x, cells).table()[["b", "se", "low", "high"]], both)
    same(agrees, "measures", lambda x: logit.measures(x, cells, wald.fit(x, cells)).drop("null_log_likelihood"), both)


def test_profile(cells, both, agrees):
    same(agrees, "profile limits", lambda x: profile.multivariable(x, cells, logit.fit(x, cells)), both)


def test_tests_of_each_variable(cells, both, agrees):
    same(agrees, "tests of each variable", lambda x: logit.drop_each(x, cells, logit.fit(x, cells)), both)


def test_marginal(cells, both, agrees):
    sets = {"stage": ["stage"], "two": ["problem", "region"]}
    same(agrees, "marginal effects", lambda x: marginal.average_effects(x, cells, logit.fit(x, cells)), both)
    same(agrees, "fractions", lambda x: marginal.attributable_fractions(x, cells, logit.fit(x, cells), sets), both)


@pytest.mark.parametrize("sparse", [0, 1000])
def test_interaction(cells, both, agrees, sparse):
    made = [interaction.fit(x, cells, "stage", "problem", None, sparse) for x in both]
    assert list(made[0].matrix.columns) == list(made[1].matrix.columns)
    assert ("stage:problem", "b:w") not in made[1].matrix.columns
    assert made[0].kind == made[1].kind == ("penalised likelihood ratio" if sparse else "likelihood ratio")
    agrees("on codes: interaction", list(made[1].test), list(made[0].test), 8)
    tables = [interaction.within(each.matrix, cells, each.fit, "stage", "problem") for each in made]
    same(agrees, "odds ratios within", lambda table: table.astype(float).drop(columns="p"), tables)


def test_firth(cells, both, agrees):
    terms = list(both[0].columns[[1, 4]])
    same(agrees, "Firth", lambda x: firth.fit(x, cells).table()[["b", "se"]], both)
    same(agrees, "Firth's limits", lambda x: np.exp(firth.limits(x, cells, terms)), both)


def test_separation_is_found_and_penalised(cells, agrees):
    last = cells["problem"].eq("z")
    alike = cells.assign(events=np.where(last, 0, cells["events"]), others=cells["others"] + 1)
    both = design.matrix(alike, REFERENCE), design.coded(alike, REFERENCE)
    for x in both:
        with pytest.raises(NoEstimate):
            logit.fit(x, alike)
        assert separation.infinite_terms(x, alike).to_dict() == {("problem", "z"): -1}
    same(agrees, "Firth of separated counts", lambda x: firth.estimate(x, alike)[0].table()[["b", "se"]], both)
    counts = [alike[each] for each in COUNTS]
    refits = [firth.refit(x, *counts) for x in (both[0].to_numpy(), both[1])]
    agrees("on codes: refit", refits[1], refits[0], 9)


def test_fit_without_units_of_a_code(cells, agrees):
    present = cells["stage"].ne("c").to_numpy()
    x = design.select(design.coded(cells, REFERENCE), present)
    part = cells[present].reset_index(drop=True)
    found = wald.estimated(wald.fit(x, part), x, part)
    assert found.loc[("stage", "c")].isna().all()
    written = design.matrix(part, REFERENCE)
    expected = wald.fit(written, part).table()
    agrees("on codes: fit without a code", found.drop(("stage", "c")), expected, 10)


def test_dependent_columns(cells, both):
    twice = cells.assign(again=cells["sex"].cat.rename_categories({"f": "g", "m": "n"}))
    for make in (design.matrix, design.coded):
        x = make(twice, REFERENCE | {"again": "g"})
        assert collinearity.dependent_columns(x, np.ones(len(cells))) == [("again", "n")]


def test_ordinal_and_multinomial(cells, both, agrees):
    rng = np.random.default_rng(4)
    log_odds = 0.4 * cells["stage"].cat.codes.to_numpy()[:, None] * [0, 1, 2]
    share = np.exp(log_odds) / np.exp(log_odds).sum(axis=1, keepdims=True)
    counts = pd.DataFrame(rng.multinomial(30, share), columns=["low", "middle", "high"])
    written, coded = both
    for x in ((written.iloc[:, 1:], coded), both):
        model = ordinal if x is not both else multinomial
        fits = [model.fit(each, counts) for each in x]
        assert list(fits[0].estimates.index) == list(fits[1].estimates.index)
        agrees("on codes: three levels", fits[1].table()[["b", "se"]], fits[0].table()[["b", "se"]], 9)
    fits = ordinal.fit(written.iloc[:, 1:], counts), ordinal.fit(coded, counts)
    tests = [ordinal.departures(x, counts, each) for x, each in zip((written.iloc[:, 1:], coded), fits, strict=True)]
    agrees("on codes: proportional odds", list(tests[1].test), list(tests[0].test), 8)
    agrees("on codes: departures", tests[1].by_variable, tests[0].by_variable, 8)


def test_size_decides(cells):
    assert isinstance(design.by_size(cells, REFERENCE), pd.DataFrame)
    assert isinstance(design.by_size(cells, REFERENCE, many=10), design.Coded)
    written, coded = design.by_size(cells, REFERENCE), design.by_size(cells, REFERENCE, many=10)
    kept = written.columns[[0, 3, 5]]
    few = [design.select(x, slice(5, 9), kept) for x in (written, coded)]
    assert np.array_equal(few[0].to_numpy(), few[1].written_out().to_numpy()) and list(few[1].columns) == list(kept)
    form = np.cov(np.random.default_rng(1).normal(size=(written.shape[1], 40)))
    values = [design.as_design(x).quadratic(form) for x in (written, coded)]
    assert np.allclose(values[0], values[1], rtol=1e-12)


def test_further_columns_of_numbers(cells, both, agrees):
    years = pd.Series(np.random.default_rng(5).choice([7.5, 9.0, 13.0, 16.5], len(cells)))
    further = pd.DataFrame({("age", "line"): years, ("age", "curve 1"): years**2 / 100})
    further.columns = pd.MultiIndex.from_tuples(further.columns)
    joined = [design.join(x, further) for x in both]
    pd.testing.assert_frame_equal(joined[0], joined[1].written_out(), check_names=False)
    same(agrees, "fit with columns of numbers", lambda x: logit.fit(x, cells).table()[["b", "se"]], joined)
