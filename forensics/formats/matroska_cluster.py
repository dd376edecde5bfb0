"""Clusters of Matroska files: how many blocks they hold, and where the first frame of each track lies."""

from __future__ import annotations

from forensics.formats.matroska_element import Facts, Header, Reading, header, scalar
from forensics.formats.matroska_name import TOP
from forensics.formats.walk import LimitReachedError

_TRACKS = 16
"""Tracks whose first frame in a cluster is stated."""

_OPEN = 400_000
"""Further blocks that are read where only they tell the size of their cluster: an hour and a half of a live stream."""

_BLOCKS = frozenset({"SimpleBlock", "BlockGroup", "EncryptedBlock"})
_NUMBERS = frozenset({"Timestamp", "PrevSize", "Position"})
_KNOWN = _BLOCKS | _NUMBERS

_GROUPED = 16
"""Elements of a group of which the first is searched that is a block; real groups begin with it."""


def cluster(reading: Reading, head: Header, path: str) -> tuple[Facts, int]:
    """Counts the blocks of a cluster without reading them.

    Returns:
        Facts and where the cluster ends. Where many blocks were counted before and the cluster states its size, it is
        passed over and `blocks` is missing.
    """
    if reading.blocks_left <= 0 and head.declared is not None:
        return {}, head.end
    facts: Facts = {"blocks": 0}
    frames: dict[int, Facts] = {}
    at = head.body
    while at < head.end:
        child = header(reading.walk, at, head.end)
        if child is None:
            at = reading.lost(at, head.end, path)
            continue
        if child.number in TOP and (head.declared is None or child.name == "Cluster"):
            break
        if child.name in _BLOCKS:
            facts["blocks"] += 1
            reading.blocks_left -= 1
            if reading.blocks_left < 0 and head.declared is not None:
                return {}, head.end
            _frame(reading, child, frames)
        else:
            facts |= _other(reading, child, path)
        if child.name in _KNOWN and child.end < child.start + (child.declared or 0):
            reading.note(child, path)
        at = child.end
    facts["first_frames"] = list(frames.values())
    return facts, at if head.declared is None else head.end


def _other(reading: Reading, child: Header, path: str) -> Facts:
    """Reads what stands in a cluster and is no block."""
    if child.name in _NUMBERS:
        return {child.name: scalar("u", reading.body(child, 8))}
    reading.note(child, path)
    if child.name == "Void":
        reading.padding(child, f"{path}/Void")
    return {}


def _frame(reading: Reading, child: Header, frames: dict[int, Facts]) -> None:
    """Notes where the data of a block begin, for the first block of each track (RFC 9559, section 10.1).

    Raises:
        LimitReachedError: There are too many blocks.
    """
    if reading.blocks_left < -_OPEN:
        raise LimitReachedError("there are more blocks than are read in clusters of unknown size")
    if len(frames) >= _TRACKS:
        return
    block: Header | None = child
    if child.name == "BlockGroup":
        block = _block(reading, child)
    if block is None or block.name == "EncryptedBlock":
        return
    data = reading.body(block, 12)
    if not data or not data[0]:
        return
    wide = 9 - data[0].bit_length()
    track = int.from_bytes(data[:wide], "big") & ((1 << 7 * wide) - 1)
    if track in frames or len(data) < wide + 3:
        return
    start = block.body + wide + 3
    is_laced = bool(data[wide + 2] & 6)
    frames[track] = {"track": track, "offset": start, "size": block.end - start, "is_laced": is_laced}


def _block(reading: Reading, group: Header) -> Header | None:
    at = group.body
    for _ in range(_GROUPED):
        child = header(reading.walk, at, group.end)
        if child is None or child.name == "Block":
            return child
        at = child.end
    return None
