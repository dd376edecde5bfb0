"""What is said of the text of a screenshot: always something that an examiner has yet to check."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.screenshots.reading import Read
from forensics.chats.amount import plain_text
from forensics.media.ocr import Line
from forensics.model import Finding, Gap, GapReason, Result

KIND = "text.read"

STATUS = "to_be_confirmed"
"""What every line is until an examiner says what it shows."""

_AMOUNT = re.compile(
    r"(?:[¥€£₹₽₩]\s?[0-9])|[0-9]\s?(?:元|块|人民币|RMB|CNY)|^[-+−]?[0-9][0-9,]*\.[0-9]{2}$", re.IGNORECASE
)
"""What a line may show an amount by; whether it is a payment, nothing here says."""

_CHECK = message(
    "text.limit.check",
    "The text was read by a program that mistakes characters that look alike. It counts only once an examiner has "
    "compared each line with the picture and said what it shows.",
)
_PICTURE = message(
    "text.limit.picture",
    "What a screenshot shows can be drawn, or made with any editor or web page. Whether the chat or the payment took "
    "place is not examined.",
)
_FAINT = message(
    "text.limit.faint",
    "Small, faint, slanted, handwritten or covered text, letters on pictures and emoji are often missed or misread.",
)
_RULE = message(
    "text.limit.rule",
    "Only pictures of the shape or format of a screenshot are searched for text unless another setting asks for all.",
)
_MISREAD = message(
    "text.alternative.misread", "The recogniser misread characters, above all in small or compressed text."
)
_CONTEXT = message(
    "text.alternative.context",
    "An amount on a screen can be a price, a balance, a limit, an offer or a total rather than a payment.",
)
_MADE = message("text.alternative.made", "The picture is a draft, an example, a joke or a made-up chat.")
_PHOTO = message("text.alternative.photo", "The picture is a photograph or drawing, and has no text of a screen.")


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a picture whose text was read.

    Attributes:
        size_px: Width and height as it is shown.
        shape: Why it was looked at.
        engine: Names and versions of what read it.
        is_open: Whether the text may stand in the record.
        most_listed: Lines that the finding lists.
    """

    size_px: tuple[int, int]
    shape: str
    engine: tuple[str, ...]
    is_open: bool
    most_listed: int


def row(line: Line, number: int) -> dict[str, Any]:
    """Writes a line as JSON values; numbers count from 1, from the top."""
    box = line.box
    return {
        "number": number,
        "text": line.text,
        "confidence": line.confidence,
        "box_px": [box.x, box.y, box.width, box.height],
    }


def shows_amount(text: str) -> bool:
    """Whether a line shows something like an amount of money."""
    return bool(_AMOUNT.search(plain_text(text)))


def read(blank: Finding, found: Read, page: Page) -> Finding:
    """States what was read, or that nothing was."""
    gaps = _gaps(found)
    values = _values(found, page)
    if not found.lines:
        result = Result.INDETERMINATE if gaps else Result.NOT_FOUND
        statement = message("text.read.none", "No line of text was read in the picture by this method.")
        return replace(
            blank, result=result, statement=statement, values=values, gaps=gaps, limits=(_PICTURE, _FAINT, _RULE)
        )
    statement = message(
        "text.read.lines",
        "A program read {lines} lines of text in the picture; {amounts} of them show something like an amount of "
        "money. Nobody has checked them yet.",
        lines=len(found.lines),
        amounts=values["amount_line_count"],
    )
    return replace(
        blank,
        result=Result.INDETERMINATE,
        statement=statement,
        values=values,
        gaps=gaps,
        limits=(_CHECK, _PICTURE, _FAINT),
        alternatives=(_MISREAD, _CONTEXT, _MADE),
    )


def _values(found: Read, page: Page) -> dict[str, Any]:
    rows = [row(line, number) for number, line in enumerate(found.lines, 1)]
    shown = rows if page.is_open else [{name: one[name] for name in one if name != "text"} for one in rows]
    listed = shown[: page.most_listed]
    return {
        **({"status": STATUS, "strength": "consistent_with"} if rows else {}),
        "line_count": len(rows),
        "amount_line_count": sum(shows_amount(line.text) for line in found.lines),
        "lowest_confidence": min((line.confidence for line in found.lines), default=None),
        "unsure_count": found.unsure,
        "unread_count": found.unread,
        "size_px": list(page.size_px),
        "shape": page.shape,
        "searched_whole": found.is_whole,
        "lines": listed,
        "listed_count": len(listed),
        "engine": list(page.engine),
    }


def _gaps(found: Read) -> tuple[Gap, ...]:
    gaps = []
    if not found.is_whole:
        detail = f"only the first {found.searched_px} pixels of the longer side were searched"
        gaps.append(Gap("text", GapReason.LIMIT, detail))
    if found.unread:
        gaps.append(Gap("text", GapReason.LIMIT, f"{found.unread} lines were found and not read: there are too many"))
    return tuple(gaps)


def unsearched(blank: Finding, gap: Gap, values: dict[str, Any] | None = None) -> Finding:
    """States that a picture was not searched for text."""
    return replace(
        blank,
        result=Result.INDETERMINATE,
        statement=message("text.read.unsearched", "The picture was not searched for text of a screen."),
        values=values or {},
        gaps=(gap,),
        limits=(_RULE,),
        alternatives=(_PHOTO,) if gap.why is GapReason.NOT_APPLICABLE else (),
    )
