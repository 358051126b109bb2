"""Faults of one field of a codebook, beyond the form of its keys."""

import re
from collections.abc import Iterator

from hotline.marked_yaml import Fault
from hotline.schema.constraints import wrong_constraints
from hotline.schema.fields import MISSING, Field
from hotline.schema.names import wrong_name
from hotline.schema.texts import tidied
from hotline.schema.time_formats import wrong_formats

# The only variables of their type that can do without codes: they identify, or become other variables.
IDENTIFIERS = ("ticket_id", "caller_number", "counsellor")
TIMES = ("call_start", "answer_time", "call_end")
MOST_DECIMALS = 6
MOST_CODES = 255  # a position is stored in a byte
LONGEST_LABEL = 200  # characters; what is longer has no room in a table or a figure
LONGEST_TEXT = 1000  # characters; cleaning cuts off what is longer
RULE = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
CODE = re.compile("[A-Za-z0-9_]+")


def faults_of(field: Field, place: tuple) -> Iterator[Fault]:
    """Yield the faults of one field, each with its place below that of the field."""
    if why := wrong_name(field.name):
        yield Fault((*place, "name"), why)
    for check in (_type, _texts, _codes, _source, _formats, _number):
        for within, words in check(field):
            yield Fault((*place, *within), words)
    for key, words in wrong_constraints(field):
        yield Fault((*place, "constraints", key), f'"constraints": {words}')


def _type(field):
    """Yield what is wrong with a variable's type."""
    if field.type == "string" and not field.codes and field.name not in IDENTIFIERS:
        yield ("type",), "a text without codes cannot be counted; give it `codes`, or leave the field out"
    if field.type == "datetime" and field.name not in TIMES:
        yield ("type",), f"the only times are {', '.join(TIMES)}; take date, or leave the field out"
    if field.codes and field.type in ("number", "datetime", "date"):
        yield ("codes",), f"\"type\" is '{field.type}', which has no codes; take string, or leave the codes out"
    if field.type == "number" and field.decimals is None:
        yield ("type",), 'a number is kept at a stated scale; add "decimals: 1" (0 to 6), or take integer'
    elif field.decimals is not None and field.type != "number":
        yield ("decimals",), f'"decimals" are those of a number, but "type" is \'{field.type}\''
    elif field.decimals is not None and not 0 <= field.decimals <= MOST_DECIMALS:
        yield ("decimals",), f'"decimals" is {field.decimals}; expected 0 to {MOST_DECIMALS}'


def _texts(field):
    """Yield what is wrong with titles and with the texts that an export may write."""
    labels = {(key,): getattr(field, key) for key in ("title", "title_zh")}
    labels |= {("codes", n, key): getattr(code, key) for n, code in enumerate(field.codes) for key in ("en", "zh")}
    for within, text in labels.items():
        if not text.strip():
            yield within, f'"{within[-1]}" is empty; expected a text'
        elif len(text) > LONGEST_LABEL:
            words = f"has {len(text)} characters; a label of at most {LONGEST_LABEL} has room in tables and figures"
            yield within, f'"{within[-1]}" {words}. Shorten it; a longer text of the export may be a synonym'
    read = [(("missing", n), text) for n, text in enumerate(field.missing)]
    read += [
        (("codes", n, "synonyms", m), text)
        for n, code in enumerate(field.codes)
        for m, text in enumerate(code.synonyms)
    ]
    for within, text in read:
        if len(text) > LONGEST_TEXT:
            yield within, f'an entry of "{within[-2]}" has more than {LONGEST_TEXT} characters'
    if (field.header is not None and field.header != field.header.strip()) or field.header == "":
        yield ("header",), "the header is empty or has spaces around it; write it without them"
    elif field.needed and not field.header:
        yield ("needed",), '"needed" is true of a column of the export; give the field its `header`'


