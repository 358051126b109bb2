"""Cases with gaps: sorted, named, fitted as statsmodels does, and judged beside submodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.special import expit
from statsmodels.genmod.families import Binomial

from hotline.codebook import codebook
from hotline.models import gaps
from hotline.models.risk_model import Formula

REFERENCE = {"sex": "male", "bullying": "no", "day_type": "weekday"}
NAMES = list(REFERENCE)


def cells(n=6000, seed=2):
    """Cells of three predictors; gaps in sex are left more often where there is the event."""
    book, rng = codebook(), np.random.default_rng(seed)
    drawn = {name: rng.choice(book[name].kept_codes, n) for name in NAMES}
    odds = (
        -1
        + 0.8 * (drawn["sex"] == "female")
        + 1.1 * (drawn["bullying"] == "yes")
        + 0.2 * (drawn["day_type"] == "weekend")
    )
    event = rng.random(n) < expit(odds)
    drawn["sex"] = np.where(rng.random(n) < np.where(event, 0.3, 0.1), "missing", drawn["sex"])
    drawn["bullying"] = np.where(rng.random(n) < 0.1, "missing", drawn["bullying"])
    frame = pd.DataFrame({
        name: pd.Categorical(codes, [*book[name].kept_codes, "missing"]) for name, codes in drawn.items()
    })  # fmt: skip
    return frame.assign(events=event.astype(int), others=(~event).astype(int))


def test_cells_are_sorted_by_what_is_recorded():
    sorted_out = gaps.by_what_is_recorded(cells(), NAMES, codebook())
    assert sum(map(len, sorted_out)) == 6000
    assert (sorted_out.complete[NAMES] != "missing").all(axis=None)
    assert (sorted_out.empty[["sex", "bullying"]] == "missing").all(axis=None), "when the call came is no answer"
    gap = sorted_out.gaps[["sex", "bullying"]] == "missing"
    assert (gap.sum(axis=1) == 1).all()


def test_split_keeps_each_case_once_and_takes_none_for_two_empty_parts():
    data = gaps.by_what_is_recorded(cells(), NAMES, codebook()).gaps
    parts = gaps.split(data, 0.7, np.random.default_rng(1))
    sizes = [int(part[["events", "others"]].to_numpy().sum()) for part in parts]
    assert sizes == [round(0.7 * len(data)), len(data) - round(0.7 * len(data))]
    assert [len(part) for part in gaps.split(data[:0], 0.7, np.random.default_rng(1))] == [0, 0]


def test_fit_is_statsmodels_with_a_gap_as_a_code():
    data = cells()
    found = gaps.fit(data, REFERENCE, Formula(intercept=0.0, coefficients={name: {} for name in NAMES}))
    frame = data.assign(**{name: data[name].cat.remove_unused_categories() for name in NAMES})
    fit = smf.glm("events ~ sex + bullying + day_type", frame, family=Binomial()).fit(tol=1e-12)
    for name, code in (("sex", "missing"), ("sex", "female"), ("bullying", "missing"), ("day_type", "weekend")):
        assert found.coefficients[name][code] == pytest.approx(fit.params[f"{name}[T.{code}]"], rel=1e-8)
    assert found.coefficients["sex"]["missing"] > 0.8, "a gap that goes with the event is a warning of it"
    assert "missing" not in found.coefficients["day_type"]


def test_fit_has_no_estimate_where_the_formula_of_complete_cases_has_none():
    none = Formula(intercept=0.0, coefficients={"sex": {"female": None}, "bullying": {}, "day_type": {}})
    assert gaps.fit(cells(), REFERENCE, none).coefficients["sex"]["female"] is None


def test_patterns_are_named_counted_and_sorted():
    data = cells(300)
    lacking = gaps.patterns(data, NAMES, codebook())
    by_hand = [", ".join(t for n, t in (("sex", "Sex"), ("bullying", "Bullied")) if row[n] == "missing")
               for row in data.to_dict("records")]  # fmt: skip
    assert lacking["pattern"].tolist() == by_hand
    assert lacking["gaps"].tolist() == [bool(words) + (", " in words) for words in by_hand]
    many = cells()
    lacking = gaps.patterns(many, NAMES, codebook())
    assert gaps.frequent(lacking, many, 5) == ["Sex", "Bullied", "Sex, Bullied"]
    assert gaps.frequent(lacking, many, 1) == ["Sex"]
    assert gaps.frequent(lacking.iloc[:50], many.iloc[:50], 5) == [], "with a few cases no pattern is frequent"


def test_submodels_are_those_fitted_by_hand_without_the_part_that_they_predict():
    data, fold = cells(), np.arange(6000) % 3
    lacking = gaps.patterns(data, NAMES, codebook())
    risk = gaps.submodels(data, lacking, ["Sex"], fold, REFERENCE)
    here = (lacking["pattern"] == "Sex").to_numpy()
    assert np.isfinite(risk[here]).all() and np.isnan(risk[~here]).all()
    train = data[(data["bullying"] != "missing") & (fold != 1)]
    train = train.assign(**{name: train[name].cat.remove_unused_categories() for name in NAMES})
    fit = smf.glm("events ~ bullying + day_type", train, family=Binomial()).fit()
    b = fit.params
    odds = b["bullying[T.yes]"] * (data["bullying"] == "yes") + b["day_type[T.weekend]"] * (
        data["day_type"] == "weekend"
    )
    own = here & (fold != 1)
    shift = smf.glm("events ~ 1", data[own], family=Binomial(), offset=odds[own]).fit().params["Intercept"]
    wanted = here & (fold == 1)
    assert risk[wanted] == pytest.approx(expit(odds[wanted] + shift).to_numpy(), abs=1e-8)


def test_too_many_cells_have_no_submodels(monkeypatch):
    monkeypatch.setattr(gaps, "SUBMODELS_UP_TO", 100)
    data = cells(300)
    lacking = gaps.patterns(data, NAMES, codebook())
    assert np.isnan(gaps.submodels(data, lacking, ["Sex"], np.zeros(300), REFERENCE)).all()


def test_judge_has_a_row_for_each_set_and_counts_alone_where_few():
    data = cells()
    lacking = gaps.patterns(data, NAMES, codebook())
    risk, none = np.full(6000, 0.4), np.full(6000, np.nan)
    found = gaps.judge(data, risk + 0.01 * (data["sex"] == "female"), none, lacking, ["Sex"]).set_index("cases")
    gap = (data[NAMES] == "missing").any(axis=1)
    assert found.loc["Complete cases", "n"] == (~gap).sum() and found.loc["With a gap", "n"] == gap.sum()
    assert found.loc["One gap", "n"] + found.loc["Two gaps", "n"] == gap.sum()
    assert found.loc["Sex", "n"] + found.loc["Rarer patterns", "n"] == gap.sum()
    assert found.loc["Three or more", "n"] == 0 and np.isnan(found.loc["Three or more", "auc"])
    only = data[lacking["pattern"] == "Sex"]
    assert found.loc["Sex", "oe"] == pytest.approx(only["events"].mean() / 0.4)
    assert found["submodel_auc"].isna().all()
