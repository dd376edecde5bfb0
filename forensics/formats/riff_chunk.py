"""Chunks of RIFF that all its forms share: information lists, padding, and what no one knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from forensics.formats import xmp
from forensics.formats.walk import Walk

_KEPT = 64 << 10
"""Bytes of a chunk of unknown meaning, or of padding, that are kept as a value."""

_PADDING = frozenset({"JUNK", "junk", "PAD", "FLLR", "filr"})
_INDEX_PLACE = b"\4\0\0\0\0\0\0\0"
"""Start of an index of OpenDML that was kept free. *Source:* OpenDML AVI 1.02, page 13; FFmpeg, avienc.c."""

_DATA = frozenset({"data", "fmt", "fact", "cue", "plst", "wavl", "slnt", "smpl", "inst", "ds64", "idx1", "indx"})


@dataclass(slots=True)
class Form:
    """One RIFF chunk under reading.

    Attributes:
        walk: The reader's hand in the file.
        name: Its form: `WEBP`, `WAVE`, `AVI`.
        order: Byte order.
        sizes: Sizes of more than 32 bits, by name of the chunk.
        streams: Streams of a film seen so far.
        stream_type: Type of the last of them: `vids`, `auds`.
        is_streamed: Whether the file states no size, because it was written into a pipe.
    """

    walk: Walk
    name: str
    order: Literal["little", "big"]
    sizes: dict[str, int] = field(default_factory=dict)
    streams: int = 0
    stream_type: str = ""
    is_streamed: bool = False

    def number(self, data: bytes, at: int, size: int) -> int:
        """Gives a number in the byte order of the file.

        Raises:
            IndexError: The data is too short.
        """
        if at + size > len(data):
            raise IndexError("a chunk is too short")
        return int.from_bytes(data[at : at + size], self.order)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk.

    Attributes:
        kind: Its name, without the spaces that fill it up.
        place: Lists that it lies in; empty for none.
        offset: Of its header in the file.
        size: Bytes of its data that are there.
    """

    kind: str
    place: str
    offset: int
    size: int

    @property
    def start(self) -> int:
        """Offset of its data in the file."""
        return self.offset + 8


def name_of(data: bytes) -> str:
    r"""Writes a chunk's name, `\xNN` for what is not printable, without spaces at its end."""
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in data).rstrip()  # noqa: PLR2004


def content(form: Form, chunk: Chunk) -> dict[str, Any]:
    """Notes what a chunk holds that its form does not define."""
    walk, place = form.walk, chunk.place or "RIFF"
    if chunk.kind in _PADDING:
        return _padding(walk, chunk, place)
    if chunk.kind in _DATA:
        return {}
    if chunk.kind == "_PMX":
        xmp.packet(walk, walk.read(chunk.start, min(chunk.size, walk.limits.total_bytes)), chunk.start, "XMP")
        return {}
    skip = 4 if chunk.place.startswith("LIST/adtl") else 0
    limit = walk.limits.value_bytes if chunk.place or chunk.kind == "AIGC" else _KEPT
    data = walk.read(chunk.start + skip, min(chunk.size - skip, limit))
    size = max(0, chunk.size - skip)
    cut = size > len(data)
    walk.value(place, chunk.kind, chunk.start + skip, data, size=size, encoding=encoding_of(data), is_cut=cut)
    if not chunk.place and chunk.kind != "AIGC":
        detail = f"a chunk of {chunk.size} bytes that the form {form.name} does not define"
        walk.problem("unknown-part", chunk.offset, size=chunk.size + 8, part=chunk.kind, detail=detail)
    return {}


def encoding_of(data: bytes) -> str:
    """Tells whether bytes are a text, and in which encoding: UTF-8, else Latin 1; empty for none."""
    text = data.rstrip(b"\0")
    if any(byte < 32 and byte not in b"\t\n\r" for byte in text[:4096]):  # noqa: PLR2004 -- control characters
        return ""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _padding(walk: Walk, chunk: Chunk, place: str) -> dict[str, Any]:
    """Notes what stands in padding, where it is more than a place kept free for an index."""
    data = walk.read(chunk.start, min(chunk.size, _KEPT))
    if not any(data):
        return {}
    if data.startswith(b"odmldmlh") or (data.startswith(_INDEX_PLACE) and "strl" in chunk.place):
        return {"use": "index that was not needed"}
    text = data.rstrip(b"\0")
    walk.value(place, chunk.kind, chunk.start, text, encoding=encoding_of(text))
    detail = f"padding of {chunk.size} bytes holds {len(text)} bytes that are not zero"
    walk.problem("hidden-data", chunk.offset, size=chunk.size + 8, part=chunk.kind, detail=detail)
    return {"used_bytes": len(text)}
