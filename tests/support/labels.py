"""Labels as a codebook may have them, in which each sign means something to Markdown, to Typst or to HTML."""

import json
import subprocess

import yaml

from hotline.paper.pandoc import READ, pandoc_path

SIGNS = (
    "a | b *c* d_e_ f~g~ h^i^ $x$ `k` [l](m) {#n} @fig-o <b>p</b> \\q \"r\" 's' -- ... {{< var a.b >}} &amp; # = /*t*/"
)
LABELS = [
    SIGNS,
    "Mobile | smart phone",
    "**",
    "- a list",
    "1. a number",
    "> quoted",
    "| bar",
    "::: box",
    "_below",
    "\\",
    "a\nb",
    "😀",
    "עברית (ar: عربي)",
    "e\u0301",
    "^[a note]",
    "https://example.org/a_b",
]


def with_signs(text: str, signs: str = SIGNS) -> str:
    """The text of a codebook, with signs behind each title, description and English label."""
    book = yaml.safe_load(text)
    book["title"] += signs
    done = set()  # by identity: codes that fields share by an alias are one list
    for field in book["fields"]:
        for key in {"title", "description", "unit"} & set(field):
            field[key] += signs
        for code in field.get("codes", ()):
            if id(code) not in done:
                code["en"] += signs
                done.add(id(code))
    return yaml.safe_dump(book, allow_unicode=True, sort_keys=False)


def read(markdown: str) -> dict:
    """Markdown as pandoc understands it, as the documents are read."""
    command = [pandoc_path(), READ[0], "--to=json"]
    return json.loads(subprocess.run(command, input=markdown.encode(), capture_output=True, check=True).stdout)


def words(part: list | dict) -> str:
    """The text of a part that has no markup; what has any is shown with its name."""
    if isinstance(part, list):
        return "".join(map(words, part))
    if part["t"] in ("Space", "SoftBreak"):
        return " "
    plain = part["t"] in ("Str", "Plain", "Para")
    return (part["c"] if part["t"] == "Str" else words(part["c"])) if plain else f"<{part['t']}>"


def cells(table: dict) -> list[list[str]]:
    """The texts of a table's lines, the headings first."""
    _, _, _, (_, head), bodies, _ = table["c"]
    lines = [*head, *(line for body in bodies for line in body[3])]
    return [[words(cell[4]) for cell in line[1]] for line in lines]
