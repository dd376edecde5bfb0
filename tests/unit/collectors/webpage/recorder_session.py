"""Runs a recorded session of a real browser for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket
from typing import Self

from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Limits, Recorded
from forensics.web.addresses import Policy
from forensics.web.chromium import Browser, Options, launch
from forensics.web.exchange import Exchange

Work = Callable[[Recorder, Browser], Awaitable[None]]

ANYWHERE = Policy(allow_private=True)
PAGE_S = 20.0


class OnlyFirst(Policy):
    """Takes 127.0.0.1 for a public address and all else on loopback for private ones."""

    def refusal_of(self, address: str) -> str:
        return "" if address == "127.0.0.1" else super().refusal_of(address)


def record(folder: Path, work: Work, *, limits: Limits | None = None, policy: Policy = ANYWHERE) -> Recorded:
    """Does something in a recorded session and gives what was recorded; bodies stay in the folder."""

    async def session() -> Recorded:
        (folder / "browser").mkdir(parents=True)
        async with launch(Options(folder / "browser")) as browser:
            recorder = Recorder(browser, folder=folder / "kept", limits=limits or Limits(), policy=policy)
            await recorder.start()
            await work(recorder, browser)
            return await recorder.finish()

    return asyncio.run(session())


def visiting(*urls: str, quiet_s: float = 0.2, page_s: float = PAGE_S) -> Work:
    """Visits addresses one after the other."""

    async def work(recorder: Recorder, _browser: Browser) -> None:
        for url in urls:
            await recorder.navigate(url, timeout_s=page_s)
            await recorder.idle(quiet_s=quiet_s, timeout_s=page_s)

    return work


def of(recorded: Recorded, url: str) -> Exchange:
    """Gives the first exchange of an address."""
    return next(exchange for exchange in recorded.exchanges if exchange.url == url)


def content(exchange: Exchange) -> bytes:
    """Reads the body of a response."""
    assert exchange.body.path is not None, exchange
    found = exchange.body.path.read_bytes()
    assert len(found) == exchange.body.size
    return found


class Server:
    """A server on loopback that answers each path with bytes as they are, or has a function write them.

    Attributes:
        pages: Path to the bytes on the wire, or to a function that takes the connection.
        asked: Paths that were asked for, in their order.
    """

    def __init__(self, pages: Mapping[str, bytes | Callable[[socket], None]]) -> None:
        self.pages, self.asked = dict(pages), list[str]()
        self._stop = threading.Event()
        self._listener = create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._listener.shutdown(SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Gives the address of a path."""
        return f"http://{host}:{self.port}{path}"

    def dribble(self, head: bytes, line: bytes) -> Callable[[socket], None]:
        """Makes an answer that never ends."""

        def write(connection: socket) -> None:
            connection.sendall(head)
            while not self._stop.wait(0.02):
                connection.sendall(line)

        return write

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket) -> None:
        connection.settimeout(10)
        with suppress(OSError), connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                path = line.split(b" ")[1].decode()
                length = 0
                while (field := reader.readline()) not in {b"\r\n", b""}:
                    name, _, value = field.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                reader.read(length)
                self.asked.append(path)
                answer = self.pages.get(path, reply(b"nothing", "text/plain", status="404 Not Found"))
                if not isinstance(answer, bytes):
                    answer(connection)
                    return
                connection.sendall(answer)


def reply(body: bytes, media_type: str = "text/html", *fields: str, status: str = "200 OK") -> bytes:
    """Makes an answer as it crosses the wire."""
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *fields, "", "")
    return "\r\n".join(lines).encode() + body
