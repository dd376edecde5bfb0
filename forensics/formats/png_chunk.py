"""Chunks of PNG: what the standard knows, how often each may stand in a file, and where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_BEFORE_PLTE = frozenset({"cHRM", "cICP", "gAMA", "iCCP", "mDCV", "cLLI", "sBIT", "sRGB"})
_AFTER_PLTE = frozenset({"bKGD", "hIST", "tRNS"})
_BEFORE_IDAT = frozenset({"pHYs", "sPLT", "acTL", "PLTE"}) | _BEFORE_PLTE | _AFTER_PLTE
_SEVERAL = frozenset({"IDAT", "sPLT", "iTXt", "tEXt", "zTXt", "fcTL", "fdAT"})
_STANDARD = _BEFORE_IDAT | _SEVERAL | {"IHDR", "IEND", "tIME", "eXIf"}
"""*Source:* PNG, third edition (W3C, 2025), table 7 in section 5.6; for eXIf, which older programs write behind the
picture's data, PNG Extensions 1.5.0, where it may stand anywhere but between chunks IDAT."""

_REGISTERED = frozenset(
    {
        *("oFFs", "pCAL", "sCAL", "gIFg", "gIFx", "gIFt", "sTER", "dSIG", "fRAc", "eXIf"),
        *("caBX", "iDOT", "CgBI", "vpAg", "caNv", "orNT", "mkBF", "mkBS", "mkBT", "mkTS", "prVW", "zxIf", "exIf"),
    }
)
"""Registered extensions, and private chunks whose makers are known: content credentials (C2PA 2.1, A.3.2), Apple,
ImageMagick, Fireworks, EXIF data of before the standard. *Source:* PNG Extensions 1.5.0; ExifTool, PNG.pm."""


@dataclass(slots=True)
class Order:
    """Checks that chunks stand where the standard allows them.

    Attributes:
        seen: Names with the number of chunks seen.
    """

    seen: dict[str, int] = field(default_factory=dict)
    _last: str = ""

    def add(self, walk: Walk, name: str, offset: int) -> None:
        """Takes the next chunk, and reports what does not fit."""
        fault = self._misplaced(name)
        if fault:
            walk.problem("out-of-order", offset, part=name, detail=fault)
        if name in self.seen and name not in _SEVERAL and is_known(name):
            walk.problem("duplicate-part", offset, part=name, detail="this chunk may stand in a file once")
        self.seen[name] = self.seen.get(name, 0) + 1
        self._last = name

    def _misplaced(self, name: str) -> str:
        if not self.seen:
            return "" if name in {"IHDR", "CgBI"} else "the first chunk is not IHDR"
        if "IEND" in self.seen:
            return "it stands behind the end of the image"
        if name == "IHDR":
            return "" if self._last == "CgBI" else "IHDR is not the first chunk"
        if name == "IDAT" and name in self.seen and self._last != "IDAT":
            return "other chunks stand between chunks of IDAT"
        if name in _BEFORE_IDAT and "IDAT" in self.seen:
            return "it stands behind the picture's data"
        if name in _BEFORE_PLTE and "PLTE" in self.seen:
            return "it stands behind the palette"
        if name == "PLTE" and _AFTER_PLTE & self.seen.keys():
            return "the palette stands behind what needs it"
        return "" if name != "fdAT" or "IDAT" in self.seen else "it stands before the picture's data"


def is_known(name: str) -> bool:
    """Whether the standard or a known maker defines a chunk."""
    return name in _STANDARD or name in _REGISTERED


def case_bits(name: str) -> dict[str, bool]:
    """Reads the property bits in a chunk's name. *Source:* PNG, third edition, section 5.4."""
    return {
        "is_ancillary": name[0].islower(),
        "is_private": name[1].islower(),
        "is_safe_to_copy": name[3].islower(),
    }


def facts(name: str, data: bytes) -> dict[str, Any]:
    """Gives what a chunk says; nothing for those that are values or data."""
    numbers = [int.from_bytes(data[at : at + 4], "big") for at in range(0, min(len(data), 28), 4)]
    if name == "IHDR" and len(data) == 13:  # noqa: PLR2004 -- section 11.2.1
        names = ("bit_depth", "colour_type", "compression", "filter", "interlace")
        return {"width_px": numbers[0], "height_px": numbers[1], **dict(zip(names, data[8:13], strict=True))}
    if name == "pHYs" and len(data) == 9:  # noqa: PLR2004 -- section 11.3.4.3
        return {"x_density": numbers[0], "y_density": numbers[1], "unit": "per metre" if data[8] else "none"}
    if name == "acTL" and len(data) == 8:  # noqa: PLR2004 -- section 11.3.6.1
        return {"frames": numbers[0], "plays": numbers[1]}
    if name == "fcTL" and len(data) == 26:  # noqa: PLR2004 -- section 11.3.6.2
        keys = ("sequence", "width_px", "height_px", "x_px", "y_px")
        delay = f"{int.from_bytes(data[20:22], 'big')}/{int.from_bytes(data[22:24], 'big')}"
        return dict(zip(keys, numbers, strict=False)) | {"delay_s": delay, "dispose": data[24], "blend": data[25]}
    if name == "sRGB" and len(data) == 1:
        return {"intent": data[0]}
    if name == "gAMA" and len(data) == 4:  # noqa: PLR2004 -- section 11.3.2.2
        return {"gamma": f"{numbers[0]}/100000"}
    if name == "PLTE":
        return {"colours": len(data) // 3}
    return {}


def part(name: str, offset: int, size: int, declared: int, found: dict[str, Any], inner: tuple[Part, ...]) -> Part:
    """Makes the part of a chunk; unknown ones have their property bits as facts."""
    bits = {} if is_known(name) else case_bits(name)
    return Part(name, offset, size, declared, {**bits, **found}, inner)
