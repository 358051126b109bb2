"""Render the documents without Quarto: pandoc for HTML and DOCX, pandoc and Typst for PDF.

One Lua filter, paper/quarto-subset.lua, understands what of Quarto's syntax they use and refuses the rest. What it
makes of a document is written in each format, to which another, paper/shapes.lua, gives its own shapes. All documents
and formats are made at the same time.
"""

import os
import re
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline.memo import kept
from hotline.provenance import sha256
from hotline.run import child_environment

# A document is read, numbered and given its references once, and then written in each format.
READ = [
    "--from=markdown-raw_html-native_divs-native_spans",  # as in quarto-subset.lua, which says why
    "--metadata-file=_quarto.yml",
    "--lua-filter=quarto-subset.lua",
    "--citeproc",
    "--to=json",
]
WRITE = ["--from=json", "--lua-filter=shapes.lua", "--number-sections", "--standalone"]
FORMATS = {
    "html": [
        "--to=html",
        "--mathml",
        "--embed-resources",
        "--css=style.css",
        "--toc",
        "--toc-depth=2",
        "--section-divs",
        "--variable=document-css=false",
    ],
    "docx": [
        "--to=docx",
        "--reference-doc=reference.docx",
        "--lua-filter=table-widths.lua",
    ],
    "typ": [
        "--to=typst-citations",  # which are in the text already
        "--template=template.typ",
        "--include-in-header=_banner.typ",
        "--include-in-header=style.typ",
        "--lua-filter=table-widths.lua",
    ],
}
# Word's look for tables: a thin rule around every cell, in place of pandoc's single line under the header.
_RULES = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="A6A6A6"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)

PANIC = "PanicException"  # what a defect of Typst's raises; no Exception, and of no module that could be imported
_SMALL = '<w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr>'


def pandoc_path() -> str:
    """Return the pandoc that the package pypandoc-binary carries."""
    name = "pandoc.exe" if os.name == "nt" else "pandoc"
    package = find_spec("pypandoc")
    pandoc = Path(package.origin).parent / "files" / name if package else None
    if not pandoc or not pandoc.exists():
        raise InputError(
            "pandoc is missing: the package pypandoc-binary of requirements.lock brings it; "
            "make the environment again, or install Quarto with: make quarto"
        )
    return str(pandoc)


def version() -> str:
    """Return how this route is called, with pandoc's version, which pandoc is asked once for each lock file."""
    command = [pandoc_path(), "--version"]
    inputs = {"command": command, "lock": sha256(paths.LOCK)}
    said = kept("pandoc", inputs, lambda: subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return f"pandoc {said.split()[1]} + Typst (Quarto not found)"


def complaint(stderr: str) -> str:
    """Return what went wrong by pandoc's stderr: the filter's faults with file and line, or pandoc's own message."""
    faults = re.findall(r"^FAULT (.*)$", stderr, flags=re.MULTILINE)
    text = "\n".join(dict.fromkeys(faults)) or stderr.strip()
    return re.sub(r"^(?=\w+\.qmd)", "paper/", text, flags=re.MULTILINE)


def write_reference(folder: Path) -> None:
    """Write reference.docx: pandoc's own, with ruled tables in small type and black headings."""
    plain = subprocess.run([pandoc_path(), "--print-default-data-file=reference.docx"], capture_output=True, check=True)
    (folder / "plain.docx").write_bytes(plain.stdout)
    with zipfile.ZipFile(folder / "plain.docx") as old, zipfile.ZipFile(folder / "reference.docx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "word/styles.xml":
                text = content.decode()
                table = text.index('w:styleId="Table"')
                head, rest = text[:table], text[table:]
                rest = rest.replace("<w:tblPr>", f"{_SMALL}<w:tblPr><w:tblBorders>{_RULES}</w:tblBorders>", 1)
                content = re.sub(
                    r'w:val="(?:0F4761|2F5496|1F3763|345A8A|4F81BD)"', 'w:val="000000"', head + rest
                ).encode()
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def write_chinese(folder: Path) -> None:
    """Give the page's style sheet a font with the Chinese characters of the sources, for machines without one."""
    from hotline.paper import fonts

    sources = [
        *sorted(folder.glob("*.qmd")),
        folder / "references.bib",
        folder / "_variables.yml",
        *sorted(folder.rglob("*.md")),
    ]
    fonts.write_chinese("".join(file.read_text(encoding="utf-8") for file in sources), folder / "chinese.woff")
    with open(folder / "style.css", "a", encoding="utf-8") as style:
        style.write('@font-face { font-family: "Chinese of this page"; src: url("chinese.woff") format("woff"); }\n')


def run_pandoc(folder: Path, source: str, target: str, options: list[str], epoch: int) -> str:
    """Make one file of another by pandoc. Returns what pandoc complains of; empty where nothing."""
    ran = subprocess.run(
        [pandoc_path(), source, *options, "--fail-if-warnings", f"--output={target}"],
        cwd=folder,
        env=child_environment(SOURCE_DATE_EPOCH=str(epoch)),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return complaint(ran.stderr) if ran.returncode else ""


def run_typst(folder: Path, document: str, epoch: int) -> str:
    """Set a document's Typst source as PDF, with the fonts in fonts/ and Typst's own, and no others.

    Returns what Typst complains of; empty where nothing.
    """
    import typst

    try:
        _, warnings = typst.compile_with_warnings(
            str(folder / f"{document}.typ"),
            output=str(folder / f"{document}.pdf"),
            root=str(folder),
            font_paths=[str(folder / "fonts")],
            ignore_system_fonts=True,
            timestamp=datetime.fromtimestamp(epoch, UTC),
        )
    except typst.TypstError as error:
        return f"paper/{document}.qmd: Typst can't set the PDF: {error.diagnostic or error}"
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        return (
            f"paper/{document}.qmd: Typst broke off and can't set the PDF ({error}). Is a label of the codebook, or a "
            "text of the manuscript, so long that a row of a table fills a page? Shorten it"
        )
    return f"paper/{document}.qmd: Typst warns: {warnings[0].diagnostic or warnings[0]}" if warnings else ""


def render(folder: Path, documents: list[str], epoch: int) -> None:
    """Render documents in a scratch folder that holds their sources and exhibits, all formats at the same time.

    Parameters
    ----------
    folder : path with DOCUMENT.qmd, the other sources, data-derived/ and fonts/
    documents : their names, such as "manuscript"
    epoch : the date that the files bear, in seconds since 1970

    Leaves DOCUMENT.html, .pdf and .docx there. Raises InputError with file and line where it cannot.
    """
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:

        def read(document):
            return run_pandoc(folder, f"{document}.qmd", f"{document}.json", READ, epoch)

        def write(document, ending):
            if fault := needed[document].result():
                return fault
            if ending in needed:
                needed[ending].result()
            options = [*WRITE, *FORMATS[ending]]
            fault = run_pandoc(folder, f"{document}.json", f"{document}.{ending}", options, epoch)
            return fault or (run_typst(folder, document, epoch) if ending == "typ" else "")

        # Whatever others wait for begins before them, or all might wait. Of the formats the PDF comes first, since it
        # takes longest; of the documents the last, the supplement, which is short and read sooner.
        needed = {document: pool.submit(read, document) for document in documents}
        needed |= {"html": pool.submit(write_chinese, folder), "docx": pool.submit(write_reference, folder)}
        jobs = [
            pool.submit(write, document, ending) for ending in ("typ", "html", "docx") for document in documents[::-1]
        ]
    faults = list(dict.fromkeys(filter(None, (each.result() for each in jobs))))
    if faults:
        raise InputError("\n".join(faults))
