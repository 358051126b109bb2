"""The codebook: read, checked, and asked for names, labels and codes.

What an entry of codebook.yaml may hold is in `schema.fields`; every fault of a file is found at reading, all at once,
by `schema`.
"""

import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hotline import marked_yaml, paths
from hotline.errors import InputError, did_you_mean
from hotline.marked_yaml import Fault
from hotline.run import current_run
from hotline.schema import checks, shape, together, top
from hotline.schema.built_in import BUILT_IN
from hotline.schema.fields import MISSING, Field

MISSING_LABEL = "Not recorded"


class Codebook:
    """All variables, in order. ``book["sex"]`` is a Field; an unknown name raises InputError.

    Attributes
    ----------
    fields : {name: Field}
    sha256 : hash of the file
    title : what the file calls itself
    remarks : sentences about keys that are passed over though they once meant something
    """

    def __init__(self, fields: list[Field], sha256: str, title: str = "", remarks: list[str] | None = None):
        self.fields = {each.name: each for each in fields}
        self.sha256 = sha256
        self.title = title
        self.remarks = remarks or []

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
        With every fault, one on a line in the order of the file: file, line, field, what is wrong and what to do.
        Where the file is missing, or is no YAML in UTF-8, with that alone.
    """
    where = paths.shown(path)
    if not path.is_file():
        raise InputError(f"{where}: no such codebook; the compendium's own is data-raw/codebook.yaml")
    content = path.read_bytes()
    root = marked_yaml.compose(content, where, marked_yaml.WRITTEN)
    schema, faults = marked_yaml.written(root)
    if not isinstance(schema, dict) or not isinstance(schema.get("fields"), list):
        line = marked_yaml.line_of(root, ("fields",)) if root else 1
        copy = "start from a copy of data-raw/codebook.yaml"
        raise InputError(f'{where}, line {line}: expected a Table Schema with a list named "fields"; {copy}')
    entries = schema["fields"]
    names = {n: each["name"] for n, each in enumerate(entries) if isinstance(each, dict) and "name" in each}
    names = {n: name for n, name in names.items() if isinstance(name, str)}
    fields, remarks = {}, []
    for n, entry in enumerate(entries):
        field, wrong, passed_over = shape.read_field(entry, ("fields", n))
        faults += wrong
        remarks += passed_over
        if field:
            fields[n] = top.obeying(field, schema)
            faults += checks.faults_of(fields[n], ("fields", n))
    faults += [*top.faults_at_top(schema, list(names.values())), *together.faults_together(names, fields)]
    if faults:
        raise InputError("\n".join(_in_words(faults, root, names, where)))
    sha256 = hashlib.sha256(content).hexdigest()
    added = [field for name, field in BUILT_IN.items() if name not in names.values()]
    found = [*fields.values(), *added]
    return Codebook(found, sha256, schema.get("title") or "", _in_words(remarks, root, names, where))


def _in_words(faults: list[Fault], root, names: dict[int, str], where: str) -> list[str]:
    """Return faults as lines in the order of the file, each with file, line and field."""
    lines = {}
    for place, words in faults:
        line = marked_yaml.line_of(root, place)
        field = ""
        if place[0] == "fields" and len(place) > 1:
            field = f', field "{names[place[1]]}"' if place[1] in names else f", field {place[1] + 1} of the list"
        lines[f"{where}, line {line}{field}: {words}"] = line
    return sorted(lines, key=lines.get)
