"""Bodies of recorded messages: codings taken off within limits, bytes turned into text, and what kind of text it is."""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass
from enum import Enum

from forensics.web.warc_read import HttpHead, Record

_CODINGS = {"gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS | 32}
"""Content codings that can be taken off. *Source:* RFC 9110, section 8.4.1; zlib manual, `inflateInit2`."""
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r\n")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)|@charset \"([\w.:-]+)\"")
_PRESCAN = 1024
"""How many first bytes of a document may name its encoding. *Source:* HTML Standard, 13.2.3.2."""
_SAME = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
"""Labels that browsers take for a larger encoding. *Source:* WHATWG Encoding Standard, section 4.2."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Form(Enum):
    """What a body is read as."""

    DOCUMENT = "document"
    SCRIPT = "script"
    STYLE = "style"
    JSON = "json"
    TEXT = "text"
    BINARY = "binary"
    MEDIA = "media"
    """Pictures, films, sound, fonts: not read for text."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a message.

    Attributes:
        content: The bytes without codings; None where they are missing or cannot be had.
        missing: Why they are missing, wholly or in part; empty where they are all there.
    """

    content: bytes | None
    missing: str = ""


def form_of(media_type: str, url: str) -> Form:
    """Tells by the declared media type, or else by the ending of the address, what a body is read as."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in ("", "application/octet-stream", "binary/octet-stream"):
        return _by_ending(url)
    if kind.endswith(("html", "+xml", "/xml")) and kind != "image/svg":
        return Form.DOCUMENT
    if kind.startswith(("image/", "video/", "audio/", "font/")) or "font" in kind:
        return Form.MEDIA
    if kind.endswith(("javascript", "ecmascript", "jscript")):
        return Form.SCRIPT
    if kind.endswith(("json", "ndjson", "event-stream")):
        return Form.JSON
    if kind == "text/css":
        return Form.STYLE
    return Form.TEXT if kind.startswith("text/") else Form.BINARY


def _by_ending(url: str) -> Form:
    path = re.split(r"[?#]", url, maxsplit=1)[0].lower()
    is_media = path.endswith(
        (
            *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".mp4", ".webm", ".m4s", ".ts", ".mp3"),
            *(".woff", ".woff2", ".ttf", ".otf", ".ogg", ".m4a", ".wav"),
        )
    )
    return Form.MEDIA if is_media else Form.BINARY


def read(record: Record, *, limit: int) -> Body:
    """Reads the body of an HTTP record without its codings.

    Args:
        record: One with an HTTP message; its payload has not been read yet.
        limit: Bytes that are read, and that come out of a coding.
    """
    raw = record.payload.read(limit + 1)
    if len(raw) > limit:
        return Body(None, f"it is longer than {limit} bytes")
    missing = f"it was cut ({cut})" if (cut := record.header("WARC-Truncated")) else ""
    http = record.http
    if http is None:
        return Body(raw, missing)
    if not raw and (_declared(http) or missing):
        return Body(None, missing or "none of its bytes were recorded")
    return _without_codings(raw, http, missing=missing, limit=limit)


def _declared(http: HttpHead) -> int:
    value = http.header("x-archive-orig-content-length") or http.header("content-length") or ""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else 0  # noqa: PLR2004 -- a length


def _without_codings(raw: bytes, http: HttpHead, *, missing: str, limit: int) -> Body:
    if "chunked" in (http.header("transfer-encoding") or "").lower():
        raw = _without_chunks(raw)
    codings = [one.strip().lower() for one in (http.header("content-encoding") or "").split(",")]
    for coding in reversed([one for one in codings if one not in ("", "identity")]):
        if coding not in _CODINGS:
            return Body(None, f"its coding {coding[:40]} cannot be taken off")
        plain = _inflated(raw, bits=_CODINGS[coding], limit=limit)
        if plain is None and coding == "deflate":
            plain = _inflated(raw, bits=-zlib.MAX_WBITS, limit=limit)
        if plain is None:
            return Body(None, f"its coding {coding} could not be taken off within {limit} bytes")
        raw = plain
    return Body(raw, missing)


def _without_chunks(raw: bytes) -> bytes:
    """Takes the chunked coding off; what is not in that coding stays as it is. *Source:* RFC 9112, section 7.1."""
    parts, at = [], 0
    while match := _CHUNK.match(raw, at):
        size = int(match.group(1), 16)
        parts.append(raw[match.end() : match.end() + size])
        at = match.end() + size + 2
        if not size:
            break
    return b"".join(parts) if parts else raw


def _inflated(raw: bytes, *, bits: int, limit: int) -> bytes | None:
    inflate = zlib.decompressobj(bits)
    try:
        plain = inflate.decompress(raw, limit + 1)
    except zlib.error:
        return None
    return plain if len(plain) <= limit else None


def texts_of(content: bytes, media_type: str) -> tuple[str, ...]:
    """Turns bytes into the texts that they can have been: in the named encoding, and in UTF-8 where they fit.

    A browser may hand text over in UTF-8 whatever encoding the server named, so what it handed over is read both ways.
    """
    named = text_of(content, media_type)
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError:
        return (named,)
    return tuple(dict.fromkeys((named, plain.removeprefix("\ufeff"))))


def text_of(content: bytes, media_type: str) -> str:
    """Turns bytes into text: by byte order mark, declared charset, the document's own word, UTF-8, windows-1252.

    Source: HTML Standard, 13.2.3 (encoding sniffing), in outline.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    named = _CHARSET.search(media_type)
    label = named.group(1) if named else _label_within(content[:_PRESCAN])
    if label:
        try:
            return content.decode(_SAME.get(label.lower(), label), errors="replace")
        except (LookupError, ValueError):
            pass
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = error.start >= len(content) - 3
        return content.decode("utf-8" if is_cut else "cp1252", errors="replace")


def _label_within(head: bytes) -> str:
    match = _META.search(head) or _DECLARED.search(head)
    return next((group.decode("ascii") for group in match.groups() if group), "") if match else ""


def sniffed(content: bytes, form: Form) -> Form:
    """Corrects the form of a body whose declared type leaves it open, by its first bytes."""
    if form not in (Form.BINARY, Form.TEXT):
        return form
    head = content[:_PRESCAN].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _CONTROLS.search(head):
        return Form.BINARY
    if head[:1] in (b"{", b"["):
        return Form.JSON
    return Form.DOCUMENT if head[:1] == b"<" else Form.TEXT
