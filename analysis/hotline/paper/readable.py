"""Whether the files of the paper can be read at all: UTF-8, YAML and BibTeX, and every fault with its line.

pandoc's own words on such files name neither the file nor always the line, and of two references with one key it
prints one and says nothing.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from hotline import marked_yaml, paths
from hotline.errors import InputError

TEXTS = (".qmd", ".md", ".bib", ".yml", ".lua", ".typ", ".css")
# The beginning of an entry on its line: its type, and its key where it has one.
_ENTRY = re.compile(r"\s*@\s*(\w+)\s*[{(]\s*([^\s,{}()=\"]*)\s*(,?)")
_WITHOUT_KEY = ("comment", "preamble", "string")
_BRACE = re.compile(r"\\.|([{}])")  # one behind a backslash opens and closes nothing


def refuse_unreadable(files: Iterable[Path]) -> None:
    """Raise InputError, naming each fault with its line, where a file is not what its ending says."""
    faults = []
    for file in files:
        if file.suffix not in TEXTS:
            continue
        where, content = paths.shown(file), file.read_bytes()
        try:
            text = content.decode("utf-8")
            if file.suffix == ".yml":
                marked_yaml.compose(content, where)
        except UnicodeDecodeError as error:
            line = 1 + content[: error.start].count(b"\n")
            faults.append(f"{where}, line {line}: not UTF-8; save the file in UTF-8")
        except InputError as error:
            faults.append(str(error))
        else:
            faults += [f"{where}, {fault}" for fault in (bibtex_faults(text) if file.suffix == ".bib" else ())]
    if faults:
        raise InputError("\n".join(faults))


def bibtex_faults(text: str) -> list[str]:
    """Return what is wrong with a BibTeX file, each with its line: braces, keys that are missing or stand twice.

    An entry begins on a line of its own, as programs write it. Such a line within another entry means that this one is
    not closed.
    """
    faults, seen, depth, began = [], {}, 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if entry := _ENTRY.match(line):
            if depth:
                faults.append(f"line {began}: the entry that begins here is not closed by a brace")
            depth, began, (kind, key, comma) = 0, number, entry.groups()
            if kind.lower() not in _WITHOUT_KEY:
                if not key or not (comma or entry.end() == len(line.rstrip())):
                    faults.append(f"line {number}: the entry has no key; expected @{kind}{{key,")
                elif key in seen:
                    faults.append(f'line {number}: the key "{key}" stands in line {seen[key]} already; rename one')
                seen.setdefault(key, number)
        for brace in _BRACE.findall(line):
            depth += {"{": 1, "}": -1, "": 0}[brace]
            if depth < 0:
                faults.append(f"line {number}: a brace closes what is not open")
                depth = 0
    if depth:
        faults.append(f"line {began}: the entry that begins here is not closed by a brace")
    return faults
