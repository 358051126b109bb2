"""The draws by themselves, and the numbers they are made with."""

import numpy as np
import pandas as pd
import pytest
import yaml

from hotline import paths
from hotline.errors import InputError
from hotline.simulator import draws

NUMBERS = draws.read_numbers(paths.PUBLISHED)


def test_read_numbers_refuses_a_number_without_a_source(tmp_path):
    content = yaml.safe_load(paths.PUBLISHED.read_text(encoding="utf-8"))
    del content["rows"]["duplicate"]["source"]
    path = tmp_path / "published.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError, match="rows: duplicate"):
        draws.read_numbers(path)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def categories(**columns):
    return pd.DataFrame(columns).astype("category")


def test_log_odds_adds_main_effects_and_an_interaction():
    frame = categories(sex=["male", "female", "female"], problem=["other", "other", "family"])
    ratios = {"sex": {"female": 2.0}, "problem": {"family": 3.0}, "sex:problem": {"female:family": 5.0}}
    assert draws.log_odds(frame, ratios) == pytest.approx(np.log([1, 2, 30]))


def test_nominal_draws_the_shares_of_its_group_and_tilts_them(rng):
    frame = categories(group=np.repeat(["a", "b"], 20_000))
    shares = {"a": {"x": 0.2, "y": 0.8}, "b": {"x": 0.5, "y": 0.5}}
    drawn = pd.Series(draws.nominal(rng, frame, shares, {"x": {"group": {"b": 3.0}}}, by="group"))
    observed = (drawn == "x").groupby(frame["group"]).mean()
    assert observed["a"] == pytest.approx(0.2, abs=0.015)
    assert observed["b"] == pytest.approx(0.75, abs=0.015)  # odds 1 times 3


def test_ordinal_keeps_the_shares_and_the_odds_ratio(rng):
    frame = categories(sex=np.tile(["male", "female"], 40_000))
    drawn = draws.ordinal(rng, frame, {"low": 0.5, "middle": 0.3, "high": 0.2}, {"sex": {"female": 2.0}})
    shares = pd.Series(drawn).value_counts(normalize=True)
    assert shares[["low", "middle", "high"]].tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    table = pd.crosstab(frame["sex"], drawn == "high")
    odds = table[True] / table[False]
    assert odds["female"] / odds["male"] == pytest.approx(2.0, rel=0.08)


def test_at_or_above_has_the_odds_ratios_and_the_departure(rng):
    frame = categories(sex=np.tile(["male", "female"], 100_000))
    intercepts, departures = {"middle": -0.5, "high": -2.0}, {"high": {"sex": {"female": 1.5}}}
    probabilities = draws.at_or_above(frame, intercepts, {"sex": {"female": 2.0}}, departures)
    drawn = draws.cumulative(rng, probabilities, ["well", "middle", "high"])
    for codes, ratio, intercept in ((["middle", "high"], 2.0, -0.5), (["high"], 3.0, -2.0)):
        share = pd.Series(drawn.isin(codes)).groupby(frame["sex"], observed=True).mean()
        odds = share / (1 - share)
        assert odds["male"] == pytest.approx(np.exp(intercept), rel=0.04)
        assert odds["female"] / odds["male"] == pytest.approx(ratio, rel=0.05)


def test_at_or_above_refuses_a_negative_probability():
    with pytest.raises(ValueError, match="negative"):
        draws.at_or_above(categories(sex=["male"]), {"middle": 0, "high": -1}, {}, {"high": {"sex": {"male": 9.0}}})


def test_threshold_solves_for_the_share():
    score = np.array([-2.0, 0.0, 1.0, 5.0])
    solved = draws.threshold(score, 0.3)
    assert (1 / (1 + np.exp(solved - score))).mean() == pytest.approx(0.3, abs=1e-8)


def test_spread_calls_starts_on_the_first_day_and_never_calls_twice_a_day(rng):
    first_day, many = rng.integers(0, 100, 500), rng.integers(1, 9, 500)
    caller, day = draws.spread_calls(rng, first_day, many, {"median": 0.3, "spread": 1.0})
    calls = pd.DataFrame({"caller": caller, "day": day})
    assert not calls.duplicated().any()
    assert (calls.groupby("caller")["day"].min() == first_day).all()
    assert (calls.groupby("caller").size() == many).all()


def test_day_and_hour_weights_follow_the_numbers():
    days = pd.date_range("2021-01-01", "2022-12-31")
    shares = pd.Series(draws.day_weights(days, NUMBERS.calendar), index=days)
    assert shares.sum() == pytest.approx(1)
    assert shares.groupby(days.year).sum().pct_change().iloc[-1] == pytest.approx(NUMBERS.calendar.growth - 1, abs=0.01)
    assert shares.groupby(days.day_of_week).mean().idxmax() == 0  # Monday
    hours = draws.hour_weights(NUMBERS.hour)
    assert hours.sum(axis=0) == pytest.approx(1)
    late = hours[20:].sum(axis=0)
    assert late[0] < late[1] < late[2]  # well, imbalance, high risk
