"""A web archive as this analyzer wants it: what responses say, what pages showed, and what is missing."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from forensics.analyzers.page import body, literal
from forensics.analyzers.page.body import Form
from forensics.analyzers.page.corpus import Corpus
from forensics.errors import MediaError
from forensics.web.warc_read import Record
from forensics.web.warc_read import read as read_records

_OK = frozenset({200, 203, 206, 304})
"""Statuses under which a picture that is shown can have come. *Source:* RFC 9110, section 15."""
_SILENT = frozenset({204, 205, 304})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_BODIES = 64 << 20
_MOST_HOPS = 20
_VIEWS = ("urn:seen:", "urn:dom:", "urn:capture:")
_EXCHANGED = ("urn:plain:", "urn:partial:")
_SOCKET = "urn:websocket:"


@dataclass(frozen=True, slots=True)
class Response:
    """One recorded response.

    Attributes:
        number: Place among the responses of the file, from 1.
        status: HTTP status; None where the start line has none.
        size: Length of the recorded body in bytes, codings included.
        location: Where a redirect leads; empty where it leads nowhere.
        missing: Why its body is missing or cut; empty where it is not.
        sha256: Digest of the body without codings; empty where it was not read.
        content: The body without codings, of documents of pages only; None otherwise.
        media_type: As declared.
        is_page: Whether it answered the navigation of a page rather than of a frame or a part.
    """

    number: int
    url: str
    at: datetime | None
    status: int | None
    size: int
    media_type: str
    form: Form
    location: str = ""
    missing: str = ""
    sha256: str = ""
    content: bytes | None = None
    is_page: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A `resource` record that tells of a page: `name` is `seen`, `dom` or `capture`."""

    name: str
    url: str
    content: bytes
    at: datetime | None


