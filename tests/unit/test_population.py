"""population.csv as spreadsheets save it: read right, or refused with the line."""

import pandas as pd
import pytest

from hotline import paths
from hotline.codebook import codebook
from hotline.errors import InputError
from hotline.population import children_by_city

CITIES = ("guangzhou", "shenzhen")
PLAIN = "city,children_0_14,source\nguangzhou,2590445,普查\nshenzhen,2653325,普查\n"
SEMICOLONS = PLAIN.replace(",", ";")


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file of these bytes or this text."""

    def reads(content):
        file = tmp_path / "population.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return children_by_city(file, CITIES)

    return reads


def test_the_compendiums_own_file_is_read_as_pandas_reads_it():
    plain = pd.read_csv(paths.POPULATION).set_index("city")["children_0_14"]
    pd.testing.assert_series_equal(children_by_city(paths.POPULATION, codebook()["city"].kept_codes), plain)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("gb18030"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        SEMICOLONS,
        "sep=;\n" + SEMICOLONS,
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        "\n" + PLAIN.replace("\n", "\n,,\n"),
        PLAIN.replace("\n", ",,\n"),
        PLAIN.replace("2590445", '"2,590,445"'),
        PLAIN.replace("2590445", "2\u00a0590\u00a0445"),
        PLAIN.replace("2590445", " ２５９０４４５ "),
        PLAIN.replace("2590445", "2.590.445"),
        PLAIN.replace("2590445", "2590445.0"),
        SEMICOLONS.replace("2590445", "2590445,00"),
        PLAIN.replace("city,", " city ,"),
    ],
)
def test_what_a_spreadsheet_saves_is_read(read, content):
    assert read(content).to_dict() == {"guangzhou": 2590445, "shenzhen": 2653325}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLAIN.replace("2590445", "2,590,445"), "line 2: 5 cells under 3 headings"),
        (PLAIN.replace("2590445", "1" * 25), "expected a whole number above 0"),
        (PLAIN + "x" * 3_000_000, "line 4: not readable as CSV"),
        (PLAIN.replace("2590445", "2.59E+06"), 'line 2: children_0_14 of "guangzhou" is "2.59E+06"'),
        (PLAIN.replace("2590445", "2.590"), 'is "2.590"'),
        (PLAIN.replace("2590445", "25,90"), "cells under"),
        (SEMICOLONS.replace("2590445", "2,59,445"), 'is "2,59,445"'),
        (PLAIN.replace("2590445", "0"), 'is "0"; expected a whole number above 0'),
        (PLAIN.replace("2590445", "-3"), 'is "-3"'),
        (PLAIN.replace("2590445", ""), 'is ""'),
        (PLAIN + "guangzhou,3,\n", 'line 4: "guangzhou" stands in line 2 already'),
        (PLAIN + "shenzen,3,\n", 'line 4: the codebook has no city "shenzen"; did you mean "shenzhen"?'),
        (PLAIN.replace("shenzhen,2653325,普查\n", ""), "no row for shenzhen"),
        (
            PLAIN.replace("children_0_14", "children"),
            'line 1: the heading "children_0_14" stands nowhere; did you mean',
        ),
        (PLAIN.replace("source", "city"), 'the heading "city" stands twice'),
        ("", "an empty file"),
        (b"PK\x03\x04...", "save its sheet as CSV"),
        (b"\xff\xfe\x00", "neither UTF-8 nor UTF-16 nor GB18030"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(read, content, said):
    with pytest.raises(InputError) as refused:
        read(content)
    assert "population.csv" in str(refused.value) and said in str(refused.value)


def test_all_faults_are_said_at_once(read):
    with pytest.raises(InputError, match=r"(?s)line 2: .*line 3: .*no row for guangzhou, shenzhen"):
        read("city,children_0_14\na,1\nb,2\n")
