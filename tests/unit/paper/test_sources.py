"""What the documents are made from: variables, comments and exhibits of a source."""

from hotline.paper import sources


def test_as_yaml_has_strings_under_the_name_of_their_step():
    assert sources.as_yaml({"clean": {"n": "39,512", "p": '<0.001 "so"'}}).splitlines()[1:] == [
        "clean:",
        '  n: "39,512"',
        '  p: "<0.001 \\"so\\""',
    ]


def test_without_comments_keeps_the_lines():
    assert sources.without_comments("a <!-- for\nauthors --> b\nc") == "a \n b\nc"


def test_exhibits_are_found_with_their_lines_and_not_in_comments():
    text = (
        "{{< include ../data-derived/a/t.md >}}\n<!--\n{{< include ../data-derived/b/t.md >}}\n-->\n"
        "![Cap](../data-derived/a/f){#fig-a}"
    )
    assert sources.exhibits(text) == [
        (1, "../data-derived/a/t.md", ""),
        (5, "../data-derived/a/f", ".svg"),
        (5, "../data-derived/a/f", ".png"),
    ]
