"""ISO base media, QuickTime, 3GPP and HEIF files: the tree of boxes, what they say, and what no box accounts for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping

from forensics.formats import bmff_entry, bmff_header, bmff_item, bmff_sample, bmff_tag, bmff_uuid
from forensics.formats.bmff_box import Box, Facts, Handler, Reading, code, header
from forensics.formats.bmff_name import FREE, KNOWN
from forensics.formats.structure import Part
from forensics.formats.trailer import rest
from forensics.formats.walk import LimitReachedError, Walk

_BOXES = 50_000
"""Outermost boxes that are read; a day of fragments of two seconds has 86,400 with their media, an hour 3,600."""

_MEDIA = frozenset({"mdat", "imda"})
_AFTER_TYPE = frozenset({"moov", "moof", "mdat", "meta", "free", "skip", "mfra"})
"""Boxes of variable length, which must not stand before `ftyp` (ISO/IEC 14496-12, clause 4.3)."""

_LEAST_SHARE, _LEAST_BYTES = 0.01, 64 << 10
"""Share and bytes of media data without a reference that are worth saying; writers align chunks and leave a little."""

_LISTED = 8
_EXAMINED = 4 << 20

_HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(("ftyp", "styp"), bmff_header.brands),
    "mvhd": bmff_header.movie,
    "tkhd": bmff_header.track,
    "mdhd": bmff_header.media,
    "hdlr": bmff_header.handler,
    "elst": bmff_header.edits,
    "elng": bmff_header.extended_language,
    "dref": bmff_header.locations,
    "tref/*": bmff_header.tracks,
    "stsd": bmff_entry.descriptions,
    "stsd/*": bmff_entry.entry,
    "avcC": bmff_entry.avc,
    "hvcC": bmff_entry.hevc,
    "btrt": bmff_entry.bit_rate,
    "colr": bmff_entry.colour,
    "pasp": bmff_entry.aspect,
    "esds": bmff_entry.elementary,
    "trak": bmff_sample.track,
    "stbl": bmff_sample.samples,
    **dict.fromkeys(("stts", "ctts", "stsc", "stss", "stco", "co64"), bmff_sample.table),
    **dict.fromkeys(("stsz", "stz2"), bmff_sample.sizes),
    "moof": bmff_sample.fragment,
    "traf": bmff_sample.track_fragment,
    "tfhd": bmff_sample.fragment_header,
    "trun": bmff_sample.run,
    "trex": bmff_sample.default,
    "meta": bmff_item.meta,
    "iinf": bmff_item.infos,
    "infe": bmff_item.info,
    "iloc": bmff_item.places,
    "iref": bmff_item.references,
    "iref/*": bmff_item.reference,
    "pitm": bmff_item.primary,
    "idat": bmff_item.inner_data,
    **dict.fromkeys(("ispe", "irot", "auxC"), bmff_item.properties),
    "keys": bmff_tag.keys,
    "ilst/*": bmff_tag.item,
    **dict.fromkeys(("xml ", "ID32"), bmff_tag.document),
    "udta/*": bmff_tag.user_data,
    "smta/*": bmff_tag.user_data,
    **dict.fromkeys(FREE, bmff_tag.padding),
    "uuid": bmff_uuid.extension,
    "jumb": bmff_uuid.credential,
}


def read(walk: Walk) -> Iterator[Part]:
    """Gives the outermost boxes; media data after the boxes that say what of it is used."""
    reading = Reading(walk, _HANDLERS)
    boxes = list(_outermost(reading))
    parts: dict[int, Part] = {}
    for number, box in enumerate(boxes):
        if box.kind not in _MEDIA and not reading.stopped:
            parts[number] = reading.part(box, box.kind)
    parts |= _media(reading, {number: box for number, box in enumerate(boxes) if box.kind in _MEDIA})
    _complete(reading, boxes)
    yield from (parts[number] for number in sorted(parts))
    yield from reading.tail


def _outermost(reading: Reading) -> Iterator[Box]:
    walk, at, counts = reading.walk, 0, {"": 0}
    while at < walk.size:
        box = header(walk, at, walk.size)
        if box is None or _is_strange(walk, box, is_first=at == 0):
            reading.tail.extend(rest(walk, at, walk.size, mark=code(walk.read(max(at, walk.size - 4), 4))))
            return
        counts[""] += 1
        counts[box.kind] = counts.get(box.kind, 0) + 1
        if counts[""] > _BOXES:
            reading.is_certain = False
            walk.problem("limit", at, detail=f"there are more than {_BOXES} outermost boxes")
            return
        reading.check(box, "", counts[box.kind])
        yield box
        at = box.end if box.declared is None else box.start + box.declared


def _is_strange(walk: Walk, box: Box, *, is_first: bool) -> bool:
    """Whether a header is more likely none: its name is unknown and unreadable, or its size impossible."""
    if box.kind in KNOWN or is_first:
        return False
    return "\\x" in box.kind or box.declared is None or box.start + box.declared > walk.size


def _media(reading: Reading, boxes: Mapping[int, Box]) -> dict[int, Part]:
    """Gives the boxes of media data, with the items in them and what of them no sample or item refers to."""
    is_known = reading.is_certain and bool(reading.extents or reading.ranges)
    covered = bmff_sample.merged(reading.extents, reading.ranges) if boxes and is_known else None
    items = sorted(reading.items, key=lambda part: part.offset)
    starts = [part.offset for part in items]
    parts: dict[int, Part] = {}
    for number, box in boxes.items():
        facts: Facts = {"data_offset": box.body, "data_bytes": box.end - box.body}
        if covered is not None:
            facts |= _use(reading, box, bmff_sample.gaps(covered, box.body, box.end))
        within = tuple(items[bisect_left(starts, box.body) : bisect_left(starts, box.end)])
        parts[number] = Part(box.kind, box.start, box.end - box.start, box.declared, facts, within)
    return parts


def _use(reading: Reading, box: Box, left: list[tuple[int, int]]) -> Facts:
    """States how many bytes of media data nothing refers to, and where the largest stretches lie."""
    unused = sum(end - start for start, end in left)
    if unused >= max(_LEAST_BYTES, _LEAST_SHARE * (box.end - box.body)):
        _unused(reading, box, left)
    largest = sorted(left, key=lambda gap: (gap[0] - gap[1], gap[0]))[:_LISTED]
    return {"unreferenced_bytes": unused, "unreferenced": [[start, end - start] for start, end in sorted(largest)]}


def _unused(reading: Reading, box: Box, left: list[tuple[int, int]]) -> None:
    """Notes bytes of media data that nothing refers to, where they are not zero."""
    room, used = _EXAMINED, 0
    try:
        for start, end in left[:1000]:
            data = reading.walk.read(start, min(end - start, room))
            used, room = used + len(data) - data.count(0), room - len(data)
    except LimitReachedError as error:
        reading.stop(error)
    if used:
        unused = sum(end - start for start, end in left)
        detail = (
            f"no sample or item refers to {unused} of {box.end - box.body} bytes of media data, in {len(left)} "
            f"stretches; {used} of {_EXAMINED - room} that were looked at are not zero"
        )
        reading.walk.problem("hidden-data", left[0][0], size=unused, part=box.kind, detail=detail)


def _complete(reading: Reading, boxes: list[Box]) -> None:
    """Notes what a file must have and has not, and what stands at the wrong place."""
    kinds = [box.kind for box in boxes]
    if not {"moov", "moof", "meta"} & set(kinds) and not reading.stopped:
        detail = "there is no movie header: nothing says what the media data are"
        reading.walk.problem("truncated", reading.walk.size, part="moov", detail=detail)
    if "ftyp" not in kinds:
        return
    first = kinds.index("ftyp")
    early = [kind for kind in kinds[:first] if kind in _AFTER_TYPE]
    if early:
        detail = f"the file type stands behind {early[0]}"
        reading.walk.problem("out-of-order", boxes[first].start, part="ftyp", detail=detail)
    again = [number for number, kind in enumerate(kinds) if kind == "ftyp"][1:]
    for number in again:
        if {"moov", "meta"} & set(kinds[number:]) and {"moov", "meta"} & set(kinds[:number]):
            start = boxes[number].start
            detail = "a second file type with a movie or items of its own follows"
            reading.walk.problem("second-file", start, size=reading.walk.size - start, detail=detail)
            return
