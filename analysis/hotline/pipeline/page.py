"""An executed notebook as a page for readers: one file with nothing to fetch, and without nbconvert's own style sheet.

nbconvert turns the cells into HTML with its plain template; the style around them is some forty lines instead of
three hundred kilobytes. Formulas become MathML by pandoc, since nbconvert leaves them to a script of the network.
"""

import functools
import html
import re
from pathlib import Path

import nbformat

STYLE = """
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a;
       font: 16px/1.55 system-ui, "Noto Sans", "Noto Sans SC", sans-serif; }
h1, h2, h3 { line-height: 1.25; } h1 { font-size: 1.7rem; } h2 { font-size: 1.3rem; margin: 2.2rem 0 .8rem; }
h3 { font-size: 1.1rem; }
a { color: #0072b2; } .anchor-link { display: none; }
code, pre { font: 13.5px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.cell.code_cell { margin: 1rem 0; }
.input, .output_area { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr); }
.prompt { color: #767676; font: 12px/1.6 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
.input .prompt { padding-top: .5rem; }
.input_area { background: #f6f6f4; border: 1px solid #e2e2de; border-radius: 3px; padding: .5rem .7rem; }
.input_area .highlight { background: none; }
.output_area { margin-top: .6rem; } .output_subarea { overflow-x: auto; }
.output_stderr { background: #fdecea; } .output_error pre { color: #a11; }
table { border-collapse: collapse; border: 0; font-size: 14px; }
.text_cell table { margin: .8rem 0; }
th, td { padding: .2rem .6rem; text-align: right; border: 0; border-bottom: 1px solid #e5e5e5; }
th { font-weight: 600; } thead th { border: 0; }
thead tr:last-child th { border-bottom: 1px solid #888; } tbody th { text-align: left; }
.text_cell table td, .text_cell table th { text-align: left; } thead:not(:has(th:not(:empty))) { display: none; }
math[display="block"] { margin: .8rem 0; }
img, svg { max-width: 100%; height: auto; background: #fff; }
"""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


# Code, which is left alone; $$ over lines $$, or $within a line$, but not sums of money.
CODE_OR_FORMULA = re.compile(r"`[^`]*`|(\$\$.+?\$\$|\$(?=\S)[^$\n`]+(?<=\S)\$(?!\d))", re.DOTALL)
MARK = "\ue000{}\ue001"  # characters that no text uses


@functools.cache
def _exporter():
    """Return nbconvert's exporter with its plain template, and the whole style sheet."""
    from nbconvert.exporters import HTMLExporter, TemplateExporter
    from nbconvert.filters import Highlight2HTML
    from pygments.formatters import HtmlFormatter

    class Plain(HTMLExporter):
        """Without what takes most of the time and adds nothing here.

        `HTMLExporter` parses the whole page again to add what it lacks, and cleans highlighted code of tags that
        cannot be there, since pygments has escaped them.
        """

        def from_notebook_node(self, nb, resources=None, **more):
            self.register_filter("clean_html", lambda code: code)
            self.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self))
            return TemplateExporter.from_notebook_node(self, nb, resources, **more)

    plain = Plain(template_name="basic", optimistic_validation=True)  # checks the notebook once, not a dozen times
    return plain, STYLE + HtmlFormatter(style="friendly").get_style_defs(".highlight")


def _take_formulas(notebook: nbformat.NotebookNode) -> list[str]:
    """Put a mark in the place of each formula of the prose, and return the formulas in order, as they were written."""
    formulas = []

    def mark(match):
        if not match[1]:
            return match[0]
        formulas.append(match[1])
        return MARK.format(len(formulas) - 1)

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = CODE_OR_FORMULA.sub(mark, cell.source)
    return formulas


def _mathml(formulas: list[str]) -> list[str]:
    """Return TeX formulas, each with its dollar signs, as MathML."""
    import pypandoc  # only a notebook with a formula needs it

    text = pypandoc.convert_text("\n\n".join(formulas), to="html", format="markdown", extra_args=["--mathml"])
    return re.findall(r"<math.*?</math>", text, flags=re.DOTALL)


@functools.cache
def warm_up() -> None:
    """Compile the template, so that a process forked from this one need not."""
    from nbformat import v4

    _exporter()[0].from_notebook_node(v4.new_notebook(cells=[v4.new_code_cell(""), v4.new_markdown_cell("")]))


def write(notebook: Path) -> Path:
    """Write the page of an executed notebook next to it, and return its path."""
    exporter, style = _exporter()
    content = nbformat.read(notebook, as_version=4)
    formulas = _take_formulas(content)
    body, _ = exporter.from_notebook_node(content)
    body = re.sub(r"<img (?![^>]*\balt=)", '<img alt="Figure" ', body)
    for number, formula in enumerate(_mathml(formulas) if formulas else ()):
        body = body.replace(MARK.format(number), formula)
    page = notebook.with_suffix(".html")
    page.write_text(PAGE.format(title=html.escape(notebook.parent.name), style=style, body=body), encoding="utf-8")
    return page
