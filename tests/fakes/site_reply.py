"""What a request to the test site is, what an answer is, and the answers that misbehave on the wire."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from html import escape
from http.cookies import SimpleCookie
from typing import Any, Protocol
from urllib.parse import parse_qsl

HTML = "text/html; charset=utf-8"
MIB = 1 << 20

BROTLI = base64.b64decode(
    "G4kGAKyPdzxf0VBk1iQ2azaEuU/dFnL9H8qDIBiEl2fpHm3By5dUZW7pEwPSL2hwcpJHQShBXOgq7a1FXNLY2OyAueqk5m1BEffEP3/h3x5Y3862"
    "CRV2xRCcD79SBthGIw4gh/9dGIRbSVLlhx9TLdrIgnCM3wlXgEdwx1fHmrndcVXRyzjDcNojqYsWJh33OKFBivbFMtCZPhY="
)
"""A page in Brotli, made with `zlib.brotliCompressSync` of Node.js 20 at quality 11; 1674 bytes unfolded."""
BROTLI_SAYS = "This sentence crossed the network as Brotli. 这句话以 Brotli 编码传输。"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it reached the site.

    Attributes:
        at: When it was read, UTC.
        listener: Which of the site's listeners took it: `http`, `other`, `https`, `expired`, …
        path: Without the query.
    """

    at: datetime
    listener: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Gives the first field of a name; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def option(self, name: str, default: str = "") -> str:
        """Gives a value of the query."""
        return dict(parse_qsl(self.query)).get(name, default)

    def number(self, name: str, default: int) -> int:
        """Gives a whole number of the query."""
        return int(self.option(name, str(default)))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came with it."""
        return {name: morsel.value for name, morsel in SimpleCookie(self.header("Cookie")).items()}

    @property
    def is_browser(self) -> bool:
        """Whether it looks like a browser's navigation: a plain client does not ask for upgrades."""
        return "Mozilla/" in self.header("User-Agent") and bool(self.header("Upgrade-Insecure-Requests"))


@dataclass(frozen=True, slots=True)
class Reply:
    """A well-formed answer."""

    body: bytes = b""
    media_type: str = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    def also(self, *headers: tuple[str, str]) -> Reply:
        """Gives the same with more header fields."""
        return replace(self, headers=(*self.headers, *headers))


Raw = Iterator[bytes]
"""Bytes for the wire as they are, status line included; the connection closes after the last."""


class Place(Protocol):
    """What a page may ask the site."""

    stopping: threading.Event

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that makes sense as the address of a page."""
        ...

    def url(self, path: str, listener: str = "http") -> str:
        """Address of a path on a listener."""
        ...

    def mode(self, path: str) -> str:
        """How a test switched a path; `normal` where it did not."""
        ...

    def visits(self, path: str) -> int:
        """How often a path was asked for, this time included."""
        ...


Page = Callable[[Asked, Place], Reply | Raw]


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are served with ranges, as a file server does."""

    body: bytes
    media_type: str
    headers: tuple[tuple[str, str], ...] = field(default=())


def page(title: str, body: str, *, head: str = "", language: str = "en", status: int = 200) -> Reply:
    """Makes an HTML page; the title is escaped, the rest is taken as it is."""
    text = (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f'<link rel="icon" href="data:,">\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'
    )
    return Reply(text.encode(), HTML, status)


