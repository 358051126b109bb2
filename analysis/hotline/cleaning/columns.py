"""Columns that an export has, and that say nothing once they are decoded."""

from hotline.cleaning.engine import Connection
from hotline.cleaning.sql import identifier
from hotline.codebook import Codebook


def remarks(connection: Connection, book: Codebook, present: list[str]) -> list[str]:
    """Return a sentence for each column of which no cell can be read: all empty, or all outside the codebook.

    Parameters
    ----------
    connection : with the table `decoded` of `decode.decode`
    present : the variables that the export has a column for
    """
    asked = ", ".join(f"count({identifier(name)}), count(*) FILTER ({identifier(f'{name}_bad')})" for name in present)
    counts = iter(connection.execute(f"SELECT {asked} FROM decoded").fetchone())
    sentences = []
    for name, read, unknown in zip(present, counts, counts, strict=True):
        field = book[name]
        if read:
            continue
        what = (
            f"none of its {unknown:,} texts is one that the codebook describes; is it another column under this "
            f"heading, or are its codes written in another way? See `codes` and `formats` of it there"
            if unknown
            else 'it is empty, or "not recorded", in every row; was it exported?'
        )
        sentences.append(f'column "{field.header}" ({field.title}): {what}')
    return sentences
