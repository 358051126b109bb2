"""YAML whose values know their lines, so that a fault in params.yml or a codebook can be named where it stands.

`compose` gives a file's nodes, or one sentence about why it cannot be read. `written` turns nodes into plain values in
which every scalar is the text as it is written: `1`, `no` and `2021-03-01` are texts, whatever YAML takes them for.
`typed` gives the values as YAML takes them.
`line_of` finds the line of a value by its place.
"""

import codecs
import re
from typing import Any, NamedTuple

import yaml

from hotline.errors import InputError

# The fast ones, where PyYAML was built with them. `WRITTEN` resolves no scalar.
TYPED = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WRITTEN = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
NOT_YET = object()
DEEPEST = 50  # lists and mappings within one another
NULLS = ("", "~", "null", "Null", "NULL")
PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
CONFLICT = re.compile(r"^(<<<<<<<|>>>>>>>)( |$)", re.MULTILINE)
INDENTED_BY_TAB, TAB = re.compile(r"\s*\t"), "indent with spaces, not with a tab"
# What a complaint of the parser usually comes from.
REMEDIES = {
    "mapping values are not allowed": "put a text with a colon in quotes; keys stand in one column",
    "cannot start any token": "put a text that begins with this character in quotes",
    "quoted scalar": "a quotation mark is not closed, or stands inside a text in quotes",
    "undefined alias": "a text that begins with * stands in quotes",
    "block mapping": "the keys of an entry stand in one column",
    "block collection": "the entries of a list stand in one column, each after a dash",
    "flow": "a bracket is not closed, or a comma is missing between two entries",
    "expected a single document": "leave out the line ---",
}
CHECK = "compare the line and the one above with data-raw/codebook.yaml or params.yml as they came"


class Fault(NamedTuple):
    """What is wrong in a file: the place as keys and positions from the top, and the sentence about it."""

    place: tuple
    words: str


def decoded(content: bytes, where: str) -> str:
    """Return a text in UTF-8, with or without a mark, or in UTF-16 with one. Raises InputError for another.

    `where` is the name of its file, for the message.
    """
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise InputError(f"{where}, line {line}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    if strange := UNPRINTABLE.search(text):
        line = 1 + text.count("\n", 0, strange.start())
        raise InputError(f"{where}, line {line}: not a text in UTF-8; save it as UTF-8, without control characters")
    if mark := CONFLICT.search(text):
        line = 1 + text.count("\n", 0, mark.start())
        raise InputError(f"{where}, line {line}: the mark of a merge that git left unfinished; choose one version")
    return text


def compose(content: bytes, where: str, loader: type = TYPED) -> yaml.Node | None:
    """Return the node at the top of the content of a YAML file, called `where`; None where it is empty.

    Raises InputError, with the line and a remedy, where it is not UTF-8 or not YAML.
    """
    text = decoded(content, where)
    try:
        _refuse_depth(text, where)
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, (error.context, error.problem)))
        line = mark.line + 1 if mark else 1
        tab = INDENTED_BY_TAB.match("".join(text.splitlines()[line - 1 : line]))
        remedy = TAB if tab else next((words for sign, words in REMEDIES.items() if sign in said), CHECK)
        raise InputError(f"{where}, line {line}: not readable as YAML ({error.problem}); {remedy}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not readable as YAML; {CHECK}") from error


def typed(content: bytes, where: str) -> Any:
    """Return the content of a YAML file, called `where`, in the types that YAML gives it. Raises as `compose` does."""
    node = compose(content, where)
    try:
        return None if node is None else TYPED("").construct_document(node)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise InputError(f"{where}: a value is not of the type that it seems to have; put it in quotes") from error


def _refuse_depth(text, where):
    """Raise InputError for lists within lists without end, on which the composer would crash."""
    depth = 0
    for event in yaml.parse(text, Loader=WRITTEN):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1
            raise InputError(f"{where}, line {line}: more than {DEEPEST} lists within one another; {CHECK}")


def written(node: yaml.Node | None) -> tuple[Any, list[Fault]]:
    """Return a node composed by `WRITTEN` as dicts, lists and texts, with the faults of its form.

    A value that is left out, or written ``null`` without quotes, is None. Merge keys (``<<``) are followed. Faults are
    keys that stand twice, keys that are no texts, tags, and nodes within themselves.
    """
    faults = []
    return (None if node is None else _plain(node, (), faults, {})), faults


def _plain(node, place, faults, done):
    """Return the plain value of a node; `done` has those of the nodes before it, since aliases name one node twice."""
    if id(node) not in done:
        done[id(node)] = NOT_YET
        done[id(node)] = _fresh(node, place, faults, done)
    elif done[id(node)] is NOT_YET:
        faults.append(Fault(place, "an alias stands within what it names; write the entry out"))
        return None
    return done[id(node)]


def _fresh(node, place, faults, done):
    """Return the plain value of a node that has not been met before."""
    if node.tag not in PLAIN_TAGS:
        faults.append(Fault(place, f'the tag "{_short_tag(node.tag)}" is not read; leave it out'))
        return None
    if isinstance(node, yaml.ScalarNode):
        return None if not node.style and node.value in NULLS else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, (*place, position), faults, done) for position, each in enumerate(node.value)]
    own, merged = {}, {}
    for key, content in node.value:
        if not isinstance(key, yaml.ScalarNode):
            faults.append(Fault(place, "a key is a list; a key is a text, such as name"))
        elif _is_merge(key):
            for each in reversed(content.value if isinstance(content, yaml.SequenceNode) else [content]):
                more = _plain(each, place, faults, done)
                merged |= more if isinstance(more, dict) else {}
        elif key.value in own:
            faults.append(Fault((*place, key.value), f'the key "{key.value}" stands twice; leave one of them out'))
        else:
            own[key.value] = _plain(content, (*place, key.value), faults, done)
    return merged | own


def _short_tag(tag):
    """Return a tag as it is written."""
    return tag.replace("tag:yaml.org,2002:", "!!")


def _is_merge(key):
    """Whether a key is that of a merge."""
    return key.value == "<<" and not key.style


def line_of(node: yaml.Node, place: tuple) -> int:
    """Return the line, from 1, of the value at a place: keys and positions from the top, as far as they lead."""
    line = node.start_mark.line
    for step in place:
        found = _step(node, step)
        if found is None:
            break
        line, node = found
    return line + 1


def _step(node, step):
    """Return (line, node) of an entry of a node; None where it has none. The last of equal keys is the one meant."""
    if isinstance(node, yaml.SequenceNode):
        inside = isinstance(step, int) and step < len(node.value)
        return (node.value[step].start_mark.line, node.value[step]) if inside else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, content in reversed(node.value):
        if key.value == step:
            return key.start_mark.line, content
    for key, content in node.value:
        if _is_merge(key):
            for each in content.value if isinstance(content, yaml.SequenceNode) else [content]:
                if found := _step(each, step):
                    return found
    return None
