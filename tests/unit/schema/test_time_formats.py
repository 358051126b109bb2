"""Forms of times: those that are read, and one sentence for each that is not."""

import re

import pytest

from hotline.codebook import codebook
from hotline.schema.time_formats import pattern, wrong_formats


def test_the_forms_of_the_codebook_are_read():
    assert all(wrong_formats(each.formats) == [] for each in codebook() if each.formats)
    assert wrong_formats(["%d.%m.%Y %I:%M %p", "%Y-%j".replace("%j", "%b-%d %H:%M")]) == []


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%Q/%d", "%Q is not read; write %Y"),
        ("%y-%m-%d %H:%M", "%y is not read, which reads a year of two digits as one of two centuries"),
        ("%m-%d %H:%M", "it has no year (%Y)"),
        ("%Y-%d %H:%M", "it has no month (%m)"),
        ("%Y-%m %H:%M", "it has no day (%d)"),
        ("%Y-%m-%d", "it has no hour (%H)"),
        ("%Y-%m-%d %I:%M", "the hour of %I needs %p"),
        ("%Y-%m-%d %H:%M:%M", "a part of the time stands twice"),
        ("%Y-%m-%d %H:%M%", "% is not read"),
        ("YYYY-MM-DD", "it has no year"),
        ("", "it has no year"),
        ("%c", "%c is not read"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(form, expected):
    ((position, words),) = wrong_formats(["%Y/%m/%d %H:%M", form])
    assert position == 1 and expected in words


def test_two_orders_of_day_and_month_are_refused():
    ((position, words),) = wrong_formats(["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M"])
    assert position == 2 and "fit the same texts with day and month swapped; keep one" in words


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (["%Y%m%d%H%M%S", "%d%m%Y%H%M%S"], "fit the same texts"),
        (["%Y-%d-%m %H:%M:%S"], "fits the same texts as %Y-%m-%d %H:%M:%S, in which other files"),
        (["%H:%M:%S%z %d/%m/%Y"], "stands at the end"),
        (["%Y-%m-%d %H:%M.%f"], "a fraction of a second follows the seconds"),
        (["%Y-%m-%d %H:%M %p"], "(%p) is %I"),
    ],
)
def test_forms_that_cannot_be_told_apart_are_refused(forms, expected):
    assert expected in wrong_formats(forms)[-1][1]


def test_the_same_form_with_an_offset_or_without_padding_is_no_other_reading():
    assert wrong_formats(["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%z", "%Y-%-m-%-d %H:%M:%S.%f"]) == []


def test_a_pattern_fits_exactly_the_texts_of_a_form():
    compact, spaced = pattern("%Y%m%d%H%M%S"), pattern("%Y-%m-%d %H:%M")
    assert re.fullmatch(compact, "20210308000000") and not re.fullmatch(compact, "2021318000")
    assert re.fullmatch(spaced, "2021-3-8 0:05") and not re.fullmatch(spaced, "21-03-08 00:05")


def test_a_day_needs_no_hour():
    assert wrong_formats(["%Y-%m-%d"], day_only=True) == []
