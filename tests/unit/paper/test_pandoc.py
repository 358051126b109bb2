"""The route without Quarto: what pandoc says in our words, and the look of Word files. The filter has its own tests."""

import zipfile

import pytest

from hotline.errors import InputError
from hotline.paper import pandoc


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("FAULT manuscript.qmd, line 3: x\nFAULT manuscript.qmd, line 3: x\nnoise", "paper/manuscript.qmd, line 3: x"),
        ("FAULT a\nFAULT b\n", "a\nb"),
        ("  pandoc: something else \n", "pandoc: something else"),
        ("", ""),
    ],
)
def test_complaint_gives_each_fault_of_the_filter_once_or_what_pandoc_said(stderr, said):
    assert pandoc.complaint(stderr) == said


def test_version_names_pandoc_3():
    assert pandoc.version().startswith("pandoc 3.") and pandoc.version().endswith("(Quarto not found)")


def test_pandoc_path_says_what_to_do_without_pandoc(monkeypatch):
    monkeypatch.setattr(pandoc, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pandoc is missing: the package pypandoc-binary .*make quarto"):
        pandoc.pandoc_path()


def test_write_reference_rules_tables_and_gives_the_same_bytes_again(tmp_path):
    written = []
    for _ in range(2):
        pandoc.write_reference(tmp_path)
        written.append((tmp_path / "reference.docx").read_bytes())
    assert written[0] == written[1]
    with zipfile.ZipFile(tmp_path / "reference.docx") as archive:
        styles = archive.read("word/styles.xml").decode()
    assert 'w:insideH w:val="single"' in styles and "0F4761" not in styles


def test_a_defect_of_typst_is_said_in_a_sentence(tmp_path, monkeypatch):
    class PanicException(BaseException):
        pass

    def panic(*_, **__):
        raise PanicException("assertion failed")

    monkeypatch.setattr("typst.compile_with_warnings", panic)
    said = pandoc.run_typst(tmp_path, "manuscript", 0)
    assert said.startswith("paper/manuscript.qmd: Typst broke off") and "a row of a table fills a page" in said
