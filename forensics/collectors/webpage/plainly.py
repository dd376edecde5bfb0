"""Fetches an embedded file that the browser does not give whole, with a plain client and the page's cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forensics.web.addresses import Policy
from forensics.web.cdp import Session
from forensics.web.exchange import Exchange, Headers
from forensics.web.fetch import Client, Fetched, Settings
from forensics.web.fetch_trust import load_trust

LIMIT_BYTES = 512 << 20
"""Longest file that is fetched with a page; the collector `media` fetches longer ones by their address."""

TOTAL_S = 300.0


@dataclass(frozen=True, slots=True)
class Plainly:
    """Fetches files beside the browser.

    Attributes:
        page: The page whose cookies are sent, to the addresses that the browser would send them to.
        folder: Where bodies go; must exist.
        policy: Which addresses may be reached.
        user_agent: What the browser calls itself; a server that ties a file to its visitor sees the same one.
        language: Asked for as the browser does.
    """

    page: Session
    folder: Path
    policy: Policy
    user_agent: str
    language: str

    async def fetch(self, url: str, *, referrer: str, first: int) -> Fetched:
        """Fetches a file.

        Args:
            url: Its address.
            referrer: The page that embeds it.
            first: A number for the first exchange; names of files are made of it.

        Raises:
            CdpError: The browser does not give the cookies.
            StoreError: The body cannot be written.
        """
        cookies = (await self.page.call("Network.getCookies", {"urls": [url]}))["cookies"]
        return await asyncio.to_thread(self._fetch, url, self._headers(referrer, cookies), first)

    def _headers(self, referrer: str, cookies: Sequence[dict[str, Any]]) -> Headers:
        line = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
        sent = (("Accept-Language", self.language), ("Referer", referrer.partition("#")[0]), ("Cookie", line))
        return tuple((name, value) for name, value in sent if value)

    def _fetch(self, url: str, headers: Headers, first: int) -> Fetched:
        settings = Settings(user_agent=self.user_agent, total_s=TOTAL_S, limit_bytes=LIMIT_BYTES)
        client = Client.new(self.policy, settings=settings, trust=load_trust())
        return client.fetch(url, self.folder, headers=headers, first=first)


def numbered(exchanges: Sequence[Exchange], first: int) -> tuple[Exchange, ...]:
    """Gives exchanges numbers that follow those of the browser."""
    return tuple(
        replace(one, number=first + place, resource_type="Media", is_navigation=False)
        for place, one in enumerate(exchanges)
    )
