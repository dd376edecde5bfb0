"""Writes the WARC of a capture in the layout of docs/capture-record.md, and says what is not in it."""

from __future__ import annotations

import ipaddress
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.model import Gap, GapReason
from forensics.web.exchange import Exchange, Headers, Via
from forensics.web.secret_rules import in_address
from forensics.web.secrets import Stripped
from forensics.web.warc_http import as_uri, declared_length, escaped, has_no_body, request_block, response_block
from forensics.web.warc_record import Content, RecordWriter, utc, writing

_RESPONSE = "application/http; msgtype=response"
_REQUEST = "application/http; msgtype=request"
_FIELDS = "application/warc-fields"
_LINES = "application/jsonl"
_STANDARD = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_WEB = ("http://", "https://")
_SOCKET = ("ws://", "wss://")
_LONGEST_SHOWN = 300
"""Characters of an address that a gap shows."""

_TRUNCATED = {GapReason.LIMIT: "length", GapReason.TIMED_OUT: "time"}
_SUITES = {
    "AES_128_GCM": "TLS_AES_128_GCM_SHA256",
    "AES_256_GCM": "TLS_AES_256_GCM_SHA384",
    "CHACHA20_POLY1305": "TLS_CHACHA20_POLY1305_SHA256",
}
"""Names of the cipher suites that browsers shorten for TLS 1.3. *Source:* RFC 8446, appendix B.4."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A view of the page that goes into the archive beside the exchanges.

    Attributes:
        uri: `urn:view:URL` and alike.
        content: The bytes, or the file that has them.
        created_at: When it was made.
        headers: Further named fields of the record.
    """

    uri: str
    content: bytes | Path
    media_type: str
    created_at: datetime
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What an archive holds and what it does not.

    Attributes:
        total: Exchanges, refused ones included.
        failed: Exchanges without a response, refused ones not included.
        without_body: Responses of whose body there is not one byte, although there was one.
        refused: Requests that the collector did not let out.
        gaps: Bodies that are missing or cut. Bodies that were taken out because they hold secrets are not among
            them: their bytes are kept, sealed.
        failures: Requests without a response: `REFUSED`, `TIMED_OUT` or `FAILED`, for the caller to judge.
        records: Ids of the records that state what came of an exchange, by its number.
        record_count: All records of the file.
    """

    total: int
    failed: int
    without_body: int
    refused: int
    gaps: tuple[Gap, ...]
    failures: tuple[Gap, ...]
    records: Mapping[int, str]
    record_count: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which exchanges cannot stand under their own address, because replay would serve them there.

    Attributes:
        whole: Addresses of which a whole response is among the exchanges.
        has_browser: Whether a browser took part, so that a plain client's documents are second fetches.
    """

    whole: frozenset[str]
    has_browser: bool

    def prefix(self, exchange: Exchange) -> str:
        """Gives what goes in front of the address: nothing for a response that replay shall serve."""
        if exchange.via == Via.PLAIN and exchange.is_navigation and self.has_browser:
            return "urn:plain:"
        if exchange.url in self.whole and _is_part(exchange):
            return "urn:partial:"
        return ""


@dataclass(slots=True)
class _Ids:
    """Ids of the records written so far, by the number of their exchange."""

    requests: dict[int, str] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)


def write(
    path: Path,
    exchanges: Sequence[Exchange],
    *,
    resources: Sequence[Resource] = (),
    information: Mapping[str, str],
    stripped: Sequence[Stripped] = (),
    created_at: datetime,
) -> Summary:
    """Writes exchanges and views to a new WARC 1.1 file, one gzip member a record, in constant memory.

    Args:
        path: The file, ending `.warc.gz`; must not exist.
        exchanges: In the order of requests and without secrets (`secrets.strip`). Addresses other than of HTTP and
            WebSocket (`data:`, `blob:`) are left out, since nothing crossed the network.
        resources: Written after the exchanges.
        information: Members of the `warcinfo` record: program, browser, policies. No names of people.
        stripped: What was taken out; listed in the last record.
        created_at: Time of the `warcinfo` record.

    Raises:
        StoreError: The file exists, or a body could not be read or written.
    """
    web = tuple(exchange for exchange in exchanges if exchange.url.startswith(_WEB + _SOCKET))
    whole = frozenset(exchange.url for exchange in web if _is_whole(exchange))
    layout = _Layout(whole, any(exchange.via == Via.BROWSER for exchange in web))
    ids = _Ids()
    with writing(path) as writer:
        _put_information(writer, information, name=path.name, at=created_at)
        for exchange in web:
            _put_exchange(writer, exchange, layout=layout, ids=ids)
        for resource in resources:
            headers = (("WARC-Target-URI", escaped(resource.uri)), *resource.headers)
            content = Content(payload=resource.content, inner_type=resource.media_type)
            writer.put("resource", content, at=resource.created_at, media_type=resource.media_type, headers=headers)
        _put_stripped(writer, stripped, ids=ids, at=created_at)
    return _summary(web, layout=layout, records=ids.outcomes, record_count=writer.count)


