"""The codebook: read, checked, and asked for names, labels and codes.

The dataclasses `Code`, `Constraints` and `Field` say what an entry of codebook.yaml may hold. `read_codebook` lets
pydantic hold each entry against them and words its complaints as the compendium does. The file stays a Table Schema
(https://specs.frictionlessdata.io/table-schema/) of which cleaning understands a part: what it would have to ignore is
refused.
"""

import dataclasses
import functools
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

import yaml

from hotline import paths
from hotline.errors import InputError, did_you_mean
from hotline.run import current_run

MISSING = "missing"
MISSING_LABEL = "Not recorded"
# Those types of a Table Schema that cleaning can read.
Type = Literal["string", "integer", "datetime", "date"]
Block = Literal["individual", "family", "environment", "call", "platform", "outcome", "record"]
Sensitivity = Literal["identifier", "sensitive", "personal", "plain"]
Known = Literal["dialling", "intake", "assessment", "after"]
Normalise = Literal["telephone", "text"]
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Columns of this name stand beside the variables, while cleaning (the first ten), in tallies and in models.
RESERVED = (
    *("row", "ragged", "digest", "empty", "copy", "since_last", "repeat", "rule", "rowid", "file_row_number"),
    *("n", "events", "others"),
)
NO_OTHER_KEYS = {"extra": "forbid"}  # read by pydantic
# Cleaning computes the study's own variables from these columns, so every codebook describes them.
BUILT_ON = (
    "ticket_id",
    "call_start",
    "answer_time",
    "call_end",
    "caller_number",
    "call_type",
    "caller_relation",
    "sex",
    "age",
    "stage",
    "city",
    "level",
    "problem",
    "disposition",
    "follow_ups",
    "satisfaction",
    "answered",
    "waiting",
    "call_length",
    "earlier_calls",
    "year",
    "month",
    "weekday",
    "hour",
    "day",
    "caller",
    "hour_band",
    "region",
    "at_risk",
    "high_risk",
)
# The notebooks name these codes; a codebook gives them the labels of its hotline.
NEEDED_CODES = {
    "level": ("well", "imbalance", "high_risk"),
    "sex": ("female", "male"),
    "answered": ("yes", "no"),
    "at_risk": ("yes", "no"),
    "high_risk": ("yes", "no"),
    "caller_relation": ("pupil",),
    "stage": ("primary", "junior", "senior", "vocational", "not_in_school"),
    "hour_band": ("evening",),
    "disposition": ("counselling", "crisis"),
}


@dataclass(frozen=True)
class Code:
    """One value of a category.

    Attributes
    ----------
    code : the value in the cleaned tables
    en, zh : its labels; `zh` is also what the export writes
    synonyms : other texts that an export may write for it
    exclude : the rule under which a row with this code leaves the study
    region : the code of the coarser variable in which this one lies
    below : of a band, the number from which on the next band begins
    """

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    code: str
    en: str
    zh: str
    synonyms: tuple[str, ...] = ()
    exclude: str | None = None
    region: str | None = None
    below: int | None = None


