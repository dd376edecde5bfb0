"""A web site on loopback, over HTTP and HTTPS with an authority of its own, that behaves and misbehaves on demand.

By hand: `python -m tests.fakes.site --folder DIR [--port N]` prints its addresses and the path of its root certificate.

Listeners: `http` (127.0.0.1), `other` (127.0.0.2, the same port: another origin on another address), `https` (good, by
an intermediate), `tls12` (good, nothing newer than TLS 1.2), and with bad certificates `expired`, `not-yet`,
`wrong-host`, `self-signed`, `unknown-ca`. Every path is on every listener; `Site.set` switches a path off.

| path | what it is |
|---|---|
| `/` | an index of every path here |
| `/article/N` | 1 to 20: ordinary pages with text, four pictures, a style sheet and a script; for benchmarks too |
| `/group` | page of a chat group: 2,013 成员, price list, poster, times shown and raw, two clips; can be `altered` |
| `/user/yunshang_0417` | profile of the poster |
| `/notice` | a notice of three lines and a picture; can be `altered` |
| `/403 /404 /410 /500 /503 /204` | that status |
| `/redirect/301 /redirect/302` | to `/article/1` |
| `/redirect/chain` | `left=5` redirects of all five kinds, to `/article/1` |
| `/redirect/loop` | to itself |
| `/redirect/meta /redirect/script` | by meta refresh to `/article/2`, by script to `/article/3` |
| `/redirect/other /private/redirect` | to the listener `other`: another origin, a private address |
| `/redirect/404 /redirect/file /redirect/odd` | to a 404, to `file:///etc/passwd`, to an address that is none |
| `/tall` | 20,000 px (`px`): row N of 100 px has the colour rgb(N, 255 - N, 128) |
| `/endless` | twenty more posts whenever the end comes into view |
| `/lazy` | eight pictures 1500 px apart: four by `loading=lazy`, four by IntersectionObserver |
| `/responsive` | srcset in three sizes, picture, CSS background, image-set, the same twice, a missing one |
| `/clips /clips/one` | video with poster, with sources, audio, a clip of another origin; one bare video |
| `/stream` | an HLS stream in two renditions (`/hls/…`; as DASH: `/dash/manifest.mpd`) |
| `/media-source` | a video with a blob: address, fed by script |
| `/service-worker` | registers a worker that would alter this page at the next visit |
| `/worker /websocket` | text fetched by a worker; echo of text and bytes at `/echo` |
| `/pop-ups` | opens windows at once, by a click, by a link |
| `/dialogs /dialogs/leaving` | alert, confirm and prompt while loading; an objection to leaving |
| `/console` | every kind of console line, an exception, a rejected promise |
| `/edits` | changes its price from 188 to 388 after 300 ms |
| `/text/inline /text/fetched /text/drawn` | text by script; from JSON; pictures from data: and blob:, and a canvas |
| `/changing` | differs at each visit: counter and time |
| `/frames` | frames of the same origin, of another, nested, srcdoc, sandboxed |
| `/private` | loopback in every disguise as picture, frame, fetch and beacon |
| `/parts-fail` | whole, but parts of it fail: 404, cut, nobody there, expired certificate |
| `/hostile/title /hostile/tree` | script, right-to-left and 5000 characters in a title; deep tree, broken built-ins |
| `/downloads` | links the downloads and starts one |
| `/download/NAME` | a PDF to save: plain traversal script rtl unicode nul long none (kinds of file name) |
| `/charset/gbk /charset/meta /charset/wrong` | GBK by header, GB 18030 by meta, GBK declared as UTF-8 |
| `/login /logout /members /api/me` | form (`USER`, `PASSWORD`), cookies and token, what only members see |
| `/login/auto` | logs in by itself and goes on to `/members` |
| `/members/picture.png /members/clip.mp4` | 403 without the session |
| `/wall/login /wall/login-zh` | a login form under status 200 |
| `/wall/challenge /wall/captcha /wall/slider` | “verify you are human” (403), a captcha (200), 请完成安全验证 (200) |
| `/wall/too-many /wall/legal` | 429, 451 |
| `/wall/consent/LANGUAGE` | en, fr, zh: consent that covers everything until it is given |
| `/wall/banner /wall/mentions` | no walls: a small banner; an article about captchas with a login form in its header |
| `/blank /blank/script /blank/empty` | nothing to see; a script that fails; no byte at all |
| `/soft-404` | 该内容已被发布者删除 under status 200 |
| `/cloak /browsers-only` | other content, or 403, for a plain client |
| `/slow /never /silent` | a line every `ms`=100; lines without end; no answer |
| `/hang-up /garbage` | closes without a byte; answers what is not HTTP |
| `/cut/length /cut/chunked /cut/gzip` | bodies that end too early (`after`=0 ms before the connection closes) |
| `/length/short /chunked` | a length that is 100 too small; good chunks |
| `/gzip /deflate /brotli /gzip/bomb` | encoded pages; 100 KiB that unfold to 100 MiB |
| `/huge` | `mb`=20 MiB of HTML; `as=hidden` keeps it from the layout |
| `/file` | `mb`=8 MiB with ranges; `break=N ranges=no etag=no changed=1 mbps=N` |
| `/file/digest /file/digest-wrong /file/md5-wrong` | Repr-Digest right and wrong, Content-MD5 wrong |
| `/header/odd /header/no-type` | Latin-1, folded, repeated, empty header fields; no Content-Type |
| `/is/TYPE` | a document that is no page: json text xml svg png pdf mp4 zip, and a PNG declared as HTML (mislabelled) |

Parts: `/img/WIDTHxHEIGHT-NUMBER.png` or `.jpg`, `/media/` and clip-1.mp4 clip-2.mp4 clip.webm fragments.mp4 tone.mp3
tone.wav, `/hls/…`, `/dash/…`, `/frame/…`, `/asset/…`, `/api/said`.
"""

