"""Follows WebSockets through the browser's events and turns them into exchanges: pure, without input or output."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from forensics.collectors.webpage import recorder_headers as headers
from forensics.collectors.webpage.recorder_network import PRIVATE, Place
from forensics.collectors.webpage.recorder_record import Limits
from forensics.model import Gap, GapReason
from forensics.web.exchange import Exchange, SocketMessage

Event = Mapping[str, Any]

TEXT, BINARY = 1, 2
"""Kinds of messages. *Source:* RFC 6455, section 5.2."""


@dataclass(slots=True)
class _Socket:
    number: int
    url: str
    place: Place
    initiator: str
    created_at: datetime
    asked: Event | None = None
    response: Event | None = None
    error: str = ""
    ended_at: datetime | None = None
    messages: list[SocketMessage] = field(default_factory=list)


class Sockets:
    """All WebSockets of a session. Each event is given to the method of its name, in the order of arrival.

    Args:
        limits: How many messages are kept.
        number: Gives the next place in the order of requests.
    """

    def __init__(self, limits: Limits, *, number: Callable[[], int]) -> None:
        self._limits, self._number = limits, number
        self._sockets: dict[str, _Socket] = {}
        self._kept = self._kept_bytes = self._left_out = 0

    def created(self, event: Event, *, place: Place, now: datetime) -> None:
        """Takes `Network.webSocketCreated`."""
        frames = event.get("initiator", {}).get("stack", {}).get("callFrames", ())
        initiator = next((str(frame["url"]) for frame in frames if frame.get("url")), "")
        self._sockets.setdefault(
            event["requestId"], _Socket(self._number(), str(event["url"]), place, initiator, created_at=now)
        )

    def asked(self, event: Event) -> None:
        """Takes `Network.webSocketWillSendHandshakeRequest`."""
        if event["requestId"] in self._sockets:
            self._sockets[event["requestId"]].asked = event

    def answered(self, event: Event) -> None:
        """Takes `Network.webSocketHandshakeResponseReceived`."""
        if event["requestId"] in self._sockets:
            self._sockets[event["requestId"]].response = event["response"]

    def messaged(self, event: Event, *, is_sent: bool, now: datetime) -> None:
        """Takes `Network.webSocketFrameSent` and `Network.webSocketFrameReceived`, within the limits."""
        socket, frame = self._sockets.get(event["requestId"]), event["response"]
        if socket is None or frame["opcode"] not in {TEXT, BINARY}:
            return
        is_text = frame["opcode"] == TEXT
        text = frame["payloadData"]
        payload = text.encode("utf-8", "replace") if is_text else base64.b64decode(text)
        if self._kept >= self._limits.messages or self._kept_bytes + len(payload) > self._limits.message_bytes:
            self._left_out += 1
            return
        self._kept, self._kept_bytes = self._kept + 1, self._kept_bytes + len(payload)
        socket.messages.append(SocketMessage(now, is_sent, is_text, payload))

    def failed(self, event: Event) -> None:
        """Takes `Network.webSocketFrameError`."""
        if event["requestId"] in self._sockets:
            self._sockets[event["requestId"]].error = str(event["errorMessage"])

    def closed(self, event: Event, *, now: datetime) -> None:
        """Takes `Network.webSocketClosed`."""
        if event["requestId"] in self._sockets:
            self._sockets[event["requestId"]].ended_at = now

    def exchanges(self, *, now: datetime) -> tuple[Exchange, ...]:
        """Makes the exchanges.

        Args:
            now: Stands as the end of what is still open.
        """
        return tuple(_exchange(socket, now=now) for socket in self._sockets.values())

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Says how many messages are missing."""
        if not self._left_out:
            return ()
        detail = f"{self._left_out} messages beyond {self._limits.messages} or {self._limits.message_bytes} bytes"
        return (Gap("WebSocket messages", GapReason.LIMIT, detail),)


def _exchange(socket: _Socket, *, now: datetime) -> Exchange:
    asked, response = socket.asked or {}, socket.response or {}
    sent = response.get("requestHeaders") or asked.get("request", {}).get("headers", {})
    started_at = datetime.fromtimestamp(asked["wallTime"], UTC) if asked else socket.created_at
    is_private = any(mark in socket.error for mark in PRIVATE)
    return Exchange(
        number=socket.number,
        url=socket.url,
        method="GET",
        started_at=started_at,
        ended_at=max(socket.ended_at or now, started_at),
        request_headers=headers.of_mapping(sent),
        status=int(response["status"]) if response else None,
        reason=str(response.get("statusText", "")),
        http_version="HTTP/1.1" if str(response.get("headersText", "")).startswith("HTTP/1.1") else "",
        response_headers=headers.of_response(response, response if response.get("headersText") else None),
        resource_type="WebSocket",
        frame_depth=socket.place.depth,
        page=socket.place.page,
        initiator=socket.initiator,
        error=socket.error or ("" if response else "the connection was not made"),
        refused="the address is not public: the browser found that when it connected" if is_private else "",
        messages=tuple(socket.messages),
    )