@dataclass(frozen=True)
class Constraints:
    """The smallest and the largest number that is taken for one."""

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Field:
    """One variable; its keys are explained at the head of codebook.yaml."""

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    name: str
    type: Type
    title: str
    title_zh: str
    block: Block
    sensitivity: Sensitivity
    known: Known
    description: str = ""
    header: str | None = None
    needed: bool = False
    unit: str = ""
    ordered: bool = False
    reference: str | None = None
    formats: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    normalise: Normalise = "telephone"
    country_code: str = ""
    codes: tuple[Code, ...] = ()
    constraints: Constraints = Constraints()
    bands_of: str | None = None
    group_of: str | None = None
    true_for: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def categorical(self) -> bool:
        """Whether the variable has a fixed list of codes."""
        return bool(self.codes)

    @property
    def kept_codes(self) -> tuple[str, ...]:
        """The codes that can occur after cleaning, in order: those without a rule that excludes them."""
        return tuple(code.code for code in self.codes if code.exclude is None)

    @property
    def name_with_unit(self) -> str:
        """The title with its unit, for axes and table heads: ``Waiting time (s)``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


class Codebook:
    """All variables, in order. ``book["sex"]`` is a Field; an unknown name raises InputError.

    Attributes
    ----------
    fields : {name: Field}
    sha256 : hash of the file
    title : what the file calls itself
    """

    def __init__(self, fields: list[Field], sha256: str, title: str = ""):
        self.fields = {each.name: each for each in fields}
        self.sha256 = sha256
        self.title = title

    def __getitem__(self, name: str) -> Field:
        if name not in self.fields:
            raise InputError(f'the codebook has no variable "{name}"{did_you_mean(name, self.fields)}')
        return self.fields[name]

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields.values())

    def select(self, **wanted: Any) -> list[str]:
        """Return the names of the variables whose attributes equal those given, in codebook order.

        ``select(block="family", known=("dialling", "intake"), categorical=True)``: a tuple allows several values.
        """
        return [
            each.name
            for each in self
            if all(
                getattr(each, key) in value if isinstance(value, tuple) else getattr(each, key) == value
                for key, value in wanted.items()
            )
        ]

    def label(self, name: str, code: str) -> str:
        """Return the English label of a code; "missing" is labelled "Not recorded"."""
        if code == MISSING:
            return MISSING_LABEL
        labels = {each.code: each.en for each in self[name].codes}
        if code not in labels:
            raise InputError(f'"{name}" has no code "{code}"{did_you_mean(code, labels)}')
        return labels[code]


@functools.cache
def codebook() -> Codebook:
    """Return the codebook of this run: data-raw/codebook.yaml, or the file that CODEBOOK names."""
    return read_codebook(current_run().codebook)


def read_codebook(path: Path) -> Codebook:
    """Read and check a codebook file.

    Raises
    ------
    InputError
        naming the file and the field, where the file is missing, is not YAML, lacks a variable that cleaning builds
        on, or describes a variable wrongly
    """
    where = paths.shown(path)
    if not path.exists():
        raise InputError(f"{where}: no such codebook; the compendium's own is data-raw/codebook.yaml")
    content = path.read_bytes()
    try:
        schema = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not readable as YAML: {error}") from error
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        raise InputError(f'{where}: expected a Table Schema with a list named "fields"')
    if schema.get("missingValues", [""]) != [""]:
        raise InputError(
            f'{where}: "missingValues" is {schema["missingValues"]!r}; expected [""]. Texts that mean "not recorded" '
            "stand in the `missing` of each field"
        )
    fields = [_field(entry, where) for entry in schema["fields"]]
    _check_all(fields, where)
    return Codebook(fields, hashlib.sha256(content).hexdigest(), schema.get("title", ""))


# --- the check of one entry -------------------------------------------------------------------------


@functools.cache
def _adapter():
    """Return pydantic's validator of an entry; imported here, since whoever reads no codebook has no need of it."""
    from pydantic import TypeAdapter

    return TypeAdapter(Field)


def _field(entry, where):
    """Make a Field of one entry of the file, or say which key is wrong."""
    from pydantic import ValidationError

    if not isinstance(entry, dict):
        raise InputError(f'{where}: a field is {entry!r}; expected keys such as "name" and "type"')
    place = f'{where}, field "{entry.get("name", "(no name)")}"'
    try:
        field = _adapter().validate_python(entry)
    except ValidationError as error:
        raise InputError(f"{place}: {_in_words(error.errors()[0], entry)}") from error
    for complaint in (
        _wrong_name(field),
        _wrong_codes(field),
        _wrong_constraints(field),
        _wrong_source(field),
        _wrong_number(field),
    ):
        if complaint:
            raise InputError(f"{place}: {complaint}")
    return field


# What pydantic expected, by the beginning of its kind of error.
EXPECTED = {
    "bool": "true or false",
    "int": "a whole number",
    "string": "a text, in quotation marks if it looks like a number or a date",
    "tuple": "a list",
    "dict": "keys and values",
    "dataclass": "keys and values",
}


def _in_words(fault, entry):
    """Return one of pydantic's errors in a sentence: the key, what it is and what was expected."""
    place, owner, (key, *within) = "", Field, fault["loc"]
    if key == "codes" and len(within) > 1:
        place, owner, (key, *within) = f'code "{entry["codes"][within[0]].get("code")}": ', Code, within[1:]
    elif key == "constraints" and within:
        place, owner, (key, *within) = '"constraints": ', Constraints, within
    types, kind = {each.name: each.type for each in dataclasses.fields(owner)}, fault["type"]
    if key not in types:
        return f'{place}unknown key "{key}"{did_you_mean(key, types)}'
    choices = f"one of {', '.join(get_args(types[key]))}" if get_origin(types[key]) is Literal else ""
    if kind == "missing":
        return f'{place}"{key}" is missing' + (f"; expected {choices}" if choices else "")
    expected = choices or EXPECTED.get(kind.split("_")[0], fault["msg"])
    return f'{place}{"an entry of " if within else ""}"{key}" is {fault["input"]!r}; expected {expected}'


