"""Has the browser load a whole file that a page names, with the page's cookies, into a file."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from forensics.collectors.webpage import recorder_headers as headers
from forensics.collectors.webpage.recorder_bodies import Shelf
from forensics.collectors.webpage.recorder_record import MIB, Limits
from forensics.model import Gap, GapReason
from forensics.web.cdp import CdpError, Session
from forensics.web.exchange import Body, Exchange, Headers, Via

LOAD_S = 120.0
"""How long one file may take, in seconds."""


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads files through `Network.loadNetworkResource`, one at a time.

    The browser sends no `Referer`, tells nothing of the connection or of redirects, and keeps the whole file in memory
    until it is read, so that long files are for other clients.

    Attributes:
        page: The page whose cookies are sent.
        shelf: Where files are kept.
        limits: How much is kept.
    """

    page: Session
    shelf: Shelf
    limits: Limits

    async def load(self, url: str, *, number: int, expected_bytes: int | None) -> Exchange:
        """Loads a file.

        Args:
            url: Its address.
            number: Place in the order of requests.
            expected_bytes: Its length where it is known; None otherwise.

        Raises:
            BrowserGoneError: The browser ended.
        """
        started_at = datetime.now(UTC)
        exchange = Exchange(number, url, "GET", started_at, started_at, via=Via.LOADER, resource_type="Media")
        most = self._most_bytes()
        if expected_bytes is not None and expected_bytes > most:
            gap = Gap("body", GapReason.LIMIT, f"{expected_bytes} bytes are more than {most}")
            return replace(exchange, body=Body(gap=gap), error="not loaded: too long")
        try:
            loaded = await self._load(url)
        except CdpError as error:
            return replace(exchange, ended_at=datetime.now(UTC), error=str(error))
        return await self._finish(exchange, loaded)

    def _most_bytes(self) -> int:
        return min(self.limits.whole_bytes, self.shelf.left_bytes)

    async def _load(self, url: str) -> dict[str, Any]:
        options = {"disableCache": True, "includeCredentials": True}
        parameters = {"frameId": self.page.target_id, "url": url, "options": options}
        answer = await self.page.call("Network.loadNetworkResource", parameters, timeout_s=LOAD_S)
        return dict(answer["resource"])

    async def _finish(self, exchange: Exchange, loaded: dict[str, Any]) -> Exchange:
        fields = headers.of_mapping(loaded.get("headers", {}))
        body = Body()
        error = "" if loaded["success"] else str(loaded.get("netErrorName", "the browser did not load it"))
        if "stream" in loaded:
            try:
                body = await self._read(loaded["stream"], fields)
            except CdpError as gone:
                error = error or str(gone)
                body = Body(gap=Gap("body", GapReason.FAILED, error))
        return replace(
            exchange,
            ended_at=datetime.now(UTC),
            status=loaded.get("httpStatusCode"),
            response_headers=fields,
            media_type=headers.value_of(fields, "content-type").partition(";")[0].strip(),
            body=replace(body, is_decoded=headers.is_decoded(fields)),
            error=error,
        )

    async def _read(self, stream: str, fields: Headers) -> Body:
        path, size, given = self.shelf.new(), 0, 0
        most = self._most_bytes()
        while True:
            piece = await self.page.call("IO.read", {"handle": stream, "size": MIB})
            data = base64.b64decode(piece["data"]) if piece.get("base64Encoded") else piece["data"].encode()
            given += len(data)
            size += self.shelf.append(path, data, most_bytes=most - size)
            if piece["eof"] or given > most:
                break
        await self.page.call("IO.close", {"handle": stream})
        return Body(path, size, gap=_gap(size, given=given, fields=fields))


def _gap(size: int, *, given: int, fields: Headers) -> Gap | None:
    declared = None if headers.is_decoded(fields) else headers.length_of(fields)
    if size < given:
        return Gap("body", GapReason.LIMIT, f"{size} bytes are kept of a longer file")
    if declared is not None and size < declared:
        return Gap("body", GapReason.FAILED, f"{declared} bytes are declared, {size} came")
    return None
