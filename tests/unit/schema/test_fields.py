"""An entry of the codebook: what follows from its keys."""

from decimal import Decimal

import pytest

from hotline.codebook import codebook
from hotline.schema.fields import Code, Constraints, Field

MUST = {"title": "X", "title_zh": "丙", "block": "call", "sensitivity": "plain", "known": "intake"}


def test_a_number_is_stored_exactly_or_not_at_all():
    bmi = Field("bmi", "number", **MUST, decimals=2)
    assert bmi.scale == 100
    assert [bmi.stored(each) for each in ("20.5", 20.55, Decimal("1.10"), 3, "-0.07")] == [2050, 2055, 110, 300, -7]
    for each in ("20.555", "many", "inf", "nan"):
        with pytest.raises(ValueError, match=r"decimals|not a number"):
            bmi.stored(each)


def test_limits_are_those_of_what_is_stored():
    bmi = Field("bmi", "number", **MUST, decimals=1, constraints=Constraints(minimum="10.5", maximum="60"))
    assert bmi.limits == (105, 600)
    assert codebook()["age"].limits == (3, 99)
    assert codebook()["waiting"].limits == (None, None)


def test_a_number_is_no_category():
    coded = Field("x", "integer", **MUST, codes=(Code("a", "A", "甲", exclude="rule"), Code("b", "B", "乙")))
    assert coded.categorical and not coded.numeric and coded.kept_codes == ("b",)
    assert codebook()["age"].numeric and not codebook()["day"].numeric