def _wrong_name(field):
    """Return what is wrong with a variable's name; None where nothing is."""
    if not NAME.fullmatch(field.name):
        return 'a name has small letters, digits and "_" and begins with a letter, such as "peer_relation"'
    if field.name in RESERVED or field.name.endswith("_bad"):
        return "the compendium has a column of this name of its own; choose another name"
    return None


def _wrong_codes(field):
    """Return what is wrong with a variable's codes, their order or their spellings; None where nothing is."""
    names = [code.code for code in field.codes]
    if len(set(names)) < len(names) or MISSING in names:
        return f'every code must occur once, and none may be called "{MISSING}"'
    if field.ordered and not names:
        return '"ordered" is True; expected true or false, and true only with codes'
    if field.reference is not None and field.reference not in names:
        return f'the reference "{field.reference}" is not among its codes'
    spellings = Counter([text for code in field.codes for text in (code.zh, *code.synonyms)] + list(field.missing))
    twice = sorted(text for text, times in spellings.items() if times > 1)
    return f"{', '.join(twice)} is written for more than one code" if twice else None


def _wrong_constraints(field):
    """Return what is wrong with a variable's constraints; None where nothing is."""
    low, high = field.constraints.minimum, field.constraints.maximum
    if (low, high) != (None, None) and field.type != "integer":
        return f'"constraints" are those of a whole number, but "type" is {field.type!r}'
    if low is not None and high is not None and low > high:
        return f'"constraints": the minimum {low} is larger than the maximum {high}'
    return None


def _wrong_number(field):
    """Return what is wrong with how callers' numbers are written; None where nothing is."""
    stated = field.withheld or field.country_code or field.normalise != "telephone"
    if stated and field.name != "caller_number":
        return '"withheld", "normalise" and "country_code" are keys of caller_number alone'
    if field.country_code and not re.fullmatch("[1-9][0-9]{0,2}", field.country_code):
        return (
            f'"country_code" is {field.country_code!r}; expected one to three digits in quotation marks, such as "86"'
        )
    if field.country_code and field.normalise == "text":
        return '"country_code" belongs to telephone numbers, but "normalise" is "text"'
    return None


def _wrong_source(field):
    """Return what is wrong with how a variable is derived from another; None where nothing is."""
    if len(field.true_for) > 1:
        return f'"true_for" names {len(field.true_for)} variables; expected one'
    bounds = [code.below for code in field.codes[:-1]]
    if field.bands_of and (not bounds or None in bounds or bounds != sorted(bounds)):
        return '"bands_of" needs codes in ascending order, each but the last with `below`'
    return None


# --- the check of all entries together --------------------------------------------------------------


def _check_all(fields, where):
    """Raise InputError where the variables of a codebook do not go together, or one that is needed is missing."""
    names = [each.name for each in fields]
    for key, found in {"name": names, "header": [each.header for each in fields if each.header]}.items():
        twice = sorted(text for text, times in Counter(found).items() if times > 1)
        if twice:
            raise InputError(f'{where}: two fields have the {key} "{twice[0]}"')
    for name in BUILT_ON:
        if name not in names:
            raise InputError(f'{where}: the variable "{name}" is missing; cleaning builds on it')
    codes_of = {each.name: {code.code for code in each.codes} for each in fields}
    for name, codes in NEEDED_CODES.items():
        for code in codes:
            if code not in codes_of[name]:
                raise InputError(f'{where}, field "{name}": the code "{code}" is missing; the notebooks compare by it')
    for each in fields:
        for source in filter(None, (each.bands_of, each.group_of, *each.true_for)):
            if source not in names:
                raise InputError(f'{where}, field "{each.name}": there is no variable "{source}"')
        for source, codes in each.true_for.items():
            for code in codes:
                if code not in codes_of[source]:
                    hint = did_you_mean(code, codes_of[source])
                    raise InputError(f'{where}, field "{each.name}": "{source}" has no code "{code}"{hint}')
