"""One HTTP/1.1 request over one connection, with the exact bytes that came: head as it was, body to a file.

It speaks the protocol itself over the standard library's sockets and TLS. `http.client` and the libraries on top of it
join and decode header fields, stop at a malformed one, take an early hint for the response, and drop bytes that came
before a time-out; a record needs all of these as they were.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from forensics.errors import ForensicsError, StoreError
from forensics.model import Gap, GapReason
from forensics.web.exchange import Body, Headers, Tls
from forensics.web.fetch_proxy import Proxy

BLOCK_BYTES = 1 << 18
"""How much is read at once."""

HEAD_BYTES = 1 << 18
"""Longest head that is accepted. *Source:* Chromium, net/http/http_stream_parser.h, kMaxHeaderBufSize."""

NO_BODY = (204, 304)
"""Responses without a body. *Source:* RFC 9112, section 6.3."""

_STATUS = re.compile(rb"(HTTP/\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?")
_FIELD = re.compile(rb"([^\s:\x00-\x1f]+)[ \t]*:[ \t]*(.*?)[ \t]*", re.DOTALL)
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)


class WireError(ForensicsError):
    """A connection could not be made, or ended before it should.

    Attributes:
        why: The reason as a gap states it.
        is_lasting: Whether the same request would fail in the same way: a wrong certificate, a name without address.
        peer: IP address that was connected to; empty where none was.
        tls: What the server showed before the connection was given up; None where it showed nothing.
    """

    def __init__(self, message: str, *, why: GapReason = GapReason.FAILED, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.why = why
        self.is_lasting = is_lasting
        self.peer = ""
        self.tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited.

    Attributes:
        connect_s: For a connection to one address, in seconds.
        idle_s: For the next bytes, in seconds.
        deadline: Until when at all, on `time.monotonic`.
    """

    connect_s: float
    idle_s: float
    deadline: float

    def wait_s(self, most_s: float) -> float:
        """Gives how long may be waited now.

        Raises:
            WireError: The time is over.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise WireError("the time for this request is over", why=GapReason.TIMED_OUT, is_lasting=True)
        return min(left, most_s)


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and header fields.

    Attributes:
        raw: The exact bytes, the empty line included; interim responses (1xx) are not in it.
        malformed: How many lines are no header field and were left out of `fields`.
    """

    raw: bytes
    version: str
    status: int
    reason: str
    fields: Headers
    malformed: int = 0

    def all(self, name: str) -> list[str]:
        """Gives the values of all fields of a name, in lower case."""
        return [value for key, value in self.fields if key.lower() == name]


class Connection:
    """A connection to a server; the time and the byte order of reading are its invariants.

    Attributes:
        peer: IP address that is connected to; empty behind a proxy, which alone knows it.
        tls: What is known of the encryption; None where there is none.
        alpn: Protocol that was agreed on; empty where none was.
    """

    def __init__(self, sock: socket.socket, patience: Patience, *, is_direct: bool = True) -> None:
        self.peer = _peer(sock) if is_direct else ""
        self._sock = sock
        self._raw = _Timed(sock, patience)
        self._patience = patience
        self.reader = cast(io.BufferedReader, io.BufferedReader(self._raw, BLOCK_BYTES))
        self.tls = _describe(sock) if isinstance(sock, ssl.SSLSocket) else None
        self.alpn = (sock.selected_alpn_protocol() or "") if isinstance(sock, ssl.SSLSocket) else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    @property
    def is_ragged(self) -> bool:
        """Whether the server ended an encrypted connection without saying so, which anyone on the way can do, too."""
        return self._raw.is_ragged

    def send(self, request: bytes) -> None:
        """Sends a request.

        Raises:
            WireError: It could not be sent.
        """
        self._sock.settimeout(self._patience.wait_s(self._patience.idle_s))
        with _translated():
            self._sock.sendall(request)


def connect(
    addresses: Sequence[str], port: int, *, patience: Patience, context: ssl.SSLContext | None = None, host: str = ""
) -> Connection:
    """Connects to the first address that answers.

    Args:
        addresses: IP addresses, in the order in which they are tried.
        port: TCP port.
        patience: How long is waited.
        context: How the connection is encrypted; None for none.
        host: Name that the certificate must be for.

    Raises:
        WireError: No address answered, or the server's certificate does not hold.
    """
    failure = WireError("the name has no address", is_lasting=True)
    for address in addresses:
        try:
            with _translated():
                sock = socket.create_connection((address, port), timeout=patience.wait_s(patience.connect_s))
        except WireError as error:
            failure = error
            continue
        try:
            return Connection(_encrypted(sock, context, host=host, patience=patience), patience)
        except WireError as error:
            failure = error
            failure.peer = address
    raise failure


