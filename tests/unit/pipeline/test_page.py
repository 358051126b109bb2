"""The page of an executed notebook: code, outputs and prose, and nothing to fetch."""

import re

from nbformat import v4, write

from hotline.pipeline import page


def test_page_has_prose_code_and_output_and_needs_no_other_file(tmp_path):
    folder = tmp_path / "03-anova & more"
    folder.mkdir()
    output = v4.new_output("execute_result", {"text/html": "<table><tr><td>52.31</td></tr></table>"}, execution_count=1)
    cells = [v4.new_markdown_cell("# Means"), v4.new_code_cell("1 < 2", execution_count=1, outputs=[output])]
    write(v4.new_notebook(cells=cells), folder / "notebook.ipynb")
    written = page.write(folder / "notebook.ipynb")
    text = written.read_text(encoding="utf-8")
    assert written == folder / "notebook.html"
    assert "<title>03-anova &amp; more</title>" in text and "Means" in text and "52.31" in text and "[1]" in text
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text) and "<script" not in text


def test_formulas_become_mathml_and_other_dollar_signs_stay(tmp_path):
    formulas = "Of $\\sigma^2$ and\n\n$$\\operatorname{logit} P = \\alpha_1 \\qquad\nx_2$$"
    prose = f"{formulas}\n\nit costs $5 or $6.\n\nA name is `a$b$`."
    cells = [v4.new_markdown_cell(prose), v4.new_code_cell('"p$|q$"')]
    write(v4.new_notebook(cells=cells), tmp_path / "notebook.ipynb")
    text = page.write(tmp_path / "notebook.ipynb").read_text(encoding="utf-8")
    assert len(re.findall(r"<math", text)) == len(re.findall(r'<math[^>]*display="block"', text)) + 1 == 2
    assert "costs $5 or $6" in text and "<code>a$b$</code>" in text and "p$|q$" in text and "\ue000" not in text
