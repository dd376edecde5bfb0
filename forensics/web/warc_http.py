"""HTTP messages as blocks of WARC records: their own bytes, and nothing that breaks a record."""

from __future__ import annotations

import re
from pathlib import Path

from forensics.web.exchange import Exchange, Headers, Via

ORIGINAL = "X-Archive-Orig-"
"""Put in front of the names of fields that no longer fit the stored bytes; the practice of pywb and Browsertrix."""

_NOT_TOKEN = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_NOT_PLACEABLE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")
_NOT_IN_URI = re.compile(rb"[^\x21-\x7e]")
_LONGEST_CHUNK_LINE = 4096
_BODILESS = frozenset({204, 304})


def request_block(exchange: Exchange) -> bytes:
    """Gives start line and fields of a request, up to and including the empty line."""
    host, target = _split(exchange.url)
    fields = tuple(pair for pair in exchange.request_headers if not pair[0].startswith(":"))
    if not any(name.lower() == "host" for name, _ in fields):
        fields = (("Host", host), *fields)
    start = b"%s %s %s" % (_token(exchange.method), target.encode("ascii"), _version(exchange.http_version))
    return _block(start, fields)


def response_block(exchange: Exchange, *, size: int) -> bytes:
    """Gives status line and fields of a response, up to and including the empty line.

    HTTP/2 and HTTP/3 are written with the status line of HTTP/1.1, an unknown reason phrase is left empty.

    Args:
        exchange: One that has a status.
        size: Length of the stored body, in bytes.
    """
    start = b"%s %03d %s" % (_version(exchange.http_version), exchange.status or 0, _one_line(exchange.reason))
    return _block(start, stored_fields(exchange, size=size))


def stored_fields(exchange: Exchange, *, size: int) -> Headers:
    """Gives the fields of a response so that they describe the stored bytes.

    A field that does not (a coding that was taken off, the length of bytes that are not there) gets `ORIGINAL` in
    front of its name. What a plain client received stays as it was, but for a chunked coding that was taken off.
    """
    renamed = _codings_taken_off(exchange)
    if _is_length_wrong(exchange, size=size):
        renamed |= {"content-length"}
    fields: list[tuple[str, str]] = []
    for name, value in exchange.response_headers:
        if name.startswith(":"):
            continue
        is_renamed = name.lower() in renamed
        fields.append((ORIGINAL + name if is_renamed else name, value))
        if is_renamed and name.lower() == "content-length":
            fields.append((name, str(size)))
            renamed -= {"content-length"}
    return tuple(fields)


def declared_length(exchange: Exchange) -> int | None:
    """Gives the length that a response declares; None where it declares none, or none that is a number."""
    value = (exchange.header("content-length") or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < len(str(1 << 63)) else None


def has_no_body(exchange: Exchange) -> bool:
    """Whether the response has no body whatever its fields say. *Source:* RFC 9110, section 6.4.1."""
    status = exchange.status or 0
    return exchange.method.upper() == "HEAD" or status in _BODILESS or 100 <= status < 200  # noqa: PLR2004 -- 1xx


def as_uri(url: str) -> str:
    """Gives the address of an exchange as a record may carry it: without fragment, which is never sent."""
    return escaped(url.partition("#")[0])


def escaped(url: str) -> str:
    """Gives an address in visible ASCII: anything else is percent-encoded, and what is so already stays."""
    data = url.encode("utf-8", errors="replace")
    return _NOT_IN_URI.sub(lambda match: b"%%%02X" % match[0][0], data).decode("ascii")


def _codings_taken_off(exchange: Exchange) -> frozenset[str]:
    if exchange.body.is_decoded:
        return frozenset({"content-encoding", "transfer-encoding"})
    if exchange.header("transfer-encoding") is None or is_chunked(exchange.body.path):
        return frozenset()
    return frozenset({"transfer-encoding"})


def _is_length_wrong(exchange: Exchange, *, size: int) -> bool:
    if has_no_body(exchange) or (exchange.via == Via.PLAIN and not exchange.body.is_decoded):
        return False
    return exchange.header("content-length") is not None and declared_length(exchange) != size


def is_chunked(path: Path | None) -> bool:
    """Whether a file is, to its last byte, a body in chunked transfer coding. *Source:* RFC 9112, section 7.1."""
    if path is None:
        return False
    end = path.stat().st_size
    with path.open("rb") as stream:
        while stream.tell() < end:
            line = stream.readline(_LONGEST_CHUNK_LINE)
            digits = line.split(b";")[0].strip()
            if not line.endswith(b"\r\n") or re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits) is None:
                return False
            length = int(digits, 16)
            if length == 0:
                trailers = stream.read(_LONGEST_CHUNK_LINE)
                return trailers == b"\r\n" or (trailers.endswith(b"\r\n\r\n") and stream.tell() == end)
            stream.seek(length, 1)
            if stream.read(2) != b"\r\n":
                return False
    return False


def _block(start: bytes, fields: Headers) -> bytes:
    lines = [start, *(_line(name, part) for name, value in fields for part in value.split("\n"))]
    return b"\r\n".join([*lines, b"", b""])


def _line(name: str, value: str) -> bytes:
    return _token(name) + b": " + _one_line(value)


def _version(http_version: str) -> bytes:
    return b"HTTP/1.0" if http_version.upper() == "HTTP/1.0" else b"HTTP/1.1"


def _token(text: str) -> bytes:
    """Gives a method or name; what may not stand in one becomes an underscore."""
    return _NOT_TOKEN.sub(b"_", text.encode("utf-8", errors="replace")) or b"_"


def _split(url: str) -> tuple[str, str]:
    """Gives host and request target of an address."""
    rest = as_uri(url).partition("://")[2]
    match = re.match(r"[^/?]*", rest)
    host = match[0] if match else ""
    target = rest[len(host) :]
    return host.rpartition("@")[2], target if target.startswith("/") else f"/{target}"


def _one_line(text: str) -> bytes:
    return _NOT_PLACEABLE.sub(b" ", _encoded(text)).strip(b" \t")


def _encoded(text: str) -> bytes:
    """Gives the bytes of a text of which every character is one byte, as browsers hand fields over; UTF-8 otherwise."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="replace")
