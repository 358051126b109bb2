"""The door against pandas on the same rows, its exactness, its log, and its refusals."""

import hashlib
import re
from fractions import Fraction

import duckdb
import numpy as np
import pandas as pd
import pytest
import runs

from hotline import codebook as codebook_module
from hotline import paths
from hotline.codebook import codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.tally import duckdb_engine, scan_plan
from hotline.tally import query as tally

# --- counts and moments -----------------------------------------------------------------------------


def test_counts_and_moments_equal_pandas_on_the_rows(rows):
    cells = tally.tally("cases", ["sex", "stage"], sums=["waiting", "age"])
    grouped = rows.fillna({"sex": "missing"}).groupby(["sex", "stage"])
    assert len(cells) == grouped.ngroups
    for cell in cells.itertuples():
        group = grouped.get_group((cell.sex, cell.stage))
        assert cell.n == len(group)
        for name in ("waiting", "age"):
            values = [int(value) for value in group[name].dropna()]
            assert getattr(cell, f"{name}_n") == len(values)
            assert getattr(cell, f"{name}_sum") == sum(values)
            about_mean = sum(Fraction(value) ** 2 for value in values) - Fraction(sum(values) ** 2, len(values))
            assert getattr(cell, f"{name}_ss") == float(about_mean)


@pytest.mark.parametrize("far", [2_000_000_000, 2**31 - 3, -(2**31)])
def test_sums_of_squares_keep_their_digits_far_from_zero(behind, far):
    """A float sum of squares would lose every digit here."""
    behind(pd.DataFrame({"sex": ["male"] * 3, "waiting": [far, far + 1, far + 2]}))
    assert tally.tally("cases", ["sex"], sums=["waiting"])["waiting_ss"].tolist() == [2.0]


def test_sums_beyond_64_bits_are_exact_or_an_error_and_never_wrap(behind):
    largest = 2**62
    values = [largest - each for each in (0, 1, 5, 11)]
    behind(
        pd.DataFrame({"sex": ["male"] * 4, "waiting": [*values[:2], *[-each for each in values[2:]]]}),
        stored_as="BIGINT",
    )
    cells = tally.tally("cases", ["sex"], sums=["waiting"])
    signed = [Fraction(each) for each in (*values[:2], *[-each for each in values[2:]])]
    about_mean = sum(each**2 for each in signed) - sum(signed) ** 2 / 4
    assert sum(each**2 for each in signed) > 2**125, "the squares are near the limit of 128 bits"
    assert cells["waiting_ss"].tolist() == [float(about_mean)] and cells["waiting_sum"].tolist() == [int(sum(signed))]
    for many, largest in ((3, 2**63 - 1), (2, 2**62)):  # the sum of squares, the sum
        behind(pd.DataFrame({"sex": ["male"] * many, "waiting": [largest] * many}), stored_as="BIGINT")
        with pytest.raises(InputError, match=r"^tally: a sum of waiting is too large for exact arithmetic$"):
            tally.tally("cases", ["sex"], sums=["waiting"])


def test_a_cell_without_a_value_has_no_sum_of_squares(behind):
    frame = pd.DataFrame({"sex": ["male", "female"], "waiting": pd.array([None, 3], dtype="Int64")})
    behind(frame)
    cells = tally.tally("cases", ["sex"], sums=["waiting"]).set_index("sex")
    assert cells.loc["male", ["n", "waiting_n", "waiting_sum"]].tolist() == [1, 0, 0]
    assert np.isnan(cells.loc["male", "waiting_ss"]) and cells.loc["female", "waiting_ss"] == 0


def test_categories_come_in_codebook_order_with_missing_last(rows):
    cells = tally.tally("cases", ["sex"])
    assert cells["sex"].tolist() == ["male", "female", "missing"]
    assert cells["sex"].cat.ordered


def test_numbers_are_nullable_integers_and_days_are_days(rows):
    cells = tally.tally("cases", "age")
    assert cells["age"].dtype == "Int64"
    assert cells.loc[cells["age"].isna(), "n"].item() == rows["age"].isna().sum()
    days = tally.tally("cases", "day").set_index("day")["n"]
    assert days.to_dict() == rows.groupby("day").size().to_dict()


