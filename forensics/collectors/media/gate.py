"""A gate on this machine through which an outside program reaches the network: it judges and lists every connection.

Encryption passes through it untouched, so it sees names and amounts, never contents of encrypted connections.
"""

from __future__ import annotations

import hmac
import secrets
import selectors
import socket
import socketserver
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

from forensics.codec import integer, to_json
from forensics.web.addresses import Policy, Resolver, Verdict, resolve
from forensics.web.fetch_proxy import Proxy, left_to_the_proxy

HEAD_BYTES = 1 << 16
CONNECT_S = 20.0
IDLE_S = 300.0
_BLOCK = 1 << 16
_USER = "gate"


@dataclass(slots=True)
class Passed:
    """One connection that was asked for.

    Attributes:
        target: What was asked for: `CONNECT host:port`, or method and address without query.
        ip: Address that was connected to; empty where none was, or where a further proxy knows it.
        sent: Bytes towards the server, and `received` from it.
        refused: Why it was not let out, or could not be made; empty where it was.
    """

    at: datetime
    target: str
    host: str = ""
    port: int = 0
    ip: str = ""
    sent: int = 0
    received: int = 0
    refused: str = ""

    def describe(self) -> dict[str, Any]:
        """Gives it as records carry it."""
        return {
            "at": to_json(self.at),
            "action": "connection",
            "target": self.target,
            "ip": self.ip,
            "sent": integer(self.sent),
            "received": integer(self.received),
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """An open gate.

    Attributes:
        url: Address with the password that only the program is told.
        passed: Every connection, in order.
    """

    url: str
    passed: list[Passed]

    @property
    def refused(self) -> tuple[Passed, ...]:
        """Gives the connections that the policy did not let out."""
        return tuple(one for one in self.passed if one.refused)


@contextmanager
def open_gate(policy: Policy, *, proxy: Proxy | None = None, resolver: Resolver = resolve) -> Iterator[Gate]:
    """Opens a gate on a free port of 127.0.0.1 and closes it at the end, with all connections.

    Args:
        policy: Which addresses may be reached; each name is resolved once and connected to at what was judged.
        proxy: A further proxy that the user named; names are left to it.
        resolver: Resolves names where there is none.
    """
    password = secrets.token_urlsafe(24)
    work = _Work(policy, proxy, left_to_the_proxy if proxy else resolver, password)
    with _Server(("127.0.0.1", 0), work) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield Gate(f"http://{_USER}:{password}@127.0.0.1:{server.server_address[1]}", work.passed)
        finally:
            server.shutdown()
            thread.join()
            work.close()


@dataclass
class _Work:
    """What the connections of one gate share; lists only grow, so that threads may append to them."""

    policy: Policy
    proxy: Proxy | None
    resolver: Resolver
    password: str
    passed: list[Passed] = field(default_factory=list)
    open: list[socket.socket] = field(default_factory=list)

    def close(self) -> None:
        for sock in self.open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def admits(self, head: bytes) -> bool:
        """Whether a request knows the password."""
        wanted = b"basic " + b64encode(f"{_USER}:{self.password}".encode()).lower()
        lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
        return any(
            name == b"proxy-authorization" and hmac.compare_digest(value.strip(), wanted) for name, _, value in lines
        )

    def connect(self, verdict: Verdict, passed: Passed, *, is_tunnel: bool) -> socket.socket:
        if self.proxy:
            return self.proxy.open(verdict.host, verdict.port, timeout_s=CONNECT_S, is_tunnel=is_tunnel)
        failure = OSError("the name has no address")
        for address in verdict.answer.addresses if verdict.answer else ():
            try:
                sock = socket.create_connection((address, verdict.port), timeout=CONNECT_S)
            except OSError as error:
                failure = error
                continue
            passed.ip = address
            return sock
        raise failure


class _Refused(Exception):  # noqa: N818 -- it never leaves this module
    """A request that gets an answer from the gate itself."""

    def __init__(self, status: str, why: str = "") -> None:
        super().__init__(why or status)
        self.status = status


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, place: tuple[str, int], work: _Work) -> None:
        super().__init__(place, _Handler)
        self.work = work

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing: a connection that breaks is the program's own affair."""


