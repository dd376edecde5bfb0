"""A time-stamp authority on loopback: real tokens by `openssl ts -reply`, and whatever can go wrong with one.

By hand: `python -m tests.fakes.tsa --folder DIR` prints its address and the path of its root certificate.
"""

from __future__ import annotations

import argparse
import contextlib
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from asn1crypto import tsp

from tests.fakes import pki
from tests.fakes.pki import Party

HUGE = 3 << 20
_OPENSSL = threading.Lock()


class Behaviour(StrEnum):
    """How the authority answers."""

    HONEST = "honest"
    UNSORTED = "unsorted"
    NO_CERTIFICATES = "no-certificates"
    SILENT = "silent"
    SLOW = "slow"
    SLOW_HEADERS = "slow-headers"
    HTTP_500 = "http-500"
    HTTP_403 = "http-403"
    REDIRECT = "redirect"
    REJECTION = "rejection"
    WRONG_NONCE = "wrong-nonce"
    NO_NONCE = "no-nonce"
    WRONG_IMPRINT = "wrong-imprint"
    WRONG_SIGNATURE = "wrong-signature"
    GARBAGE = "garbage"
    PAGE = "page"
    TRUNCATED = "truncated"
    HUGE = "huge"
    EXPIRED = "expired"
    NO_EKU = "no-eku"
    OTHER_CA = "other-ca"
    HANGS_UP = "hangs-up"


CONFIGURATION = """
[tsa]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.3161.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class TimeStampAuthority:
    """A running authority; a context manager.

    Attributes:
        folder: Keys and certificates are made here once and found again by the next authority in the same folder.
        port: 0 for any free one.
        digests: SHA-256 digests that were asked for, in hex.
        requests: Requests as received: paths and bodies.
    """

    folder: Path
    behaviour: Behaviour = Behaviour.HONEST
    port: int = 0
    has_intermediate: bool = False
    is_https: bool = False
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._prepare()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        if self.is_https:
            self._server.socket = self._tls().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """Address to configure."""
        return f"http{'s' * self.is_https}://127.0.0.1:{self._server.server_address[1]}/tsa"

    @property
    def anchor_pem(self) -> Path:
        """Path of the root certificate that a user would trust."""
        return self.folder / "root.pem"

    @property
    def anchor(self) -> bytes:
        """The root certificate in PEM."""
        return self.anchor_pem.read_bytes()

    @property
    def serial_number(self) -> int:
        """Serial number of the signing certificate."""
        return self._signer.certificate.serial_number

    def revocation_list(self, **arguments: Any) -> bytes:
        """Makes a revocation list of the issuer of the signing certificate; arguments as `pki.revocation_list`."""
        return pki.revocation_list(self._issuer, **arguments)

    def reply(self, query: bytes) -> bytes:
        """Answers a query as the behaviour says, without HTTP."""
        return _REPLIES.get(self.behaviour, TimeStampAuthority._honest)(self, query)

    def _prepare(self) -> None:
        root = self._kept("root", pki.root)
        self._issuer = self._kept("intermediate", lambda: pki.intermediate(root)) if self.has_intermediate else root
        if self.behaviour is Behaviour.OTHER_CA:
            self._issuer = self._kept("other", lambda: pki.root("Another root"))
        name = f"tsa-{self.behaviour}{'-i' * self.has_intermediate}"
        self._signer = self._kept(name, lambda: self._make_signer(self._issuer))
        self._signer_paths = self._paths
        self._configuration = self.folder / "openssl.cnf"
        self._configuration.write_text(CONFIGURATION.format(folder=self.folder))
        self._chain = self.folder / f"{name}-chain.pem"
        self._chain.write_bytes(b"".join(each.pem for each in self._companions()))
        if not (self.folder / "serial").exists():
            (self.folder / "serial").write_text("01\n")

    def _tls(self) -> ssl.SSLContext:
        root = self._kept("root", pki.root)
        self._kept("web", lambda: pki.web_server(root))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._paths)
        return context

    def _kept(self, name: str, make: Callable[[], Party]) -> Party:
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not certificate.exists():
            party = make()
            key.write_bytes(party.key_pem)
            certificate.write_bytes(party.pem)
        self._paths = (certificate, key)
        return pki.load(certificate.read_bytes(), key.read_bytes())

    def _make_signer(self, issuer: Party) -> Party:
        if self.behaviour is Behaviour.EXPIRED:
            return pki.stamper(issuer, not_before=pki.EARLY, not_after=datetime.now(UTC) - pki.days(1))
        if self.behaviour is Behaviour.NO_EKU:
            return pki.stamper(issuer, usages=())
        # A long name makes this certificate longer than its issuer's; DER sorts shorter ones first, openssl does not.
        return pki.stamper(issuer, "Test time-stamp authority with quite a long name")

    def _companions(self) -> list[Party]:
        if self.behaviour is Behaviour.UNSORTED or self.has_intermediate:
            return [self._issuer]
        return []

    def _honest(self, query: bytes) -> bytes:
        certificate, key = self._signer_paths
        with _OPENSSL, _files(self.folder, query=query) as (question, answer):
            command = ["openssl", "ts", "-reply", "-config", str(self._configuration), "-section", "tsa"]
            command += ["-queryfile", str(question), "-signer", str(certificate), "-inkey", str(key)]
            command += ["-chain", str(self._chain)] if self._companions() else []
            subprocess.run([*command, "-out", str(answer)], check=True, capture_output=True, timeout=20)
            return answer.read_bytes()

    def _forged(self, query: bytes, **forgery: Any) -> bytes:
        request = tsp.TimeStampReq.load(query)
        told = pki.Forgery(**{"nonce": request["nonce"].native, **forgery})
        digest = request["message_imprint"]["hashed_message"].native
        return pki.forge_token(datetime.now(UTC), digest, signer=self._signer, forgery=told)

    def _wrong_signature(self, query: bytes) -> bytes:
        answer = bytearray(self._forged(query))
        answer[-1] ^= 1  # the last byte of the last field, which is the signature
        return bytes(answer)

    def _wrong_nonce(self, query: bytes) -> bytes:
        return self._honest(pki.query_with(query, nonce=4711))

    def _wrong_imprint(self, query: bytes) -> bytes:
        return self._honest(pki.query_with(query, digest=bytes(32)))


_Reply = Callable[[TimeStampAuthority, bytes], bytes]
_REPLIES: dict[Behaviour, _Reply] = {
    Behaviour.REJECTION: lambda _authority, _query: pki.rejection(),
    Behaviour.WRONG_NONCE: TimeStampAuthority._wrong_nonce,
    Behaviour.NO_NONCE: lambda authority, query: authority._forged(query, nonce=None),
    Behaviour.WRONG_IMPRINT: TimeStampAuthority._wrong_imprint,
    Behaviour.WRONG_SIGNATURE: TimeStampAuthority._wrong_signature,
    Behaviour.NO_CERTIFICATES: lambda authority, query: authority._forged(query, certificates=[]),
    Behaviour.NO_EKU: lambda authority, query: authority._forged(query),
    Behaviour.GARBAGE: lambda _authority, _query: b"\x30\x03\x02\x01" + b"garbage" * 40,
    Behaviour.PAGE: lambda _authority, _query: b"<html>Please log in to this network</html>",
    Behaviour.TRUNCATED: lambda authority, query: authority._honest(query)[:-100],
    Behaviour.HUGE: lambda _authority, _query: bytes(HUGE),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stays quiet: clients that hang up are part of the tests."""


