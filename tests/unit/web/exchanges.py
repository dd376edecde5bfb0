"""Exchanges made by hand, of every kind that an archive has to hold."""

from __future__ import annotations

import gzip
import itertools
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from forensics.model import Gap, GapReason
from forensics.web.exchange import Body, Exchange, SocketMessage, Tls, Via

START = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
SITE = "https://site.test"
HTML = '<html><title>Prix café</title><img src="/a.png"><video src="/v.mp4"></video>'.encode()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"".join(sha256(bytes([number])).digest() for number in range(256)) * 31
TEXT = b"plain text, compressed by the server\n" * 40


@dataclass
class Maker:
    """Makes exchanges with rising numbers, two seconds apart, whose bodies are files in a folder."""

    folder: Path
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def body(self, data: bytes, **members: Any) -> Body:
        path = self.folder / f"body-{next(self.numbers)}"
        path.write_bytes(data)
        return Body(path, len(data), **members)

    def exchange(self, url: str, data: bytes = b"", **members: Any) -> Exchange:
        number = next(self.numbers)
        at = START + timedelta(seconds=2 * number)
        defaults: dict[str, Any] = {
            "method": "GET",
            "started_at": at,
            "ended_at": at + timedelta(milliseconds=40),
            "status": 200,
            "http_version": "h2",
            "server_ip": "192.0.2.7",
            "server_port": 443,
            "media_type": "text/html",
            "tls": Tls("TLS 1.3", "AES_128_GCM", "X25519"),
            "request_headers": ((":authority", "site.test"), (":method", "GET"), ("user-agent", "Chrome/156")),
        }
        members = defaults | members
        members.setdefault("response_headers", (("content-type", members["media_type"]),))
        members.setdefault("body", self.body(data, is_decoded=True) if data else Body())
        return Exchange(number, url, **members)

    def every_kind(self) -> tuple[Exchange, ...]:
        """Gives a whole capture: what worked, what did not, and what replay must not mix up."""
        document = {"is_navigation": True, "resource_type": "Document"}
        squeezed = gzip.compress(TEXT, mtime=0)
        return (
            self.exchange(
                f"{SITE}/old",
                status=302,
                response_headers=(("location", "/"), ("content-length", "154")),
                **document,
            ),
            self.exchange(
                f"{SITE}/",
                HTML,
                response_headers=(("content-type", "text/html"), ("content-encoding", "br"), ("content-length", "60")),
                **document,
            ),
            self.exchange(
                f"{SITE}/a.png", PICTURE, media_type="image/png", http_version="HTTP/1.1", reason="OK", tls=None
            ),
            self.exchange(
                f"{SITE}/v.mp4",
                status=206,
                media_type="video/mp4",
                body=Body(gap=Gap("body", GapReason.FAILED, "the browser gives no bodies of media elements")),
                response_headers=(("content-range", "bytes 0-253963/253964"), ("content-length", "253964")),
            ),
            self.exchange(f"{SITE}/v.mp4", VIDEO, media_type="video/mp4", via=Via.LOADER, body=self.body(VIDEO)),
            self.exchange(f"{SITE}/gone", b"<h1>no</h1>", status=404),
            self.exchange(f"{SITE}/cut.css", b"a{", media_type="text/css", body=self.cut(b"a{")),
            self.exchange(f"{SITE}/broken", status=None, error="net::ERR_CONNECTION_RESET"),
            self.exchange("http://10.0.0.1/admin", status=None, refused="a private address", server_ip="", tls=None),
            self.exchange(
                "wss://site.test/live",
                status=101,
                response_headers=(("upgrade", "websocket"),),
                messages=(
                    SocketMessage(START, True, True, "bonjour é".encode()),
                    SocketMessage(START, False, False, b"\x00\x01"),
                ),
            ),
            self.exchange(
                f"{SITE}/post",
                b"{}",
                method="POST",
                media_type="application/json",
                request_body=self.body(b"\x00\xffraw"),
            ),
            self.exchange(
                f"{SITE}/z",
                via=Via.PLAIN,
                http_version="HTTP/1.1",
                media_type="text/plain",
                body=self.body(squeezed),
                response_headers=(
                    ("Content-Type", "text/plain"),
                    ("Content-Encoding", "gzip"),
                    ("Transfer-Encoding", "chunked"),
                ),
            ),
            self.exchange(f"{SITE}/", via=Via.PLAIN, body=self.body(b"<html>plain</html>"), **document),
        )

    def cut(self, data: bytes) -> Body:
        return self.body(data, is_decoded=True, gap=Gap("body", GapReason.LIMIT, "longer than 2 bytes"))


def members_of(path: Path) -> list[bytes]:
    """Takes a gzip file apart into its members, with zlib alone."""
    data, members = path.read_bytes(), []
    while data:
        member = zlib.decompressobj(zlib.MAX_WBITS + 16)
        members.append(member.decompress(data))
        assert member.eof
        data = member.unused_data
    return members
