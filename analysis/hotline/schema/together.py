"""Faults of a codebook's fields together: what is missing, what stands twice, and what refers to nothing."""

from collections.abc import Iterator

from hotline.errors import did_you_mean
from hotline.marked_yaml import Fault
from hotline.schema.built_in import BUILT_IN
from hotline.schema.fields import Field
from hotline.schema.texts import plain_heading

# Cleaning computes these from the times and the numbers of calls; they are no columns of an export.
COMPUTED = {
    "answered": "string",
    "waiting": "integer",
    "call_length": "integer",
    "earlier_calls": "integer",
    "later_call": "string",
    "year": "integer",
    "month": "string",
    "weekday": "string",
    "hour": "integer",
    "day": "date",
    "caller": "integer",
}
# The rules ask for these columns of an export, by their type.
COLUMNS = {
    "ticket_id": "string",
    "call_start": "datetime",
    "answer_time": "datetime",
    "call_end": "datetime",
    "caller_number": "string",
    "sex": "string",
    "stage": "string",
    "level": "string",
    "age": "number",
}
# The notebooks ask for these, wherever they come from.
OTHERS = ("call_type", "caller_relation", "city", "problem", "disposition", "follow_ups", "satisfaction")
DERIVED = ("hour_band", "region", "at_risk", "high_risk")
IDENTIFYING = ("ticket_id", "caller_number", "counsellor", "caller")
NUMBERS = ("follow_ups", "satisfaction")
# A codebook may describe these or not; where it does not, `BUILT_IN` does.
BUILT_ON = (*COLUMNS, *OTHERS, *(name for name in COMPUTED if name not in BUILT_IN), *DERIVED)
# The notebooks name these codes; a codebook gives them the labels of its hotline.
NEEDED_CODES = {
    "level": ("well", "imbalance", "high_risk"),
    "sex": ("female", "male"),
    "answered": ("yes", "no"),
    "later_call": ("yes", "no"),
    "at_risk": ("yes", "no"),
    "high_risk": ("yes", "no"),
    "caller_relation": ("pupil",),
    "stage": ("primary", "junior", "senior", "vocational", "not_in_school"),
    "hour_band": ("evening",),
    "disposition": ("counselling", "crisis"),
    "month": tuple(map(str, range(1, 13))),
    "weekday": tuple(map(str, range(1, 8))),
}
# Rules of the compendium's own, whose names a codebook's `exclude` cannot take.
OWN_RULES = (
    *("second-heading", "ragged-row", "total-row", "duplicate", "unreadable-time", "unknown-code", "damaged-number"),
    *("constraint", "impossible-time", "future-time", "same-ticket", "reconnect", "unanswered", "not-assessed"),
    *("without-number", "unassignable", "repeat-call"),
)


def faults_together(entries: dict[int, str], fields: dict[int, Field]) -> Iterator[Fault]:
    """Yield the faults of all fields together, each with its place from the top of the file.

    Parameters
    ----------
    entries : {position in the list "fields": name}, of all that have a name
    fields : {position: Field}, of those that could be read
    """
    yield from _twice(entries, "name")
    yield from _twice({n: each.header for n, each in fields.items() if each.header}, "header", plain_heading)
    for name in BUILT_ON:
        if name not in entries.values():
            yield Fault(("fields",), f'the variable "{name}" is missing; cleaning builds on it')
    by_name, names = {each.name: each for each in fields.values()}, set(entries.values())
    for n, each in fields.items():
        for within, words in (*_needs(each), *_reference(each, by_name, names)):
            yield Fault(("fields", n, *within), words)
    yield from _groups_of_nothing(fields)
    yield from _run_together(fields)


def _twice(found, key, compared=str):
    """Yield a fault for each of {position: text} that stands before it, too, in the form in which it is compared."""
    seen = set()
    for n, text in found.items():
        if compared(text) in seen:
            yield Fault(("fields", n, key), f'two fields have the {key} "{text}"; rename or leave out one')
        seen.add(compared(text))


