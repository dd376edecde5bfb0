"""Keeps files that pages give to save, and what is known of the requests for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.collectors.webpage import recorder_headers as headers
from forensics.collectors.webpage.recorder_bodies import Shelf
from forensics.collectors.webpage.recorder_ledger import Ledger
from forensics.collectors.webpage.recorder_network import Request
from forensics.collectors.webpage.recorder_record import Download, Limits
from forensics.collectors.webpage.recorder_targets import Targets
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Connection
from forensics.web.exchange import Body, Exchange

Event = Mapping[str, Any]

COMPLETED, CANCELED = "completed", "canceled"
"""States of a download that is over. *Source:* `Browser.downloadProgress`."""


@dataclass(slots=True)
class _Loading:
    download: Download
    why: Gap | None = None


@dataclass(slots=True)
class _Unseen:
    """A request for a download, which the browser makes without network events."""

    number: int
    event: Event
    page: int
    started_at: datetime
    refused: str = ""
    answer: Event = field(default_factory=dict)
    answered_at: datetime | None = None


class Downloads:
    """Has the browser save files under names of its own, within limits of number and length.

    Args:
        connection: To the browser.
        folder: Where the browser writes.
        shelf: Counts the bytes of the session.
        limits: How much is kept.
        targets: Tells which page a session belongs to.
        ledger: Where they are written down.
        number: Gives the next place in the order of requests.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        folder: Path,
        shelf: Shelf,
        limits: Limits,
        targets: Targets,
        ledger: Ledger,
        number: Callable[[], int],
    ) -> None:
        self._connection, self._folder, self._shelf, self._limits = connection, folder, shelf, limits
        self._targets, self._ledger, self._number = targets, ledger, number
        self._loading: dict[str, _Loading] = {}
        self._unseen: dict[str, _Unseen] = {}
        connection.on("Browser.downloadWillBegin", self._begun)
        connection.on("Browser.downloadProgress", self._progressed)

    async def start(self) -> None:
        """Tells the browser where to save.

        Raises:
            CdpError: The browser refuses.
            BrowserGoneError: The browser ended.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        parameters = {"behavior": "allowAndName", "downloadPath": str(self._folder), "eventsEnabled": True}
        await self._connection.call("Browser.setDownloadBehavior", parameters)

    @property
    def in_flight(self) -> int:
        """How many files are still coming."""
        return sum(1 for one in self._loading.values() if one.download.state not in {COMPLETED, CANCELED})

    def unseen(self, event: Event, session: str, refused: str) -> None:
        """Takes `Fetch.requestPaused` of a request that no network event tells of.

        Args:
            event: Its parameters, of the request where it is refused, otherwise of the response.
            session: The session that told of it.
            refused: Why it was not let out; empty where it was.
        """
        now = datetime.now(UTC)
        page = self._targets.page_of(session)
        found = self._unseen.setdefault(event["requestId"], _Unseen(self._number(), event, page, now))
        found.refused, found.answer, found.answered_at = refused, event, now

    async def finish(self) -> tuple[Download, ...]:
        """Stops what is still coming, and gives all downloads."""
        for guid, one in self._loading.items():
            if one.download.state not in {COMPLETED, CANCELED}:
                one.why = one.why or Gap("download", GapReason.TIMED_OUT, "it had not ended when the session did")
                await self._cancel(guid)
        return tuple(self._finished(one) for one in self._loading.values())

    def exchanges(self, downloads: tuple[Download, ...], *, now: datetime) -> tuple[Exchange, ...]:
        """Makes the exchanges of requests that only this part of the browser knows.

        Args:
            downloads: What `finish` gave.
            now: Stands as the end of what has not ended.
        """
        return tuple(_exchange(unseen, downloads, now=now) for unseen in self._unseen.values())

    def _begun(self, event: Event, _session: str) -> None:
        url, name = str(event["url"]), str(event["suggestedFilename"])
        one = _Loading(Download(url, name, "inProgress", datetime.now(UTC)))
        self._loading[event["guid"]] = one
        self._ledger.log("download", url, name)
        if len(self._loading) > self._limits.downloads:
            one.why = Gap("download", GapReason.LIMIT, f"more than {self._limits.downloads} downloads")
            self._connection.spawn(self._cancel(event["guid"]))

    def _progressed(self, event: Event, _session: str) -> None:
        one = self._loading.get(event["guid"])
        if one is None or one.download.state in {COMPLETED, CANCELED}:
            return
        size, state = int(event["receivedBytes"]), str(event["state"])
        path = self._folder / event["guid"] if state == COMPLETED else None
        one.download = replace(one.download, state=state, size=size, path=path)
        most = min(self._limits.download_bytes, self._shelf.left_bytes)
        if max(size, int(event["totalBytes"])) > most and one.why is None:
            one.why = Gap("download", GapReason.LIMIT, f"longer than {most} bytes")
            self._connection.spawn(self._cancel(event["guid"]))
        elif state == COMPLETED:
            self._shelf.left_bytes -= size

    async def _cancel(self, guid: str) -> None:
        try:
            await self._connection.call("Browser.cancelDownload", {"guid": guid})
        except (CdpError, BrowserGoneError):
            return  # it ended meanwhile, or the browser did

    def _finished(self, one: _Loading) -> Download:
        gap = one.why
        if gap is None and one.download.state == CANCELED:
            gap = Gap("download", GapReason.FAILED, "the browser or the server broke it off")
        if gap is not None and one.download.path is not None:
            one.download.path.unlink(missing_ok=True)
        return replace(one.download, path=None if gap else one.download.path, gap=gap)


def attach(request: Request, downloads: tuple[Download, ...]) -> None:
    """Gives a navigation that became a download the file as its body."""
    is_answer = request.is_navigation and request.is_canceled and request.last.response is not None
    found = next((one for one in downloads if one.url == request.last.url), None)
    if is_answer and found is not None:
        request.body = body_of(found)


def body_of(download: Download) -> Body:
    """Makes the body of a response out of a download."""
    return Body(download.path, download.size if download.path is not None else 0, gap=download.gap)


def _exchange(unseen: _Unseen, downloads: tuple[Download, ...], *, now: datetime) -> Exchange:
    asked, answer = unseen.event["request"], unseen.answer
    fields = tuple((str(one["name"]), str(one["value"])) for one in answer.get("responseHeaders", ()))
    request_headers = headers.of_mapping(asked["headers"])
    found = next((one for one in downloads if one.url == asked["url"]), None)
    body = body_of(found) if found is not None else Body()
    return Exchange(
        number=unseen.number,
        url=str(asked["url"]),
        method=str(asked["method"]),
        started_at=unseen.started_at,
        ended_at=unseen.answered_at or now,
        request_headers=request_headers,
        status=answer.get("responseStatusCode"),
        reason=str(answer.get("responseStatusText", "")),
        response_headers=fields,
        body=replace(body, is_decoded=headers.is_decoded(fields)),
        media_type=headers.value_of(fields, "content-type").partition(";")[0].strip(),
        resource_type="Download" if unseen.event.get("resourceType") == "Document" else "Script",
        page=unseen.page,
        referrer=headers.value_of(request_headers, "referer"),
        error=str(answer.get("responseErrorReason", "")),
        refused=unseen.refused,
    )