def shown(url: str) -> str:
    """Gives an address for messages: no credentials, not endless."""
    for start, end, _ in in_address(url):
        url = url[:start] + "*" * (end - start) + url[end:]
    return url if len(url) <= _LONGEST_SHOWN else f"{url[:_LONGEST_SHOWN]}…"


def _put_information(writer: RecordWriter, information: Mapping[str, str], *, name: str, at: datetime) -> None:
    members = {"format": "WARC File Format 1.1", "conformsTo": _STANDARD, **information}
    block = Content(payload=_fields(members), has_payload=False)
    writer.put("warcinfo", block, at=at, media_type=_FIELDS, headers=(("WARC-Filename", name),))


def _put_exchange(writer: RecordWriter, exchange: Exchange, *, layout: _Layout, ids: _Ids) -> None:
    if not exchange.refused:
        ids.requests[exchange.number] = _put_request(writer, exchange)
    request_id = ids.requests.get(exchange.number, "")
    if exchange.status is None:
        ids.outcomes[exchange.number] = _put_failure(writer, exchange, request_id=request_id)
    else:
        ids.outcomes[exchange.number] = _put_response(
            writer, exchange, prefix=layout.prefix(exchange), request_id=request_id
        )
    if exchange.messages:
        _put_messages(writer, exchange, concurrent_to=ids.outcomes[exchange.number])


def _put_request(writer: RecordWriter, exchange: Exchange) -> str:
    body = exchange.request_body
    content = Content(
        request_block(exchange), (body.path if body else None) or b"", has_payload=not exchange.url.startswith(_SOCKET)
    )
    headers = _target(exchange) + _connection(exchange)
    if body is not None and body.gap is not None:
        headers += (("WARC-Truncated", _TRUNCATED.get(body.gap.why, "unspecified")),)
    return writer.put("request", content, at=exchange.started_at, media_type=_REQUEST, headers=headers)


def _put_response(writer: RecordWriter, exchange: Exchange, *, prefix: str, request_id: str) -> str:
    """Writes a response; as a resource beside its address where replay must not serve it."""
    path = exchange.body.path
    block = response_block(exchange, size=path.stat().st_size if path else 0)
    content = Content(
        block,
        path or b"",
        has_payload=not exchange.url.startswith(_SOCKET),
        inner_type=exchange.media_type,
    )
    headers = (*_target(exchange, prefix=prefix), ("WARC-Concurrent-To", request_id), *_connection(exchange))
    gap = _gap(exchange)
    if gap is not None:
        headers += (("WARC-Truncated", "disconnect" if exchange.error else _TRUNCATED.get(gap.why, "unspecified")),)
    kind = "resource" if prefix else "response"
    return writer.put(kind, content, at=exchange.started_at, media_type=_RESPONSE, headers=headers + _about(exchange))


def _put_failure(writer: RecordWriter, exchange: Exchange, *, request_id: str) -> str:
    if exchange.refused:
        members = {"fetchError": "the collector did not let the request out", "refused": exchange.refused}
    else:
        members = {"fetchError": exchange.error or "no response came"}
    headers = _target(exchange) + ((("WARC-Concurrent-To", request_id),) if request_id else ())
    headers += _connection(exchange) + _about(exchange)
    content = Content(payload=_fields(members))
    return writer.put("metadata", content, at=exchange.started_at, media_type=_FIELDS, headers=headers)


def _put_messages(writer: RecordWriter, exchange: Exchange, *, concurrent_to: str) -> None:
    lines = [
        {
            "at": utc(message.at),
            "direction": "sent" if message.is_sent else "received",
            "type": "text" if message.is_text else "binary",
            "data": _text(message.payload) if message.is_text else b64encode(message.payload).decode("ascii"),
        }
        for message in exchange.messages
    ]
    headers = (*_target(exchange, prefix="urn:websocket:"), ("WARC-Concurrent-To", concurrent_to))
    writer.put("metadata", Content(payload=_lines(lines)), at=exchange.started_at, media_type=_LINES, headers=headers)


def _put_stripped(writer: RecordWriter, stripped: Sequence[Stripped], *, ids: _Ids, at: datetime) -> None:
    if not stripped:
        return
    lines = [
        {
            "record": (ids.requests if one.where.startswith("request") else ids.outcomes).get(one.exchange),
            "exchange": one.exchange,
            "where": one.where,
            "name": one.name,
            "why": one.why,
            "sha256/12": one.digest,
            "count": one.count,
        }
        for one in stripped
    ]
    headers = (("WARC-Target-URI", "urn:stripped:exchanges"),)
    writer.put("metadata", Content(payload=_lines(lines)), at=at, media_type=_LINES, headers=headers)


def _target(exchange: Exchange, *, prefix: str = "") -> Headers:
    return (("WARC-Target-URI", prefix + as_uri(exchange.url)),)


