"""A proxy that the user named: how a plain client speaks through it, and what then cannot be known."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from forensics.errors import UsageError
from forensics.web.addresses import Answer, kind_of

KINDS = {"http": 80, "socks5": 1080, "socks5h": 1080}
"""Kinds of proxies with their usual ports. *Source:* curl(1), option `--proxy`; RFC 1928, section 3."""

HEAD_BYTES = 1 << 16

_SOCKS_REFUSALS = {
    1: "general failure",
    2: "not allowed",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time over",
}
"""*Source:* RFC 1928, section 6."""


class ProxyError(OSError):
    """A proxy does not let a connection through."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy is and how one logs in to it.

    Attributes:
        kind: `http` or `socks5`; both resolve names themselves.
        user: Name and password joined by a colon; empty where none are needed.
    """

    kind: str
    host: str
    port: int
    user: str = ""

    @classmethod
    def at(cls, url: str) -> Proxy:
        """Reads the address of a proxy: `http://name:password@host:port` or `socks5://host:port`.

        Raises:
            UsageError: It is none.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port or KINDS[parts.scheme]
            host = parts.hostname or ""
        except (ValueError, KeyError):
            host, port = "", 0
        if not host or (parts.scheme != "http" and parts.username):
            hint = "Give it as http://HOST:PORT, http://NAME:PASSWORD@HOST:PORT or socks5://HOST:PORT."
            raise UsageError("this is not the address of a proxy that can be used", hint=hint)
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        return cls(parts.scheme.removesuffix("h"), host, port, user)

    @property
    def fields(self) -> bytes:
        """Header fields that log in to an HTTP proxy; they are sent to it and not recorded."""
        if not self.user:
            return b""
        return b"Proxy-Authorization: Basic " + b64encode(self.user.encode("utf-8")) + b"\r\n"

    def open(self, host: str, port: int, *, timeout_s: float, is_tunnel: bool) -> socket.socket:
        """Connects to the proxy and, where it is a tunnel, through it.

        Args:
            host: Where the tunnel leads to.
            port: TCP port there.
            timeout_s: How long each step may take.
            is_tunnel: False for an HTTP proxy that is given whole addresses instead.

        Raises:
            OSError: The proxy cannot be reached, or does not let the connection through.
        """
        sock = socket.create_connection((self.host, self.port), timeout=timeout_s)
        try:
            if self.kind == "socks5":
                _ask_socks(sock, host, port)
            elif is_tunnel:
                self._ask_http(sock, host, port)
        except BaseException:
            sock.close()
            raise
        return sock

    def _ask_http(self, sock: socket.socket, host: str, port: int) -> None:
        """Asks for a tunnel. *Source:* RFC 9110, section 9.3.6."""
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        request = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode()
        sock.sendall(request + self.fields + b"\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_BYTES:
            head += _exactly(sock, 1)
        line = head.partition(b"\r\n")[0].split(b" ", 2)
        if len(line) < 2 or not line[1].startswith(b"2"):  # noqa: PLR2004 -- version and status
            status = b" ".join(line[1:]).decode("latin-1")[:80]
            raise ProxyError(f"the proxy does not let it through: {status or 'no answer'}")


def left_to_the_proxy(host: str) -> Answer:
    """Resolves addresses only, since a name that goes through a proxy must not be asked for outside of it."""
    if kind_of(host) != "not an address":
        return Answer(host, (host,))
    if host == "localhost" or host.endswith(".localhost"):
        return Answer(host, ("127.0.0.1",))
    return Answer(host, error="left to the proxy")


def _ask_socks(sock: socket.socket, host: str, port: int) -> None:
    """Asks for a tunnel, leaving names to the proxy. *Source:* RFC 1928, sections 3 to 6."""
    sock.sendall(b"\x05\x01\x00")
    if _exactly(sock, 2) != b"\x05\x00":
        raise ProxyError("the proxy wants a login, or is none")
    try:
        address = ip_address(host)
        place = (b"\x01" if address.version == 4 else b"\x04") + address.packed  # noqa: PLR2004 -- IPv4
    except ValueError:
        name = host.encode("ascii")
        place = b"\x03" + bytes([len(name)]) + name
    sock.sendall(b"\x05\x01\x00" + place + port.to_bytes(2, "big"))
    _, code, _, kind = _exactly(sock, 4)
    if code:
        raise ProxyError(f"the proxy does not let it through: {_SOCKS_REFUSALS.get(code, f'code {code}')}")
    lengths: dict[int, Callable[[], int]] = {1: lambda: 4, 4: lambda: 16, 3: lambda: _exactly(sock, 1)[0]}
    _exactly(sock, lengths.get(kind, lambda: 0)() + 2)


def _exactly(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        block = sock.recv(size - len(found))
        if not block:
            raise ProxyError("the proxy ended the connection")
        found += block
    return found
