"""MPEG audio: its tags, its frames, and what the encoder wrote into the first one.

*Source:* ISO/IEC 11172-3 and 13818-3, 2.4.1 and 2.4.2 (frames); Xing, *VBR header SDK*; LAME, *Mp3 info tag revision
1*; Fraunhofer, *VBRI header*.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.formats.mp3_id3 import id3v2
from forensics.formats.mp3_tail import ape_at, tags_at_end
from forensics.formats.structure import Part
from forensics.formats.walk import Walk
from forensics.media.table import KBITS, RATES_HZ

__all__ = ["id3v2", "read"]

_BLOCK = 1 << 20
"""Bytes that are read at once."""

_MOST_BYTES = 64 << 20
"""Bytes of sound whose frames are followed; an hour at 128 kbit/s has 58 million."""

_MOST_STEPS = 600_000
"""Headers that are looked at; 64 MiB of speech at 48 kbit/s have 470,000 frames."""

_FIRST_SEARCH = 1 << 20
"""Bytes in which the first frame is searched for."""

_MPEG1 = 3
"""Code of MPEG-1 in a header. *Source:* ISO/IEC 11172-3, 2.4.2.3; 0 is the later extension to low rates."""

_VERSIONS = {3: "1", 2: "2", 0: "2.5"}
_MODES = ("stereo", "joint stereo", "dual channel", "mono")

_ENCODER = re.compile(rb"LAME ?[0-9][0-9.]{0,6}[a-z0-9.]{0,4}|Lav[cf][0-9.]{2,12}|GOGO[0-9. ]{0,8}|L3\.99[a-z0-9]{0,4}")
"""Names that encoders leave in unused bytes of frames. *Source:* LAME, `bitstream.c` (ancillary data) and
`version.c`; FFmpeg, `libavformat/mp3enc.c`."""

_METHODS = ("", "CBR", "ABR", "VBR 1", "VBR 2", "VBR 3", "VBR 4", "", "CBR 2 passes", "ABR 2 passes")
"""By the low four bits after the encoder's name. *Source:* LAME, *Mp3 info tag*, *VBR method*."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The header of a frame.

    Attributes:
        version: 3 for MPEG-1, 2 for MPEG-2, 0 for the extension to low rates.
        layer: 1 to 3.
        mode: 0 to 3; 3 has one channel.
        size: Bytes of the frame.
        samples: Samples of one channel in the frame.
    """

    version: int
    layer: int
    mode: int
    has_crc: bool
    bits_per_s: int
    rate_hz: int
    size: int
    samples: int


def read(walk: Walk) -> Iterator[Part]:
    """Reads a file of MPEG audio: tags, sound, tags."""
    at = 0
    while walk.read(at, 3) == b"ID3":
        part = id3v2(walk, at)
        if not part.size:
            break
        yield part
        at += part.size
    ape = ape_at(walk, at)
    if ape is not None:
        yield ape
        at += ape.size
    end, tags = tags_at_end(walk, at)
    yield from _sound(walk, at, end)
    yield from tags


def _head(data: bytes, at: int = 0) -> _Head | None:
    """Reads the header of a frame; None where there is none, or one without a bit rate of its own.

    *Source:* ISO/IEC 11172-3, 2.4.2.3 (fields) and 2.4.3.1 (length of a frame).
    """
    if len(data) < at + 4 or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:  # noqa: PLR2004 -- eleven set bits
        return None
    second, third = data[at + 1], data[at + 2]
    version, layer, index, rate = second >> 3 & 3, 4 - (second >> 1 & 3), third >> 4, third >> 2 & 3
    if version not in RATES_HZ or layer not in (1, 2, 3) or rate == 3 or not 0 < index < 15:  # noqa: PLR2004
        return None
    bits, rate_hz = KBITS[version == _MPEG1, layer][index] * 1000, RATES_HZ[version][rate]
    samples = 384 if layer == 1 else 1152 if layer == 2 or version == _MPEG1 else 576  # noqa: PLR2004
    padding = third >> 1 & 1
    size = (12 * bits // rate_hz + padding) * 4 if layer == 1 else samples // 8 * bits // rate_hz + padding
    return _Head(version, layer, data[at + 3] >> 6, not second & 1, bits, rate_hz, size, samples)


def _sound(walk: Walk, start: int, end: int) -> Iterator[Part]:
    first = _first_frame(walk, start, end)
    if first is None:
        _note_no_frame(walk, start, end)
        return
    if first > start and walk.read(start, min(first - start, _BLOCK)).strip(b"\0"):
        detail = "bytes before the first frame are not zero"
        walk.problem("hidden-data", start, size=first - start, part="MPEG audio", detail=detail)
    walk.count()
    opening = walk.read(first, 4096)
    head = _head(opening)
    if head is None:
        return
    facts = {**_facts(head), **_follow(walk, first, end, head)}
    parts = tuple(_information(walk, opening, first, head))
    _note_encoder(walk, opening, first, start=head.size if parts else 4)
    yield Part("MPEG audio", first, end - first, None, facts, parts)


def _first_frame(walk: Walk, start: int, end: int) -> int | None:
    """Finds the first header with a second one behind its frame, of the same version, layer and rate."""
    data = walk.read(start, min(end - start, _FIRST_SEARCH))
    at = data.find(b"\xff")
    while at >= 0:
        head = _head(data, at)
        if head is not None and _is_followed(walk, start + at, end, head):
            return start + at
        at = data.find(b"\xff", at + 1)
    return None


def _note_no_frame(walk: Walk, start: int, end: int) -> None:
    data, size = walk.read(start, min(end - start, _FIRST_SEARCH)), end - start
    head = _head(data)
    if head is not None and head.size > size:
        walk.problem("truncated", end, part="MPEG audio", detail="the first frame is cut off")
    elif data.strip(b"\0"):
        walk.problem("unreadable", start, size=size, part="MPEG audio", detail="no two frames follow each other")
    else:
        walk.problem("missing-part", start, size=size, part="MPEG audio", detail="there is no sound")


def _is_followed(walk: Walk, at: int, end: int, head: _Head) -> bool:
    if at + head.size == end:
        return True
    after = _head(walk.read(at + head.size, 4)) if at + head.size + 4 <= end else None
    return after is not None and _is_like(after, head)


def _is_like(head: _Head, first: _Head) -> bool:
    return (head.version, head.layer, head.rate_hz) == (first.version, first.layer, first.rate_hz)


def _facts(head: _Head) -> dict[str, Any]:
    return {
        "mpeg_version": _VERSIONS[head.version],
        "layer": head.layer,
        "sample_rate_hz": head.rate_hz,
        "channel_mode": _MODES[head.mode],
        "has_crc": head.has_crc,
    }


def _follow(walk: Walk, start: int, end: int, first: _Head) -> dict[str, Any]:
    """Follows the frames, notes what lies between them, and counts."""
    rates: Counter[int] = Counter()
    last = min(end, start + _MOST_BYTES)
    at = lost = start
    block, base = b"", start
    for _ in range(_MOST_STEPS):
        if at + 4 > last:
            break
        if not base <= at <= base + len(block) - 4:
            base, block = at, walk.read(at, min(_BLOCK, end - at))
        head = _head(block, at - base)
        if head is not None and _is_like(head, first) and (at == lost or _is_followed(walk, at, end, head)):
            _note_gap(walk, lost, at)
            rates[head.bits_per_s] += 1
            at = lost = at + head.size
        else:
            found = block.find(b"\xff", at + 1 - base)
            at = base + found if found >= 0 else base + max(len(block) - 3, at + 1 - base)
    else:
        walk.problem("limit", at, part="MPEG audio", detail=f"{_MOST_STEPS} headers of frames are looked at")
    if lost < end and at + 4 > last:
        _note_gap(walk, lost, min(at, end) if last < end else end)
    if lost > end == walk.size and last == end:
        walk.problem("truncated", end, size=lost - end, part="MPEG audio", detail="the last frame is cut off")
    return _counted(rates, first, is_whole=at + 4 > end)


def _counted(rates: Counter[int], first: _Head, *, is_whole: bool) -> dict[str, Any]:
    frames = rates.total()
    return {
        "frames": frames,
        "bit_rates_bps": {str(rate): count for rate, count in sorted(rates.items())},
        "duration_s": round(frames * first.samples / first.rate_hz, 3),
        "is_counted_whole": is_whole,
    }


def _note_gap(walk: Walk, start: int, end: int) -> None:
    if end > start and walk.read(start, min(end - start, _BLOCK)).strip(b"\0"):
        detail = "bytes that are no frame lie within or behind the sound"
        walk.problem("hidden-data", start, size=end - start, part="MPEG audio", detail=detail)


def _information(walk: Walk, data: bytes, offset: int, head: _Head) -> Iterator[Part]:
    """Reads what the first frame says instead of sound: Xing or Info with LAME's addition, or VBRI.

    *Source:* Xing, *VBR header SDK* (behind the side information); Fraunhofer (36 bytes into the frame).
    """
    side = (17 if head.mode == 3 else 32) if head.version == _MPEG1 else (9 if head.mode == 3 else 17)  # noqa: PLR2004
    for at in (4 + side, 6 + side):
        if data[at : at + 4] in (b"Xing", b"Info"):
            walk.count()
            yield _xing(walk, data[: head.size], at, offset)
            return
    if data[36:40] == b"VBRI":
        walk.count()
        size, frames = int.from_bytes(data[46:50], "big"), int.from_bytes(data[50:54], "big")
        _note_numbers(walk, "VBRI", {"frames": (frames, 50, 4), "bytes": (size, 46, 4)}, offset)
        yield Part("VBRI", offset + 36, 26, None, {"frames": frames, "bytes": size})


def _xing(walk: Walk, data: bytes, at: int, offset: int) -> Part:
    """Reads the flags, the numbers that they announce, and LAME's addition."""
    kind, flags = data[at : at + 4].decode("ascii"), int.from_bytes(data[at + 4 : at + 8], "big")
    place, numbers = at + 8, {}
    for bit, key, size in ((1, "frames", 4), (2, "bytes", 4), (4, "", 100), (8, "quality", 4)):
        if flags & bit:
            if key and place + size <= len(data):
                numbers[key] = (int.from_bytes(data[place : place + size], "big"), place, size)
            place += size
    numbers |= _lame(walk, data, place, offset)
    _note_numbers(walk, "Xing", numbers, offset)
    return Part(kind, offset + at, place - at, None, {key: number for key, (number, *_) in numbers.items()})


