"""The document that the browser got beside the one that a plain client got for the same address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.page import body
from forensics.analyzers.page.archive import Archive, Response
from forensics.analyzers.page.corpus import Corpus
from forensics.analyzers.page.explain import Level
from forensics.analyzers.page.normal import shortened, squeezed
from forensics.analyzers.page.report import Row
from forensics.web.warc_http import as_uri

_REFUSALS = frozenset({401, 403, 405, 406, 407, 429, 451, 503})
"""Statuses by which a server turns a client away. *Source:* RFC 9110, section 15; RFC 6585; RFC 7725."""
_BETWEEN_TAGS = re.compile(r">\s*<")
_TEXT_LEVELS = frozenset({Level.DOCUMENT, Level.PART})


@dataclass(frozen=True, slots=True)
class Second:
    """What comparing the two documents gave.

    Attributes:
        outcome: `same`, `same-text` (the same text in another encoding), `differs`, `refused`, `failed` or `not-made`.
        detail: Why nothing could be compared; empty where it could.
        values: The measured values; what was not measured is None.
    """

    outcome: str
    detail: str
    values: Mapping[str, Any]


def compare(archive: Archive, rows: Iterable[Row], *, most: int, longest: int) -> Second:
    """Compares the two documents by digest, by lines, and by the visible texts that they explain.

    Lines are what stands between line ends and between two tags, without white space at their ends; they are compared
    whatever their order, and nothing is taken out before.

    Args:
        archive: What was recorded.
        rows: The visible texts, explained.
        most: Number of lines and texts that are listed.
        longest: Characters of each that are listed.
    """
    capture = archive.capture() or {}
    told = capture.get("second_fetch")
    told = told if isinstance(told, dict) else {}
    first, second = _browser_page(archive, capture), archive.plain()
    values: dict[str, Any] = {
        "statuses": [first.status if first else None, second.status if second else None],
        "sha256": [(first.sha256 or None) if first else None, (second.sha256 or None) if second else None],
        "told_by_collector": _text(told.get("outcome")) or None,
    }
    if second is None or first is None:
        outcome = _text(told.get("outcome"))
        detail = shortened(_text(told.get("detail")), longest) or "the file has no record of a second fetch"
        return Second("failed" if outcome in ("failed", "refused") else "not-made", detail, values)
    if first.status != second.status:
        outcome = "refused" if second.status in _REFUSALS and (first.status or 0) < 400 else "differs"  # noqa: PLR2004
        return Second(outcome, "", values)
    if first.content is None or second.content is None:
        missing = first.missing or second.missing or "it is too long"
        return Second("failed", f"the body of one of the two was not recorded whole: {missing}", values)
    values["sizes_bytes"] = [len(first.content), len(second.content)]
    if first.sha256 == second.sha256:
        return Second("same", "", values)
    if set(_texts_of(first)) & set(_texts_of(second)):
        return Second("same-text", "", values)
    values |= _lines(first, second, most=most, longest=longest)
    values |= _texts(second, rows, first=first, most=most, longest=longest)
    return Second("differs", "", values)


def _browser_page(archive: Archive, capture: Mapping[str, Any]) -> Response | None:
    url = _text(capture.get("final_url"))
    return (archive.page(as_uri(url)) if url else None) or archive.page()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _lines(first: Response, second: Response, *, most: int, longest: int) -> dict[str, Any]:
    sides = [_split(one) for one in (first, second)]
    counts = [Counter(side) for side in sides]
    equal, total = (counts[0] & counts[1]).total(), counts[0].total() + counts[1].total()
    only = [
        _listed(side, counts[index] - counts[1 - index], most=most, longest=longest) for index, side in enumerate(sides)
    ]
    return {
        "lines": [counts[0].total(), counts[1].total()],
        "equal_lines": equal,
        "share_of_equal_lines": round(2 * equal / total, 4) if total else None,
        "only_in_browser_count": (counts[0] - counts[1]).total(),
        "only_in_plain_count": (counts[1] - counts[0]).total(),
        "only_in_browser": only[0],
        "only_in_plain": only[1],
    }


def _texts_of(response: Response) -> tuple[str, ...]:
    return body.texts_of(response.content or b"", response.media_type)


def _split(response: Response) -> list[str]:
    text = _texts_of(response)[-1]
    return [line.strip() for line in _BETWEEN_TAGS.sub(">\n<", text).splitlines() if line.strip()]


def _listed(lines: list[str], only: Counter[str], *, most: int, longest: int) -> list[str]:
    listed: list[str] = []
    for line in lines:
        if only[line] > 0 and len(listed) < most:
            only[line] -= 1
            listed.append(shortened(line, longest))
    return listed


def _texts(second: Response, rows: Iterable[Row], *, first: Response, most: int, longest: int) -> dict[str, Any]:
    """Counts the visible texts that the browser's document explains and the plain client's does too."""
    shown = [row for row in rows if row.found.level in _TEXT_LEVELS and first.number in row.found.sources]
    corpus = Corpus()
    for text in _texts_of(second):
        corpus.add_document(1, text)
    lacking = [row.text.text for row in shown if not _has(corpus, squeezed(row.text.text))]
    return {
        "texts_in_browser_document": len(shown),
        "texts_also_in_plain_document": len(shown) - len(lacking),
        "texts_not_in_plain_document": [shortened(" ".join(text.split()), longest) for text in lacking[:most]],
    }


def _has(corpus: Corpus, packed: str) -> bool:
    return corpus.whole(packed) is not None or corpus.part(packed) is not None
