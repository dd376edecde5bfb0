"""What encoders write into the coded pictures and sound themselves, read from the start of each stream."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.analyzers.container.look import Look
from forensics.analyzers.container.trace import Trace
from forensics.analyzers.container.track import tracks
from forensics.formats import Part

_WINDOW = 128 << 10
"""Bytes that are read at the start of a stream: the first coded picture carries the settings, before its data."""

_X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
"""UUID of the message with x264's settings. *Source:* x264, encoder/set.c: x264_sei_version_write."""

_X265 = bytes.fromhex("2ca2de09b51747dbbb55a4fe7fc2fc4e")
"""UUID of the message with x265's settings. *Source:* x265, source/encoder/sei.h: SEIuserDataUnregistered."""

_MOST_TEXT = 8192
_TEXT = re.compile(rb"[\x20-\x7e]*")
_VERSION = {
    "x264": re.compile(r"x264 - (core \d+(?: r\d+\S*)?(?: [0-9a-f]{7,})?)"),
    "x265": re.compile(r"x265 \(build \d+\) - [^\s:]+"),
}
_OPTION = re.compile(r"(\S+?)(?:=(\S*))?(?:\s+|$)")
_MARKS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("FFmpeg (libavcodec)", re.compile(rb"Lavc\d{2,3}\.\d{1,3}\.\d{3}")),
    ("XviD", re.compile(rb"XviD\d{4}")),
    ("DivX", re.compile(rb"DivX\d{3,4}[bB]\d{3,5}p?")),
    ("LAME", re.compile(rb"LAME\d\.\d{2,3}(?:[abr]\d?|\.\d)?")),
)
"""Texts that encoders put into their streams: user data of MPEG-4 video, fill elements of AAC, first frame of MP3.
*Source:* FFmpeg, libavcodec (user data, AAC fill element); Xvid, bitstream.c; LAME, VbrTag.c."""


def traces(look: Look) -> Iterator[Trace]:
    """Gives what encoders wrote into the streams, each once."""
    seen: set[tuple[str, str]] = set()
    for place, offset, content in _windows(look):
        for trace in _found(place, offset, content):
            if (trace.what, trace.value) not in seen:
                seen.add((trace.what, trace.value))
                yield trace


def _windows(look: Look) -> Iterator[tuple[str, int, bytes]]:
    """Gives place, offset and bytes where the streams begin."""
    if look.structure.format == "bmff":
        for track in tracks(look):
            if track.description:
                yield (
                    f"moov/trak[{track.number}]/stsd",
                    *_window(look, track.description.offset, track.description.size),
                )
            if track.first:
                yield f"first sample of moov/trak[{track.number}]", *_window(look, *track.first)
    for part in _starts(look):
        yield part.kind, *_window(look, part.offset, part.size)


def _window(look: Look, offset: int, size: int) -> tuple[int, bytes]:
    return offset, look.at(offset, min(size, _WINDOW))


_KINDS = {"matroska": ("Cluster",), "riff": ("movi", "LIST movi", "LIST/movi"), "bmff": ("mdat",)}
"""Parts in which the streams begin, by format."""


def _starts(look: Look) -> Iterator[Part]:
    """Gives the first part with stream data; of formats without such parts, the file from its first part on."""
    name = look.structure.format
    if name in _KINDS:
        found = next((part for _, part in look.structure.walk() if _is_start(part, _KINDS[name])), None)
        is_needed = name != "bmff" or any(part.kind == "moof" for part in look.structure.parts)
        if found and is_needed:
            yield found
    elif name in {"flv", "mp3", "ogg", "flac"}:
        yield Part("start", 0, look.structure.size)


def _is_start(part: Part, kinds: tuple[str, ...]) -> bool:
    return part.kind in kinds or part.facts.get("type") in kinds or part.facts.get("form") in kinds


def _found(place: str, offset: int, content: bytes) -> Iterator[Trace]:
    for what, mark in (("x264", _X264), ("x265", _X265)):
        at = content.find(mark)
        if at >= 0:
            yield _settings(what, content[at + len(mark) :][:_MOST_TEXT], place, offset + at + len(mark))
    for what, pattern in _MARKS:
        match = pattern.search(content)
        if match:
            meaning = "written into the stream by its encoder; a copy of the stream keeps it"
            yield Trace(what, match.group().decode("ascii"), place, offset + match.start(), meaning)


def _settings(what: str, content: bytes, place: str, offset: int) -> Trace:
    match = _TEXT.match(content)
    text = match.group().decode("ascii") if match else ""
    version = _VERSION[what].search(text)
    _, _, options = text.partition("options: ")
    value = version.group().removeprefix("x264 - ") if version else text[:64]
    parsed = {name: setting for name, setting in _OPTION.findall(options) if name}
    meaning = "encoder and settings, written into the stream; a copy of the stream keeps them"
    return Trace(what, value, place, offset, meaning, details={"text": text[:_MOST_TEXT], "options": parsed})