def _handler(authority: TimeStampAuthority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: Any) -> None:
            """Stays quiet."""

        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            authority.requests.append((self.path, query))
            with contextlib.suppress(OSError):
                _ANSWERS.get(authority.behaviour, _answer)(self, authority, query)

        def do_GET(self) -> None:
            authority.requests.append((self.path, b""))
            self.send_error(405)

    return Handler


def _answer(handler: BaseHTTPRequestHandler, authority: TimeStampAuthority, query: bytes) -> None:
    body = authority.reply(query)
    kind = "text/html" if authority.behaviour is Behaviour.PAGE else "application/timestamp-reply"
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _keep_silent(_handler: BaseHTTPRequestHandler, authority: TimeStampAuthority, _query: bytes) -> None:
    authority._stopping.wait()


def _drip(handler: BaseHTTPRequestHandler, authority: TimeStampAuthority, query: bytes) -> None:
    body = authority.reply(query)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    _drip_bytes(handler, authority, body)


def _drip_headers(handler: BaseHTTPRequestHandler, authority: TimeStampAuthority, _query: bytes) -> None:
    _drip_bytes(handler, authority, b"HTTP/1.0 200 OK\r\nX-Patience: " + b"z" * 5000)


def _drip_bytes(handler: BaseHTTPRequestHandler, authority: TimeStampAuthority, data: bytes) -> None:
    for position in range(len(data)):
        if authority._stopping.wait(0.05):
            return
        handler.wfile.write(data[position : position + 1])
        handler.wfile.flush()


def _redirect(handler: BaseHTTPRequestHandler, _authority: TimeStampAuthority, _query: bytes) -> None:
    handler.send_response(307)
    handler.send_header("Location", "file:///etc/passwd")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _hang_up(handler: BaseHTTPRequestHandler, _authority: TimeStampAuthority, _query: bytes) -> None:
    handler.close_connection = True


_Answer = Callable[[BaseHTTPRequestHandler, TimeStampAuthority, bytes], None]
_ANSWERS: dict[Behaviour, _Answer] = {
    Behaviour.SILENT: _keep_silent,
    Behaviour.SLOW: _drip,
    Behaviour.SLOW_HEADERS: _drip_headers,
    Behaviour.HTTP_500: lambda handler, _authority, _query: handler.send_error(500),
    Behaviour.HTTP_403: lambda handler, _authority, _query: handler.send_error(403),
    Behaviour.REDIRECT: _redirect,
    Behaviour.HANGS_UP: _hang_up,
}


@contextlib.contextmanager
def _files(folder: Path, *, query: bytes) -> Iterator[tuple[Path, Path]]:
    question, answer = folder / "query.tsq", folder / "answer.tsr"
    question.write_bytes(query)
    try:
        yield question, answer
    finally:
        question.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def main() -> None:
    """Runs an authority until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--behaviour", type=Behaviour, choices=list(Behaviour), default=Behaviour.HONEST)
    chosen = parser.parse_args()
    with TimeStampAuthority(chosen.folder.resolve(), chosen.behaviour, chosen.port) as authority:
        print(authority.url, authority.anchor_pem, flush=True)  # noqa: T201 - a script that says where it is
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