def test_a_filter_by_codes_and_by_missing(rows):
    assert tally.tally("cases", ["stage"], where={"sex": "female"})["n"].sum() == (rows["sex"] == "female").sum()
    assert (
        tally.tally("cases", ["stage"], where={"sex": ["male", "missing"]})["n"].sum()
        == (rows["sex"] != "female").sum()
    )
    some = rows["age"].isin([10, 11])
    assert tally.tally("cases", ["sex"], where={"age": np.array([10, 11])})["n"].sum() == some.sum()
    assert tally.tally("cases", [], where={"age": "missing"})["n"].tolist() == [rows["age"].isna().sum()]


def test_the_same_tables_from_parallel_scans_of_many_row_groups(behind):
    """Order and hash do not depend on which thread counts first."""
    rng = np.random.default_rng(2)
    many = 250_000  # three row groups
    behind(
        pd.DataFrame(
            {
                "stage": rng.choice(["primary", "junior", "senior"], many),
                "caller": rng.integers(0, 9_000, many),
                "waiting": rng.integers(0, 10**9, many),
            }
        )
    )
    for _ in range(3):
        tally.tally("cases", ["caller", "stage"], sums=["waiting"], model=True)
    assert tally.asked()["hash"].nunique() == 1 and tally.asked()["cells"].iloc[0] > 25_000


# --- several at once --------------------------------------------------------------------------------

SEVERAL = [["sex", "stage"], ["age", "stage"], ["day"], ["stage"], ["waiting", "sex"], ["stage", "sex"], [], ["age"]]


@pytest.mark.parametrize("where", [None, {"stage": ["junior", "senior"], "age": [8, 9, 17, "missing"]}])
def test_several_tallies_at_once_are_the_single_ones(rows, monkeypatch, where):
    single = [tally.tally("cases", by, where=where) for by in SEVERAL]
    alone, counted = tally.asked(), []
    count = duckdb_engine.count
    monkeypatch.setattr(duckdb_engine, "count", lambda *plan: counted.append(plan) or count(*plan))
    together = tally.tallies("cases", SEVERAL, where=where)
    for one, other in zip(single, together, strict=True):
        pd.testing.assert_frame_equal(one, other)
    written = tally.asked().iloc[len(SEVERAL) :].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.drop(columns="scan"), written.drop(columns="scan"))
    assert len(counted) == written["scan"].nunique() == 3, "the days and the waiting times need scans of their own"
    assert written["scan"].min() > alone["scan"].max()


def test_no_tally_shares_a_scan_that_would_grow_too_large():
    sizes = {"a": 10, "b": 20, "c": 30, "d": 5000, "e": np.inf}
    scans = scan_plan.share([("a", "b"), ("c",), ("d",), ("a", "d"), ("e",), ("b",), ()], sizes)
    assert sorted(place for scan in scans for place in scan) == list(range(7))
    tallies = [("a", "b"), ("c",), ("d",), ("a", "d"), ("e",), ("b",), ()]
    for scan in scans:
        together = {name for place in scan for name in tallies[place]}
        assert len(scan) == 1 or scan_plan.grid(together, sizes) <= scan_plan.MOST
    assert len(scans) == 5


def test_no_tallies_are_no_tallies(rows):
    assert tally.tallies("cases", []) == [] and tally.asked().empty


# --- the log ----------------------------------------------------------------------------------------


def test_every_tally_is_written_down(rows):
    tally.tally("cases", ["sex"], where={"stage": "junior", "age": [10, "missing"]})
    tally.tally("cases", ["sex", "caller"], sums="waiting", model=True)
    asked = tally.asked()
    assert asked["variables"].tolist() == ["sex", "sex caller"]
    assert asked["filter"].tolist() == ["stage in junior; age in 10 missing", ""]
    assert asked["model"].tolist() == [False, True]
    some = (rows["stage"] == "junior") & ((rows["age"] == 10) | rows["age"].isna())
    assert asked["calls"].tolist() == [some.sum(), 500]
    assert asked["hash"].str.fullmatch("[0-9a-f]{64}").all()
    assert not asked["query"].str.contains("/").any(), "a query must not carry a path of the machine"


