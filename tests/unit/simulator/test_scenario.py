"""The simulator: the same seed gives the same bytes, and what comes out has the numbers of published.yml."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import runs

from hotline import paths
from hotline.codebook import read_codebook
from hotline.pipeline import notebook_source
from hotline.simulator import draws, scenario

pytestmark = pytest.mark.xdist_group("simulation")

BOOK = read_codebook(paths.DATA_RAW / "codebook.yaml")
NUMBERS = draws.read_numbers(paths.PUBLISHED)
SMALL = {"seed": 5, "calls": 6000}


def simulate(folder, monkeypatch, **parameters):
    """Run the cells of simulate.ipynb with the parameters given; return the path of the export."""
    runs.change(monkeypatch, out=folder, stated_simulated=True)
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    for source, tags in notebook_source.code_cells(paths.notebook("simulate")):
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


def test_simulate_makes_batches_with_own_callers_and_tickets(tmp_path, monkeypatch):
    path = simulate(tmp_path, monkeypatch, seed=5, calls=100_002)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert len(frame) == 100_002
    tickets, numbers = (frame[BOOK[name].header] for name in ("ticket_id", "caller_number"))
    sound = frame.drop_duplicates()
    assert not sound[tickets.name].duplicated().any()
    shared = set(numbers[:50_001]) & set(numbers[50_001:])
    assert len(shared) <= NUMBERS.rows.test_numbers  # the desk's own lines


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_simulate_gives_the_same_bytes_for_the_same_seed(export, tmp_path, monkeypatch):
    again = simulate(tmp_path / "again", monkeypatch, **SMALL)
    other = simulate(tmp_path / "other", monkeypatch, **{**SMALL, "seed": 6})
    assert digest(again) == digest(export[0])
    assert digest(other) != digest(export[0])


def test_export_has_the_codebooks_headings_and_a_byte_order_mark(export):
    path, frame = export
    assert list(frame.columns) == [field.header for field in BOOK if field.header]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert len(frame) == SMALL["calls"]


def test_export_has_artificial_telephone_numbers(export):
    numbers = export[1][BOOK["caller_number"].header]
    assert numbers.str.fullmatch(r"100\d{8}").all()


def test_export_has_the_kinds_of_rows_of_published(export):
    frame = export[1]
    assert frame.duplicated().sum() == round(NUMBERS.rows.duplicate * SMALL["calls"])
    kinds = decoded(frame.drop_duplicates(), "call_type").value_counts()
    for kind, share in NUMBERS.rows.no_caller.items():
        assert kinds[kind] == round(share * SMALL["calls"])


def test_export_has_next_to_nothing_on_unanswered_calls(export):
    frame = export[1]
    unanswered = frame[frame[BOOK["answer_time"].header] == ""]
    recorded = {
        BOOK[name].header for name in ("ticket_id", "call_start", "call_end", "caller_number", "channel", "city")
    }
    assert 0.08 < len(unanswered) / len(frame) < 0.20
    for header in set(frame.columns) - recorded:
        assert (unanswered[header] == "").all(), header


def test_export_has_plausible_levels_and_problems(export):
    frame = export[1]
    pupils = decoded(frame, "stage").isin(NUMBERS.pupil.age["shares"])
    levels = decoded(frame[pupils], "level").value_counts(normalize=True)
    for level, share in NUMBERS.level.shares.items():
        assert levels[level] == pytest.approx(share, abs=0.05)
    assert decoded(frame[pupils], "problem").value_counts().idxmax() == "academic"


def test_export_has_days_to_follow_up_shortest_after_a_crisis(export):
    frame = export[1]
    days, times = (frame[BOOK[name].header].str.strip() for name in ("follow_up_days", "follow_ups"))
    assert (days[times == "0"] == "").all()
    followed = days[~times.isin(["0", ""])]
    blank = (followed == "").mean()
    assert blank == pytest.approx(NUMBERS.missing.share["follow_up_days"], abs=0.03)
    done, waited = decoded(frame, "disposition"), pd.to_numeric(days, errors="coerce")
    medians = waited.groupby(done).median()
    assert medians.idxmin() == "crisis" and medians["crisis"] <= NUMBERS.talk.follow_up_days["crisis"]
    assert waited.max() <= NUMBERS.talk.follow_up_days_most and waited.min() == 0
    assert set(NUMBERS.talk.follow_up_days) == set(BOOK["disposition"].kept_codes)


def test_export_writes_times_in_the_codebooks_formats(export):
    frame = export[1]
    used = []
    for form in BOOK["call_start"].formats:
        start, end = (
            pd.to_datetime(frame[BOOK[name].header], format=form, errors="coerce").notna()
            for name in ("call_start", "call_end")
        )
        used.append(start.sum())
        broken = (~start & end).sum()  # a start that was corrupted on purpose
        assert (start & ~end).sum() == 0 and broken <= round(NUMBERS.rows.malformed * SMALL["calls"])
    assert min(used) > 0
    assert sum(used) >= len(frame) - 2 * round(NUMBERS.rows.malformed * SMALL["calls"])


def test_population_adds_up_and_has_the_codebooks_cities():
    population = pd.read_csv(paths.POPULATION)
    cities = [code.code for code in BOOK["city"].codes if code.exclude is None]
    assert population["population_2020"].sum() == 126_012_510
    assert population["city"].tolist() == cities
    expected = (population["population_2020"] * population["share_0_14"]).round().astype(int)
    assert (population["children_0_14"] == expected).all()
    # The province's own share of children, to what the shares of the cities carry.
    assert population["children_0_14"].sum() / 126_012_510 == pytest.approx(0.1885, abs=5e-5)


def test_published_has_the_codebooks_codes():
    for name, table in vars(NUMBERS.pupil).items():
        rows = table["shares"].values() if "by" in table else [table["shares"]]
        for shares in rows:
            assert sum(shares.values()) == pytest.approx(1), name
            if BOOK[name].categorical:
                assert set(shares) <= {code.code for code in BOOK[name].codes}, name
    for name in NUMBERS.missing.share:
        assert BOOK[name].header, name


def test_draw_level_has_the_shares_of_published():
    rng = np.random.default_rng(1)
    children = pd.read_csv(paths.POPULATION, index_col="city")["children_0_14"]
    setting = scenario.make_setting(rng, NUMBERS, BOOK, children, 2019, 2022)
    pupils = scenario.draw_pupils(rng, setting, 200_000)
    shares = pd.Series(scenario.draw_level(rng, NUMBERS, pupils)).value_counts(normalize=True)
    for level, share in NUMBERS.level.shares.items():
        assert shares[level] == pytest.approx(share, abs=0.005)


def test_no_caller_makes_more_than_a_hundredth_of_the_calls():
    assert [scenario.most_calls(NUMBERS, rows) for rows in (1000, 9000, 90_000, 4_000_000)] == [40, 90, 300, 300]


@pytest.mark.parametrize("calls", [1000, 3000])
def test_a_small_export_stays_below_what_cleaning_takes_for_one_caller(tmp_path, monkeypatch, calls):
    path = simulate(tmp_path, monkeypatch, seed=5, calls=calls)
    numbers = pd.read_csv(path, dtype=str, encoding="utf-8-sig")[BOOK["caller_number"].header]
    assert numbers.value_counts().max() <= max(50, 0.02 * calls)
