"""Follows requests through the browser's events and turns them into exchanges: pure, without input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage import recorder_headers as headers
from forensics.model import Gap, GapReason
from forensics.web.exchange import Body, Exchange, Headers, Tls

Event = Mapping[str, Any]
TlsOf = Callable[[str, Event | None], Tls | None]
"""Gives what is known of the connection for a URL and the browser's details of it; None for an open one."""

UNENDING = ("EventSource", "Ping", "WebSocket")
"""Types of requests that nobody waits for: they end late or never."""
STREAMS = ("text/event-stream", "multipart/x-mixed-replace")
"""Media types of answers that never end."""
PRIVATE = ("LOCAL_NETWORK_ACCESS", "LocalNetworkAccess", "InsecureLocalNetwork")
"""How the browser says that it found a private address when it connected. *Source:* Chromium, net_error_list.h."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the session a request belongs.

    Attributes:
        page: Number of the page, from 1.
        depth: 0 for the page itself, 1 and more for frames in it.
    """

    page: int = 1
    depth: int = 0


@dataclass(slots=True)
class Hop:
    """One request of a chain of redirects, and its response.

    Attributes:
        asked: Parameters of `Network.requestWillBeSent`.
        response: The response; None where none came.
        has_report: Whether the network reports the response's own header; None where the browser did not say.
        ended_s: When the response was whole, on the browser's clock; None where it is not.
    """

    number: int
    asked: Event
    response: Event | None = None
    has_report: bool | None = None
    ended_s: float | None = None

    @property
    def url(self) -> str:
        """The address without its fragment, which is never sent."""
        return str(self.asked["request"]["url"])

    @property
    def is_answered_inside(self) -> bool:
        """Whether the browser answered by itself: strict transport security, memory, or its reader of documents."""
        return self.response is not None and not self.has_report and not self.response.get("remoteIPAddress")


@dataclass(slots=True)
class Request:
    """One request with all its redirects, as far as events have told of it.

    Attributes:
        session: Session that last told of it and can be asked for the body.
        received_bytes: Length of what the page got of the body so far, content encoding taken off; where another page
            is shown in its place, of that one.
        body: Body of the last response; None while it is not known.
        sent: Body of the request; None where there is none.
        refused: Reason why it was not let out, for each URL.
        is_cut: Whether it was stopped because it is too long.
        is_abandoned: Whether the page went elsewhere before the document ended.
    """

    id: str
    session: str = ""
    place: Place = field(default_factory=Place)
    hops: list[Hop] = field(default_factory=list)
    request_reports: list[Event] = field(default_factory=list)
    response_reports: list[Event] = field(default_factory=list)
    received_bytes: int = 0
    error: str = ""
    is_over: bool = False
    is_canceled: bool = False
    is_cached: bool = False
    is_cut: bool = False
    is_abandoned: bool = False
    body: Body | None = None
    sent: Body | None = None
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Hop:
        """The request that was not redirected, so far."""
        return self.hops[-1]

    @property
    def type(self) -> str:
        """What the browser wanted it for."""
        return str(self.last.asked.get("type", "Other"))

    @property
    def is_navigation(self) -> bool:
        """Whether it fetches the document of a page or frame."""
        return self.type == "Document"

    @property
    def is_main(self) -> bool:
        """Whether it fetches the document of a page itself."""
        return self.is_navigation and self.place.depth == 0

    @property
    def is_media(self) -> bool:
        """Whether it is read in pieces by a player, also where the player is the document."""
        media_type = str((self.last.response or {}).get("mimeType", ""))
        return self.type == "Media" or (self.is_navigation and media_type.startswith(("audio/", "video/")))

    @property
    def is_swapped(self) -> bool:
        """Whether the browser shows a page of its own in place of the document: its reader of PDF."""
        return self.is_navigation and (self.last.response or {}).get("mimeType") == "application/pdf"

    @property
    def is_unending(self) -> bool:
        """Whether nobody should wait for its end."""
        response = self.last.response or {}
        return self.is_cut or self.is_media or self.type in UNENDING or response.get("mimeType") in STREAMS

    @property
    def response_headers(self) -> Headers:
        """Header fields of the last response, as far as they are known now."""
        return headers.of_response(self.last.response or {}, self.response_report())

    def response_report(self) -> Event | None:
        """Gives the network's own report of the last response."""
        return headers.matched_responses(self._expected_responses(), self.response_reports)[-1]

    def reports(self) -> list[tuple[Event | None, Event | None]]:
        """Gives for each hop the network's reports of the request and of the response."""
        requests = [(hop.has_report is not False, hop.url) for hop in self.hops]
        return list(
            zip(
                headers.matched_requests(requests, self.request_reports),
                headers.matched_responses(self._expected_responses(), self.response_reports),
                strict=True,
            )
        )

    def _expected_responses(self) -> list[tuple[bool, int | None]]:
        return [
            (hop.has_report is not False, int(hop.response["status"]) if hop.response is not None else None)
            for hop in self.hops
        ]