def _codes(field):
    """Yield what is wrong with a variable's codes, their order or their spellings."""
    names = [code.code for code in field.codes]
    if len(names) > MOST_CODES:
        yield ("codes",), f"{len(names)} codes; expected at most {MOST_CODES}"
    for n, name in enumerate(names):
        if name in names[:n] or name == MISSING:
            yield ("codes", n), f'every code must occur once, and none may be called "{MISSING}"; rename "{name}"'
        elif not CODE.fullmatch(name):
            yield (
                ("codes", n),
                f'the code "{name}" is not of letters, digits and "_" alone; rename it (labels are free)',
            )
    if field.ordered and not names:
        yield ("ordered",), '"ordered" is true; expected true only with codes'
    if field.reference is not None and field.reference not in field.kept_codes:
        out = "leaves the study" if field.reference in names else "is not among its codes"
        yield ("reference",), f'the reference "{field.reference}" {out}; choose another'
    for n, code in enumerate(field.codes):
        if code.exclude is not None and not field.header:
            yield (
                ("codes", n, "exclude"),
                '"exclude" is obeyed on a column of the export; this variable has no `header`',
            )
        elif code.exclude is not None and not RULE.fullmatch(code.exclude):
            yield ("codes", n, "exclude"), f'the rule "{code.exclude}" is not of small letters, digits and "-" alone'
    yield from _spelt_twice(field)


def _spelt_twice(field):
    """Yield the texts that stand for more than one code, or for a code and for "not recorded"."""
    owners = {tidied(text): ("missing",) for text in field.missing}
    for n, code in enumerate(field.codes):
        for text in (code.zh, *code.synonyms):
            if owners.setdefault(tidied(text), ("codes", n)) != ("codes", n):
                words = "is written for more than one code, or for one and under `missing`; leave one of them out"
                yield ("codes", n), f"{text} {words}"


def _source(field):
    """Yield what is wrong with where a variable comes from: its column, or another variable."""
    sources = [key for key in ("header", "bands_of", "group_of", "true_for") if getattr(field, key)]
    if len(sources) > 1:
        yield (sources[1],), f'"{sources[0]}" and "{sources[1]}" exclude each other; leave one of them out'
    if len(field.true_for) > 1:
        yield ("true_for",), f'"true_for" names {len(field.true_for)} variables; expected one'
    if field.true_for and {"yes", "no"} - set(field.kept_codes):
        yield ("true_for",), '"true_for" needs the codes "yes" and "no"'
    bounds = [code.below for code in field.codes[:-1]]
    if field.bands_of and (not bounds or None in bounds or bounds != sorted(set(bounds)) or field.codes[-1].below):
        yield ("bands_of",), '"bands_of" needs codes in ascending order, each but the last with `below`'
    elif not field.bands_of and any(code.below is not None for code in field.codes):
        yield ("codes",), '"below" is the bound of a band; add `bands_of`, or leave it out'


def _formats(field):
    """Yield what is wrong with the forms of a time."""
    if field.formats and field.type not in ("datetime", "date"):
        yield ("formats",), f'"formats" are those of a time, but "type" is \'{field.type}\''
        return
    for position, words in wrong_formats(field.formats, day_only=field.type == "date"):
        yield ("formats", position), words


def _number(field):
    """Yield what is wrong with how callers' numbers are written."""
    stated = [key for key in ("withheld", "country_code") if getattr(field, key)]
    stated += ["normalise"] * (field.normalise != "telephone")
    if stated and field.name != "caller_number":
        yield (stated[0],), '"withheld", "normalise" and "country_code" are keys of caller_number alone'
    if field.country_code and not re.fullmatch("[1-9][0-9]{0,2}", field.country_code):
        yield ("country_code",), f'"country_code" is {field.country_code!r}; expected one to three digits, such as 86'
    if field.country_code and field.normalise == "text":
        yield ("country_code",), '"country_code" belongs to telephone numbers, but "normalise" is "text"'
