"""Events become exchanges: lists of events as Chromium 156 sends them, also in odd orders and with some missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forensics.collectors.webpage.recorder_bodies import shortfall, unfinished, wants_stream
from forensics.collectors.webpage.recorder_network import Place, Traffic
from forensics.collectors.webpage.recorder_record import Limits
from forensics.collectors.webpage.recorder_sockets import Sockets
from forensics.model import GapReason
from forensics.web.exchange import Body, Exchange, Tls

NOW = datetime(2024, 5, 1, 12, 0, 10, tzinfo=UTC)
WALL_S = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC).timestamp()
URL = "http://example.org/"


def asked(number: str = "1", url: str = URL, *, at_s: float = 100.0, **more: Any) -> dict[str, Any]:
    request = {"url": url, "method": "GET", "headers": {"Referer": "http://example.org/from"}}
    event = {"requestId": number, "request": request, "timestamp": at_s, "wallTime": WALL_S + at_s - 100.0}
    return event | {"type": "Document", "frameId": "F", "initiator": {"type": "other"}} | more


def response(status: int = 200, **more: Any) -> dict[str, Any]:
    found = {"status": status, "statusText": "OK", "headers": {"content-type": "text/html"}, "mimeType": "text/html"}
    return found | {"remoteIPAddress": "203.0.113.5", "remotePort": 80, "protocol": "http/1.1", "url": URL} | more


def answered(number: str = "1", status: int = 200, *, has_report: bool = True, **more: Any) -> dict[str, Any]:
    return {"requestId": number, "response": response(status, **more), "hasExtraInfo": has_report}


def reported(number: str = "1", status: int = 200, text: str = "HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\n") -> dict[str, Any]:
    return {"requestId": number, "statusCode": status, "headers": {}, "headersText": text}


def no_tls(url: str, details: Any) -> Tls | None:
    return None


def exchanges(traffic: Traffic) -> tuple[Exchange, ...]:
    return traffic.exchanges(no_tls, now=NOW)


def whole(*, reports_first: bool = False) -> Traffic:
    traffic = Traffic()
    if reports_first:
        traffic.request_reported({"requestId": "1", "headers": {"Host": "example.org", "Cookie": "a=b"}})
        traffic.response_reported(reported())
    traffic.asked(asked(), session="S", place=Place(1, 0))
    traffic.answered(answered(), session="S")
    traffic.received({"requestId": "1", "dataLength": 5})
    traffic.ended({"requestId": "1", "timestamp": 101.5}, session="S")
    if not reports_first:
        traffic.request_reported({"requestId": "1", "headers": {"Host": "example.org", "Cookie": "a=b"}})
        traffic.response_reported(reported())
    return traffic


@pytest.mark.parametrize("reports_first", [True, False])
def test_reports_belong_to_their_request_whenever_they_come(reports_first):
    (exchange,) = exchanges(whole(reports_first=reports_first))
    assert exchange.request_headers == (("Host", "example.org"), ("Cookie", "a=b"))
    assert exchange.response_headers == (("X-One", "1"),)
    assert (exchange.status, exchange.server_ip, exchange.http_version) == (200, "203.0.113.5", "HTTP/1.1")
    assert exchange.ended_at - exchange.started_at == timedelta(seconds=1.5)
    assert exchange.is_navigation
    assert not exchange.error


def test_each_redirect_is_an_exchange_with_its_own_header():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    traffic.response_reported(reported(status=302, text="HTTP/1.1 302 Found\r\nLocation: /2\r\n\r\n"))
    again = asked(url=URL + "2", at_s=101.0, redirectResponse=response(302), redirectHasExtraInfo=True)
    traffic.asked(again, session="S", place=Place())
    traffic.answered(answered(), session="S")
    traffic.response_reported(reported())
    first, second = exchanges(traffic)
    assert (first.url, first.status, first.header("location")) == (URL, 302, "/2")
    assert (second.url, second.status, second.response_headers) == (URL + "2", 200, (("X-One", "1"),))
    assert first.is_redirect
    assert first.body.gap is not None
    assert not first.body.gap.is_of_content


def test_a_redirect_without_content_has_no_gap():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    moved = response(302, headers={"Content-Length": "0", "Location": "/2"})
    traffic.asked(asked(url=URL + "2", redirectResponse=moved), session="S", place=Place())
    assert exchanges(traffic)[0].body == Body()


def test_a_redirect_inside_the_browser_is_no_exchange():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    inside = {"status": 307, "headers": {"Non-Authoritative-Reason": "HSTS"}, "url": URL}
    traffic.asked(asked(url="https://example.org/", redirectResponse=inside), session="S", place=Place())
    traffic.answered(answered(), session="S")
    assert [exchange.url for exchange in exchanges(traffic)] == ["https://example.org/"]


def test_what_came_from_memory_is_no_exchange():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    traffic.cached({"requestId": "1"})
    traffic.answered(answered(has_report=False), session="S")
    assert exchanges(traffic) == ()


def test_addresses_that_are_no_web_addresses_are_no_exchanges():
    traffic = Traffic()
    for number, url in enumerate(("data:text/plain,x", "blob:http://example.org/1", "mailto:a@b", "chrome://version")):
        traffic.asked(asked(str(number), url), session="S", place=Place())
    assert exchanges(traffic) == ()


def test_the_same_event_from_two_sessions_is_one_request():
    traffic = Traffic()
    for session in ("S1", "S2"):
        traffic.asked(asked(), session=session, place=Place())
    assert len(exchanges(traffic)) == 1


def test_events_of_unknown_requests_are_ignored():
    traffic = Traffic()
    assert traffic.answered(answered(), session="S") is None
    assert traffic.received({"requestId": "1", "dataLength": 1}) is None
    assert traffic.ended({"requestId": "1", "timestamp": 1.0}, session="S") is None
    traffic.response_reported(reported())
    assert exchanges(traffic) == ()


def test_a_failure_says_why():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    failed = {"requestId": "1", "timestamp": 101.0, "errorText": "net::ERR_FAILED", "canceled": False}
    traffic.ended(failed | {"corsErrorStatus": {"corsError": "MissingAllowOriginHeader"}}, session="S")
    (exchange,) = exchanges(traffic)
    assert exchange.error == "net::ERR_FAILED (MissingAllowOriginHeader)"
    assert (exchange.status, exchange.body) == (None, Body())


def test_an_answer_that_the_page_may_not_have_is_still_an_answer():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    traffic.response_reported(reported())
    traffic.ended({"requestId": "1", "timestamp": 101.0, "errorText": "net::ERR_BLOCKED_BY_ORB"}, session="S")
    (exchange,) = exchanges(traffic)
    assert (exchange.status, exchange.response_headers) == (200, (("X-One", "1"),))
    assert exchange.body.gap is not None


def test_a_refusal_is_noted_also_where_it_comes_before_the_request():
    traffic = Traffic()
    traffic.refuse("1", url=URL, why="a private address")
    traffic.asked(asked(), session="S", place=Place())
    assert exchanges(traffic)[0].refused == "a private address"


def test_what_the_browser_refused_for_a_private_peer_is_refused():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    error = {"errorText": "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"}
    traffic.ended({"requestId": "1", "timestamp": 101.0, **error}, session="S")
    assert "not public" in exchanges(traffic)[0].refused


def test_what_had_not_ended_says_so():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    traffic.answered(answered(), session="S")
    (exchange,) = exchanges(traffic)
    assert exchange.error == "the session ended before the answer did"
    assert exchange.ended_at == NOW
    assert exchange.body.gap is not None
    assert exchange.body.gap.why is GapReason.TIMED_OUT


def test_a_document_that_the_page_left_is_over():
    traffic = Traffic()
    traffic.asked(asked(), session="S", place=Place())
    traffic.answered(answered(), session="S")
    assert [request.id for request in traffic.navigated("F", loader="2")] == ["1"]
    assert traffic.in_flight == 0
    assert not exchanges(traffic)[0].error


def test_streams_beacons_and_media_are_not_waited_for():
    traffic = Traffic()
    for number, kind in enumerate(("EventSource", "Media", "Ping", "Fetch")):
        traffic.asked(asked(str(number), type=kind), session="S", place=Place())
    assert traffic.in_flight == 1
    traffic.answered(answered("3", mimeType="text/event-stream"), session="S")
    assert traffic.in_flight == 0


def test_requests_beyond_the_limit_are_counted():
    traffic = Traffic(limit=2)
    for number in range(5):
        traffic.asked(asked(str(number)), session="S", place=Place())
    assert len(exchanges(traffic)) == 2
    assert traffic.left_out == 3


def one_ended(**more: Any) -> Any:
    traffic = Traffic()
    traffic.asked(asked(type=more.pop("type", "Image")), session="S", place=Place())
    traffic.answered(answered(status=more.pop("status", 200), headers=more.pop("headers", {})), session="S")
    traffic.received({"requestId": "1", "dataLength": more.pop("received", 10)})
    traffic.ended({"requestId": "1", "timestamp": 101.0, **more}, session="S")
    return traffic.get("1")


LENGTH = {"Content-Length": "10"}
ABORTED = {"errorText": "net::ERR_ABORTED", "canceled": True}


@pytest.mark.parametrize(
    ("request_of", "size", "why"),
    [
        ({"headers": LENGTH}, 10, None),
        ({}, 10, None),
        ({"headers": LENGTH, **ABORTED}, 10, None),
        ({"headers": {"Content-Length": "20"}}, 10, GapReason.FAILED),
        ({"headers": {"Content-Length": "20", "Content-Encoding": "gzip"}}, 10, None),
        ({}, None, GapReason.FAILED),
        ({"received": 2000}, None, GapReason.LIMIT),
        ({"received": 900}, 500, GapReason.LIMIT),
        ({"errorText": "net::ERR_CONTENT_LENGTH_MISMATCH"}, 10, GapReason.FAILED),
        (ABORTED, None, GapReason.NOT_APPLICABLE),
        ({"type": "Document", **ABORTED}, None, GapReason.FAILED),
        ({"type": "Media", "status": 206, **ABORTED}, None, GapReason.NOT_APPLICABLE),
        ({"type": "Media", "status": 206}, None, GapReason.NOT_APPLICABLE),
        ({"type": "Ping", "received": 0}, 0, GapReason.NOT_APPLICABLE),
    ],
)
def test_a_missing_body_says_why(request_of, size, why):
    gap = shortfall(one_ended(**request_of), size=size, limits=Limits(body_bytes=1000))
    assert (gap.why if gap else None) is why


def test_a_body_from_a_private_peer_is_refused():
    request = one_ended()
    request.refused[URL] = "a private address"
    gap = shortfall(request, size=None, limits=Limits())
    assert gap is not None
    assert gap.why is GapReason.REFUSED


def test_a_stream_without_end_is_a_limit():
    request = one_ended()
    request.last.asked["type"] = "EventSource"
    assert unfinished(request).why is GapReason.LIMIT


def test_bodies_are_taken_as_they_come_where_their_end_is_not_known():
    assert wants_stream(one_ended())
    assert not wants_stream(one_ended(headers=LENGTH))
    assert wants_stream(one_ended(headers={"Content-Length": "99999999"}))
    assert not wants_stream(one_ended(type="Media"))


def sockets(*payloads: str, limits: Limits | None = None) -> Sockets:
    found = Sockets(limits or Limits(), number=lambda: 1)
    found.created({"requestId": "w", "url": "ws://example.org/"}, place=Place(1, 0), now=NOW)
    handshake = {"status": 101, "headers": {}, "headersText": "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"}
    found.answered({"requestId": "w", "response": handshake})
    for payload in payloads:
        found.messaged({"requestId": "w", "response": {"opcode": 1, "payloadData": payload}}, is_sent=False, now=NOW)
    return found


def test_messages_are_kept_both_ways_with_their_bytes():
    found = sockets("caf\u00e9")
    found.messaged({"requestId": "w", "response": {"opcode": 2, "payloadData": "/wAB"}}, is_sent=True, now=NOW)
    found.messaged({"requestId": "w", "response": {"opcode": 9, "payloadData": ""}}, is_sent=True, now=NOW)
    (exchange,) = found.exchanges(now=NOW)
    assert [message.payload for message in exchange.messages] == ["caf\u00e9".encode(), b"\xff\x00\x01"]
    assert [message.is_sent for message in exchange.messages] == [False, True]
    assert (exchange.status, exchange.header("upgrade")) == (101, "websocket")


@pytest.mark.parametrize("limits", [Limits(messages=2), Limits(message_bytes=8)])
def test_messages_beyond_the_limit_are_a_gap(limits):
    found = sockets("1234", "1234", "1234", limits=limits)
    (exchange,) = found.exchanges(now=NOW)
    assert len(exchange.messages) == 2
    assert [gap.why for gap in found.gaps] == [GapReason.LIMIT]


def test_text_that_is_no_unicode_does_not_break_a_message():
    (exchange,) = sockets("a\ud800b").exchanges(now=NOW)
    assert exchange.messages[0].payload == b"a?b"


def test_a_connection_that_was_not_made_says_so():
    found = Sockets(Limits(), number=lambda: 1)
    found.created({"requestId": "w", "url": "ws://10.0.0.1/"}, place=Place(), now=NOW)
    found.failed({"requestId": "w", "errorMessage": "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"})
    (exchange,) = found.exchanges(now=NOW)
    assert exchange.status is None
    assert exchange.refused
