"""The simulated raw export: texts under Chinese headings, with the spellings and faults of a ticket system.

Codes become numbers into a list of spellings, and DuckDB writes out the texts: encoding every cell in Python
would take most of the time of a large export.
"""

import shutil
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd

from hotline.codebook import Codebook, Field
from hotline.sql import identifier, literal

# ASCII digits to the full-width digits of Chinese typing.
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
BYTE_ORDER_MARK = "\ufeff"  # by it a spreadsheet knows UTF-8


def encode(rng: np.random.Generator, codes: pd.Series, field: Field, spelling: SimpleNamespace) -> pd.Categorical:
    """Write codes as the export does: the Chinese label, now and then a synonym, spaces or a text for missing.

    Parameters
    ----------
    codes
        Codes, or whole numbers, which are written in digits; missing where nothing is recorded.
    field
        The variable as the codebook has it.
    spelling
        The numbers of the topic `spelling`: the shares of synonyms, texts for missing and spaces.

    Returns
    -------
    pandas.Categorical
        Texts, missing where the cell is empty.
    """
    values = (codes if isinstance(codes.dtype, pd.CategoricalDtype) else codes.astype("category")).cat
    texts_of = {code.code: [code.zh, *code.synonyms] for code in field.codes}
    number, written, texts = values.codes.to_numpy(), np.full(len(codes), -1), []
    for code, value in enumerate(values.categories):
        spellings = texts_of.get(value) or [f"{value:.0f}" if isinstance(value, float) else str(value)]
        rows = np.flatnonzero(number == code)
        written[rows] = len(texts)
        if len(spellings) > 1:
            other = rows[rng.random(len(rows)) < spelling.synonym]
            written[other] += rng.integers(1, len(spellings), len(other))
        texts += spellings
    blank = np.flatnonzero(number < 0)
    if field.missing:
        with_text = blank[rng.random(len(blank)) < spelling.missing_text]
        written[with_text] = len(texts) + rng.integers(0, len(field.missing), len(with_text))
        texts += field.missing
    spaced = (rng.random(len(written)) < spelling.space) & (number >= 0)
    written[spaced] += len(texts)
    texts += [f" {text} " for text in texts]
    position, unique = pd.factorize(np.array(texts, dtype=object))  # "9" may be an age and a text for missing
    return pd.Categorical.from_codes(np.append(position, -1)[written], unique)


def overwrite(column: pd.Categorical, rows: np.ndarray, texts: list[str]) -> pd.Categorical:
    """Return a column with other texts in the rows of these numbers; the empty text makes an empty cell."""
    texts = [text or None for text in texts]
    column = column.add_categories([text for text in dict.fromkeys(texts) if text and text not in column.categories])
    column[rows] = texts
    return column


def corrupt(
    rng: np.random.Generator, table: pd.DataFrame, rows: SimpleNamespace, spelling: SimpleNamespace
) -> pd.Series:
    """Return what is wrong with each row, shape (rows,): a key of `spelling.malformed`, or None.

    The share of malformed rows is that of `rows.malformed`; they are all among the answered calls of callers.
    """
    fault = pd.Series(None, index=table.index, dtype=object)
    kinds, shares = list(spelling.malformed), list(spelling.malformed.values())
    valid = table.index[table["call_type"] == "valid"]
    wrong = rng.choice(valid, round(rows.malformed * len(table)), replace=False)
    fault[wrong] = rng.choice(kinds, len(wrong), p=shares)
    return fault


