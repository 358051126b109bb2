"""The codebook: a valid Table Schema, and clear complaints where it is not what cleaning needs."""

import frictionless
import pytest
import yaml

from hotline import paths
from hotline.codebook import check_schema, codebook, read_codebook
from hotline.errors import InputError


def test_a_codebook_that_is_no_table_schema_is_told(tmp_path):
    text = (paths.DATA_RAW / "codebook.yaml").read_text(encoding="utf-8").replace("type: datetime", "type: moment", 1)
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r'not a valid Table Schema: .*"moment" is not supported'):
        check_schema(tmp_path / "other.yaml")


def test_it_is_a_valid_table_schema():
    schema = frictionless.Schema.from_descriptor(str(paths.DATA_RAW / "codebook.yaml"))
    assert [field.name for field in schema.fields] == list(codebook().fields)
    check_schema(paths.DATA_RAW / "codebook.yaml")


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


def test_a_missing_or_unreadable_file_is_told(tmp_path):
    with pytest.raises(InputError, match="no such codebook"):
        read_codebook(tmp_path / "absent.yaml")
    (tmp_path / "bad.yaml").write_text("fields: [", encoding="utf-8")
    with pytest.raises(InputError, match="not readable as YAML"):
        read_codebook(tmp_path / "bad.yaml")
