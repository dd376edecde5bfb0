"""Text chunks of PNG, unpacked within limits, and the profiles that ImageMagick writes into them."""

from __future__ import annotations

import re
import zlib

from forensics.formats import photoshop, tiff, xmp
from forensics.formats.span import Span
from forensics.formats.walk import Walk

_KEYWORD = 79
"""Bytes of a keyword at most. *Source:* PNG, third edition, section 11.3.3.2."""

_XMP_KEYWORD = "XML:com.adobe.xmp"
_RAW_PROFILE = re.compile(r"Raw profile type (\w+)")
_HEX = re.compile(rb"\s*(\w+)\s*(\d+)\s([0-9a-fA-F\s]*)")
"""Name, length and bytes in hexadecimal. *Source:* ImageMagick, coders/png.c; ExifTool, PNG.pm."""


class Text:
    """Notes the text chunks of one file.

    Attributes:
        walk: The reader's hand in the file.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._left = walk.limits.total_bytes

    def read(self, name: str, start: int, size: int) -> None:
        """Reads one chunk `tEXt`, `zTXt` or `iTXt`, its data beginning at `start`."""
        limit = self.walk.limits.value_bytes
        data = self.walk.read(start, min(size, limit + _KEYWORD + 256))
        keyword, separator, rest = data.partition(b"\0")
        key = keyword.decode("latin-1")
        if not separator or not keyword or len(keyword) > _KEYWORD:
            detail = "there is no keyword of 1 to 79 bytes"
            self.walk.problem("unreadable", start, size=size, part=name, detail=detail)
            key, rest = key[:_KEYWORD] if separator else "", rest if separator else data
        if name == "zTXt":
            rest, is_packed = rest[1:], True
        elif name == "iTXt":
            is_packed = rest[:1] == b"\1"
            rest = [*rest[2:].split(b"\0", 2), b"", b""][2]
        else:
            is_packed = False
        offset = start + len(data) - len(rest)
        self._note(name, key, offset, rest, size=start + size - offset, is_packed=is_packed)

    def _note(self, name: str, key: str, offset: int, data: bytes, *, size: int, is_packed: bool) -> None:
        is_cut = size > len(data)
        if is_packed:
            data, is_cut = self.unpack(data, offset, part=name)
        if key == _XMP_KEYWORD:
            xmp.packet(self.walk, data, offset, f"{name}/XMP", is_compressed=is_packed)
            return
        encoding = "utf-8" if name == "iTXt" or _is_utf8(data) else "latin-1"
        self.walk.value(name, key, offset, data, size=size, encoding=encoding, is_compressed=is_packed, is_cut=is_cut)
        match = _RAW_PROFILE.fullmatch(key)
        if match:
            self._profile(name, match[1].lower(), offset, data)

    def unpack(self, data: bytes, offset: int, *, part: str) -> tuple[bytes, bool]:
        """Unpacks bytes within the limits; gives what there is, and whether there was more."""
        limit = min(self.walk.limits.value_bytes, self._left)
        if limit <= 0:
            return b"", True
        unpacker = zlib.decompressobj()
        found = b""
        try:
            found = unpacker.decompress(data, limit)
        except zlib.error as error:
            found = _whole_start(data, limit)
            self.walk.problem("unreadable", offset, part=part, detail=f"compressed data is damaged: {error}")
            unpacker = zlib.decompressobj()
        else:
            if not unpacker.eof and len(found) < limit:
                self.walk.problem("truncated", offset, part=part, detail="compressed data ends early")
        self._left -= len(found)
        return found, len(found) >= limit and not unpacker.eof

    def _profile(self, name: str, kind: str, offset: int, data: bytes) -> None:
        """Reads a profile written in hexadecimal."""
        match = _HEX.match(data)
        if not match:
            return
        digits = re.sub(rb"\s", b"", match[3])
        profile = bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
        span = Span(self.walk, [(offset, 0)], unpacked=profile)
        place = f"{name}/Raw profile {kind}"
        if kind in {"exif", "app1"} and profile.startswith(b"Exif\0"):
            tiff.block(span, place)
        elif kind in {"xmp", "app1"} and b"<" in profile[:64]:
            start = max(0, profile.find(b"<"))
            xmp.packet(self.walk, profile[start:], offset, f"{name}/XMP", is_compressed=True)
        elif kind in {"iptc", "8bim"}:
            inner = profile[max(0, profile.find(b"8BIM")) :]
            for _ in photoshop.resources(Span(self.walk, [(offset, 0)], unpacked=inner), place):
                pass


def _is_utf8(data: bytes) -> bool:
    """Whether a text is UTF-8, which many programs write where the standard asks for Latin 1."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _whole_start(data: bytes, limit: int) -> bytes:
    """Unpacks what there is before the damage, piece by piece."""
    unpacker = zlib.decompressobj()
    found = bytearray()
    try:
        for at in range(0, len(data), 64):
            found += unpacker.decompress(data[at : at + 64], max(1, limit - len(found)))
            if len(found) >= limit:
                break
    except zlib.error:
        pass
    return bytes(found)
