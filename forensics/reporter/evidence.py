"""Evidence text made visible: nothing in it is dropped, reordered or drawn blank."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from forensics.reporter.fonts import Fonts

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Mc", "Me"})
"""General categories of characters that show nothing of their own. *Source:* Unicode 15, section 4.5."""

_SPECIAL = re.compile(r"(?P<space>\A +|(?<= ) +| +\Z)|(?P<bracket>\[(?=U\+[0-9A-F]{4,6}\]))|(?P<other>[^!-Z\\-~ ])")
"""Spaces that would be lost, brackets that would look like a mark, and whatever is not plain ASCII."""

_MARK = re.compile(r"\[U\+([0-9A-F]{4,6})\]")


class Said(str):
    """Text that is ready to be printed: it came from a template, or went through `shown`."""

    __slots__ = ()


def shown(text: str, fonts: Fonts) -> Said:
    """Writes evidence text so that every character of it can be seen.

    Control characters, line feeds, direction marks, invisible and combining characters, unusual spaces, spaces at an
    end or after a space, and characters that no font of the report has, are written `[U+1F600]`. Where the text itself
    holds such a mark, its bracket is written `[U+005B]`, so that what is read back is exact.
    """
    return text if isinstance(text, Said) else Said(_SPECIAL.sub(lambda match: _visible(match, fonts), text))


def _visible(match: re.Match[str], fonts: Fonts) -> str:
    found = match.group()
    if match["other"] is None:
        return "".join(map(mark, found))
    return found if _can_be_seen(found, fonts) else mark(found)


def _can_be_seen(char: str, fonts: Fonts) -> bool:
    category = unicodedata.category(char)
    unusual_space = category == "Zs" and char != "\u3000"
    return category not in _HIDDEN and not unusual_space and fonts.has(char)


def mark(char: str) -> str:
    """Writes a character as its code point, for example `[U+1F600]`."""
    return f"[U+{ord(char):04X}]"


def replaced(texts: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Lists the characters that were written as marks, as (code point, how often), by code point."""
    counts = Counter(int(code, 16) for text in texts for code in _MARK.findall(text))
    return tuple(sorted(counts.items()))


def undrawable(text: str, fonts: Fonts) -> tuple[str, ...]:
    """Lists the characters of printed text that could not be drawn; a line feed and a no-break space can."""
    return tuple(char for char in text if char not in "\n\u00a0" and not fonts.has(char))
