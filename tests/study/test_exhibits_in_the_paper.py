"""Every table and figure that a notebook leaves is in the paper, and every one in the paper is referred to."""

import json
import re

import pytest

from hotline import paths
from hotline.paper import sources
from hotline.pipeline import notebook_source
from hotline.text import slug

PAPER = paths.ROOT / "paper"
DOCUMENTS = {name: (PAPER / f"{name}.qmd").read_text(encoding="utf-8") for name in ("manuscript", "supplement")}


def included(text):
    """The exhibits in a document: {(step, kind, name)}."""
    found = [re.fullmatch(r"\.\./data-\w+/([^/]+)/(\w+)/(\w+)(?:\.md)?", path) for _, path, _ in sources.exhibits(text)]
    return {each.groups() for each in found if each}


def labels(name):
    """What a document can refer to: the labels that it gives, and those of the tables that it includes."""
    text = DOCUMENTS[name]
    own = set(re.findall(r"\{#((?:fig|tbl|eq)-[\w-]+)", text))
    parts = {each for each in own for whole in re.findall(r"::: \{#(fig-[\w-]+)", text) if each.startswith(f"{whole}-")}
    tables = {f"tbl-{slug(step)}-{table.replace('_', '-')}" for step, kind, table in included(text) if kind == "tables"}
    return own - parts | tables


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_exhibit_is_referred_to(name):
    beside = (PAPER / "tripod.md").read_text(encoding="utf-8") if "tripod.md" in DOCUMENTS[name] else ""
    assert labels(name), "the test finds no exhibit"
    assert labels(name) - set(re.findall(r"@((?:fig|tbl|eq)-[\w-]*\w)", DOCUMENTS[name] + beside)) == set()


@pytest.mark.parametrize("notebook", [name for name in notebook_source.names() if name != "simulate"])
def test_every_exhibit_of_a_notebook_is_in_the_paper(notebook):
    """For a notebook that runs once for each outcome: for one of them at least."""
    cells = json.loads(paths.notebook(notebook).read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    shown = included("\n".join(DOCUMENTS.values()))
    for kind in ("tables", "figures"):
        promised = re.search(rf"begin\([^)]*?{kind}=\[([^\]]*)\]", code)
        for name in re.findall(r'"(\w+)"', promised.group(1) if promised else ""):
            steps = {step for step, which, exhibit in shown if (which, exhibit) == (kind, name)}
            assert any(step == notebook or step.startswith(f"{notebook}-") for step in steps), f"{kind}: {name}"
