"""The sources of manuscript and supplement: the files that they need, and the texts of their named numbers.

Everything here is cheap, because a second `make paper` asks it only to find that nothing has changed.
"""

import json
import re
from pathlib import Path

from hotline import paths
from hotline.errors import NOT_ESTIMATED, InputError
from hotline.paper.readable import refuse_unreadable
from hotline.pipeline.fingerprint import library
from hotline.provenance import sha256
from hotline.run import current_run
from hotline.text import escaped, escaped_block, slug

# The files of paper/ that both documents use besides their own source.
SHARED = (
    "_quarto.yml",
    "references.bib",
    "quarto-subset.lua",
    "shapes.lua",
    "table-widths.lua",
    "template.typ",
    "style.typ",
    "style.css",
    "tripod.md",
)
# The documents' way to data-derived/, from paper/.
UP = "../data-derived/"

_INCLUDE = re.compile(r"\{\{<\s+include\s+(\S+)\s+>\}\}")
_IMAGE = re.compile(r"!\[[^\n]*?\]\(([^)\s]+)\)\{")
# The tables that the render step writes from published.yml, where a document includes them.
GENERATED = ("_findings.md", "_numbers.md", "_sources.md")
_VALUE = re.compile(r"\{\{<\s+var\s+(\w+)\.(\w+)\s+>\}\}")
_LABEL = re.compile(r" \{#[\w-]+\}$", re.MULTILINE)
NO_VALUE = "–"  # what the documents print for a value of a step that found nothing to estimate
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)

BANNER = "Simulated data"
# What the manuscript says of its data, by where they come from: {{< var study.data >}} and so on.
SIMULATED = {
    "data": "simulated",
    "banner": f"{BANNER}: nothing here is a finding about real pupils",
    "conclusion": "The results come from counts alone and describe the simulator.",
    "source": "The supplement writes down the model of the simulator, names every number of it with source and status, "
    "and reports how well an analysis finds its coefficients again.",
    "nature": "*Construction* means that the finding was put into the simulator; agreement then shows that the "
    "analysis finds what is there. *Emergent* means that it was not.",
    "meaning": "The results show what the analysis does and what its output looks like; they confirm no finding "
    "of the original study.",
    "pattern": "The chain from export to manuscript works at the size of the original study. What it shows here "
    "concerns the method, not pupils.",
    "limitation": "The data are simulated, calibrated to abstracts and to neighbouring studies; most numbers of the "
    "simulator are assumptions and are marked so.",
}
RECORDED = {
    "data": "recorded",
    "banner": "From call records: not for publication",
    "conclusion": "The results come from counts alone.",
    "source": "They are one hotline's own export.",
    "nature": "The two studies differ in their records, so that neither confirms the other.",
    "meaning": "They come from one hotline's own records and were not protected against disclosure.",
    "pattern": "The chain from export to manuscript answers the questions of the original study for another set of "
    "records.",
    "limitation": "The data are what counsellors wrote down during calls.",
}


# And what could be estimated, where nothing stood in the way.
ALL_ESTIMATED = "Every analysis had enough records for its estimates; what single tables lack, their notes say."


def records() -> list[dict]:
    """Return the values.json of every finished step as a dictionary."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in value_files()]


def is_simulated() -> bool:
    """Return whether the finished steps used simulated data, as each of them recorded.

    Raises InputError where some did and others did not: such a paper would be neither.
    """
    recorded = {step["step"]: step["simulated"] for step in records()}
    if len(set(recorded.values())) > 1:
        lists = {kind: ", ".join(name for name in recorded if recorded[name] is kind) for kind in (True, False)}
        raise InputError(
            f"{paths.shown(current_run().derived)}: some steps used simulated data ({lists[True]}) and some a "
            f"real export ({lists[False]}); run: make clean"
        )
    return recorded.popitem()[1] if recorded else not current_run().private


def source(document: str) -> Path:
    """Return the source of a document."""
    return paths.PAPER / f"{document}.qmd"


def documents() -> list[str]:
    """Return the names of the documents: the manuscript, and its supplement where there is one.

    The supplement describes the simulator, so a manuscript on real records has none.
    """
    supplement = ["supplement"] if is_simulated() and source("supplement").is_file() else []
    return ["manuscript", *supplement]


def without_comments(text: str) -> str:
    """Return a source without what is for its authors alone, on as many lines as before."""
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)


def exhibits(text: str) -> list[tuple[int, str, str]]:
    """Return the tables and figures that a document asks for, as (line, path, ending) in order.

    A figure is asked for without ending and is needed twice: SVG for HTML and PDF, PNG for DOCX.
    """
    used = []
    for number, line in enumerate(without_comments(text).splitlines(), start=1):
        used += [(number, path, "") for path in _INCLUDE.findall(line)]
        used += [(number, path, ending) for path in _IMAGE.findall(line) for ending in (".svg", ".png")]
    return used


def exhibit_files() -> dict[str, Path]:
    """Return {path from data-derived/: file} for every table and figure of the documents.

    Raises InputError, naming the line, where one is missing or lies elsewhere.
    """
    files, faults = {}, []
    for document in map(source, documents()):
        if not document.exists():
            raise InputError(f"{paths.shown(document)}: there is no such file; it is the source of the paper")
        for line, path, ending in exhibits(document.read_text(encoding="utf-8")):
            place = f"{paths.shown(document)}, line {line}"
            if path in GENERATED or path in SHARED:
                continue
            if not path.startswith(UP):
                faults.append(f'{place}: tables and figures come from {UP}, not from "{path}"')
                continue
            name = path.removeprefix(UP) + ending
            files[name] = current_run().derived / name
            if not files[name].is_file():
                kind = "figure" if ending else "table"
                faults.append(
                    f"{place}: there is no {kind} {paths.shown(files[name])}; "
                    f"run: make {name.split('/')[0]}, or correct the name"
                )
    if faults:
        raise InputError("\n".join(dict.fromkeys(faults)))
    return files


def value_files() -> list[Path]:
    """Return the values.json of every finished step; the simulator's counts where its data are the ones used."""
    run = current_run()
    simulator = run.step_folder("simulate") / "values.json"
    return ([simulator] if not run.private and simulator.is_file() else []) + sorted(run.derived.glob("*/values.json"))


