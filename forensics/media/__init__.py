"""What stored bytes are: internet media types by content, and the file name endings that go with them."""

from __future__ import annotations

import re
import zlib
from functools import cache
from pathlib import PurePosixPath

from forensics.media.table import (
    ANY_STARTS,
    ATOMS,
    BINARY_STARTS,
    BMP_HEADERS,
    BRANDS,
    BY_NAME,
    ID3_CARRIERS,
    KBITS,
    RATES_HZ,
    RIFF,
    ROOTS,
    TEXT_STARTS,
    TEXTUAL,
    TYPES,
)

HEAD_SIZE = 8192
"""How many first bytes of a file `sniff` wants; more does no harm."""

EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"

_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_SPOILT, _FEW = 100, 3
"""One control character in so many bytes, or three in a short file, leave a text a text. A choice: of programs and
pictures about every tenth byte is one."""

_PNM = re.compile(rb"P[1-7Ff][ \t\r\n]+(?:#|\d|WIDTH)")
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|script|table|div|h1|meta|iframe|style|font|p|a|br|b)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_ROOT = re.compile(rb"\s*(?:<[?!][^>]*>\s*)*<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_OBJECT = re.compile(rb'\s*\[?\s*\{\s*(?:\}|"(?:[^"\\]|\\.)*"\s*:)')
_MAIL = re.compile(
    rb"^(?:Received|From|To|Date|Message-ID|MIME-Version|Return-Path|Subject|Content-Type|Reply-To|Delivered-To):",
    re.IGNORECASE | re.MULTILINE,
)
_WARC = b"WARC/"
_TS_PACKETS = ((0, 188), (4, 192))
_DATABASE_LEAST = 4
"""Shortest signature, in bytes, that is believed from the database: one of 2 bytes fits one random file in 65,536, and
there are hundreds of them."""


def sniff(head: bytes, name: str = "") -> str:
    """Tells the media type of a file by its content.

    Args:
        head: The first `HEAD_SIZE` bytes, or all of a shorter file.
        name: The file's name. It decides only what content leaves open: which kind of text a text is, and which kind of
            sound stands behind an ID3 tag that is longer than `head`.

    Returns:
        A media type in lower case; `application/x-empty` for no bytes, `text/plain` for UTF-8 text (or, under a textual
        name, text in another encoding) and `application/octet-stream` where nothing fits.

    Not done: only the start is looked at, so a file with two natures (a picture with an archive behind it) has the type
    of its start.
    """
    if not head:
        return EMPTY
    found = _by_start(head, ANY_STARTS) or _pnm(head)
    if found is None and _is_text(head, name):
        return _text_type(head, name)
    return found or _binary_type(head, name) or _by_database(head) or UNKNOWN


def ending_matches(media_type: str, name: str) -> bool | None:
    """Whether a file's name ends as files of this type usually do.

    Returns:
        None where this cannot be said: the name has no ending or one that is not known, or the type is unknown or
        empty. Textual types match every textual ending.
    """
    ending = _ending(name)
    usual = TYPES.get(media_type, "").split()
    if not usual or ending not in _known_endings():
        return None
    if ending in usual:
        return True
    return media_type in TEXTUAL and ending in _textual_endings()


def extension_for(media_type: str) -> str:
    """Gives the preferred ending with its dot; an empty text for types that have none."""
    endings = TYPES.get(media_type, "").split()
    return f".{endings[0]}" if endings else ""


def _ending(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


@cache
def _known_endings() -> frozenset[str]:
    return frozenset(ending for endings in TYPES.values() for ending in endings.split())


@cache
def _textual_endings() -> frozenset[str]:
    return frozenset(ending for name in TEXTUAL for ending in TYPES[name].split())


def _by_start(head: bytes, starts: tuple[tuple[int, bytes, str], ...]) -> str | None:
    for offset, mark, media_type in starts:
        if head.startswith(mark, offset):
            return media_type
    return None


def _pnm(head: bytes) -> str | None:
    return "image/x-portable-anymap" if _PNM.match(head) else None


def _is_text(head: bytes, name: str) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and _mpeg_audio(head) is None:
        return True
    if _CONTROLS.search(head) and not _is_spoilt_text(head, name):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = len(head) >= HEAD_SIZE and error.start >= len(head) - 3
        return is_cut or _ending(name) in _textual_endings()
    return True


def _is_spoilt_text(head: bytes, name: str) -> bool:
    """Whether a file under a textual name has only a few control characters, as names and messages of people can."""
    return _ending(name) in _textual_endings() and len(_CONTROLS.findall(head)) <= max(_FEW, len(head) // _MOST_SPOILT)


def _text_type(head: bytes, name: str) -> str:
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, media_type in TEXT_STARTS:
        if body.startswith(mark):
            return media_type
    return _markup(body) or _json(body, name) or _mail(body) or _by_name(name) or "text/plain"


def _markup(body: bytes) -> str | None:
    if not body.startswith(b"<"):
        return None
    if _HTML.match(body):
        return "text/html"
    root = _ROOT.match(body)
    known = ROOTS.get(root.group(1)) if root else None
    return known or ("application/xml" if body.startswith(b"<?xml") else None)


def _json(body: bytes, name: str) -> str | None:
    if not body.startswith((b"{", b"[")):
        return None
    ending = _ending(name)
    if ending in ("jsonl", "ndjson"):
        return "application/x-ndjson"
    return "application/json" if ending == "json" or _OBJECT.match(body) else None


def _mail(body: bytes) -> str | None:
    headers = re.split(rb"\r?\n\r?\n", body, maxsplit=1)[0]
    if len({mark.lower() for mark in _MAIL.findall(headers)}) < 2:  # noqa: PLR2004 -- one such line may be prose
        return None
    if headers.startswith(b"From "):
        return "application/mbox"
    return "message/rfc822" if re.match(rb"[A-Za-z][A-Za-z0-9-]*:", headers) else None


def _by_name(name: str) -> str | None:
    ending = _ending(name)
    return next((media_type for media_type in BY_NAME if ending in TYPES[media_type].split()), None)


def _binary_type(head: bytes, name: str) -> str | None:
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if head.startswith(b"ID3"):
        return _after_id3(head, name)
    return (
        _gzip(head)
        or _by_start(head, BINARY_STARTS)
        or _container(head)
        or _archive(head)
        or _transport_stream(head)
        or _mpeg_audio(head)
        or _picture(head)
        or _windows_program(head)
    )


def _gzip(head: bytes) -> str | None:
    """Tells a web archive of which each record is packed from other packed files. *Source:* ISO 28500:2017, annex D."""
    if not head.startswith(b"\x1f\x8b\x08"):
        return None
    try:
        start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, len(_WARC))
    except zlib.error:
        return None
    return "application/warc+gzip" if start == _WARC else None


def _container(head: bytes) -> str | None:
    kind = head[4:8]
    if kind == b"ftyp":
        return _base_media(head)
    if kind in ATOMS:
        return "video/quicktime"
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/x-aiff"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    return None


def _base_media(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    found = BRANDS.get(major, "video/mp4")
    if found != "image/heif":
        return found
    brands = {head[at : at + 4] for at in range(16, size - 3, 4)}
    return next((BRANDS[brand] for brand in (b"heic", b"heix", b"avif") if brand in brands), found)


def _archive(head: bytes) -> str | None:
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "application/x-ole-storage"
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return None
    declared = re.match(rb"PK.{28}mimetype([a-z0-9.+/-]+)", head, re.DOTALL)
    if declared:
        return next((one for one in TYPES if declared.group(1).startswith(one.encode())), "application/zip")
    if b"[Content_Types].xml" not in head:
        return "application/zip"
    office = "application/vnd.openxmlformats-officedocument."
    kinds = (
        (b"word/", "wordprocessingml.document"),
        (b"xl/", "spreadsheetml.sheet"),
        (b"ppt/", "presentationml.presentation"),
    )
    return next((office + kind for folder, kind in kinds if folder in head), "application/zip")


def _transport_stream(head: bytes) -> str | None:
    for first, step in _TS_PACKETS:
        marks = head[first : first + 5 * step : step]
        if len(marks) >= 3 and set(marks) == {0x47}:  # noqa: PLR2004 -- three packets in a row are no accident
            return "video/mp2t"
    return None


def _after_id3(head: bytes, name: str) -> str:
    """Tells what an ID3v2 tag stands before. *Source:* ID3v2.4 structure, 3.1: the size is four times seven bits."""
    end = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))
    found = _binary_type(head[end:], "") if end < len(head) else None
    if found in ID3_CARRIERS:
        return str(found)
    ending = _ending(name)
    return next((carrier for carrier in ID3_CARRIERS if ending in TYPES[carrier].split()), "audio/mpeg")


def _mpeg_audio(head: bytes) -> str | None:
    """Believes in MPEG audio only where a second frame follows, in AAC also where the first one fills all of `head`."""
    length = _frame_length(head[:4])
    if length and head[length : length + 2] == head[:2]:
        return "audio/mpeg"
    length = _adts_length(head[:7])
    return "audio/aac" if length and head[length : length + 2] in (head[:2], b"") else None


def _adts_length(header: bytes) -> int:
    """Gives the length of an AAC frame in bytes; 0 where the header is none. *Source:* ISO/IEC 13818-7, 6.2.1."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:  # noqa: PLR2004
        return 0
    return int.from_bytes(header[3:6], "big") >> 5 & 0x1FFF


def _frame_length(header: bytes) -> int:
    """Gives the length of an MPEG audio frame in bytes; 0 where it is none. *Source:* ISO/IEC 11172-3, 2.4.2.3."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 -- a header has 4 bytes
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate, index = header[2] >> 2 & 3, header[2] >> 4
    if version not in RATES_HZ or layer not in (1, 2, 3) or rate not in (0, 1, 2) or not 0 < index < 15:  # noqa: PLR2004
        return 0
    bits, rate_hz = KBITS[version == 3, layer][index] * 1000, RATES_HZ[version][rate]  # noqa: PLR2004 -- 3 is MPEG-1
    padding = header[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate_hz + padding) * 4
    return (144 if version == 3 or layer == 2 else 72) * bits // rate_hz + padding  # noqa: PLR2004 -- as above


def _picture(head: bytes) -> str | None:
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return "image/bmp"
    if head.startswith(b"\x00\x00\x01\x00") and 0 < int.from_bytes(head[4:6], "little") < 256 and head[9:10] == b"\x00":  # noqa: PLR2004
        return "image/x-icon"
    return None


def _windows_program(head: bytes) -> str | None:
    at = int.from_bytes(head[60:64], "little")
    is_program = head.startswith(b"MZ") and head[at : at + 4] == b"PE\x00\x00"
    return "application/vnd.microsoft.portable-executable" if is_program else None


def _by_database(head: bytes) -> str | None:
    """Asks the signature database for formats that this module does not know.

    Short signatures and those at the end of a file are not believed, nor is a match that stands against another one or
    names a type for which this module has a stricter rule.
    """
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    named = {one.mime_type for one in matches if one.offset >= 0 and len(one.byte_match) >= _DATABASE_LEAST}
    named -= {"", UNKNOWN}
    return str(named.pop()) if len(named) == 1 and not named & TYPES.keys() else None