def _needs(field):
    """Yield what the compendium needs of one of its own variables, or of any, and does not find."""
    kept, name = field.kept_codes, field.name
    for code in NEEDED_CODES.get(name, ()):
        if code not in kept:
            yield ("codes",), f'the code "{code}" is missing; the notebooks compare by it'
    if name in COMPUTED and field.header:
        yield ("header",), f'"{name}" is computed while cleaning; leave its header out, or rename a column of yours'
    if name in COLUMNS and not field.header:
        yield ("name",), f'"{name}" is a column of the export; give it its `header`'
    elif not (field.header or name in COMPUTED or field.bands_of or field.group_of or field.true_for):
        yield ("name",), "it has no `header`, and is not derived by `bands_of`, `group_of` or `true_for`; add one"
    expected = (COMPUTED | COLUMNS | {"counsellor": "string"}).get(name) or (
        "number" if name in NUMBERS else field.type
    )
    fits = field.numeric if expected == "number" else field.type == expected
    without = " without codes" if expected == "number" else ""
    if not fits:
        yield ("type",), f"\"type\" is '{field.type}'; cleaning needs {expected}{without}"
    if name in IDENTIFYING and field.sensitivity != "identifier":
        yield ("sensitivity",), f'"{name}" identifies callers or staff; write identifier'
    if name in IDENTIFYING and field.codes:
        yield ("codes",), f'"{name}" identifies callers or staff and has no codes; leave them out'
    for n, code in enumerate(field.codes):
        if code.exclude in OWN_RULES:
            yield ("codes", n, "exclude"), f'the compendium has a rule "{code.exclude}" of its own; rename this one'


def _reference(field, fields, names):
    """Yield what is wrong with the variable that one is derived from. {name: Field} may lack some of all `names`."""
    for key, source in (
        ("bands_of", field.bands_of),
        ("group_of", field.group_of),
        *(("true_for", name) for name in field.true_for),
    ):
        if source and source not in names:
            yield (key,), f'there is no variable "{source}"{did_you_mean(source, names)}'
    source = fields.get(field.bands_of)
    if source and not (source.numeric and (source.header or source.name in COMPUTED)):
        yield ("bands_of",), f'"{field.bands_of}" is not a number of the export, or one computed while cleaning'
    for key, name in (("group_of", field.group_of), *(("true_for", name) for name in field.true_for)):
        if name in fields and not ((fields[name].header or name in COMPUTED) and fields[name].categorical):
            yield (key,), f'"{name}" is not a column of the export with codes, or a category computed while cleaning'
    source = fields.get(field.group_of)
    if source and not any(code.group for code in source.codes):
        yield ("group_of",), f'no code of "{field.group_of}" has a `group`'
    for name, codes in field.true_for.items():
        known = [code.code for code in fields[name].codes] if name in fields else codes
        for code in codes:
            if code not in known:
                yield ("true_for", name), f'"{name}" has no code "{code}"{did_you_mean(code, known)}'


def _groups_of_nothing(fields):
    """Yield a fault for each `group` that is none of the codes of a variable in which it would lie."""
    for n, each in fields.items():
        groups = [group for group in fields.values() if group.group_of == each.name]
        for m, code in enumerate(each.codes):
            place = ("fields", n, "codes", m, "group")
            if code.group and not groups:
                yield Fault(place, f'no variable is a group of "{each.name}" (`group_of`); leave `group` out')
            for group in groups if code.group else []:
                if code.group not in (known := group.kept_codes):
                    hint = did_you_mean(code.group, known) or f"; expected one of {', '.join(known)}"
                    yield Fault(place, f'"{group.name}" has no code "{code.group}"{hint}')


def _run_together(fields):
    """Yield a fault for each code that makes, with its variable's name, the same name as another: "a" "b_c", "a_b" "c".

    The named values of a model are told apart by it.
    """
    owners = {}
    for n, each in fields.items():
        for m, code in enumerate(each.codes):
            if owners.setdefault(f"{each.name}_{code.code}", each.name) != each.name:
                other = owners[f"{each.name}_{code.code}"]
                words = f'with the name of its variable "{code.code}" reads as a code of "{other}" does; rename it'
                yield Fault(("fields", n, "codes", m), words)
