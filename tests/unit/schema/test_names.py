"""Names of variables: words of SQL are names like others; the compendium's own columns are none."""

import pytest

from hotline.codebook import codebook
from hotline.schema.names import NAME, RESERVED, wrong_name


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("peer relation", "peer_relation"),
        ("Order", "order"),
        ("school-type", "school_type"),
        ('a"b', "a_b"),
        ("sex;", "sex"),
        ("年龄", "peer_relation"),
        ("1st", "peer_relation"),
        ("", "peer_relation"),
        ("N", "peer_relation"),
    ],
)
def test_a_name_that_is_no_name_is_refused_with_one_that_is(name, suggested):
    assert wrong_name(name) == (
        'a name has small letters, digits and "_" and begins with a letter, such as "' + suggested + '"'
    )


@pytest.mark.parametrize("name", [*RESERVED, "sex_bad", "sex_broken"])
def test_a_column_of_the_compendiums_own_is_refused_with_another_name(name):
    said = wrong_name(name)
    assert "has a column of this name of its own" in said and wrong_name(f"{name}_recorded") is None


@pytest.mark.parametrize("name", ["order", "group", "select", "table", "date", "none", "true", "end", "a" * 60])
def test_words_of_languages_are_names(name):
    assert wrong_name(name) is None


def test_the_compendiums_own_variables_have_names():
    assert not any(wrong_name(each.name) for each in codebook())
    assert all(NAME.fullmatch(each) for each in RESERVED)
    assert "61 characters" in wrong_name("a" * 61)