def raw_cells(
    rng: np.random.Generator, table: pd.DataFrame, fault: pd.Series, book: Codebook, spelling: SimpleNamespace
) -> pd.DataFrame:
    """Return the export's cells, one column per heading: texts as Categoricals, and times not yet written out.

    Parameters
    ----------
    table
        The codebook's variables and `answered`, as `scenario.simulate` returns them.
    fault
        What is wrong with each row, from `corrupt`.

    Returns
    -------
    pandas.DataFrame
        Besides the headings, form is the number of the row's form of times, and wrong_start a text instead of the
        start.
    """
    hours = {name: pd.Timedelta(hours=n) for name, n in spelling.wrong_hours.items()}
    cells, unanswered = {}, ~table["answered"].to_numpy()
    for field in (each for each in book if each.header):
        column = table[field.name]
        if field.block == "record" and not field.codes:
            cells[field.name] = column
            continue
        texts = encode(rng, column, field, spelling)
        # No form is filled in for an unanswered call.
        texts[unanswered & column.isna().to_numpy()] = None
        cells[field.name] = texts
    wide = np.flatnonzero((rng.random(len(table)) < spelling.full_width) & table["age"].notna().to_numpy())
    cells["age"] = overwrite(cells["age"], wide, [text.translate(FULL_WIDTH) for text in cells["age"][wide]])
    wrong = {name: np.flatnonzero(fault == name) for name in spelling.malformed}
    cells["age"] = overwrite(cells["age"], wrong["age"], rng.choice(spelling.wrong_age, len(wrong["age"])).tolist())
    variable, text = (rng.choice(among, len(wrong["code"])) for among in (spelling.wrong_code_in, spelling.wrong_code))
    for name in spelling.wrong_code_in:
        cells[name] = overwrite(cells[name], wrong["code"][variable == name], text[variable == name].tolist())
    cells["answer_time"] = table["answer_time"].mask(fault == "answer", table["call_start"] - hours["backwards"])
    for name, shift in (("end", -hours["backwards"]), ("long", hours["long"])):
        cells["call_end"] = cells["call_end"].mask(fault == name, table["answer_time"] + shift)
    cells["form"] = rng.choice(len(spelling.time_formats), len(table), p=spelling.time_formats)
    cells["wrong_start"] = np.full(len(table), None, dtype=object)
    cells["wrong_start"][wrong["start"]] = rng.choice(np.array(spelling.wrong_start, object), len(wrong["start"]))
    return pd.DataFrame(cells, index=table.index)


def with_copies(rng: np.random.Generator, cells: pd.DataFrame, fault: pd.Series, copies: int) -> pd.DataFrame:
    """Return the cells with exact copies of so many sound rows, each below its original."""
    copied = rng.choice(cells.index[fault.isna()], copies, replace=False)
    return cells.loc[np.sort(np.append(cells.index, copied))]


def column_sql(field: Field, spelling: SimpleNamespace) -> str:
    """Return the SQL that writes one column of the cells as text."""
    name = field.name
    if field.formats:
        forms = " ".join(f"WHEN {n} THEN strftime({name}, {literal(form)})" for n, form in enumerate(field.formats))
        written = f"CASE form {forms} END"
        if name == "call_start":
            written = f"CASE WHEN wrong_start IS NULL THEN {written} ELSE nullif(wrong_start, '') END"
    else:
        written = {
            "ticket_id": f"strftime(call_start, '%Y%m%d') || printf('%06d', {name})",
            "caller_number": f"printf('{spelling.number_prefix}%08d', {name})",
            "counsellor": f"printf('J%03d', {name})",
        }.get(name, name)
    return f"{written} AS {identifier(field.header)}"


def append(cells: pd.DataFrame, path: str | Path, book: Codebook, spelling: SimpleNamespace) -> None:
    """Add the cells as rows to the CSV at `path`; a new file begins with a byte-order mark and the headings."""
    columns = ", ".join(column_sql(field, spelling) for field in book if field.header)
    part, path = Path(f"{path}.part"), Path(path)
    new = not path.exists()
    with duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": 1}) as connection:
        connection.register("cells", cells)
        header = str(new).lower()
        connection.execute(f"COPY (SELECT {columns} FROM cells) TO {literal(part)} (FORMAT csv, HEADER {header})")
    with open(path, "ab") as export, open(part, "rb") as rows:
        if new:
            export.write(BYTE_ORDER_MARK.encode())
        shutil.copyfileobj(rows, export)
    part.unlink()
