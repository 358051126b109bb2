"""The types of parameters: each allows its limits and nothing beyond, and each is used."""

from typing import Literal, get_args, get_origin

import pytest
from pydantic import TypeAdapter, ValidationError

from hotline import paths
from hotline.pipeline import notebook_source, parameter_types, params

TYPES = {name: kind for name, kind in vars(parameter_types).items() if get_origin(kind) or kind is str}
LIMITED = [name for name, kind in TYPES.items() if "minimum" in TypeAdapter(kind).json_schema()]


def limits(name):
    """The least and the greatest value that a type allows."""
    schema = TypeAdapter(TYPES[name]).json_schema()
    return schema["minimum"], schema["maximum"]


def test_types_are_found():
    assert len(LIMITED) >= 15 and {"Count", "Confidence", "OutcomeName"} <= set(TYPES)


@pytest.mark.parametrize("name", LIMITED)
def test_type_allows_its_limits_and_nothing_beyond(name):
    adapter, (least, most) = TypeAdapter(TYPES[name]), limits(name)
    for value in (least, most):
        assert adapter.validate_python(value) == value
    for value in (least - 1, most + 1, None, "many"):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_choices_are_literals():
    choices = [kind for kind in TYPES.values() if get_origin(kind) is Literal]
    assert len(choices) >= 2 and all(len(get_args(kind)) >= 2 for kind in choices)


def test_every_type_is_that_of_a_parameter():
    notebooks = notebook_source.names()
    used = {parameter.type for name in notebooks for parameter in params.declared(paths.notebook(name)).values()}
    assert used <= set(TYPES) and set(LIMITED) <= used
