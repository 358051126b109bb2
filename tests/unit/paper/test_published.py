"""What readers are told of published.yml."""

import re

import pytest

from hotline import paths
from hotline.errors import InputError
from hotline.paper import published
from hotline.simulator import draws


def test_every_entry_has_known_keys_only():
    """A comma in an unquoted note of a {...} entry would cut the note short and make a key of the rest."""
    for topic, name, entry in published.entries():
        assert set(entry) <= {"value", "status", "source", "note"}, f"{topic}: {name}"


def test_the_numbers_are_those_that_the_simulator_reads():
    known = draws.read_numbers(paths.PUBLISHED)
    read = [(topic, name) for topic, named in vars(known).items() for name in vars(named)]
    assert [(topic, name) for topic, name, _ in published.entries()] == read


def test_each_entry_has_a_line_with_value_status_and_source():
    table = re.sub(" +", " ", published.numbers())
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(published.entries())
    assert "| `sex` | female 1.33 | borrowed | `fu2020` | |" in rows
    assert "| `growth` | 1.2035 | published | `press2024` | Growth of all services" in table
    assert f"Of {len(rows)} entries" in table and "tbl-numbers" in table


def test_each_source_is_listed_with_the_entries_that_rest_on_it():
    table = re.sub(" +", " ", published.sources())
    used = [entry["source"] for _, _, entry in published.entries()]
    assert f"| {used.count('fu2020')} |" in next(line for line in table.splitlines() if line.startswith("| `fu2020`"))
    assert "`assumption`" not in table


def test_findings_have_a_nature_only_where_the_data_are_simulated():
    simulated, recorded = published.findings(True), published.findings(False)
    assert "Nature" in simulated and "construction" in simulated
    assert "Nature" not in recorded and "construction" not in recorded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {a: b}\nfindings: [{text: a}]", "finding 1 needs here, reproduced_by, text"),
        ("sources: {a: b}", "the topics sources and findings are missing"),
        ("- a", "the topics sources and findings are missing"),
        ("a: b\n c: d", "line 2: not readable as YAML"),
    ],
)
def test_a_file_that_is_not_published_yml_is_refused(text, said, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PUBLISHED", tmp_path / "published.yml")
    paths.PUBLISHED.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        published.content()
