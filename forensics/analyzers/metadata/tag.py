"""Metadata tags as ExifTool gives them, and how they are recorded: whole where they are short, summarised where not."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from forensics.model import Gap, GapReason

_BINARY = re.compile(r"\(Binary data (\d+) bytes, use -b option to extract\)")
_NO_TEXTS = frozenset({"MakerNotes", "Photoshop", "XMP"})
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_NOT_METADATA = ("SourceFile", ":ExifToolVersion")
_DEEPEST = 16
"""How deeply a value may be nested before it is recorded as text; XMP structures of real files have 4 levels."""

_SHORT = 500
"""Characters; longer than any serial number or program name."""

STRUCTURE = frozenset({"File", "JFIF", "ExifTool"})
"""Formats (family 0 of ExifTool) whose tags describe how the file is built and nothing about its history."""

_TELLING = ("Comment", "Date", "Time", "TimeStamp", "Author", "Artist", "Software", "Copyright", "Description", "Title")
"""Ends of names of tags that tell more, although they stand among the structure, such as the comment of a JPEG file."""

_STRUCTURE_NAMES = frozenset(
    {
        *("ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "Palette"),
        *(
            "PixelsPerUnitX",
            "PixelsPerUnitY",
            "PixelUnits",
            "BackgroundColor",
            "Gamma",
            "SRGBRendering",
            "Transparency",
        ),
        *("GIFVersion", "HasColorMap", "ColorResolutionDepth", "BitsPerPixel", "FrameCount", "Duration"),
        *("SignificantBits", "AnimationFrames", "AnimationIterations", "AnimationPlays", "WhitePointX", "WhitePointY"),
        *("RedX", "RedY", "GreenX", "GreenY", "BlueX", "BlueY", "VP8Version", "HorizontalScale", "VerticalScale"),
        *("WebP_Flags", "AlphaPreprocessing", "AlphaFiltering", "AlphaCompression", "AlphaIsUsed", "ImageHistogram"),
    }
)
_STRUCTURE_FORMATS = frozenset({"PNG", "GIF", "RIFF", "BMP", "SVG"})


class Tag(NamedTuple):
    """One tag; a tuple, because a file has hundreds and a dataclass takes three times as long to make.

    Attributes:
        family: Format that it belongs to: `EXIF`, `XMP`, `QuickTime`, … (ExifTool's family 0).
        place: Where in that format: `IFD0`, `XMP-dc`, `Track1`, … (family 1).
        document: Empty for the file itself, `Doc1` and so on for what is embedded in it (family 3).
        copy: Empty, or `Copy1` and so on where the file has several tags of this name, in whatever place (family 4).
        value: A text, an integer, a list or a structure; as ExifTool prints it.
    """

    family: str
    place: str
    document: str
    copy: str
    name: str
    value: Any

    @property
    def group(self) -> str:
        """Format and place: `EXIF:IFD0`, or just one where they have the same name."""
        return self.family if self.family == self.place else f"{self.family}:{self.place}"

    @property
    def full_name(self) -> str:
        """The name by which ExifTool can be asked for it, for example `EXIF:IFD0:Copy1:Make`."""
        return ":".join(part for part in (self.group, self.document, self.copy, self.name) if part)

    @property
    def is_structure(self) -> bool:
        """Whether it only tells how the file is built."""
        if self.family in STRUCTURE:
            return self.place in STRUCTURE and not self.name.endswith(_TELLING)
        return self.family in _STRUCTURE_FORMATS and self.name in _STRUCTURE_NAMES


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of the tags is recorded.

    Attributes:
        tags: Number of tags.
        text: Characters of one value.
        total: Characters of all values together.
    """

    tags: int
    text: int
    total: int


def tags_of(row: Mapping[str, Any]) -> tuple[Tag, ...]:
    """Takes ExifTool's answer apart, in its order."""
    return tuple(_tag(key, value) for key, value in row.items() if not key.endswith(_NOT_METADATA))


def _tag(key: str, value: Any) -> Tag:
    family, place, document, copy, name = key.split(":", 4)
    return Tag(family, place, "" if document == "Main" else document, copy, name, value)


def recorded(tags: tuple[Tag, ...], *, raw: Mapping[str, bytes], caps: Caps) -> tuple[list[dict[str, Any]], list[Gap]]:
    """Writes tags as JSON values, within limits.

    Args:
        tags: What to write.
        raw: Bytes of texts that are no UTF-8, by full name; kept beside the text.
        caps: The limits.

    Returns:
        One object a tag, in order, and a gap of reason LIMIT where values or tags were left out.
    """
    rows: list[dict[str, Any]] = []
    shortened, room = 0, caps.total
    for tag in tags[: caps.tags]:
        value, size = _value(tag.value, caps.text)
        if raw and tag.full_name in raw:
            value = _undecoded(value, raw[tag.full_name], caps.text)
        shortened += size > caps.text
        room -= min(size, caps.text)
        if room < 0:
            break
        rows.append(_row(tag, value))
    return rows, list(_gaps(len(tags) - len(rows), shortened, caps))


def _gaps(left_out: int, shortened: int, caps: Caps) -> Iterator[Gap]:
    if left_out:
        yield Gap("tags", GapReason.LIMIT, f"{left_out} tags beyond the limits of number or size were not recorded")
    if shortened:
        detail = f"{shortened} values longer than {caps.text} characters were shortened; length and SHA-256 are kept"
        yield Gap("long values", GapReason.LIMIT, detail)


def _undecoded(value: Any, data: bytes, longest: int) -> dict[str, Any]:
    """Keeps the bytes of a text that is no UTF-8, so that someone who knows its encoding can read it."""
    row = {"text": value, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**row, "raw_hex": data.hex()} if len(data) <= longest else row


def _row(tag: Tag, value: Any) -> dict[str, Any]:
    row = {"group": tag.group, "name": tag.name, "value": value}
    if tag.document:
        row["document"] = tag.document
    if tag.copy:
        row["copy"] = tag.copy
    return row


def _value(value: Any, longest: int) -> tuple[Any, int]:
    """Gives the value as recorded, and how many characters the whole value has."""
    if isinstance(value, str):
        size = binary_size(value)
        if size is not None:
            return {"binary": True, "size": size}, 8
        return (value, len(value)) if len(value) <= longest else (_shortened(value, longest), len(value))
    if isinstance(value, int):
        return value, 8
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= longest and _depth(value) <= _DEEPEST:
        return _summarised(value), len(text)
    return _shortened(text, longest), max(len(text), longest + 1)


def short(value: Any) -> Any:
    """Gives a value as findings about single tags keep it: cut after `_SHORT` characters; all is among the tags."""
    if isinstance(value, int):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _shortened(text: str, longest: int) -> dict[str, Any]:
    digest = hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()
    return {"start": text[:longest], "length": len(text), "sha256": digest}


def _summarised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _summarised(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_summarised(member) for member in value]
    size = binary_size(value) if isinstance(value, str) else None
    return value if size is None else {"binary": True, "size": size}


def _depth(value: Any) -> int:
    """Counts levels of nesting; level by level, because recursion could be made to fail."""
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        nested = [one for one in level if isinstance(one, dict | list)]
        level = [member for one in nested for member in (one.values() if isinstance(one, dict) else one)]
        depth += bool(nested)
    return depth


def binary_size(text: str) -> int | None:
    """Gives the number of bytes that ExifTool's placeholder stands for; None where the text is none."""
    match = _BINARY.fullmatch(text) if text.startswith("(B") else None
    return int(match.group(1)) if match else None


def may_have_lost_bytes(tag: Tag) -> bool:
    """Whether a text has a question mark, which ExifTool also writes for each byte that is not UTF-8.

    XMP is UTF-8 always; maker notes and Photoshop's settings are no texts, nor is what has control characters; lens
    data have question marks of their own.
    """
    value = tag.value
    if not isinstance(value, str) or "?" not in value or tag.family in _NO_TEXTS or tag.name.endswith("LensInfo"):
        return False
    return _CONTROL.search(value) is None


def raw_bytes(row: Mapping[str, Any]) -> dict[str, bytes]:
    """Finds, in an answer to `exiftool.RAW_OPTIONS`, the values that are no UTF-8: full name to bytes."""
    found = {}
    for tag in tags_of(row):
        if isinstance(tag.value, str) and tag.value.startswith("base64:"):
            try:
                found[tag.full_name] = base64.b64decode(tag.value.removeprefix("base64:"), validate=True)
            except binascii.Error:
                continue
    return found
