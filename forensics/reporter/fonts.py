"""The two fonts of reports: which glyphs they have, how wide these are, and which face draws which character."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import ReportError

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFontFace

FILES: Mapping[str, tuple[str, str]] = {
    "regular": ("NotoSansSC-Regular.ttf", "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16"),
    "bold": ("NotoSansSC-Bold-GB2312.ttf", "413c14d45bb8da3929c62055747a2b847060f083686dc5e623abc6cb896c7ab6"),
}
"""Weight to file name and SHA-256. *Source:* templates/fonts/NOTICE."""

NARROWED = "‘’“”…·•§×≥≤"
"""Characters that the fonts draw a full em wide, as Chinese wants them, and that Latin text wants narrow."""

_SIDE = 70
"""Space on each side of the ink of a narrowed character, in 1/1000 em; that of the fonts' own comma."""

_SPACES = frozenset({0x20, 0xA0, 0x3000})
"""Characters that may be blank."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file.

    Attributes:
        name: Name under which the canvas knows it.
        widths: Code point to advance width, in 1/1000 em.
        glyphs: Code points that have ink, and the spaces that may have none.
        ink: Narrowed character to its leftmost and rightmost ink, in 1/1000 em.
    """

    name: str
    file: str
    sha256: str
    widths: Mapping[int, float]
    glyphs: frozenset[int]
    ink: Mapping[str, tuple[float, float]]

    def width(self, char: str, *, narrow: bool = False) -> float:
        """Gives the advance width of a character in 1/1000 em."""
        if narrow and char in self.ink:
            left, right = self.ink[char]
            return right - left + 2 * _SIDE
        return self.widths[ord(char)]

    def shift(self, char: str) -> float:
        """Gives how far a narrowed character must be moved to the right, in 1/1000 em; mostly negative."""
        return _SIDE - self.ink[char][0]


@dataclass(frozen=True, slots=True)
class Fonts:
    """Regular and bold; the bold face has fewer glyphs, and where one is missing the regular one stands in."""

    regular: Face
    bold: Face

    def has(self, char: str) -> bool:
        """Whether a character can be drawn."""
        return ord(char) in self.regular.glyphs

    def face(self, char: str, *, bold: bool) -> Face:
        """Chooses the face for a character that can be drawn."""
        return self.bold if bold and ord(char) in self.bold.glyphs else self.regular


def load(folder: Path) -> Fonts:
    """Loads both fonts and checks that they are the ones the program was made for.

    Raises:
        ReportError: A file is missing or is not the expected one.
    """
    return Fonts(_face(folder, "regular"), _face(folder, "bold"))


def _face(folder: Path, weight: str) -> Face:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    file, expected = FILES[weight]
    _check(folder / file, expected)
    name = f"Report-{weight}"
    font = TTFont(name, str(folder / file), shapable=False)
    pdfmetrics.registerFont(font)
    glyphs = frozenset(code for code in font.face.charToGlyph if code in _SPACES or _has_ink(font.face, code))
    return Face(name, file, expected, dict(font.face.charWidths), glyphs, _ink(font.face))


def _check(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        hint = "Install the program again, or give a folder with complete templates."
        raise ReportError(f"font {path} cannot be read: {error}", hint=hint) from error
    if actual != expected:
        raise ReportError(f"font {path} is not the expected file", hint=f"Its SHA-256 should be {expected}.")


def _has_ink(face: TTFontFace, code: int) -> bool:
    glyph = face.charToGlyph[code]
    return bool(glyph) and face.glyphPos[glyph] != face.glyphPos[glyph + 1] and face.charWidths.get(code, 0) > 0


def _ink(face: TTFontFace) -> dict[str, tuple[float, float]]:
    """Reads the horizontal extent of the narrowed characters from the `glyf` table.

    Source: OpenType 1.9, `glyf` table, glyph header.
    """
    table = face.get_table("glyf")
    scale = 1000 / face.unitsPerEm
    known = [char for char in NARROWED if ord(char) in face.charToGlyph]
    headers = {char: struct.unpack_from(">5h", table, face.glyphPos[face.charToGlyph[ord(char)]]) for char in known}
    return {char: (header[1] * scale, header[3] * scale) for char, header in headers.items()}
