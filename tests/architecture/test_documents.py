"""The documents of the repository agree with one another, and name files and targets that exist."""

import re

import pytest
import yaml

from hotline.paths import ROOT

PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "CHANGELOG.md",
    "data-raw/README.md",
    "docs/protocol.md",
)
CITED = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# Where a path may begin, and what the pipeline makes.
FROM = ("", "analysis", "analysis/hotline", "tests", "tests/support", "data-raw", "paper")
MADE = re.compile(
    r"^(data-derived|paper/output|data-raw/(private|simulated)|private|results|simulated)\b|NN-|^\.|^(scratch|failed)/"
)


def text_of(name):
    """The text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_title_stands_in_the_citation_and_heads_the_readme():
    assert text_of("README.md").splitlines()[0] == f"# {CITED['title']}"


def test_supplement_names_the_manuscript_by_its_title():
    fields = {}
    for name in ("manuscript", "supplement"):
        _, head, _ = text_of(f"paper/{name}.qmd").split("---\n", 2)
        fields[name] = yaml.safe_load(head)
    assert f"*{fields['manuscript']['title']}*" in fields["supplement"]["subtitle"]


def test_version_stands_in_the_citation_and_heads_the_changelog():
    released = re.findall(r"(?m)^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"))
    assert released[0] == (CITED["version"], CITED["date-released"].isoformat())
    assert len(released) >= 2 and released == sorted(released, reverse=True)


@pytest.mark.parametrize("page", PAGES)
def test_page_names_files_that_exist(page):
    quoted = re.findall(r"`([\w./-]+)`", text_of(page)) + re.findall(r"\]\(([\w./-]+)\)", text_of(page))
    files = [
        each for each in quoted if "/" in each.strip("/") or re.search(r"\.(md|yml|yaml|cff|toml|ipynb|lock|in)$", each)
    ]
    named = [each for each in files if not MADE.search(each)]
    assert named, "the page names no file"
    assert [each for each in named if not any((ROOT / start / each).exists() for start in FROM)] == []


@pytest.mark.parametrize("page", PAGES)
def test_page_names_targets_that_the_makefile_has(page):
    targets = set(re.findall(r"(?m)^([\w-]+):", text_of("Makefile")))
    named = set(re.findall(r"(?:`|^)make (?:-j\d )?([a-z0-9][\w-]*)", text_of(page), re.MULTILINE))
    assert named <= targets


def test_the_two_lists_of_what_a_change_must_pass_are_the_same():
    commands = re.findall(r"(?m)^make [\w-]+$", text_of(".ci/run"))
    steps = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"]["test"]["steps"]
    assert commands == ["make test", "make test-study", "make paper"]
    assert [step["run"] for step in steps if step.get("run") in commands] == commands


def test_protocol_names_parameters_that_exist_and_a_seed_that_holds():
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text_of("docs/protocol.md")))
    parameters = yaml.safe_load(text_of("params.yml"))
    del parameters["profiles"]
    assert len(named) > 5 and named <= {name for section in parameters.values() for name in section}
    assert f"`seed: {parameters['shared']['seed']}`" in text_of("docs/protocol.md")


def test_protocol_dates_its_versions_in_order():
    dates = re.findall(r"(?m)^\| (?:none|\d+\.\d+) \| (\d{4}-\d\d-\d\d) \|", text_of("docs/protocol.md"))
    assert len(dates) >= 2 and dates == sorted(dates)
