"""Columns that an export has, and that say nothing once they are decoded."""

from hotline.cleaning.engine import Connection
from hotline.codebook import Codebook
from hotline.sql import identifier


def remarks(connection: Connection, book: Codebook, present: list[str]) -> list[str]:
    """Return a sentence for each column of which no cell can be read: all empty, or all outside the codebook.

    Parameters
    ----------
    connection : with the table `decoded` of `decode.decode`
    present : the variables that the export has a column for
    """
    asked = ", ".join(f"count({identifier(name)}), count(*) FILTER ({identifier(f'{name}_bad')})" for name in present)
    counts = iter(connection.execute(f"SELECT {asked} FROM decoded").fetchone())
    empty, sentences = [], []
    for name, read, unknown in zip(present, counts, counts, strict=True):
        named = f'"{book[name].header}" ({book[name].title})'
        if unknown and not read:
            sentences.append(
                f"column {named}: none of its {unknown:,} texts is one that the codebook describes. Is it another "
                "column under this heading, or are its values written otherwise? See its `codes` or `formats`."
            )
        elif not read:
            empty.append(named)
    if empty:
        several = "s" if len(empty) > 1 else ""
        sentences.append(
            f'empty, or "not recorded", in every row: column{several} {", ".join(empty)}. Exported at all?'
        )
    return sentences
