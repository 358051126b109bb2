"""The codebook: what it answers, and clear complaints where it is not what cleaning needs."""

import re
import subprocess
import sys
import time

import pytest
from codebooks import CHOICE, book, said, written

from hotline import paths
from hotline.codebook import codebook, read_codebook
from hotline.errors import InputError


def test_the_codebook_is_read_once():
    assert codebook() is codebook()


def test_labels_references_and_selection():
    book = codebook()
    assert book.label("level", "high_risk") == "High risk"
    assert book.label("level", "missing") == "Not recorded"
    assert book["level"].reference == "well"
    assert book.select(block="family", known=("dialling", "intake"), categorical=True) == [
        "family_structure",
        "parent_child",
        "left_behind",
    ]
    assert "adult" not in book["stage"].kept_codes


def test_what_defines_the_outcome_is_known_only_at_the_assessment():
    for name in ("ideation", "level", "at_risk", "high_risk", "emotional_state"):
        assert codebook()[name].known == "assessment"


def test_only_codes_with_a_least_and_a_most_are_ordered():
    ordered = {each.name for each in codebook() if each.ordered}
    assert {"academic_pressure", "parent_child", "peer_relation", "level", "disposition"} <= ordered
    assert not ordered & {"problem", "stage", "city", "month", "weekday", "hour_band", "sex"}
    assert codebook()["academic_pressure"].kept_codes == ("low", "medium", "high")
    assert codebook()["disposition"].kept_codes == ("counselling", "follow_up", "referral", "crisis")


def test_what_the_hotline_did_afterwards_can_predict_nothing():
    for name in codebook().select(block="platform", known="after"):
        assert name in ("disposition", "follow_ups", "follow_up_days", "satisfaction")
        assert name not in codebook().select(known=("dialling", "intake"))


def test_pydantic_is_imported_only_where_a_codebook_is_read():
    code = "import sys; import hotline.codebook; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=paths.ANALYSIS)


def test_every_fault_comes_at_once_in_the_order_of_the_file_with_line_field_and_remedy(tmp_path):
    def spoil(fields, schema):
        fields["sex"]["refrence"] = "male"
        fields["age"]["type"] = "moment"
        fields["city"]["codes"][0]["group"] = "centre"
        fields["level"]["block"] = "outcom"
        schema["fields"].remove(fields["satisfaction"])

    lines = said(tmp_path, spoil).splitlines()
    text = (tmp_path / "other.yaml").read_text(encoding="utf-8").splitlines()
    assert [re.search(r'field "(\w+)"', line)[1] for line in lines[1:]] == ["sex", "age", "city", "level"]
    assert all(re.match(r".*/other\.yaml, line \d+(, field \"\w+\")?: .*[;?]", line) for line in lines)
    at = [text[int(re.search(r"line (\d+)", line)[1]) - 1].strip(" -") for line in lines]
    assert at == ["fields:", "refrence: male", "type: moment", "group: centre", "block: outcom"]


def test_numbers_days_and_words_of_yaml_are_texts_as_they_are_written(tmp_path):
    file = written(tmp_path)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("- 男生", "- 男生\n    - 01\n    - no\n    - 2021-03-01\n    - 1.0"), encoding="utf-8")
    assert {"01", "no", "2021-03-01", "1.0"} < set(read_codebook(file)["sex"].codes[0].synonyms)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_marks_and_line_ends_change_nothing(tmp_path, encoding):
    file = written(tmp_path)
    text = file.read_text(encoding="utf-8")
    file.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert [each.title_zh for each in read_codebook(file)] == [each.title_zh for each in codebook()]


@pytest.mark.parametrize("text", ["", "# nothing", "- a\n- b", "fields: 3", "fields:", "title: x", "[1, 2]"])
def test_a_file_that_is_no_table_schema_is_refused(tmp_path, text):
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(
        InputError, match=r'bad.yaml, line 1: expected a Table Schema with a list named "fields"; start'
    ):
        read_codebook(tmp_path / "bad.yaml")


def test_a_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such codebook"):
        read_codebook(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match="no such codebook"):
        read_codebook(tmp_path)
    (tmp_path / "bad.yaml").write_bytes("fields: [男]".encode("gbk"))
    with pytest.raises(InputError, match=r"bad.yaml, line 1: not UTF-8 \(byte 9\); save it as UTF-8"):
        read_codebook(tmp_path / "bad.yaml")


def test_a_key_that_has_gone_is_passed_over_with_a_remark(tmp_path):
    def add(fields, _):
        for code in fields["sex"]["codes"]:
            code["parent"] = "any"

    (remark,) = book(tmp_path, add).remarks
    assert 'field "sex": the key "parent" of 2 codes has gone and is passed over; leave it out' in remark
    assert codebook().remarks == []


def test_a_long_codebook_is_read_fast(tmp_path):
    codes = [{"code": f"c{n}", "en": f"C{n}", "zh": f"丙{n}"} for n in range(50)]
    more = [CHOICE | {"name": f"choice_{n}", "header": f"甲{n}", "reference": "c0", "codes": codes} for n in range(100)]
    file = written(tmp_path, add=more)
    begin = time.perf_counter()
    read_codebook(file)
    assert time.perf_counter() - begin < 5