class Traffic:
    """All requests of a session. Each event is given to the method of its name, in the order of arrival.

    Args:
        limit: Number of requests that are followed; further ones are counted in `left_out`.
    """

    def __init__(self, *, limit: int = 10_000) -> None:
        self._requests: dict[str, Request] = {}
        self._limit = limit
        self._numbers = count(1)
        self.followed = 0
        self.left_out = 0

    def number(self) -> int:
        """Gives the next place in the order of requests."""
        return next(self._numbers)

    def get(self, request_id: str) -> Request | None:
        """Gives a request; None where it is not followed."""
        found = self._requests.get(request_id)
        return found if found is not None and found.hops else None

    @property
    def requests(self) -> tuple[Request, ...]:
        """Requests that are followed, in their order."""
        return tuple(request for request in self._requests.values() if request.hops)

    @property
    def in_flight(self) -> int:
        """How many requests are under way, without those that end late or never."""
        return sum(1 for request in self.requests if not (request.is_over or request.is_unending))

    def asked(self, event: Event, *, session: str, place: Place) -> None:
        """Takes `Network.requestWillBeSent`: a new request, or the next one of a chain of redirects."""
        request_id = event["requestId"]
        if urlsplit(event["request"]["url"]).scheme not in {"http", "https"}:
            self._end_outside(event)
            return
        if request_id not in self._requests and self.followed >= self._limit:
            self.left_out += 1
            return
        request = self._requests.setdefault(request_id, Request(request_id))
        redirect = event.get("redirectResponse")
        if redirect is not None and request.hops:
            _answer(request.last, redirect, bool(event.get("redirectHasExtraInfo")))
            request.last.ended_s = event["timestamp"]
        elif request.hops:
            return  # the same event, told by a second session of the same target
        self.followed += 1
        request.session, request.place = session, place
        request.hops.append(Hop(self.number(), event))

    def request_reported(self, event: Event) -> None:
        """Takes `Network.requestWillBeSentExtraInfo`, which may come before the request itself."""
        self._reported(event).request_reports.append(event)

    def response_reported(self, event: Event) -> None:
        """Takes `Network.responseReceivedExtraInfo`, which may come after the end of the response."""
        self._reported(event).response_reports.append(event)

    def answered(self, event: Event, *, session: str) -> Request | None:
        """Takes `Network.responseReceived`."""
        request = self.get(event["requestId"])
        if request is not None:
            request.session = session
            _answer(request.last, event["response"], bool(event.get("hasExtraInfo")))
        return request

    def received(self, event: Event) -> Request | None:
        """Takes `Network.dataReceived`."""
        request = self.get(event["requestId"])
        if request is not None:
            request.received_bytes += int(event.get("dataLength", 0))
        return request

    def cached(self, event: Event) -> None:
        """Takes `Network.requestServedFromCache`: nothing crossed the network."""
        request = self.get(event["requestId"])
        if request is not None:
            request.is_cached = True

    def ended(self, event: Event, *, session: str) -> Request | None:
        """Takes `Network.loadingFinished` and `Network.loadingFailed`."""
        request = self.get(event["requestId"])
        if request is None or request.is_over:
            return None
        request.session, request.is_over = session, True
        request.last.ended_s = event["timestamp"]
        request.error, request.is_canceled = _error(event), bool(event.get("canceled"))
        if any(mark in request.error for mark in PRIVATE):
            request.refused.setdefault(
                request.last.url, "the address is not public: the browser found that when it connected"
            )
        return request

    def navigated(self, frame: str, *, loader: str) -> tuple[Request, ...]:
        """Takes `Page.frameNavigated`: documents of the frame that had not ended are given up without an event.

        Returns:
            Those documents, which are over now.
        """
        given_up = tuple(
            request
            for request in self.requests
            if request.is_navigation and not request.is_over and request.id != loader
            if request.last.asked.get("frameId") == frame and request.last.response is not None
        )
        for request in given_up:
            request.is_over = request.is_abandoned = True
        return given_up

    def refuse(self, request_id: str, *, url: str, why: str) -> None:
        """Notes why a request is not let out; this may be known before the request itself is."""
        self._requests.setdefault(request_id, Request(request_id)).refused[url] = why

    def exchanges(self, tls_of: TlsOf, *, now: datetime) -> tuple[Exchange, ...]:
        """Makes the exchanges of all requests; answers that never crossed the network are left out.

        Args:
            tls_of: Gives what is known of the connections.
            now: Stands as the end of what has not ended.
        """
        return tuple(
            exchange
            for request in self.requests
            if not request.is_cached
            for exchange in exchanges_of(request, tls_of, now=now)
        )

    def _reported(self, event: Event) -> Request:
        request_id = event["requestId"]
        return self._requests.setdefault(request_id, Request(request_id))

    def _end_outside(self, event: Event) -> None:
        """Ends a chain that is redirected to what is no web address; the browser goes no further."""
        request, redirect = self.get(event["requestId"]), event.get("redirectResponse")
        if request is not None and redirect is not None:
            _answer(request.last, redirect, bool(event.get("redirectHasExtraInfo")))
            request.last.ended_s, request.is_over = event["timestamp"], True


