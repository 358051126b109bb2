"""Tables of published.yml for the documents: its numbers, their sources, and the findings of the original study.

Each function returns a table in Markdown with caption and label; the render step writes it where a document
includes it.
"""

from hotline import marked_yaml, paths
from hotline.errors import InputError
from hotline.pipe_table import captioned_table
from hotline.text import Markdown, escaped

FINDING = {"text", "here", "reproduced_by"}  # what the table of findings prints of each
NO_SOURCE = "assumption"  # the entry of `sources` that names none


def content() -> dict:
    """Return all of published.yml as it stands. Raises InputError where it is not such a file."""
    where = paths.shown(paths.PUBLISHED)
    read = marked_yaml.typed(paths.PUBLISHED.read_bytes(), where)
    if not isinstance(read, dict) or not {"sources", "findings"} <= read.keys():
        raise InputError(f"{where}: the topics sources and findings are missing")
    for number, each in enumerate(read["findings"] or (), start=1):
        if not isinstance(each, dict) or FINDING - each.keys():
            raise InputError(f"{where}: finding {number} needs {', '.join(sorted(FINDING))}")
    return read


def height(value: object) -> int:
    """Return how many tables lie within one another in a value: 0 for a number, 1 for {code: number}."""
    return 1 + max(map(height, value.values()), default=0) if isinstance(value, dict) else 0


def readable(value: object) -> str:
    """Return a value of published.yml as words: a table in a line, tables in tables by signs that take turns.

    >>> readable({"not_in_school": 2.6, "junior": 1.95})
    'not in school 2.6, junior 1.95'
    >>> readable({"by": "sex", "shares": {"male": {"junior": 0.35}, "female": {"junior": 0.38, "senior": 0.23}}})
    'by sex, shares (male: junior 0.35; female: junior 0.38, senior 0.23)'
    >>> readable({6: -1.8}), readable(["a", ""])
    ('6 = −1.8', 'a, (empty)')
    """
    if isinstance(value, list):
        return ", ".join(readable(each) or "(empty)" for each in value)
    if not isinstance(value, dict):
        text = str(value)
        return text.replace("-", "−") if isinstance(value, int | float) else text.replace("_", " ")
    heights, parts = {name: height(each) for name, each in value.items()}, []
    for name, each in value.items():
        label = f"{name} =" if isinstance(name, int) else readable(name)
        if heights[name] == 0:
            parts.append(f"{label} {readable(each)}")
        else:
            parts.append(f"{label}: {readable(each)}" if heights[name] % 2 else f"{label} ({readable(each)})")
    return ("; " if any(each % 2 for each in heights.values()) else ", ").join(parts)


def entries() -> list[tuple[str, str, dict]]:
    """Return (topic, name, entry) of every number that the simulator uses, in the order of the file."""
    topics = {topic: named for topic, named in content().items() if isinstance(named, dict) and topic != "sources"}
    return [(topic, name, entry) for topic, named in topics.items() for name, entry in named.items()]


def numbers() -> str:
    """Return the table of the simulator's numbers by topic, with how many have which status as its note."""
    all_entries, rows = entries(), []
    for topic, name, each in all_entries:
        if name == next(named for other, named, _ in all_entries if other == topic):
            rows.append([Markdown(f"**{escaped(topic)}**"), "", "", "", ""])
        source = Markdown(f"`{each['source']}`") if each["source"] != NO_SOURCE else ""
        rows.append([Markdown(f"`{name}`"), readable(each["value"]), each["status"], source, each.get("note", "")])
    status = [each["status"] for _, _, each in all_entries]
    counts = ", ".join(f"{status.count(kind)} {kind}" for kind in ("published", "borrowed", "derived", "assumed"))
    return captioned_table(
        ["Entry", "Value", "Status", "Source", "Note"],
        rows,
        "Every number of the simulator.",
        "tbl-numbers",
        Markdown(f"*Simulated data* are made from these. Of {len(all_entries)} entries the status is: {counts}."),
    )


def sources() -> str:
    """Return the table of the sources of the numbers, with how many entries rest on each."""
    used = [each["source"] for _, _, each in entries()]
    listed = {key: text for key, text in content()["sources"].items() if key != NO_SOURCE}
    rows = [[Markdown(f"`{key}`"), text, str(used.count(key))] for key, text in listed.items()]
    return captioned_table(["Source", "What it is", "Entries"], rows, "Sources of the numbers.", "tbl-sources")


def findings(simulated: bool) -> str:
    """Return the table of published and reproduced findings.

    What was found here stays a shortcode, so that it is filled in like any other value. Where it comes from
    (by construction, or emergent) has a meaning for simulated data only.
    """
    head = ["Published finding", "Here", *(["Nature"] if simulated else [])]
    rows = [
        [each["text"].rstrip("."), Markdown(each["here"]), *([each["reproduced_by"]] if simulated else [])]
        for each in content()["findings"]
    ]
    caption = Markdown("Findings of the original study, and what the {{< var study.data >}} data show.")
    return captioned_table(head, rows, caption, "tbl-reproduced")
