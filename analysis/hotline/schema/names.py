"""Names that a variable cannot have.

Words of SQL are no such names: every name stands in SQL as an identifier. A name is refused where a column of the
compendium's own stands beside the variables.
"""

import re

NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = 60  # characters
# Columns of this name stand beside the variables: while cleaning (first line), in tallies and in models.
RESERVED = (
    *("row", "ragged", "is_heading", "digest", "empty", "copy", "since_last", "repeat", "rule", "rowid"),
    *("edition", "file_row_number"),
    *("n", "events", "others"),
)
ENDINGS = ("_bad", "_broken")  # of the columns that say what is wrong with a variable
FORM = 'a name has small letters, digits and "_" and begins with a letter'


def wrong_name(name: str) -> str | None:
    """Return what is wrong with the name of a variable, with another one to choose; None where nothing is."""
    if not NAME.fullmatch(name):
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        example = plain if NAME.fullmatch(plain) and not wrong_name(plain) else "peer_relation"
        return f'{FORM}, such as "{example}"'
    if name in RESERVED or name.endswith(ENDINGS):
        return f'the compendium has a column of this name of its own; choose another name, such as "{name}_recorded"'
    if len(name) > LONGEST:
        return f"the name has {len(name)} characters; choose one of at most {LONGEST}"
    return None
