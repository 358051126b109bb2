"""What a file is by its first bytes."""

import pytest

from hotline.cleaning.readers import kinds
from hotline.errors import InputError


def test_open_table_goes_by_the_first_bytes_and_not_by_the_name(tmp_path):
    (tmp_path / "export.xlsx").write_text("a,b\n1,2\n")
    table = kinds.open_table(tmp_path / "export.xlsx", {"a", "b"})
    assert (table.kind, table.headings, list(table.rows)) == ("CSV, UTF-8", ["a", "b"], [(2, ["1", "2"])])


def test_open_table_refuses_a_sheet_of_a_file_that_has_none(tmp_path):
    (tmp_path / "export.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not an Excel file"):
        kinds.open_table(tmp_path / "export.csv", sheet="2021")
