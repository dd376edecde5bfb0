"""Keeps the certificates of servers as the browser saw them, also of those that it turned down."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.recorder_ledger import Ledger
from forensics.model import GapReason
from forensics.web.cdp import CdpError, Connection
from forensics.web.exchange import Tls

Event = Mapping[str, Any]

SHOWN_S = 1.0
"""How long the browser may take to show a certificate that it turned down, in seconds; seen were 0.05."""


class Certificates:
    """One chain for each origin, asked for once, when its first answer comes.

    *Not done:* an origin whose servers have several certificates is recorded with the first one alone.

    Attributes:
        chains: Origin to certificates in DER, the server's own first.
    """

    def __init__(self, connection: Connection, *, ledger: Ledger) -> None:
        self._connection, self._ledger = connection, ledger
        self._turned_down: dict[str, Tls] = {}
        self._last_error: dict[str, str] = {}
        self._shown = asyncio.Event()
        self.chains: dict[str, tuple[bytes, ...]] = {}
        connection.on("Security.certificateError", self._failed)
        connection.on("Security.visibleSecurityStateChanged", self._changed)

    def answered(self, url: str, details: Event | None, *, session: str) -> None:
        """Asks for the chain of an origin that answered over TLS.

        Args:
            url: Where the answer came from.
            details: The browser's details of the connection; None for an open one.
            session: A page's session, which can be asked.
        """
        origin = origin_of(url)
        if details is not None and origin not in self.chains:
            self.chains[origin] = ()
            self._connection.spawn(self._fetch(origin, session))

    def tls_of(self, url: str, details: Event | None) -> Tls | None:
        """Gives what is known of a connection; None for an open one or where none was made."""
        origin = origin_of(url)
        if details is None:
            return self._turned_down.get(origin)
        return _tls(details, self.chains.get(origin, ()))

    async def wait_for_turned_down(self) -> None:
        """Waits a moment for the certificate that the browser shows on its error page."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._shown.wait(), SHOWN_S)
        self._shown.clear()

    async def _fetch(self, origin: str, session: str) -> None:
        try:
            answer = await self._connection.call("Network.getCertificate", {"origin": origin}, session=session)
        except CdpError as error:
            self._ledger.gap(f"certificates of {origin}", GapReason.FAILED, detail=str(error))
            return
        self.chains[origin] = tuple(base64.b64decode(one) for one in answer["tableNames"])

    def _failed(self, event: Event, session: str) -> None:
        self._last_error[session] = origin_of(str(event["requestURL"]))

    def _changed(self, event: Event, session: str) -> None:
        """Takes the certificate of a page that the browser turned down, which it shows in the address bar."""
        state = event["visibleSecurityState"].get("certificateSecurityState", {})
        origin = self._last_error.get(session)
        if origin and state.get("certificateNetworkError"):
            chain = tuple(base64.b64decode(one) for one in state.get("certificate", ()))
            self._turned_down[origin] = _tls(state, chain)
            self.chains[origin] = self.chains.get(origin) or chain
            self._shown.set()


def origin_of(url: str) -> str:
    """Gives scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _tls(details: Event, chain: tuple[bytes, ...]) -> Tls:
    exchange = (str(details.get("keyExchange", "")), str(details.get("keyExchangeGroup", "")))
    return Tls(str(details["protocol"]), str(details["cipher"]), " ".join(part for part in exchange if part), chain)