def _connection(exchange: Exchange) -> Headers:
    """Gives what is known of the connection. *Source:* ISO 28500:2017, section 5.9; IIPC WARC-Protocol proposal."""
    fields: list[tuple[str, str]] = []
    address = exchange.server_ip.strip("[]")
    with suppress(ValueError):  # where nothing was reached there is no address
        fields.append(("WARC-IP-Address", str(ipaddress.ip_address(address))))
    if exchange.http_version:
        fields.append(("WARC-Protocol", exchange.http_version.lower()))
    if exchange.tls is not None:
        protocol = exchange.tls.protocol
        fields.append(("WARC-Protocol", re.sub(r"\s+v?|(?<=tls)v", "/", protocol.lower())))
        is_short = protocol in {"TLS 1.3", "QUIC"}
        suite = _SUITES.get(exchange.tls.cipher, exchange.tls.cipher) if is_short else exchange.tls.cipher
        fields.append(("WARC-Cipher-Suite", suite))
    return tuple((name, value) for name, value in fields if value)


def _about(exchange: Exchange) -> Headers:
    """Gives what a record has no named field for, in the field that Browsertrix uses for it."""
    members: dict[str, Any] = {
        "number": exchange.number,
        "via": exchange.via,
        "endedAt": utc(exchange.ended_at),
        "port": exchange.server_port or None,
        "keyExchange": exchange.tls.key_exchange if exchange.tls else None,
        "page": exchange.page,
        "frameDepth": exchange.frame_depth,
        "isNavigation": exchange.is_navigation,
        "initiator": "data:" if exchange.initiator.startswith("data:") else exchange.initiator,
        "error": exchange.error,
    }
    kept = {name: value for name, value in members.items() if value not in (None, "")}
    fields = [("WARC-Resource-Type", exchange.resource_type.lower())] if exchange.resource_type else []
    return (*fields, ("WARC-JSON-Metadata", json.dumps(kept)))


def _is_whole(exchange: Exchange) -> bool:
    """Whether replay can serve this response for its address: a success that is all there."""
    return exchange.method.upper() == "GET" and exchange.status == 200 and _gap(exchange) is None  # noqa: PLR2004 -- OK


def _is_part(exchange: Exchange) -> bool:
    """Whether a response has a part of what its address holds: a range, a body that was cut, or "not modified"."""
    return exchange.status in {206, 304} or (exchange.status == 200 and _gap(exchange) is not None)  # noqa: PLR2004 -- OK


def _gap(exchange: Exchange) -> Gap | None:
    """Gives why a response's body is not all there; None where it is."""
    if exchange.status is None:
        return None
    if exchange.body.gap is not None:
        return exchange.body.gap
    declared = declared_length(exchange)
    if exchange.body.path is None and declared and not has_no_body(exchange):
        return Gap("body", GapReason.FAILED, f"none of the {declared} bytes that the server announced were obtained")
    return None


def _summary(
    exchanges: Sequence[Exchange], *, layout: _Layout, records: Mapping[int, str], record_count: int
) -> Summary:
    missing = [(exchange, gap) for exchange in exchanges if (gap := _gap(exchange)) is not None]
    unanswered = [exchange for exchange in exchanges if exchange.status is None]
    kept = [(exchange, gap) for exchange, gap in missing if gap.why != GapReason.WITHHELD]
    return Summary(
        total=len(exchanges),
        failed=sum(not exchange.refused for exchange in unanswered),
        without_body=sum(exchange.body.path is None for exchange, _ in kept),
        refused=sum(bool(exchange.refused) for exchange in exchanges),
        gaps=tuple(_gaps(kept, layout)),
        failures=tuple(_failure(exchange) for exchange in unanswered),
        records=records,
        record_count=record_count,
    )


def _gaps(missing: Sequence[tuple[Exchange, Gap]], layout: _Layout) -> Iterator[Gap]:
    """Names what is missing by address.

    Left out is what is there whole elsewhere, second fetches, and what was loaded on purpose: the caller knows of it.
    What redirects say beside their fields is shown to nobody, so it does not count as missing.
    """
    redirects = 0
    for exchange, gap in missing:
        if exchange.is_redirect and exchange.body.path is None:
            redirects += 1
        elif exchange.via != Via.LOADER and not layout.prefix(exchange):
            yield Gap(f"body of {shown(exchange.url)}", gap.why, gap.detail)
    if redirects:
        detail = f"the browser gives no bodies of redirects; there were {redirects}"
        yield Gap("bodies of redirects", GapReason.NOT_APPLICABLE, detail)


def _failure(exchange: Exchange) -> Gap:
    what = f"answer to {exchange.method} {shown(exchange.url)}"
    if exchange.refused:
        return Gap(what, GapReason.REFUSED, exchange.refused)
    is_late = "TIMED_OUT" in exchange.error.upper()
    return Gap(what, GapReason.TIMED_OUT if is_late else GapReason.FAILED, exchange.error or "no response came")


def _fields(members: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in members.items()).encode(
        "utf-8", errors="replace"
    )


def _lines(members: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in members).encode("ascii")


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
