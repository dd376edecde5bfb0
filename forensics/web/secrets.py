"""Takes credentials out of exchanges before anything is written, and keeps them for the sealed part."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from forensics.errors import StoreError
from forensics.model import Gap, GapReason
from forensics.web import secret_rules as rules
from forensics.web.exchange import Body, Exchange, Headers, SocketMessage
from forensics.web.secret_mask import Known, Span, forms_of, is_in_compressed, mask_file, spans_in, spans_in_file, stamp
from forensics.web.secret_rules import Named

_SALT_BYTES = 16
_SHORTEST_IN_BODY = 4
"""Bytes from which a known password is looked for in request bodies; anything shorter would be found in most."""

_BINARY = ("image/", "video/", "audio/", "font/")
_BASE64_BLOCK = 3 << 18
_ELSEWHERE = "the value of another secret occurs in it"
_TEXT_MEMBERS = ("url", "initiator", "referrer", "error", "refused")


class Where(StrEnum):
    """Which part of an exchange something was stripped from."""

    URL = "url"
    REQUEST_HEADER = "request-header"
    RESPONSE_HEADER = "response-header"
    REQUEST_BODY = "request-body"
    RESPONSE_BODY = "response-body"
    MESSAGE = "websocket-message"


@dataclass(frozen=True, slots=True)
class Stripped:
    """One secret that was taken out, without its value.

    Attributes:
        exchange: Number of the exchange.
        name: The header field, cookie, parameter or form field that held it.
        why: What makes it a secret.
        digest: First 12 hex digits of SHA-256 over the capture's salt and the value; equal values have equal digests.
        count: Places in that part.
    """

    exchange: int
    where: Where
    name: str
    why: str
    digest: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Exchanges that may be written to open archives.

    Attributes:
        exchanges: The same exchanges without credentials; bodies that held any are new files or are gone.
        stripped: What was taken out, in the order of exchanges.
        known: The values that have to be masked in other artifacts of the capture, too; for `mask`.
        sealed: JSON lines with the salt and every original value: for the sealed part only.
    """

    exchanges: tuple[Exchange, ...]
    stripped: tuple[Stripped, ...]
    known: Known
    sealed: Path


@dataclass(frozen=True, slots=True)
class _Work:
    """One run of `strip`: what is known, the sealed list that is being written, and what the open list has so far."""

    folder: Path
    known: Known
    forms: Mapping[bytes, bytes]
    passwords: tuple[bytes, ...]
    sealed: TextIO
    stripped: list[Stripped] = field(default_factory=list)

    def list(self, exchange: Exchange, where: Where, *, named: Named, why: str, count: int = 1) -> str:
        """Lists a secret in the open, without its value, and gives what stands in its place."""
        digest = self.known.digest(named.value)
        self.stripped.append(Stripped(exchange.number, where, named.name, why, digest, count))
        return f"[stripped: sha256/12 {digest}]"

    def seal(self, exchange: Exchange, where: Where, **members: Any) -> None:
        """Writes one line of the sealed list."""
        self.sealed.write(json.dumps({"exchange": exchange.number, "where": where, **members}) + "\n")


def strip(
    exchanges: Sequence[Exchange], folder: Path, *, passwords: Sequence[str] = (), tokens: Sequence[str] = ()
) -> Cleaned:
    """Takes cookies, tokens and passwords out of exchanges.

    Header values become `[stripped: sha256/12 …]`. A request body that carries a password goes as a whole, with the
    body of its response. Session cookies, tokens and passwords are masked with stars of equal length wherever else
    they occur in addresses, header fields, texts and WebSocket messages.

    Args:
        exchanges: As they were seen.
        folder: An empty or shared folder of the workspace; masked bodies and the sealed list are written there.
        passwords: Passwords that were used; empty for anonymous captures.
        tokens: Other secret values that are known, for example HttpOnly cookies of a profile that was used before;
            words and short numbers among them are not looked for.

    Raises:
        StoreError: A body cannot be read, or a masked copy cannot be written.

    Not done: bodies in Brotli or Zstandard are not looked into, nor pictures, sound and video.
    """
    sealed = folder / "stripped.jsonl"
    try:
        known = Known(os.urandom(_SALT_BYTES), _sought(exchanges, passwords, tokens=tokens))
        with sealed.open("x", encoding="ascii") as stream:
            stream.write(json.dumps({"format": "stripped/1", "salt": known.salt.hex()}) + "\n")
            work = _Work(folder, known, known.forms(), _password_forms(passwords), stream)
            cleaned = tuple(_clean(exchange, work) for exchange in exchanges)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"secrets could not be taken out of the capture: {reason}", hint="Check the free space of the disk."
        ) from error
    return Cleaned(cleaned, tuple(work.stripped), known, sealed)


