"""The fonts of the documents, and the check that they have every character."""

import pytest
from fontTools.ttLib import TTFont

from hotline.errors import InputError
from hotline.paper import fonts


def test_text_of_leaves_out_styles_drawings_and_formulas_and_keeps_words_whole():
    page = (
        "<style>a</style><p>One <em>w</em>ord</p><svg><text>b</text></svg><math>c</math><p>next</p><script>d</script>"
    )
    assert fonts.text_of(page) == "One word next"


def test_check_accepts_the_signs_that_the_paper_uses():
    fonts.check("Welch’s F, ω², χ², η², ≥ − × ± “quoted” – — … é Gøtzsche Mühleisen Šidák 心理健康水平，基本良好。①")
    fonts.check("עברית عربي e\u0301 😀 \u200e\u200b\u2060")


def test_check_names_each_character_that_no_font_has_with_its_place():
    with pytest.raises(InputError) as refused:
        fonts.check("a word \U00013080 and \U00013081")
    said = str(refused.value)
    assert 'lack "\U00013080" (U+13080 EGYPTIAN HIEROGLYPH' in said and "U+13081" in said and 'as in "a word' in said


def test_copy_fonts_puts_all_of_them_into_one_folder(tmp_path):
    fonts.copy_fonts(tmp_path / "fonts")
    copied = {file.name: file.read_bytes() for file in (tmp_path / "fonts").iterdir()}
    assert copied == {file.name: file.read_bytes() for file in fonts.font_files()} and len(copied) == 2


def test_write_chinese_has_the_characters_of_the_text_and_the_same_bytes_again(tmp_path):
    for name in ("one.woff", "two.woff"):
        fonts.write_chinese("Level 心理健康, again 心", tmp_path / name)
    assert (tmp_path / "one.woff").read_bytes() == (tmp_path / "two.woff").read_bytes()
    characters = set(TTFont(tmp_path / "one.woff").getBestCmap())
    assert {ord(each) for each in "心理健康"} <= characters and ord("L") not in characters
    assert len(characters) < 10
