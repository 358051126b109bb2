"""YAML with lines: what is read, as it is written, and one sentence for what is not."""

import pytest

from hotline import marked_yaml
from hotline.errors import InputError


def read(text, encoding="utf-8"):
    """The plain value of a text, and the words of its faults."""
    root = marked_yaml.compose(text.encode(encoding), "x.yaml", marked_yaml.WRITTEN)
    value, faults = marked_yaml.written(root)
    return value, [(marked_yaml.line_of(root, fault.place), fault.words) for fault in faults]


def refused(content):
    """What is said of a content that cannot be read."""
    with pytest.raises(InputError) as raised:
        marked_yaml.compose(content if isinstance(content, bytes) else content.encode(), "x.yaml", marked_yaml.WRITTEN)
    return str(raised.value)


def test_scalars_are_the_texts_that_are_written():
    value, faults = read("a: [1, no, 2021-03-01, 1_000, 0x1F, 1.50, 'null', true]")
    assert value == {"a": ["1", "no", "2021-03-01", "1_000", "0x1F", "1.50", "null", "true"]} and not faults


def test_what_is_left_out_or_null_is_none():
    assert read("a:\nb: ~\nc: null\nd: ''")[0] == {"a": None, "b": None, "c": None, "d": ""}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_and_line_ends_of_other_systems_are_read(encoding, end):
    text = end.join(["a: 男", "b: 1", "b: 2"])
    value, faults = read(text, encoding)
    assert value["a"] == "男"
    assert faults == [(3, 'the key "b" stands twice; leave one of them out')]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\nb: 男".encode("gb18030"), "x.yaml, line 2: not UTF-8 (byte 8); save it as UTF-8"),
        ("a: 1\nb: 2".encode("utf-16-le"), "x.yaml, line 1: not a text in UTF-8; save it as UTF-8"),
        ("a: 1\n\tb: 2", "x.yaml, line 2: not readable as YAML"),
        ("a:\n\t- b", "indent with spaces, not with a tab"),
        ("a: 1\n<<<<<<< HEAD\nb: 2", "x.yaml, line 2: the mark of a merge"),
        ("a: b: c", "line 1: not readable as YAML (mapping values are not allowed in this context); put a text with"),
        ("a: [b", "a bracket is not closed"),
        ("a: *b", "a text that begins with * stands in quotes"),
        ("a: @b", "put a text that begins with this character in quotes"),
        ('a: "b', "a quotation mark is not closed"),
        ("[" * 100_000, "line 1: more than 50 lists within one another"),
        ("a: 1\n---\nb: 2", "leave out the line ---"),
    ],
)
def test_what_cannot_be_read_is_refused_with_line_and_remedy(content, expected):
    assert expected in refused(content)


def test_an_empty_file_has_no_node():
    assert read("# nothing\n") == (None, [])


def test_tags_are_faults_and_make_no_objects():
    value, faults = read("a: 1\nb: !!python/object/apply:os.system [true]\nc: !other 3")
    assert value == {"a": "1", "b": None, "c": None}
    assert [line for line, _ in faults] == [2, 3]
    assert 'the tag "!!python/object/apply:os.system" is not read; leave it out' in faults[0][1]


def test_anchors_and_merge_keys_are_followed_to_their_lines():
    text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: {<<: [*a, {z: 4}]}"
    root = marked_yaml.compose(text.encode(), "x.yaml", marked_yaml.WRITTEN)
    assert marked_yaml.written(root)[0]["b"] == {"x": "1", "y": "3"}
    assert marked_yaml.written(root)[0]["c"] == {"x": "1", "y": "2", "z": "4"}
    assert [marked_yaml.line_of(root, ("b", key)) for key in "xy"] == [1, 4]


def test_an_alias_within_what_it_names_is_a_fault():
    assert "an alias stands within what it names" in read("a: &a\n  b: [*a]")[1][0][1]


def test_a_key_that_is_a_list_is_a_fault():
    assert "a key is a list" in read("? [a]\n: b")[1][0][1]


def test_a_line_is_that_of_the_last_step_that_exists():
    root = marked_yaml.compose(b"a:\n  - b: 1\n  - c: 2", "x.yaml", marked_yaml.WRITTEN)
    places = [("a",), ("a", 1), ("a", 1, "c"), ("a", 1, "d"), ("a", 5), ("b",), ()]
    assert [marked_yaml.line_of(root, place) for place in places] == [1, 3, 3, 3, 1, 1, 1]


def test_typed_gives_the_types_of_yaml_or_a_sentence():
    assert marked_yaml.typed(b"a: [1, 2.5, yes, x]", "x.yaml") == {"a": [1, 2.5, True, "x"]}
    assert marked_yaml.typed(b"", "x.yaml") is None
    for content in (b"a: 2021-99-99", b"? {b: 1}\n: c", b"a: !!python/none x"):
        with pytest.raises(InputError, match=r"^x\.yaml: a value is not of the type"):
            marked_yaml.typed(content, "x.yaml")
    with pytest.raises(InputError, match=r"^x\.yaml, line 1: not UTF-8"):
        marked_yaml.typed("é".encode("latin-1"), "x.yaml")
