"""What the numbers of WeChat's message types mean.

Source: public readers of WeChat's message table (WeChatMsg, PyWxDump), which agree on these.
"""

from __future__ import annotations

MEDIA = {3: "image", 34: "voice", 43: "video", 47: "sticker", 62: "video"}
"""Types whose content is a file."""

_PLAIN = {1: "text", 50: "call", 10000: "system", 10002: "system"}
_SHARED = 49
_FILE = 6
_TRANSFER, _RED_PACKET = 2000, 2001
"""Subtypes of 49: a transfer, a red packet."""


def kind_of(number: int | None, subtype: int | None) -> str:
    """Gives the kind of a message; `other` for what is not known."""
    if number is None:
        return "text"
    if number in MEDIA:
        return "media"
    if number == _SHARED:
        return {_TRANSFER: "transfer", _RED_PACKET: "red_packet", _FILE: "media"}.get(subtype or 0, "other")
    return _PLAIN.get(number, "other")


def is_media(number: int | None, subtype: int | None) -> bool:
    """Whether a message of this type stands for a file."""
    return number in MEDIA or (number == _SHARED and subtype == _FILE)
