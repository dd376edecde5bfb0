"""What a reader of a file format gives: a tree of parts, the values that parts carry, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    r"""One box, chunk, segment, element, frame or directory of a file.

    Attributes:
        kind: Name as the format spells it, for example `moov`, `APP1`, `IDAT`, `SimpleTag`; bytes that are no printable
            ASCII stand as `\xNN`.
        offset: Of the part's first byte, its header included, from the start of the file.
        size: Bytes of the part that lie within its parent, its header included.
        declared_size: Bytes that its header states, its header included; None where it states none.
        facts: What its header says, as JSON values.
        parts: What lies within it, in the order of the file.
    """

    kind: str
    offset: int
    size: int
    declared_size: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    def walk(self, path: str = "") -> Iterator[tuple[str, Part]]:
        """Gives this part and all within it, depth first, each with its path such as `moov/udta/meta`."""
        here = f"{path}/{self.kind}" if path else self.kind
        yield here, self
        for part in self.parts:
            yield from part.walk(here)


@dataclass(frozen=True, slots=True)
class Value:
    """One named value that a file carries: a tag, a key, a text chunk, a property.

    Attributes:
        place: Where it lies, from outside in: `moov/udta/meta/ilst`, `APP1/Exif/ExifIFD`, `tEXt` (docs/formats.md).
        key: Name under which the file has it: `AIGC`, `parameters`, `UserComment`, `©too`.
        offset: Of the first byte as it lies in the file; of the compressed bytes where the value is compressed.
        size: Bytes as they lie in the file.
        data: The bytes, decompressed, at most `Limits.value_bytes`.
        encoding: Python's name of the encoding that the format asks for; empty where the bytes are no text.
        is_cut: Whether there was more than `data` holds.
        is_compressed: Whether it is compressed in the file.
    """

    place: str
    key: str
    offset: int
    size: int
    data: bytes
    encoding: str = ""
    is_cut: bool = False
    is_compressed: bool = False

    @property
    def text(self) -> str:
        r"""The value as text, with `\xNN` for what cannot be decoded; empty where the bytes are no text."""
        if not self.encoding:
            return ""
        return self.data.decode(self.encoding, "backslashreplace").rstrip("\0")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit the format.

    Attributes:
        code: What it is; one of `CODES`.
        offset: Where, from the start of the file.
        size: How many bytes are concerned; None where that cannot be said.
        part: Path of the part that it was seen at; empty for the file as a whole.
        detail: What was expected and what is there, in English, without quoting the file's texts.
    """

    code: str
    offset: int
    size: int | None = None
    part: str = ""
    detail: str = ""


CODES: Mapping[str, str] = {
    "past-end": "a part states more bytes than its parent or the file has",
    "truncated": "the file ends before a part that must be there",
    "trailing-data": "bytes follow after the end of the format's data",
    "leading-data": "bytes stand before the format's data",
    "hidden-data": "bytes lie between parts or in padding, and are not zero",
    "bad-checksum": "a checksum does not fit its data",
    "unknown-part": "a part whose name the format does not define",
    "duplicate-part": "a part that must be there once is there several times",
    "missing-part": "a part that must be there is not",
    "out-of-order": "a part stands where the format does not allow it",
    "second-file": "another whole file lies inside, where the format has no place for one",
    "unreadable": "a part cannot be read as its format demands",
    "limit": "reading stopped at a limit of size, depth or number",
}


@dataclass(frozen=True, slots=True)
class Structure:
    """What a file is made of.

    Attributes:
        format: Short name of the format: `iso-bmff`, `jpeg`, `png`; empty where no reader knows it.
        size: Bytes of the file.
        parts: The file's outermost parts in order.
        values: Every named value in the order of the file.
        problems: What does not fit, in the order of the file.
    """

    format: str
    size: int
    parts: tuple[Part, ...] = ()
    values: tuple[Value, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether no limit ended the reading and nothing was unreadable or cut off: absence then means something."""
        return not any(problem.code in {"limit", "unreadable", "truncated", "past-end"} for problem in self.problems)

    def walk(self) -> Iterator[tuple[str, Part]]:
        """Gives every part with its path, depth first."""
        for part in self.parts:
            yield from part.walk()
