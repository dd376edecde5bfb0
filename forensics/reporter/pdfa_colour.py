"""Makes the colour profile that a PDF/A file names for its colours: sRGB, computed here, the same bytes every time."""

from __future__ import annotations

import struct
from collections.abc import Sequence

NAME = "sRGB IEC61966-2.1"
"""Name of the colour space. *Source:* IEC 61966-2-1:1999; ICC characterization data registry."""

_WHITE = (0.9642, 1.0, 0.8249)
"""D50, the white of the connection space. *Source:* ICC.1:2001-04, section 6.3.4.3."""

_PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
"""Red, green and blue of sRGB, adapted to D50. *Source:* ICC, "How to interpret the sRGB color space", table 1."""

_STEPS = 1024
_LINEAR_UP_TO, _SLOPE, _OFFSET, _GAMMA = 0.04045, 12.92, 0.055, 2.4
"""The curve of sRGB. *Source:* IEC 61966-2-1:1999, clause 5.2."""

_HEADER_BYTES = 128
_TEXT_CODE = b"desc"
_MADE = (1999, 10, 1, 0, 0, 0)
"""Date in the profile: that of the standard, so that the bytes never change."""


def srgb() -> bytes:
    """Gives the profile: a display's, version 2.1, RGB to XYZ by matrix and curves.

    Source: ICC.1:2001-04, sections 6.1 (header), 6.3.1.1 (tags that are required) and 6.5 (types).
    """
    curve = _curve()
    tags = {
        b"desc": _description(NAME),
        b"cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        b"wtpt": _xyz(_WHITE),
        **{name: _xyz(value) for name, value in _PRIMARIES.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _assembled(tags)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    """Puts header, table of tags and their data together; equal data lie in the file once."""
    places: dict[bytes, int] = {}
    body = b""
    start = _HEADER_BYTES + 4 + 12 * len(tags)
    for data in tags.values():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
    table = struct.pack(">I", len(tags))
    table += b"".join(struct.pack(">4sII", name, places[data], len(data)) for name, data in tags.items())
    return _header(start + len(body)) + table + body


def _header(size: int) -> bytes:
    made = struct.pack(">6H", *_MADE)
    white = b"".join(map(_fixed, _WHITE))
    fields = struct.pack(">I4sI4s4s4s", size, b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ") + made + b"acsp"
    return (fields + bytes(28) + white).ljust(_HEADER_BYTES, b"\0")


def _fixed(value: float) -> bytes:
    """Writes a number with 16 binary digits before and after the point."""
    return struct.pack(">i", round(value * 65536))


def _xyz(value: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, value))


def _curve() -> bytes:
    values = [round(_linear(step / (_STEPS - 1)) * 65535) for step in range(_STEPS)]
    return b"curv" + bytes(4) + struct.pack(f">I{_STEPS}H", _STEPS, *values)


def _linear(value: float) -> float:
    """Gives the light, 0 to 1, of a coded value, 0 to 1."""
    return value / _SLOPE if value <= _LINEAR_UP_TO else ((value + _OFFSET) / (1 + _OFFSET)) ** _GAMMA


def _description(text: str) -> bytes:
    """Writes the name as ASCII; the two other forms that the type has stay empty."""
    ascii_text = text.encode("ascii") + b"\0"
    return _TEXT_CODE + bytes(4) + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)
