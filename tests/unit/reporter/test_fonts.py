from __future__ import annotations

import pytest

from forensics.errors import ReportError
from forensics.reporter import fonts, text


def test_a_font_of_other_bytes_is_refused(tmp_path):
    for file, _ in fonts.FILES.values():
        data = (text.template_root() / "fonts" / file).read_bytes()
        (tmp_path / file).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ReportError, match="not the expected file"):
        fonts.load(tmp_path)


def test_a_missing_font_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(ReportError) as caught:
        fonts.load(tmp_path)
    assert caught.value.hint


def test_digests_in_the_notice_are_those_checked():
    notice = (text.template_root() / "fonts" / "NOTICE").read_text()
    assert all(sha256 in notice and file in notice for file, sha256 in fonts.FILES.values())


def test_a_character_without_ink_counts_as_missing_unless_it_is_a_space(templates):
    # U+2002 and U+2003 are in the font's cmap and have an empty outline; U+0020 and U+3000 may be blank.
    assert not templates.fonts.has("\u2002")
    assert not templates.fonts.has("\u2003")
    assert templates.fonts.has(" ")
    assert templates.fonts.has("\u3000")


@pytest.mark.parametrize("char", ["😀", "𠮷", "ا", "ก", "\ufffd", "☐", "한"])
def test_what_the_fonts_lack_is_known(templates, char):
    assert not templates.fonts.has(char)


def test_a_glyph_missing_in_bold_is_drawn_in_regular(templates):
    # U+9F98 is outside GB 2312; U+4E2D is in it.
    assert templates.fonts.face("龘", bold=True) is templates.fonts.regular
    assert templates.fonts.face("中", bold=True) is templates.fonts.bold


def test_quotation_marks_can_be_set_narrow(templates):
    face = templates.fonts.regular
    assert face.width("’") == 1000
    assert face.width("’", narrow=True) < 400
