"""The look of the figures: one theme, one font that has Latin and Chinese glyphs, colours for everyone."""

import textwrap

import matplotlib
import matplotlib.pyplot as plt
import seaborn
from matplotlib import font_manager
from matplotlib.figure import Figure

from hotline.paths import chinese_font

# Width of the text in the paper, in inches: a figure drawn this wide is printed at its own size.
WIDTH = 6.3

# The three levels, from the colour-blind-safe palette of Okabe and Ito (2008).
LEVELS = {"well": "#0072B2", "imbalance": "#E69F00", "high_risk": "#D55E00"}
ACCENT = "#0072B2"
MUTED = "#6E6E6E"


def use() -> None:
    """Set the theme for every figure that follows.

    `svg.hashsalt` makes the identifiers inside SVG files the same in every run; text becomes outlines
    (`svg.fonttype: path`), so that a figure looks the same wherever it is opened. A dollar sign is one
    (`text.parse_math`), and begins no formula.
    """
    font = str(chinese_font())
    font_manager.fontManager.addfont(font)
    seaborn.set_theme(
        context="paper",
        style="whitegrid",
        palette=[*LEVELS.values(), "#009E73", "#CC79A7", "#56B4E9"],
        rc={
            "font.family": [font_manager.FontProperties(fname=font).get_name(), "DejaVu Sans"],
            "axes.unicode_minus": False,
            "axes.edgecolor": "#B0B0B0",
            "axes.titlesize": 9,
            "axes.titlelocation": "left",
            "axes.labelsize": 8.5,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "legend.fontsize": 8,
            "legend.title_fontsize": 8,
            "legend.frameon": False,
            "grid.color": "#E6E6E6",
            "grid.linewidth": 0.6,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "savefig.dpi": 220,
            "svg.hashsalt": "hotline",
            "svg.fonttype": "path",
            "text.parse_math": False,
        },
    )
    matplotlib.rcParams["figure.figsize"] = (WIDTH, 3.4)


def words(sentence: str) -> Figure:
    """Return a figure that says why there is none."""
    figure, ax = plt.subplots(figsize=(WIDTH, 0.9))
    ax.text(0.5, 0.5, textwrap.fill(sentence, 95), ha="center", va="center", color=MUTED)
    ax.set_axis_off()
    return figure
