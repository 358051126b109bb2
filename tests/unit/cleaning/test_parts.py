"""Exports of several files: read as one, each row named by its file and its number there."""

import duckdb
import pandas as pd
import pytest
from exports import BOOK, HEADERS, RULES, SECRET, at, rejected
from workbooks import workbook

from hotline.cleaning import decode, engine, flow, load, parts
from hotline.errors import InputError

CALLS = [at(8 + n, ticket_id=str(n), caller_number=f"1380000{n:04d}") for n in range(8)]


def write(file, rows, lacking=()):
    """Write rows, and None for an empty line, as CSV."""
    names = [name for name in HEADERS if name not in lacking]
    lines = [",".join(row.get(name, "") for name in names) if row else "" for row in rows]
    file.write_text("\n".join([",".join(HEADERS[name] for name in names), *lines]) + "\n", encoding="utf-8")


def clean(folder, export):
    """Clean an export of several files; return what was read, the problems and the rows that left."""
    connection = engine.connect()
    loaded = load.read(connection, export, BOOK)
    decode.decode(connection, BOOK, SECRET)
    flow.apply_rules(connection, RULES)
    flow.write_rejected(connection, folder / "rejected.csv")
    problems = flow.problems(connection, RULES)
    written = flow.write_tables(connection, BOOK, folder)
    connection.close()
    left = rejected(folder)
    assert loaded.rows == len(left) + written["cases"]
    return loaded, problems, left


@pytest.fixture
def years(tmp_path):
    """A folder of two files that overlap in one call, each with one row that cannot be read, and of notes."""
    folder = tmp_path / "[years]"
    folder.mkdir()
    write(folder / "2020.csv", [CALLS[0], None, CALLS[1] | {"stage": "大班"}, CALLS[2], None])
    write(folder / "2021.csv", [CALLS[2], CALLS[3], CALLS[4] | {"stage": "大班"}])
    (folder / "notes.docx").write_text("no export")
    (folder / "~$2021.xlsx").write_text("a lock")
    return folder


def test_a_folder_of_files_is_one_export(tmp_path, years):
    loaded, problems, left = clean(tmp_path, years)
    assert (loaded.rows, loaded.empty_rows, loaded.format) == (6, 2, "CSV, UTF-8 (2 files)")
    named = [f"{years}/2020.csv", f"{years}/2021.csv"]
    assert left[["file", "row", "rule"]].values.tolist() == [
        [named[0], 4, "unknown-code"],
        [named[1], 2, "duplicate"],
        [named[1], 4, "unknown-code"],
    ]
    assert problems["first"].tolist() == [f"4 of {named[0]}, 4 of {named[1]}"]
    assert "2 rows, at rows 4 of" in flow.complaints(problems) and "..." not in flow.complaints(problems)


def test_a_list_of_files_keeps_its_order(tmp_path, years):
    *_, left = clean(tmp_path, f"{years}/2021.csv:{years}/2020.csv")
    assert left["rule"].tolist() == ["unknown-code", "unknown-code", "duplicate"]


def test_files_of_other_kinds_and_columns_go_together(tmp_path, years):
    write(years / "2022.csv", [CALLS[5]], lacking=("boarding", "counsellor"))
    rows = pd.DataFrame([[CALLS[6].get(name, "") for name in HEADERS]], columns=list(HEADERS.values()))
    duckdb.from_df(rows).write_parquet(str(years / "2023.parquet"))
    loaded, _, left = clean(tmp_path, years)
    assert loaded.rows == 8 and len(left) == 3
    assert len(loaded.remarks) == 2 and loaded.remarks[1].startswith(f"{years}/2022.csv, row 1: no column is headed")
    assert "which other files of this export have; these variables are" in loaded.remarks[1]
    assert "boarding" in loaded.columns and "boarding" not in loaded.absent_columns


def test_what_a_folder_has_of_other_files_is_named(tmp_path, years):
    (years / "2019").mkdir()
    (remark,) = clean(tmp_path, years)[0].remarks
    assert remark.startswith(f"{years}: left out of this folder are 2019, notes.docx; only files that")


def test_the_name_of_a_sheet_is_for_workbooks_alone(tmp_path, years):
    rows = [list(HEADERS.values()), [CALLS[5].get(name, "") for name in HEADERS]]
    (years / "2022.xlsx").write_bytes(workbook({"calls": rows, "codes": [["x"]]}))
    connection = engine.connect()
    assert load.read(connection, years, BOOK, "calls").rows == 7
    connection.close()
    with pytest.raises(InputError, match=r"2020\.csv: not an Excel file"):
        load.read(connection, years / "2020.csv", BOOK, "calls")


def test_a_remark_that_files_share_names_them_all(tmp_path, years):
    for year in (2020, 2021):
        write(years / f"{year}.csv", CALLS[year - 2020 : year - 2019], lacking=("boarding",))
    _, remark = clean(tmp_path, years)[0].remarks
    assert remark.startswith(f"{years}/2020.csv, {years}/2021.csv, row 1: no column is headed")


def test_a_needed_column_is_needed_in_each_file(tmp_path, years):
    write(years / "2022.csv", CALLS[5:], lacking=("level",))
    with pytest.raises(InputError, match=r"2022\.csv, row 1: 1 needed column is missing"):
        clean(tmp_path, years)


def test_places_of_a_single_file_are_its_rows(tmp_path, years):
    connection = engine.connect()
    load.read(connection, years / "2020.csv", BOOK)
    assert parts.recorded(connection) == [parts.Part(f"{years}/2020.csv", 0, 2, 6)]
    assert parts.places(connection)(4) == "4"
    connection.close()


def test_read_notices_a_file_that_changes(tmp_path, years, monkeypatch):
    gather = load._gather

    def meanwhile(*arguments):
        with open(years / "2020.csv", "a", encoding="utf-8") as file:
            file.write("more")
        gather(*arguments)

    monkeypatch.setattr(load, "_gather", meanwhile)
    with pytest.raises(InputError, match="changed while being read"):
        load.read(engine.connect(), years, BOOK)
