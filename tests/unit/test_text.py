"""Numbers as they are printed: signs, dashes and limits that the examples of the docstrings do not show."""

import math

import labels
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import text

NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(NUMBERS, st.integers(0, 6))
def test_number_is_the_rounded_value_with_a_true_minus_and_no_negative_zero(x, digits):
    printed = text.number(x, digits)
    assert "-" not in printed
    value = float(printed.replace("−", "-").replace(",", ""))
    assert value == float(f"{x:.{digits}f}")
    assert math.copysign(1, value) == 1 or value < 0


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf])
def test_number_without_a_value_is_a_dash(nothing):
    assert text.number(nothing) == text.DASH


def test_percent_and_its_interval_print_a_dash_without_a_share():
    assert text.percent(math.nan) == text.quantity("share", math.nan, (math.nan, math.nan)) == text.DASH
    assert text.quantity("change", math.nan) == text.DASH


@given(st.floats(0, 1))
def test_p_value_never_prints_zero_or_one(p):
    printed = text.p_value(p)
    assert printed not in ("0.000", "1.000")
    assert abs(float(printed.lstrip("<>")) - p) < 0.0011
    assert text.p_sentence(p).replace("= ", "").replace(" ", "") == f"p{printed}"


def test_p_value_of_a_test_that_could_not_be_made_is_a_dash():
    assert text.p_value(math.nan) == text.chi_square(math.nan, 1, math.nan) == text.DASH


def test_change_has_a_sign_unless_it_is_zero():
    assert [text.quantity("change", share) for share in (0.5, 0, -0.5)] == ["+50%", "0%", "−50%"]


@given(st.text(alphabet="ab*_`[]<>{}\\#@$|~^ ", max_size=20))
def test_escaped_adds_backslashes_and_nothing_else(raw):
    escaped = text.escaped(raw)
    assert escaped.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == raw.lstrip()
    assert text.escaped(escaped) == escaped


def test_escaped_leaves_numbers_as_they_are():
    printed = ["<0.001", ">0.999", "1.33 (1.21 to 1.46)", "F*", "GVIF^(1/2)", "–", "10.0%", "Pupils' cases"]
    assert [text.escaped(each) for each in printed] == printed


def test_escaped_block_is_a_paragraph_that_says_the_text():
    blocks = labels.read("\n\n".join(map(text.escaped_block, labels.LABELS)))["blocks"]
    assert [each["t"] for each in blocks] == ["Para"] * len(labels.LABELS)
    assert [labels.words(each) for each in blocks] == [each.replace("\n", " ") for each in labels.LABELS]
