"""One of two captures as the comparison wants it: what was reached, which texts were shown, which media were sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.errors import MediaError
from forensics.web.warc_http import as_uri
from forensics.web.warc_read import Record
from forensics.web.warc_read import read as read_records

_BLOCK = 1 << 20
_MEDIA = ("image/", "video/", "audio/")
_SENT = frozenset({200, 203, 206})
_OK = range(200, 300)
_PARTIAL = 206
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_VIEW_LIMIT = 64 << 20
_OTHERS = ("urn:plain:",)
SHOWN = frozenset({"content", "not-html", "consent-wall", "covered", "soft-error", ""})
"""States of a page in which what was visible is the page's own, also where something lies over it."""


@dataclass(frozen=True, slots=True)
class Text:
    """One visible block of text, with single spaces.

    Attributes:
        box_px: Left, top, width and height in the page, in pixels; None where unknown.
        path: CSS path of its element; empty where unknown.
    """

    text: str
    box_px: tuple[float, ...] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture, film or sound that was asked for.

    Attributes:
        status: HTTP status; None where no answer came.
        sha256: Digest of the body; empty where it is not recorded whole.
        size: Length of the recorded body in bytes.
    """

    url: str
    status: int | None
    sha256: str = ""
    size: int = 0
    media_type: str = ""


@dataclass(slots=True)
class Side:
    """One capture.

    Attributes:
        facts: What the collector says of it; empty where the file does not say it.
        at: When the page's response was recorded as requested, by `WARC-Date`; None where there is none.
        texts: What was visible; None where that is not recorded.
        media: By address.
        damage: Why the file could not be read to its end; empty where it could.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    texts: tuple[Text, ...] | None = None
    lines: tuple[Text, ...] | None = None
    media: dict[str, Medium] = field(default_factory=dict)
    pages: dict[str, datetime] = field(default_factory=dict)
    damage: str = ""

    def text(self, name: str) -> str | None:
        """Gives a fact that is a text; None where it is none."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    @property
    def status(self) -> int | None:
        """The HTTP status of the page; None where no answer came."""
        value = self.facts.get("status")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def state(self) -> str:
        """What the collector took the page for; empty where it does not say."""
        state = self.facts.get("page_state")
        value = state.get("state") if isinstance(state, dict) else None
        return value if isinstance(value, str) else ""

    @property
    def is_shown(self) -> bool:
        """Whether what was visible is the page's own content."""
        return self.status in _OK and self.state in SHOWN

    @property
    def certificate(self) -> tuple[str | None, str | None]:
        """Digest and subject of the server's certificate; None where there is none."""
        tls = self.facts.get("tls")
        if not isinstance(tls, dict):
            return None, None
        chain, subject = tls.get("chain_sha256"), tls.get("subject")
        digest = chain[0] if isinstance(chain, list) and chain and isinstance(chain[0], str) else None
        return digest, subject if isinstance(subject, str) else None

    def blocks(self) -> tuple[Text, ...] | None:
        """Gives the visible texts with their places, or else without; None where neither is recorded."""
        return self.texts if self.texts is not None else self.lines


def read(path: Path) -> Side:
    """Reads a web archive; what is damaged is said in the result and raises nothing."""
    side = Side()
    try:
        for record in read_records(path):
            _take(side, record)
    except MediaError as error:
        side.damage = str(error).removeprefix(path.name).strip()
    final = side.text("final_url") or side.text("requested_url") or ""
    dates = list(side.pages.values())
    side.at = side.pages.get(as_uri(final)) or (dates[-1] if dates else None)
    return side


def _take(side: Side, record: Record) -> None:
    if record.kind == "resource" and record.http is None:
        _take_view(side, record)
    elif record.http is not None and record.kind in ("response", "resource") and not record.uri.startswith(_OTHERS):
        _take_response(side, record)
    elif record.kind == "metadata" and record.uri.startswith("http"):
        start = record.payload.read(4096)
        if b"fetchError" in start:
            _keep(side, Medium(record.uri, None))


def _take_view(side: Side, record: Record) -> None:
    name, _, _ = record.uri.removeprefix("urn:").partition(":")
    if name not in ("capture", "seen", "text") or record.size > _VIEW_LIMIT:
        return
    content = record.payload.read()
    if name == "text":
        side.lines = (*(side.lines or ()), *_lines(content))
        return
    value = _loaded(content)
    if name == "capture" and not side.facts:
        side.facts = value
    elif name == "seen" and isinstance(value.get("texts"), list):
        side.texts = (*(side.texts or ()), *_texts(value["texts"]))


def _loaded(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _lines(content: bytes) -> Iterator[Text]:
    for line in content.decode("utf-8", errors="replace").splitlines():
        if text := " ".join(line.split()):
            yield Text(text)


def _texts(entries: Sequence[Any]) -> Iterator[Text]:
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("visible") is False or not isinstance(entry.get("text"), str):
            continue
        text = " ".join(entry["text"].encode("utf-8", "replace").decode("utf-8").split())
        path = entry.get("path")
        if text:
            yield Text(text, _box(entry.get("box_px")), path if isinstance(path, str) else "")


def _box(value: Any) -> tuple[float, ...] | None:
    is_box = isinstance(value, list) and len(value) == 4 and all(_is_length(one) for one in value)  # noqa: PLR2004
    return tuple(round(float(one), 1) for one in value) if is_box else None


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9  # noqa: PLR2004 -- NaN is not


def _take_response(side: Side, record: Record) -> None:
    http = record.http
    if http is None:
        return
    url = record.uri.removeprefix("urn:partial:")
    about = _loaded((record.header("WARC-JSON-Metadata") or "{}").encode("utf-8", "replace"))
    media_type = (http.header("content-type") or "").partition(";")[0].strip().lower()
    is_page = bool(about.get("isNavigation")) and not about.get("frameDepth")
    if is_page and http.status not in _REDIRECTS and record.at is not None:
        side.pages[url] = record.at
    if not media_type.startswith(_MEDIA) and record.header("WARC-Resource-Type") not in ("image", "media"):
        return
    is_whole = http.status in _SENT and not record.header("WARC-Truncated") and _is_all(record)
    digest = _digest(record) if is_whole else ""
    _keep(side, Medium(url, http.status, digest, record.size, media_type))


def _is_all(record: Record) -> bool:
    """Whether a response holds all of what its address holds, also one to a request for a range."""
    http = record.http
    if http is None or http.status != _PARTIAL:
        return True
    _, _, extent = (http.header("content-range") or "").lower().partition("bytes ")
    ends, _, total = extent.partition("/")
    return total.isdecimal() and ends == f"0-{int(total) - 1}"


def _digest(record: Record) -> str:
    digest = hashlib.sha256()
    while chunk := record.payload.read(_BLOCK):
        digest.update(chunk)
    return digest.hexdigest()


def _keep(side: Side, medium: Medium) -> None:
    """Keeps what says most of an address: a whole body, then any answer, then none."""
    known = side.media.get(medium.url)
    if known is None or (bool(medium.sha256), medium.status is not None) > (
        bool(known.sha256),
        known.status is not None,
    ):
        side.media[medium.url] = medium
