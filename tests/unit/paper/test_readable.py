"""Files of the paper that cannot be read are refused with their lines."""

import pytest

from hotline.errors import InputError
from hotline.paper.readable import bibtex_faults, refuse_unreadable
from hotline.paths import PAPER

ENTRY = "@article{welch1951,\n  title = {The {Welch} test, 50\\% and \\{ more},\n  year = 1951\n}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY + ENTRY, ['line 5: the key "welch1951" stands in line 1 already; rename one']),
        (ENTRY.rstrip("}\n") + "\n" + ENTRY.replace("welch", "other"), ["line 1: the entry that begins here"]),
        (ENTRY.replace("test,", "test},"), ["line 4: a brace closes what is not open"]),
        (ENTRY + ENTRY.replace("test, ", "{test, ").replace("welch", "b"), ["line 5: the entry that begins here"]),
        (ENTRY.replace("welch1951,", ""), ["line 1: the entry has no key; expected @article{key,"]),
        (ENTRY.replace("{welch1951,\n  title", "{title"), ["line 1: the entry has no key"]),
        ("@string{a = {b}}\n@comment{x}\n" + ENTRY, []),
        (ENTRY.replace("{welch1951,", "{ welch1951\n ,"), []),
    ],
)
def test_faults_of_a_bibliography_are_said_with_their_lines(text, said):
    found = bibtex_faults(text)
    assert len(found) == len(said) and all(map(str.startswith, found, said)), found


def test_the_papers_own_files_can_be_read():
    files = sorted(PAPER.glob("*.*"))
    assert len(files) > 7
    refuse_unreadable(files)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("manuscript.qmd", "a\n心理\n".encode("gb18030"), r"manuscript.qmd, line 2: not UTF-8; save the file in UTF-8"),
        ("manuscript.qmd", "a".encode("utf-16"), "not UTF-8"),
        ("_quarto.yml", b"a: 1\n b: 2\n", r"_quarto.yml, line 2: not readable as YAML"),
        ("_quarto.yml", "a: é".encode("latin-1"), r"_quarto.yml, line 1: not UTF-8"),
        ("references.bib", (ENTRY * 2).encode(), r'references.bib, line 5: the key "welch1951"'),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "style.css").write_bytes(b"\xff")
    with pytest.raises(InputError, match=said) as refused:
        refuse_unreadable([tmp_path / name, tmp_path / "style.css", tmp_path / "figure.png"])
    assert "style.css, line 1" in str(refused.value), "every file is named"