def as_json(value: Any, status: int = 200) -> Reply:
    """Makes a JSON answer."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), "application/json", status)


def redirect(location: str, status: int = 302) -> Reply:
    """Sends the client elsewhere."""
    return Reply(b"elsewhere\n", "text/plain", status, (("Location", location),))


def etag(body: bytes) -> str:
    """Makes an entity tag of content."""
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def ranged(asked: Asked, stored: Stored) -> Reply:
    """Answers a whole file, one range of it, 304 or 416.

    Source: RFC 9110, sections 13.1.5, 14.2 and 15.5.17.
    """
    tag = etag(stored.body)
    headers = (("Accept-Ranges", "bytes"), ("ETag", tag), ("Last-Modified", "Wed, 01 May 2024 12:00:00 GMT"))
    reply = Reply(stored.body, stored.media_type, 200, headers + stored.headers)
    if asked.header("If-None-Match") == tag:
        return replace(reply, body=b"", status=304)
    wanted = asked.header("Range")
    is_stale = asked.header("If-Range") not in {"", tag}
    if not wanted.startswith("bytes=") or "," in wanted or is_stale:
        return reply
    return _part(reply, wanted.removeprefix("bytes="))


def _part(reply: Reply, span: str) -> Reply:
    size = len(reply.body)
    first, _, last = span.partition("-")
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        return replace(reply, body=b"", status=416).also(("Content-Range", f"bytes */{size}"))
    part = replace(reply, body=reply.body[start : end + 1], status=206)
    return part.also(("Content-Range", f"bytes {start}-{end}/{size}"))


def head(*fields: str, status: str = "200 OK") -> bytes:
    """Makes a status line and header fields for an answer written by hand."""
    lines = (f"HTTP/1.1 {status}", *fields, "Connection: close", "", "")
    return "\r\n".join(lines).encode()


SENTENCE = b"<p>This line is numbered by its place alone.</p>\n"
START = b"<!doctype html><html lang=en><meta charset=utf-8><title>A page</title><h1>It begins</h1>\n"


def slow(asked: Asked, place: Place) -> Raw:
    """Dribbles 20 lines, one every `ms` milliseconds (100)."""
    body = START + SENTENCE * 20
    yield head("Content-Type: text/html", f"Content-Length: {len(body)}")
    yield START
    for _ in range(20):
        place.stopping.wait(asked.number("ms", 100) / 1000)
        yield SENTENCE


def never(asked: Asked, place: Place) -> Raw:
    """Sends a line every 50 ms for ever."""
    yield head("Content-Type: text/html") + START
    while not place.stopping.wait(0.05):
        yield SENTENCE


def silent(asked: Asked, place: Place) -> Raw:
    """Takes the request and answers nothing."""
    place.stopping.wait(600)
    yield b""


def hang_up(asked: Asked, place: Place) -> Raw:
    """Closes the connection without a byte."""
    yield b""


def cut_length(asked: Asked, place: Place) -> Raw:
    """Declares 4096 bytes more than it sends, and closes after `after` milliseconds (0)."""
    body = START + SENTENCE * 20
    yield head("Content-Type: text/html", f"Content-Length: {len(body) + 4096}") + body
    place.stopping.wait(asked.number("after", 0) / 1000)


def cut_chunked(asked: Asked, place: Place) -> Raw:
    """Sends two chunks and never the last one, and closes after `after` milliseconds (0)."""
    yield head("Content-Type: text/html", "Transfer-Encoding: chunked") + _chunk(START) + _chunk(SENTENCE * 20)
    place.stopping.wait(asked.number("after", 0) / 1000)


def cut_gzip(asked: Asked, place: Place) -> Reply:
    """Sends a gzip stream that ends half-way, under a right length."""
    body = gzip.compress(START + _noise(1 << 14).hex().encode(), mtime=0)
    return Reply(body[: len(body) // 2]).also(("Content-Encoding", "gzip"))


def short_length(asked: Asked, place: Place) -> Raw:
    """Declares 100 bytes less than it sends: what is over is not part of the answer."""
    body = START + SENTENCE * 20
    yield head("Content-Type: text/html", f"Content-Length: {len(body) - 100}") + body


def chunked(asked: Asked, place: Place) -> Raw:
    """Sends a whole page in chunks with an extension and a trailer."""
    yield head("Content-Type: text/html", "Transfer-Encoding: chunked", "Trailer: X-Sum")
    yield _chunk(START) + _chunk(SENTENCE * 20, b";note=1") + b"0\r\nX-Sum: 1\r\n\r\n"


def _chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def gzipped(asked: Asked, place: Place) -> Reply:
    """Sends a page in gzip."""
    body = gzip.compress(START.replace(b"It begins", "Gzip 压缩".encode()) + SENTENCE * 50, mtime=0)
    return Reply(body).also(("Content-Encoding", "gzip"))


def deflated(asked: Asked, place: Place) -> Reply:
    """Sends a page in deflate (zlib)."""
    return Reply(zlib.compress(START + SENTENCE * 50)).also(("Content-Encoding", "deflate"))


def brotli(asked: Asked, place: Place) -> Reply:
    """Sends a page in Brotli."""
    return Reply(BROTLI).also(("Content-Encoding", "br"))


def bomb(asked: Asked, place: Place) -> Reply:
    """Sends 100 KiB that unfold to 100 MiB."""
    return Reply(_bomb()).also(("Content-Encoding", "gzip"))


@cache
def _bomb() -> bytes:
    return gzip.compress(START + b" " * (100 * MIB), mtime=0)


def huge(asked: Asked, place: Place) -> Raw:
    """Sends `mb` MiB (20) of HTML; `as=hidden` keeps it from the layout."""
    opening = START + (b"<div hidden>" if asked.option("as") == "hidden" else b"<div>")
    block = (b"<p>" + b"word " * 204 + b"</p>\n").ljust(1 << 10) * 64
    count = asked.number("mb", 20) * 16
    yield head("Content-Type: text/html", f"Content-Length: {len(opening) + len(block) * count}") + opening
    for _ in range(count):
        yield block


@cache
def _noise(size: int) -> bytes:
    return hashlib.shake_256(b"noise").digest(size)


def file_bytes(mb: int) -> bytes:
    """The content of `/file?mb=N` up to 64 MiB, for comparison."""
    return b"".join(_mebibyte(index) for index in range(mb))


def _mebibyte(index: int) -> bytes:
    """One MiB that no other place of the file has: its number, then noise."""
    return index.to_bytes(8, "big") + _noise(MIB)[8:]


def file(asked: Asked, place: Place) -> Raw:
    """Sends `mb` MiB (8) of noise with ranges; `break=N` ends the first answer after N MiB, `etag=no` sends no tag.

    `ranges=no` ignores ranges, `changed=1` gives the content another tag at each visit, `mbps=N` holds the speed.
    """
    mb, start = asked.number("mb", 8), 0
    size = mb * MIB
    wanted = asked.header("Range") if asked.option("ranges") != "no" else ""
    tag = f'"file-{mb}-{place.visits(asked.path) if asked.option("changed") else 0}"'
    if asked.header("If-Range") not in {"", tag}:
        wanted = ""
    fields = ["Content-Type: application/octet-stream"]
    fields += [] if asked.option("etag") == "no" else [f"ETag: {tag}"]
    fields += [] if asked.option("ranges") == "no" else ["Accept-Ranges: bytes"]
    if wanted:
        start = int(wanted.removeprefix("bytes=").partition("-")[0])
        fields.append(f"Content-Range: bytes {start}-{size - 1}/{size}")
    fields.append(f"Content-Length: {size - start}")
    yield head(*fields, status="206 Partial Content" if wanted else "200 OK")
    if asked.method != "HEAD":
        yield from _mebibytes(asked, place, (start, size))


def _mebibytes(asked: Asked, place: Place, span: tuple[int, int]) -> Raw:
    start, size = span
    is_first = place.visits(asked.path) == 1
    end = min(size, asked.number("break", size) * MIB) if is_first and asked.option("break") else size
    pause_s = 1 / asked.number("mbps", 0) if asked.option("mbps") else 0.0
    for index in range(start // MIB, -(-end // MIB)):
        yield _mebibyte(index)[max(0, start - index * MIB) : end - index * MIB]
        place.stopping.wait(pause_s)


def _digested(*, algorithm: str, is_right: bool) -> Page:
    def answer(asked: Asked, place: Place) -> Reply:
        body = _noise(1 << 16)
        digest = hashlib.new(algorithm, body if is_right else body[1:]).digest()
        value = base64.b64encode(digest).decode()
        named = {"sha256": ("Repr-Digest", f"sha-256=:{value}:"), "md5": ("Content-MD5", value)}
        return ranged(asked, Stored(body, "application/octet-stream", (named[algorithm],)))

    return answer


def bad_header(asked: Asked, place: Place) -> Raw:
    """Sends header fields that are Latin-1, folded, repeated, empty and hostile, and no reason phrase."""
    fields = (
        b"HTTP/1.1 200 \r\nContent-Type: text/html\r\nX-Latin: caf\xe9\r\nX-Utf8: \xe4\xb8\xad\r\n"
        b"X-Folded: one\r\n two\r\nX-Same: 1\r\nX-Same: 2\r\nX-Empty:\r\n"
        b"X-Script: <script>alert(1)</script>\r\nConnection: close\r\n\r\n"
    )
    yield fields + START + SENTENCE


def no_type(asked: Asked, place: Place) -> Raw:
    """Sends HTML without saying what it is."""
    yield head() + START + SENTENCE


def garbage(asked: Asked, place: Place) -> Raw:
    """Sends what is not HTTP."""
    yield b"\x00\x01\x02 this is not HTTP\r\n\r\n"


WIRE: Mapping[str, Page] = {
    "/slow": slow,
    "/never": never,
    "/silent": silent,
    "/hang-up": hang_up,
    "/cut/length": cut_length,
    "/cut/chunked": cut_chunked,
    "/cut/gzip": cut_gzip,
    "/length/short": short_length,
    "/chunked": chunked,
    "/gzip": gzipped,
    "/gzip/bomb": bomb,
    "/deflate": deflated,
    "/brotli": brotli,
    "/huge": huge,
    "/file": file,
    "/file/digest": _digested(algorithm="sha256", is_right=True),
    "/file/digest-wrong": _digested(algorithm="sha256", is_right=False),
    "/file/md5-wrong": _digested(algorithm="md5", is_right=False),
    "/header/odd": bad_header,
    "/header/no-type": no_type,
    "/garbage": garbage,
}
"""Paths whose point is how they cross the wire."""
