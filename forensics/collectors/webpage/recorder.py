"""Records a browser session: every request of every page, frame and worker, and everything else that happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from forensics.collectors.webpage import recorder_console as console
from forensics.collectors.webpage import recorder_headers as headers
from forensics.collectors.webpage.recorder_bodies import Bodies, Shelf
from forensics.collectors.webpage.recorder_downloads import Downloads, attach
from forensics.collectors.webpage.recorder_guard import Guard
from forensics.collectors.webpage.recorder_ledger import Ledger, Line
from forensics.collectors.webpage.recorder_loader import Loader
from forensics.collectors.webpage.recorder_navigation import Navigator, quiet
from forensics.collectors.webpage.recorder_network import Request, Traffic
from forensics.collectors.webpage.recorder_prompts import Prompts
from forensics.collectors.webpage.recorder_record import Limits, Navigation, Recorded
from forensics.collectors.webpage.recorder_sockets import Sockets
from forensics.collectors.webpage.recorder_targets import Targets
from forensics.collectors.webpage.recorder_tls import Certificates
from forensics.model import GapReason
from forensics.web.addresses import Policy
from forensics.web.cdp import BrowserGoneError, CdpError, Handler, Session, TargetGoneError
from forensics.web.chromium import Browser
from forensics.web.exchange import Exchange, Via

SETTLE_S = 30.0
"""How long `Recorder.finish` waits for bodies that the browser is still giving, in seconds."""
LOCAL_NETWORK = ("localNetworkAccess", "localNetwork", "loopbackNetwork")
"""Permissions without which the browser itself refuses private addresses; their names changed between versions.

