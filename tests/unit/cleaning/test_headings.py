"""The headings of an export against those of the codebook."""

from pathlib import Path

import pytest
from exports import BOOK, HEADERS, clean

from hotline.cleaning import headings
from hotline.errors import InputError

EXPORT = Path("export.csv")
OPTIONAL = next(field for field in BOOK if field.header and not field.needed)


def row(**changed):
    """The first row of an export with some headings changed; None leaves a column out."""
    all_headings = HEADERS | changed
    return [heading for heading in all_headings.values() if heading is not None]


def test_positions_names_missing_columns_and_what_to_do(tmp_path):
    headers = {name: header for name, header in HEADERS.items() if name not in ("sex", "level")} | {"extra": "学生性別"}
    with pytest.raises(InputError) as raised:
        clean(tmp_path, [], headers=headers)
    message = str(raised.value)
    assert "row 1: 2 needed columns are missing" in message
    assert '"学生性别" (Sex); did you mean "学生性別"?' in message and '"心理健康水平"' in message


@pytest.mark.parametrize(
    "spelling",
    ["  {} ", "\ufeff{}", "\u200b{}", "{0[0]} {0}", "{0[0]}\n{0}"],
    ids=["spaces", "byte order mark", "no-width space", "space inside", "line break"],
)
def test_positions_take_a_heading_however_it_is_spaced(spelling):
    heading = HEADERS["sex"]
    written = spelling.format(heading) if "{}" in spelling else spelling.format(heading).replace(heading, heading[1:])
    assert headings.positions(row(sex=written), EXPORT, BOOK) == headings.positions(row(), EXPORT, BOOK)


def test_positions_refuses_two_columns_of_one_heading():
    with pytest.raises(InputError, match="stands twice"):
        headings.positions([*row(), HEADERS["sex"] + " "], EXPORT, BOOK)


def test_remarks_are_none_where_every_heading_is_there():
    assert headings.remarks([*row(), "another column"], EXPORT, BOOK) == []


@pytest.mark.parametrize("changed", ["{}史", "{}情况", "是否{}", "{}(选填)"])
def test_remarks_ask_whether_a_near_heading_is_meant(changed):
    written = changed.format(OPTIONAL.header)
    (sentence,) = headings.remarks(row(**{OPTIONAL.name: written}), EXPORT, BOOK)
    number = list(HEADERS).index(OPTIONAL.name) + 1
    assert (
        f'"{OPTIONAL.header}" ({OPTIONAL.title})' in sentence
        and f'did you mean column {number}, "{written}"?' in sentence
    )


def test_remarks_name_variables_without_a_column_and_no_other_heading():
    (sentence,) = headings.remarks([*row(**{OPTIONAL.name: None}), "13912345678"], EXPORT, BOOK)
    assert f'"{OPTIONAL.header}"' in sentence and "not recorded" in sentence and "139" not in sentence
