"""The drawing of ARCHITECTURE.md, made from the imports of the library and the order of the steps.

python tests/support/drawing.py     (make architecture)
"""

import ast
import json
from pathlib import Path

import grimp

from hotline import paths
from hotline.pipeline import notebook_source, schedule

PAGE = paths.ROOT / "ARCHITECTURE.md"
START, END = "<!-- made by make architecture -->\n", "<!-- to here -->\n"


def package(module: str) -> str:
    """The box of a module: countstats, a package of hotline, `study` that runs all, or the vocabulary at the root."""
    top, *inner = module.split(".")
    if top == "countstats":
        return top
    at_top = inner and (inner[0] == "study" or (paths.ANALYSIS / top / inner[0]).is_dir())
    return inner[0] if at_top else "vocabulary"


def vocabulary() -> list[str]:
    """The modules at the root of hotline that its packages share."""
    return sorted({file.stem for file in (paths.ANALYSIS / "hotline").glob("*.py")} - {"__init__", "study"})


def imports() -> dict[str, list[str]]:
    """Which packages each package of the library imports, without itself and the vocabulary that all may use."""
    graph = grimp.build_graph("hotline", "countstats", cache_dir=None)
    boxes = {package(module): set() for module in graph.modules}
    for module in graph.modules:
        boxes[package(module)] |= {package(each) for each in graph.find_modules_directly_imported_by(module)}
    return {box: sorted(used - {box, "vocabulary"}) for box, used in sorted(boxes.items()) if box != "vocabulary"}


def used_by(notebook: str) -> list[str]:
    """The packages that a notebook imports."""
    cells = json.loads(paths.notebook(notebook).read_text(encoding="utf-8"))["cells"]
    code = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    modules = [f"{node.module}.{each.name}" for node in nodes for each in node.names]
    return sorted({package(each) for each in modules if each.startswith(("hotline", "countstats"))} - {"vocabulary"})


def node(notebook: str) -> str:
    """A notebook as a box: its name, and the packages that it imports."""
    return f'    {notebook}["<b>{notebook}</b><br/>{", ".join(used_by(notebook))}"]'


def drawing() -> str:
    """The study and the library as a Mermaid flowchart."""
    notebooks = notebook_source.names()
    later = [name for name in notebooks if "01-clean" in schedule.after(name)]
    lines = ["```mermaid", "flowchart LR"]
    lines += ['  subgraph study["The study: a notebook, and the packages that it imports"]', "    direction LR"]
    lines += [node(name) for name in notebooks]
    lines += [
        f"    {before} -- export.csv --> {name}"
        for name in notebooks
        for before in schedule.after(name)
        if name not in later
    ]
    lines += ['    tally{{"tally: counts by named variables"}}', '    documents(["manuscript, supplement"])']
    lines += ["    01-clean -- calls, cases --> tally"]
    lines += [f"    tally --> {name} --> documents" for name in later]
    lines += ["    recovery --> documents", "  end"]
    lines += ['  subgraph library["The library: an arrow is an import"]', "    direction TB"]
    boxes = imports()
    lines += [f'    package-{box}["{box}"]' for box in boxes]
    lines += [f"    package-{box} --> package-{used}" for box, those in boxes.items() for used in those]
    lines += [
        f'    vocabulary["{", ".join(vocabulary())}:<br/>all of hotline may import these"]',
        "  end",
    ]
    return "\n".join([*lines, "```", ""])


def redrawn(page: str) -> str:
    """A page with the drawing of today between its marks."""
    before, _, rest = page.partition(START)
    _, _, behind = rest.partition(END)
    return before + START + drawing() + END + behind


def main(page: Path = PAGE) -> None:
    """Put the drawing of today into ARCHITECTURE.md."""
    page.write_text(redrawn(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
