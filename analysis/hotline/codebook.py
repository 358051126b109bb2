"""The codebook: read, checked, and asked for names, labels and codes."""

import functools
import hashlib
from dataclasses import dataclass, field

import yaml

from hotline import paths
from hotline.errors import InputError, did_you_mean
from hotline.run import current_run

MISSING = "missing"
MISSING_LABEL = "Not recorded"
BLOCKS = ("individual", "family", "environment", "call", "platform", "outcome", "record")
SENSITIVITY = ("identifier", "sensitive", "personal", "plain")
KNOWN = ("dialling", "intake", "assessment", "after")
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
    """One value of a category: its code, its labels, and how an export may write it."""

    code: str
    en: str
    zh: str
    synonyms: tuple = ()
    exclude: str | None = None
    region: str | None = None
    below: int | None = None


@dataclass(frozen=True)
class Field:
    """One variable of the codebook; the keys are explained at the head of codebook.yaml."""

    name: str
    type: str
    title: str
    title_zh: str
    block: str
    sensitivity: str
    known: str
    description: str = ""
    header: str | None = None
    needed: bool = False
    unit: str = ""
    ordered: bool = False
    reference: str | None = None
    formats: tuple = ()
    missing: tuple = ()
    codes: tuple = ()
    constraints: dict = field(default_factory=dict)
    bands_of: str | None = None
    group_of: str | None = None
    true_for: dict = field(default_factory=dict)

    @property
    def categorical(self):
        """Whether the variable has a fixed list of codes."""
        return bool(self.codes)

    @property
    def kept_codes(self):
        """The codes that can occur after cleaning, in order: those without a rule that excludes them."""
        return tuple(code.code for code in self.codes if code.exclude is None)

    @property
    def name_with_unit(self):
        """The title with its unit, for axes and table heads: ``Waiting time (s)``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


class Codebook:
    """All variables, in order. ``book["sex"]`` is a Field; an unknown name raises InputError."""

    def __init__(self, fields, sha256, title=""):
        self.fields = {each.name: each for each in fields}
        self.sha256 = sha256
        self.title = title

    def __getitem__(self, name):
        if name not in self.fields:
            raise InputError(f'the codebook has no variable "{name}"{did_you_mean(name, self.fields)}')
        return self.fields[name]

    def __iter__(self):
        return iter(self.fields.values())

    def select(self, **wanted):
        """Return the names of the variables whose attributes equal those given, in codebook order.

        ``select(block="family", known=("dialling", "intake"), categorical=True)``: a tuple allows
        several values.
        """
        return [
            each.name
            for each in self
            if all(
                getattr(each, key) in value if isinstance(value, tuple) else getattr(each, key) == value
                for key, value in wanted.items()
            )
        ]

    def label(self, name, code):
        """Return the English label of a code; "missing" is labelled "Not recorded"."""
        if code == MISSING:
            return MISSING_LABEL
        for each in self[name].codes:
            if each.code == code:
                return each.en
        known = [each.code for each in self[name].codes]
        raise InputError(f'"{name}" has no code "{code}"{did_you_mean(code, known)}')


def _field(entry, where):
    """Make a Field of one entry, or say which key is wrong."""
    if not isinstance(entry, dict):
        raise InputError(f'{where}: a field is {entry!r}; expected keys such as "name" and "type"')
    name = entry.get("name", "(no name)")
    place = f'{where}, field "{name}"'
    known_keys = set(Field.__dataclass_fields__)
    for key in entry:
        if key not in known_keys:
            raise InputError(f'{place}: unknown key "{key}"{did_you_mean(key, known_keys)}')
    for key, allowed in {"block": BLOCKS, "sensitivity": SENSITIVITY, "known": KNOWN}.items():
        if entry.get(key) not in allowed:
            raise InputError(f'{place}: "{key}" is {entry.get(key)!r}; expected one of {", ".join(allowed)}')
    try:
        codes = tuple(Code(**{**code, "synonyms": tuple(code.get("synonyms", ()))}) for code in entry.get("codes", ()))
        made = Field(
            **{
                **entry,
                "codes": codes,
                "formats": tuple(entry.get("formats", ())),
                "missing": tuple(entry.get("missing", ())),
            }
        )
    except (TypeError, AttributeError) as error:
        raise InputError(f"{place}: {error}") from error
    names = [code.code for code in codes]
    if len(set(names)) < len(names) or MISSING in names:
        raise InputError(f'{place}: every code must occur once, and none may be called "{MISSING}"')
    if not isinstance(made.ordered, bool) or (made.ordered and not codes):
        raise InputError(f'{place}: "ordered" is {made.ordered!r}; expected true or false, and true only with codes')
    if made.reference is not None and made.reference not in names:
        raise InputError(f'{place}: the reference "{made.reference}" is not among its codes')
    spellings = [text for code in codes for text in (code.zh, *code.synonyms)] + list(made.missing)
    twice = {text for text in spellings if spellings.count(text) > 1}
    if twice:
        raise InputError(f"{place}: {', '.join(sorted(twice))} is written for more than one code")
    return made


def read_codebook(path):
    """Read and check a codebook file.

    Raises InputError, naming the file and the field, where the file is missing, is not YAML, lacks a
    variable that cleaning builds on, or describes a variable wrongly.
    """
    where = paths.shown(path)
    if not path.exists():
        raise InputError(f"{where}: no such codebook; the compendium's own is data-raw/codebook.yaml")
    content = path.read_bytes()
    try:
        entries = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not readable as YAML: {error}") from error
    if not isinstance(entries, dict) or not isinstance(entries.get("fields"), list):
        raise InputError(f'{where}: expected a Table Schema with a list named "fields"')
    fields = [_field(entry, where) for entry in entries["fields"]]
    names = [each.name for each in fields]
    for key, found in {"name": names, "header": [each.header for each in fields if each.header]}.items():
        twice = sorted({text for text in found if found.count(text) > 1})
        if twice:
            raise InputError(f'{where}: two fields have the {key} "{twice[0]}"')
    for name in BUILT_ON:
        if name not in names:
            raise InputError(f'{where}: the variable "{name}" is missing; cleaning builds on it')
    known = {each.name: {code.code for code in each.codes} for each in fields}
    for name, codes in NEEDED_CODES.items():
        for code in codes:
            if code not in known[name]:
                raise InputError(f'{where}, field "{name}": the code "{code}" is missing; the notebooks compare by it')
    for each in fields:
        for other in filter(None, (each.bands_of, each.group_of, *each.true_for)):
            if other not in names:
                raise InputError(f'{where}, field "{each.name}": there is no variable "{other}"')
    return Codebook(fields, hashlib.sha256(content).hexdigest(), entries.get("title", ""))


def check_schema(path):
    """Raise InputError where a codebook is no valid Table Schema, in the words of the `frictionless` library.

    `read_codebook` checks the keys that the compendium adds; this checks those of the standard, when an export is
    cleaned. The library would take a file for a schema by its name alone, so it is given the content.
    """
    import frictionless  # slow to import, and only cleaning needs it

    try:
        frictionless.Schema.from_descriptor(yaml.safe_load(path.read_text(encoding="utf-8")))
    except frictionless.FrictionlessException as error:
        said = "; ".join([error.error.message, *(reason.message for reason in error.reasons)])
        raise InputError(f"{paths.shown(path)}: not a valid Table Schema: {said}") from error


@functools.cache
def codebook():
    """Return the codebook of this run: data-raw/codebook.yaml, or the file that CODEBOOK names."""
    return read_codebook(current_run().codebook)