def connect_through(
    proxy: Proxy, port: int, *, patience: Patience, context: ssl.SSLContext | None = None, host: str
) -> Connection:
    """Connects to a host through a proxy, which resolves its name; arguments are as for `connect`.

    Raises:
        WireError: The proxy cannot be reached or does not let it through, or the server's certificate does not hold.
    """
    with _translated():
        timeout_s = patience.wait_s(patience.connect_s)
        sock = proxy.open(host, port, timeout_s=timeout_s, is_tunnel=context is not None)
    return Connection(_encrypted(sock, context, host=host, patience=patience), patience, is_direct=False)


def read_head(connection: Connection) -> Head:
    """Reads the head of the final response; interim ones (1xx) are read and dropped.

    Raises:
        WireError: The connection ended, or what came is not HTTP.
    """
    while True:
        lines = list(_head_lines(connection.reader))
        match = _STATUS.fullmatch(lines[0].rstrip(b"\r\n"))
        if match is None:
            raise WireError(f"the answer is not HTTP/1: {lines[0][:80]!r}", why=GapReason.UNPARSABLE, is_lasting=True)
        status = int(match[2])
        if status >= 200 or status == 101:  # noqa: PLR2004 -- 101 ends HTTP; others below 200 are interim
            break
    fields, malformed = _fields(lines[1:-1])
    reason = (match[3] or b"").decode("latin-1")
    return Head(b"".join(lines), match[1].decode(), status, reason, fields, malformed)


def read_body(connection: Connection, head: Head, *, path: Path, limit_bytes: int) -> tuple[Body, WireError | None]:
    """Streams a body into a new file. Chunks are joined; content encodings stay on.

    Args:
        connection: Just behind the head.
        head: Says how the body ends (RFC 9112, section 6.3).
        path: The file; made only where there is a body.
        limit_bytes: More is not kept.

    Returns:
        The body with the gap that it has, and the error that cut it, where one did.

    Raises:
        StoreError: The file cannot be written.
    """
    if head.status in NO_BODY:
        return Body(), None
    failure: WireError | None = None
    size = 0
    with _writing(path) as file:
        try:
            for block in _blocks(connection, head):
                kept = block[: limit_bytes - size]
                file.write(kept)
                size += len(kept)
                if len(kept) < len(block):
                    raise WireError(  # noqa: TRY301 -- one place states every way in which a body ends early
                        f"the body is longer than the limit of {limit_bytes} bytes",
                        why=GapReason.LIMIT,
                        is_lasting=True,
                    )
        except WireError as error:
            failure = error
    gap = Gap("body", failure.why, f"{failure}; {size} bytes are kept") if failure else _unsure(connection, head)
    return Body(path, size, gap=gap), failure


def declared_length(head: Head) -> int | None:
    """Gives the length that the head states; None where it states none, or several, or one that is no number."""
    values = {part.strip() for value in head.all("content-length") for part in value.split(",")}
    text = values.pop() if len(values) == 1 else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 -- 63 bits


def _blocks(connection: Connection, head: Head) -> Iterator[bytes]:
    coding = ",".join(head.all("transfer-encoding")).lower().replace(" ", "")
    if coding.rpartition(",")[2] == "chunked":
        yield from _chunks(connection.reader)
        return
    length = None if coding else declared_length(head)
    if length is None:
        while block := connection.reader.read1(BLOCK_BYTES):
            yield block
        return
    yield from _exactly(connection.reader, length, of=f"the body's {length} bytes")


def _chunks(reader: io.BufferedReader) -> Iterator[bytes]:
    """Gives what is inside of chunks. *Source:* RFC 9112, section 7.1."""
    while True:
        line = reader.readline(HEAD_BYTES)
        match = _SIZE.fullmatch(line.rstrip(b"\r\n"))
        if not line.endswith(b"\n"):
            raise WireError("the connection ended between two chunks")
        if match is None:
            raise WireError(f"a chunk's length is {line[:40]!r}", why=GapReason.UNPARSABLE, is_lasting=True)
        length = int(match[1], 16)
        if length == 0:
            break
        yield from _exactly(reader, length, of="a chunk")
        if reader.readline(3) not in (b"\r\n", b"\n"):
            raise WireError("a chunk does not end where it should", why=GapReason.UNPARSABLE)
    while reader.readline(HEAD_BYTES) not in (b"\r\n", b"\n", b""):
        continue


def _exactly(reader: io.BufferedReader, length: int, *, of: str) -> Iterator[bytes]:
    left = length
    while left:
        block = reader.read1(min(left, BLOCK_BYTES))
        if not block:
            raise WireError(f"the connection ended before the last {left} of {of}")
        left -= len(block)
        yield block


