"""The Lua filters: what it understands comes out as Quarto numbers it; anything else is refused, with its line."""

import json
import re
import subprocess

import labels
import pytest

from hotline.paper.fonts import text_of
from hotline.paper.pandoc import READ, complaint, pandoc_path
from hotline.paper.sources import as_yaml
from hotline.paths import PAPER
from hotline.pipe_table import captioned_table
from hotline.text import escaped_block

FIGURE = '![Caption of {0}.](pictures/{0}){{#fig-{0} fig-alt="Picture {0}."}}\n\n'
TABLE = "| a | b |\n|:--|--:|\n| x | 1 |\n\n: Caption of the table. {#tbl-x}\n\n*Simulated data.* A note.\n"


@pytest.fixture
def pandoc(tmp_path):
    """Return a function that converts a manuscript's text with the filters: (stdout, faults)."""
    (tmp_path / "_variables.yml").write_text('anova:\n  waiting: "*p* <0.001"\n  n: "39,512"\n', encoding="utf-8")
    (tmp_path / "table.md").write_text(TABLE, encoding="utf-8")

    def convert(text, to="plain", *options):
        (tmp_path / "manuscript.qmd").write_text(text, encoding="utf-8")
        ran = subprocess.run(
            [
                pandoc_path(),
                "manuscript.qmd",
                READ[0],
                f"--to={to}",
                "--wrap=none",
                f"--lua-filter={PAPER / 'quarto-subset.lua'}",
                f"--lua-filter={PAPER / 'shapes.lua'}",
                *options,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert (ran.returncode == 0) == (not ran.stderr), ran.stderr
        return ran.stdout.replace("\u00a0", " "), complaint(ran.stderr)

    return convert


def test_values_are_put_in_wherever_they_stand(pandoc):
    text, faults = pandoc(
        "Of {{< var anova.n >}}, ({{< var anova.waiting >}}). **{{< var anova.n >}}**, "
        '"{{< var anova.n >}}" and {{< var anova.n >}}--{{< var anova.n >}}.',
        "html",
    )
    assert not faults
    assert "Of 39,512, (<em>p</em> &lt;0.001). <strong>39,512</strong>, “39,512” and 39,512–39,512." in text


@pytest.mark.parametrize("to", ["html", "typst", "docx"])
def test_texts_of_tables_and_values_are_no_syntax(pandoc, tmp_path, to):
    table = captioned_table([labels.SIGNS], [[each] for each in labels.LABELS], labels.SIGNS, "tbl-x", labels.SIGNS)
    (tmp_path / "table.md").write_text(table, encoding="utf-8")
    values = {"a": {f"v{place}": escaped_block(each) for place, each in enumerate(labels.LABELS)}}
    (tmp_path / "_variables.yml").write_text(as_yaml(values), encoding="utf-8")
    quoted = "\n\n".join(f"({{{{< var a.{name} >}}}})" for name in values["a"])
    text, faults = pandoc(
        f"{quoted}\n\n{{{{< include table.md >}}}}", to, *(["--output=x.docx"] if to == "docx" else [])
    )
    assert not faults
    if to == "html":
        shown = text_of(text)
        for each in labels.LABELS:
            assert f"({' '.join(each.split())})" in shown
        assert shown.count(labels.SIGNS) == 5 and "\ue000" not in text


def test_values_are_put_into_the_front_matter(pandoc):
    text, faults = pandoc(
        '---\ntitle: "N = {{< var anova.n >}}"\nabstract: |\n  Of {{< var anova.n >}}.\n---\nText.',
        "html",
        "--standalone",
    )
    assert not faults and '<h1 class="title">N = 39,512</h1>' in text and "Of 39,512." in text


def test_numbers_are_those_of_quarto(pandoc):
    text, faults = pandoc(
        "# One {#sec-one}\n\n## Half {#sec-half}\n\n# Free {.unnumbered}\n\n# Two {#sec-two}\n\n## Of two {#sec-of}\n\n"
        + FIGURE.format("first")
        + "::: {#fig-pair layout-ncol=2}\n"
        + FIGURE.format("left")
        + FIGURE.format("right")
        + "Both.\n:::\n\n"
        + FIGURE.format("last")
        + "$$ a = b $$ {#eq-one}\n\n{{< include table.md >}}\n\n"
        "See @sec-half, @sec-two, @sec-of, @fig-pair, @fig-right, @fig-last, @eq-one, @tbl-x, -@fig-last, "
        "[@fig-first; @tbl-x].\n",
        "html",
        "--mathml",
    )
    text = text_of(text)
    assert not faults
    assert (
        "See Section 1.1, Section 2, Section 2.1, Figure 2, Figure 2 (b), Figure 3, Equation 1, Table 1, 3, "
        "Figure 1, Table 1."
    ) in text
    for caption in (
        "Figure 1: Caption of first.",
        "(a) Caption of left.",
        "Figure 2: Both.",
        "Figure 3: Caption of last.",
        "Table 1: Caption of the table.",
    ):
        assert caption in text


def test_references_are_links_to_what_they_name(pandoc):
    html, faults = pandoc(
        FIGURE.format("one") + "# S {#sec-s}\n\n$$ x $$ {#eq-e}\n\n{{< include table.md >}}\n\n"
        "@fig-one, @sec-s, @eq-e, @tbl-x",
        "html",
        "--mathml",
    )
    assert not faults
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets == ["fig-one", "sec-s", "eq-e", "tbl-x"]
    for each in targets:
        assert html.count(f'id="{each}"') == 1
    assert 'alt="Picture one."' in html


def test_citations_are_left_to_citeproc(pandoc):
    native, faults = pandoc("As [@li2024] and @welch1951 say.", "json")
    found = re.findall(r'"citationId":"(\w+)"', native)
    assert not faults and found == ["li2024", "welch1951"]
    assert json.loads(native)["blocks"]


def test_the_paragraph_after_an_included_table_is_its_note(pandoc):
    html, faults = pandoc("{{< include table.md >}}\n\nText.", "html")
    assert not faults
    assert re.search(r'<div class="table-note">\s*<p><em>Simulated data.</em> A note.</p>\s*</div>\s*<p>Text.', html)


def test_callout(pandoc):
    html, faults = pandoc('::: {.callout-note title="Mind"}\nText.\n:::\n', "html")
    assert not faults
    assert "callout-note" in html and "<strong>Mind</strong>" in html


def test_typst_gets_labels_and_numbers(pandoc):
    typst, faults = pandoc("$$ a = b $$ {#eq-one}\n\n" + FIGURE.format("one") + "@eq-one, @fig-one", "typst")
    assert not faults
    assert '"(1)"' in typst and "<eq-one>" in typst and "#link(<eq-one>)" in typst and "#link(<fig-one>)" in typst


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("One.\n\nTwo {{< var anova.m >}}.", 'manuscript.qmd, line 3: there is no value "anova.m"'),
        ("{{< meta title >}}", "line 1: {{< meta title >}} is not understood"),
        ("{{<var anova.n>}}", "line 1: a shortcode is written"),
        ("A {{< var anova.n", "line 1: a shortcode is not closed"),
        ("{{< include nowhere.md >}}", "line 1: there is no file nowhere.md"),
        ("Here {{< include table.md >}} it is.", "line 1: {{< include table.md >}} must stand alone"),
        ("One.\n\nSee @fig-nothing.", "line 3: there is nothing to refer to as @fig-nothing"),
        ("# Free {#sec-free .unnumbered}\n\nSee @sec-free.", "line 3: there is nothing to refer to as @sec-free"),
        ("![Caption.](pictures/a)\n", "line 1: a figure needs a label"),
        ("| a |\n|---|\n| x |\n", "a table needs a caption and a label"),
        (FIGURE.format("a") + FIGURE.format("a"), "the label fig-a is given twice"),
        ("::: {.panel-tabset}\nText.\n:::", "line 1: ::: {.panel-tabset} is not understood"),
        ("::: {.callout-joke}\nText.\n:::", "line 1: ::: {.callout-joke} is not understood"),
        ("A [word]{.aside}.", "line 1: [...]{.aside} is not understood"),
        ("```{python}\n1 + 1\n```", "line 1: the manuscript has no code cells"),
        ("`{{< var anova.n >}}`", "line 1: shortcodes in code"),
        ("A<br>b", "line 1: raw html would be lost"),
        ('A <span class="b">word</span>', "line 1: raw html would be lost"),
        ("Text $$ a $$ {#eq-a} goes on.", "line 1: an equation stands alone"),
        ("# Heading {.smaller}", "line 1: a heading can't have the class .smaller"),
    ],
)
def test_anything_else_is_an_error_with_its_line(pandoc, text, message):
    _, faults = pandoc(text)
    assert message in faults


def test_all_errors_are_told_at_once(pandoc):
    _, faults = pandoc("{{< var a.b >}}\n\n@fig-x\n\n{{< kbd Q >}}")
    assert len(faults.splitlines()) == 3
