"""What stands behind the end of a format's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics import media
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_BLOCK = 1 << 20
_PADDING_SEARCHED = 64 << 20
"""Bytes of padding that are looked through; more count as data."""

_NO_FILES = (media.EMPTY, media.UNKNOWN)


def rest(walk: Walk, at: int, end: int, **facts: Any) -> Iterator[Part]:
    """Gives the bytes behind the end of the data, and reports them unless all are zero or all are 0xFF.

    Args:
        walk: The reader's hand in the file.
        at: Where they begin.
        end: Where they end.
        facts: What else is known of them.
    """
    if at >= end:
        return
    skipped = padding(walk, at, end)
    if skipped:
        walk.count()
        yield Part("padding", at, skipped)
        at += skipped
    if at >= end:
        return
    walk.count()
    kind = media.sniff(walk.read(at, min(end - at, media.HEAD_SIZE)))
    size = end - at
    walk.problem("trailing-data", at, size=size, detail=f"{size} bytes after the end, by their start {kind}")
    if kind not in _NO_FILES and not kind.startswith("text/"):
        walk.problem("second-file", at, size=size, detail=f"a file of type {kind} stands after the end")
    yield Part("trailer", at, size, facts={"type": kind, **facts})


def padding(walk: Walk, at: int, end: int) -> int:
    """Counts bytes that are all zero, or all 0xFF, from a place on."""
    filler = walk.read(at, 1)
    if filler not in {b"\0", b"\xff"}:
        return 0
    start, end = at, min(end, at + _PADDING_SEARCHED)
    while at < end:
        data = walk.read(at, min(_BLOCK, end - at))
        left = data.lstrip(filler)
        if left:
            at += len(data) - len(left)
            is_mark = filler == b"\xff" and at > start
            return at - start - is_mark
        at += len(data) or end
    return end - start
