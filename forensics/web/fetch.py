"""A plain HTTP client: every request an exchange, redirects under a policy, interrupted bodies resumed."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from forensics import __version__
from forensics.model import Gap, GapReason
from forensics.web.addresses import PORTS, Answer, Policy, Resolver, Verdict, resolve, shown, split
from forensics.web.exchange import Exchange, Headers, Via
from forensics.web.fetch_digest import Stated, compare_digests
from forensics.web.fetch_proxy import Proxy, left_to_the_proxy
from forensics.web.fetch_resume import Download, Reply
from forensics.web.fetch_trust import Trust
from forensics.web.fetch_wire import (
    Connection,
    Head,
    Patience,
    WireError,
    connect,
    connect_through,
    read_body,
    read_head,
)

USER_AGENT = f"Mozilla/5.0 (compatible; forensics/{__version__})"
"""What a plain client says that it is."""

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")
"""Variables by which a system names proxies, in lower or upper case. They are stated and never followed."""

_SAFE_IN_PATH = "%/:=&~+!$,;'@()*[]|"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?{}^`\\"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a plain client asks.

    Attributes:
        user_agent: Header field `User-Agent`.
        language: Header field `Accept-Language`; empty for none.
        connect_s: How long is waited for a connection, in seconds.
        idle_s: How long is waited for the next bytes, in seconds.
        total_s: How long one fetch with all redirects and attempts may take, in seconds.
        limit_bytes: Longest body that is kept.
        redirects: How many redirects are followed. *Source:* WHATWG Fetch, section 4.4, HTTP-redirect fetch.
        attempts: How many attempts in a row may bring nothing new before an interrupted body is given up.
        pause_s: Pause before the first of these, doubled before each further one, in seconds.
    """

    user_agent: str = USER_AGENT
    language: str = ""
    connect_s: float = 20.0
    idle_s: float = 60.0
    total_s: float = 6 * 3600.0
    limit_bytes: int = 1 << 40
    redirects: int = 20
    attempts: int = 5
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one fetch.

    Attributes:
        url: What was asked for.
        final_url: The last address that was asked.
        exchanges: Every request, in order.
        answers: What the resolver said, in order, each name once.
        head: Head of the response that began the body; None where no response came.
        path: The body, joined where it came in parts; None where there is none.
        size: Its length in bytes.
        length: Its length as the server stated it; None where it stated none.
        gaps: What is not there, and digests that differ.
        attempts: How many requests went to the final address.
        parts: How many responses the body is joined from; 0 where there is none.
        was_changed: Whether the server gave something else after an interruption, so that it was begun again.
        digests: Digests that the server states, compared.
        alpn: Protocol that was agreed on in the encryption of the final connection; empty where none was.
    """

    url: str
    final_url: str
    exchanges: tuple[Exchange, ...]
    answers: tuple[Answer, ...] = ()
    head: Head | None = None
    path: Path | None = None
    size: int = 0
    length: int | None = None
    gaps: tuple[Gap, ...] = ()
    attempts: int = 1
    parts: int = 0
    was_changed: bool = False
    digests: tuple[Stated, ...] = ()
    alpn: str = ""

    @property
    def status(self) -> int | None:
        """HTTP status of the response that began the body; None where no response came."""
        return self.head.status if self.head else None

    @property
    def error(self) -> str:
        """Why there is no response; empty where there is one."""
        last = self.exchanges[-1]
        return "" if self.head else last.refused or last.error

    def header(self, name: str) -> str:
        """Gives the first header field of a name, in lower case; empty where there is none."""
        return next(iter(self.head.all(name)), "") if self.head else ""


@dataclass(frozen=True, slots=True)
class Client:
    """What stays the same from one fetch to the next.

    Attributes:
        policy: Which addresses may be reached.
        settings: How it asks.
        trust: Whom it trusts to vouch for servers.
        resolver: Resolves names.
        context: Made of `trust`.
        proxy: What it speaks through; None for nothing. Names are left to it then, so that only addresses and
            `localhost` are judged by the policy.
    """

    policy: Policy
    settings: Settings
    trust: Trust
    resolver: Resolver
    context: ssl.SSLContext
    proxy: Proxy | None = None

    @classmethod
    def new(
        cls,
        policy: Policy,
        *,
        settings: Settings,
        trust: Trust,
        resolver: Resolver = resolve,
        proxy: Proxy | None = None,
    ) -> Client:
        """Makes a client; certificates and host names are always verified."""
        return cls(policy, settings, trust, left_to_the_proxy if proxy else resolver, trust.context(), proxy)

    def fetch(self, url: str, folder: Path, *, headers: Headers = (), first: int = 1) -> Fetched:
        """Fetches a URL with GET, without cookies or credentials.

        Each name is resolved once for each request, judged by the policy, and connected to at the addresses that were
        judged. A body that was interrupted is resumed where the server names a validator, and begun again otherwise.

        Args:
            url: `http` or `https`; a user name in it is not sent.
            folder: Where bodies go, as new files named by the numbers of their exchanges.
            headers: Further request header fields; they replace the usual ones of the same name.
            first: Number of the first exchange.

        Raises:
            StoreError: A body cannot be written.
        """
        deadline = time.monotonic() + self.settings.total_s
        return _Run(self, folder, headers, deadline, first).fetch(url)


def proxy_facts(proxy: Proxy | None = None) -> dict[str, Any]:
    """States whether a proxy is used and of which kind, and by name the variables of the environment that ask for one.

    Args:
        proxy: What is used because the user named it; None for nothing.
    """
    names = [name for name in PROXY_VARIABLES if os.environ.get(name) or os.environ.get(name.upper())]
    return {"used": proxy is not None, "kind": proxy.kind if proxy else None, "variables_set": names}


@dataclass
class _Run:
    """One fetch; `replies` holds every request that was made or refused, and nothing is ever taken out."""

    client: Client
    folder: Path
    headers: Headers
    deadline: float
    first: int
    replies: list[Reply] = field(default_factory=list)

    def fetch(self, url: str) -> Fetched:
        reply, gaps = self.follow(url)
        if reply.head is None or reply.exchange.refused:
            return self.result(url, Download((reply,)), gaps=gaps)
        download = self.complete(Download((reply,)), reply.exchange.url)
        return self.result(url, download, gaps=gaps)

    def follow(self, url: str) -> tuple[Reply, tuple[Gap, ...]]:
        """Asks until there is no further redirect, and states why the last one was not followed."""
        place = url
        for _ in range(self.client.settings.redirects + 1):
            reply = self.ask(place)
            if _was_dropped(reply) and self.pause(0):
                reply = self.ask(place)
            if not reply.exchange.is_redirect:
                return reply, _why_none(reply)
            place = _target(reply.exchange)
            if any(place.partition("#")[0] == known.exchange.url for known in self.replies):
                return reply, (Gap(shown(url), GapReason.FAILED, "the server redirects in a circle"),)
        count = self.client.settings.redirects
        return reply, (Gap(shown(url), GapReason.LIMIT, f"the server redirects more than {count} times"),)

    def complete(self, download: Download, url: str) -> Download:
        """Goes on with an interrupted body until it is whole or nothing new comes."""
        best, fruitless, was_changed = download, 0, False
        while download.may_go_on and fruitless < self.client.settings.attempts and self.pause(fruitless):
            reply = self.ask(url, download.range_fields())
            answer = download.joined_by(reply)
            was_changed = was_changed or answer.was_changed
            download = answer
            fruitless = 0 if download.size > best.size or download.is_whole else fruitless + 1
            best = download if download.is_whole else max(best, download, key=lambda one: one.size)
        return replace(best, was_changed=was_changed)

    def pause(self, fruitless: int) -> bool:
        """Waits before another attempt; says whether there is time for one."""
        pause_s = self.client.settings.pause_s * 2**fruitless
        if time.monotonic() + pause_s >= self.deadline:
            return False
        time.sleep(pause_s)
        return True

    def ask(self, url: str, further: Headers = ()) -> Reply:
        """Makes one request and keeps what came of it."""
        client, number = self.client, self.first + len(self.replies)
        verdict = client.policy.judge(url, resolver=client.resolver)
        if verdict.refused:
            exchange = Exchange(number, url, "GET", _now(), _now(), Via.PLAIN, refused=verdict.refused)
            reply = Reply(exchange, answer=verdict.answer)
        else:
            headers = _request_headers(url, verdict, client.settings, (*self.headers, *further))
            exchange = Exchange(number, _as_requested(url, verdict), "GET", _now(), _now(), Via.PLAIN, headers)
            reply = self.send(Reply(exchange, answer=verdict.answer), verdict)
        exchange = replace(reply.exchange, ended_at=_now())
        self.replies.append(replace(reply, exchange=exchange))
        return self.replies[-1]

    def send(self, reply: Reply, verdict: Verdict) -> Reply:
        """Connects, sends and reads; whatever ends it early is in the reply."""
        exchange, head = reply.exchange, None
        try:
            with self.connection(verdict, is_encrypted=exchange.url.startswith("https:")) as connection:
                exchange = replace(exchange, server_ip=connection.peer, server_port=verdict.port, tls=connection.tls)
                connection.send(_wire_form(exchange, self.client.proxy))
                head = read_head(connection)
                exchange = _with_head(exchange, head)
                path, limit_bytes = self.folder / f"body-{exchange.number:06d}", self.client.settings.limit_bytes
                body, failure = read_body(connection, head, path=path, limit_bytes=limit_bytes)
                return Reply(replace(exchange, body=body), head, reply.answer, connection.alpn, failure)
        except WireError as error:
            exchange = replace(
                exchange, error=str(error), server_ip=exchange.server_ip or error.peer, tls=exchange.tls or error.tls
            )
            return Reply(exchange, head, reply.answer, failure=error)

    def connection(self, verdict: Verdict, *, is_encrypted: bool) -> Connection:
        """Connects to the addresses that were judged, or to a name through the proxy."""
        client = self.client
        patience = Patience(client.settings.connect_s, client.settings.idle_s, self.deadline)
        context = client.context if is_encrypted else None
        if client.proxy:
            return connect_through(client.proxy, verdict.port, patience=patience, context=context, host=verdict.host)
        if verdict.answer and verdict.answer.error:
            raise WireError(f"the name cannot be resolved: {verdict.answer.error}")
        addresses = verdict.answer.addresses if verdict.answer else ()
        return connect(addresses, verdict.port, patience=patience, context=context, host=verdict.host)

    def result(self, url: str, download: Download, *, gaps: tuple[Gap, ...]) -> Fetched:
        """Joins the parts and states what is missing."""
        first = download.replies[0]
        path, size = download.joined_file(self.folder / f"joined-{self.first:06d}"), download.size
        digests = compare_digests(first.head.fields, path, is_whole=download.gap is None) if first.head else ()
        last = self.replies[-1].exchange
        return Fetched(
            url=url,
            final_url=last.url,
            exchanges=tuple(reply.exchange for reply in self.replies),
            answers=tuple({reply.answer.name: reply.answer for reply in self.replies if reply.answer}.values()),
            head=first.head,
            path=path,
            size=size,
            length=download.total,
            gaps=(*gaps, *_body_gaps(last.url, download), *_digest_gaps(last.url, digests)),
            attempts=sum(reply.exchange.url == last.url for reply in self.replies),
            parts=len(download.replies) if path else 0,
            was_changed=download.was_changed,
            digests=digests,
            alpn=first.alpn,
        )


def _why_none(reply: Reply) -> tuple[Gap, ...]:
    """States why no response came; nothing where one did."""
    exchange = reply.exchange
    if exchange.refused:
        return (Gap(shown(exchange.url), GapReason.REFUSED, exchange.refused),)
    if reply.head is None and reply.failure:
        return (Gap(shown(exchange.url), reply.failure.why, str(reply.failure)),)
    return ()


def _body_gaps(url: str, download: Download) -> Iterator[Gap]:
    gap = download.gap if download.replies[0].head else None
    if gap and download.was_changed:
        yield Gap(shown(url), GapReason.CHANGED, f"the server gave something else meanwhile; {gap.detail}")
    elif gap:
        yield Gap(shown(url), gap.why, gap.detail)


def _digest_gaps(url: str, digests: tuple[Stated, ...]) -> Iterator[Gap]:
    for one in digests:
        if one.outcome == "differs":
            detail = f"the bytes do not have the {one.algorithm} digest that the server states in {one.field}"
            yield Gap(shown(url), GapReason.CHANGED, detail)


def _with_head(exchange: Exchange, head: Head) -> Exchange:
    media_type = next(iter(head.all("content-type")), "").partition(";")[0].strip().lower()
    return replace(
        exchange,
        status=head.status,
        reason=head.reason,
        http_version=head.version,
        response_headers=head.fields,
        media_type=media_type,
    )


def _request_headers(url: str, verdict: Verdict, settings: Settings, further: Headers) -> Headers:
    """Gives all fields of a request; further ones replace the usual ones of the same name."""
    usual = (
        ("Host", _host_and_port(split(url).scheme, verdict)),
        ("User-Agent", settings.user_agent),
        ("Accept", "*/*"),
        *((("Accept-Language", settings.language),) if settings.language else ()),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )
    given = {name.lower() for name, _ in further}
    return (*(one for one in usual if one[0].lower() not in given), *further)


def _host_and_port(scheme: str, verdict: Verdict) -> str:
    host = f"[{verdict.host}]" if ":" in verdict.host else verdict.host
    return host if verdict.port == PORTS[scheme] else f"{host}:{verdict.port}"


def _wire_form(exchange: Exchange, proxy: Proxy | None = None) -> bytes:
    """Gives a request as it is sent: to an HTTP proxy with the whole address, and a login that is not recorded."""
    parts = split(exchange.url)
    is_given_whole = proxy is not None and proxy.kind == "http" and parts.scheme == "http"
    target = exchange.url if is_given_whole else parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in exchange.request_headers), ""]
    if any(mark in line for line in lines for mark in "\r\n\0"):
        raise WireError("a request header has a line break", is_lasting=True)
    login = proxy.fields if proxy and is_given_whole else b""
    return "\r\n".join(lines).encode("latin-1", errors="replace") + login + b"\r\n"


def _as_requested(url: str, verdict: Verdict) -> str:
    """Gives a URL in ASCII, without user name and fragment: neither is sent.

    Characters that a request line cannot hold are percent-encoded in UTF-8. *Source:* WHATWG URL Standard, section 1.3.
    """
    parts = split(url)
    place = _host_and_port(parts.scheme, verdict)
    query = f"?{quote(parts.query, safe=_SAFE_IN_QUERY)}" if parts.query else ""
    return f"{parts.scheme}://{place}{quote(parts.path or '/', safe=_SAFE_IN_PATH)}{query}"


def _target(exchange: Exchange) -> str:
    """Gives where a redirect points to; header fields are read as UTF-8 where they are that."""
    location = (exchange.header("location") or "").strip()
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return urljoin(exchange.url, location)
    except ValueError:
        return location


def _was_dropped(reply: Reply) -> bool:
    """Whether a server took the request and closed the connection without a word, as busy ones do."""
    failure = reply.failure
    if failure is None or reply.head or not reply.exchange.server_ip:
        return False
    return not failure.is_lasting and failure.why is GapReason.FAILED


def _now() -> datetime:
    return datetime.now(UTC)
