"""One request and what came of it: the noun between whoever talked to a server and whoever writes archives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from forensics.model import Gap

Headers = tuple[tuple[str, str], ...]
"""Header fields in the order and spelling in which they were seen; the same name may repeat."""


class Via(StrEnum):
    """Who made an exchange."""

    BROWSER = "browser"
    """The page itself, in the browser."""
    LOADER = "loader"
    """The browser, asked by the collector for a whole file that the page names."""
    PLAIN = "plain"
    """A plain HTTP client without a browser."""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request or response, in a file, because they may be large.

    Attributes:
        path: The file; None where there are no bytes.
        size: Length in bytes.
        is_decoded: Whether the browser took content and transfer encodings off, so that these are not the bytes that
            crossed the network.
        gap: Why bytes are missing, wholly or from `size` on; None where all are there.
    """

    path: Path | None = None
    size: int = 0
    is_decoded: bool = False
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """What is known of an encrypted connection.

    Attributes:
        protocol: For example `TLS 1.3`.
        cipher: Cipher suite, as its source names it.
        key_exchange: Key exchange group or algorithm; empty where unknown.
        chain: Certificates in DER as the client saw them, the server's own first.
    """

    protocol: str
    cipher: str
    key_exchange: str = ""
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SocketMessage:
    """One WebSocket message.

    Attributes:
        is_sent: Whether the page sent it.
        payload: Text in UTF-8, or the bytes of a binary message.
    """

    at: datetime
    is_sent: bool
    is_text: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response, or why there is none.

    Attributes:
        number: Place in the order of requests, from 1.
        status: HTTP status; None where no response came.
        reason: Reason phrase; empty where the protocol has none.
        http_version: `HTTP/1.0`, `HTTP/1.1`, `h2`, `h3`; empty where unknown.
        request_headers: As sent, as far as it is known.
        server_ip: Address of the peer; empty where there was none.
        resource_type: What the browser wanted it for: `Document`, `Image`, `Media`, `Script`, …
        is_navigation: Whether it fetched the document of a page or frame; of a page where `frame_depth` is 0.
        frame_depth: 0 for a page itself, 1 and more for frames in it.
        page: Number of the page (tab) that it belongs to, from 1; pop-ups have numbers of their own.
        initiator: URL of the script or document that asked for it; empty where unknown.
        referrer: The page's `Referer`; empty where none was sent.
        error: `net::ERR_…` or another reason why no whole response came; empty where one did.
        refused: Why the collector itself refused to let it out; empty where it did not.
        messages: WebSocket messages, in order.
    """

    number: int
    url: str
    method: str
    started_at: datetime
    ended_at: datetime
    via: Via = Via.BROWSER
    request_headers: Headers = ()
    request_body: Body | None = None
    status: int | None = None
    reason: str = ""
    http_version: str = ""
    response_headers: Headers = ()
    body: Body = field(default_factory=Body)
    media_type: str = ""
    server_ip: str = ""
    server_port: int = 0
    tls: Tls | None = None
    resource_type: str = ""
    is_navigation: bool = False
    frame_depth: int = 0
    page: int = 1
    initiator: str = ""
    referrer: str = ""
    error: str = ""
    refused: str = ""
    messages: tuple[SocketMessage, ...] = ()

    def header(self, name: str) -> str | None:
        """Gives the first response header of a name, whatever its case; None where there is none."""
        wanted = name.lower()
        return next((value for key, value in self.response_headers if key.lower() == wanted), None)

    @property
    def is_redirect(self) -> bool:
        """Whether the response sends the client to another address."""
        return self.status in {301, 302, 303, 307, 308} and self.header("location") is not None