def _password_forms(passwords: Sequence[str]) -> tuple[bytes, ...]:
    """Gives the ways in which request bodies write passwords that are long enough to be looked for."""
    words = [word.encode() for word in passwords]
    return tuple(sorted({form for word in words if len(word) >= _SHORTEST_IN_BODY for form in forms_of(word)}))


def _sought(exchanges: Sequence[Exchange], passwords: Sequence[str], *, tokens: Sequence[str]) -> tuple[bytes, ...]:
    """Gives the values that have to be masked wherever they occur."""
    found = (named for exchange in exchanges for named in _secrets_of(exchange))
    values = {named.value.strip(b'"') for named in found if named.is_sought} | {word.encode() for word in passwords}
    values |= {token.encode() for token in tokens if rules.is_telling(token.encode())}
    return tuple(sorted(value for value in values if len(value) >= rules.SHORTEST))


def _secrets_of(exchange: Exchange) -> Iterator[Named]:
    """Gives what an exchange itself shows to be secret."""
    for name, value in (*exchange.request_headers, *exchange.response_headers):
        yield from _secrets_of_field(name, value)
    for text in (exchange.url, exchange.referrer, exchange.initiator):
        yield from _secrets_of_address(text)
    asked = _start_of(exchange.request_body)
    yield from rules.passwords_in(asked)
    yield from rules.tokens_in(asked, is_request=True)
    if "json" in exchange.media_type or "html" in exchange.media_type:
        yield from rules.tokens_in(_start_of(exchange.body), is_request=False)
    for message in exchange.messages:
        yield from rules.passwords_in(message.payload if message.is_sent else b"")
        yield from rules.tokens_in(message.payload, is_request=False)


def _secrets_of_field(name: str, value: str) -> Iterator[Named]:
    if rules.is_cookie_header(name):
        for line in value.split("\n"):
            is_http_only = "httponly" in line.lower().replace(" ", "").split(";")[1:]
            for cookie, secret in _cookies(line, is_set=name.lower().startswith("set-")):
                data = as_bytes(secret)
                yield Named(cookie, data, rules.is_sought_cookie(cookie, data.strip(b'"'), is_http_only=is_http_only))
    elif rules.is_secret_header(name):
        is_sought = rules.is_sought_header(name)
        yield Named(name, as_bytes(value.rpartition(" ")[2]), is_sought)
        yield from (Named(name, part, is_sought) for part in _basic(value))
    elif rules.is_address_header(name):
        yield from _secrets_of_address(value)


def _secrets_of_address(text: str) -> Iterator[Named]:
    for start, end, name in rules.in_address(text):
        yield Named(name, as_bytes(text[start:end]))


def _basic(value: str) -> tuple[bytes, ...]:
    """Gives the password of `Basic` credentials."""
    scheme, _, code = value.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        return (base64.b64decode(code, validate=True).partition(b":")[2],)
    except ValueError:
        return ()


def _cookies(line: str, *, is_set: bool) -> tuple[tuple[str, str], ...]:
    """Takes the names and values of cookies apart; a `Set-Cookie` line has one, and attributes after it."""
    parts = line.split(";")[:1] if is_set else line.split(";")
    split = (part.strip().partition("=") for part in parts)
    return tuple((name, value) if equals else ("", name) for name, equals, value in split)