*Source:* https://wicg.github.io/local-network-access/
"""
CERTIFICATE_ERRORS = "net::ERR_CERT_"
UNSEEN_TRANSPORTS = ("Network.webTransportCreated", "Network.directTCPSocketCreated", "Network.directUDPSocketCreated")
"""Connections of which the browser tells the start and not the content."""

Event = Mapping[str, Any]

_LINES: Mapping[str, Callable[..., Line]] = {
    "Runtime.consoleAPICalled": console.of_call,
    "Runtime.exceptionThrown": console.of_exception,
    "Log.entryAdded": console.of_entry,
}


class Recorder:
    """Records one session of one browser, from before its first request to `finish`.

    Nothing here judges what was recorded. *Not done:* WebRTC is not seen; WebTransport is a gap; a redirect inside the
    browser (strict transport security) is no exchange and stands in the navigation log.

    Args:
        browser: The browser; nothing else may drive it.
        folder: Where bodies and downloads are kept; the caller removes it.
        limits: How much is kept.
        policy: Which addresses may be reached.

    Attributes:
        page: The first page.
    """

    page: Session

    def __init__(self, browser: Browser, *, folder: Path, limits: Limits, policy: Policy) -> None:
        self._connection, self._policy, self._limits = browser.connection, policy, limits
        self._ledger = Ledger(limits)
        self._traffic = Traffic(limit=limits.exchanges)
        self._sockets = Sockets(limits, number=self._traffic.number)
        self._shelf = Shelf(folder / "bodies", total_bytes=limits.total_bytes)
        self._bodies = Bodies(self._connection, self._shelf, limits=limits, on_cut=self._cut)
        self._certificates = Certificates(self._connection, ledger=self._ledger)
        self._targets = Targets(self._connection, limits=limits, ledger=self._ledger)
        self._downloads = Downloads(
            self._connection,
            folder=folder / "downloads",
            shelf=self._shelf,
            limits=limits,
            targets=self._targets,
            ledger=self._ledger,
            number=self._traffic.number,
        )
        self._guard = Guard(
            self._connection,
            policy=policy,
            targets=self._targets,
            traffic=self._traffic,
            ledger=self._ledger,
            is_proxied=any(flag.startswith("--proxy-server=") for flag in browser.flags),
            on_unseen=self._downloads.unseen,
        )
        self._prompts = Prompts(self._connection, targets=self._targets, ledger=self._ledger)
        self._loaded: list[Exchange] = []
        self._recorded: Recorded | None = None
        self._is_over = False

    async def start(self) -> Session:
        """Takes the browser's first tab as page 1, with everything recorded from its first request on.

        Raises:
            CdpError: The browser refuses.
            BrowserGoneError: The browser ended.
        """
        self._listen()
        grants = asyncio.gather(*(self._grant(name) for name in LOCAL_NETWORK if self._policy.allow_private))
        self.page, _, _ = await asyncio.gather(self._targets.start(), self._downloads.start(), grants)
        self._navigator = Navigator(self._connection, self.page)
        self._loader = Loader(self.page, self._shelf, self._limits)
        self.log("start", "about:blank", "page 1")
        return self.page

    @property
    def frames(self) -> tuple[Session, ...]:
        """Sessions of the frames of page 1 that run in processes of their own."""
        return self._targets.sessions("iframe", page=1)

    async def navigate(self, url: str, *, timeout_s: float) -> Navigation:
        """Opens an address in page 1 and waits until the document and its parts are loaded.

        Args:
            url: An `http:` or `https:` address.
            timeout_s: How long that may take, in seconds; what came by then stays.

        Raises:
            TargetGoneError: The page crashed.
            BrowserGoneError: The browser ended.
        """
        self.log("navigate", url)
        try:
            found = await self._navigator.open(url, timeout_s=timeout_s)
        except (TargetGoneError, BrowserGoneError) as error:
            self.log("load", url, str(error))
            raise
        if found.error.startswith(CERTIFICATE_ERRORS):
            await self._certificates.wait_for_turned_down()
        self.log("load", url, _result(found))
        return found

    async def idle(self, *, quiet_s: float, timeout_s: float) -> bool:
        """Waits until no request has been under way for a time; streams, sockets, media and beacons do not count.

        Args:
            quiet_s: How long it must be quiet, in seconds.
            timeout_s: How long to wait for that, in seconds.

        Raises:
            BrowserGoneError: The browser ended.
        """
        is_quiet = await quiet(self._connection, self._in_flight, quiet_s=quiet_s, timeout_s=timeout_s)
        self.log("wait", f"quiet for {quiet_s:g} s", "quiet" if is_quiet else f"not within {timeout_s:g} s")
        return is_quiet

    def exchanges_so_far(self) -> tuple[Exchange, ...]:
        """Gives the requests of pages up to now; numbers and bodies are final only in what `finish` gives."""
        return self._traffic.exchanges(self._certificates.tls_of, now=datetime.now(UTC))

    @property
    def loaded(self) -> tuple[Exchange, ...]:
        """What `load_whole` gave so far."""
        return tuple(self._loaded)

    async def load_whole(self, url: str) -> Exchange:
        """Has the browser load a whole file with the page's cookies, and records that among the exchanges.

        The browser tells neither the request's header nor the peer nor redirects on the way, and sends no `Referer`.
        It refuses private addresses also where it is redirected to one.

        Returns:
            The exchange; its number is final only in what `finish` gives.

        Raises:
            BrowserGoneError: The browser ended.
        """
        number, now = self._traffic.number(), datetime.now(UTC)
        refused = await self._guard.judge(url)
        if refused:
            made = Exchange(number, url, "GET", now, now, via=Via.LOADER, resource_type="Media", refused=refused)
        else:
            made = await self._loader.load(url, number=number, expected_bytes=self._known_length(url))
        self._loaded.append(made)
        self.log("load-whole", url, made.refused or made.error or f"{made.status}, {made.body.size} bytes")
        return made

    def log(self, action: str, target: str = "", result: str = "") -> None:
        """Adds a line to the navigation log: `n`, `at`, `action`, `target`, `result`."""
        self._ledger.log(action, target, result)

    async def finish(self) -> Recorded:
        """Ends recording and gives everything, also where the browser ended long ago; a second call gives the same.

        The browser stays open, but lets no further request out.

        Raises:
            StoreError: Something could not be written.
        """
        if self._recorded is None:
            await self._settle()
            self._is_over = True
            self._guard.close()
            self._recorded = await self._collect()
        return self._recorded

    async def _settle(self) -> None:
        """Waits for bodies that are on their way."""
        self.log("finish")
        if self._connection.failure is not None:
            raise self._connection.failure
        if not self._connection.is_open:
            self._ledger.gap("session", GapReason.FAILED, detail="the browser ended before the capture did")
            return
        if not await self._connection.settle(timeout_s=SETTLE_S):
            self._ledger.gap("session", GapReason.TIMED_OUT, detail="the browser did not give everything in time")

    async def _collect(self) -> Recorded:
        now = datetime.now(UTC)
        downloads = await self._downloads.finish()
        for request in self._traffic.requests:
            self._bodies.finish(request)
            attach(request, downloads)
        exchanges = (
            *self._traffic.exchanges(self._certificates.tls_of, now=now),
            *self._sockets.exchanges(now=now),
            *self._downloads.exchanges(downloads, now=now),
            *self._loaded,
        )
        if self._traffic.left_out:
            detail = f"{self._traffic.left_out} requests beyond {self._limits.exchanges} are not recorded"
            self._ledger.gap("requests", GapReason.LIMIT, detail=detail)
        return Recorded(
            exchanges=_numbered(exchanges),
            console=self._ledger.console_lines,
            dialogs=self._ledger.dialog_lines,
            downloads=downloads,
            pop_ups=tuple(self._targets.pop_ups),
            certificates={origin: chain for origin, chain in self._certificates.chains.items() if chain},
            log=self._ledger.log_lines,
            gaps=(*self._ledger.gaps, *self._sockets.gaps),
        )

    async def _grant(self, permission: str) -> None:
        """Gives every page a permission, where this version of the browser knows it."""
        with suppress(CdpError):
            await self._connection.call("Browser.grantPermissions", {"permissions": [permission]})

    def _in_flight(self) -> tuple[int, int]:
        under_way = self._traffic.in_flight + self._bodies.pending + self._downloads.in_flight
        return under_way, self._traffic.followed

    def _cut(self, request: Request) -> None:
        self.log("stop", request.last.url, f"longer than {self._limits.body_bytes} bytes")
        if request.place.page == 1:
            self._navigator.cut()

    def _known_length(self, url: str) -> int | None:
        """Gives the length of a file of which the browser has read a part; None where it is unknown."""
        for request in self._traffic.requests:
            if request.last.url == url and request.last.response is not None:
                total = headers.value_of(request.response_headers, "content-range").rpartition("/")[2]
                return (
                    int(total) if total.isascii() and total.isdigit() else headers.length_of(request.response_headers)
                )
        return None

    def _on(self, event: str, handler: Handler) -> None:
        """Has a handler called until the session is over."""
        self._connection.on(event, lambda told, session: None if self._is_over else handler(told, session))

    def _listen(self) -> None:
        on = self._on
        on("Network.requestWillBeSent", self._asked)
        on("Network.requestWillBeSentExtraInfo", lambda event, _: self._traffic.request_reported(event))
        on("Network.responseReceivedExtraInfo", lambda event, _: self._traffic.response_reported(event))
        on("Network.responseReceived", self._answered)
        on("Network.dataReceived", self._received)
        on("Network.requestServedFromCache", lambda event, _: self._traffic.cached(event))
        on("Network.loadingFinished", self._ended)
        on("Network.loadingFailed", self._ended)
        on("Page.frameNavigated", self._navigated)
        self._listen_to_sockets()
        for name, made in _LINES.items():
            on(name, partial(self._said, made))
        for name in UNSEEN_TRANSPORTS:
            on(name, self._not_recorded)

    def _listen_to_sockets(self) -> None:
        on, sockets = self._on, self._sockets

        def now() -> datetime:
            return datetime.now(UTC)

        on(
            "Network.webSocketCreated",
            lambda event, session: sockets.created(event, place=self._targets.place(session, ""), now=now()),
        )
        on("Network.webSocketWillSendHandshakeRequest", lambda event, _: sockets.asked(event))
        on("Network.webSocketHandshakeResponseReceived", lambda event, _: sockets.answered(event))
        on("Network.webSocketFrameSent", lambda event, _: sockets.messaged(event, is_sent=True, now=now()))
        on("Network.webSocketFrameReceived", lambda event, _: sockets.messaged(event, is_sent=False, now=now()))
        on("Network.webSocketFrameError", lambda event, _: sockets.failed(event))
        on("Network.webSocketClosed", lambda event, _: sockets.closed(event, now=now()))

    def _asked(self, event: Event, session: str) -> None:
        redirect = event.get("redirectResponse")
        if redirect is not None and redirect.get("securityDetails"):
            self._certificates.answered(redirect["url"], redirect["securityDetails"], session=session)
        if redirect is not None and not redirect.get("remoteIPAddress"):
            self.log("redirect-inside", str(redirect["url"]), str(event["request"]["url"]))
        self._traffic.asked(event, session=session, place=self._targets.place(session, event.get("frameId", "")))
        request = self._traffic.get(event["requestId"])
        if request is not None:
            self._bodies.asked(request, event, session=session)

    def _answered(self, event: Event, session: str) -> None:
        request = self._traffic.answered(event, session=session)
        if request is None:
            return
        response = event["response"]
        self._certificates.answered(str(response["url"]), response.get("securityDetails"), session=session)
        why = self._guard.judge_peer(str(response.get("remoteIPAddress", "")))
        if why:
            self._traffic.refuse(request.id, url=request.last.url, why=f"it was answered, but {why}")
            self.log("refuse", request.last.url, why)
        else:
            self._bodies.answered(request, session=session)

    def _received(self, event: Event, session: str) -> None:
        request = self._traffic.received(event)
        if request is not None:
            self._bodies.received(request, event, session=session)

    def _ended(self, event: Event, session: str) -> None:
        request = self._traffic.ended(event, session=session)
        if request is not None:
            self._bodies.ended(request, session=session)

    def _navigated(self, event: Event, _session: str) -> None:
        for request in self._traffic.navigated(event["frame"]["id"], loader=event["frame"]["loaderId"]):
            self._bodies.ended(request, session=request.session)

    def _said(self, made: Callable[..., Line], event: Event, session: str) -> None:
        self._ledger.console(made(event, page=self._targets.page_of(session)))

    def _not_recorded(self, event: Event, _session: str) -> None:
        where = str(event.get("url") or event.get("remoteAddr") or "")
        self._ledger.gap(f"connection to {where}", GapReason.UNREADABLE, detail="the browser does not give its content")


def _result(navigation: Navigation) -> str:
    if navigation.is_download:
        return "download"
    if navigation.error:
        return navigation.error
    if navigation.is_cut:
        return "stopped: too long"
    return "timed out" if navigation.timed_out else f"loaded in {navigation.loaded_s:.3f} s"


def _numbered(exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """Orders exchanges by their requests and numbers them without holes."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.number)
    return tuple(replace(exchange, number=place) for place, exchange in enumerate(ordered, 1))
