"""Cleaning once more, by another route: row by row in pandas, from the raw export to the counts.

Nothing of `hotline.cleaning` or `tally` is used here; what is shared is the codebook.
"""

import json

import pandas as pd
import pytest

from hotline.codebook import codebook
from rows.of_cases import cases_of

pytestmark = pytest.mark.xdist_group("cleaning by rows")

BOOK = codebook()
WIDE = str.maketrans("０１２３４５６７８９：／－　", "0123456789:/- ")


def column(raw, name):
    """Return one column as codes, numbers or times, and where its text is none of what the codebook knows."""
    field = BOOK[name]
    text = raw[field.header].mask(raw[field.header].isin(["", *field.missing]))
    if field.categorical:
        value = text.map({way: code.code for code in field.codes for way in (code.zh, *code.synonyms)})
    elif field.type == "datetime":
        value = pd.Series(pd.NaT, index=raw.index)
        for form in field.formats:
            value = value.fillna(pd.to_datetime(text, format=form, errors="coerce"))
    elif field.type == "integer":
        value = pd.to_numeric(text, errors="coerce")
        value = value.where(value.between(*field.limits))
    else:
        value = text
    return value, text.notna() & value.isna()


@pytest.fixture(scope="module")
def by_rows(built):
    """The calls and the cases of the small export, as rows."""
    raw = pd.read_csv(
        built.folder / "data-raw/simulated/export.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )
    raw = raw.map(lambda text: text.translate(WIDE).strip()).drop_duplicates()
    columns = {field.name: column(raw, field.name) for field in BOOK if field.header}
    rows = pd.DataFrame({name: value for name, (value, _) in columns.items()})
    known = ~pd.concat([unknown for _, unknown in columns.values()], axis=1).any(axis=1)
    in_order = (rows["answer_time"].isna() | (rows["call_start"] <= rows["answer_time"])) & (
        rows["call_end"] >= rows["answer_time"].fillna(rows["call_start"])
    )
    short = rows["call_end"] - rows["call_start"] <= pd.Timedelta(hours=6)
    rows = rows[known & rows["caller_number"].notna() & in_order & short]

    out = pd.Series(False, index=rows.index)
    for field in BOOK:
        out |= rows[field.name].isin([c.code for c in field.codes if c.exclude]) if field.header else False
    rows = rows[~(out | (rows["age"] > 19))].reset_index().sort_values(["call_start", "index"])
    last, again = {}, []
    for number, start, answered, end in rows[["caller_number", "call_start", "answer_time", "call_end"]].itertuples(
        index=False
    ):
        again.append(number in last and pd.Timedelta(0) <= start - last[number] <= pd.Timedelta(minutes=10))
        if not pd.isna(answered):
            last[number] = max(end, last.get(number, end))
    calls = rows[[not each for each in again]]
    assessed = calls[calls["answer_time"].notna() & calls["level"].notna()]
    return calls, first_of_cases(assessed)


def first_of_cases(assessed):
    """Return the first call of each case, with the case's stage and sex; the calls in order of time."""
    pair = assessed[["stage", "sex"]].astype(object).where(assessed[["stage", "sex"]].notna(), "")
    of_caller = pd.Series(list(pair.itertuples(index=False, name=None)), assessed.index).groupby(
        assessed["caller_number"]
    )
    case = pd.concat([pd.Series(cases_of(list(pairs)), pairs.index) for _, pairs in of_caller]).reindex(assessed.index)
    cases = assessed.assign(case=case)[case.notna()].drop_duplicates(["caller_number", "case"])
    stage, sex = ([each[place] or None for each in cases["case"]] for place in (0, 1))
    return cases.assign(stage=stage, sex=sex)


def test_as_many_calls_and_cases(built, by_rows):
    calls, cases = by_rows
    flow = json.loads((built.folder / "data-derived/01-clean/flow.json").read_text(encoding="utf-8"))
    assert (flow["calls"], flow["cases"]) == (len(calls), len(cases))


def test_the_same_counts_in_table_one(built, by_rows):
    cases = by_rows[1]
    table = pd.read_csv(built.folder / "data-derived/02-describe/results/categories.csv")
    table = table[table["variable"].isin(cases.columns)]
    assert table["variable"].nunique() > 12
    for row in table.itertuples():
        having = cases[row.variable] == row.code
        assert row.n == having.sum(), f"{row.variable} {row.code}"
        assert row.n_high_risk == (having & (cases["level"] == "high_risk")).sum(), f"{row.variable} {row.code}"


def test_the_same_means_and_quartiles(built, by_rows):
    cases = by_rows[1].assign(
        waiting=lambda rows: (rows["answer_time"] - rows["call_start"]).dt.total_seconds(),
        call_length=lambda rows: (rows["call_end"] - rows["answer_time"]).dt.total_seconds(),
    )
    table = pd.read_csv(built.folder / "data-derived/02-describe/results/numbers.csv")
    for row in table[table["level"] != "all"].itertuples():
        if row.variable not in cases:
            continue
        values = cases.loc[cases["level"] == row.level, row.variable].dropna()
        assert row.n == len(values)
        assert [row.mean, row.sd, row.q1, row.median, row.q3] == pytest.approx(
            [values.mean(), values.std(), *values.quantile([0.25, 0.5, 0.75])], rel=1e-12
        )


def test_the_same_share_answered(built, by_rows):
    calls = by_rows[0]
    demand = pd.read_csv(built.folder / "data-derived/05-response/results/demand.csv").set_index("year")
    answered = calls.groupby(calls["call_start"].dt.year)["answer_time"].count()
    assert demand["answered"].tolist() == answered.tolist()
