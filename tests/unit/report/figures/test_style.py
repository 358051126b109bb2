"""The look of the figures: a font with Chinese characters, the same bytes, and a figure of words."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from hotline.report.figures import style

pytestmark = pytest.mark.usefixtures("no_window")


@pytest.fixture(autouse=True)
def theme():
    """The theme, for one test."""
    with matplotlib.rc_context():
        style.use()
        yield


def test_use_sets_a_font_that_has_latin_and_chinese(tmp_path, recwarn):
    figure, axes = plt.subplots()
    axes.set_title("Level 心理健康水平 ω² −")
    figure.savefig(tmp_path / "figure.svg")
    assert not [each for each in recwarn if "Glyph" in str(each.message)]


def test_use_gives_the_same_bytes_again(tmp_path):
    written = []
    for name in ("one.svg", "two.svg"):
        figure, axes = plt.subplots()
        axes.plot([1, 2], [3, 4], "o-")
        figure.savefig(tmp_path / name, metadata={"Date": None})
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_levels_have_colours_of_their_own():
    assert list(style.LEVELS) == ["well", "imbalance", "high_risk"] and len(set(style.LEVELS.values())) == 3


def test_words_prints_the_sentence_within_the_width():
    sentence = "No case is at the level *High risk*, so nothing is compared. " * 4
    figure = style.words(sentence)
    (text,) = figure.axes[0].texts
    assert " ".join(text.get_text().split()) == sentence.strip() and "\n" in text.get_text()
    assert figure.get_figwidth() == style.WIDTH


def test_a_dollar_sign_begins_no_formula(tmp_path):
    figure, axes = plt.subplots()
    title = axes.set_title(r"$x_1$ and \$2")
    figure.savefig(tmp_path / "figure.png")
    assert not title.get_parse_math()
