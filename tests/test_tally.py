"""The door against pandas on the same rows, and its refusals."""

import numpy as np
import pandas as pd
import pytest

from hotline import codebook as codebook_module
from hotline import paths, tally
from hotline.codebook import codebook
from hotline.errors import InputError


def write(folder, frame, sha256):
    """Write a table as 01-clean does: categories as positions, numbers as they are."""
    stored = frame.copy()
    for name in stored:
        if codebook()[name].categorical:
            stored[name] = pd.array(
                [codebook()[name].kept_codes.index(code) if pd.notna(code) else None for code in stored[name]],
                dtype="UInt8",
            )
    connection = tally.duckdb.connect()
    connection.register("stored", stored)
    connection.execute(
        f"COPY stored TO '{folder / 'pupils.parquet'}' (FORMAT parquet, KV_METADATA {{codebook: '{sha256}'}})"
    )


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """Five hundred invented pupils behind the door; returns them as rows."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["male", "female", None], 500, p=[0.4, 0.5, 0.1]),
            "stage": rng.choice(["primary", "junior", "senior"], 500),
            "waiting": pd.array(rng.integers(0, 4000, 500), dtype="Int64"),
            "age": pd.array(np.where(rng.random(500) < 0.1, None, rng.integers(6, 19, 500)), dtype="Int64"),
            "caller": rng.integers(0, 400, 500),
        }
    )
    write(tmp_path, frame, codebook().sha256)
    monkeypatch.setattr(paths, "CLEAN", tmp_path)
    monkeypatch.setattr(tally, "_asked", [])
    tally._columns.cache_clear()
    yield frame
    tally._columns.cache_clear()


def test_counts_and_moments_equal_pandas_on_the_rows(rows):
    cells = tally.tally("pupils", ["sex", "stage"], sums=["waiting", "age"])
    grouped = rows.fillna({"sex": "missing"}).groupby(["sex", "stage"])
    assert len(cells) == grouped.ngroups
    for cell in cells.itertuples():
        group = grouped.get_group((cell.sex, cell.stage))
        assert cell.n == len(group)
        for name in ("waiting", "age"):
            values = group[name].dropna().astype(int)
            assert getattr(cell, f"{name}_n") == len(values)
            assert getattr(cell, f"{name}_sum") == values.sum()
            assert getattr(cell, f"{name}_ss") == pytest.approx(((values - values.mean()) ** 2).sum(), rel=1e-12)


def test_sums_of_squares_keep_their_digits_far_from_zero(tmp_path, rows, monkeypatch):
    """A float sum of squares would lose every digit here."""
    far = pd.DataFrame({"sex": ["male"] * 3, "waiting": [2_000_000_000, 2_000_000_001, 2_000_000_002]})
    write(tmp_path, far, codebook().sha256)
    tally._columns.cache_clear()
    cells = tally.tally("pupils", ["sex"], sums=["waiting"])
    assert cells["waiting_ss"].tolist() == [2.0]


def test_categories_come_in_codebook_order_with_missing_last(rows):
    cells = tally.tally("pupils", ["sex"])
    assert cells["sex"].tolist() == ["male", "female", "missing"]
    assert cells["sex"].cat.ordered


def test_a_number_is_a_nullable_integer(rows):
    cells = tally.tally("pupils", "age")
    assert cells["age"].dtype == "Int64"
    assert cells.loc[cells["age"].isna(), "n"].item() == rows["age"].isna().sum()


def test_a_filter_by_codes_and_by_missing(rows):
    assert tally.tally("pupils", ["stage"], where={"sex": "female"})["n"].sum() == (rows["sex"] == "female").sum()
    assert (
        tally.tally("pupils", ["stage"], where={"sex": ["male", "missing"]})["n"].sum()
        == (rows["sex"] != "female").sum()
    )
    assert tally.tally("pupils", ["sex"], where={"age": [10, 11]})["n"].sum() == rows["age"].isin([10, 11]).sum()


def test_every_tally_is_written_down(rows):
    tally.tally("pupils", ["sex"], where={"stage": "junior"})
    tally.tally("pupils", ["sex", "caller"], model=True)
    asked = tally.asked()
    assert asked["variables"].tolist() == ["sex", "sex caller"]
    assert asked["filter"].tolist() == ["stage in junior", ""]
    assert asked["model"].tolist() == [False, True]
    assert asked["rows"].tolist() == [(rows["stage"] == "junior").sum(), 500]
    assert asked["sha256"].str.len().eq(64).all()
    assert not asked["query"].str.contains("/").any(), "a query must not carry a path of the machine"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"table": "callers", "by": ["sex"]}, 'no table "callers"'),
        ({"by": ["stagee"]}, 'no variable "stagee"; did you mean "stage"?'),
        ({"by": ["bullying"]}, '"bullying" is not kept in the table'),
        ({"by": ["sex"], "sums": ["stage"]}, '"stage" is not a whole number'),
        ({"by": ["sex"], "where": {"stage": "junor"}}, 'no code "junor"; did you mean "junior"?'),
        ({"by": ["sex"], "where": {"age": "ten"}}, '"age" is a whole number'),
        ({"by": ["sex"], "where": {"stage": "vocational"}}, "no row"),
        ({"by": ["caller"]}, "only a model tally may use it"),
    ],
)
def test_refusals_in_one_sentence(rows, arguments, expected):
    with pytest.raises(InputError, match=r"tally|codebook") as raised:
        tally.tally(**{"table": "pupils", **arguments})
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_made_with_another_codebook_is_refused(rows, tmp_path):
    write(tmp_path, rows, "0" * 64)
    tally._columns.cache_clear()
    with pytest.raises(InputError, match="made with another codebook"):
        tally.tally("pupils", ["sex"])


def test_nothing_cleaned_yet_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CLEAN", tmp_path / "nowhere")
    tally._columns.cache_clear()
    with pytest.raises(InputError, match="run: make 01-clean"):
        tally.tally("pupils", ["sex"])


def test_the_codebook_is_read_once():
    assert codebook_module.codebook() is codebook()
