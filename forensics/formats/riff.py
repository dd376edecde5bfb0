"""Reader of RIFF files: WebP, AVI, WAV and their larger kin RF64 and BW64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.formats import riff_chunk, trailer
from forensics.formats.riff_chunk import Chunk, Form
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

_KINDS = frozenset({b"RIFF", b"RF64", b"BW64", b"RIFX"})
_UNKNOWN_SIZE = 0xFFFFFFFF
_NO_SIZE = (_UNKNOWN_SIZE, 0)
"""Size that a writer puts who does not know it: RF64 (EBU Tech 3306), programs that write into a pipe."""

_FORMS = {"WEBP": "riff_webp", "WAVE": "riff_wave", "AVI": "riff_avi", "AVIX": "riff_avi"}

_COUNTED = 50_000
"""Chunks of sound and pictures that are counted one by one; an hour of film has 200,000, and an index."""


def read(walk: Walk) -> Iterator[Part]:
    """Gives the RIFF chunks of a file (a film can have several), and what stands behind them."""
    at, number = 0, 0
    while at < walk.size:
        head = walk.read(at, 12)
        if head[:4] not in _KINDS or len(head) < 12 or (number and head[8:12] != b"AVIX"):  # noqa: PLR2004 -- its header
            break
        declared = int.from_bytes(head[4:8], "big" if head[:4] == b"RIFX" else "little")
        end = walk.size if declared in _NO_SIZE else min(at + 8 + declared, walk.size)
        if declared not in _NO_SIZE and at + 8 + declared > walk.size:
            detail = f"{declared + 8} bytes are stated, {walk.size - at} are there"
            walk.problem("past-end", at, part=head[:4].decode(), detail=detail)
        yield from _riff(walk, at, end, head, declared)
        at = end + (end & 1 and walk.read(end, 1) == b"\0")
        number += 1
    if not number:
        walk.problem("unreadable", 0, detail="there is no header of RIFF")
        return
    yield from trailer.rest(walk, at, walk.size)


def _riff(walk: Walk, at: int, end: int, head: bytes, declared: int) -> Iterator[Part]:
    """Gives one RIFF chunk; what was read of it also where a limit is reached."""
    walk.count()
    form = Form(walk, riff_chunk.name_of(head[8:12]), "big" if head[:4] == b"RIFX" else "little")
    form.is_streamed = declared in _NO_SIZE and head[:4] not in {b"RF64", b"BW64"}
    facts: dict[str, Any] = {"form": form.name, "is_streamed": form.is_streamed}
    parts: list[Part] = []

    def part() -> Part:
        return Part(head[:4].decode("ascii"), at, end - at, declared + 8, facts, tuple(parts))

    try:
        with walk.deeper():
            for chunk in _chunks(form, at + 12, end, ""):
                parts.append(chunk)  # noqa: PERF402 -- what came before a limit must stand
    except LimitReachedError:
        yield part()
        raise
    if form.name == "WEBP":
        from forensics.formats import riff_webp

        riff_webp.check(walk, parts)
    yield part()


def _chunks(form: Form, at: int, end: int, place: str) -> Iterator[Part]:
    walk = form.walk
    while at + 8 <= end:
        walk.count()
        head = walk.read(at, 12)
        size = int.from_bytes(head[4:8], form.order)
        kind = riff_chunk.name_of(head[:4])
        if "\\" in kind:
            walk.problem("unreadable", at, size=end - at, part=place, detail=f"there is no chunk: its name is {kind}")
            return
        size = form.sizes.get(kind, size) if size == _UNKNOWN_SIZE else size
        there = min(size, end - at - 8)
        is_open = size == _UNKNOWN_SIZE or (size == 0 and kind == "data" and form.is_streamed)
        if is_open:
            there = end - at - 8
        elif there < size:
            walk.problem("past-end", at, part=kind, detail=f"{size} bytes are stated, {there} are left")
        chunk = Chunk(kind, place, at, there)
        yield _part(form, chunk, None if is_open else size + 8)
        at += 8 + there + (there & 1)
    if at < end and any(walk.read(at, end - at)):
        walk.problem("hidden-data", at, size=end - at, part=place, detail="bytes stand behind the last chunk")


def _part(form: Form, chunk: Chunk, declared: int | None) -> Part:
    if chunk.kind == "LIST" and chunk.size >= 4:  # noqa: PLR2004 -- the list's type
        return _list(form, chunk, declared)
    facts, parts = _content(form, chunk)
    return Part(chunk.kind, chunk.offset, chunk.size + 8, declared, facts, parts)


def _list(form: Form, chunk: Chunk, declared: int | None) -> Part:
    kind = riff_chunk.name_of(form.walk.read(chunk.start, 4)).strip()
    at, end = chunk.start + 4, chunk.start + chunk.size
    facts: dict[str, Any] = {"type": kind}
    if kind == "movi":
        facts |= _movie(form, at, end)
        return Part("LIST", chunk.offset, chunk.size + 8, declared, facts)
    place = f"{chunk.place}/{kind}" if chunk.place else f"LIST/{kind}"
    if kind == "strl":
        form.streams += 1
        place += f"[{form.streams}]"
    with form.walk.deeper():
        parts = tuple(_chunks(form, at, end, place))
    return Part("LIST", chunk.offset, chunk.size + 8, declared, facts, parts)


def _movie(form: Form, at: int, end: int) -> dict[str, Any]:
    """Counts the chunks of a film's pictures and sound by name."""
    counts: dict[str, int] = {}
    for _ in range(_COUNTED):
        if at + 8 > end:
            return {"chunks": counts}
        head = form.walk.read(at, 8)
        kind = riff_chunk.name_of(head[:4])
        size = int.from_bytes(head[4:8], form.order)
        if kind == "LIST":
            at += 12
            continue
        if "\\" in kind or size > end - at - 8:
            detail = f"a chunk {kind} of {size} bytes stands among pictures and sound"
            form.walk.problem("past-end", at, part="movi", detail=detail)
            return {"chunks": counts}
        counts[kind] = counts.get(kind, 0) + 1
        at += 8 + size + (size & 1)
    return {"chunks": counts, "is_counted_whole": False}


def _content(form: Form, chunk: Chunk) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Gives facts and parts of a chunk; its form knows first, then what all forms share."""
    from importlib import import_module

    name = _FORMS.get(form.name)
    if name:
        try:
            found: tuple[dict[str, Any], tuple[Part, ...]] | None
            found = import_module(f"forensics.formats.{name}").content(form, chunk)
        except IndexError:
            detail = f"a chunk of {chunk.size} bytes is shorter than it must be"
            form.walk.problem("unreadable", chunk.offset, part=chunk.kind, detail=detail)
            return {}, ()
        if found is not None:
            return found
    return riff_chunk.content(form, chunk), ()
