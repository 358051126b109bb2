"""What a spreadsheet leaves of a text or a number that it did not keep.

No pseudonym and no ticket number looks like this; taken for one, it would make one caller or one ticket of many.
"""

from hotline.cleaning.readers.table import UNREADABLE
from hotline.sql import literal

# 1.39E+10, a column that was too narrow, an error, and what stands for a cell that cannot be read.
NUMBER = "[+-]?[0-9]+[.,]?[0-9]*[eE][+-][0-9]+|[0-9]{1,9}([.,][0-9]+)?[eE][0-9]{1,3}"
SPOILT = f"{NUMBER}|#{{2,}}|#(?:N/A|[A-Z]+(?:/0)?[!?])|{UNREADABLE[0]}+"


def spoilt_sql(text: str) -> str:
    """Return the SQL of whether a text, tidied, is what a spreadsheet leaves; the slow search is spared most texts."""
    first = ", ".join(map(literal, ("#", UNREADABLE[0])))
    return (
        f"coalesce(({text}[1] IN ({first}) OR contains({text}, 'E+')) "
        f"AND regexp_full_match({text}, {literal(SPOILT)}), false)"
    )
