"""The headings of an export against those of the codebook."""

import pytest
from exports import HEADERS, clean

from hotline.errors import InputError


def test_headings_names_missing_columns_and_what_to_do(tmp_path):
    headers = {name: header for name, header in HEADERS.items() if name not in ("sex", "level")} | {"extra": "学生性別"}
    with pytest.raises(InputError) as raised:
        clean(tmp_path, [], headers=headers)
    message = str(raised.value)
    assert "row 1: 2 needed columns are missing" in message
    assert '"学生性别" (Sex); did you mean "学生性別"?' in message and '"心理健康水平"' in message
