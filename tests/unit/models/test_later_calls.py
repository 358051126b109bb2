"""Later calls: callers apart, recalibrated as statsmodels does, judged, and refused where that is not right."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit

from hotline.models import later_calls
from hotline.models.risk_model import Formula, Line

FORMULA = Formula(intercept=-1.0, coefficients={"sex": {"male": 0.0, "female": 1.0, "missing": 0.4}})


def calls(callers=1500, seed=3):
    """Calls of callers who call again, and are in trouble the more often the more they call."""
    rng = np.random.default_rng(seed)
    size = 1 + rng.poisson(1.5, callers)
    caller = np.repeat(np.arange(1, callers + 1), size)
    rank = np.concatenate([np.arange(n) for n in size])
    sex = np.repeat(rng.choice(["male", "female", "missing"], callers, p=[0.5, 0.4, 0.1]), size)
    odds = -1 + 1.0 * (sex == "female") + 0.4 * (sex == "missing") + 0.6 * (rank > 0) + 0.3 * np.log2(1 + rank)
    event = rng.random(len(odds)) < expit(odds)
    return pd.DataFrame({
        "sex": pd.Categorical(sex, ["male", "female", "missing"]),
        "caller": pd.array(caller, dtype="Int64"),
        "later_call": pd.Categorical(np.where(rank > 0, "yes", "no"), ["no", "yes", "missing"]),
        "earlier_calls": pd.array(rank, dtype="Int64"),
        "events": event.astype(int), "others": (~event).astype(int),
    })  # fmt: skip


def test_folds_keep_a_caller_together_and_are_alike_in_size():
    data = calls()
    fold = later_calls.folds(data, np.random.default_rng(1))
    assert (pd.Series(fold).groupby(data["caller"].to_numpy()).nunique() == 1).all()
    assert pd.Series(fold[data["later_call"] == "no"]).value_counts().tolist() == [300] * later_calls.FOLDS


def test_recalibrate_is_statsmodels():
    later = calls()[lambda frame: frame["later_call"] == "yes"]
    odds = FORMULA.log_odds(later)
    line = later_calls.recalibrate(odds, later)
    x = np.column_stack([np.ones(len(odds)), odds, np.log2(1 + later["earlier_calls"].to_numpy(float))])
    fit = sm.GLM(later["events"], x, family=sm.families.Binomial()).fit(tol=1e-12)
    assert [line.intercept, line.slope, line.doubling] == pytest.approx(fit.params.tolist(), abs=1e-7)
    assert later_calls.recalibrate(np.full(len(later), np.nan), later) is None
    assert later_calls.recalibrate(odds[:30], later[:30]) is None, "too few"
    assert later_calls.recalibrate(np.zeros(len(odds)), later) is None, "no order to recalibrate"


def test_out_of_fold_uses_no_call_of_the_same_caller():
    data, seen = calls(), []
    fold = later_calls.folds(data, np.random.default_rng(1))

    def fit(first):
        seen.append(set(first["caller"]))
        assert (first["later_call"] == "no").all()
        return Formula(intercept=float(len(seen)), coefficients=FORMULA.coefficients), FORMULA

    found = later_calls.out_of_fold(data, fit, fold)
    for each in range(later_calls.FOLDS):
        here = fold == each
        assert not seen[each] & set(data.loc[here, "caller"]), "a caller's own call was used"
        recorded = here & (data["sex"] != "missing").to_numpy()
        of_fit = Formula(intercept=each + 1.0, coefficients=FORMULA.coefficients).log_odds(data[recorded])
        assert found.plain[recorded] == pytest.approx(of_fit), "the log odds of another part's fit"
    later = later_calls.is_later(data)
    assert (found.plain[~later] == found.recalibrated[~later]).all()
    each, gap = 2, (data["sex"] == "missing").to_numpy()
    line = later_calls.recalibrate(
        np.where(gap, FORMULA.log_odds(data), FORMULA.log_odds(data) + each + 2.0)[(fold != each) & later],
        data[(fold != each) & later],
    )
    again = (fold == each) & later
    assert found.recalibrated[again] == pytest.approx(
        line.applied(found.plain[again], data.loc[again, "earlier_calls"])
    )


def test_of_very_many_calls_one_part_is_judged(monkeypatch):
    data = calls(300)
    fold = later_calls.folds(data, np.random.default_rng(1))
    whole = later_calls.out_of_fold(data, lambda first: (FORMULA, FORMULA), fold)
    monkeypatch.setattr(later_calls, "ONE_PART_FROM", len(data))
    found = later_calls.out_of_fold(data, lambda first: (FORMULA, FORMULA), fold)
    assert whole.judged.all() and (found.judged == (fold == 0)).all()
    assert np.isnan(found.plain[fold != 0]).all() and np.isnan(found.recalibrated[fold != 0]).all()
    assert (found.recalibrated[fold == 0] == whole.recalibrated[fold == 0]).all()


def test_judge_and_settle_accept_what_is_right_and_refuse_what_is_not():
    data = calls()
    fold = later_calls.folds(data, np.random.default_rng(1))
    found = later_calls.out_of_fold(data, lambda first: (FORMULA, FORMULA), fold)
    table = later_calls.judge_each(found, data).set_index(["which", "risks"])
    assert table.loc[("Later calls", "as they are"), "oe"] > 1.3
    right = table.loc[("Later calls", "recalibrated")]
    assert 0.9 < right["oe_low"] < right["oe"] < right["oe_high"] < 1.1
    assert table.loc[("All assessed calls", "recalibrated"), "calls"] == len(data)
    assert ("First calls", "recalibrated") not in table.index
    by_rank = [name for name, _ in table.index if name.startswith("Later calls,")]
    assert len(set(by_rank)) == len(later_calls.RANKS)
    line = Line(intercept=0.12345, slope=1.0, doubling=0.2)
    kept = later_calls.settle(line, right)
    assert kept.refused == "" and kept.line.intercept == 0.123 and kept.calls == right["calls"]
    wrong = later_calls.settle(line, table.loc[("Later calls", "as they are")])
    assert wrong.line is None and "beyond 0.9 to 1.1" in wrong.refused
    few = later_calls.settle(None, right)
    assert few.line is None and few.refused == later_calls.settle(line, pd.Series({**right, "oe": np.nan})).refused


def test_judge_of_few_calls_has_counts_alone():
    data = calls().iloc[:10]
    row = later_calls.judge(np.zeros(10), data)
    assert row["calls"] == 10 and np.isnan(row["oe"]) and np.isnan(row["auc_low"])