def quoted() -> dict[str, set[str]]:
    """Return {prefix: names} of all values that the documents ask for."""
    texts = [source(document).read_text(encoding="utf-8") for document in documents()]
    names = {}
    for where, name in _VALUE.findall("\n".join([*texts, *generated().values()])):
        names.setdefault(where, set()).add(name)
    return names


def variables() -> dict[str, dict[str, str]]:
    """Return {prefix: {name: printed text}} of all steps, and under `study` what to say of the data as a whole.

    A step that found nothing to estimate has a dash for every value that the documents ask for, and `study.estimated`
    says why.
    """
    texts, reasons, needed = {}, {}, quoted()
    for step in records():
        values = {name: escaped_block(each["text"]) for name, each in step["values"].items()}
        if reason := step.get(NOT_ESTIMATED):
            reasons.setdefault(reason, []).append(step["step"])
            values = dict.fromkeys(needed.get(slug(step["step"], "_"), ()), NO_VALUE) | values
        texts[slug(step["step"], "_")] = values
    listed = "; ".join(
        f"{', '.join(f'`{step}`' for step in steps)} ({escaped(reason)})" for reason, steps in reasons.items()
    )
    estimated = f"Steps that found nothing to estimate, and whose numbers are dashes: {listed}."
    study = (SIMULATED if is_simulated() else RECORDED) | {"estimated": estimated if reasons else ALL_ESTIMATED}
    return texts | {"study": study}


def as_yaml(texts: dict[str, dict[str, str]]) -> str:
    """Return variables as the text of _variables.yml: two levels, strings only (a JSON string is a YAML one)."""
    lines = ["# Written by the render step from values.json of every step; not to be edited."]
    for name in sorted(texts):
        lines.append(f"{name}:" if texts[name] else f"{name}: {{}}")
        lines += [f"  {key}: {json.dumps(text, ensure_ascii=False)}" for key, text in sorted(texts[name].items())]
    return "\n".join(lines) + "\n"


def quoted_texts() -> str:
    """Return what values and tables say, in which anything may stand, even what looks like a placeholder."""
    values = [each["text"] for step in records() for each in step["values"].values()]
    tables = [file.read_text(encoding="utf-8") for file in exhibit_files().values() if file.suffix == ".md"]
    return "\n".join([*values, *(_LABEL.sub("", table).replace("\\", "") for table in tables)])


def included_tables() -> list[str]:
    """Return the names of the tables from published.yml that the documents include."""
    included = {
        path for document in documents() for _, path, _ in exhibits(source(document).read_text(encoding="utf-8"))
    }
    return [name for name in GENERATED if name in included]


def generated() -> dict[str, str]:
    """Return {file name: text} of the tables from published.yml that the documents include."""
    from hotline.paper import published  # only a paper that is rendered needs them

    made = {"_findings.md": lambda: published.findings(is_simulated())}
    made |= {"_numbers.md": published.numbers, "_sources.md": published.sources}
    return {name: made[name]() for name in included_tables()}


def inputs() -> dict[str, Path]:
    """Return {path as shown: file} of everything that the documents follow from.

    Raises InputError where a file is missing or cannot be read.
    """
    files = [*map(source, documents()), *(paths.PAPER / name for name in SHARED)]
    for file in files:
        if not file.is_file():
            raise InputError(f"{paths.shown(file)}: there is no such file; the paper can't be rendered without it")
    refuse_unreadable(files)
    files += [paths.ROOT / name for name in library(["from hotline.paper import render"])]
    files += [paths.PUBLISHED] if included_tables() else []
    files += [paths.LOCK, *value_files(), *exhibit_files().values()]
    return {paths.shown(file): file for file in files}


def fingerprint(files: dict[str, Path]) -> dict[str, str]:
    """Return {path as shown: hash} of files: of those of a private run under its key."""
    return {name: sha256(file, current_run().hash_key(file)) for name, file in sorted(files.items())}
