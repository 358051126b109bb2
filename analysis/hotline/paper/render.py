"""Render manuscript and supplement as HTML, PDF and DOCX, or say that nothing has changed.

    python -m hotline.paper.render

Quarto does it where it is found; otherwise pandoc and Typst do, from the same sources and with the same
numbering. The work is done in a scratch folder; only when all files are there and checked do they
replace paper/output/, in one move.
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hotline import paths
from hotline.errors import InputError
from hotline.paper import quarto, sources
from hotline.pipeline import output_folder, private
from hotline.run import current_run

ENDINGS = ("html", "pdf", "docx")


def products() -> list[str]:
    """Return the names of the files to make: each document in three formats."""
    return [f"{document}.{ending}" for document in sources.documents() for ending in ENDINGS]


def route() -> tuple[str, Callable[[Path, list[str]], None]]:
    """Return the name of the way to render, and its function of the scratch folder and the documents' names."""
    available, epoch = quarto.find(), current_run().epoch
    if available:
        command, version = available
        name = f"Quarto {'.'.join(map(str, version))}"
        return name, lambda folder, documents: quarto.render(command, folder, documents, epoch)

    from hotline.paper import pandoc

    return pandoc.version(), lambda folder, documents: pandoc.render(folder, documents, epoch)


def prepare(folder: Path) -> None:
    """Fill a scratch folder with the sources, the values, the exhibits and the fonts.

    The exhibits are copied into it, and the documents' way to them is shortened accordingly, because
    Typst reads nothing from outside the folder of the project.
    """
    from hotline.paper import fonts

    exhibits = sources.exhibit_files()
    texts = sources.variables()
    paper = current_run().paper
    paper.mkdir(parents=True, exist_ok=True)
    (paper / "_variables.yml").write_text(sources.as_yaml(texts), encoding="utf-8")
    banner = f'"{sources.BANNER}"' if sources.is_simulated() else "none"
    (paper / "_banner.typ").write_text(f"#let banner = {banner}\n", encoding="utf-8")

    for name in sources.SHARED:
        shutil.copyfile(paths.PAPER / name, folder / name)
    for name, text in sources.generated().items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("_variables.yml", "_banner.typ"):
        shutil.copyfile(paper / name, folder / name)
    for source in map(sources.source, sources.documents()):
        text = sources.without_comments(source.read_text(encoding="utf-8")).replace(sources.UP, "data-derived/")
        (folder / source.name).write_text(text, encoding="utf-8")
    for name, file in exhibits.items():
        target = folder / "data-derived" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    fonts.copy_fonts(folder / "fonts")


def check(folder: Path) -> None:
    """Raise InputError where a file is missing, a placeholder is left, or a character can't be printed."""
    from hotline.paper import fonts

    quoted = sources.quoted_texts()
    for name in products():
        if not (folder / name).is_file() or not (folder / name).stat().st_size:
            raise InputError(f"paper/output/{name}: it was not written, though nothing complained")
    for document in sources.documents():
        text = fonts.text_of((folder / f"{document}.html").read_text(encoding="utf-8"))
        for mark in ("{{<", "?var:", "?meta:", "?@", "{#fig-", "{#tbl-", "{#eq-", "@fig-", "@tbl-", "@sec-", "@eq-"):
            if mark in text and mark not in quoted:
                around = text[max(0, text.index(mark) - 30) : text.index(mark) + 40]
                raise InputError(f'paper/{document}.qmd: a placeholder is left in the text: "{around}"')
        fonts.check(text)


def output() -> Path:
    """Return the folder of the finished documents."""
    return current_run().paper / "output"


def run() -> str:
    """Bring the paper up to date. Returns the lines to print; raises InputError where it cannot."""
    with output_folder.alone("paper"):
        return _run()


def _run():
    """Render the documents unless they are up to date; returns the lines to print."""
    name, render = route()
    inputs = {
        "route": name,
        "epoch": current_run().epoch,
        "simulated": sources.is_simulated(),
        "files": sources.fingerprint(sources.inputs()),
    }
    produced = "\n".join(f"  {paths.shown(output() / each)}" for each in products())
    if output_folder.up_to_date(output(), inputs, products()):
        return f"{'paper':<24} up to date\n{produced}"
    started = time.time()
    with output_folder.working("paper") as folder:
        prepare(folder)
        render(folder, sources.documents())
        check(folder)
        finished = folder / "output"
        finished.mkdir()
        for each in products():
            (folder / each).rename(finished / each)
        seconds = output_folder.finish(
            output(), finished, started, step="paper", simulated=inputs["simulated"], inputs=inputs
        )
    return f"{'paper':<24} {seconds:5.1f} s   by {name}\n{produced}"


def main() -> int:
    """Render from the command line; return the exit code, 2 after one message where something is wrong."""
    private.close_to_others()
    try:
        print(run(), flush=True)
    except Exception as error:
        untouched = f"untouched in {paths.shown(output())}" if output().exists() else "none"
        return private.report(error, "paper FAILED: ", f"\n  earlier outputs:   {untouched}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
