"""Texts of a codebook and of an export are compared in one form."""

from hotline.schema.texts import FULL_WIDTH, tidied


def test_full_width_forms_and_blanks_around_are_no_difference():
    assert tidied("\u3000１２：３０\u00a0\n") == "12:30"
    assert tidied("男 生") == "男 生"
    assert len(FULL_WIDTH[0]) == len(FULL_WIDTH[1])
