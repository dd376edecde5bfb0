"""Ogg: its pages, its logical streams, and their headers.

*Source:* RFC 3533 (pages and streams); RFC 7845, section 5 (Opus); Xiph.Org, *Vorbis I specification*, 4.2 and 5;
*Theora specification*, 6; *The Speex codec manual*, 8; RFC 9639, 10.1 (FLAC in Ogg); Xiph.Org wiki, *Ogg Skeleton*.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from forensics.formats.flac import block_facts, comments
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_HEADER_BYTES = 27
_CONTINUED, _FIRST, _LAST = 1, 2, 4
"""Length of a page's header before its table, and its flags. *Source:* RFC 3533, section 6."""

_LISTED = 64
"""Pages that are parts of their own, besides those with headers; an hour has about 4,000."""

_CHECKED_BYTES = 32 << 20
"""Bytes of pages whose checksums are computed."""

_PACKET_BYTES = 32 << 20
"""Bytes of one header packet that are put together; one with a cover picture has a few million."""

_MOST_PAGES = 200_000
"""Pages that are followed; an hour of pages of 20 ms has 180,000."""

_STREAMS = 256
"""Logical streams whose headers are read."""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits in the opposite order."""

_CODECS: tuple[tuple[bytes, str, int], ...] = (
    (b"\x01vorbis", "Vorbis", 3),
    (b"OpusHead", "Opus", 2),
    (b"\x80theora", "Theora", 3),
    (b"\x7fFLAC", "FLAC", 2),
    (b"Speex   ", "Speex", 2),
    (b"fishead\0", "Skeleton", 1),
)
"""First bytes of a stream, its name, and its header packets; FLAC marks the last one itself. *Source:* as above."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One page.

    Attributes:
        lacing: Lengths of the segments.
        body: Offset of the first byte behind the header.
        size: Of the whole page as its header states it.
    """

    offset: int
    flags: int
    granule: int
    serial: int
    number: int
    checksum: int
    lacing: bytes
    body: int
    size: int


@dataclass(frozen=True, slots=True)
class _Packet:
    """Bytes of a packet, put together from pages.

    Attributes:
        data: The bytes.
        starts: Index in `data` of the first byte from each page.
        offsets: Offset in the file of the same.
    """

    data: bytes = b""
    starts: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()

    def at(self, index: int) -> int:
        """Gives the offset in the file of a byte."""
        if not self.starts:
            return 0
        piece = max(0, bisect_right(self.starts, index) - 1)
        return self.offsets[piece] + index - self.starts[piece]


@dataclass(slots=True)
class _Stream:
    """What is known of a logical stream while its pages pass by.

    Attributes:
        pages: Pages until now.
        number: Of the last page.
        codec: Name; empty before the first packet and for what is unknown.
        headers: Header packets that are still to come.
        pieces: What was read of the packet that is being put together, one piece a page.
        offsets: Offset of each piece in the file.
        held: Bytes of all pieces.
    """

    serial: int
    pages: int = 0
    number: int = -1
    is_ended: bool = False
    codec: str = ""
    headers: int = 1
    packets: int = 0
    pieces: list[bytes] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    held: int = 0

    def take(self) -> _Packet:
        """Gives the packet that was put together and begins the next."""
        starts = tuple(accumulate((len(piece) for piece in self.pieces[:-1]), initial=0))
        packet = _Packet(b"".join(self.pieces), starts, tuple(self.offsets))
        self.pieces, self.offsets, self.held = [], [], 0
        return packet


def read(walk: Walk) -> Iterator[Part]:
    """Reads the pages of a file; those with headers and the first ones as parts, the others together."""
    streams: dict[int, _Stream] = {}
    at = listed = pages = 0
    rest: _Rest | None = None
    while (page := _next_page(walk, at)) is not None:
        pages += 1
        if pages > _MOST_PAGES:
            walk.problem("limit", page.offset, part="OggS", detail=f"{_MOST_PAGES} pages are followed")
            break
        walk_end = min(page.offset + page.size, walk.size)
        parts, facts = _follow(walk, streams, page)
        at = walk_end
        if facts or parts or listed < _LISTED:
            walk.count()
            listed += 1
            yield _page_part(page, walk_end, facts, parts)
        else:
            rest = (
                _Rest(page.offset, walk_end, 1) if rest is None else replace(rest, end=walk_end, pages=rest.pages + 1)
            )
    if rest is not None:
        yield Part("pages", rest.start, rest.end - rest.start, None, {"pages": rest.pages})
    _note_ends(walk, streams)


def _note_ends(walk: Walk, streams: dict[int, _Stream]) -> None:
    for stream in streams.values():
        if stream.headers:
            walk.problem("truncated", walk.size, part="OggS", detail=f"a header of stream {stream.serial} has no end")
        if not stream.is_ended:
            detail = f"stream {stream.serial} has no page that is marked as its last"
            walk.problem("missing-part", walk.size, part="OggS", detail=detail)
    if not streams:
        walk.problem("unreadable", 0, part="OggS", detail="there is no page")


@dataclass(frozen=True, slots=True)
class _Rest:
    """Pages that are no parts of their own: from where to where, and how many."""

    start: int
    end: int
    pages: int


def _page_part(page: _Page, end: int, facts: dict[str, Any], parts: tuple[Part, ...]) -> Part:
    head = {"serial": page.serial, "number": page.number, "granule": page.granule, "flags": page.flags}
    return Part("OggS", page.offset, end - page.offset, page.size, head | facts, parts)


def _next_page(walk: Walk, at: int) -> _Page | None:
    """Reads the page at an offset, or the next one where something else stands there."""
    if at >= walk.size:
        return None
    found = at if walk.read(at, 4) == b"OggS" else walk.find(b"OggS", at, walk.size)
    if found != at:
        end = walk.size if found < 0 else found
        code = "trailing-data" if found < 0 and at else "hidden-data"
        if walk.read(at, min(end - at, 1 << 20)).strip(b"\0") or code == "trailing-data":
            walk.problem(code, at, size=end - at, part="OggS", detail="bytes that belong to no page")
    return _page(walk, found) if found >= 0 else None


def _page(walk: Walk, at: int) -> _Page | None:
    head = walk.read(at, _HEADER_BYTES + 255)
    if len(head) < _HEADER_BYTES or len(head) < _HEADER_BYTES + head[26]:
        walk.problem("truncated", at, part="OggS", detail="the file ends within the header of a page")
        return None
    lacing = head[_HEADER_BYTES : _HEADER_BYTES + head[26]]
    body = at + _HEADER_BYTES + len(lacing)
    page = _Page(
        offset=at,
        flags=head[5],
        granule=int.from_bytes(head[6:14], "little", signed=True),
        serial=int.from_bytes(head[14:18], "little"),
        number=int.from_bytes(head[18:22], "little"),
        checksum=int.from_bytes(head[22:26], "little"),
        lacing=lacing,
        body=body,
        size=body - at + sum(lacing),
    )
    if at + page.size > walk.size:
        walk.problem("truncated", at, size=page.size, part="OggS", detail="the file ends within a page")
    return page


def _follow(walk: Walk, streams: dict[int, _Stream], page: _Page) -> tuple[tuple[Part, ...], dict[str, Any]]:
    """Gives a page to its stream; gives what its header packets hold, and facts where the page begins a stream."""
    is_checked = page.offset < _CHECKED_BYTES
    stream = streams.get(page.serial)
    if is_checked or stream is None or stream.headers:
        _check(walk, page)
    facts: dict[str, Any] = {}
    if stream is None or (page.flags & _FIRST and stream.pages):
        if len(streams) >= _STREAMS:
            walk.problem("limit", page.offset, part="OggS", detail=f"of {_STREAMS} streams the headers are read")
            return (), {}
        facts = {"begins_stream": len(streams) + 1, "is_chained": any(one.is_ended for one in streams.values())}
        stream = streams[page.serial] = _Stream(page.serial)
        if not page.flags & _FIRST:
            walk.problem("missing-part", page.offset, part="OggS", detail="a stream has no page marked as its first")
    _count(walk, stream, page)
    parts = tuple(_headers(walk, stream, page)) if stream.headers else ()
    return parts, {**facts, **({"codec": stream.codec or "unknown"} if facts else {})}


def _check(walk: Walk, page: _Page) -> None:
    if page.offset + page.size > walk.size:
        return
    data = bytearray(walk.read(page.offset, page.size))
    data[22:26] = bytes(4)
    if checksum(bytes(data)) != page.checksum:
        walk.problem(
            "bad-checksum", page.offset, size=page.size, part="OggS", detail="the checksum of a page does not fit"
        )


def checksum(data: bytes) -> int:
    """Computes the checksum of a page whose own is set to zero.

    It is zlib's with the bits of each byte and of the result in the opposite order, and without inverting.

    *Source:* RFC 3533, section 6, field 8: polynomial 0x04C11DB7, initial value and final exclusive-or 0.
    """
    number = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{number:032b}"[::-1], 2)


def _count(walk: Walk, stream: _Stream, page: _Page) -> None:
    if stream.pages and page.number != stream.number + 1:
        detail = f"page {page.number} of stream {stream.serial} follows page {stream.number}"
        code = "missing-part" if page.number > stream.number else "out-of-order"
        walk.problem(code, page.offset, part="OggS", detail=detail)
    stream.pages += 1
    stream.number = page.number
    stream.is_ended = bool(page.flags & _LAST)


def _headers(walk: Walk, stream: _Stream, page: _Page) -> Iterator[Part]:
    """Puts header packets together and reads each that is whole."""
    at = page.body
    if not page.flags & _CONTINUED:
        stream.take()
    size = 0
    for length in page.lacing:
        size += length
        if length == 255:  # noqa: PLR2004 -- the packet goes on (RFC 3533, section 6)
            continue
        _collect(walk, stream, at, size)
        at, size = at + size, 0
        yield _packet(walk, stream, stream.take())
        if not stream.headers:
            return
    _collect(walk, stream, at, size)


def _collect(walk: Walk, stream: _Stream, at: int, size: int) -> None:
    if stream.held + size > _PACKET_BYTES:
        walk.problem("limit", at, part="OggS", detail=f"of a header {_PACKET_BYTES} bytes are read")
        stream.headers = 0
    elif size:
        stream.pieces.append(walk.read(at, size))
        stream.offsets.append(at)
        stream.held += size


def _packet(walk: Walk, stream: _Stream, packet: _Packet) -> Part:
    walk.count()
    stream.packets += 1
    stream.headers -= 1
    if stream.packets == 1:
        for mark, codec, headers in _CODECS:
            if packet.data.startswith(mark):
                stream.codec, stream.headers = codec, headers - 1
        facts = _identification(stream.codec, packet.data)
        if stream.codec == "FLAC":
            stream.headers = 1
        return Part(
            "identification", packet.at(0), len(packet.data), None, {"codec": stream.codec or "unknown"} | facts
        )
    name, facts, parts = _other_header(walk, stream, packet)
    return Part(name, packet.at(0), len(packet.data), None, facts, parts)


def _other_header(walk: Walk, stream: _Stream, packet: _Packet) -> tuple[str, dict[str, Any], tuple[Part, ...]]:
    """Reads a header packet that is not the first; notes its comments."""
    data = packet.data
    if stream.codec == "FLAC":
        kind = data[0] & 0x7F if data else 1
        stream.headers = 0 if not data or data[0] & 0x80 else 1
        facts, parts = block_facts(walk, kind, data[4:], at=lambda index: packet.at(index + 4))
        return "block", {"type": kind} | facts, parts
    marks = {"Vorbis": b"\x03vorbis", "Theora": b"\x81theora", "Opus": b"OpusTags", "Speex": b""}
    mark = marks.get(stream.codec)
    if mark is None or not data.startswith(mark):
        return "setup", {}, ()
    place = "OpusTags" if stream.codec == "Opus" else "VORBIS_COMMENT"
    return "comment", {}, tuple(comments(walk, data, place, at=packet.at, base=len(mark)))


def _identification(codec: str, data: bytes) -> dict[str, Any]:
    """Reads rate, channels and size from the first packet of a stream. *Source:* the specifications named above."""

    def little(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "little")

    def big(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "big")

    if codec == "Vorbis" and len(data) >= 30:  # noqa: PLR2004 -- length of the packet, as below
        return {"channels": data[11], "sample_rate_hz": little(12, 16), "bit_rate_bps": little(20, 24)}
    if codec == "Opus" and len(data) >= 19:  # noqa: PLR2004
        return {"channels": data[9], "pre_skip_samples": little(10, 12), "input_rate_hz": little(12, 16)}
    if codec == "Theora" and len(data) >= 42:  # noqa: PLR2004
        rate = f"{big(22, 26)}/{big(26, 30)}"
        return {
            "version": f"{data[7]}.{data[8]}.{data[9]}",
            "width_px": big(14, 17),
            "height_px": big(17, 20),
            "rate": rate,
        }
    if codec == "Speex" and len(data) >= 80:  # noqa: PLR2004
        version = data[8:28].rstrip(b"\0").decode("ascii", "backslashreplace")
        return {"version": version, "sample_rate_hz": little(36, 40), "channels": little(48, 52)}
    if codec == "FLAC" and len(data) >= 51:  # noqa: PLR2004
        packed = big(27, 35)
        return {"sample_rate_hz": packed >> 44, "channels": (packed >> 41 & 7) + 1, "md5": data[35:51].hex()}
    return {}
