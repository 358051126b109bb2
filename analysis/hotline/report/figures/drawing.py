"""A figure as it is printed: drawn once, both for the page of its notebook and for its files."""

import struct
import zlib
from io import StringIO
from typing import NamedTuple
from weakref import WeakKeyDictionary

import matplotlib
import typst
from matplotlib.figure import Figure

from hotline.report.figures import style

STAMP = "Simulated data"
MARGIN = 0.05  # around a figure, inches
METRE = 0.0254  # inches of it
PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'


class Drawing(NamedTuple):
    """A figure as SVG, and the very same as PNG."""

    svg: str
    png: bytes


_drawings = WeakKeyDictionary()  # of figures that have not changed since


def drawn(figure: Figure, simulated: bool) -> Drawing:
    """Return the drawing of a figure, the earlier one where the figure has not changed since.

    simulated : whether the figure says that the data are simulated; with the first drawing the figure gets the stamp
    """
    if figure in _drawings and not figure.stale:
        return _drawings[figure]
    if simulated and figure not in _drawings:
        # Below the lower edge, so that it can't cover a label; the bounding box then takes it in.
        figure.text(1, -0.02, STAMP, ha="right", va="top", fontsize=7, color=style.MUTED, style="normal")
    grid = [axes.get_subplotspec() for axes in figure.axes]
    # A layout starts from the one before; this one is to start as if there was none. It leaves axes alone that the
    # figure has placed by itself.
    if all(grid) and all(axes.get_in_layout() for axes in figure.axes):
        for axes, place in zip(figure.axes, grid, strict=True):
            axes.set_subplotspec(place)
    svg = StringIO()
    figure.savefig(svg, format="svg", metadata={"Date": None}, bbox_inches="tight", pad_inches=MARGIN)
    _drawings[figure] = Drawing(svg.getvalue(), _as_png(svg.getvalue()))
    figure.stale = False  # to save it has set its colours and put them back
    return _drawings[figure]


def _as_png(svg: str) -> bytes:
    """Return an SVG as PNG. Typst does it in a fraction of the time that matplotlib takes to draw a figure again."""
    resolution = matplotlib.rcParams["savefig.dpi"]
    png = typst.compile(PAGE.encode(), format="png", ppi=resolution, sys_inputs={"svg": svg}, ignore_system_fonts=True)
    # Typst leaves out how many pixels are an inch, from which Word has the size. It stands after the 33 bytes of the
    # header (PNG, third edition, 11.3.4.3).
    per_metre = round(resolution / METRE)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    return png[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]


def show_as_drawn(shell, simulated: bool) -> None:
    """Let the shell of a notebook show each figure as it is printed, at the size that it has there.

    shell : of IPython
    """
    from matplotlib_inline import backend_inline  # noqa: F401 (which sets its own way to show figures when it comes)

    def shown(figure):
        png = drawn(figure, simulated).png
        scale = matplotlib.rcParams["figure.dpi"] / matplotlib.rcParams["savefig.dpi"]
        width, height = (round(scale * pixels) for pixels in struct.unpack(">II", png[16:24]))
        return png, {"width": width, "height": height}

    shell.display_formatter.formatters["image/png"].for_type(Figure, shown)
