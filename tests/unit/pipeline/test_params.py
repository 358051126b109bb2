"""params.yml and the notebooks' parameters cells."""

import papermill
import pytest
from nbformat import v4, write

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import notebook_source, params

TEXT = paths.PARAMS.read_text(encoding="utf-8")


def complaint(tmp_path, text):
    """Return what is said of a params.yml with this text."""
    file = tmp_path / "params.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        params.check(file)
    return str(raised.value)


def complaint_of_bytes(tmp_path, content):
    """Return what is said of a params.yml with these bytes."""
    file = tmp_path / "bytes.yml"
    file.write_bytes(content)
    with pytest.raises(InputError) as raised:
        params.check(file)
    return str(raised.value)


def line_of(text, beginning):
    """Return the number of the line that begins with a text."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(beginning))


def test_the_notebooks_defaults_equal_params_yml():
    """So that a notebook opened by hand computes what the pipeline computes."""
    for notebook, values in params.check().items():
        for name, parameter in params.declared(paths.notebook(notebook)).items():
            value = values[name][0] if isinstance(values[name], list) else values[name]
            assert value == parameter.default, f"{notebook}: {name}"


def test_every_number_has_a_range_and_every_line_of_params_yml_a_help():
    for notebook in notebook_source.names():
        for name, parameter in params.declared(paths.notebook(notebook)).items():
            if isinstance(parameter.default, (int, float)):
                assert " from " in parameter.expected, f"{notebook}: the type of {name} has no range"
    for line in TEXT[: TEXT.index("\nprofiles:")].splitlines():
        assert not line.startswith("  ") or "  # " in line, line


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            "seed: Seed = 1  # a\nrows: Rows = = 2  # b",
            r"code cell 2, line 2: this is no Python \(.+\): rows: Rows = = 2",
        ),
        ("seed: Seed = 2 * 3  # start", 'expected "name: type = default  # help"'),
        ("seed: Seed  # start", 'expected "name: type = default  # help"'),
        ("seed: Sed = 1  # start", 'with a type of hotline.pipeline.parameter_types, found "seed: Sed'),
        ("seed: Seed = 1", 'found "seed: Seed = 1"'),
    ],
)
def test_declared_names_what_is_wrong_in_a_parameters_cell(tmp_path, cell, expected):
    tagged = v4.new_code_cell(cell, metadata={"tags": ["parameters"]})
    write(v4.new_notebook(cells=[v4.new_code_cell("import numpy"), tagged]), tmp_path / "notebook.ipynb")
    with pytest.raises(InputError, match=expected):
        params.declared(tmp_path / "notebook.ipynb")


def test_declared_is_what_papermill_shows():
    """So that `papermill --help-notebook` goes on to name each parameter, its type and its help."""
    path = paths.notebook("06-logistic")
    shown = {
        name: (each["inferred_type_name"], each["help"]) for name, each in papermill.inspect_notebook(path).items()
    }
    assert shown == {name: (each.type, each.help) for name, each in params.declared(path).items()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  calls: 90000", "  cals: 90000", 'unknown parameter "cals" of "simulate"; did you mean "calls"?'),
        ("  calls: 90000", "  calls: many", "expected int from 1000 to 10000000, found 'many' (str)"),
        ("  calls: 90000", '  calls: "007"', "expected int from 1000 to 10000000, found '007' (str)"),
        ("  calls: 90000", "  calls: 90000.5", "expected int from 1000 to 10000000, found 90000.5 (float)"),
        ("  calls: 90000", "  calls: true", "expected int from 1000 to 10000000, found True (bool)"),
        ("  calls: 90000", "  calls: -1", "expected int from 1000 to 10000000, found -1 (int)"),
        ("  reconnect_minutes: 10", "  reconnect_minutes: 999", "from 0 to 120, found 999"),
        ("  export: data-raw/simulated/export.csv", "  export: 7", "expected str, found 7 (int); put it in quotes"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(tmp_path, old, new, expected):
    text = TEXT.replace(old, new)
    said = complaint(tmp_path, text)
    assert expected in said
    assert f"line {line_of(text, new)}:" in said


def test_a_missing_parameter_is_told_with_what_is_expected(tmp_path):
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("  oldest_pupil"))
    assert '"oldest_pupil" is missing under "01-clean"; expected int' in complaint(tmp_path, text)


def test_an_unknown_section_is_told(tmp_path):
    said = complaint(tmp_path, TEXT.replace("\n02-describe:", "\n02-describ:"))
    assert 'there is no notebook "02-describ"; did you mean "02-describe"?' in said


def test_all_complaints_come_at_once(tmp_path):
    said = complaint(
        tmp_path, TEXT.replace("  calls: 90000", "  calls: x").replace("  longest_hours: 6.0", "  longest_hours: y")
    )
    assert '"calls"' in said and '"longest_hours"' in said


def test_yaml_that_does_not_parse_is_told_with_its_line(tmp_path):
    assert "line 3: not readable as YAML" in complaint(tmp_path, "shared:\n  seed: 1\n bad: [\n")


def test_a_section_that_stands_twice_is_told(tmp_path):
    assert 'section "shared" stands twice' in complaint(tmp_path, TEXT + "\nshared:\n  seed: 2\n")


def test_keys_that_are_no_texts_are_told(tmp_path):
    assert 'there is no notebook "1"' in complaint(tmp_path, "1:\n  2: 3\n" + TEXT)
    assert "not UTF-8" in complaint_of_bytes(tmp_path, "shared:\n  seed: 1 # 中\n".encode("gb18030"))


def test_a_value_twice_in_a_list_is_told(tmp_path):
    text = TEXT.replace("outcome: [at_risk, high_risk]", "outcome: [at_risk, at_risk]", 1)
    assert "a value stands twice in the list" in complaint(tmp_path, text)


# --- profiles ---------------------------------------------------------------------------------------

FULL = "    recovery: {replications: 500}"


def test_a_profile_takes_the_place_of_the_plain_values_and_leaves_the_others():
    plain, full = params.check(), params.check(profile="full")
    others = {"recovery": {"replications": 500}}
    others |= {name: {"resamples": 500} for name in ("07-prediction", "07-use", "07-validation")}
    assert full == {name: values | others.get(name, {}) for name, values in plain.items()}


def test_a_profile_of_shared_values_reaches_every_notebook(tmp_path):
    file = tmp_path / "params.yml"
    file.write_text(TEXT.replace(FULL, "    shared: {seed: 7}\n" + FULL), encoding="utf-8")
    assert {values["seed"] for values in params.check(file, "full").values() if "seed" in values} == {7}
    assert {values["seed"] for values in params.check(file).values() if "seed" in values} == {12355}


def test_without_profiles_none_is_known(tmp_path):
    file = tmp_path / "params.yml"
    file.write_text(TEXT[: TEXT.index("\nprofiles:")] + "\n", encoding="utf-8")
    assert params.check(file) == params.check()
    with pytest.raises(InputError, match="no profile is called so; there are none"):
        params.check(file, "full")


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            "    recovery: {replications: many}",
            '"replications" of "recovery": expected int from 10 to 10000, found \'many\' (str)',
        ),
        ("    recovery: {replications: 5}", "expected int from 10 to 10000, found 5 (int)"),
        (
            "    recovery: {replication: 500}",
            'unknown parameter "replication" of "recovery"; did you mean "replications"?',
        ),
        ("    recover: {replications: 500}", 'there is no notebook "recover"; did you mean "recovery"?'),
        ("    recovery: 500", 'section "recovery" must hold "name: value" lines'),
        ("    recovery: {replications: 500, replications: 600}", 'a name stands twice in "recovery"'),
    ],
)
def test_a_fault_in_a_profile_is_told_with_its_line_though_nobody_asked_for_it(tmp_path, new, expected):
    text = TEXT.replace(FULL, new)
    said = complaint(tmp_path, text)
    assert expected in said
    assert f"line {line_of(text, new)}:" in said


def test_profiles_must_be_sections_of_sections(tmp_path):
    assert 'profile "full" must hold "name: value" lines' in complaint(tmp_path, TEXT[: TEXT.index(FULL)] + "    - 5\n")
    assert 'profile "full" stands twice' in complaint(tmp_path, TEXT + "  full:\n" + FULL + "\n")
    assert 'section "profiles" must hold' in complaint(tmp_path, TEXT[: TEXT.index("profiles:")] + "profiles: 3\n")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('sheet: ""', 'sheet: ["../../x"]', '"sheet" of "01-clean": a list, but this notebook runs once'),
        (
            "population: data-raw/population.csv",
            "population: [../x, data-raw/population.csv]",
            "each of whose values becomes part of a folder's name",
        ),
        ('last_day: ""', "last_day: 2021-02-30", "not a value (day is out of range for month)"),
    ],
)
def test_values_that_would_be_paths_or_no_days_are_refused(tmp_path, old, new, expected):
    assert old in TEXT and expected in complaint(tmp_path, TEXT.replace(old, new, 1))
