"""The keys of a Table Schema beside its list of fields: what they say holds for the fields, or is refused."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from hotline.errors import did_you_mean
from hotline.marked_yaml import Fault
from hotline.schema.fields import Field

# Keys that say nothing about the rows.
DESCRIPTIVE = (
    *("name", "title", "description", "$schema", "profile", "homepage", "image", "licenses", "sources"),
    *("contributors", "keywords", "version", "created"),
)
OBEYED = ("fields", "missingValues", "primaryKey")
REFUSED = {
    "foreignKeys": "there is no other table; leave it out",
    "uniqueKeys": "write `constraints: {unique: true}` in the field",
    "fieldsMatch": "columns are matched by their `header`, in any order; leave it out",
}


def faults_at_top(schema: dict[str, Any], names: list[str]) -> Iterator[Fault]:
    """Yield what is wrong with the keys beside the fields, whose names are given."""
    for key in schema:
        if key in REFUSED:
            yield Fault((key,), f'"{key}" is not obeyed: {REFUSED[key]}')
        elif key not in (*OBEYED, *DESCRIPTIVE):
            hint = did_you_mean(key, (*OBEYED, *DESCRIPTIVE)) or "; leave it out"
            yield Fault((key,), f'unknown key "{key}"{hint}')
    if not isinstance(schema.get("title") or "", str):
        yield Fault(("title",), '"title" is no text; expected one')
    absent = schema.get("missingValues", [""])
    if not isinstance(absent, list) or "" not in absent or not all(isinstance(text, str) for text in absent):
        yield Fault(("missingValues",), '"missingValues" is not a list of texts with "" among them; write [""]')
    key = schema.get("primaryKey")
    if key is not None and len(_primary(schema)) != 1:
        yield Fault(("primaryKey",), '"primaryKey" is not the name of one field; write that name, or leave it out')
    for name in _primary(schema):
        if name not in names:
            yield Fault(("primaryKey",), f'"primaryKey": there is no variable "{name}"{did_you_mean(name, names)}')


def _primary(schema):
    """Return the names of the fields that are the primary key."""
    key = schema.get("primaryKey")
    return [key] if isinstance(key, str) else [name for name in key or [] if isinstance(name, str)]


def obeying(field: Field, schema: dict[str, Any]) -> Field:
    """Return a field with what the keys beside the fields say of it: texts for "not recorded", the primary key.

    A column of which every cell is required is needed.
    """
    texts = schema.get("missingValues")
    if field.header and isinstance(texts, list):
        more = tuple(text for text in texts if isinstance(text, str) and text and text not in field.missing)
        field = dataclasses.replace(field, missing=(*field.missing, *more))
    if field.name in _primary(schema):
        field = dataclasses.replace(
            field, constraints=dataclasses.replace(field.constraints, required=True, unique=True)
        )
    if field.header and field.constraints.required:
        field = dataclasses.replace(field, needed=True)
    return field