class _Handler(socketserver.BaseRequestHandler):
    """One connection of the program."""

    request: socket.socket
    server: _Server

    def handle(self) -> None:
        work = self.server.work
        work.open.append(self.request)
        passed = Passed(datetime.now(UTC), "")
        with ExitStack() as stack, suppress(OSError):
            try:
                head, rest = self._head()
                upstream = stack.enter_context(self._let_out(head, passed))
            except _Refused as error:
                passed.refused = str(error) if passed.target else ""
                body = str(error).encode()
                answer = f"HTTP/1.1 {error.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                self.request.sendall(answer.encode() + body)
                return
            work.open.append(upstream)
            if passed.target.startswith("CONNECT"):
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                rest = _onward(head, work.proxy) + rest
            upstream.sendall(rest)
            passed.sent += len(rest)
            _relay(self.request, upstream, passed)

    def _head(self) -> tuple[bytes, bytes]:
        self.request.settimeout(IDLE_S)
        found = b""
        while b"\r\n\r\n" not in found:
            block = self.request.recv(_BLOCK)
            if not block or len(found) > HEAD_BYTES:
                raise _Refused("400 Bad Request")
            found += block
        head, _, rest = found.partition(b"\r\n\r\n")
        if not self.server.work.admits(head):
            raise _Refused("407 Proxy Authentication Required")
        return head, rest

    def _let_out(self, head: bytes, passed: Passed) -> socket.socket:
        work = self.server.work
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        is_tunnel = method == "CONNECT"
        passed.target = f"{method} {target.partition('?')[0]}"
        work.passed.append(passed)
        if not is_tunnel and not target.startswith("http://"):
            _refuse("400 Bad Request", "it is no address of the web")
        verdict = work.policy.judge(f"https://{target}/" if is_tunnel else target, resolver=work.resolver)
        passed.host, passed.port = verdict.host, verdict.port
        if verdict.refused:
            _refuse("403 Forbidden", verdict.refused)
        try:
            return work.connect(verdict, passed, is_tunnel=is_tunnel)
        except OSError as error:
            raise _Refused("502 Bad Gateway", error.strerror or str(error)) from error


def _refuse(status: str, why: str) -> NoReturn:
    raise _Refused(status, why)


def _onward(head: bytes, proxy: Proxy | None) -> bytes:
    """Gives a request to the server as it would come without a proxy, for one answer only."""
    line, *fields = head.split(b"\r\n")
    method, target, version = (*line.split(b" ", 2), b"HTTP/1.1")[:3]
    if proxy is None or proxy.kind != "http":
        target = b"/" + target.split(b"/", 3)[3] if target.count(b"/") > 2 else b"/"  # noqa: PLR2004 -- http://host/
    kept = [one for one in fields if not one.lower().startswith((b"proxy-", b"connection:", b"keep-alive:"))]
    login = proxy.fields if proxy and proxy.kind == "http" else b""
    return b"\r\n".join([b" ".join((method, target, version)), *kept, b"Connection: close", login + b"\r\n"])


def _relay(program: socket.socket, server: socket.socket, passed: Passed) -> None:
    """Passes bytes both ways until one side ends or both are silent for `IDLE_S`."""
    with selectors.DefaultSelector() as selector:
        selector.register(program, selectors.EVENT_READ, (program, server))
        selector.register(server, selectors.EVENT_READ, (server, program))
        while ready := selector.select(IDLE_S):
            for key, _ in ready:
                source, target = key.data
                block = source.recv(_BLOCK)
                if not block:
                    return
                target.sendall(block)
                if target is server:
                    passed.sent += len(block)
                else:
                    passed.received += len(block)
