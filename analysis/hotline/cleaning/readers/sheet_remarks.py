"""What the user should know of the cells of a sheet, in sentences that quote none of them."""

from collections import Counter

from hotline.cleaning.readers.merged_cells import ACROSS, BENEATH, FILLED
from hotline.cleaning.readers.workbook_xml import ERROR, UNCALCULATED

LONG = "long"
ROWS_NAMED = COLUMNS_NAMED = 3
UNREADABLE_ROWS = "a row with such a cell cannot be read."
# What is said of a column's cells, by what was noted.
WORDS = {
    ERROR: f"an error such as #N/A; {UNREADABLE_ROWS} Correct the cells in Excel, and save the file.",
    UNCALCULATED: f"a formula that no program has calculated; {UNREADABLE_ROWS} Open the file in Excel, let it "
    "calculate, and save it.",
    LONG: f"a number of 16 digits or more, of which a spreadsheet loses the last; {UNREADABLE_ROWS} Export the column "
    "as text.",
    ACROSS: f"cells merged with those of other columns; {UNREADABLE_ROWS} Unmerge them, and fill in each column.",
    BENEATH: f"a text that a merged cell hides; {UNREADABLE_ROWS} Unmerge the cells, and decide which text is right.",
    FILLED: "what the first of the cells that are merged with it holds. Unmerge them where that is wrong.",
}


class SheetRemarks:
    """Counts of what is odd about the cells of the columns that matter.

    Attributes
    ----------
    headings : {position: heading} of these columns
    times, midnights : by position, the cells that are times, and those of them that are a day or midnight
    above : number of the rows above the headings
    hidden_rows, hidden_sheets : how many of each the workbook has
    """

    def __init__(
        self, where: str, headings: dict[int, str], above: int = 0, hidden_rows: int = 0, hidden_sheets: int = 0
    ):
        self.where, self.headings, self.above = where, headings, above
        self.hidden_rows, self.hidden_sheets = hidden_rows, hidden_sheets
        self.times, self.midnights = Counter(), Counter()
        self._counts, self._first = Counter(), {}

    def note(self, kind: str, position: int, number: int) -> None:
        """Count a cell at a position of a row under one of the kinds that have WORDS."""
        self._counts[position, kind] += 1
        first = self._first.setdefault((position, kind), [])
        if len(first) < ROWS_NAMED:
            first.append(number)

    def sentences(self) -> list[str]:
        """Return a sentence for each kind and column, or columns that are alike, and for what the workbook hides."""
        said, alike = [], {}
        for position, kind in sorted(self._counts):
            alike.setdefault((kind, self._counts[position, kind], *self._first[position, kind]), []).append(position)
        for (kind, count, *first), positions in alike.items():
            rows = f"row{'s' if count > 1 else ''} {', '.join(map(str, first))}{' ...' if count > len(first) else ''}"
            cells, hold = ("cells", "hold") if count > 1 else ("cell", "holds")
            each = " in each" if len(positions) > 1 else ""
            said.append(f"{self._columns(positions)}: {count:,} {cells}{each} ({rows}) {hold} {WORDS[kind]}")
        for position, count in sorted(self.times.items()):
            if count == self.midnights[position] > 1:
                said.append(
                    f"{self._columns([position])}: all {count:,} times are at midnight. If they are days without a "
                    "time, export the time, too."
                )
        if self.above:
            rows = "row 1" if self.above == 1 else f"rows 1 to {self.above}"
            said.append(f"{self.where}, {rows}: what stands above the headings is left out.")
        if self.hidden_rows:
            said.append(f"{self.where}: hidden or filtered rows ({self.hidden_rows:,}) are read like the others.")
        if self.hidden_sheets:
            said.append(f"{self.where}: the sheets that are hidden ({self.hidden_sheets:,}) are not read.")
        return said

    def _columns(self, positions):
        """Return the place of some columns in words."""
        named = ", ".join(f'"{self.headings[position]}"' for position in positions[:COLUMNS_NAMED])
        more = f" and {len(positions) - COLUMNS_NAMED} more" if len(positions) > COLUMNS_NAMED else ""
        return f"{self.where}, column{'s' if len(positions) > 1 else ''} {named}{more}"
