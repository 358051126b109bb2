"""Words that have no ordinary use in this compendium, with their place: a rule of `make lint`.

Plain words are for the reader: GLOSSARY.md has the terms, CONTRIBUTING.md says what to write instead.

    python tests/support/words.py
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

INSTEAD = {
    r"nought": "zero",
    r"anew": "again",
    r"owe[ds]": "missing, required",
    r"mend(?:ed|s)?": "fix",
    r"bettered": "improved",
    r"thrown[ -]together": "crude, pooled",
    r"cleverer": "more complex",
    r"nobody|everybody|somebody": "no case, all cases, some cases; no one",
    r"told by|tells of": "reported by, shown by; describes",
    r"snare": "pitfall",
}
FORBIDDEN = re.compile(rf"\b(?:{'|'.join(INSTEAD)})\b", re.IGNORECASE)
ENDINGS = (".py", ".ipynb", ".md", ".qmd", ".yml", ".yaml", ".lua", ".toml", ".cff", "Makefile")
# The list itself, and its test.
EXCEPT = ("tests/support/words.py", "tests/architecture/test_words.py")
# The key of the simulated export: another one would number its callers in another order.
ALLOWED = 'b"simulated numbers belong to nobody"'


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Line number and word of each forbidden word in a text."""
    for number, line in enumerate(text.splitlines(), start=1):
        for word in FORBIDDEN.findall(line.replace(ALLOWED, "")):
            yield number, word


def sources(root: Path) -> list[Path]:
    """The text files that belong to the compendium: those that git tracks, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    files = [root / name for name in sorted(set(listed)) if name.endswith(ENDINGS) and name not in EXCEPT]
    return [file for file in files if file.is_file()]


def main() -> None:
    """Print each forbidden word as file:line; exit with 1 where there is one."""
    root = Path.cwd()
    found = [
        f"{file.relative_to(root)}:{number}: {word}"
        for file in sources(root)
        for number, word in faults(file.read_text(encoding="utf-8"))
    ]
    print("\n".join(found) or "words: none to replace")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