def test_the_query_that_is_written_down_gives_the_same_counts(rows, tmp_path, monkeypatch):
    cells = tally.tallies("cases", [["sex", "stage"], ["age"]], where={"sex": ["female", "missing"]})
    monkeypatch.chdir(tmp_path / "data-derived/01-clean")
    for query, found in zip(tally.asked()["query"], cells, strict=True):
        with duckdb.connect() as connection:
            assert connection.execute(query).df()["n"].tolist() == found["n"].tolist()


def test_the_hash_is_the_one_that_its_description_gives(rows):
    cells = tally.tally("cases", ["sex", "age"], sums=["waiting"])
    digest = hashlib.sha256()
    for name in cells:
        if name == "sex":
            values = np.where(cells[name] == "missing", np.iinfo(np.int64).min, cells[name].cat.codes.astype(np.int64))
        elif name == "age":
            values = cells[name].fillna(np.iinfo(np.int64).min).to_numpy(np.int64)
        else:
            values = cells[name].to_numpy()
        digest.update(name.encode() + b"\0" + values.astype("<f8" if name == "waiting_ss" else "<i8").tobytes())
    assert tally.asked()["hash"].tolist() == [digest.hexdigest()]


def test_a_table_says_whether_it_is_a_model_tally_and_carries_its_counts(rows):
    for model in (False, True):
        cells = tally.tally("cases", ["sex", "age"], sums=["waiting"], model=model)
        assert cells.attrs["model"] is model
        assert (cells["n"] > 0).all() and cells["n"].sum() == 500


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"table": "callers", "by": ["sex"]}, 'tally: there is no table "callers"; expected one of calls, cases'),
        ({"by": ["stagee"]}, 'the codebook has no variable "stagee"; did you mean "stage"?'),
        ({"by": ["bullying"]}, 'tally: "bullying" is not kept in the table "cases"'),
        ({"by": ["sex", "stage", "sex"]}, 'tally: "sex" is named twice'),
        ({"by": ["sex"], "sums": ["stage"]}, 'tally: "stage" is not a whole number and has no sum'),
        ({"by": ["sex"], "sums": ["day"]}, 'tally: "day" is not a whole number and has no sum'),
        ({"by": ["sex"], "where": {"stag": "junior"}}, 'the codebook has no variable "stag"; did you mean "stage"?'),
        ({"by": ["sex"], "where": {"stage": "junor"}}, 'tally: "stage" has no code "junor"; did you mean "junior"?'),
        ({"by": ["sex"], "where": {"sex": "mising"}}, 'tally: "sex" has no code "mising"; did you mean "missing"?'),
        ({"by": ["sex"], "where": {"stage": 1}}, 'tally: "stage" has no code "1"'),
        ({"by": ["sex"], "where": {"age": "ten"}}, "tally: \"age\" is a whole number; 'ten' is not"),
        (
            {"by": ["sex"], "where": {"day": "2020-01-01"}},
            'tally: "day" is a date and can be a filter only by "missing"',
        ),
        (
            {"by": ["sex"], "where": {"stage": ["vocational", "missing"], "age": 7}},
            'the table "cases" has no row under the filter: stage in vocational missing; age in 7',
        ),
        ({"by": ["sex"], "where": {"stage": []}}, 'tally: the filter of "stage" allows no code'),
        ({"by": ["sex"], "where": {"age": [70, 80]}}, 'tally: no row has 70, 80 for "age"; recorded are numbers from '),
        ({"by": ["caller"]}, 'tally: "caller" tells callers or staff apart; only a model tally may use it'),
        (
            {"by": ["sex"], "where": {"caller": 1}},
            'tally: "caller" tells callers or staff apart; only a model tally may',
        ),
    ],
)
def test_refusals_in_one_sentence(rows, arguments, expected):
    with pytest.raises(InputError) as raised:
        tally.tally(**{"table": "cases", **arguments})
    assert str(raised.value).startswith(expected)
    assert "\n" not in str(raised.value)
    if "sums" not in arguments:
        with pytest.raises(InputError) as again:
            tally.tallies(arguments.get("table", "cases"), [arguments["by"]], where=arguments.get("where"))
        assert str(again.value) == str(raised.value)
    assert tally.asked().empty, "what is refused is not written down as asked"


