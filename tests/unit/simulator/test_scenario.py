"""The simulator: the same seed gives the same bytes, and what comes out is what it was told."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import runs
import yaml

from hotline import paths
from hotline.codebook import read_codebook
from hotline.errors import InputError
from hotline.pipeline import params
from hotline.simulator import draws as sim
from hotline.simulator import export as raw_face
from hotline.simulator import scenario

pytestmark = pytest.mark.xdist_group("simulation")

BOOK = read_codebook(paths.DATA_RAW / "codebook.yaml")
KNOWN = sim.read_numbers(paths.PUBLISHED)
SMALL = {"seed": 5, "calls": 6000}


def simulate(folder, monkeypatch, **parameters):
    """Run the cells of simulate.ipynb with the parameters given; return the path of the export."""
    runs.change(monkeypatch, out=folder, told_simulated=True)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    for source, tags in params.code_cells(paths.notebook("simulate")):
        exec(compile(source, "simulate.ipynb", "exec"), names)
        if "parameters" in tags:
            names.update(parameters)
    return folder / "export.csv"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A small export, as its path and as a frame of texts."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        path = simulate(tmp_path_factory.mktemp("first"), monkeypatch, **SMALL)
    return path, pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def decoded(frame, name):
    """One column of an export as codes, by the codebook's labels and synonyms; None for anything else."""
    field = BOOK[name]
    codes = {text: code.code for code in field.codes for text in (code.zh, *code.synonyms)}
    return frame[field.header].str.strip().map(codes)


def test_a_large_export_is_made_in_batches_whose_callers_and_tickets_differ(tmp_path, monkeypatch):
    path = simulate(tmp_path, monkeypatch, seed=5, calls=100_002)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert len(frame) == 100_002
    tickets, numbers = (frame[BOOK[name].header] for name in ("ticket_id", "caller_number"))
    sound = frame.drop_duplicates()
    assert not sound[tickets.name].duplicated().any()
    shared = set(numbers[:50_001]) & set(numbers[50_001:])
    assert len(shared) <= KNOWN.rows.test_numbers  # the desk's own lines


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_same_seed_same_bytes_another_seed_others(export, tmp_path, monkeypatch):
    again = simulate(tmp_path / "again", monkeypatch, **SMALL)
    other = simulate(tmp_path / "other", monkeypatch, **{**SMALL, "seed": 6})
    assert digest(again) == digest(export[0])
    assert digest(other) != digest(export[0])


def test_headings_are_the_codebooks_and_the_file_opens_in_a_spreadsheet(export):
    path, frame = export
    assert list(frame.columns) == [field.header for field in BOOK if field.header]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(frame) == SMALL["calls"]


def test_numbers_are_plainly_artificial(export):
    numbers = export[1][BOOK["caller_number"].header]
    assert numbers.str.fullmatch(r"100\d{8}").all()


def test_rows_are_of_the_kinds_asked_for(export):
    frame = export[1]
    assert frame.duplicated().sum() == round(KNOWN.rows.duplicate * SMALL["calls"])
    kinds = decoded(frame.drop_duplicates(), "call_type").value_counts()
    for kind, share in KNOWN.rows.no_caller.items():
        assert kinds[kind] == round(share * SMALL["calls"])


def test_of_an_unanswered_call_next_to_nothing_is_known(export):
    frame = export[1]
    unanswered = frame[frame[BOOK["answer_time"].header] == ""]
    known = {BOOK[name].header for name in ("ticket_id", "call_start", "call_end", "caller_number", "channel", "city")}
    assert 0.08 < len(unanswered) / len(frame) < 0.20
    for header in set(frame.columns) - known:
        assert (unanswered[header] == "").all(), header


def test_levels_and_problems_are_plausible(export):
    frame = export[1]
    pupils = decoded(frame, "stage").isin(KNOWN.pupil.age["shares"])
    levels = decoded(frame[pupils], "level").value_counts(normalize=True)
    for level, share in KNOWN.level.shares.items():
        assert levels[level] == pytest.approx(share, abs=0.05)
    assert decoded(frame[pupils], "problem").value_counts().idxmax() == "academic"