def _lame(walk: Walk, data: bytes, at: int, offset: int) -> dict[str, tuple[int, int, int]]:
    """Reads LAME's addition: number, place in the frame and length of each field.

    *Source:* LAME, *Mp3 info tag revision 1*: name 9 bytes, method 1, low pass 1, gains 8, flags 1, rate 1, delays 3.
    """
    name = data[at : at + 9]
    if len(data) < at + 24 or not re.match(rb"[ -~]{4}", name):
        return {}
    text = name.rstrip(b"\0 \xff")
    walk.value("Xing", "encoder", offset + at, text, size=9, encoding="latin-1")
    method = data[at + 9] & 15
    if method < len(_METHODS) and _METHODS[method]:
        walk.value("Xing", "method", offset + at + 9, _METHODS[method].encode(), size=1, encoding="ascii")
    delays = int.from_bytes(data[at + 21 : at + 24], "big")
    return {
        "lowpass_hz": (data[at + 10] * 100, at + 10, 1),
        "delay_samples": (delays >> 12, at + 21, 3),
        "padding_samples": (delays & 0xFFF, at + 21, 3),
    }


def _note_numbers(walk: Walk, place: str, numbers: dict[str, tuple[int, int, int]], offset: int) -> None:
    for key, (number, at, size) in numbers.items():
        walk.value(place, key, offset + at, str(number).encode(), size=size, encoding="ascii")


def _note_encoder(walk: Walk, data: bytes, offset: int, *, start: int) -> None:
    match = _ENCODER.search(data, start)
    if match:
        walk.value("MPEG audio", "encoder", offset + match.start(), match[0], encoding="ascii")
