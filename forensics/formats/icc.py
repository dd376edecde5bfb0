"""Header and name of an ICC colour profile."""

from __future__ import annotations

from typing import Any

_HEADER = 132
"""Bytes before the table of tags. *Source:* ICC.1:2022, clause 7.2."""

_TAGS = 100
_LONGEST = 256


def facts(data: bytes) -> dict[str, Any]:
    """Gives what a profile says of itself.

    Args:
        data: The profile, or its start.

    Returns:
        Size, maker of the program, kind, colour space, date and time as written, and description; without what cannot
        be read; empty where it is no profile.
    """
    if len(data) < _HEADER or data[36:40] != b"acsp":
        return {}
    words = [int.from_bytes(data[at : at + 2], "big") for at in range(24, 36, 2)]
    date = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*words)
    found = {
        "size": int.from_bytes(data[:4], "big"),
        "program": _code(data[4:8]),
        "version": f"{data[8]}.{data[9] >> 4}",
        "class": _code(data[12:16]),
        "colour_space": _code(data[16:20]),
        "created": date if any(words) else "",
        "maker": _code(data[48:52]),
        "creator": _code(data[80:84]),
        "description": _description(data),
    }
    return {key: value for key, value in found.items() if value}


def _code(data: bytes) -> str:
    return "".join(chr(byte) for byte in data if 32 <= byte < 127).strip()  # noqa: PLR2004 -- printable ASCII


def _description(data: bytes) -> str:
    """Reads the tag `desc`, a text of ICC version 2 or 4. *Source:* ICC.1:2001-04, 6.5.17; ICC.1:2022, 10.15."""
    count = min(int.from_bytes(data[128:132], "big"), _TAGS)
    for at in range(_HEADER, _HEADER + 12 * count, 12):
        if data[at : at + 4] == b"desc":
            start = int.from_bytes(data[at + 4 : at + 8], "big")
            return _text(data[start : start + int.from_bytes(data[at + 8 : at + 12], "big")])
    return ""


def _text(tag: bytes) -> str:
    if tag[:4] == b"desc":
        size = int.from_bytes(tag[8:12], "big")
        return tag[12 : 12 + min(size, _LONGEST)].split(b"\0")[0].decode("latin-1")
    if tag[:4] == b"mluc":
        size, start = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
        return tag[start : start + min(size, _LONGEST)].decode("utf-16-be", "replace").rstrip("\0")
    return ""