def test_an_empty_table_is_told(behind, rows):
    behind(rows.iloc[:0])
    with pytest.raises(NothingToEstimate, match=r'^the table "cases" has no row$'):
        tally.tally("cases", ["sex"])


SPOILT = {
    "with another codebook": "COPY (FROM '{path}') TO '{path}.new' (FORMAT parquet, KV_METADATA {{codebook: 'f0'}})",
    "with another codebook, or none": "COPY (FROM '{path}') TO '{path}.new' (FORMAT parquet)",
    'has a column "shoe_size" that the codebook does not know': "COPY (SELECT *, 1 AS shoe_size FROM '{path}') {to}",
    '"stage" is stored as VARCHAR': "COPY (SELECT * REPLACE (stage::VARCHAR AS stage) FROM '{path}') {to}",
    '"waiting" is stored as DOUBLE': "COPY (SELECT * REPLACE (waiting::DOUBLE AS waiting) FROM '{path}') {to}",
    '"day" is stored as INTEGER': "COPY (SELECT * REPLACE (year(day)::INTEGER AS day) FROM '{path}') {to}",
    '"sex" has positions beyond its 2 codes': "COPY (SELECT * REPLACE ((sex + 1)::UTINYINT AS sex) FROM '{path}') {to}",
    '"sex" has positions beyond': "COPY (SELECT * REPLACE ((sex::INTEGER - 1)::TINYINT AS sex) FROM '{path}') {to}",
}


@pytest.mark.parametrize("expected", SPOILT)
def test_a_file_that_is_not_what_the_codebook_describes_is_refused(rows, tmp_path, expected):
    path = tmp_path / "data-derived/01-clean/cases.parquet"
    to = f"TO '{path}.new' (FORMAT parquet, KV_METADATA {{codebook: '{codebook().sha256}'}})"
    with duckdb.connect() as connection:
        connection.execute(SPOILT[expected].format(path=path, to=to))
    path.with_name("cases.parquet.new").rename(path)
    tally._facts.cache_clear()
    with pytest.raises(InputError, match=r"cases\.parquet.*; run: make 01-clean$") as raised:
        tally.tally("cases", ["sex"])
    assert expected.removesuffix(", or none") in str(raised.value)


@pytest.mark.parametrize("spoil", ["empty", "cut", "text", "holed"])
def test_a_damaged_file_is_told(rows, tmp_path, spoil):
    path = tmp_path / "data-derived/01-clean/cases.parquet"
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "empty": b"",
            "cut": content[:middle],
            "text": b"sex,stage\n1,2\n" * 99,
            "holed": content[:8] + bytes(middle) + content[middle + 8 :],
        }[spoil]
    )
    tally._facts.cache_clear()
    with pytest.raises(
        InputError, match=r"cases\.parquet is damaged and cannot be read.*; run: make 01-clean$"
    ) as raised:
        tally.tally("cases", ["sex", "stage"], sums=["waiting"])
    assert "\n" not in str(raised.value)


def test_nothing_cleaned_yet_is_told_with_the_command_for_this_export(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    runs.change(monkeypatch, tree=tmp_path, export="")
    tally._facts.cache_clear()

    def told():
        with pytest.raises(InputError) as raised:
            tally.tally("cases", ["sex"])
        return re.sub(r".*cases\.parquet ", "", str(raised.value))

    assert told() == "is not there yet; run: make 01-clean"
    runs.change(monkeypatch, tree=tmp_path / "private")
    assert told() == "is not there yet; run: make 01-clean EXPORT=path/to/export"
    runs.change(monkeypatch, export="data-raw/private/ours.csv", codebook=tmp_path / "ours.yaml")
    assert told() == "is not there yet; run: make 01-clean EXPORT=data-raw/private/ours.csv CODEBOOK=ours.yaml"


def test_the_codebook_is_read_once():
    assert codebook_module.codebook() is codebook()
