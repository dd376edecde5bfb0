"""What the recorder of a browser session is limited to, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.model import Gap
from forensics.web.exchange import Exchange

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a session is kept; whatever is beyond is a gap.

    Attributes:
        body_bytes: Longest body of one response, in bytes. A page's own document that is longer is stopped.
        total_bytes: All bodies and downloads of the session together, in bytes.
        whole_bytes: Longest file that `Recorder.load_whole` loads, in bytes; the browser holds it in memory twice.
        download_bytes: Longest download, in bytes.
        downloads: Number of downloads.
        exchanges: Number of requests.
        pages: Number of pages (tabs), the first one included.
        messages: Number of WebSocket messages of the session.
        message_bytes: All WebSocket messages together, in bytes.
        log_lines: Number of lines of the console, and of dialogs.
        text_chars: Longest text of one line of the console or of a dialog, in characters.
    """

    body_bytes: int = 64 * MIB
    total_bytes: int = 2048 * MIB
    whole_bytes: int = 128 * MIB
    download_bytes: int = 1024 * MIB
    downloads: int = 20
    exchanges: int = 10_000
    pages: int = 5
    messages: int = 10_000
    message_bytes: int = 64 * MIB
    log_lines: int = 10_000
    text_chars: int = 10_000


@dataclass(frozen=True, slots=True)
class Navigation:
    """What came of opening an address.

    Attributes:
        url: The address that was asked for.
        error: `net::ERR_…` or why the browser did not open it; empty where a document came, whatever its status.
        is_download: Whether the server gave a file to save instead of a document.
        timed_out: Whether the time ran out before the document was loaded with all its parts.
        is_cut: Whether the document was longer than the limit and was stopped.
        loaded_s: How long it took, in seconds.
    """

    url: str
    error: str = ""
    is_download: bool = False
    timed_out: bool = False
    is_cut: bool = False
    loaded_s: float = 0.0

    @property
    def is_loaded(self) -> bool:
        """Whether a document came and everything that it asked for at first."""
        return not (self.error or self.is_download or self.timed_out or self.is_cut)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the page gave to save.

    Attributes:
        url: Where it came from; a `blob:` or `data:` address where a script made it.
        suggested_name: The name that the server or page gave it; never used as a path.
        state: `completed`, `canceled` or `inProgress`.
        path: The file; None where it is not whole.
        size: Length in bytes, as far as it came.
        gap: Why it is not whole; None where it is.
    """

    url: str
    suggested_name: str
    state: str
    started_at: datetime
    path: Path | None = None
    size: int = 0
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class PopUp:
    """A page that a page opened.

    Attributes:
        page: Its number, from 2; 0 where it was closed at once because there were too many.
        url: The last address that it had.
        opener: Number of the page that opened it; 0 where that is unknown.
    """

    page: int
    url: str
    opened_at: datetime
    opener: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything that was recorded of a session.

    Attributes:
        exchanges: In the order of requests. What is missing of a body is told by the body's own gap.
        console: What pages wrote to the console, exceptions and complaints of the browser, as JSON objects.
        dialogs: Dialogs and what was denied, as JSON objects.
        certificates: Origin to the server's certificates in DER, its own first, of every HTTPS origin that answered or
            was turned down.
        log: The navigation log, as JSON objects.
        gaps: What is missing apart from bodies and downloads.
    """

    exchanges: tuple[Exchange, ...] = ()
    console: tuple[Mapping[str, Any], ...] = ()
    dialogs: tuple[Mapping[str, Any], ...] = ()
    downloads: tuple[Download, ...] = ()
    pop_ups: tuple[PopUp, ...] = ()
    certificates: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    log: tuple[Mapping[str, Any], ...] = ()
    gaps: tuple[Gap, ...] = ()
