"""The query functions against pandas on the same rows, their log, and their refusals."""

import hmac
from decimal import Decimal

import cleaned
import codebooks
import duckdb
import numpy as np
import pandas as pd
import pytest

from hotline import run
from hotline.errors import InputError, NothingToEstimate
from hotline.tally import duckdb_engine, session
from hotline.tally import query as tally

# --- counts --------------------------------------------------------------------------------------


def test_tally_equals_pandas_on_the_rows(rows):
    cells = tally.tally("cases", ["sex", "stage"])
    expected = rows.fillna({"sex": "missing"}).groupby(["sex", "stage"]).size()
    assert cells.set_index(["sex", "stage"])["n"].to_dict() == expected.to_dict()


def test_tally_orders_categories_by_codebook_with_missing_last(rows):
    cells = tally.tally("cases", ["sex"])
    assert cells["sex"].tolist() == ["male", "female", "missing"]
    assert cells["sex"].cat.ordered


def test_tally_gives_nullable_integers_and_days(rows):
    cells = tally.tally("cases", "age")
    assert cells["age"].dtype == "Int64"
    assert cells.loc[cells["age"].isna(), "n"].item() == rows["age"].isna().sum()
    days = tally.tally("cases", "day").set_index("day")["n"]
    assert days.to_dict() == rows.groupby("day").size().to_dict()


def test_tally_filters_by_codes_and_by_missing(rows):
    assert tally.tally("cases", ["stage"], where={"sex": "female"})["n"].sum() == (rows["sex"] == "female").sum()
    assert (
        tally.tally("cases", ["stage"], where={"sex": ["male", "missing"]})["n"].sum()
        == (rows["sex"] != "female").sum()
    )
    some = rows["age"].isin([10, 11])
    assert tally.tally("cases", ["sex"], where={"age": np.array([10, 11])})["n"].sum() == some.sum()
    assert tally.tally("cases", [], where={"age": "missing"})["n"].tolist() == [rows["age"].isna().sum()]


def test_tally_is_the_same_from_parallel_scans_of_many_row_groups(behind):
    """Order and hash do not depend on which thread counts first."""
    rng = np.random.default_rng(2)
    many = 250_000  # three row groups
    behind(
        pd.DataFrame(
            {
                "stage": rng.choice(["primary", "junior", "senior"], many),
                "caller": rng.integers(0, 9_000, many),
            }
        )
    )
    for _ in range(3):
        tally.tally("cases", ["caller", "stage"])
    assert tally.asked()["hash"].nunique() == 1 and tally.asked()["cells"].iloc[0] > 25_000


# --- several at once --------------------------------------------------------------------------------

SEVERAL = [["sex", "stage"], ["age", "stage"], ["day"], ["stage"], ["waiting", "sex"], ["stage", "sex"], [], ["age"]]


def test_tallies_equal_single_tallies(rows, monkeypatch):
    single = [tally.tally("cases", by) for by in SEVERAL]
    alone, counted = tally.asked(), []
    count = duckdb_engine.count
    monkeypatch.setattr(duckdb_engine, "count", lambda *plan: counted.append(plan) or count(*plan))
    together = tally.tallies("cases", SEVERAL)
    for one, other in zip(single, together, strict=True):
        pd.testing.assert_frame_equal(one, other)
    written = tally.asked().iloc[len(SEVERAL) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.drop(columns="scan"), written.drop(columns="scan"))
    assert len(counted) == written["scan"].nunique() == 3, "the days and the waiting times need scans of their own"
    assert written["scan"].min() > alone["scan"].max()


def test_tallies_of_nothing_is_empty(rows):
    assert tally.tallies("cases", []) == [] and tally.asked().empty


# --- the log ----------------------------------------------------------------------------------------


def test_asked_logs_every_tally(rows):
    tally.tally("cases", ["sex"], where={"stage": "junior", "age": [10, "missing"]})
    tally.tally("cases", ["sex", "caller"])
    asked = tally.asked()
    assert asked["variables"].tolist() == ["sex", "sex caller"]
    assert asked["filter"].tolist() == ["stage in junior; age in 10 missing", ""]
    assert asked["model"].tolist() == [False, True]
    some = (rows["stage"] == "junior") & ((rows["age"] == 10) | rows["age"].isna())
    assert asked["calls"].tolist() == [some.sum(), 500]
    assert asked["hash"].str.fullmatch("[0-9a-f]{64}").all()
    assert not asked["query"].str.contains("/").any(), "a query must not carry a path of the machine"


def test_asked_query_gives_the_same_counts(rows, tmp_path, monkeypatch):
    cells = [tally.tally("cases", ["sex", "stage"], where={"sex": ["female", "missing"], "age": [10, 11]})]
    cells += tally.tallies("cases", [["sex", "stage"], ["age"]])
    monkeypatch.chdir(tmp_path / "data-derived/01-clean")
    for query, counted in zip(tally.asked()["query"], cells, strict=True):
        with duckdb.connect() as connection:
            assert connection.execute(query).df()["n"].tolist() == counted["n"].tolist()


