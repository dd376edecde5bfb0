"""Boxes of ISO base media and QuickTime files: their headers, and the reading of a tree of them under limits."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forensics.codec import MAX_INTEGER
from forensics.formats.bmff_name import CONTAINERS, FULL, KNOWN, NEEDED, ONCE, OPEN
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

if TYPE_CHECKING:
    from forensics.formats.bmff_sample import Extents

_UNFIT = (struct.error, ValueError, IndexError, KeyError, OverflowError, ArithmeticError, UnicodeError, EOFError)
"""What a malformed box may raise in the reading of its fields."""

_HEADER = 8
_TERMINATOR = r"\x00\x00\x00\x00"
"""Ends the list of boxes of `wave` (QuickTime File Format, *Terminator atom*)."""

_PADDING = 1 << 20
"""Bytes of padding that are looked at within a box; the padding of real boxes is far shorter."""


@dataclass(frozen=True, slots=True)
class Box:
    r"""The header of one box.

    Attributes:
        kind: Its four-character code as text: printable ASCII and `©` as they are, other bytes as `\xNN`.
        start: Offset of its first byte.
        body: Offset of the first byte behind the header (behind the 16 bytes of the type of a `uuid` box).
        end: Offset behind its last byte, within its parent.
        declared: Bytes that it states, header included, at most 2^53-1; None where it reaches to the end of the file.
        uuid: The extended type of a `uuid` box in its usual spelling; empty for others.
    """

    kind: str
    start: int
    body: int
    end: int
    declared: int | None
    uuid: str = ""


Facts = dict[str, Any]
Content = tuple[Facts, tuple[Part, ...]]
Handler = Callable[["Reading", Box, str], Content]


def code(raw: bytes) -> str:
    r"""Spells a four-character code: `moov`, `©too`, `\x00\x00\x00\x01`."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F or byte == 0xA9 else f"\\x{byte:02x}"  # noqa: PLR2004 -- ASCII, and the sign ©
        for byte in raw
    )


def spell_uuid(raw: bytes) -> str:
    """Spells 16 bytes as a UUID in lower case."""
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def header(walk: Walk, at: int, limit: int) -> Box | None:
    """Reads the header of a box.

    Args:
        walk: The file.
        at: Offset of its first byte.
        limit: Offset behind the last byte of its parent.

    Returns:
        The header with its end cut at `limit`; None where there is no header, or one of an impossible size. A stated
        size of 0 means *to the end* and gives a box with no declared size.

    Source: ISO/IEC 14496-12, clause 4.2.2.
    """
    head = walk.read(at, min(32, limit - at))
    if len(head) < _HEADER:
        return None
    size, raw = struct.unpack(">I4s", head[:8])
    body = 8
    if size == 1:
        if len(head) < body + 8:
            return None
        size, body = int.from_bytes(head[8:16], "big"), 16
    uuid = ""
    if raw == b"uuid" and len(head) >= body + 16:
        uuid, body = spell_uuid(head[body : body + 16]), body + 16
    if size and size < body:
        return None
    end = limit if size == 0 else min(at + size, limit)
    return Box(code(raw), at, min(at + body, end), end, min(size, MAX_INTEGER) or None, uuid)


