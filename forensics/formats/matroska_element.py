"""Elements of EBML: their headers, and the reading of simple values."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from forensics.codec import MAX_INTEGER
from forensics.formats.matroska_name import ELEMENTS, TOP
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""From here dates count nanoseconds (RFC 8794, section 7.6)."""

_CHECKED = 1 << 20
"""Bytes of an element up to which its checksum is computed."""

_LONGEST = 4
"""Bytes of an element's number at most (RFC 9559, section 5.1: `EBMLMaxIDLength` is 4)."""

_PADDING, _BLOCK = 8 << 20, 64 << 10
_LEAST_HIDDEN = 16
_SHOWN = 256
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """The header of one element.

    Attributes:
        number: Its number with the length marker, such as 0x1A45DFA3.
        name: As RFC 9559 has it, or the number in hexadecimal.
        kind: What it holds, as in `matroska_name.Element`; empty where it is unknown.
        start: Offset of its first byte.
        body: Offset of the first byte behind the header.
        end: Offset behind its last byte, within its parent.
        declared: Bytes that it states, header included; None where its size is unknown, as in live streams.
    """

    number: int
    name: str
    kind: str
    start: int
    body: int
    end: int
    declared: int | None


def header(walk: Walk, at: int, limit: int) -> Header | None:
    """Reads the header of an element; None where there is none (RFC 8794, sections 4 to 6)."""
    head = walk.read(at, min(12, limit - at))
    if not head or not head[0]:
        return None
    wide = 9 - head[0].bit_length()
    if wide > _LONGEST or len(head) < wide + 1 or not head[wide]:
        return None
    number = int.from_bytes(head[:wide], "big")
    long = 9 - head[wide].bit_length()
    if len(head) < wide + long:
        return None
    size = int.from_bytes(head[wide : wide + long], "big") & ((1 << 7 * long) - 1)
    body = at + wide + long
    element = ELEMENTS.get(number)
    name, kind = element or (f"0x{number:X}", "")
    if size == (1 << 7 * long) - 1:
        return Header(number, name, kind, at, body, limit, None)
    return Header(number, name, kind, at, body, min(body + size, limit), min(wide + long + size, MAX_INTEGER))


def scalar(kind: str, raw: bytes) -> Any:
    """Reads a number, a text or a date (RFC 8794, section 7).

    Returns:
        A JSON value: integers beyond 2^53-1, infinity and what is not a number as text; None for bytes and what is
        malformed.
    """
    if kind in {"u", "i"} and len(raw) <= 8:  # noqa: PLR2004 -- 64 bits at most
        number = int.from_bytes(raw, "big", signed=kind == "i")
        return number if abs(number) <= MAX_INTEGER else str(number)
    if kind == "f" and len(raw) in {0, 4, 8}:
        value = struct.unpack({4: ">f", 8: ">d"}[len(raw)], raw)[0] if raw else 0.0
        return round(value, 6) if abs(value) < 1e15 else str(value)  # noqa: PLR2004 -- and neither NaN nor infinity
    if kind == "s":
        return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")[:_SHOWN]
    if kind == "d" and len(raw) == 8:  # noqa: PLR2004 -- a date has 8 bytes
        return date_text(int.from_bytes(raw, "big", signed=True))
    return None


def date_text(nanoseconds: int) -> str:
    """Gives a date in RFC 3339, to the second where it has no fraction; empty where it is no date."""
    try:
        moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        return ""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{moment.microsecond:06d}Z" if moment.microsecond else "Z")


@dataclass(slots=True)
class Reading:
    """One file while it is read.

    Attributes:
        walk: The file.
        blocks_left: Blocks that may still be counted.
        losses_left: Places without an element behind which the next one may still be searched.
        segment: Offset of the data of the segment, from which positions count.
        stopped: Whether a limit ended the reading.
        seen: Checksums of parts that may be repeated as they are.
    """

    walk: Walk
    blocks_left: int
    losses_left: int = 256
    segment: int = 0
    stopped: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    def stop(self, error: LimitReachedError) -> None:
        """Ends the reading at a limit; what was read so far stands."""
        self.stopped = True
        self.walk.problem("limit", self.walk.size, detail=str(error))

    def note(self, head: Header, path: str) -> None:
        """Notes what is wrong with the header of an element."""
        here = f"{path}/{head.name}" if path else head.name
        if head.declared is not None and head.start + head.declared > head.end:
            short = head.start + head.declared - head.end
            detail = f"the element states {head.declared} bytes, {short} more than there are"
            self.walk.problem("past-end", head.start, size=short, part=here, detail=detail)
        if not head.kind:
            detail = "the element has a number that is not registered"
            self.walk.problem("unknown-part", head.start, size=head.end - head.start, part=here, detail=detail)

    def body(self, head: Header, size: int | None = None) -> bytes:
        """Reads what an element holds, at most `size` bytes and at most what one value may have."""
        room = min(head.end - head.body, self.walk.limits.value_bytes)
        return self.walk.read(head.body, room if size is None else min(room, size))

    def padding(self, head: Header, path: str) -> Facts:
        """Looks into a `Void` element."""
        data = self.walk.read(head.body, min(head.end - head.body, _PADDING))
        used = len(data) - data.count(0)
        if used >= _LEAST_HIDDEN:
            detail = f"{used} of {len(data)} bytes of padding that were looked at are not zero"
            self.walk.problem("hidden-data", head.body, size=head.end - head.body, part=path, detail=detail)
            self.walk.value(path, "Void", head.body, data[: 64 << 10].rstrip(b"\0"), size=head.end - head.body)
        return {"nonzero_bytes": used, "examined_bytes": len(data)} if used else {}

    def check(self, head: Header, first: Part, path: str) -> None:
        """Checks the CRC-32 that stands first in an element, over all that follows it (RFC 8794, section 11.3.1)."""
        stored = int.from_bytes(self.walk.read(first.offset + first.size - 4, 4), "little")
        at = first.offset + first.size
        if head.end - at > _CHECKED or first.declared_size != first.size:
            return
        found = zlib.crc32(self.walk.read(at, head.end - at))
        if found != stored:
            detail = f"the checksum of {head.name} is {stored:08X}, that of its data {found:08X}"
            self.walk.problem("bad-checksum", first.offset, size=first.size, part=path, detail=detail)

    def lost(self, at: int, end: int, path: str) -> int:
        """Notes bytes that are no element, and gives where the next one begins that may stand in a segment."""
        found, used = end - at, 0
        self.losses_left -= 1
        for start in range(at, min(end, at + _PADDING) if self.losses_left >= 0 else at, _BLOCK):
            data = self.walk.read(start, min(end - start, _BLOCK + 3))
            marks = [data.find(number.to_bytes(4, "big"), int(start == at)) for number in TOP]
            mark = min((mark for mark in marks if mark >= 0), default=-1)
            own = data[: mark if mark >= 0 else _BLOCK]
            used += len(own) - own.count(0)
            if mark >= 0:
                found = start - at + mark
                break
        code = "hidden-data" if used else "unreadable"
        detail = f"{found} bytes are no element; {used} of those that were looked at are not zero"
        self.walk.problem(code, at, size=found, part=path, detail=detail)
        return at + found