def test_the_time_to_a_follow_up_is_known_where_there_was_one_and_shortest_after_a_crisis(export):
    frame = export[1]
    days, times = (frame[BOOK[name].header].str.strip() for name in ("follow_up_days", "follow_ups"))
    assert (days[times == "0"] == "").all()
    followed = days[~times.isin(["0", ""])]
    blank = (followed == "").mean()
    assert blank == pytest.approx(KNOWN.missing.share["follow_up_days"], abs=0.03)
    done, waited = decoded(frame, "disposition"), pd.to_numeric(days, errors="coerce")
    medians = waited.groupby(done).median()
    assert medians.idxmin() == "crisis" and medians["crisis"] <= KNOWN.talk.follow_up_days["crisis"]
    assert waited.max() <= KNOWN.talk.follow_up_days_most and waited.min() == 0
    assert set(KNOWN.talk.follow_up_days) == set(BOOK["disposition"].kept_codes)


def test_every_time_is_written_in_one_of_the_codebooks_forms_and_rows_are_consistent(export):
    frame = export[1]
    used = []
    for form in BOOK["call_start"].formats:
        start, end = (
            pd.to_datetime(frame[BOOK[name].header], format=form, errors="coerce").notna()
            for name in ("call_start", "call_end")
        )
        used.append(start.sum())
        broken = (~start & end).sum()  # a start that was spoilt on purpose
        assert (start & ~end).sum() == 0 and broken <= round(KNOWN.rows.malformed * SMALL["calls"])
    assert min(used) > 0
    assert sum(used) >= len(frame) - 2 * round(KNOWN.rows.malformed * SMALL["calls"])


def test_population_adds_up_and_has_the_codebooks_cities():
    population = pd.read_csv(paths.POPULATION)
    cities = [code.code for code in BOOK["city"].codes if code.exclude is None]
    assert population["population_2020"].sum() == 126_012_510
    assert population["city"].tolist() == cities
    expected = (population["population_2020"] * population["share_0_14"]).round().astype(int)
    assert (population["children_0_14"] == expected).all()
    # The province's own share of children, to what the shares of the cities carry.
    assert population["children_0_14"].sum() / 126_012_510 == pytest.approx(0.1885, abs=5e-5)


def test_codes_in_published_are_the_codebooks():
    for name, table in vars(KNOWN.pupil).items():
        rows = table["shares"].values() if "by" in table else [table["shares"]]
        for shares in rows:
            assert sum(shares.values()) == pytest.approx(1), name
            if BOOK[name].categorical:
                assert set(shares) <= {code.code for code in BOOK[name].codes}, name
    for name in KNOWN.missing.share:
        assert BOOK[name].header, name


def test_a_number_without_a_source_is_refused(tmp_path):
    content = yaml.safe_load(paths.PUBLISHED.read_text(encoding="utf-8"))
    del content["rows"]["duplicate"]["source"]
    path = tmp_path / "published.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError, match="rows: duplicate"):
        sim.read_numbers(path)


# --- the draws ---------------------------------------------------------------------------------------


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def categories(**columns):
    return pd.DataFrame(columns).astype("category")


def test_log_odds_adds_main_effects_and_an_interaction():
    frame = categories(sex=["male", "female", "female"], problem=["other", "other", "family"])
    ratios = {"sex": {"female": 2.0}, "problem": {"family": 3.0}, "sex:problem": {"female:family": 5.0}}
    assert sim.log_odds(frame, ratios) == pytest.approx(np.log([1, 2, 30]))


def test_nominal_draws_the_shares_of_its_group_and_tilts_them(rng):
    frame = categories(group=np.repeat(["a", "b"], 20_000))
    shares = {"a": {"x": 0.2, "y": 0.8}, "b": {"x": 0.5, "y": 0.5}}
    drawn = pd.Series(sim.nominal(rng, frame, shares, {"x": {"group": {"b": 3.0}}}, by="group"))
    found = (drawn == "x").groupby(frame["group"]).mean()
    assert found["a"] == pytest.approx(0.2, abs=0.015)
    assert found["b"] == pytest.approx(0.75, abs=0.015)  # odds 1 times 3