@dataclass(slots=True)
class Archive:
    """What was read of a file.

    Attributes:
        failures: Address to the reason why no response came.
        damage: Why the file could not be read to its end; empty where it could.
        is_cut_short: Whether reading stopped at a limit.
        records: Number of records that were read.
        kept: Bytes of documents that are kept.
        heads: Ids of requests for no more than the head of a response, so that no body is missing.
    """

    corpus: Corpus
    responses: list[Response] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    damage: str = ""
    is_cut_short: bool = False
    records: int = 0
    kept: int = 0
    heads: set[str] = field(default_factory=set)
    by_url: dict[str, list[Response]] = field(default_factory=dict)

    @property
    def lacking(self) -> list[Response]:
        """The responses that might explain a text and whose body is missing or cut."""
        return [
            one
            for one in self.responses
            if one.missing
            and one.form is not Form.MEDIA
            and not one.is_plain
            and one.status not in _REDIRECTS | _SILENT
        ]

    def views_of(self, name: str) -> Sequence[View]:
        """Gives the views of one name, in order."""
        return [view for view in self.views if view.name == name]

    def capture(self) -> Mapping[str, Any] | None:
        """Gives what the collector says of the capture; None where the file does not say it."""
        for view in self.views_of("capture"):
            value = literal.loaded(view.content.decode("utf-8", errors="replace"))
            if isinstance(value, dict):
                return value
        return None

    def page(self, url: str = "") -> Response | None:
        """Gives the response that is the document of a page: at an address, or the first of all."""
        found = [one for one in self.responses if one.is_page and not one.is_plain and one.status not in _REDIRECTS]
        named = [one for one in found if one.url == url] if url else found[:1]
        return named[-1] if named else None

    def plain(self) -> Response | None:
        """Gives the last response to a plain client; None where there is none."""
        return next((one for one in reversed(self.responses) if one.is_plain), None)

    def picture(self, url: str) -> str:
        """Tells what is recorded at the address of a picture.

        Returns:
            `recorded`, `without-body`, `failed` or `unrecorded`.
        """
        for _ in range(_MOST_HOPS):
            found = self.by_url.get(url, [])
            if any(one.status in _OK and one.size > 0 for one in found) or any(one.status == 304 for one in found):  # noqa: PLR2004
                return "recorded"
            hop = next((one.location for one in found if one.status in _REDIRECTS and one.location), "")
            if not hop:
                break
            url = hop
        if any(one.status in _OK for one in found):
            return "without-body"
        return "failed" if found or url in self.failures else "unrecorded"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read.

    Attributes:
        body_bytes: Of one body.
        text_chars: Of all texts together.
        total_bytes: Of all records together, as they declare it.
    """

    body_bytes: int
    text_chars: int
    total_bytes: int


def read(path: Path, limits: Limits) -> Archive:
    """Reads a file; what is damaged or beyond a limit is said in the result and raises nothing."""
    archive = Archive(Corpus(limit=limits.text_chars))
    left = limits.total_bytes
    try:
        for record in read_records(path):
            archive.records += 1
            left -= record.size
            if left < 0:
                archive.is_cut_short = True
                break
            _take(archive, record, limits=limits)
    except MediaError as error:
        archive.damage = _reason(error, path)
    for response in archive.responses:
        archive.by_url.setdefault(response.url, []).append(response)
    _add_times(archive)
    _add_addresses(archive)
    return archive


def _reason(error: MediaError, path: Path) -> str:
    """Gives the reason without the name of the file, which is that of a stored copy."""
    return str(error).removeprefix(path.name).strip()


def _take(archive: Archive, record: Record, *, limits: Limits) -> None:
    if record.kind == "request" and record.http is not None and record.http.start.startswith("HEAD "):
        archive.heads.add(record.id)
    elif record.kind == "metadata":
        _take_metadata(archive, record, limits=limits)
    elif record.http is not None and (record.kind == "response" or record.uri.startswith(_EXCHANGED)):
        _take_response(archive, record, limits=limits)
    elif record.kind == "resource":
        view = next((prefix for prefix in _VIEWS if record.uri.startswith(prefix)), None)
        content = record.payload.read(limits.body_bytes + 1) if view else b""
        if view and len(content) <= limits.body_bytes:
            archive.views.append(View(view.split(":")[1], record.uri.removeprefix(view), content, record.at))


def _take_response(archive: Archive, record: Record, *, limits: Limits) -> None:
    http = record.http
    if http is None:
        return
    is_plain = record.uri.startswith("urn:plain:")
    url = record.uri.removeprefix("urn:plain:").removeprefix("urn:partial:")
    media_type = http.header("content-type") or ""
    form = body.form_of(media_type, url)
    number = len(archive.responses) + 1
    found = body.Body(None) if form is Form.MEDIA else body.read(record, limit=limits.body_bytes)
    content, sha256 = None, ""
    is_page = is_plain or _is_page(record, form)
    if found.content is not None:
        form = body.sniffed(found.content, form)
        sha256 = hashlib.sha256(found.content).hexdigest()
        if not is_plain:
            _add(archive.corpus, number, found.content, form=form, media_type=media_type)
        if is_page and archive.kept + len(found.content) <= _KEPT_BODIES:
            content = found.content
            archive.kept += len(content)
    location = http.header("location") or ""
    archive.responses.append(
        Response(
            number,
            url,
            record.at,
            http.status,
            record.size,
            media_type,
            form,
            location=_joined(url, location),
            missing="" if record.header("WARC-Concurrent-To") in archive.heads else found.missing,
            sha256=sha256,
            content=content,
            is_page=is_page,
            is_plain=is_plain,
        )
    )


def _joined(url: str, location: str) -> str:
    if not location:
        return ""
    try:
        return urljoin(url, location).partition("#")[0]
    except ValueError:
        return ""


def _is_page(record: Record, form: Form) -> bool:
    """Whether a response answered the navigation of a page: as the collector says, or else by its form."""
    about = literal.loaded(record.header("WARC-JSON-Metadata") or "")
    if isinstance(about, dict) and "isNavigation" in about:
        return bool(about["isNavigation"]) and not about.get("frameDepth")
    return form is Form.DOCUMENT


def _add(corpus: Corpus, number: int, content: bytes, *, form: Form, media_type: str) -> None:
    if form is Form.BINARY:
        corpus.add_binary(number, content)
        return
    for text in body.texts_of(content, media_type):
        _add_text(corpus, number, text, form=form, is_stream="event-stream" in media_type)


def _add_text(corpus: Corpus, number: int, text: str, *, form: Form, is_stream: bool) -> None:
    if is_stream:
        for event in literal.events(text):
            corpus.add_message(number, event)
    elif form is Form.DOCUMENT:
        corpus.add_document(number, text)
    elif form is Form.STYLE:
        corpus.add_style(number, text)
    elif form is Form.SCRIPT:
        corpus.add_script(number, text)
    elif form is Form.TEXT:
        corpus.add_text(number, text)
    elif not corpus.add_json(number, text):
        corpus.add_script(number, text)


def _take_metadata(archive: Archive, record: Record, *, limits: Limits) -> None:
    content = record.payload.read(limits.body_bytes)
    if record.uri.startswith(_SOCKET):
        for message in _messages(content):
            archive.corpus.add_message(len(archive.responses), message)
    elif b"fetchError" in content[:4096]:
        lines = content.decode("utf-8", errors="replace").splitlines()
        reason = next((line.partition(":")[2].strip() for line in lines if line.startswith("fetchError")), "")
        archive.failures[record.uri] = reason


def _messages(content: bytes) -> Iterator[str]:
    """Gives the WebSocket messages that the page received."""
    for line in content.splitlines():
        message = literal.loaded(line.decode("utf-8", errors="replace"))
        if not isinstance(message, dict) or message.get("direction") == "sent":
            continue
        given = message.get("data")
        if not isinstance(given, str):
            continue
        if message.get("type") != "binary":
            yield literal.whole(given)
            continue
        try:
            yield "\n".join(literal.runs(b64decode(given, validate=True)))
        except Base64Error:
            continue


def _add_times(archive: Archive) -> None:
    """Tells the corpus when the page can have been on the screen: from its first response to its views."""
    given = (*(one.at for one in archive.responses), *(one.at for one in archive.views))
    dates = [at for at in given if at is not None]
    if dates:
        archive.corpus.moments.shown_from = int(min(dates).timestamp())
        archive.corpus.moments.shown_to = int(max(dates).timestamp()) + 1


def _add_addresses(archive: Archive) -> None:
    """Takes in what the addresses say that were asked for and reached, since pages show their own address."""
    capture = archive.capture() or {}
    named = [capture.get("requested_url"), capture.get("final_url"), *(view.url for view in archive.views_of("seen"))]
    for url in dict.fromkeys(one for one in named if isinstance(one, str)):
        for part in _parts(url):
            archive.corpus.add_address(part)


def _parts(url: str) -> Iterator[str]:
    try:
        split = urlsplit(url)
    except ValueError:
        return
    yield url
    yield unquote(url)
    yield split.netloc
    yield unquote(split.path)
    for piece in (*split.path.split("/"), *split.query.replace("=", "&").split("&"), split.fragment):
        yield unquote(piece.replace("+", " "))
