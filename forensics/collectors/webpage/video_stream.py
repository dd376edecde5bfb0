"""Writes pictures with their times as a Matroska stream, because a bare sequence of JPEG files has no times.

*Source:* RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, INFO, TIMESTAMP_SCALE = 0x18538067, 0x1549A966, 0x2AD7B1
MUXING_APP, WRITING_APP = 0x4D80, 0x5741
TRACKS, TRACK_ENTRY, TRACK_NUMBER, TRACK_UID, TRACK_TYPE, CODEC_ID = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83, 0x86
VIDEO, PIXEL_WIDTH, PIXEL_HEIGHT = 0xE0, 0xB0, 0xBA
CLUSTER, TIMESTAMP, SIMPLE_BLOCK = 0x1F43B675, 0xE7, 0xA3
"""Names of elements. *Source:* RFC 8794, section 11.2; RFC 9559, section 5.1."""

UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
MILLISECOND_NS = 1_000_000
KEY_FRAME = 0x80
NAME = b"forensics"


def header(width: int, height: int) -> bytes:
    """Gives the beginning of a stream with one track of JPEG pictures, with times in milliseconds.

    Args:
        width: Width of the first picture, in pixels; later ones may differ.
        height: Its height.
    """
    video = _number(PIXEL_WIDTH, width) + _number(PIXEL_HEIGHT, height)
    track = b"".join(
        (
            _number(TRACK_NUMBER, 1),
            _number(TRACK_UID, 1),
            _number(TRACK_TYPE, 1),
            _element(CODEC_ID, b"V_MJPEG"),
            _element(VIDEO, video),
        )
    )
    names = _element(MUXING_APP, NAME) + _element(WRITING_APP, NAME)
    return b"".join(
        (
            _element(EBML, _element(DOC_TYPE, b"matroska")),
            _id(SEGMENT) + UNKNOWN_SIZE,
            _element(INFO, _number(TIMESTAMP_SCALE, MILLISECOND_NS) + names),
            _element(TRACKS, _element(TRACK_ENTRY, track)),
        )
    )


def picture(jpeg: bytes, at_ms: int) -> bytes:
    """Gives one picture of the stream.

    Args:
        jpeg: The picture.
        at_ms: When it is first seen, in milliseconds from the start; higher than that of the picture before.
    """
    track, offset = b"\x81", b"\x00\x00"
    block = _element(SIMPLE_BLOCK, track + offset + bytes((KEY_FRAME,)) + jpeg)
    return _element(CLUSTER, _number(TIMESTAMP, at_ms) + block)


def _element(name: int, content: bytes) -> bytes:
    return _id(name) + (len(content) | 1 << 56).to_bytes(8, "big") + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(8, "big"))


def _id(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big")
