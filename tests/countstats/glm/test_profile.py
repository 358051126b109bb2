"""Profile-likelihood limits agree with R as far as R interpolates, and with a search along each coefficient."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from samples import ROWS, by_row, reference, table
from scipy.optimize import brentq
from scipy.stats import chi2

from countstats.columns import COUNTS
from countstats.glm import cell_table, design, logit, profile, wald

R = reference("logistic")


def searched(x, y, term, level):
    """The limits by statsmodels: fit with the coefficient held (as an offset), root of the loss in likelihood."""
    full = sm.Logit(y, x).fit(disp=False, method="newton", tol=1e-12)
    less = x.drop(columns=term)

    def loss(b):
        held = sm.GLM(y, less, family=sm.families.Binomial(), offset=b * x[term]).fit(**wald.GLM_TOL)
        return 2 * (full.llf - held.llf) - chi2.ppf(level, 1)

    b, se = full.params[term], full.bse[term]
    ends = [(b - 4 * se, b), (b, b + 4 * se)]
    return [brentq(loss, *end, xtol=1e-12, rtol=1e-12) for end in ends]


@pytest.mark.parametrize("name", ROWS)
def test_limits_agree_with_r(name, agrees):
    x, cells, fitted = by_row(name)
    found = profile.limits(logit.Logit(x, *(cells[each] for each in COUNTS)), fitted.estimates, list(x))
    for term, row in found.iterrows():
        test = f"logit coef {'(Intercept)' if term == 'const' else term}"
        for end, quantity in {"low": "OR_profile_lo", "high": "OR_profile_hi"}.items():
            agrees("profile limits, against R's interpolation", row[end], np.log(R[name, test, quantity]), 3)


@pytest.mark.parametrize(("name", "term"), [("spector", "GPA"), ("spector", "PSI"), ("fair", "occupation2")])
def test_limits_agree_with_a_search(name, term, agrees):
    x, cells, fitted = by_row(name)
    model = logit.Logit(x, *(cells[each] for each in COUNTS))
    for level in (0.95, 0.6) if name == "spector" else (0.95,):
        found = profile.limits(model, fitted.estimates, [term], level).loc[term]
        agrees("profile limits, against a search", found, searched(x, cells["events"], term, level), 9)


def test_newton_and_search_agree(agrees):
    x, cells, fitted = by_row("spector")
    model = logit.Logit(x, *(cells[each] for each in COUNTS))
    own = profile._Profile.of(model, fitted.estimates.to_numpy(), 0.95)
    found = profile.limits(model, fitted.estimates, list(x)).to_numpy()
    for place in range(4):
        for sign, limit in zip((-1, 1), found[place], strict=True):
            again = own.search(place, sign)
            agrees("profile limits, two ways", limit, again, 9)


def test_univariable_agrees_with_a_search(agrees):
    bases = {"Class": "1st", "Sex": "Male"}
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    found = profile.univariable(cells, bases)
    assert list(found.index) == [("Class", "2nd"), ("Class", "3rd"), ("Class", "Crew"), ("Sex", "Female")]
    x = design.matrix(cells, {"Sex": "Male"}).set_axis(["const", "girl"], axis=1)
    rows = [x.loc[x.index.repeat(cells[each])].assign(y=each == "events") for each in COUNTS]
    rows = pd.concat(rows, ignore_index=True).astype(float)
    expected = np.exp(searched(rows[["const", "girl"]], rows["y"], "girl", 0.95))
    agrees("profile limits, against a search", found.loc[("Sex", "Female")], expected, 9)


def test_univariable_without_events_is_nan():
    cells = pd.DataFrame({"stage": pd.Categorical(["a", "b", "c"]), "events": [3, 0, 4], "others": [5, 6, 7]})
    found = profile.univariable(cells, {"stage": "a"})
    assert found.loc[("stage", "b")].isna().all() and found.loc[("stage", "c")].notna().all()
    assert profile.univariable(cells, {"stage": "b"}).isna().all(axis=None)


def test_multivariable_limits_enclose_the_odds_ratio():
    bases = {"Class": "1st", "Sex": "Male", "Age": "Child"}
    cells = cell_table.cells_of(table("titanic"), bases, "Survived", "Yes")
    x = design.matrix(cells, bases)
    fitted = logit.fit(x, cells)
    found = profile.multivariable(x, cells, fitted, 0.9)
    ratios = np.exp(fitted.estimates.iloc[1:])
    assert (found["low"] < ratios).all() and (ratios < found["high"]).all() and len(found) == 5
    narrow = profile.multivariable(x, cells, fitted, 0.5)
    assert (narrow["low"] > found["low"]).all() and (narrow["high"] < found["high"]).all()


def test_limit_never_reached_is_infinite():
    x = pd.DataFrame({"one": [1.0, 1], "second": [0.0, 1]})
    model = logit.Logit(x, [3, 0], [5, 6])
    b = np.array([np.log(3 / 5), -30.0])
    se = np.array([0.7, 1.0])
    target = model.value_and_score(b)[0] - 2
    own = profile._Profile(model, b, model.information(b), np.diag(se**2), 4.0, target)
    assert own.search(1, -1) == -np.inf


def test_limits_of_a_billion_units_need_few_steps(agrees):
    """The rounding of such a log-likelihood exceeds an absolute tolerance, at which a search would take over."""

    class Counted(logit.Logit):
        asked = 0

        def value_and_score(self, b):
            Counted.asked += 1
            return super().value_and_score(b)

    rng = np.random.default_rng(5)
    cells = pd.DataFrame({name: pd.Categorical(rng.integers(0, 4, 2000).astype(str)) for name in "abc"})
    n = rng.integers(100_000, 1_000_000, 2000)
    events = rng.binomial(n, 0.3 + 0.1 * cells["a"].cat.codes)
    cells = cells.assign(events=events, others=n - events)
    x = design.coded(cells, dict.fromkeys("abc", "0"))
    fitted = logit.fit(x, cells)
    found = profile.limits(Counted(x, events, n - events), fitted.estimates, fitted.estimates.index)
    assert Counted.asked <= 5 * 2 * len(found)
    wald_limits = fitted.table()[["low", "high"]]  # of so many units the likelihood is a parabola
    agrees("profile limits of a billion units, against Wald's", found, wald_limits, 5)