def as_bytes(text: str) -> bytes:
    """Gives the bytes of a header value: one a character, as browsers hand them over, or UTF-8 where that cannot be."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="surrogatepass")


def _start_of(body: Body | None) -> bytes:
    if body is None or body.path is None:
        return b""
    with body.path.open("rb") as stream:
        return stream.read(rules.LARGEST_SCANNED)


def _clean(exchange: Exchange, work: _Work) -> Exchange:
    request_body, response_body = exchange.request_body, exchange.body
    why = _password_in(exchange, work)
    if why and request_body is not None:
        request_body = _withheld(exchange, Where.REQUEST_BODY, work=work, why=why)
        response_body = _withheld(
            exchange, Where.RESPONSE_BODY, work=work, why="the answer to a request with a password"
        )
    else:
        request_body = request_body and _masked(exchange, Where.REQUEST_BODY, work=work)
        response_body = _masked(exchange, Where.RESPONSE_BODY, work=work)
    url, initiator, referrer, error, refused = (_clean_text(exchange, name, work=work) for name in _TEXT_MEMBERS)
    return replace(
        exchange,
        request_headers=_clean_headers(exchange, Where.REQUEST_HEADER, work=work),
        response_headers=_clean_headers(exchange, Where.RESPONSE_HEADER, work=work),
        request_body=request_body,
        body=response_body,
        messages=tuple(_clean_message(exchange, message, work=work) for message in exchange.messages),
        url=url,
        initiator=initiator,
        referrer=referrer,
        error=error,
        refused=refused,
    )


def _password_in(exchange: Exchange, work: _Work) -> str:
    """Says why a request body has to go; empty where it may stay."""
    body = exchange.request_body
    if body is None or body.path is None:
        return ""
    named = rules.passwords_in(_start_of(body))
    if named:
        return f"the field {named[0].name} of the request holds a password or one-time code"
    return "a password that was used is in the request" if spans_in_file(body.path, work.passwords) else ""


def _withheld(exchange: Exchange, where: Where, *, work: _Work, why: str) -> Body:
    """Moves a whole body into the sealed list."""
    body = _body_of(exchange, where)
    if body.path is None:
        return body
    head, _, tail = json.dumps({"exchange": exchange.number, "where": where, "base64": "|"}).partition("|")
    hasher = hashlib.sha256(work.known.salt)
    work.sealed.write(head)
    with body.path.open("rb") as stream:
        for block in iter(lambda: stream.read(_BASE64_BLOCK), b""):
            hasher.update(block)
            work.sealed.write(base64.b64encode(block).decode("ascii"))
    work.sealed.write(f"{tail}\n")
    work.stripped.append(Stripped(exchange.number, where, "", why, hasher.hexdigest()[:12]))
    return Body(gap=Gap(f"{where} of exchange {exchange.number}", GapReason.WITHHELD, f"it is sealed: {why}"))


def _masked(exchange: Exchange, where: Where, *, work: _Work) -> Body:
    """Masks known secrets in a body; a compressed body that holds one goes as a whole."""
    body = _body_of(exchange, where)
    if body.path is None or not work.forms:
        return body
    if where == Where.RESPONSE_BODY:
        if exchange.media_type.startswith(_BINARY) and "svg" not in exchange.media_type:
            return body
        coding = (exchange.header("content-encoding") or "").strip().lower()
        if not body.is_decoded and is_in_compressed(body.path, work.forms, coding=coding):
            return _withheld(exchange, where, work=work, why=f"{_ELSEWHERE}, under its compression")
    spans = spans_in_file(body.path, work.forms)
    if not spans:
        return body
    target = work.folder / f"masked-{exchange.number:06d}-{where}"
    mask_file(body.path, target, spans=spans)
    _list_masks(exchange, where, work=work, found=_read_spans(body.path, spans))
    return replace(body, path=target)


def _body_of(exchange: Exchange, where: Where) -> Body:
    return (exchange.request_body or Body()) if where == Where.REQUEST_BODY else exchange.body


def _read_spans(path: Path, spans: Sequence[Span]) -> list[tuple[int, bytes]]:
    found = []
    with path.open("rb") as stream:
        for span in spans:
            stream.seek(span.start)
            found.append((span.start, stream.read(span.end - span.start)))
    return found


def _list_masks(exchange: Exchange, where: Where, *, work: _Work, found: Sequence[tuple[int, bytes]]) -> None:
    """Lists masked places: each secret once in the open, each place in the sealed list."""
    masks = [{"at": start, "base64": base64.b64encode(value).decode("ascii")} for start, value in found]
    work.seal(exchange, where, masks=masks)
    for value, count in Counter(work.forms.get(value, value) for _, value in found).items():
        work.list(exchange, where, named=Named("", value), why=_ELSEWHERE, count=count)


def _clean_message(exchange: Exchange, message: SocketMessage, *, work: _Work) -> SocketMessage:
    named = rules.passwords_in(message.payload) if message.is_sent else ()
    if named or any(form in message.payload for form in work.passwords):
        work.seal(exchange, Where.MESSAGE, at=message.at.isoformat(), base64=_base64(message.payload))
        whole = Named(named[0].name if named else "", message.payload)
        text = work.list(exchange, Where.MESSAGE, named=whole, why="the message holds a password or one-time code")
        return replace(message, payload=text.encode(), is_text=True)
    spans = spans_in(message.payload, work.forms)
    if not spans:
        return message
    work.seal(exchange, Where.MESSAGE, at=message.at.isoformat(), base64=_base64(message.payload))
    for span in spans:
        value = message.payload[span.start : span.end]
        work.list(exchange, Where.MESSAGE, named=Named("", work.forms.get(value, value)), why=_ELSEWHERE)
    return replace(message, payload=stamp(message.payload, spans))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _clean_text(exchange: Exchange, name: str, *, work: _Work) -> str:
    """Masks an address or error message of the exchange itself."""
    return _starred(exchange, Where.URL, name=name, value=str(getattr(exchange, name)), work=work)


def _clean_headers(exchange: Exchange, where: Where, *, work: _Work) -> Headers:
    headers = exchange.request_headers if where == Where.REQUEST_HEADER else exchange.response_headers
    return tuple(
        (name, _clean_field(exchange, where, name=name, value=value, index=index, work=work))
        for index, (name, value) in enumerate(headers)
    )


def _clean_field(exchange: Exchange, where: Where, *, name: str, value: str, index: int, work: _Work) -> str:
    if rules.is_cookie_header(name):
        lines = [_clean_cookies(exchange, where, name=name, line=line, work=work) for line in value.split("\n")]
        cleaned = "\n".join(lines)
    elif rules.is_secret_header(name) and value:
        scheme, space, secret = value.partition(" ")
        if not space or not scheme.isalnum():
            scheme, space, secret = "", "", value
        named = Named(name, as_bytes(secret))
        cleaned = scheme + space + work.list(exchange, where, named=named, why="a header field with credentials")
    else:
        return _starred(exchange, where, name=name, value=value, index=index, work=work)
    if cleaned != value:
        work.seal(exchange, where, name=name, index=index, value=value)
    return cleaned


def _clean_cookies(exchange: Exchange, where: Where, *, name: str, line: str, work: _Work) -> str:
    """Replaces the values of cookies; names and attributes stay."""
    is_set = name.lower().startswith("set-")
    first, semicolon, attributes = line.partition(";") if is_set else (line, "", "")
    cleaned = []
    for cookie, value in _cookies(first, is_set=is_set):
        named = Named(f"{name}: {cookie}", as_bytes(value))
        marker = work.list(exchange, where, named=named, why="a cookie") if value else ""
        cleaned.append(f"{cookie}={marker}" if cookie else marker)
    return "; ".join(cleaned) + semicolon + attributes


def _starred(exchange: Exchange, where: Where, *, name: str, value: str, work: _Work, index: int = 0) -> str:
    """Masks credentials of addresses and known secrets in a text."""
    is_address = where == Where.URL or rules.is_address_header(name)
    cleaned = value
    for start, end, parameter in rules.in_address(value) if is_address else ():
        named = Named(parameter, as_bytes(value[start:end]))
        work.list(exchange, where, named=named, why=f"a credential in the address ({name})")
        cleaned = cleaned[:start] + "*" * (end - start) + cleaned[end:]
    data = cleaned.encode("utf-8", errors="surrogatepass")
    spans = spans_in(data, work.forms)
    for span in spans:
        secret = data[span.start : span.end]
        work.list(exchange, where, named=Named(name, work.forms.get(secret, secret)), why=_ELSEWHERE)
    cleaned = stamp(data, spans).decode("utf-8", errors="surrogatepass")
    if cleaned != value:
        work.seal(exchange, where, name=name, index=index, value=value)
    return cleaned
