"""The render step on a small manuscript of its own: three files, the same bytes twice, and nothing half-done."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
import yaml
from checkout import files
from fake_quarto import fake_quarto
from pypdf import PdfReader

from hotline.paper import fonts
from hotline.paths import ROOT

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100">'
    '<rect width="200" height="100" fill="#0072B2"/></svg>'
)
MANUSCRIPT = """---
title: "A small paper"
subtitle: "{{< var study.banner >}}"
author:
  - name: "A. Author"
abstract: "The data are {{< var study.data >}}."
keywords: [one, two]
---

# Results {#sec-results}

Waiting differed ({{< var anova.test >}}; 心理高危), as @tbl-anova-effects and @fig-anova-spread show [@welch1951].

{{< include ../data-derived/03-anova/tables/effects.md >}}

![Spread.](../data-derived/03-anova/figures/spread){#fig-anova-spread fig-alt="A blue box."}

# References {.unnumbered}

::: {#refs}
:::
"""


SUPPLEMENT = """---
title: "Its supplement"
subtitle: "{{< var study.banner >}}"
---

# Numbers {#sec-numbers}

Waiting once more ({{< var anova.test >}}): @tbl-sources names sources, as
@tbl-anova-effects and @fig-anova-spread say [@games1976].

{{< include _sources.md >}}

{{< include ../data-derived/03-anova/tables/effects.md >}}

![Spread again.](../data-derived/03-anova/figures/spread){#fig-anova-spread fig-alt="A blue box."}

# References {.unnumbered}

::: {#refs}
:::
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the render code, the paper's look, a small manuscript and the outputs of one step."""
    shutil.copytree(
        ROOT / "analysis" / "hotline", tmp_path / "analysis" / "hotline", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "paper", tmp_path / "paper", ignore=shutil.ignore_patterns("output", "_*"))
    shutil.copy(ROOT / "paper" / "_quarto.yml", tmp_path / "paper")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    (tmp_path / "paper" / "manuscript.qmd").write_text(MANUSCRIPT, encoding="utf-8")
    (tmp_path / "paper" / "supplement.qmd").unlink()  # most tests do without, for speed
    step = tmp_path / "data-derived" / "03-anova"
    (step / "tables").mkdir(parents=True)
    (step / "figures").mkdir()
    (step / "tables" / "effects.md").write_text(
        "| Variable | n |\n|:--|--:|\n| Waiting | 39,512 |\n\n: Effects. {#tbl-anova-effects}\n\n*Simulated data.*\n",
        encoding="utf-8",
    )
    (step / "figures" / "spread.svg").write_text(SVG)
    (step / "figures" / "spread.png").write_bytes(PNG)
    write_values(tmp_path, simulated=True)
    return tmp_path


@pytest.fixture
def supplemented(checkout):
    """The same with a supplement."""
    (checkout / "paper" / "supplement.qmd").write_text(SUPPLEMENT, encoding="utf-8")
    (checkout / "data-raw").mkdir()
    shutil.copy(ROOT / "data-raw" / "published.yml", checkout / "data-raw")
    return checkout


def write_values(checkout, simulated):
    values = {"test": {"value": 52.3, "text": "F = 52.31, p <0.001", "unit": "", "cell": 3}}
    record = {"step": "03-anova", "simulated": simulated, "values": values}
    (checkout / "data-derived" / "03-anova" / "values.json").write_text(json.dumps(record))


def render(checkout, **environment):
    """Run the render step as make does; return (exit code, what it printed)."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if name not in ("QUARTO", "CONDA_PREFIX", "HOTLINE_TREE", "SOURCE_DATE_EPOCH")
    }
    bare["PATH"] = os.pathsep.join(
        each for each in bare["PATH"].split(os.pathsep) if not shutil.which("quarto", path=each)
    )
    ran = subprocess.run(
        [sys.executable, "-m", "hotline.paper.render"],
        cwd=checkout,
        capture_output=True,
        text=True,
        env=bare | {"PYTHONPATH": str(checkout / "analysis")} | environment,
    )
    return ran.returncode, ran.stdout + ran.stderr


def outputs(checkout):
    return {file.name: file.read_bytes() for file in files(checkout, "paper/output/*.[!j]*", least=0)}


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_three_files_hold_the_numbers_the_table_and_the_figure(checkout):
    code, said = render(checkout)
    assert code == 0, said
    lines = said.splitlines()
    assert re.fullmatch(r"paper +\d+\.\d s   by pandoc 3\.\S* \+ Typst \(Quarto not found\)", lines[0])
    assert [line.strip() for line in lines[1:]] == [
        "paper/output/manuscript.html",
        "paper/output/manuscript.pdf",
        "paper/output/manuscript.docx",
    ]
    output = checkout / "paper" / "output"

    html = (output / "manuscript.html").read_text(encoding="utf-8")
    page = fonts.text_of(html)
    assert "F = 52.31, p <0.001" in page and "Table 1" in page and "Figure 1" in page and "Welch 1951" in page
    assert not re.search(r'(?:src|href)="(?!#|data:|https://doi)', html), "the page must need no other file"

    pdf = "".join(page.extract_text() for page in PdfReader(output / "manuscript.pdf").pages).replace("\u00a0", " ")
    for each in ("= 52.31", "Table 1: Effects.", "Figure 1: Spread.", "心理高危", "39,512", "SIMULATED DATA"):
        assert each in pdf

    with zipfile.ZipFile(output / "manuscript.docx") as docx:
        words = docx.read("word/document.xml").decode()
        media = [name for name in docx.namelist() if name.startswith("word/media/")]
    assert "52.31" in words and "<w:tbl>" in words and 'w:anchor="tbl-anova-effects"' in words
    assert len(media) == 1 and media[0].endswith(".png")
    assert not (checkout / "data-derived" / "running" / "paper").exists()
    assert "simulated data: nothing" in page.lower() and "The data are simulated." in page


def test_a_step_without_estimates_leaves_dashes_and_the_paper_says_why(checkout):
    source = checkout / "paper" / "manuscript.qmd"
    change(source, "Waiting differed", "{{< var study.estimated >}} Of {{< var anova.n >}} cases, waiting differed")
    values = {"n": {"value": 9, "text": "nine", "unit": "", "cell": 3}}
    record = {"step": "03-anova", "simulated": True, "not_estimated": "none at level_2 | [x]", "values": values}
    (checkout / "data-derived" / "03-anova" / "values.json").write_text(json.dumps(record))
    code, said = render(checkout)
    assert code == 0, said
    page = fonts.text_of((checkout / "paper" / "output" / "manuscript.html").read_text())
    why = "Steps that found nothing to estimate, and whose numbers are dashes: 03-anova (none at level_2 | [x])."
    assert f"{why} Of nine cases, waiting differed (–;" in page


def test_the_same_bytes_twice_and_no_work_when_nothing_changed(checkout):
    assert render(checkout)[0] == 0
    first = outputs(checkout)
    code, said = render(checkout)
    assert code == 0 and said.splitlines()[0].split() == ["paper", "up", "to", "date"]
    shutil.rmtree(checkout / "paper" / "output")
    assert render(checkout)[0] == 0
    assert outputs(checkout) == first and len(first) == 3


@pytest.mark.parametrize("changed", ["manuscript", "value", "figure", "style", "output"])
def test_a_change_anywhere_renders_again(checkout, changed):
    assert render(checkout)[0] == 0
    step = checkout / "data-derived" / "03-anova"
    if changed == "manuscript":
        change(checkout / "paper" / "manuscript.qmd", "Waiting differed", "Waiting differed again")
    elif changed == "value":
        change(step / "values.json", "52.31", "52.41")
    elif changed == "figure":
        change(step / "figures" / "spread.svg", "#0072B2", "#D55E00")
    elif changed == "style":
        change(checkout / "paper" / "style.css", "--ink: #1c1c1c", "--ink: #1c1c1d")
    else:
        (checkout / "paper" / "output" / "manuscript.pdf").write_text("spoilt")
    code, said = render(checkout)
    assert code == 0 and "up to date" not in said
    assert (checkout / "paper" / "output" / "manuscript.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("anova.test", "anova.tset", 'paper/manuscript.qmd, line 3: there is no value "anova.tset"'),
        (
            "@tbl-anova-effects",
            "@tbl-anova",
            "paper/manuscript.qmd, line 12: there is nothing to refer to as @tbl-anova",
        ),
        (
            "effects.md",
            "efects.md",
            "paper/manuscript.qmd, line 14: there is no table data-derived/03-anova/tables/efects.md; "
            "run: make 03-anova",
        ),
        (
            "figures/spread",
            "figures/spreed",
            "paper/manuscript.qmd, line 16: there is no figure data-derived/03-anova/figures/spreed.svg",
        ),
        ("../data-derived/03-anova/figures", "pictures", "line 16: tables and figures come from ../data-derived/"),
        ("[@welch1951]", "[@nobody1999]", "nobody1999"),
        ("心理高危", "心理高危 \U00013080", 'the fonts of the PDF lack "\U00013080" (U+13080 EGYPTIAN HIEROGLYPH'),
    ],
)
def test_a_fault_is_told_in_one_message_and_the_old_paper_stays(checkout, old, new, message):
    assert render(checkout)[0] == 0
    before = outputs(checkout)
    text = MANUSCRIPT.replace(old, new)
    assert text != MANUSCRIPT
    (checkout / "paper" / "manuscript.qmd").write_text(text, encoding="utf-8")
    code, said = render(checkout)
    assert code == 2
    assert message.replace("line 3", "line 12") in said and "Traceback" not in said
    assert "untouched in paper/output" in said
    assert outputs(checkout) == before


def test_a_supplement_is_rendered_beside_the_manuscript_with_numbers_of_its_own(supplemented):
    code, said = render(supplemented)
    assert code == 0, said
    names = [f"{document}.{ending}" for document in ("manuscript", "supplement") for ending in ("html", "pdf", "docx")]
    assert [line.strip() for line in said.splitlines()[1:]] == [f"paper/output/{name}" for name in names]
    first = outputs(supplemented)
    assert sorted(first) == sorted(names)
    page = fonts.text_of(first["supplement.html"].decode())
    for each in ("Table 1: Sources of the numbers.", "Table 2: Effects.", "Figure 1: Spread again.", "simulated data"):
        assert each.lower() in page.lower()
    assert "F = 52.31" in page and "Games and Howell" in page
    pdf = "".join(page.extract_text() for page in PdfReader(supplemented / "paper/output/supplement.pdf").pages)
    assert "SIMULATED DATA" in pdf and "52.31" in pdf and "Welch" not in pdf.replace("\n", " ").split("References")[1]
    assert render(supplemented)[1].splitlines()[0].split() == ["paper", "up", "to", "date"]

    change(supplemented / "data-raw" / "published.yml", "Minors who called", "Minors who once called")
    code, said = render(supplemented)
    assert code == 0 and "up to date" not in said
    second = outputs(supplemented)
    changed = {name for name in first if second[name] != first[name]}
    assert changed == {"supplement.html", "supplement.pdf", "supplement.docx"}, "the same text, the same bytes"

    change(supplemented / "paper" / "supplement.qmd", "anova.test", "anova.tset")
    code, said = render(supplemented)
    assert code == 2 and 'paper/supplement.qmd, line 8: there is no value "anova.tset"' in said
    assert "untouched in paper/output" in said and outputs(supplemented) == second


def test_a_missing_source_is_named(checkout):
    (checkout / "paper" / "references.bib").unlink()
    code, said = render(checkout)
    assert code == 2 and "paper/references.bib: there is no such file" in said


def test_real_data_are_not_called_simulated_and_have_a_tree_of_their_own(supplemented):
    checkout = supplemented
    write_values(checkout, simulated=False)
    (checkout / "private").mkdir()
    (checkout / "data-derived").rename(checkout / "private" / "data-derived")
    change(checkout / "private" / "data-derived" / "03-anova" / "tables" / "effects.md", "*Simulated data.*", "A note.")
    code, said = render(checkout, HOTLINE_TREE="private")
    assert code == 0, said
    assert not (checkout / "paper" / "output").exists()
    output = checkout / "private" / "paper" / "output"
    assert sorted(file.name for file in files(output, "*.[!j]*")) == [
        f"manuscript.{x}" for x in ("docx", "html", "pdf")
    ]
    pdf = "".join(page.extract_text() for page in PdfReader(output / "manuscript.pdf").pages)
    page = fonts.text_of((output / "manuscript.html").read_text(encoding="utf-8"))
    assert "simulated" not in (pdf + page).lower() and "not for publication" in page


def test_steps_on_real_and_on_simulated_data_make_no_paper(checkout):
    other = checkout / "data-derived" / "04-chi-square"
    other.mkdir()
    (other / "values.json").write_text(json.dumps({"step": "04-chi-square", "simulated": False, "values": {}}))
    code, said = render(checkout)
    assert code == 2 and "some steps used simulated data (03-anova) and some a real export (04-chi-square)" in said


def test_quarto_is_used_where_it_is_named(checkout):
    code, said = render(checkout, QUARTO=fake_quarto(checkout))
    assert code == 0 and "by Quarto 1.9.38" in said
    seen = (checkout / "seen").read_text().split()
    assert {"_quarto.yml", "_variables.yml", "_banner.typ", "style.typ", "fonts", "data-derived"} <= set(seen)
    environment = (checkout / "environment").read_text()
    assert "TYPST_IGNORE_SYSTEM_FONTS=true" in environment and "SOURCE_DATE_EPOCH=1721001600" in environment


def test_quarto_renders_the_supplement_too(supplemented):
    code, said = render(supplemented, QUARTO=fake_quarto(supplemented))
    assert code == 0 and len(outputs(supplemented)) == 6, said
    listed = yaml.safe_load((supplemented / "paper" / "_quarto.yml").read_text(encoding="utf-8"))["project"]["render"]
    assert listed == ["manuscript.qmd", "supplement.qmd"]
    assert "_sources.md" in (supplemented / "seen").read_text().split()


def test_a_warning_of_quarto_is_a_failure(checkout):
    said = "WARN: Unable to resolve crossref @fig-x"
    code, told = render(checkout, QUARTO=fake_quarto(checkout, says=said))
    assert code == 2 and said in told and not (checkout / "paper" / "output").exists()


def test_a_quarto_that_is_too_old_is_named(checkout):
    code, said = render(checkout, QUARTO=fake_quarto(checkout, version="1.4.550"))
    assert code == 2 and "is version 1.4.550; install Quarto 1.7 or later" in said
