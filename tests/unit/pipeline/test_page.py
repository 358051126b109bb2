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
