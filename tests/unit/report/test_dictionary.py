"""The data dictionary: all of the codebook, in readers' words."""

import html

import labels

from hotline import paths
from hotline.codebook import codebook, read_codebook
from hotline.report import dictionary


def test_every_variable_and_every_code_is_there():
    book = codebook()
    assert dictionary.variables(book)["variable"].tolist() == list(book.fields)
    assert len(dictionary.codes(book)) == sum(len(field.codes) for field in book)
    types = dictionary.variables(book).set_index("variable")["type"]
    assert types[["sex", "academic_pressure", "follow_up_days"]].tolist() == ["category", "ordered category", "integer"]
    page = dictionary.page(book)
    for field in book:
        assert field.title.replace("'", "&#x27;") in page or field.title in page
        for code in field.codes:
            assert code.zh in page


def test_texts_stand_on_the_page_as_they_are_and_whole(tmp_path):
    file = tmp_path / "codebook.yaml"
    file.write_text(labels.with_signs((paths.DATA_RAW / "codebook.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    book = read_codebook(file)
    page = html.unescape(dictionary.page(book))
    assert f"<p>{book.title}</p>" in page
    for field in book:
        assert all(each in page for each in [field.title, field.description, *(code.en for code in field.codes)])