@dataclass(slots=True)
class Reading:
    """One file while it is read: what boxes tell each other.

    Attributes:
        walk: The file.
        handlers: What reads the content of a box, by its kind, or by the kinds of its parent and itself (`stsd/*`).
        brands: Major brand and compatible brands; empty before `ftyp` was read.
        tables: The tables of samples of the track that is being read.
        keys: Names of `keys` of the `meta` that is being read, by index.
        extents: Stretches of the file that samples of tracks lie in.
        ranges: The same for samples of fragments and for items, as start and end.
        rows_left: Entries of tables that may still be read.
        texts_left: Items and extensions that may still be read for EXIF, XMP and texts.
        is_certain: Whether all places of samples are known; where not, nothing is said about the rest.
        items: Items of a HEIF file, as parts that lie in media data.
        defaults: Default size of samples in fragments, by track.
        fragment: Offset of the `moof` that is being read, and where the data of its last track run ended.
        tail: What stands behind the last box.
        stopped: Whether a limit ended the reading.
    """

    walk: Walk
    handlers: Mapping[str, Handler]
    brands: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    extents: list[Extents] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    rows_left: int = 1 << 22
    texts_left: int = 1 << 10
    is_certain: bool = True
    items: list[Part] = field(default_factory=list)
    defaults: dict[int, int] = field(default_factory=dict)
    fragment: tuple[int, int] = (0, 0)
    tail: list[Part] = field(default_factory=list)
    stopped: bool = False

    def stop(self, error: LimitReachedError) -> None:
        """Ends the reading at a limit; what was read so far stands."""
        self.stopped = True
        self.is_certain = False
        self.walk.problem("limit", self.walk.size, detail=str(error))

    def spend(self) -> None:
        """Counts one item or extension that is read for what it says.

        Raises:
            LimitReachedError: There are too many.
        """
        self.texts_left -= 1
        if self.texts_left < 0:
            raise LimitReachedError("there are more items and extensions than are read")

    def body(self, box: Box, size: int | None = None) -> bytes:
        """Reads what a box holds, at most `size` bytes and at most what one value may have."""
        room = min(box.end - box.body, self.walk.limits.value_bytes)
        return self.walk.read(box.body, room if size is None else min(room, size))

    def children(self, start: int, end: int, path: str) -> tuple[Part, ...]:
        """Reads the boxes between two offsets."""
        found: list[Part] = []
        try:
            with self.walk.deeper():
                for part in self._within(start, end, path):
                    found.append(part)  # noqa: PERF402 -- what came before a limit must stand
        except LimitReachedError as error:
            self.is_certain = False
            self.walk.problem("limit", start, part=path, detail=str(error))
        return tuple(found)

    def _within(self, start: int, end: int, path: str) -> Iterator[Part]:
        counts: dict[str, int] = {}
        at = start
        while at < end and not self.stopped:
            box = header(self.walk, at, end)
            if box is None or box.declared is None:
                self._rest(at, end, path)
                break
            counts[box.kind] = counts.get(box.kind, 0) + 1
            self.check(box, path, counts[box.kind])
            here = f"{path}/{box.kind}"
            yield self.part(box, f"{here}[{counts['trak']}]" if box.kind == "trak" else here)
            at = box.start + box.declared

    def _rest(self, at: int, end: int, path: str) -> None:
        """Looks at what follows the last box of a container: a terminator and padding are zero."""
        data = self.walk.read(at, min(end - at, _PADDING))
        used = len(data) - data.count(0)
        if used:
            detail = f"{end - at} bytes behind the last box are no box; {used} of the first {len(data)} are not zero"
            self.walk.problem("hidden-data", at, size=end - at, part=path, detail=detail)

    def check(self, box: Box, path: str, count: int) -> None:
        """Notes what is wrong with the header of a box.

        Args:
            box: The header.
            path: Of the box that it lies in; empty for an outermost one.
            count: How many boxes of its kind there are up to here, this one included.
        """
        parent = path.rsplit("/", 1)[-1].split("[", 1)[0]
        here = f"{path}/{box.kind}" if path else box.kind
        if box.declared is not None and box.start + box.declared > box.end:
            short = box.start + box.declared - box.end
            detail = f"the box states {box.declared} bytes, {short} more than there are"
            self.walk.problem("past-end", box.start, size=short, part=here, detail=detail)
        if not _is_known(box.kind, path):
            detail = "the box has a name that is not registered"
            self.walk.problem("unknown-part", box.start, size=box.end - box.start, part=here, detail=detail)
        if count > 1 and box.kind in ONCE.get(parent, ()):
            detail = f"the box is there {count} times in {parent or 'the file'}"
            self.walk.problem("duplicate-part", box.start, size=box.end - box.start, part=here, detail=detail)

    def part(self, box: Box, path: str) -> Part:
        """Reads one box and all within it; what is malformed or beyond a limit becomes a problem."""
        facts: Facts = {}
        parts: tuple[Part, ...] = ()
        try:
            self.walk.count()
            facts, parts = self._content(box, path)
            self._complete(box, parts, path)
        except LimitReachedError as error:
            self.stop(error)
        except _UNFIT as error:
            detail = f"the box cannot be read as its format demands ({type(error).__name__})"
            self.walk.problem("unreadable", box.start, size=box.end - box.start, part=path, detail=detail)
            self.is_certain = False
        if box.uuid:
            facts = {"uuid": box.uuid, **facts}
        return Part(box.kind, box.start, box.end - box.start, box.declared, plain(facts), parts)

    def _complete(self, box: Box, parts: tuple[Part, ...], path: str) -> None:
        """Notes boxes that must lie in another; compressed movies and references to other files have none."""
        needed = NEEDED.get(box.kind)
        if needed is None or self.stopped:
            return
        there = {part.kind for part in parts}
        if not needed <= there and not {"cmov", "rmra"} & there:
            detail = f"{box.kind} must hold {', '.join(sorted(needed - there))} and does not"
            self.walk.problem("missing-part", box.start, part=path, detail=detail)

    def _content(self, box: Box, path: str) -> Content:
        parent = path.rsplit("/", 2)[-2].split("[", 1)[0] if "/" in path else ""
        handler = self.handlers.get(f"{parent}/{box.kind}") or self.handlers.get(f"{parent}/*")
        handler = handler or self.handlers.get(box.kind)
        if handler is not None:
            return handler(self, box, path)
        facts = full(self.body(box, 4)) if box.kind in FULL else {}
        if box.kind in CONTAINERS:
            return facts, self.children(min(box.body + CONTAINERS[box.kind], box.end), box.end, path)
        return facts, ()


def plain(value: Any) -> Any:
    """Gives a JSON value in which integers beyond 2^53-1 stand as text, since readers of JSON round them."""
    if isinstance(value, int):
        return value if abs(value) <= MAX_INTEGER else str(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def full(data: bytes) -> Facts:
    """Reads version and flags of a full box (ISO/IEC 14496-12, clause 4.2.2)."""
    if len(data) < 4:  # noqa: PLR2004 -- one byte of version and three of flags
        return {}
    return {"version": data[0], "flags": int.from_bytes(data[1:4], "big")}


def _is_known(kind: str, path: str) -> bool:
    """Whether a box may be there: names in lists that are open to vendors and codecs need only be readable."""
    above = [name.split("[", 1)[0] for name in path.split("/")]
    if above[-1] == "ilst" or kind in KNOWN or (above[-1] == "wave" and kind == _TERMINATOR):
        return True
    return "\\x" not in kind and (above[-1] in OPEN or "stsd" in above[-2:-1])