def _unsure(connection: Connection, head: Head) -> Gap | None:
    """States what is doubtful about a body that did not end early."""
    coding = ",".join(head.all("transfer-encoding")).lower().replace(" ", "")
    if coding not in ("", "chunked"):
        return Gap("body", GapReason.UNPARSABLE, f"it was sent as {coding[:80]!r} and is kept without its chunks only")
    if not coding and declared_length(head) is None:
        if head.all("content-length"):
            return Gap("body", GapReason.UNPARSABLE, "the server states its length in a way that contradicts itself")
        if connection.is_ragged:
            return Gap("body", GapReason.FAILED, "the connection ended without a sign that the body is whole")
    return None


def _head_lines(reader: io.BufferedReader) -> Iterator[bytes]:
    """Gives the lines of a head, the empty one at its end included."""
    left = HEAD_BYTES
    is_first = True
    while True:
        line = reader.readline(left)
        left -= len(line)
        if not line:
            raise WireError("the server closed the connection " + ("without an answer" if is_first else "in the head"))
        if not line.endswith(b"\n"):
            raise WireError("the head of the answer is cut or too long", why=GapReason.UNPARSABLE)
        yield line
        if line in (b"\r\n", b"\n") and not is_first:
            return
        is_first = False


def _fields(lines: Sequence[bytes]) -> tuple[Headers, int]:
    """Takes lines apart; a line that begins with white space continues the one before (RFC 9112, section 5.2)."""
    fields: list[tuple[str, str]] = []
    malformed = 0
    for line in lines:
        text = line.rstrip(b"\r\n")
        match = _FIELD.fullmatch(text)
        if text[:1] in (b" ", b"\t") and fields:
            name, value = fields.pop()
            fields.append((name, f"{value} {text.strip().decode('latin-1')}".strip()))
        elif match:
            fields.append((match[1].decode("latin-1"), match[2].decode("latin-1")))
        else:
            malformed += 1
    return tuple(fields), malformed


def _encrypted(sock: socket.socket, context: ssl.SSLContext | None, *, host: str, patience: Patience) -> socket.socket:
    """Encrypts a connection; where that fails, the certificates that the server showed are in the error."""
    if context is None:
        return sock
    secured: ssl.SSLSocket | None = None
    try:
        sock.settimeout(patience.wait_s(patience.connect_s))
        with _translated():
            secured = context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
            secured.do_handshake()
    except WireError as error:
        error.tls = _describe(secured) if secured and _chain(secured) else None
        (secured or sock).close()
        raise
    return secured


def _describe(sock: ssl.SSLSocket) -> Tls:
    cipher = sock.cipher()
    return Tls((sock.version() or "").replace("TLSv", "TLS "), cipher[0] if cipher else "", chain=_chain(sock))


def _chain(sock: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Gives the certificates that the server sent, its own first; only that where Python cannot tell the others.

    Python 3.13 has a method for it; before, only the object inside of the socket has it.
    """
    inner: Any = sock if hasattr(sock, "get_unverified_chain") else getattr(sock, "_sslobj", None)
    chain = inner.get_unverified_chain() if hasattr(inner, "get_unverified_chain") else None
    if chain:
        return tuple(one if isinstance(one, bytes) else _der(one) for one in chain)
    try:
        own = sock.getpeercert(binary_form=True)
    except ValueError:  # the handshake did not come so far
        return ()
    return (own,) if own else ()


def _der(certificate: Any) -> bytes:
    """Gives a certificate's bytes; its default form is PEM."""
    return ssl.PEM_cert_to_DER_cert(certificate.public_bytes())


class _Timed(io.RawIOBase):
    """Reads a socket within the time that there is, and tells a clean end from a ragged one."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._sock = sock
        self._patience = patience
        self.is_ragged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._sock.settimeout(self._patience.wait_s(self._patience.idle_s))
        try:
            with _translated():
                return self._sock.recv_into(buffer)
        except WireError as error:
            if isinstance(error.__cause__, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                self.is_ragged = isinstance(error.__cause__, ssl.SSLEOFError)
                return 0
            raise


def _peer(sock: socket.socket) -> str:
    """Gives the IP address at the other end; a connection that was reset already is closed."""
    try:
        with _translated():
            return str(sock.getpeername()[0]).partition("%")[0]
    except WireError:
        sock.close()
        raise


@contextmanager
def _translated() -> Iterator[None]:
    """Translates what sockets raise."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message.rstrip(".")
        raise WireError(f"the server's certificate is refused: {reason}", is_lasting=True) from error
    except TimeoutError as error:
        raise WireError("the server did not answer in time", why=GapReason.TIMED_OUT) from error
    except OSError as error:
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            raise WireError(f"no encrypted connection: {error.reason or error}", is_lasting=True) from error
        raise WireError(f"the connection failed: {error.strerror or error}") from error


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file; what cannot be written whole is removed."""
    try:
        with path.open("xb") as file:
            yield file
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise StoreError(f"a body cannot be stored: {error.strerror}", hint="Free space on the disk.") from error
