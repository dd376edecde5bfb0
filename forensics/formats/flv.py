"""Flash Video files: their tags, and the properties that script tags state.

Source: Adobe, Flash Video File Format Specification, version 10.1, annex E.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.formats.flv_amf import MOST, Script
from forensics.formats.structure import Part
from forensics.formats.trailer import rest
from forensics.formats.walk import LimitReachedError, Walk

_KINDS = {8: "Audio", 9: "Video", 15: "Script", 18: "Script"}
"""Types of tags; 15 is used by some recorders for scripts in the form of AMF3."""

_LISTED = 1_000
"""Tags that become parts one by one; script tags always do."""

_TAGS = 200_000
"""Tags that are read: an hour of picture and sound."""

_HEAD, _SIZE = 11, 4
_SCRIPT = 1 << 20
_LONG_LIST = 64
"""Values with an index that become values of the file; the index of key frames has thousands."""


@dataclass(slots=True)
class _State:
    """What was seen of the tags.

    Attributes:
        counts: Tags of each kind.
        sizes: Bytes of the data of each kind.
        first: First tag of picture and sound that carries frames: offset and size of its data.
        values_left: Values of scripts that may still be read.
        codecs: Codec of picture and format of sound as their first tags state them.
    """

    counts: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[int]] = field(default_factory=dict)
    values_left: int = MOST
    codecs: dict[str, int | str] = field(default_factory=dict)


def read(walk: Walk) -> Iterator[Part]:
    """Gives the header and the tags."""
    head = walk.read(0, 9)
    if head[:3] != b"FLV" or len(head) < 9:  # noqa: PLR2004 -- the header has 9 bytes
        walk.problem("truncated" if b"FLV".startswith(head[:3]) else "unreadable", 0, detail="there is no whole header")
        return
    start = int.from_bytes(head[5:9], "big")
    size = min(max(start, 9), walk.size)
    state, parts = _State(), []
    try:
        for part in _tags(walk, start, state):
            parts.append(part)  # noqa: PERF402 -- what came before a limit must stand
    except LimitReachedError as error:
        walk.problem("limit", walk.size, detail=str(error))
    facts = {"version": head[3], "has_audio": bool(head[4] & 4), "has_video": bool(head[4] & 1), **_sum(state)}
    if start > 9:  # noqa: PLR2004 -- the header has 9 bytes
        _behind_header(walk, start)
    yield Part("Header", 0, size, start, facts)
    yield from parts


def _behind_header(walk: Walk, start: int) -> None:
    data = walk.read(9, min(start - 9, 1 << 20))
    if data.strip(b"\0"):
        detail = f"the header is {start} bytes long, of which the first 9 are defined"
        walk.problem("hidden-data", 9, size=len(data), part="Header", detail=detail)


def _sum(state: _State) -> dict[str, Any]:
    facts: dict[str, Any] = {"differing_sizes": state.counts.get("differing", 0)}
    for kind in ("Audio", "Video", "Script"):
        name = kind.lower()
        facts |= {f"{name}_tags": state.counts.get(kind, 0), f"{name}_bytes": state.sizes.get(kind, 0)}
        if kind in state.first:
            facts |= {f"first_{name}_offset": state.first[kind][0], f"first_{name}_size": state.first[kind][1]}
        if kind in state.codecs:
            facts[f"{name}_codec"] = state.codecs[kind]
    return facts


def _tags(walk: Walk, start: int, state: _State) -> Iterator[Part]:
    at, before, total = start, 0, 0
    while True:
        stated = walk.read(at, _SIZE + _HEAD)
        if len(stated) < _SIZE:
            walk.problem("truncated", walk.size, part="Tag", detail="the size of the last tag is missing")
            return
        _compare(walk, at, before, stated=int.from_bytes(stated[:4], "big"), state=state)
        at += _SIZE
        if at >= walk.size:
            if not total:
                walk.problem("truncated", walk.size, part="Tag", detail="no tag follows the header")
            return
        head = stated[4:]
        size = int.from_bytes(head[1:4], "big")
        kind = _KINDS.get(head[0] & 0x1F, "")
        if len(head) < _HEAD or head[0] & 0xC0 or (not kind and not _is_tag(walk, at, size)):
            yield from rest(walk, at, walk.size)
            return
        total += 1
        if total > _TAGS:
            raise LimitReachedError(f"there are more than {_TAGS} tags")
        yield from _tag(walk, at, head, state)
        before = size + _HEAD
        at += before
        if at > walk.size:
            return


def _compare(walk: Walk, at: int, before: int, *, stated: int, state: _State) -> None:
    """Notes where the size of a tag, which is repeated behind it, differs; injectors of metadata often write 0."""
    if stated == before:
        return
    state.counts["differing"] = state.counts.get("differing", 0) + 1
    if stated:
        detail = f"the size of the tag before is {before} and repeated as {stated}"
        walk.problem("bad-checksum", at, size=4, part="Tag", detail=detail)


def _is_tag(walk: Walk, at: int, size: int) -> bool:
    """Whether the size of a tag of unknown kind is repeated behind it."""
    return int.from_bytes(walk.read(at + _HEAD + size, 4), "big") == size + _HEAD


def _tag(walk: Walk, at: int, head: bytes, state: _State) -> Iterator[Part]:
    """Counts one tag, and gives it as a part where it is one of the first or a script."""
    size = int.from_bytes(head[1:4], "big")
    kind = _KINDS.get(head[0] & 0x1F, f"0x{head[0] & 0x1F:02X}")
    there = min(size, walk.size - at - _HEAD)
    if there < size:
        detail = f"the tag states {size} bytes of data, {size - there} more than there are"
        walk.problem("past-end", at, size=size - there, part=kind, detail=detail)
    if kind.startswith("0x"):
        walk.problem("unknown-part", at, size=there + _HEAD, part=kind, detail="the tag is of an unknown type")
    state.counts[kind] = state.counts.get(kind, 0) + 1
    state.sizes[kind] = state.sizes.get(kind, 0) + there
    facts: dict[str, Any] = {"time_ms": int.from_bytes(head[7:8] + head[4:7], "big", signed=True)}
    facts["is_filtered"] = bool(head[0] & 0x20)
    if kind == "Script" and not facts["is_filtered"]:
        facts |= _script(walk, at + _HEAD, there, state=state, is_amf3=head[0] & 0x1F == 15)  # noqa: PLR2004 -- type of AMF3
    elif kind in {"Audio", "Video"} and kind not in state.first:
        _first(walk, at + _HEAD, there, kind=kind, state=state)
    if kind not in {"Audio", "Video"} or sum(state.counts.values()) <= _LISTED:
        walk.count()
        yield Part(kind, at, there + _HEAD, size + _HEAD, facts)


def _first(walk: Walk, at: int, size: int, *, kind: str, state: _State) -> None:
    """Notes the codec, and where the first frame lies: behind the set-up of AVC, HEVC and AAC."""
    data = walk.read(at, min(8, size))
    if not data:
        return
    if kind == "Video" and data[0] & 0x80:
        _first_enhanced(at, size, data=data, state=state)
        return
    codec, skip = (data[0] >> 4, 1) if kind == "Audio" else (data[0] & 15, 1)
    state.codecs.setdefault(kind, codec)
    if (kind, codec) in {("Audio", 10), ("Video", 7), ("Video", 12)}:
        if data[1:2] != b"\x01":
            return
        skip = 2 if kind == "Audio" else 5
    state.first[kind] = [at + skip, max(0, size - skip)]


def _first_enhanced(at: int, size: int, *, data: bytes, state: _State) -> None:
    """Notes codec and first frame of a tag whose codec has a four-character code (Enhanced RTMP, *Video packets*)."""
    name = data[1:5].decode("latin-1")
    state.codecs.setdefault("Video", name)
    packet = data[0] & 15
    if packet in {1, 3}:
        skip = 8 if packet == 1 and name in {"avc1", "hvc1"} else 5
        state.first["Video"] = [at + skip, max(0, size - skip)]


def _script(walk: Walk, at: int, size: int, *, state: _State, is_amf3: bool) -> dict[str, Any]:
    """Notes the properties of a script tag under its name; XMP of Adobe's encoders as such."""
    from forensics.formats.xmp import packet

    script = Script(walk.read(at, min(size, _SCRIPT)), state.values_left)
    script.at = 1 if is_amf3 else 0
    name = ""
    try:
        script.value("")
        name = script.leaves.pop().data.decode("utf-8", "backslashreplace") if script.leaves else ""
        while script.at < len(script.data):
            script.value("")
    except (EOFError, ValueError) as error:
        walk.problem("unreadable", at + script.at, part="Script", detail=str(error))
    except LimitReachedError as error:
        walk.problem("limit", at + script.at, part="Script", detail=str(error))
    state.values_left = max(script.left, 0)
    listed = 0
    for leaf in script.leaves:
        listed += leaf.key.rsplit(".", 1)[-1].isdigit()
        if leaf.key.endswith("liveXML") and leaf.is_text:
            packet(walk, leaf.data, at + leaf.at, f"{name}/XMP")
        elif listed <= _LONG_LIST or not leaf.key.rsplit(".", 1)[-1].isdigit():
            encoding = "utf-8" if leaf.is_text else "ascii"
            walk.value(name, leaf.key, at + leaf.at, leaf.data, size=leaf.size, encoding=encoding)
    return {"name": name, "properties": len(script.leaves)}
