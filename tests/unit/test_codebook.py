"""The codebook: what it answers, and clear complaints where it is not what cleaning needs."""

import subprocess
import sys

import pytest
import yaml

from hotline import paths
from hotline.codebook import RESERVED, codebook, read_codebook
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


@pytest.fixture
def changed(tmp_path):
    """Return a function that writes a changed codebook and returns what is said of it."""

    def say(change):
        entries = yaml.safe_load((paths.DATA_RAW / "codebook.yaml").read_text(encoding="utf-8"))
        change({field["name"]: field for field in entries["fields"]}, entries["fields"])
        file = tmp_path / "other.yaml"
        file.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
        with pytest.raises(InputError) as raised:
            read_codebook(file)
        return str(raised.value)

    return say


def test_complaints_name_the_field_and_what_is_expected(changed):
    assert 'field "sex": unknown key "refrence"; did you mean "reference"?' in changed(
        lambda fields, _: fields["sex"].update(refrence="male")
    )
    assert 'field "sex": "block" is \'people\'; expected one of individual' in changed(
        lambda fields, _: fields["sex"].update(block="people")
    )
    assert 'the reference "boy" is not among its codes' in changed(
        lambda fields, _: fields["sex"].update(reference="boy")
    )
    assert "男 is written for more than one code" in changed(
        lambda fields, _: fields["sex"]["codes"][1].update(zh="男")
    )
    assert 'field "sex": "ordered" is \'perhaps\'; expected true or false' in changed(
        lambda fields, _: fields["sex"].update(ordered="perhaps")
    )
    assert 'field "age": "ordered" is True; expected true or false, and true only with codes' in changed(
        lambda fields, _: fields["age"].update(ordered=True)
    )
    assert 'the variable "city" is missing; cleaning builds on it' in changed(
        lambda fields, entries: entries.remove(fields["city"])
    )
    assert 'two fields have the name "sex"' in changed(lambda fields, entries: entries.append(fields["sex"]))
    assert 'two fields have the header "学段"' in changed(lambda fields, _: fields["city"].update(header="学段"))
    assert 'field "region": there is no variable "town"' in changed(
        lambda fields, _: fields["region"].update(group_of="town")
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("type", "moment", "\"type\" is 'moment'; expected one of string, integer, datetime, date"),
        ("title", None, '"title" is None; expected a text'),
        ("needed", "perhaps", "\"needed\" is 'perhaps'; expected true or false"),
        ("missing", "999", "\"missing\" is '999'; expected a list"),
        (
            "missing",
            [999],
            'an entry of "missing" is 999; expected a text, in quotation marks if it looks like a number',
        ),
        ("constraints", {"minimun": 3}, '"constraints": unknown key "minimun"; did you mean "minimum"?'),
        ("constraints", {"minimum": "three"}, '"constraints": "minimum" is \'three\'; expected a whole number'),
        ("constraints", {"minimum": 9, "maximum": 3}, '"constraints": the minimum 9 is larger than the maximum 3'),
        ("codes", [{"code": 1, "en": "One", "zh": "一"}], 'code "1": "code" is 1; expected a text, in quotation marks'),
        ("codes", [{"code": "one", "en": "One"}], 'code "one": "zh" is missing'),
        (
            "codes",
            [{"code": "one", "en": "One", "zh": "一", "regoin": "x"}],
            'unknown key "regoin"; did',
        ),
        ("codes", ["one"], "an entry of \"codes\" is 'one'; expected keys and values"),
        ("true_for", {"sex": ["boy"]}, '"sex" has no code "boy"'),
        ("true_for", {"sex": ["male"], "stage": ["junior"]}, '"true_for" names 2 variables; expected one'),
        ("bands_of", "waiting", '"bands_of" needs codes in ascending order, each but the last with `below`'),
    ],
)
def test_every_key_is_checked_in_one_sentence(changed, key, value, expected):
    said = changed(lambda fields, _: fields["age"].update({key: value}))
    assert 'other.yaml, field "age": ' in said and expected in said and "\n" not in said


def test_constraints_are_those_of_whole_numbers(changed):
    said = changed(lambda fields, _: fields["sex"].update(constraints={"minimum": 1}))
    assert '"constraints" are those of a whole number, but "type" is \'string\'' in said


@pytest.mark.parametrize("name", ["peer relation", "Order", "1st", "sex;", 'a"b', "年龄", ""])
def test_a_name_that_is_no_name_is_refused(changed, name):
    said = changed(lambda fields, _: fields["boarding"].update(name=name))
    assert f'field "{name}": a name has small letters, digits and "_" and begins with a letter' in said


@pytest.mark.parametrize("name", [*sorted(RESERVED), "sex_bad"])
def test_a_name_of_a_column_of_the_compendium_is_refused(changed, name):
    said = changed(lambda fields, _: fields["boarding"].update(name=name))
    assert f'field "{name}": the compendium has a column of this name of its own' in said


def test_texts_for_not_recorded_stand_in_the_fields(tmp_path):
    text = paths.DATA_RAW.joinpath("codebook.yaml").read_text(encoding="utf-8")
    file = tmp_path / "other.yaml"
    file.write_text(text.replace('missingValues: [""]', 'missingValues: ["", "NA"]'), encoding="utf-8")
    with pytest.raises(InputError, match=r"\"missingValues\" is \['', 'NA'\]; expected \[\"\"\]\. Texts"):
        read_codebook(file)


def test_a_missing_or_unreadable_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such codebook"):
        read_codebook(tmp_path / "absent.yaml")
    (tmp_path / "bad.yaml").write_text("fields: [", encoding="utf-8")
    with pytest.raises(InputError, match="not readable as YAML"):
        read_codebook(tmp_path / "bad.yaml")


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        ("counsellor", {"withheld": ["匿名"]}, "keys of caller_number alone"),
        ("caller_number", {"normalise": "phone"}, "\"normalise\" is 'phone'; expected one of telephone, text"),
        ("caller_number", {"country_code": "+86"}, "\"country_code\" is '+86'; expected one to three digits"),
        ("caller_number", {"normalise": "text"}, 'belongs to telephone numbers, but "normalise" is "text"'),
    ],
)
def test_how_numbers_are_written_is_checked(changed, name, keys, expected):
    assert expected in changed(lambda fields, _: fields[name].update(keys))
