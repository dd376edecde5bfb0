"""Keeps the bodies of requests and responses in files, each within a limit and all of them within another."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.collectors.webpage import recorder_headers as headers
from forensics.collectors.webpage.recorder_network import STREAMS, Request
from forensics.collectors.webpage.recorder_record import MIB, Limits
from forensics.errors import StoreError
from forensics.model import Gap, GapReason
from forensics.web.cdp import CdpError, Connection
from forensics.web.exchange import Body

ANSWER_S = 60.0
"""How long the browser may take to give a body, in seconds; 64 MiB take 2."""
LONG_BYTES = 4 * MIB
"""From this length on a body is taken as it comes, since the browser gives whole ones as one message."""
IN_PIECES = "the browser reads media in pieces; whole files are fetched apart"
"""Why a media request has no body: no loss where the file was fetched as a whole, which the caller sees to."""
PDF_S, PDF_TRIES = 0.25, 80
"""How often a PDF that is still coming is asked for, in seconds, and how many times."""
PDF_MARK, PDF_START = b"%PDF-", 1024
"""*Source:* ISO 32000-1, 7.5.2, and Annex H, implementation note 13: the header lies in the first 1024 bytes."""
WITHOUT_BODY = (204, 205, 304)
"""Statuses of responses without content. *Source:* RFC 9110, section 6.4.1."""


class Shelf:
    """Writes files of one folder; together they are never longer than a limit.

    Attributes:
        folder: Where the files are.
        left_bytes: How much room there is.
    """

    def __init__(self, folder: Path, *, total_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.left_bytes = folder, total_bytes
        self._last = 0

    def new(self) -> Path:
        """Gives a path that is not in use."""
        self._last += 1
        return self.folder / f"body-{self._last:06d}"

    def append(self, path: Path, data: bytes, *, most_bytes: int) -> int:
        """Adds bytes to a file, as many as the limits allow.

        Args:
            path: A path that `new` gave.
            data: The bytes.
            most_bytes: How many of them at most.

        Returns:
            How many were written.

        Raises:
            StoreError: The disk does not take them.
        """
        part = data[: max(0, min(most_bytes, self.left_bytes))]
        try:
            with path.open("ab") as file:
                file.write(part)
        except OSError as error:
            hint = "Look at the free space of the disk on which the case lies."
            raise StoreError(f"a recorded body cannot be written: {error.strerror}", hint=hint) from error
        self.left_bytes -= len(part)
        return len(part)


@dataclass(slots=True)
class _Stream:
    """A body that is taken as it comes.

    Attributes:
        size: Bytes in the file.
        seen_bytes: Bytes that the browser gave, also those beyond the limit.
        early: Pieces that came before the start did; None once the start is in the file.
    """

    path: Path
    size: int = 0
    seen_bytes: int = 0
    early: list[bytes] | None = field(default_factory=list)


class Bodies:
    """Asks the browser for bodies as requests end, and takes long ones and endless ones as they come.

    Args:
        connection: To the browser.
        shelf: Where bodies are kept.
        limits: How much is kept.
        on_cut: Called with a request whose document is too long, after it was stopped.

    Attributes:
        pending: How many bodies are being fetched.
    """

    def __init__(
        self, connection: Connection, shelf: Shelf, *, limits: Limits, on_cut: Callable[[Request], None]
    ) -> None:
        self._connection, self._shelf, self._limits, self._on_cut = connection, shelf, limits, on_cut
        self._streams: dict[str, _Stream] = {}
        self._one_long = asyncio.Lock()
        self.pending = 0

    def asked(self, request: Request, event: Mapping[str, Any], *, session: str) -> None:
        """Keeps what a request sends."""
        sent = event["request"]
        if not sent.get("hasPostData") or request.sent is not None:
            return
        entries = [entry.get("bytes") for entry in sent.get("postDataEntries", ())]
        if entries and None not in entries:
            request.sent = self._write(b"".join(base64.b64decode(entry) for entry in entries))
        else:
            self._connection.spawn(self._keep_sent(request, session))

    def answered(self, request: Request, *, session: str) -> None:
        """Takes a response as it comes where it is long, has no known end, or may have to be stopped."""
        if wants_stream(request) and request.id not in self._streams:
            self._streams[request.id] = _Stream(self._shelf.new())
            self._connection.spawn(self._begin(request, session))

    def received(self, request: Request, event: Mapping[str, Any], *, session: str) -> None:
        """Takes a piece of a body, and stops a document that is too long."""
        stream = self._streams.get(request.id)
        if stream is not None and event.get("data"):
            data = base64.b64decode(event["data"])
            if stream.early is None:
                self._append(stream, data)
            else:
                stream.early.append(data)
        if request.is_main and request.received_bytes > self._limits.body_bytes and not request.is_cut:
            request.is_cut = True
            self._connection.spawn(self._stop(request, session))

    def ended(self, request: Request, *, session: str) -> None:
        """Fetches the body of a response that ended, whole or not."""
        self._connection.spawn(self._keep(request, session))

    def finish(self, request: Request) -> None:
        """Keeps what there is of a body whose end never came."""
        if request.body is None and request.last.response is not None:
            path, size = self._streamed(request)
            request.body = Body(path, size, gap=unfinished(request))

    async def _keep(self, request: Request, session: str) -> None:
        self.pending += 1
        try:
            request.body = await self._body(request, session)
        finally:
            self.pending -= 1

    async def _body(self, request: Request, session: str) -> Body:
        if request.last.response is None or has_no_body(request):
            return Body()
        path, size = self._streamed(request)
        if path is None and request.last.url not in request.refused:
            path, size = await self._fetched(request, session)
        gap = shortfall(request, size=size if path is not None else None, limits=self._limits)
        return Body(path, size, gap=gap)

    def _streamed(self, request: Request) -> tuple[Path | None, int]:
        """Gives the file of a body that was taken as it came, where nothing is missing at its start."""
        stream = self._streams.pop(request.id, None)
        if stream is None:
            return None, 0
        if stream.early is not None or stream.seen_bytes != request.received_bytes or not stream.size:
            self._shelf.left_bytes += stream.size
            stream.path.unlink(missing_ok=True)
            return None, 0
        return stream.path, stream.size

    async def _fetched(self, request: Request, session: str) -> tuple[Path | None, int]:
        if length_of(request) > self._limits.body_bytes:
            return None, 0
        try:
            data = await self._data(request, session)
            for _ in range(PDF_TRIES):
                if not is_swapped_for(request, data):
                    break
                await asyncio.sleep(PDF_S)
                data = await self._data(request, session)
        except CdpError:
            return None, 0
        if not is_as_it_came(request, data):
            return None, 0
        kept = self._write(data)
        return kept.path, kept.size

    async def _data(self, request: Request, session: str) -> bytes:
        if request.received_bytes < LONG_BYTES:
            return await self._ask("Network.getResponseBody", "body", request=request, session=session)
        async with self._one_long:
            return await self._ask("Network.getResponseBody", "body", request=request, session=session)

    async def _ask(self, method: str, name: str, *, request: Request, session: str) -> bytes:
        answer = await self._connection.call(method, {"requestId": request.id}, session=session, timeout_s=ANSWER_S)
        return base64.b64decode(answer[name]) if answer.get("base64Encoded") else answer[name].encode()

    async def _keep_sent(self, request: Request, session: str) -> None:
        try:
            data = await self._ask("Network.getRequestPostData", "postData", request=request, session=session)
        except CdpError as error:
            request.sent = Body(gap=Gap("body of the request", GapReason.FAILED, str(error)))
        else:
            request.sent = self._write(data)

    async def _begin(self, request: Request, session: str) -> None:
        stream = self._streams[request.id]
        method, parameters = "Network.streamResourceContent", {"requestId": request.id}
        answer = await self._connection.call(method, parameters, session=session, timeout_s=ANSWER_S)
        if self._streams.get(request.id) is not stream:
            return  # the response ended meanwhile, and its body is fetched as a whole
        pieces, stream.early = stream.early or (), None
        for piece in (base64.b64decode(answer["bufferedData"]), *pieces):
            self._append(stream, piece)

    async def _stop(self, request: Request, session: str) -> None:
        await self._connection.call("Page.stopLoading", session=session)
        self._on_cut(request)

    def _append(self, stream: _Stream, data: bytes) -> None:
        stream.seen_bytes += len(data)
        stream.size += self._shelf.append(stream.path, data, most_bytes=self._limits.body_bytes - stream.size)

    def _write(self, data: bytes) -> Body:
        path = self._shelf.new()
        size = self._shelf.append(path, data, most_bytes=self._limits.body_bytes)
        gap = None if size == len(data) else Gap("body", GapReason.LIMIT, f"{size} of {len(data)} bytes are kept")
        return Body(path, size, gap=gap)


def wants_stream(request: Request) -> bool:
    """Whether a response is taken as it comes: it is long, its end is not known, or it may have to be stopped."""
    response = request.last.response
    if response is None or request.is_media or request.is_swapped:
        return False
    length = headers.length_of(request.response_headers)
    is_long = length is None or length > LONG_BYTES
    return is_long or request.is_main or response.get("mimeType") in STREAMS


def is_swapped_for(request: Request, data: bytes) -> bool:
    """Whether bytes are the page that the browser shows in place of a PDF, as long as that has not come whole."""
    return request.is_swapped and len(data) == request.received_bytes and PDF_MARK not in data[:PDF_START]


def is_as_it_came(request: Request, data: bytes) -> bool:
    """Whether the browser gives a body as it came; where it no longer can, it gives texts in another encoding."""
    if request.is_swapped:
        return not is_swapped_for(request, data)
    declared = declared_length(request)
    if declared is not None and len(data) > declared:
        return False
    return not request.received_bytes or len(data) in {request.received_bytes, declared}


def has_no_body(request: Request) -> bool:
    """Whether a response has no content by its kind."""
    response = request.last.response or {}
    return request.last.asked["request"]["method"] == "HEAD" or response.get("status") in WITHOUT_BODY


def declared_length(request: Request) -> int | None:
    """Gives the declared length of a body in bytes; None where there is none or an encoding was taken off."""
    fields = request.response_headers
    return None if headers.is_decoded(fields) else headers.length_of(fields)


def length_of(request: Request) -> int:
    """Gives the length of a body that ended as far as it is known, in bytes."""
    return (declared_length(request) or 0) if request.is_swapped else request.received_bytes


def shortfall(request: Request, *, size: int | None, limits: Limits) -> Gap | None:
    """Says why bytes of a body that ended are missing; None where all are there.

    Args:
        request: The request, which is over.
        size: Length of what is kept, in bytes; None where there is nothing.
        limits: The limits.
    """
    declared = declared_length(request)
    refused = request.refused.get(request.last.url)
    if refused:
        return Gap("body", GapReason.REFUSED, refused)
    if size is not None and size == declared:
        return None
    if request.is_cut or length_of(request) > limits.body_bytes:
        return Gap("body", GapReason.LIMIT, f"longer than {limits.body_bytes} bytes; {size or 0} bytes are kept")
    if size is not None and size < request.received_bytes and not request.is_swapped:
        return Gap("body", GapReason.LIMIT, f"{size} of {request.received_bytes} bytes are kept")
    return _unfulfilled(request, size=size, declared=declared)


def _unfulfilled(request: Request, *, size: int | None, declared: int | None) -> Gap | None:
    if request.is_media and (request.is_canceled or size is None):
        return Gap("body", GapReason.NOT_APPLICABLE, IN_PIECES)
    if request.type == "Ping" and not size:
        return Gap("body", GapReason.NOT_APPLICABLE, "the browser does not read what answers a beacon")
    if request.is_abandoned:
        return Gap("body", GapReason.NOT_APPLICABLE, "the page went elsewhere before the document was whole")
    if request.is_canceled and not request.is_navigation:
        return Gap("body", GapReason.NOT_APPLICABLE, "the page gave the request up before the answer was whole")
    if request.error:
        return Gap("body", GapReason.FAILED, f"{request.error}; {size or 0} bytes are kept")
    if size is None:
        return Gap("body", GapReason.FAILED, "the browser does not give the body")
    if declared is not None and size < declared:
        return Gap("body", GapReason.FAILED, f"{declared} bytes are declared, {size} came")
    return None


def unfinished(request: Request) -> Gap:
    """Says why bytes of a body that never ended are missing."""
    if request.is_cut:
        return Gap("body", GapReason.LIMIT, "the document is too long and was stopped; its start is kept")
    if request.is_media:
        return Gap("body", GapReason.NOT_APPLICABLE, IN_PIECES)
    if request.is_unending:
        return Gap("body", GapReason.LIMIT, "a stream without end; kept as far as it came in the session")
    return Gap("body", GapReason.TIMED_OUT, "the answer had not ended when the session did; its start is kept")