def test_asked_hash_follows_its_description(rows):
    cells = tally.tally("cases", ["sex", "age"])
    digest = hmac.new(run.current_run().hash_key(run.current_run().derived), digestmod="sha256")
    for name in cells:
        if name == "sex":
            values = np.where(cells[name] == "missing", np.iinfo(np.int64).min, cells[name].cat.codes.astype(np.int64))
        elif name == "age":
            values = cells[name].fillna(np.iinfo(np.int64).min).to_numpy(np.int64)
        else:
            values = cells[name].to_numpy()
        digest.update(name.encode() + b"\0" + values.astype("<i8").tobytes())
    assert tally.asked()["hash"].tolist() == [digest.hexdigest()]


@pytest.mark.parametrize(
    ("by", "model"),
    [
        (["sex", "stage", "age"], False),
        (["sex", "stage", "age", "waiting"], True),
        (["sex", "stage", "age", "waiting", "day"], True),
        (["caller"], True),
    ],
)
def test_tally_by_an_identifier_many_variables_or_with_sparse_cells_is_a_model_tally(rows, by, model):
    tally.tally("cases", by)
    assert tally.asked()["model"].tolist() == [model]


# --- refusals ---------------------------------------------------------------------------------------


def test_tally_with_a_filter_that_no_row_passes_has_nothing_to_estimate(rows):
    with pytest.raises(NothingToEstimate) as raised:
        tally.tally("cases", ["sex"], where={"stage": ["vocational", "missing"], "age": 7})
    assert str(raised.value) == 'the table "cases" has no row under the filter: stage in vocational missing; age in 7'


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"table": "callers", "by": ["sex"]}, 'tally: there is no table "callers"; expected one of calls, cases'),
        ({"by": ["stagee"]}, 'the codebook has no variable "stagee"; did you mean "stage"?'),
        ({"by": ["bullying"]}, 'tally: "bullying" is not kept in the table "cases"'),
        ({"by": ["sex", "stage", "sex"]}, 'tally: "sex" is named twice'),
        ({"by": ["sex"], "where": {"stag": "junior"}}, 'the codebook has no variable "stag"; did you mean "stage"?'),
        ({"by": ["sex"], "where": {"stage": "junor"}}, 'tally: "stage" has no code "junor"; did you mean "junior"?'),
        ({"by": ["sex"], "where": {"sex": "mising"}}, 'tally: "sex" has no code "mising"; did you mean "missing"?'),
        ({"by": ["sex"], "where": {"stage": 1}}, 'tally: "stage" has no code "1"'),
        ({"by": ["sex"], "where": {"age": "ten"}}, "tally: \"age\" is a whole number; 'ten' is not"),
        (
            {"by": ["sex"], "where": {"day": "2020-01-01"}},
            'tally: "day" is a date and can be a filter only by "missing"',
        ),
        ({"by": ["sex"], "where": {"stage": []}}, 'tally: the filter of "stage" allows no code'),
        ({"by": ["sex"], "where": {"age": [70, 80]}}, 'tally: no row has 70, 80 for "age"'),
        (
            {"by": ["sex"], "where": {"caller": 1}},
            'tally: "caller" identifies callers or staff and cannot be a filter',
        ),
    ],
)
def test_tally_refuses_bad_arguments_in_one_sentence(rows, arguments, expected):
    with pytest.raises(InputError) as raised:
        tally.tally(**{"table": "cases", **arguments})
    assert str(raised.value).startswith(expected)
    assert "\n" not in str(raised.value)
    if "where" not in arguments:
        with pytest.raises(InputError) as again:
            tally.tallies(arguments.get("table", "cases"), [arguments["by"]])
        assert str(again.value) == str(raised.value)
    assert tally.asked().empty, "what is refused is not written down as asked"


def test_tally_refuses_an_empty_table(behind, rows):
    behind(rows.iloc[:0])
    with pytest.raises(NothingToEstimate, match=r'^the table "cases" has no row$'):
        tally.tally("cases", ["sex"])


# --- numbers with decimals --------------------------------------------------------------------------


@pytest.fixture
def temperatures(behind, tmp_path, monkeypatch):
    """Four invented cases with a number of one decimal."""
    read = codebooks.book(tmp_path, add=[codebooks.NUMBER])
    for module in (tally, session, cleaned):
        monkeypatch.setattr(module, "codebook", lambda: read)
    behind(pd.DataFrame({"bmi": pd.array([205, 205, -3, None], "Int64"), "sex": ["male", "female", "male", "male"]}))


def test_a_number_is_given_in_the_unit_of_the_codebook(temperatures):
    cells = tally.tally("cases", "bmi")
    assert cells["bmi"].tolist()[:2] == [-0.3, 20.5] and cells["bmi"].isna().tolist() == [False, False, True]
    assert cells["n"].tolist() == [1, 2, 1]
    assert cells["bmi"].dtype == "Float64"


def test_a_number_is_a_filter_in_its_own_unit(temperatures):
    assert tally.tally("cases", "sex", {"bmi": [20.5, Decimal("-0.3")]})["n"].tolist() == [2, 1]
    assert tally.asked()["filter"].iloc[-1] == "bmi in 20.5 -0.3"
    for number, said in ((20.55, "is a number with at most 1 decimals; 20.55 is not"), (99.5, "no row has 99.5 for")):
        with pytest.raises(InputError, match=said):
            tally.tally("cases", "sex", {"bmi": number})
