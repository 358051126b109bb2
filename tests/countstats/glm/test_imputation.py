"""Multiple imputation on counts: what is recorded stays, what is drawn is right on average, and Rubin's rules."""

import numpy as np
import pandas as pd
import pytest
from samples import reference
from scipy.stats import t

from countstats.glm import cell_table, design, imputation, logit
from countstats.glm.solver import Fit

NAMES = ["sex", "stage", "pressed", "at_risk"]
CODES = {"sex": ["male", "female"], "stage": ["primary", "junior", "senior"], "pressed": ["low", "high"],
         "at_risk": ["no", "yes"]}  # fmt: skip
BASES = {"sex": "male", "stage": "primary", "pressed": "low"}


def draw_rows(n, seed):
    """Rows of codes, as positions: at_risk follows a logistic model of the others, which hang together."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, n)
    stage = (rng.random(n)[:, None] > np.cumsum([[0.4, 0.35, 0.25]], axis=1)).sum(axis=1)
    pressed = rng.random(n) < 0.3 + 0.15 * stage
    risk = 1 / (1 + np.exp(-(-1.2 + 0.5 * sex + 0.4 * (stage == 1) + 0.2 * (stage == 2) + 0.9 * pressed)))
    return pd.DataFrame({"sex": sex, "stage": stage, "pressed": pressed * 1, "at_risk": (rng.random(n) < risk) * 1})


def with_gaps(rows, seed):
    """Whether sex and pressure are recorded depends on the outcome and the stage, which always are."""
    rng = np.random.default_rng(seed)
    rows = rows.copy()
    for name, base in (("sex", 0.1), ("pressed", 0.15)):
        gone = rng.random(len(rows)) < base + 0.25 * rows["at_risk"] * (rows["stage"] > 0)
        rows.loc[gone, name] = -1
    return rows


def counted(rows):
    """The rows as a tally: categories with "missing", and n."""
    counts = rows.groupby(NAMES, as_index=False).size().rename(columns={"size": "n"})
    columns = {
        name: pd.Categorical.from_codes(
            counts[name].where(counts[name] >= 0, len(CODES[name])), [*CODES[name], "missing"]
        )
        for name in NAMES
    }
    return pd.DataFrame(columns).assign(n=counts["n"])


def estimates(counts):
    cells = cell_table.complete(cell_table.cells_of(counts, list(BASES), "at_risk"), BASES)
    return logit.fit(design.matrix(cells, BASES), cells)


def test_impute_changes_nothing_without_gaps():
    counts = counted(draw_rows(500, 1))
    for filled in imputation.impute(counts, NAMES, 2, np.random.default_rng(1)):
        one, two = (each.groupby(NAMES, observed=True)["n"].sum() for each in (filled, counts))
        assert one.to_dict() == two.to_dict()


def test_impute_fills_gaps_and_nothing_else():
    counts = counted(with_gaps(draw_rows(2000, 2), 3))
    for filled in imputation.impute(counts, NAMES, 3, np.random.default_rng(1)):
        assert filled["n"].sum() == 2000 and (filled["n"] > 0).all()
        assert not (filled[NAMES] == "missing").any(axis=None)
        always = ["stage", "at_risk"]
        one, two = (each.groupby(always, observed=True)["n"].sum() for each in (filled, counts))
        assert one.to_dict() == two.to_dict()
        for name in ("sex", "pressed"):  # no code can have lost anybody
            one, two = (each.groupby(name, observed=True)["n"].sum() for each in (filled, counts))
            assert all(one[code] >= two[code] for code in CODES[name])


def test_draws_follow_the_shares_of_complete_units():
    """With one gap and one other variable the draws must have the shares of the complete units."""
    frame = pd.DataFrame(
        {
            "x": pd.Categorical(["a", "b", "c", "missing"] * 2, ["a", "b", "c", "missing"]),
            "y": pd.Categorical(["no"] * 4 + ["yes"] * 4, ["no", "yes"]),
            "n": [500, 300, 200, 400, 100, 300, 600, 800],
        }
    )
    drawn = [
        filled.groupby(["y", "x"], observed=True)["n"].sum().unstack().to_numpy()
        for filled in imputation.impute(frame, ["x", "y"], 60, np.random.default_rng(2))
    ]
    added = np.mean(drawn, axis=0) - [[500, 300, 200], [100, 300, 600]]
    assert added == pytest.approx(np.array([[200, 120, 80], [80, 240, 480]]), abs=10)
    spread = np.std(drawn, axis=0, ddof=1)
    # Drawing from fixed shares would spread by the binomial alone; not knowing the shares adds to it.
    p, n_gap, n_known = 0.5, 400, 1000
    binomial, proper = np.sqrt(n_gap * p * (1 - p)), np.sqrt(n_gap * p * (1 - p) * (1 + n_gap / n_known))
    assert spread[0, 0] == pytest.approx(proper, rel=0.25) and spread[0, 0] > binomial


def test_impute_corrects_gaps_that_depend_on_the_outcome():
    """Pooled estimates lie near those without gaps; those of complete cases do not."""
    rows = draw_rows(20000, 4)
    truth = estimates(counted(rows))
    counts = counted(with_gaps(rows, 5))
    fits = [estimates(filled) for filled in imputation.impute(counts, NAMES, 8, np.random.default_rng(3))]
    pooled = imputation.pool(fits, 20000)
    distance = (pooled["b"] - truth.estimates).abs() / pooled["se"]
    assert distance.max() < 2
    complete = (estimates(counts).estimates - truth.estimates).abs() / pooled["se"]
    assert complete[("stage", "junior")] > 4, "otherwise there would have been nothing to undo"
    own = np.sqrt(np.diag(truth.covariance))
    assert (pooled["se"] > own * 0.99).all() and (pooled["fmi"].between(0, 0.6)).all()


def test_impute_repeats_with_its_seed():
    counts = counted(with_gaps(draw_rows(800, 6), 7))
    one, two = (list(imputation.impute(counts, NAMES, 2, np.random.default_rng(9))) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_impute_stays_finite_under_separation():
    rows = draw_rows(600, 8)
    rows.loc[rows["stage"] == 2, "pressed"] = 1  # decides the pressure
    counts = counted(with_gaps(rows, 9))
    filled = next(imputation.impute(counts, NAMES, 1, np.random.default_rng(1)))
    senior = filled[filled["stage"] == "senior"].groupby("pressed", observed=True)["n"].sum()
    assert senior["high"] / senior.sum() > 0.9


def test_impute_refuses_a_single_code():
    counts = counted(with_gaps(draw_rows(300, 8), 9))
    with pytest.raises(ValueError, match="two codes of 'sex'"):
        next(imputation.impute(counts[counts["sex"] != "male"], NAMES, 1, np.random.default_rng(1)))


def test_pool_by_hand(agrees):
    b, variance = [1.0, 1.2, 0.9, 1.3], [0.04, 0.05, 0.045, 0.041]
    fits = [Fit(pd.Series([x], ["sex"]), np.array([[v]]), 0.0) for x, v in zip(b, variance, strict=True)]
    found = imputation.pool(fits, 500, confidence=0.9).loc["sex"]
    between = sum((x - sum(b) / 4) ** 2 for x in b) / 3
    total = sum(variance) / 4 + 1.25 * between
    share = 1.25 * between / total
    large, small = 3 / share**2, 500 / 502 * 499 * (1 - share)
    df = large * small / (large + small)
    r = share / (1 - share)
    expected = {"b": 1.1, "se": total**0.5, "df": df, "low": 1.1 - t.ppf(0.95, df) * total**0.5,
                "p": 2 * t.sf(1.1 / total**0.5, df), "fmi": (r + 2 / (df + 3)) / (r + 1)}  # fmt: skip
    agrees("Rubin's rules", found[list(expected)], list(expected.values()), 12)


def test_pool_agrees_with_mice(agrees):
    """A term of three, four imputations and 60 units."""
    b, variance, terms = [0.1, 0.9, 0.3, 0.15], [0.01, 0.02, 0.01, 0.03], ["sex", "stage", "pressed"]
    fits = [Fit(pd.Series(x, terms), v * np.eye(3), 0.0) for x, v in zip(b, variance, strict=True)]
    found = imputation.pool(fits, 60).loc["sex"]
    for name in ("b", "se", "df", "fmi"):
        agrees("Rubin's rules, mice", found[name], reference("models")["apart", "Rubin", name], 12)


def test_pool_of_equal_fits_and_of_one():
    one = Fit(pd.Series([1.0], ["sex"]), np.array([[0.04]]), 0.0)
    found = imputation.pool([one, one, one], 500).loc["sex"]
    assert found["se"] == pytest.approx(0.2) and found["df"] == pytest.approx(500 / 502 * 499)
    with pytest.raises(ValueError, match="at least two"):
        imputation.pool([one], 500)


def test_impute_does_not_depend_on_the_size_of_parts(monkeypatch):
    counts = counted(with_gaps(draw_rows(3000, 11), 12))
    whole = list(imputation.impute(counts, NAMES, 2, np.random.default_rng(4)))
    monkeypatch.setattr(imputation, "MAX_CELLS", 7)
    for one, two in zip(whole, imputation.impute(counts, NAMES, 2, np.random.default_rng(4)), strict=True):
        pd.testing.assert_frame_equal(one, two)
