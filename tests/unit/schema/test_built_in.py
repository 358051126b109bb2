"""Variables that every codebook has."""

from codebooks import book

from hotline.codebook import codebook
from hotline.schema.built_in import BUILT_IN


def test_a_codebook_that_does_not_describe_them_has_them(tmp_path):
    other = book(
        tmp_path, lambda _, schema: schema.update(fields=[x for x in schema["fields"] if x["name"] not in BUILT_IN])
    )
    assert other["later_call"].kept_codes == codebook()["later_call"].kept_codes == ("no", "yes")
    assert len(other.fields) == len(codebook().fields)