from __future__ import annotations

import argparse
import contextlib
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, SO_LINGER, SOL_SOCKET, socket
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

from tests.fakes import pki, site_socket
from tests.fakes.pki import Party
from tests.fakes.site_media import FILES, FOLDERS
from tests.fakes.site_pages import PAGES, PARTS
from tests.fakes.site_reply import WIRE, Asked, Page, Raw, Reply, page
from tests.fakes.site_walls import WALLS

PATHS: Mapping[str, Page] = {**PAGES, **WALLS, **WIRE, **FILES}
"""Every path that makes sense as the address of a page."""
SECURE = ("https", "tls12", "expired", "not-yet", "wrong-host", "self-signed", "unknown-ca")
"""Listeners that speak HTTPS."""
BAD = SECURE[2:]
"""Listeners whose certificate no client may accept."""
ECHO = "/echo"
"""The WebSocket."""
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Site:
    """A running site; a context manager.

    Attributes:
        folder: Keys and certificates are made here once and found again by the next site in the same folder.
        port: Of the listeners `http` and `other`; 0 for any free one. The secure ones always take a free one.
        host: Address of all listeners but `other`.
        other_host: Address of the listener `other`.
        stopping: Set when the site ends, so that slow answers end too.
    """

    folder: Path
    port: int = 0
    host: str = "127.0.0.1"
    other_host: str = "127.0.0.2"
    stopping: threading.Event = field(default_factory=threading.Event)
    _log: list[Asked] = field(default_factory=list)
    _modes: dict[str, str] = field(default_factory=dict)
    _visits: Counter[str] = field(default_factory=Counter)
    _servers: dict[str, _Server] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_up: bool = True
    _lost_at: str = ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        parties = _parties(self)
        self._servers["http"] = _Server(self, "http", (self.host, self.port))
        self.port = self._servers["http"].server_address[1]
        self._servers["other"] = _Server(self, "other", (self.other_host, self.port))
        for name in SECURE:
            self._servers[name] = _Server(
                self, name, (self.host, 0), context=_context(self.folder, name, parties[name])
            )
        for server in self._servers.values():
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        for server in self._servers.values():
            server.stop()

    @property
    def ca_pem(self) -> Path:
        """Path of the root certificate that a client must trust."""
        return self.folder / "root.pem"

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that makes sense as the address of a page."""
        return tuple(PATHS)

    def url(self, path: str = "/", listener: str = "http") -> str:
        """Gives the address of a path on a listener."""
        host = self.other_host if listener == "other" else self.host
        return f"http{'s' if listener in SECURE else ''}://{host}:{self._servers[listener].server_port}{path}"

    @property
    def log(self) -> tuple[Asked, ...]:
        """Requests so far, in the order in which they were read."""
        with self._lock:
            return tuple(self._log)

    def asked(self, path: str, listener: str = "") -> list[Asked]:
        """Gives the requests for one path, on one listener or on all."""
        return [asked for asked in self.log if asked.path == path and listener in {"", asked.listener}]

    def forget(self) -> None:
        """Empties the log, the counts of visits and the switches."""
        with self._lock:
            self._log.clear()
            self._visits.clear()
            self._modes.clear()

    def set(self, path: str, mode: str) -> None:
        """Switches a path: `altered` where its page has two forms, `gone`, `missing`, `refused`, `dead`, `normal`."""
        with self._lock:
            self._modes[path] = mode

    def mode(self, path: str) -> str:
        """Tells how a path is switched."""
        with self._lock:
            return self._modes.get(path, "normal")

    def visits(self, path: str) -> int:
        """Counts the requests for a path since the start, or since `forget`."""
        with self._lock:
            return self._visits[path]

    def lose_network(self) -> None:
        """Breaks every connection and refuses new ones, until `restore_network`."""
        self._is_up = False
        for server in self._servers.values():
            server.break_connections()

    def lose_network_at(self, path: str) -> None:
        """Loses the network in the middle of the next answer for a path."""
        self._lost_at = path

    def restore_network(self) -> None:
        """Lets clients in again."""
        self._is_up, self._lost_at = True, ""

    @property
    def is_up(self) -> bool:
        """Whether clients can reach the site."""
        return self._is_up

    def is_lost_at(self, path: str) -> bool:
        """Whether the network is to be lost at a path."""
        return self._lost_at == path

    def answer(self, asked: Asked) -> Reply | Raw:
        """Finds what a request is answered with."""
        with self._lock:
            self._log.append(asked)
            self._visits[asked.path] += 1
        switched = _SWITCHED.get(self.mode(asked.path))
        return switched() if switched else _page_for(asked.path)(asked, self)


def _page_for(path: str) -> Page:
    found = PATHS.get(path) or PARTS.get(path)
    if found is None:
        found = next((answer for folder, answer in FOLDERS.items() if path.startswith(folder)), None)
    return found or _missing


def _missing(asked: Asked, place: Any) -> Reply:
    return page("Not found", "<h1>404 Not found</h1>", status=404)


_SWITCHED: Mapping[str, Callable[[], Reply | Raw]] = {
    "gone": lambda: page("Gone", "<h1>410 Gone</h1>", status=410),
    "missing": lambda: page("Not found", "<h1>404 Not found</h1>", status=404),
    "refused": lambda: page("Forbidden", "<h1>403 Forbidden</h1>", status=403),
    "dead": lambda: iter((b"",)),
}


class _Server(ThreadingHTTPServer):
    """One listener; keeps its open connections, so that they can be broken."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self, site: Site, name: str, address: tuple[str, int], *, context: ssl.SSLContext | None = None
    ) -> None:
        self.site, self.name, self._context = site, name, context
        self._open: set[socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Binds without looking up a name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def start(self) -> None:
        """Serves in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection and thread."""
        self.shutdown()
        self.break_connections()
        self.server_close()
        self._thread.join(5)

    def break_connections(self) -> None:
        """Resets what is open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
                connection.shutdown(SHUT_RDWR)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Turns clients away while the network is lost."""
        if not self.site.is_up:
            request.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        return self.site.is_up

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serves one connection, after the handshake where it is secure."""
        with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError), self._secured(request) as connection:
            self._open.add(connection)
            try:
                _Handler(connection, client_address, self)
            finally:
                self._open.discard(connection)

    @contextlib.contextmanager
    def _secured(self, request: socket) -> Iterator[socket]:
        if self._context is None:
            yield request
            return
        request.settimeout(10)
        with self._context.wrap_socket(request, server_side=True) as secure:
            secure.settimeout(None)
            yield secure


class _Handler(BaseHTTPRequestHandler):
    """Reads requests, asks the site for answers and writes them."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def answer(self) -> None:
        """Answers one request."""
        asked = self._read()
        if asked.path == ECHO and asked.header("Sec-WebSocket-Key"):
            self.server.site.answer(asked)
            self._echo(asked.header("Sec-WebSocket-Key"))
            return
        try:
            answer = self.server.site.answer(asked)
        except (ValueError, KeyError):
            answer = _missing(asked, None)
        with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
            self._write(
                asked, answer if isinstance(answer, Reply) else None, () if isinstance(answer, Reply) else answer
            )
            return
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815 -- the base class chose these names

    def _read(self) -> Asked:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = tuple((str(key), str(value)) for key, value in self.headers.items())
        return Asked(datetime.now(UTC), self.server.name, self.command, path, query, headers, body)

    def _write(self, asked: Asked, reply: Reply | None, raw: Any) -> None:
        if reply is None:
            self.close_connection = True
            for piece in raw:
                self.wfile.write(piece)
                self.wfile.flush()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if asked.method != "HEAD":
            self._write_body(asked, reply.body)

    def _write_body(self, asked: Asked, body: bytes) -> None:
        if not self.server.site.is_lost_at(asked.path):
            self.wfile.write(body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        time.sleep(0.1)  # the half must reach the client before the reset overtakes it
        self.close_connection = True
        self.server.site.lose_network()

    def _echo(self, key: str) -> None:
        self.close_connection = True
        with contextlib.suppress(ConnectionError, OSError):
            self.wfile.write(site_socket.handshake(key))
            site_socket.echo(self.rfile, self.wfile)

    def version_string(self) -> str:
        """Names the server."""
        return "TestSite/1"

    def log_message(self, *arguments: Any) -> None:
        """Writes nothing: `Site.log` has it."""


def _parties(site: Site) -> Mapping[str, tuple[Party, ...]]:
    """Makes the chain of each secure listener, the server's own certificate first; kept in the folder."""
    root = _kept(site.folder, "root", lambda: pki.root("Test site root"))
    middle = _kept(site.folder, "intermediate", lambda: pki.intermediate(root, "Test site intermediate"))
    stranger = _kept(site.folder, "stranger", lambda: pki.root("A root that nobody trusts"))
    now, day = datetime.now(UTC).replace(microsecond=0), timedelta(days=1)
    hosts = (site.host, site.other_host, "localhost", "site.test")
    past, future = {"not_before": now - 400 * day, "not_after": now - day}, {"not_before": now + day}

    def server(name: str, issuer: Party | None, **options: Any) -> Party:
        return _kept(site.folder, name, lambda: pki.web_server(issuer, **{"names": hosts, **options}))

    return {
        "https": (server("https", middle), middle),
        "tls12": (server("tls12", middle), middle),
        "expired": (server("expired", middle, **past), middle),
        "not-yet": (server("not-yet", middle, **future), middle),
        "wrong-host": (server("wrong-host", middle, names=("elsewhere.test",)), middle),
        "self-signed": (server("self-signed", None),),
        "unknown-ca": (server("unknown-ca", stranger), stranger),
    }


def _kept(folder: Path, name: str, make: Callable[[], Party]) -> Party:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    if not key.exists():
        party = make()
        certificate.write_bytes(party.pem)
        key.write_bytes(party.key_pem)
    return pki.load(certificate.read_bytes(), key.read_bytes())


def _context(folder: Path, name: str, chain: tuple[Party, ...]) -> ssl.SSLContext:
    path = folder / f"{name}.chain.pem"
    path.write_bytes(chain[0].key_pem + b"".join(party.pem for party in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.set_alpn_protocols(["http/1.1"])
    if name == "tls12":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _main() -> None:
    parser = argparse.ArgumentParser(description="Serves the test site by hand.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    with Site(arguments.folder, port=arguments.port) as site:
        for name in ("http", "other", *SECURE):
            print(f"{name:12} {site.url('/', name)}")  # noqa: T201
        print(f"{'root':12} {site.ca_pem}", flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            site.stopping.wait()


if __name__ == "__main__":
    _main()
