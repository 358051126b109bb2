"""Fonts of the PDF, and the check that they have every character of the text.

Typst prints a box for a character that no font has, without a warning. It uses its own serif face first, and the
fonts in the folder made here for what that face lacks.
"""

import functools
import shutil
import unicodedata
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

from hotline.errors import InputError
from hotline.paths import chinese_font

FIRST_CHINESE = 0x2E80  # from here on: radicals, Chinese punctuation and characters, full-width forms


def font_files() -> list[Path]:
    """Return the fonts that come with packages: Latin and Chinese from zhplot, rarer Latin from matplotlib."""
    return [
        chinese_font(),
        Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf",
    ]


def copy_fonts(folder: Path) -> None:
    """Put the fonts into a folder of their own, so that no font of the machine is seen."""
    folder.mkdir(parents=True)
    for file in font_files():
        shutil.copyfile(file, folder / file.name)


def write_chinese(text: str, target: Path) -> None:
    """Write the Chinese characters of a text as a small font for the page, which may not ask the network for one.

    Parameters
    ----------
    text : everything that the page is made from
    target : path of the font to write (.woff)
    """
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=[], hinting=False, recalc_timestamp=False)
    font = subset.load_font(str(chinese_font()), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted({ord(each) for each in text if ord(each) >= FIRST_CHINESE} | {FIRST_CHINESE}))
    cutter.subset(font)
    subset.save_font(font, str(target), options)


class _Text(HTMLParser):
    """The words of a page: no styles, no drawings, no formulas (Typst has a font of its own for those)."""

    HIDDEN = ("style", "script", "svg", "math")
    INLINE = ("a", "em", "strong", "span", "sup", "sub", "code")

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in self.HIDDEN
        self.parts.append("" if tag in self.INLINE else " ")

    def handle_endtag(self, tag):
        self.hidden -= tag in self.HIDDEN
        self.parts.append("" if tag in self.INLINE else " ")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def text_of(html: str) -> str:
    """Return the text that a reader of a page sees."""
    parser = _Text()
    parser.feed(html)
    return " ".join("".join(parser.parts).split())


@functools.cache
def _covered():
    """Return the code points for which a font has a character."""
    from fontTools.ttLib import TTFont

    return frozenset().union(*(TTFont(file, lazy=True).getBestCmap() for file in font_files()))


def check(text: str) -> None:
    """Raise InputError naming every character of a text that no font has, and where it stands first."""
    covered = _covered()
    faults = [
        f'the fonts of the PDF lack "{each}" (U+{ord(each):04X} {unicodedata.name(each, "unnamed")}), '
        f'as in "{text[max(0, text.index(each) - 20) : text.index(each) + 20]}"'
        for each in sorted(set(text))
        if ord(each) not in covered and not each.isspace() and unicodedata.category(each) != "Cf"  # nothing to be seen
    ]
    if faults:
        raise InputError(
            f"paper/manuscript.qmd: {'; '.join(faults)}; write it otherwise where it comes from: the manuscript, the "
            "codebook or data-raw/published.yml"
        )
