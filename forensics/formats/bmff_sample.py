"""Tables of samples of ISO base media and QuickTime files: how many, how large, and where they lie in the file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.codec import MAX_INTEGER
from forensics.formats.bmff_box import Box, Content, Facts, Reading, full

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Extents = tuple[Numbers, Numbers]
    """Starts and ends of stretches of the file, in bytes."""

_MOST = 1 << 21
"""Entries of one table that are read: 13 hours of AAC, 19 of video at 30 frames a second."""

_LISTED = 8
"""Entries of a table that become facts one by one."""

_FIELDS = {
    "stts": ("II", ("count", "delta")),
    "ctts": ("Ii", ("count", "offset")),
    "stsc": ("III", ("first_chunk", "samples_per_chunk", "description")),
    "stss": ("I", ("sample",)),
    "stco": ("I", ("offset",)),
    "co64": ("Q", ("offset",)),
}


def _rows(reading: Reading, box: Box, *, at: int, count: int, form: str) -> Numbers:
    """Reads rows of big-endian integers of one width each; shape (rows, columns), at most `_MOST` rows."""
    import numpy as np

    kind = {"I": ">u4", "i": ">i4", "Q": ">u8", "H": ">u2", "B": ">u1"}
    width = struct.calcsize(f">{form}")
    room = max(0, box.end - at) // width
    if count > room:
        detail = f"the table states {count} entries and has room for {room}"
        reading.walk.problem("past-end", box.start, part=box.kind, detail=detail)
        reading.is_certain = False
    most = min(_MOST, reading.rows_left)
    if min(count, room) > most:
        detail = f"a table has {min(count, room)} entries, of which {most} are read"
        reading.walk.problem("limit", box.start, part=box.kind, detail=detail)
        reading.is_certain = False
    taken = min(count, room, most)
    reading.rows_left -= taken
    data = reading.walk.read(at, taken * width)
    fields = np.dtype([(f"f{number}", kind[letter]) for number, letter in enumerate(form)])
    table = np.frombuffer(data[: len(data) // width * width], dtype=fields)
    if any(letter == "Q" for letter in form):
        return np.stack([np.minimum(table[name], 1 << 62).astype(np.int64) for name in fields.names or ()], axis=1)
    return np.stack([table[name].astype(np.int64) for name in fields.names or ()], axis=1)


def table(reading: Reading, box: Box, path: str) -> Content:
    """Reads a table of times, chunks or key frames, and sums it up."""
    del path
    head = reading.body(box, 8)
    count = int.from_bytes(head[4:8], "big")
    form, names = _FIELDS[box.kind]
    rows = _rows(reading, box, at=box.body + 8, count=count, form=form)
    reading.tables[box.kind] = rows
    facts: Facts = {**full(head), "entry_count": count, **_summary(box.kind, rows)}
    facts["first"] = [dict(zip(names, map(int, row), strict=True)) for row in rows[:_LISTED]]
    return facts, ()


def _summary(kind: str, rows: Numbers) -> Facts:
    if not len(rows):
        return {}
    last = rows[:, -1]
    if kind in {"stts", "ctts"}:
        facts: Facts = {"sample_count": int(rows[:, 0].sum()), f"least_{_FIELDS[kind][1][1]}": int(last.min())}
        facts[f"largest_{_FIELDS[kind][1][1]}"] = int(last.max())
        return facts | ({"duration": int((rows[:, 0] * last).sum())} if kind == "stts" else {})
    if kind == "stss" and len(rows) > 1:
        steps = last[1:] - last[:-1]
        return {"least_distance": int(steps.min()), "largest_distance": int(steps.max())}
    if kind in {"stco", "co64"}:
        return {
            "first_offset": int(last[0]),
            "last_offset": int(last[-1]),
            "is_rising": bool((last[1:] > last[:-1]).all()),
        }
    return {}


def sizes(reading: Reading, box: Box, path: str) -> Content:
    """Reads `stsz` or `stz2`: the size of each sample in bytes."""
    del path
    head = reading.body(box, 12)
    same, count = struct.unpack_from(">II", head, 4)
    facts: Facts = {**full(head), "sample_count": count}
    if box.kind == "stsz" and same:
        reading.tables["sizes"] = (same, count)
        return facts | {"sample_size": same, "sample_bytes": same * count}, ()
    rows = _compact(reading, box, same & 0xFF, count=count) if box.kind == "stz2" else None
    if rows is None:
        rows = _rows(reading, box, at=box.body + 12, count=count, form="I")[:, 0]
    reading.tables["sizes"] = rows
    if len(rows):
        facts |= {"least_size": int(rows.min()), "largest_size": int(rows.max())}
    return facts | {"sample_bytes": int(rows.sum())}, ()


def _compact(reading: Reading, box: Box, width: int, *, count: int) -> Numbers:
    """Reads sizes of 4, 8 or 16 bits (ISO/IEC 14496-12, clause 8.7.3.3)."""
    import numpy as np

    if width == 4:  # noqa: PLR2004 -- two sizes in a byte
        pairs = _rows(reading, box, at=box.body + 12, count=(count + 1) // 2, form="B")[:, 0]
        return np.stack([pairs >> 4, pairs & 15], axis=1).reshape(-1)[:count]
    return _rows(reading, box, at=box.body + 12, count=count, form={8: "B", 16: "H"}[width])[:, 0]


def track(reading: Reading, box: Box, path: str) -> Content:
    """Reads `trak`, and names it by its number and the type of its handler."""
    for name in ("track_id", "handler", "is_outside"):
        reading.tables.pop(name, None)
    parts = reading.children(box.body, box.end, path)
    return {"track_id": reading.tables.get("track_id"), "handler_type": reading.tables.get("handler", "")}, parts


def samples(reading: Reading, box: Box, path: str) -> Content:
    """Reads `stbl`, and works out where the samples of the track lie."""
    for name in ("stts", "ctts", "stsc", "stss", "stco", "co64", "sizes", "frame_bytes", "packet"):
        reading.tables.pop(name, None)
    parts = reading.children(box.body, box.end, path)
    tables = reading.tables
    chunks = tables.get("co64") if "co64" in tables else tables.get("stco")
    if chunks is None or "sizes" not in tables:
        return {}, parts
    facts: Facts = {}
    sizes_of = tables["sizes"]
    facts["samples"] = sizes_of[1] if isinstance(sizes_of, tuple) else len(sizes_of)
    if not facts["samples"] or not len(chunks):
        return facts, parts
    found = _chunks(reading, chunks[:, 0], per_chunk=tables.get("stsc"))
    if found is None:
        reading.is_certain = False
        return facts, parts
    facts["first_sample_offset"] = int(chunks[0, 0])
    facts["first_sample_size"] = int(sizes_of[0])
    facts["sample_bytes"] = int((found[1] - found[0]).sum())
    if tables.get("is_outside"):
        return facts | {"is_in_another_file": True}, parts
    _add(reading, found, path=path)
    return facts, parts


def _chunks(reading: Reading, offsets: Numbers, *, per_chunk: Numbers | None) -> Extents | None:
    """Gives start and end of each chunk; None where the tables do not fit together."""
    import numpy as np

    if per_chunk is None or not len(per_chunk) or per_chunk[0, 0] != 1:
        return None
    firsts = np.append(per_chunk[:, 0], len(offsets) + 1)
    runs = np.diff(np.minimum(firsts, len(offsets) + 1))
    if (runs < 0).any():
        return None
    counts = np.repeat(per_chunk[:, 1], runs)
    sizes_of = reading.tables["sizes"]
    if isinstance(sizes_of, tuple):
        size = _frame(reading, sizes_of[0])
        lengths = None if size is None else counts * size[1] // size[0]
    else:
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes_of)])
        ends = np.minimum(np.cumsum(counts), len(sizes_of))
        lengths = sums[ends] - sums[np.concatenate([np.zeros(1, np.int64), ends[:-1]])]
    if lengths is None or (lengths > 1 << 62).any() or (lengths < 0).any():
        return None
    return offsets, offsets + lengths


def _frame(reading: Reading, size: int) -> tuple[int, int] | None:
    """Gives samples and bytes of one packet of a track whose samples are all of one size; None where it is unknown.

    QuickTime counts a frame of uncompressed sound as one sample and states the size 1, or that of one channel
    (QuickTime File Format, *Sample size atoms* and *Sound sample description (version 1)*).
    """
    if reading.tables.get("handler") != "soun":
        return 1, size
    per_packet, per_frame = reading.tables.get("packet", (0, 0))
    if per_packet and per_frame:
        return per_packet, per_frame
    frame = reading.tables.get("frame_bytes", 0)
    if frame:
        return 1, max(frame, size)
    return None if size == 1 else (1, size)


def _add(reading: Reading, found: Extents, *, path: str) -> None:
    """Keeps where samples lie."""
    reading.extents.append(found)
    _reach(reading, int(found[1].max()), path=path)


def _reach(reading: Reading, last: int, *, path: str) -> None:
    """Notes samples that the file has no longer."""
    if last > reading.walk.size:
        detail = f"samples reach to byte {last}; the file has {reading.walk.size}"
        short = min(last - reading.walk.size, MAX_INTEGER)
        reading.walk.problem("truncated", reading.walk.size, size=short, part=path, detail=detail)


def merged(extents: Sequence[Extents], ranges: Sequence[tuple[int, int]]) -> Extents:
    """Joins stretches that touch or overlap; the result is in order."""
    import numpy as np

    single = np.array(ranges, np.int64).reshape(-1, 2)
    firsts = np.concatenate([*(one[0] for one in extents), single[:, 0]])
    lasts = np.concatenate([*(one[1] for one in extents), single[:, 1]])
    order = np.argsort(firsts, kind="stable")
    firsts, lasts = firsts[order], np.maximum.accumulate(lasts[order])
    opens = np.ones(len(firsts), bool)
    opens[1:] = firsts[1:] > lasts[:-1]
    closes = np.append(opens[1:], True)[: len(firsts)]
    return firsts[opens], lasts[closes]


def gaps(covered: Extents, start: int, end: int) -> list[tuple[int, int]]:
    """Gives the parts of a stretch that `covered`, as `merged` gives it, leaves out, as start and end, in order."""
    import numpy as np

    low = int(np.searchsorted(covered[1], start, side="right"))
    high = int(np.searchsorted(covered[0], end, side="left"))
    edges = np.concatenate([[start], covered[1][low:high]])
    opens = np.concatenate([covered[0][low:high], [end]])
    left = opens > edges
    return [(int(first), int(last)) for first, last in zip(edges[left], opens[left], strict=True)]


def fragment(reading: Reading, box: Box, path: str) -> Content:
    """Reads `moof`."""
    reading.fragment = (box.start, box.start)
    return {}, reading.children(box.body, box.end, path)


def default(reading: Reading, box: Box, path: str) -> Content:
    """Reads `trex`: what holds for samples in fragments unless they say otherwise."""
    del path
    data = reading.body(box, 24)
    number, _, duration, size = struct.unpack_from(">IIII", data, 4)
    reading.defaults[number] = size
    return {**full(data), "track_id": number, "default_duration": duration, "default_size": size}, ()


def track_fragment(reading: Reading, box: Box, path: str) -> Content:
    """Reads `traf`, and works out where its samples lie."""
    reading.tables["runs"] = []
    parts = reading.children(box.body, box.end, path)
    runs: list[tuple[int, int, int, int]] = reading.tables["runs"]
    facts: Facts = {"samples": sum(run[0] for run in runs), "sample_bytes": sum(run[2] - run[1] for run in runs)}
    if runs:
        facts |= {"first_sample_offset": runs[0][1], "first_sample_size": runs[0][3]}
    return facts, parts


def fragment_header(reading: Reading, box: Box, path: str) -> Content:
    """Reads `tfhd` (ISO/IEC 14496-12, clause 8.8.7)."""
    del path
    data = reading.body(box, 40)
    facts = full(data)
    number, flags, at = int.from_bytes(data[4:8], "big"), facts["flags"], 8
    base = reading.fragment[0] if flags & 0x20000 else reading.fragment[1]
    if flags & 1:
        base, at = int.from_bytes(data[at : at + 8], "big"), at + 8
    at += (4 if flags & 2 else 0) + (4 if flags & 8 else 0)
    size = int.from_bytes(data[at : at + 4], "big") if flags & 0x10 else reading.defaults.get(number)
    reading.tables["base"], reading.tables["default"], reading.tables["next"] = base, size, base
    return facts | {"track_id": number, "base_offset": base}, ()


def run(reading: Reading, box: Box, path: str) -> Content:
    """Reads `trun` (ISO/IEC 14496-12, clause 8.8.8)."""
    data = reading.body(box, 16)
    facts = full(data)
    flags, count, at = facts["flags"], int.from_bytes(data[4:8], "big"), 8
    start = reading.tables["next"]
    if flags & 1:
        start, at = reading.tables["base"] + int.from_bytes(data[8:12], "big", signed=True), 12
    at += 4 if flags & 4 else 0
    form = "I" * ((flags & 0xF00).bit_count())
    lengths: Any = None
    if form:
        rows = _rows(reading, box, at=box.body + at, count=count, form=form)
        lengths = rows[:, (flags & 0x100).bit_count()] if flags & 0x200 else None
    if lengths is None and reading.tables["default"] is None:
        reading.is_certain = False
        return facts | {"samples": count}, ()
    total = int(lengths.sum()) if lengths is not None else count * reading.tables["default"]
    first = int(lengths[0]) if lengths is not None and len(lengths) else reading.tables["default"] or 0
    if 0 <= start < 1 << 62 and total < 1 << 62:
        reading.tables["runs"].append((count, start, start + total, first))
        reading.tables["next"] = start + total
        reading.fragment = (reading.fragment[0], start + total)
        reading.ranges.append((start, start + total))
        _reach(reading, start + total, path=path)
    return facts | {"samples": count, "sample_bytes": total, "data_offset": start}, ()
