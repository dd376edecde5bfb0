"""A server on raw sockets that sends exactly what a test wants sent, well-formed or not."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request as it came: request line, fields with names in lower case, and the exact bytes."""

    target: str
    fields: Mapping[str, str]
    raw: bytes
    number: int


Answer = Callable[[Asked, socket.socket], None]


@dataclass
class Server:
    """Answers by the path of a request; `log` holds every request."""

    routes: dict[str, Answer]
    address: str = "127.0.0.1"
    context: ssl.SSLContext | None = None
    log: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.address, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def url(self, path: str, host: str = "") -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                raw = b""
                while b"\r\n\r\n" not in raw:
                    block = connection.recv(65536)
                    if not block:
                        return
                    raw += block
                self._route(raw, connection)

    def _route(self, raw: bytes, connection: socket.socket) -> None:
        lines = raw.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        path = target.partition("?")[0]
        number = sum(one.target.partition("?")[0] == path for one in self.log)
        asked = Asked(target, fields, raw, number)
        self.log.append(asked)
        self.routes.get(path, reply(b"there is nothing here", status="404 Not Found"))(asked, connection)


def raw(*blocks: bytes) -> Answer:
    """Sends these bytes and closes."""

    def answer(_: Asked, connection: socket.socket) -> None:
        for block in blocks:
            connection.sendall(block)

    return answer


def reply(body: bytes, *, status: str = "200 OK", **fields: str) -> Answer:
    """Sends a well-formed response; underscores in names of fields are hyphens."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given.items())]
    if not any(name.lower() in ("content-length", "transfer-encoding") for name in given):
        lines.append(f"Content-Length: {len(body)}")
    return raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def redirect(to: str, status: str = "302 Found") -> Answer:
    return reply(b"elsewhere", status=status, Location=to)


def in_turn(*answers: Answer) -> Answer:
    """Gives the first answer to the first request, and so on; the last to all further ones."""

    def answer(asked: Asked, connection: socket.socket) -> None:
        answers[min(asked.number, len(answers) - 1)](asked, connection)

    return answer


def ranged(body: bytes, *, etag: str = '"one"', cut: int | None = None, **fields: str) -> Answer:
    """Serves ranges as RFC 9110 wants it, If-Range included; `cut` ends the connection after so many body bytes."""

    def answer(asked: Asked, connection: socket.socket) -> None:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.fields.get("range", ""))
        tags = {"ETag": etag} if etag else {}
        if match is None or (asked.fields.get("if-range") not in (None, etag, fields.get("Last_Modified"))):
            sent = reply(body[:cut], Content_Length=str(len(body)), Accept_Ranges="bytes", **tags, **fields)
        else:
            start = int(match[1])
            part = body[start : int(match[2]) + 1 if match[2] else None]
            of = f"bytes {start}-{start + len(part) - 1}/{len(body)}"
            status = "206 Partial Content"
            sent = reply(part[:cut], status=status, Content_Range=of, Content_Length=str(len(part)), **tags, **fields)
        sent(asked, connection)

    return answer


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, in files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    path: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        context.set_alpn_protocols(["http/1.1"])
        return context

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


def certify(
    folder: Path, name: str, *, by: Signed | None = None, host: str = "127.0.0.1", days: tuple[int, int] = (-1, 30)
) -> Signed:
    """Makes an authority (`by` is None) or a server's certificate, valid between days counted from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    try:
        names: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        names = x509.DNSName(host)
    builder = builder.add_extension(x509.SubjectAlternativeName([names]), critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    path = folder / f"{name}.pem"
    chain = [certificate, by.certificate] if by else [certificate]
    pems = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(pems + key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return Signed(certificate, key, path)
