"""Opens addresses in the first page and waits: for the document with its parts, and for a quiet network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.recorder_record import Navigation
from forensics.web.cdp import BrowserGoneError, CdpError, CdpTimeoutError, Connection, Session, TargetGoneError

PAUSE_S = 0.02
"""How often the network is looked at, in seconds."""

Event = Mapping[str, Any]


class Navigator:
    """Knows which document the first page shows and whether it is loaded."""

    def __init__(self, connection: Connection, page: Session) -> None:
        self._connection, self._page = connection, page
        self._loaded: set[str] = set()
        self._shown = ""
        self._waiting: asyncio.Future[Any] | None = None
        self._is_cut = False
        connection.on("Page.lifecycleEvent", self._lived)
        connection.on("Page.frameNavigated", self._navigated)
        connection.on("Page.frameStoppedLoading", self._stopped)

    async def open(self, url: str, *, timeout_s: float) -> Navigation:
        """Opens an address.

        Raises:
            TargetGoneError: The page crashed.
            BrowserGoneError: The browser ended.
        """
        scheme = urlsplit(url).scheme
        if scheme not in {"http", "https"}:
            return Navigation(url, error=f"{scheme or 'an address without scheme'} is not opened")
        loop = asyncio.get_running_loop()
        started_s, self._is_cut, before = loop.time(), False, self._shown
        try:
            answer = await self._page.call("Page.navigate", {"url": url}, timeout_s=timeout_s)
        except CdpTimeoutError:
            await self._stop()
            return Navigation(url, timed_out=True, loaded_s=loop.time() - started_s)
        except TargetGoneError:
            raise
        except CdpError as refused:
            return Navigation(url, error=str(refused))
        loader, is_download = str(answer.get("loaderId", "")), bool(answer.get("isDownload"))
        error = "" if is_download else str(answer.get("errorText", ""))
        self._shown = loader if self._shown == before else self._shown
        is_here = bool(error or is_download or not loader)
        is_loaded = is_here or await self._wait(loader, end_s=started_s + timeout_s)
        passed_s = loop.time() - started_s
        return Navigation(url, error, is_download, not is_loaded, is_cut=self._is_cut, loaded_s=passed_s)

    def cut(self) -> None:
        """Ends the waiting for a document that was stopped because it is too long."""
        self._is_cut = True
        self._tell()

    async def _wait(self, loader: str, *, end_s: float) -> bool:
        """Waits until the document, or one that it sent the browser on to, is loaded; tells whether it is."""
        loop = asyncio.get_running_loop()
        with self._connection.promise(session=self._page.id) as future:
            self._waiting = future
            while not (self._is_cut or self._loaded & {loader, self._shown}):
                left_s = end_s - loop.time()
                done, _ = await asyncio.wait({future}, timeout=max(0.0, min(left_s, 1.0)))
                if done:
                    future.result()
                if left_s <= 0:
                    return False
        return True

    async def _stop(self) -> None:
        with suppress(CdpError):
            await self._page.call("Page.stopLoading", timeout_s=5.0)

    def _lived(self, event: Event, session: str) -> None:
        if session == self._page.id and event["frameId"] == self._page.target_id and event["name"] == "load":
            self._loaded.add(event["loaderId"])
            self._tell()

    def _navigated(self, event: Event, session: str) -> None:
        frame = event["frame"]
        if session == self._page.id and "parentId" not in frame:
            self._shown = frame["loaderId"]

    def _stopped(self, event: Event, session: str) -> None:
        """Takes the end of loading without the load event, as where a download took the document's place."""
        if session == self._page.id and event["frameId"] == self._page.target_id:
            self._loaded.add(self._shown)
            self._tell()

    def _tell(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


async def quiet(
    connection: Connection, in_flight: Callable[[], tuple[int, int]], *, quiet_s: float, timeout_s: float
) -> bool:
    """Waits until no request has been under way for a time.

    Args:
        connection: To the browser; where it ends, waiting ends too.
        in_flight: Gives how many requests are under way, and how many there were so far.
        quiet_s: How long it must be quiet, in seconds.
        timeout_s: How long to wait for that, in seconds.

    Returns:
        Whether it became quiet.

    Raises:
        BrowserGoneError: The browser ended.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + timeout_s
    since_s, before = loop.time(), in_flight()
    while connection.is_open:
        now_s, state = loop.time(), in_flight()
        if state[0] or state != before:
            since_s, before = now_s, state
        if now_s - since_s >= quiet_s:
            return True
        if now_s >= end_s:
            return False
        await asyncio.sleep(min(PAUSE_S, end_s - now_s))
    raise BrowserGoneError("the browser ended while it was needed")
