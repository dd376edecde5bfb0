"""What was on the screen: texts and pictures with their places, and the rendered document that they stand in."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forensics.analyzers.page import markup
from forensics.analyzers.page.normal import squeezed
from forensics.errors import MediaError

_MOST_PLACES = 200


@dataclass(frozen=True, slots=True)
class Text:
    """One visible block of text.

    Attributes:
        box_px: Left, top, width and height in the page, in pixels; None where unknown.
        path: CSS path of its element; empty where unknown.
        frame: URL of the document that it stands in.
        origin: What drew it, as the collector says: `text`, `value`, `list-marker`, `::before`, …; empty where unknown.
    """

    text: str
    box_px: tuple[float, ...] | None
    path: str
    frame: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One visible picture.

    Attributes:
        kind: `img`, `background`, `video`, `poster`, `canvas`, `svg` or `object`.
        status: Whether the browser had loaded it: `loaded`, `failed`, `pending`; empty or `unknown` where unknown.
    """

    url: str
    kind: str
    box_px: tuple[float, ...] | None
    path: str
    frame: str
    status: str = ""


@dataclass(slots=True)
class Seen:
    """What one page showed, and the runs of text of its rendered document.

    Attributes:
        url: The page.
        runs: Runs of text of the rendered document and the documents in it, in order; empty where it is not recorded.
        flow: The runs, squeezed, one behind the other.
        lower: The same in lower case; empty where that has another length.
        starts: Where each run begins in `flow`.
    """

    url: str
    texts: tuple[Text, ...]
    pictures: tuple[Picture, ...]
    limits: Mapping[str, Any] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    flow: str = ""
    lower: str = ""
    starts: list[int] = field(default_factory=list)

    def runs_of(self, packed: str, *, any_case: bool) -> list[int]:
        """Finds the runs of the rendered document that a squeezed text consists of.

        Args:
            packed: A visible text, squeezed.
            any_case: Whether style sheets may have changed the case of its letters.

        Returns:
            Numbers of the runs; empty where the document has no such runs, from one's start to another one's end.
        """
        if not packed:
            return []
        for flow, wanted in ((self.flow, packed), *(((self.lower, packed.lower()),) if any_case else ())):
            at = flow.find(wanted)
            for _ in range(_MOST_PLACES):
                if at < 0:
                    break
                found = self._between(at, at + len(wanted))
                if found:
                    return found
                at = flow.find(wanted, at + 1)
        return []

    def _between(self, start: int, end: int) -> list[int]:
        first, last = bisect_left(self.starts, start), bisect_left(self.starts, end)
        is_first = first < len(self.starts) and self.starts[first] == start
        is_last = end == len(self.flow) or (last < len(self.starts) and self.starts[last] == end)
        return list(range(first, last)) if is_first and is_last else []


def read(url: str, content: bytes, document: str | None) -> Seen:
    """Reads what was visible of a page.

    Args:
        url: The page.
        content: JSON with `texts`, `pictures` and `limits`; entries that are not visible are left out.
        document: The rendered document, or None where it is not recorded.

    Raises:
        MediaError: The content is not such JSON.
    """
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MediaError(f"what was visible of the page is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise MediaError("what was visible of the page is not a JSON object")
    limits = given.get("limits")
    seen = Seen(url, tuple(_texts(given)), tuple(_pictures(given)), limits=limits if isinstance(limits, dict) else {})
    if document is not None:
        _add_runs(seen, document)
    return seen


def _texts(given: Mapping[str, Any]) -> Iterator[Text]:
    for entry in _entries(given, "texts"):
        text = _string(entry, "text")
        if squeezed(text):
            named = (_string(entry, name) for name in ("path", "frame", "from"))
            yield Text(text, _box(entry), *named)


def _pictures(given: Mapping[str, Any]) -> Iterator[Picture]:
    for entry in _entries(given, "pictures"):
        named = (_string(entry, name) for name in ("path", "frame", "status"))
        yield Picture(_string(entry, "url"), _string(entry, "kind"), _box(entry), *named)


def _entries(given: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    entries = given.get(name)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("visible") is not False:
            yield entry


def _string(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _box(entry: Mapping[str, Any]) -> tuple[float, ...] | None:
    box = entry.get("box_px")
    is_box = isinstance(box, list) and len(box) == 4 and all(_is_length(one) for one in box)  # noqa: PLR2004 -- a box
    return tuple(round(float(one), 1) for one in box) if is_box and box else None


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9  # noqa: PLR2004 -- NaN is not


def _add_runs(seen: Seen, document: str) -> None:
    length, parts = 0, []
    for text in _runs(document, depth=0):
        packed = squeezed(text)
        if packed:
            seen.runs.append(text)
            seen.starts.append(length)
            parts.append(packed)
            length += len(packed)
    seen.flow = "".join(parts)
    lower = seen.flow.lower()
    seen.lower = lower if len(lower) == length else ""


def _runs(document: str, *, depth: int) -> Iterator[str]:
    parsed = markup.parse(document)
    yield from parsed.texts
    for inner in parsed.documents if depth < 4 else ():  # noqa: PLR2004 -- frames within frames
        yield from _runs(inner, depth=depth + 1)