def test_ordinal_keeps_the_shares_and_the_odds_ratio(rng):
    frame = categories(sex=np.tile(["male", "female"], 40_000))
    drawn = sim.ordinal(rng, frame, {"low": 0.5, "middle": 0.3, "high": 0.2}, {"sex": {"female": 2.0}})
    shares = pd.Series(drawn).value_counts(normalize=True)
    assert shares[["low", "middle", "high"]].tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    table = pd.crosstab(frame["sex"], drawn == "high")
    odds = table[True] / table[False]
    assert odds["female"] / odds["male"] == pytest.approx(2.0, rel=0.08)


def test_partial_proportional_odds_have_the_odds_ratios_and_the_departure_asked_for(rng):
    frame = categories(sex=np.tile(["male", "female"], 100_000))
    intercepts, departures = {"middle": -0.5, "high": -2.0}, {"high": {"sex": {"female": 1.5}}}
    chances = sim.at_or_above(frame, intercepts, {"sex": {"female": 2.0}}, departures)
    drawn = sim.cumulative(rng, chances, ["well", "middle", "high"])
    for codes, ratio, intercept in ((["middle", "high"], 2.0, -0.5), (["high"], 3.0, -2.0)):
        share = pd.Series(drawn.isin(codes)).groupby(frame["sex"], observed=True).mean()
        odds = share / (1 - share)
        assert odds["male"] == pytest.approx(np.exp(intercept), rel=0.04)
        assert odds["female"] / odds["male"] == pytest.approx(ratio, rel=0.05)


def test_a_departure_that_makes_a_chance_negative_is_refused():
    with pytest.raises(ValueError, match="negative"):
        sim.at_or_above(categories(sex=["male"]), {"middle": 0, "high": -1}, {}, {"high": {"sex": {"male": 9.0}}})


def test_intercepts_of_the_level_give_its_shares(rng):
    children = pd.read_csv(paths.POPULATION, index_col="city")["children_0_14"]
    place = scenario.setting(rng, KNOWN, BOOK, children, 2019, 2022)
    pupils = scenario.draw_pupils(rng, place, 200_000)
    shares = pd.Series(scenario.draw_level(rng, KNOWN, pupils)).value_counts(normalize=True)
    for level, share in KNOWN.level.shares.items():
        assert shares[level] == pytest.approx(share, abs=0.005)


def test_threshold_solves_for_the_share():
    score = np.array([-2.0, 0.0, 1.0, 5.0])
    solved = sim.threshold(score, 0.3)
    assert (1 / (1 + np.exp(solved - score))).mean() == pytest.approx(0.3, abs=1e-8)


def test_spread_calls_starts_on_the_first_day_and_never_calls_twice_a_day(rng):
    first_day, many = rng.integers(0, 100, 500), rng.integers(1, 9, 500)
    caller, day = sim.spread_calls(rng, first_day, many, {"median": 0.3, "spread": 1.0})
    calls = pd.DataFrame({"caller": caller, "day": day})
    assert not calls.duplicated().any()
    assert (calls.groupby("caller")["day"].min() == first_day).all()
    assert (calls.groupby("caller").size() == many).all()


def test_days_and_hours_have_the_shape_that_was_asked_for():
    days = pd.date_range("2021-01-01", "2022-12-31")
    shares = pd.Series(sim.day_weights(days, KNOWN.calendar), index=days)
    assert shares.sum() == pytest.approx(1)
    assert shares.groupby(days.year).sum().pct_change().iloc[-1] == pytest.approx(KNOWN.calendar.growth - 1, abs=0.01)
    assert shares.groupby(days.day_of_week).mean().idxmax() == 0  # Monday
    hours = sim.hour_weights(KNOWN.hour)
    assert hours.sum(axis=0) == pytest.approx(1)
    late = hours[20:].sum(axis=0)
    assert late[0] < late[1] < late[2]  # well, imbalance, high risk


def test_spell_writes_nothing_that_the_codebook_does_not_know(rng):
    field = BOOK["sex"]
    written = raw_face.spell(rng, pd.Series(["male", "female", None] * 2000), field, KNOWN.face).astype(object)
    known = {*field.missing, *(text for code in field.codes for text in (code.zh, *code.synonyms))}
    texts = [text for text in written if isinstance(text, str)]
    assert {text.strip() for text in texts} == known
    assert any(text != text.strip() for text in texts)
    assert pd.isna(written[2::3]).any() and not pd.isna(written[0::3]).any()