def exchanges_of(request: Request, tls_of: TlsOf, *, now: datetime) -> list[Exchange]:
    """Makes the exchanges of one request: each redirect is one of its own."""
    made = []
    for hop, (sent, got) in zip(request.hops, request.reports(), strict=True):
        if not hop.is_answered_inside:
            made.append(_exchange(request, hop, reports=(sent, got), tls_of=tls_of, now=now))
    return made


def _exchange(
    request: Request, hop: Hop, *, reports: tuple[Event | None, Event | None], tls_of: TlsOf, now: datetime
) -> Exchange:
    sent, got = reports
    is_last = hop is request.last
    response = hop.response or {}
    request_headers = headers.of_mapping((sent or hop.asked["request"])["headers"])
    response_headers = headers.of_response(response, got)
    started_at = datetime.fromtimestamp(hop.asked["wallTime"], UTC)
    return Exchange(
        number=hop.number,
        url=hop.url,
        method=str(hop.asked["request"]["method"]),
        started_at=started_at,
        ended_at=_end(hop, started_at, now=now),
        request_headers=request_headers,
        request_body=request.sent if hop.asked["request"].get("hasPostData") else None,
        status=_status(hop, got),
        reason=headers.reason_of(response, got),
        http_version=headers.version_of(response, got),
        response_headers=response_headers,
        body=_body(request, response_headers) if is_last else _redirect_body(response_headers),
        media_type=str(response.get("mimeType", "")),
        server_ip=str(response.get("remoteIPAddress", "")).strip("[]"),
        server_port=int(response.get("remotePort", 0)),
        tls=tls_of(hop.url, response.get("securityDetails")),
        resource_type=request.type,
        is_navigation=request.is_navigation,
        frame_depth=request.place.depth,
        page=request.place.page,
        initiator=_initiator(hop.asked.get("initiator", {})),
        referrer=headers.value_of(request_headers, "referer"),
        error=_final_error(request, response_headers) if is_last else "",
        refused=request.refused.get(hop.url, ""),
    )


def _answer(hop: Hop, response: Event, has_report: bool) -> None:  # noqa: FBT001 -- as the browser says
    hop.response, hop.has_report = response, has_report


def _status(hop: Hop, report: Event | None) -> int | None:
    status = (report or {}).get("statusCode") or (hop.response or {}).get("status")
    return None if status is None else int(status)


def _end(hop: Hop, started_at: datetime, *, now: datetime) -> datetime:
    """Adds the browser's clock, which does not jump, to the time of the start."""
    if hop.ended_s is None:
        return max(now, started_at)
    passed_s = max(0.0, hop.ended_s - hop.asked["timestamp"])
    return datetime.fromtimestamp(started_at.timestamp() + passed_s, UTC)


def _body(request: Request, fields: Headers) -> Body:
    found = request.body
    if request.last.response is None and fields and (found is None or found.path is None):
        found = Body(gap=Gap("body", GapReason.NOT_APPLICABLE, "the browser dropped the answer: " + request.error))
    if found is None and not request.is_over and request.last.response is not None:
        found = Body(gap=Gap("body", GapReason.TIMED_OUT, "the answer had not ended when the session did"))
    return Body() if found is None else replace(found, is_decoded=headers.is_decoded(fields))


def _redirect_body(fields: Headers) -> Body:
    """Says that the browser drops what comes with a redirect, where anything came."""
    if headers.length_of(fields) == 0:
        return Body()
    return Body(gap=Gap("body", GapReason.NOT_APPLICABLE, "browsers do not read the body of a redirect"))


def _initiator(initiator: Event) -> str:
    """Gives the URL of the script or document that asked; empty where the browser does not say."""
    frames: Sequence[Event] = initiator.get("stack", {}).get("callFrames", ())
    return str(initiator.get("url") or next((frame["url"] for frame in frames if frame.get("url")), ""))


def _final_error(request: Request, fields: Headers) -> str:
    body = request.body
    if request.is_canceled and body is not None and body.path is not None and body.gap is None:
        is_whole = headers.is_decoded(fields) or headers.length_of(fields) == body.size
        return "" if is_whole else request.error
    is_streaming = request.is_unending and request.last.response is not None
    if request.error or request.is_over or is_streaming:
        return request.error
    return "the session ended before the answer did"


def _error(event: Event) -> str:
    """Says why a request failed, with the browser's reasons; empty for one that did not."""
    if "errorText" not in event:
        return ""
    status = event.get("corsErrorStatus", {})
    reasons = [event.get("blockedReason", ""), status.get("corsError", ""), status.get("failedParameter", "")]
    said = ", ".join(str(reason) for reason in reasons if reason)
    text = str(event["errorText"]).removesuffix(".Inspector") or "the request failed"
    return f"{text} ({said})" if said else text
