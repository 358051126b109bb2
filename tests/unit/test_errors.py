"""The errors that a user can put right: one message, a hint where a name is nearly right, and their kinds."""

import pytest

from hotline import errors


@pytest.mark.parametrize(
    ("name", "hint"),
    [("stagee", '; did you mean "stage"?'), ("quite another", ""), (7, "")],
)
def test_did_you_mean_names_a_close_name_or_nothing(name, hint):
    assert errors.did_you_mean(name, ["stage", "sex"]) == hint


def test_did_you_mean_without_known_names_gives_no_hint():
    assert errors.did_you_mean("stage", []) == ""


@pytest.mark.parametrize("kind", [errors.InputError, errors.NothingToEstimate])
def test_error_shows_its_message_alone_in_a_notebook(kind):
    assert kind("params.yml, line 3: too large")._render_traceback_() == [
        f"{kind.__name__}: params.yml, line 3: too large"
    ]


def test_where_gives_class_and_place_without_the_text():
    with pytest.raises(TypeError) as caught:
        errors.did_you_mean("a secret", 2)
    assert errors.where(caught.value).startswith("TypeError, errors.py, line ")
