"""params.yml, read and checked before any notebook runs.

What can be set in a notebook stands once, in its `parameters` cell: `name: type = default  # help`, with a type of
`parameter_types`, which states the values that are allowed. params.yml holds the values, a section per notebook and one
`shared`; a list instead of a value runs the notebook once for each. Its section `profiles` holds named sets of other
values, of which PROFILE=name on the command line takes one.
"""

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import TypeAdapter, ValidationError

from hotline import marked_yaml, paths
from hotline.errors import InputError, did_you_mean
from hotline.pipeline import notebook_source, parameter_types
from hotline.pipeline.notebook_source import code_cells, not_python

SHARED, PROFILES = "shared", "profiles"
ONCE = (*paths.OF_SIMULATION, "01-clean")  # whose results others read under their names
PART = re.compile(r"\w[\w.-]*")  # of a folder's name


@functools.cache
def _checker(name):
    """Return what checks values of a type."""
    return TypeAdapter(getattr(parameter_types, name))


@dataclass(frozen=True)
class Parameter:
    """What a notebook declares of one parameter: the name of its type, its default, and its help."""

    type: str
    default: object
    help: str

    @property
    def choices(self) -> tuple:
        """The values allowed, where the type lists them."""
        kind = getattr(parameter_types, self.type)
        return get_args(kind) if get_origin(kind) is Literal else ()

    @property
    def is_file(self) -> bool:
        """Whether the value is the path of a file, so that its content counts."""
        return self.type == "InputFile"

    @property
    def expected(self) -> str:
        """The values allowed, in words: ``int from 1 to 1000``."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        schema = _checker(self.type).json_schema()
        kind = {"integer": "int", "number": "float", "string": "str"}[schema["type"]]
        limits = f" from {schema['minimum']:g} to {schema['maximum']:.12g}" if "minimum" in schema else ""
        return kind + limits

    def complaint(self, value: object) -> str | None:
        """Return what is wrong with a value, in a few words, or None where it will do."""
        try:
            _checker(self.type).validate_python(value, strict=True)
        except ValidationError:
            hint = did_you_mean(value, self.choices)
            if self.expected == "str":
                hint = "; put it in quotes"
            return f"expected {self.expected}, found {value!r} ({type(value).__name__}){hint}"
        return None


def _declared_in(node, line):
    """Return the Parameter of a statement of the parameters cell; None where the statement has another form."""
    name = getattr(getattr(node, "annotation", None), "id", "")
    help_text = line.partition("#")[2].strip()
    if not help_text or not hasattr(parameter_types, name or "none"):
        return None
    try:
        return Parameter(name, ast.literal_eval(node.value), help_text)
    except (TypeError, ValueError):  # no default, or one that is computed
        return None


def declared(notebook: Path) -> dict[str, Parameter]:
    """Return {name: Parameter} of a notebook's parameters cell, in order.

    Raises InputError where a line of that cell is not ``name: type = default  # help`` with a type of
    `parameter_types`.
    """
    parameters = {}
    for number, (source, tags) in enumerate(code_cells(notebook), start=1):
        if "parameters" not in tags:
            continue
        try:
            statements = ast.parse(source).body
        except SyntaxError as error:
            raise not_python(notebook, number, error) from error
        for node in statements:
            line = source.splitlines()[node.lineno - 1]
            parameter = _declared_in(node, line)
            if not parameter:
                raise InputError(
                    f"{paths.shown(notebook)}: in the parameters cell, expected "
                    f'"name: type = default  # help" with a type of {parameter_types.__name__}, found "{line}"'
                )
            parameters[node.target.id] = parameter
    return parameters


def _compose(path):
    """Return the YAML nodes of params.yml, which know their lines."""
    where = paths.shown(path)
    if not path.exists():
        raise InputError(f"{where}: no such file; `git checkout {where}` brings it back")
    root = marked_yaml.compose(path.read_bytes(), where)
    if not isinstance(root, yaml.MappingNode):
        raise InputError(f"{where}, line 1: expected sections, each with names and values")
    return root


def _sections(node, where, kind="section"):
    """Return {name: (node, line)} of the mappings that a mapping holds, after checking that they are."""
    names, sections = [key.value for key, _ in node.value], {}
    for key, content in node.value:
        line = key.start_mark.line + 1
        if names.count(key.value) > 1:
            raise InputError(f'{where}, line {line}: {kind} "{key.value}" stands twice')
        if not isinstance(content, yaml.MappingNode):
            raise InputError(f'{where}, line {line}: {kind} "{key.value}" must hold "name: value" lines')
        sections[key.value] = (content, line)
    return sections


def _entries(node, where):
    """Return {section: ({name: (value, line)}, line)} of sections with names and values."""
    entries = {}
    for section, (content, line) in _sections(node, where).items():
        lines = {name.value: name.start_mark.line + 1 for name, _ in content.value}
        if len(lines) < len(content.value):
            raise InputError(f'{where}, line {line}: a name stands twice in "{section}"')
        values = [_value(node, where) for _, node in content.value]
        entries[section] = (dict(zip(lines, zip(values, lines.values(), strict=True), strict=True)), line)
    return entries


def _value(node, where):
    """Return the value that a node stands for; raises InputError for one that is none, such as the 30th of February."""
    try:
        return yaml.load(yaml.serialize(node), Loader=marked_yaml.TYPED)
    except ValueError as error:
        line = node.start_mark.line + 1
        raise InputError(f"{where}, line {line}: not a value ({error}); correct it, or put it in quotes") from error


def _read(path):
    """Return the sections of params.yml, as `_entries` has them, {profile: its sections}, and where profiles begin."""
    where, root = paths.shown(path), _compose(path)
    profiles, line = _sections(root, where).get(PROFILES, (yaml.MappingNode("", []), 1))
    profiles = {name: _entries(node, where) for name, (node, _) in _sections(profiles, where, "profile").items()}
    root.value = [(key, node) for key, node in root.value if key.value != PROFILES]
    return _entries(root, where), profiles, f"{where}, line {line}"


def _unknown(sections, declarations, where):
    """Yield a complaint for each section that is no notebook, and for each name that its notebook lacks."""
    shared_names = {name for parameters in declarations.values() for name in parameters}
    for section, (entries, line) in sections.items():
        if section != SHARED and section not in declarations:
            hint = did_you_mean(section, [SHARED, PROFILES, *declarations])
            yield f'{where}, line {line}: there is no notebook "{section}"{hint}'
            continue
        names = shared_names if section == SHARED else declarations[section]
        for name, (_, line) in entries.items():
            if name not in names:
                yield f'{where}, line {line}: unknown parameter "{name}" of "{section}"{did_you_mean(name, names)}'


def _merged(sections, profile):
    """Return sections in which the values of a profile have taken the place of the plain ones."""
    return {
        section: {**sections.get(section, ({}, 0))[0], **profile.get(section, ({}, 0))[0]}
        for section in {**sections, **profile}
    }


def _wrong_list(notebook, values):
    """Return why a notebook cannot run once for each of some values, which become parts of names of folders."""
    if notebook in ONCE:
        return "a list, but this notebook runs once; expected one value"
    if len(set(map(str, values))) < len(values):
        return "a value stands twice in the list"
    if any(not PART.fullmatch(str(value)) for value in values):
        return "a list, each of whose values becomes part of a folder's name; expected words or numbers"
    return None


def _wanted(merged, declarations, where):
    """Return ({notebook: {name: value, or a list of values}}, complaints) of merged sections."""
    wanted, complaints = {}, []
    for notebook, parameters in declarations.items():
        wanted[notebook] = {}
        for name, parameter in parameters.items():
            entries = {**merged.get(SHARED, {}), **merged.get(notebook, {})}
            if name not in entries:
                complaints.append(
                    f'{where}: "{name}" is missing under "{notebook}"; expected {parameter.expected}: {parameter.help}'
                )
                continue
            value, line = entries[name]
            if isinstance(value, list) and (why := _wrong_list(notebook, value)):
                complaints.append(f'{where}, line {line}: "{name}" of "{notebook}": {why}')
            for each in value if isinstance(value, list) and value else [value]:
                complaint = parameter.complaint(each)
                if complaint:
                    complaints.append(f'{where}, line {line}: "{name}" of "{notebook}": {complaint}')
            wanted[notebook][name] = value
    return wanted, complaints


def check(path: Path = paths.PARAMS, profile: str = "") -> dict[str, dict[str, Any]]:
    """Read params.yml and compare it, with each of its profiles, with every notebook's parameters cell.

    Returns
    -------
    dict
        {notebook: {name: value, or a list of values}} of the named profile, or of the plain values.

    Raises
    ------
    InputError
        Once, with every complaint: file, line and what is expected.
    """
    where, (sections, profiles, place) = paths.shown(path), _read(path)
    declarations = {name: declared(paths.notebook(name)) for name in notebook_source.names()}
    complaints, wanted = [], {}
    for name, overrides in {"": {}, **profiles}.items():
        complaints += _unknown(overrides if name else sections, declarations, where)
        wanted[name], found = _wanted(_merged(sections, overrides), declarations, where)
        complaints += found
    if profile not in wanted:
        listed = f"there are: {', '.join(profiles)}" if profiles else "there are none"
        hint = did_you_mean(profile, profiles)
        complaints.append(f"{place}: PROFILE={profile}, but no profile is called so; {listed}{hint}")
    if complaints:
        raise InputError("\n".join(dict.fromkeys(complaints)))
    return wanted[profile]
