"""An entry of a codebook held against the dataclasses of `fields` by pydantic, its complaints in words.

The file stays a Table Schema (https://specs.frictionlessdata.io/table-schema/) of which cleaning understands a part:
keys that say nothing about the rows are passed over, and what cleaning would have to ignore is refused.
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from hotline.errors import did_you_mean
from hotline.marked_yaml import Fault
from hotline.schema.fields import Code, Constraints, Field

# Keys of a Table Schema that say nothing about the rows.
DESCRIPTIVE = ("rdfType", "example", "examples")
# Keys that the compendium had once; what they said is no longer needed.
GONE = ("parent",)
# Keys of a code that have another name now.
RENAMED = {"region": "group"}
# Keys of a Table Schema that would have to be ignored, and what does the same here.
INSTEAD = {
    "format": "write the forms of a time as a list under `formats`, and leave this key out",
    "missingValues": "write these texts under `missing`",
    "trueValues": "give the field two `codes`, with these texts as `zh` and `synonyms`",
    "falseValues": "give the field two `codes`, with these texts as `zh` and `synonyms`",
    "categories": "write them as `codes`",
    "categoriesOrdered": "write `ordered: true`",
    "decimalChar": "a number has a point; export it so, and leave this key out",
    "groupChar": "a number has no marks between thousands; export it so, and leave this key out",
    "bareNumber": "a number stands without its unit; export it so, and leave this key out",
}
# What pydantic expected, by the beginning of its kind of error.
EXPECTED = {
    "bool": "true or false",
    "int": "a whole number",
    "decimal": "a number",
    "string": "a text, in quotation marks if it is the word null",
    "tuple": "a list in square brackets",
    "dict": "keys and values",
    "dataclass": "keys and values",
}
# Types of a Table Schema that cleaning does not read, and what to do instead.
OTHER_TYPES = {
    "boolean": "; for a boolean take string, with two `codes`: they have labels, and the texts that the export writes",
    "year": "; for a year take integer",
    "time": "; leave a time of day out, or take string with `codes`",
    "any": "; take string with `codes`, or leave the field out",
}


@functools.cache
def _adapter():
    """Return pydantic's validator of an entry; imported here, since whoever reads no codebook has no need of it."""
    from pydantic import TypeAdapter

    return TypeAdapter(Field)


def read_field(entry: Any, place: tuple) -> tuple[Field | None, list[Fault], list[Fault]]:
    """Return (Field, faults, remarks) of an entry of the list "fields"; the field is None where there are faults.

    Parameters
    ----------
    entry : its keys and values, every scalar as the text that is written
    place : where it stands, for the faults

    The remarks are about keys that are passed over though they once meant something.
    """
    from pydantic import ValidationError

    if not isinstance(entry, dict):
        wide = "; the colon is a full-width one, which YAML does not know" if "：" in str(entry) else ""
        return None, [Fault(place, f'a field is {_shown(entry)}; expected keys such as "name" and "type"{wide}')], []
    faults = [Fault((*place, key), f'"{key}" is not read; {INSTEAD[key]}') for key in entry if _refused(key, entry)]
    remarks = list(_remarks(entry, place))
    try:
        field = _adapter().validate_python(_without_passed_over(entry))
    except ValidationError as error:
        said = {(each["loc"], each["type"]): each for each in error.errors(include_url=False)}
        return None, faults + list(dict.fromkeys(_fault(each, entry, place) for each in said.values())), remarks
    return (None if faults else field), faults, remarks


def _refused(key, entry):
    """Whether a key of a field is one of a Table Schema that would have to be ignored."""
    return key in INSTEAD and not (key == "format" and entry[key] == "default")


def _codes(entry):
    """Return [(position, code)] of those codes of an entry that have keys."""
    codes = entry.get("codes")
    return [(n, code) for n, code in enumerate(codes) if isinstance(code, dict)] if isinstance(codes, list) else []


def _remarks(entry, place) -> Iterator[Fault]:
    """Yield a remark for each key that has gone: one for all codes of a field that have it."""
    for key in GONE:
        if key in entry:
            yield Fault((*place, key), f'the key "{key}" has gone and is passed over; leave it out')
        if having := [n for n, code in _codes(entry) if key in code]:
            said = f'the key "{key}" of {len(having)} code{"s" * (len(having) > 1)} has gone and is passed over'
            yield Fault((*place, "codes", having[0], key), f"{said}; leave it out")


def _without_passed_over(entry):
    """Return an entry without the keys that are passed over or have been refused already."""
    passed = (*DESCRIPTIVE, *GONE, *INSTEAD)
    entry = {key: value for key, value in entry.items() if key not in passed}
    if any(key in code for _, code in _codes(entry) for key in GONE):
        entry["codes"] = [
            {key: value for key, value in code.items() if key not in GONE} if isinstance(code, dict) else code
            for code in entry["codes"]
        ]
    return entry


def _shown(value):
    """Return a value in a few words."""
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "keys and values"
    return repr(value if len(value) <= 60 else value[:60] + "...")


def _fault(said, entry, place):
    """Return one of pydantic's errors as a Fault: the key, what it is and what was expected."""
    inside, owner, (key, *within) = "", Field, said["loc"]
    if key == "codes" and len(within) > 1:
        inside, owner, (key, *within) = f'code "{entry["codes"][within[0]].get("code")}": ', Code, within[1:]
    elif key == "constraints" and within:
        inside, owner, (key, *within) = '"constraints": ', Constraints, within
    place = (*place, *(step for step in said["loc"] if step not in ("int", "decimal")))
    types, kind = {each.name: each.type for each in dataclasses.fields(owner)}, said["type"]
    if key not in types:
        hint = f'; write "{RENAMED[key]}"' if owner is Code and key in RENAMED else did_you_mean(key, types)
        return Fault(place, f'{inside}unknown key "{key}"{hint or "; leave it out"}')
    choices = get_args(types[key]) if get_origin(types[key]) is Literal else ()
    listed = f"one of {', '.join(choices)}" if choices else ""
    if kind == "missing":
        return Fault(place, f'{inside}"{key}" is missing' + (f"; expected {listed}" if listed else "; add it"))
    expected = listed or EXPECTED.get("decimal" if key == "below" else kind.split("_")[0], said["msg"])
    value = said["input"]
    if key == "type":
        hint = OTHER_TYPES.get(str(value)) or did_you_mean(value, choices)
    else:
        hint = did_you_mean(value, choices) if choices else ""
    position = "an entry of " if within else ""
    return Fault(place, f'{inside}{position}"{key}" is {_shown(value)}; expected {expected}{hint}')
