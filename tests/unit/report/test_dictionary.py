"""The data dictionary: all of the codebook, in readers' words."""

from hotline.codebook import codebook
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
