"""Marker segments of a JPEG file, and the entropy-coded data between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.formats.walk import Walk

_NAMES = (
    {0xC4: "DHT", 0xC8: "JPG", 0xCC: "DAC", 0x01: "TEM", 0xF7: "SOF55", 0xF8: "LSE", 0xFE: "COM"}
    | {0xD8: "SOI", 0xD9: "EOI", 0xDA: "SOS", 0xDB: "DQT", 0xDC: "DNL", 0xDD: "DRI", 0xDE: "DHP", 0xDF: "EXP"}
    | {0xD0 + index: f"RST{index}" for index in range(8)}
    | {0xE0 + index: f"APP{index}" for index in range(16)}
    | {0xC0 + index: f"SOF{index}" for index in (0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15)}
)
"""*Source:* ITU-T T.81, table B.1; SOF55 and LSE are of JPEG-LS (ITU-T T.87)."""

SOI, EOI, SOS, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDD, 0xFE
APP0 = 0xE0
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length: TEM, RST0 to RST7, SOI, EOI. *Source:* ITU-T T.81, B.1.1.3."""

_AFTER_SCAN = frozenset({0xC4, SOI, EOI, SOS, 0xDB, 0xDC, DRI, 0xDE, 0xDF, 0xF8, COM, *range(0xE0, 0xF0)})
"""Markers that may end entropy-coded data; any other within it is damage."""

_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_BREAK = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")
_CYCLE = bytes(range(0xD0, 0xD8))
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment, or the entropy-coded data behind a scan's header.

    Attributes:
        marker: Second byte of the marker; 0 for entropy-coded data.
        offset: Of the marker in the file.
        size: Bytes that are there, marker included.
        declared: Bytes that its length states, marker included; None where it has no length.
        facts: Of entropy-coded data, what was counted in it.
    """

    marker: int
    offset: int
    size: int
    declared: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the marker, `ECS` for entropy-coded data."""
        return _NAMES.get(self.marker, f"0xff{self.marker:02x}") if self.marker else "ECS"

    @property
    def body(self) -> tuple[int, int]:
        """Offset and size of what stands behind marker and length."""
        return self.offset + 4, max(0, self.size - 4)


def segments(walk: Walk, at: int) -> Iterator[Segment]:
    """Gives segments and entropy-coded data from a place on, up to and with EOI, and reports what is no segment."""
    while at < walk.size:
        at = _marker(walk, at)
        if at < 0:
            return
        segment = _segment(walk, at)
        if segment is None:
            at += 2
            continue
        yield segment
        at += segment.size
        if segment.marker == SOS:
            data = _entropy_coded(walk, at)
            yield data
            at += data.size
        elif segment.marker == EOI:
            return


def _marker(walk: Walk, at: int) -> int:
    """Gives where the next marker is, past fill bytes; -1 where there is none."""
    if walk.read(at, 1) == b"\xff":
        first = _past_fill(walk, at)
        if walk.read(first, 2)[1:] not in {b"", b"\0"}:
            return first
    found = _search(walk, _MARKER, at)
    end = walk.size if found < 0 else found
    walk.problem("hidden-data", at, size=end - at, detail=f"{end - at} bytes stand between segments")
    return found


def _past_fill(walk: Walk, at: int) -> int:
    """Gives the last of a row of 0xFF bytes. *Source:* ITU-T T.81, B.1.1.2: any number of them may precede a marker."""
    while True:
        data = walk.read(at, _BLOCK if walk.read(at, 16) == b"\xff" * 16 else 16)
        left = len(data) - len(data.lstrip(b"\xff"))
        if left < len(data) or not data:
            return at + left - 1
        at += len(data)


def _search(walk: Walk, pattern: re.Pattern[bytes], at: int) -> int:
    while at < walk.size:
        data = walk.read(at, _BLOCK + 1)
        match = pattern.search(data)
        if match:
            return at + match.start()
        at += _BLOCK
    return -1


def _segment(walk: Walk, at: int) -> Segment | None:
    head = walk.read(at, 4)
    if len(head) < 2:  # noqa: PLR2004 -- a marker has 2 bytes
        return None
    marker = head[1]
    if marker in _ALONE:
        return Segment(marker, at, 2)
    declared = 2 + int.from_bytes(head[2:4], "big")
    if len(head) < 4:  # noqa: PLR2004 -- marker and length
        walk.problem("truncated", at, detail="the file ends within the header of a segment")
        return Segment(marker, at, len(head))
    if declared < 4:  # noqa: PLR2004 -- the length counts itself
        segment = Segment(marker, at, 4, declared)
        walk.problem("unreadable", at, part=segment.name, detail=f"its length is {declared - 2}, which is too small")
        return segment
    segment = Segment(marker, at, min(declared, walk.size - at), declared)
    if segment.size < declared:
        detail = f"{declared} bytes are stated, {segment.size} are left in the file"
        walk.problem("past-end", at, part=segment.name, detail=detail)
    return segment


def _entropy_coded(walk: Walk, start: int) -> Segment:
    """Passes over entropy-coded data, which ends at a marker that is none of its own."""
    at, end, unexpected = start, -1, 0
    restarts: list[bytes] = []
    while end < 0 and at < walk.size:
        data = walk.read(at, _BLOCK)
        stop = len(data)
        for match in _BREAK.finditer(data):
            if data[match.end() - 1] in _AFTER_SCAN:
                stop = match.start()
                end = at + stop
                break
            unexpected += 1
        if end < 0 and data.endswith(b"\xff") and at + stop < walk.size:
            stop -= 1
        restarts.append(b"".join(_RESTART.findall(data, 0, stop)))
        at += max(stop, 1)
    end = walk.size if end < 0 else end
    facts = _restart_facts(b"".join(restarts))
    if unexpected:
        detail = f"{unexpected} markers stand in it that have no place there"
        walk.problem("unreadable", start, size=end - start, part="ECS", detail=detail)
        facts["unexpected_markers"] = unexpected
    return Segment(0, start, end - start, facts=facts)


def _restart_facts(found: bytes) -> dict[str, Any]:
    expected = (_CYCLE * (len(found) // 8 + 1))[: len(found)]
    return {"restart_markers": len(found), "restarts_in_order": found == expected}
