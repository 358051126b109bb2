"""Texts freed of what input methods leave behind, in a codebook as in an export."""

# Full-width forms, and what they stand for.
FULL_WIDTH = ("０１２３４５６７８９：／－．　", "0123456789:/-. ")
WIDE = str.maketrans(*FULL_WIDTH)
BLANKS = " \t\r\n\u00a0"


def tidied(text: str) -> str:
    """Return a text with narrow digits and without spaces around it.

    >>> tidied(" １２ ")
    '12'
    """
    return text.translate(WIDE).strip(BLANKS)
