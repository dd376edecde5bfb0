"""Text made comparable: without white space and invisible characters, and how much a text weighs."""

from __future__ import annotations

import re
import unicodedata

_IGNORED = dict.fromkeys(
    (0x00AD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
"""Characters without a picture of their own: soft hyphen, zero-width space and joiners, marks of direction, byte order
mark. *Source:* Unicode 15, DerivedCoreProperties, Default_Ignorable_Code_Point, without variation selectors."""

_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
WIDE_WEIGHT = 3
"""What one ideograph or Hangul syllable weighs against a letter: it says about as much as a short word."""


def squeezed(text: str) -> str:
    """Gives a text in composed form (NFC) without white space and without characters that cannot be seen.

    White space is what layout decides: a line break in the source, a gap between two boxes. So it is not compared.
    """
    if text.isascii():
        return "".join(text.split())
    return unicodedata.normalize("NFC", "".join(text.translate(_IGNORED).split()))


def weight(text: str) -> int:
    """Gives how much a squeezed text says: letters and digits count 1, ideographs and Hangul syllables 3."""
    if text.isascii():
        return sum(character.isalnum() for character in text)
    return sum(WIDE_WEIGHT if _WIDE.match(one) else one.isalnum() for one in text)


def letters(text: str) -> str:
    """Gives the letters and digits of a text alone, without punctuation, symbols and marks of emphasis."""
    return "".join(one for one in text if one.isalnum())


def is_wide(character: str) -> bool:
    """Whether a character is an ideograph or a Hangul syllable, which stand without spaces between them."""
    return _WIDE.match(character) is not None


def shortened(text: str, most: int) -> str:
    """Gives the start of a text, with an ellipsis where something was left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
