"""A figure drawn once: the same on the page of its notebook and in its files, until it changes."""

from io import BytesIO

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from hotline.report.figures import style
from hotline.report.figures.drawing import STAMP, drawn, show_as_drawn

pytestmark = pytest.mark.usefixtures("no_window")


@pytest.fixture
def figure():
    """A figure under the theme, with a line."""
    with matplotlib.rc_context():
        style.use()
        figure, axes = plt.subplots(figsize=(4, 3))
        axes.plot([1, 2], [3, 4], "o-", color="#0072B2")
        yield figure
        plt.close(figure)


def test_drawn_draws_again_only_what_has_changed(figure):
    first = drawn(figure, simulated=True)
    assert drawn(figure, simulated=True) is first
    figure.axes[0].set_title("Another title")
    second = drawn(figure, simulated=True)
    assert second.svg != first.svg and second.png != first.png
    assert drawn(figure, simulated=True) is second


def test_a_figure_gets_one_stamp_and_only_if_simulated(figure):
    drawn(figure, simulated=True)
    figure.axes[0].set_title("Another title")
    assert drawn(figure, simulated=True).svg.count(f"<!-- {STAMP} -->") == 1
    plain, axes = plt.subplots()
    axes.plot([1, 2])
    assert STAMP not in drawn(plain, simulated=False).svg
    plt.close(plain)


def test_the_png_is_the_svg_at_the_resolution_of_print(figure):
    drawing = drawn(figure, simulated=False)
    image = Image.open(BytesIO(drawing.png))
    assert image.info["dpi"] == pytest.approx((220, 220), abs=0.1)
    points = float(drawing.svg.split('viewBox="0 0 ')[1].split()[0])
    assert image.width == pytest.approx(points / 72 * 220, abs=1)
    colours = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert (colours == [0, 0x72, 0xB2]).all(axis=1).sum() > 500, "the line"
    assert (colours == 255).all(axis=1).mean() > 0.5, "the page"


def test_a_notebook_shows_what_is_saved(figure):
    shell = InteractiveShell.instance()
    try:
        show_as_drawn(shell, simulated=True)
        data, metadata = shell.display_formatter.format(figure, include=["image/png"])
    finally:
        InteractiveShell.clear_instance()
    assert data["image/png"] == drawn(figure, simulated=True).png
    pixels = Image.open(BytesIO(data["image/png"])).width
    assert metadata["image/png"]["width"] == pytest.approx(pixels * 110 / 220, abs=1)
