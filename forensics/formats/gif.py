"""Reader of GIF files: blocks, frames, comments, application extensions, and what stands behind the trailer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.formats import icc, trailer, xmp
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION, _CONTROL, _PLAIN = 0xFE, 0xFF, 0xF9, 0x01
"""*Source:* GIF89a specification, appendix A."""

_WINDOW = 1 << 16
_KEPT = 64 << 10
"""Bytes of an application extension that are kept."""

_SUB_BLOCKS = 1_500_000
"""Sub-blocks of one file; with 255 bytes each, as all writers fill them, a file of 380 MB."""

_MAGIC_SIZE = 258
"""Bytes behind an XMP packet that lead a reader of sub-blocks to their end: 01 FF FE … 01 00 00.
*Source:* ISO 16684-3:2021, GIF."""

_MAGIC = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0"


@dataclass(frozen=True, slots=True)
class _Blocks:
    """A row of sub-blocks: their bytes joined, as far as they were kept; all of their bytes; where they end."""

    data: bytes
    size: int
    end: int
    is_whole: bool


def read(walk: Walk) -> Iterator[Part]:
    """Gives the blocks of a GIF file, and what stands behind the trailer."""
    head = walk.read(0, 13)
    if head[:6] not in {b"GIF87a", b"GIF89a"} or len(head) < 13:  # noqa: PLR2004 -- signature and screen descriptor
        walk.problem("unreadable", 0, detail="there is no header of GIF")
        return
    walk.count()
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    table = _table_size(head[10])
    yield Part("Header", 0, 13, facts={"version": head[3:6].decode(), "width_px": width, "height_px": height})
    if table:
        yield Part("GlobalColorTable", 13, min(table, walk.size - 13), table, {"colours": table // 3})
    at, frames, file = 13 + table, 0, _File(walk)
    while at < walk.size:
        mark = walk.read(at, 1)[0]
        if mark == _TRAILER:
            yield Part("Trailer", at, 1, facts={"frames": frames})
            yield from trailer.rest(walk, at + 1, walk.size)
            return
        if mark not in {_EXTENSION, _IMAGE}:
            detail = f"a block begins with 0x{mark:02x}, which is none"
            walk.problem("unreadable", at, size=walk.size - at, detail=detail)
            return
        walk.count()
        part = _image(file, at) if mark == _IMAGE else _extension(file, at)
        frames += mark == _IMAGE
        yield part
        at += max(part.size, 1)
    walk.problem(
        "truncated", walk.size, part="Trailer", detail=f"the file ends before the trailer, after {frames} frames"
    )


def _table_size(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


class _File:
    """Follows the sub-blocks of one file, and stops where there are more than any film of pictures has.

    Attributes:
        walk: The reader's hand in the file.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._left = _SUB_BLOCKS

    def sub_blocks(self, at: int, keep: int) -> _Blocks:
        """Follows sub-blocks to the empty one that ends them; keeps at most so many of their bytes.

        Raises:
            LimitReachedError: There are too many.
        """
        window, base = b"", at
        kept: list[bytes] = []
        room, total = keep, 0
        for _ in range(self._left):
            inside = at - base
            if inside + 256 > len(window) and base + len(window) < self.walk.size:
                window, base, inside = self.walk.read(at, _WINDOW), at, 0
            size = window[inside] if inside < len(window) else -1
            if size <= 0:
                return _Blocks(b"".join(kept), total, min(at + 1, self.walk.size), size == 0)
            self._left -= 1
            if room > 0:
                data = window[inside + 1 : inside + 1 + min(size, room)]
                kept.append(data)
                room -= len(data)
            total += size
            at += 1 + size
        raise LimitReachedError(f"there are more than {_SUB_BLOCKS} sub-blocks")


def _image(file: _File, at: int) -> Part:
    walk = file.walk
    head = walk.read(at, 10)
    if len(head) < 10:  # noqa: PLR2004 -- the image descriptor
        return _cut(walk, "Image", at)
    numbers = [int.from_bytes(head[i : i + 2], "little") for i in range(1, 9, 2)]
    facts: dict[str, Any] = dict(zip(("x_px", "y_px", "width_px", "height_px"), numbers, strict=True))
    facts["is_interlaced"] = bool(head[9] & 0x40)
    facts["local_colours"] = _table_size(head[9]) // 3
    blocks = file.sub_blocks(at + 11 + _table_size(head[9]), 0)
    if not blocks.is_whole:
        return _cut(walk, "Image", at, **facts)
    return Part("Image", at, blocks.end - at, facts=facts)


