"""params.yml, read and checked before any notebook runs.

What a notebook can be told stands once, in its `parameters` cell: `name: type = default  # help`, where
the help of a number ends in "from A to B" and that of a choice in "one of A, B". params.yml holds the
values, a section per notebook and one `shared`; a list instead of a value runs the notebook once for each.
Its section `profiles` holds named sets of other values, of which PROFILE=name on the command line takes one.
"""

import ast
import functools
import json
import re
from dataclasses import dataclass

import yaml

from hotline import paths
from hotline.errors import InputError, did_you_mean
from hotline.run import current_run

SHARED, PROFILES = "shared", "profiles"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one, where PyYAML was built with it
TYPES = {"int": int, "float": float, "str": str, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """What a notebook declares of one parameter."""

    type: str
    default: object
    help: str

    @property
    def range(self):
        """The least and the greatest value allowed, or None where the help names no range."""
        found = re.search(r"from (-?[\d.]+) to (-?[\d.]+)\s*$", self.help)
        return (float(found[1]), float(found[2])) if found else None

    @property
    def choices(self):
        """The values allowed, or None where the help lists none."""
        found = re.search(r"one of ([\w, -]+)\s*$", self.help)
        return [each.strip() for each in found[1].split(",")] if found else None

    def complaint(self, value):
        """Return what is wrong with a value, in a few words, or None where it will do."""
        whole_for_float = self.type == "float" and type(value) is int
        if type(value) is not TYPES[self.type] and not whole_for_float:
            hint = "; put it in quotes" if self.type == "str" else ""
            return f"expected {self.type}, found {value!r} ({type(value).__name__}){hint}"
        if self.range and not self.range[0] <= value <= self.range[1]:
            return f"expected a value from {self.range[0]:g} to {self.range[1]:g}, found {value!r}"
        if self.choices and value not in self.choices:
            return f"expected one of {', '.join(self.choices)}, found {value!r}{did_you_mean(value, self.choices)}"
        return None


def code_cells(notebook):
    """Return the code cells of a notebook file as (source, tags) pairs, in order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell["metadata"].get("tags", [])) for cell in cells if cell["cell_type"] == "code"
    ]


def declared(notebook):
    """Return {name: Parameter} of a notebook's parameters cell, in order.

    Raises InputError where a line of that cell is not ``name: type = default  # help``.
    """
    found = {}
    for source, tags in code_cells(notebook):
        if "parameters" not in tags:
            continue
        lines = source.splitlines()
        for node in ast.parse(source).body:
            line = lines[node.lineno - 1]
            if not isinstance(node, ast.AnnAssign) or node.annotation.id not in TYPES or "#" not in line:
                raise InputError(
                    f"{paths.shown(notebook)}: in the parameters cell, expected "
                    f'"name: type = default  # help", found "{line}"'
                )
            found[node.target.id] = Parameter(
                node.annotation.id, ast.literal_eval(node.value), line.split("#", 1)[1].strip()
            )
    return found


def notebooks():
    """Return the names of all notebooks of the compendium: those of the simulation, then the study's in order."""
    return [*paths.OF_SIMULATION, *sorted(file.stem for file in paths.ANALYSIS.glob("[0-9][0-9]-*.ipynb"))]


def _compose(path):
    """Return the YAML nodes of params.yml, which know their lines."""
    where = paths.shown(path)
    if not path.exists():
        raise InputError(f"{where}: no such file; `git checkout {where}` brings it back")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        line = error.problem_mark.line + 1 if getattr(error, "problem_mark", None) else 1
        raise InputError(f"{where}, line {line}: not readable as YAML ({error.problem})") from error
    if not isinstance(root, yaml.MappingNode):
        raise InputError(f"{where}, line 1: expected sections, each with names and values")
    return root


def _sections(node, where, kind="section"):
    """Return {name: (node, line)} of the mappings that a mapping holds, after checking that they are."""
    names, found = [key.value for key, _ in node.value], {}
    for key, held in node.value:
        line = key.start_mark.line + 1
        if names.count(key.value) > 1:
            raise InputError(f'{where}, line {line}: {kind} "{key.value}" stands twice')
        if not isinstance(held, yaml.MappingNode):
            raise InputError(f'{where}, line {line}: {kind} "{key.value}" must hold "name: value" lines')
        found[key.value] = (held, line)
    return found


def _entries(node, where):
    """Return {section: ({name: (value, line)}, line)} of sections with names and values."""
    found = {}
    for section, (held, line) in _sections(node, where).items():
        lines = {name.value: name.start_mark.line + 1 for name, _ in held.value}
        if len(lines) < len(held.value):
            raise InputError(f'{where}, line {line}: a name stands twice in "{section}"')
        values = yaml.load(yaml.serialize(held), Loader=LOADER).values()
        found[section] = (dict(zip(lines, zip(values, lines.values(), strict=True), strict=True)), line)
    return found


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
        known = shared_names if section == SHARED else declarations[section]
        for name, (_, line) in entries.items():
            if name not in known:
                yield f'{where}, line {line}: unknown parameter "{name}" of "{section}"{did_you_mean(name, known)}'


def _merged(sections, profile):
    """Return sections in which the values of a profile have taken the place of the plain ones."""
    return {
        section: {**sections.get(section, ({}, 0))[0], **profile.get(section, ({}, 0))[0]}
        for section in {**sections, **profile}
    }


def _wanted(merged, declarations, where):
    """Return ({notebook: {name: value, or a list of values}}, complaints) of merged sections."""
    wanted, complaints = {}, []
    for notebook, parameters in declarations.items():
        wanted[notebook] = {}
        for name, parameter in parameters.items():
            entries = {**merged.get(SHARED, {}), **merged.get(notebook, {})}
            if name not in entries:
                complaints.append(
                    f'{where}: "{name}" is missing under "{notebook}"; expected {parameter.type}: {parameter.help}'
                )
                continue
            value, line = entries[name]
            if isinstance(value, list) and len(set(map(str, value))) < len(value):
                complaints.append(f'{where}, line {line}: "{name}" of "{notebook}": a value stands twice in the list')
            for each in value if isinstance(value, list) and value else [value]:
                complaint = parameter.complaint(each)
                if complaint:
                    complaints.append(f'{where}, line {line}: "{name}" of "{notebook}": {complaint}')
            wanted[notebook][name] = value
    return wanted, complaints


def check(path=paths.PARAMS, profile=""):
    """Read params.yml and hold it, with each of its profiles, against every notebook's parameters cell.

    Returns {notebook: {name: value, or a list of values}} of the named profile, or of the plain values.
    Raises one InputError that lists every complaint with file, line and expectation.
    """
    where, (sections, profiles, place) = paths.shown(path), _read(path)
    declarations = {name: declared(paths.notebook(name)) for name in notebooks()}
    complaints, wanted = [], {}
    for name, overrides in {"": {}, **profiles}.items():
        complaints += _unknown(overrides if name else sections, declarations, where)
        wanted[name], found = _wanted(_merged(sections, overrides), declarations, where)
        complaints += found
    if profile not in wanted:
        known = f"there are: {', '.join(profiles)}" if profiles else "there are none"
        hint = did_you_mean(profile, profiles)
        complaints.append(f"{place}: PROFILE={profile}, but no profile is called so; {known}{hint}")
    if complaints:
        raise InputError("\n".join(dict.fromkeys(complaints)))
    return wanted[profile]


def runs(path=paths.PARAMS):
    """Return {step: (notebook, parameters)} for every run of every notebook, in order, under PROFILE.

    A parameter with a list of values makes one step per value, named NOTEBOOK-VALUE.
    """
    return _runs(path, current_run().profile)


@functools.cache
def _runs(path, profile):
    """Return the runs under a profile; read once, since each step asks for them."""
    steps = {}
    for notebook, parameters in check(path, profile).items():
        listed = [name for name, value in parameters.items() if isinstance(value, list)]
        if len(listed) > 1:
            raise InputError(
                f'{paths.shown(path)}: only one parameter of "{notebook}" may be a list; found {", ".join(listed)}'
            )
        if not listed:
            steps[notebook] = (notebook, parameters)
        for value in parameters[listed[0]] if listed else []:
            steps[f"{notebook}-{value}"] = (notebook, {**parameters, listed[0]: value})
    return steps
