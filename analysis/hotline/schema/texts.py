"""Texts freed of what input methods leave behind, in a codebook as in an export."""

import re
import unicodedata

# Full-width forms, and what they stand for.
FULL_WIDTH = ("０１２３４５６７８９：／－．　", "0123456789:/-. ")
WIDE = str.maketrans(*FULL_WIDTH)
# Marks that no screen shows: soft hyphen, of no width, of direction, the byte-order mark.
INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
# Every character that is a space, of whatever width.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))


def tidied(text: str) -> str:
    """Return a text with narrow digits, without invisible marks and spaces around it.

    >>> tidied(" １２ ")
    '12'
    """
    return re.sub(f"[{INVISIBLE}]", "", text.translate(WIDE)).strip(BLANKS)


def plain_heading(heading: str) -> str:
    """Return what is compared of a heading: without width and case of its letters, spaces and invisible characters.

    >>> plain_heading(" 年龄（岁）"), plain_heading("Caller's\\nNumber")
    ('年龄(岁)', "caller'snumber")
    """
    plain = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(each for each in plain if not each.isspace() and unicodedata.category(each) != "Cf")