def _cut(walk: Walk, kind: str, at: int, **facts: Any) -> Part:
    walk.problem("truncated", at, part=kind, detail="the file ends within this block")
    return Part(kind, at, walk.size - at, facts=facts)


def _extension(file: _File, at: int) -> Part:
    walk = file.walk
    label = (*walk.read(at + 1, 1), -1)[0]
    start = at + 2
    if label == _APPLICATION:
        return _application(file, at)
    blocks = file.sub_blocks(start, walk.limits.value_bytes)
    kinds = {_COMMENT: "Comment", _CONTROL: "GraphicControl", _PLAIN: "PlainText"}
    kind = kinds.get(label, f"Extension 0x{label & 0xFF:02x}")
    if not blocks.is_whole:
        _cut(walk, kind, at)
    facts: dict[str, Any] = {}
    data = blocks.data
    if label == _CONTROL and len(data) >= 4:  # noqa: PLR2004 -- GIF89a, section 23
        delay = int.from_bytes(data[1:3], "little")
        facts = {"delay_s": round(delay / 100, 2), "disposal": data[0] >> 2 & 7, "is_transparent": bool(data[0] & 1)}
    elif label in {_COMMENT, _PLAIN}:
        text = data if label == _COMMENT else data[12:]
        key = "comment" if label == _COMMENT else "text"
        cut = blocks.size > len(data)
        walk.value(kind, key, start + 1, text, size=blocks.end - start - 2, encoding=_encoding(text), is_cut=cut)
    elif label not in kinds:
        walk.problem("unknown-part", at, size=blocks.end - at, part=kind, detail="an extension that is not defined")
        walk.value(kind, "data", start + 1, data[:_KEPT], size=blocks.end - start - 2)
    return Part(kind, at, blocks.end - at, facts=facts)


def _encoding(text: bytes) -> str:
    """Gives UTF-8 where a text is that, which ASCII is too; else Latin 1."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _application(file: _File, at: int) -> Part:
    walk = file.walk
    head = walk.read(at + 2, 12)
    if len(head) < 12 or head[0] != 11:  # noqa: PLR2004 -- GIF89a, section 26: identifier (8) and code (3)
        blocks = file.sub_blocks(at + 2, 0)
        walk.problem("unreadable", at, part="Application", detail="its identifier does not have 11 bytes")
        return Part("Application", at, blocks.end - at)
    name = head[1:12].decode("latin-1").rstrip("\0 ")
    start = at + 14
    blocks = file.sub_blocks(start, walk.limits.value_bytes)
    if not blocks.is_whole:
        _cut(walk, "Application", at)
    facts: dict[str, Any] = {"id": name}
    if name == "XMP DataXMP":
        _packet(walk, start, blocks)
    elif name in {"NETSCAPE2.0", "ANIMEXTS1.0"} and len(blocks.data) >= 3:  # noqa: PLR2004 -- mark, and number of loops
        facts["loops"] = int.from_bytes(blocks.data[1:3], "little")
    elif name == "ICCRGBG1012":
        facts["profile"] = icc.facts(blocks.data)
    else:
        size = blocks.end - start - 1
        walk.value(f"Application/{name}", name, start + 1, blocks.data[:_KEPT], size=size, encoding=_plain(blocks.data))
    return Part("Application", at, blocks.end - at, facts=facts)


def _plain(data: bytes) -> str:
    return "utf-8" if data.isascii() and b"\0" not in data else ""


def _packet(walk: Walk, start: int, blocks: _Blocks) -> None:
    """Reads an XMP packet, which stands there as it is; some writers put it into sub-blocks instead."""
    size = min(blocks.end - start, walk.limits.value_bytes)
    raw = walk.read(start, size)
    if raw.endswith(_MAGIC):
        xmp.packet(walk, raw[:-_MAGIC_SIZE], start, "Application/XMP DataXMP")
    elif raw[:1] == b"<":
        end = raw.rfind(b">") + 1
        walk.problem(
            "unreadable", start, part="Application", detail="the bytes that must end an XMP packet are not there"
        )
        xmp.packet(walk, raw[:end], start, "Application/XMP DataXMP")
    else:
        xmp.packet(
            walk, blocks.data, start + 1, "Application/XMP DataXMP", locate=lambda at: start + 1 + at + at // 255
        )
