"""One item on its way: what was fetched for it so far, what is to be kept, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.codec import to_json
from forensics.model import Gap, Tool
from forensics.web.exchange import Exchange, Headers
from forensics.web.fetch import Client, Fetched


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that becomes an artifact.

    Attributes:
        role: `media`, or `media-info` and `media-subtitles` for what a platform says about it.
        fetched: The fetch that brought it; None where another program did.
        facts: What is known of it beside that.
    """

    path: Path
    name: str
    role: str = "media"
    fetched: Fetched | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Job:
    """What one collection has so far; its lists only grow.

    Attributes:
        url: What was asked for.
        folder: The workspace.
        deadline: Until when, on `time.monotonic`; a fetch that begins later is given one second.
        page_state: One of the states of docs/capture-record.md.
        offered: How many media the address offers, as far as it is known.
        signs: What else there is to say about it, as fixed words.
        whole: What was fetched whole, by address.
        own: Values that identify who collects and that servers echo, to be masked everywhere.
    """

    url: str
    folder: Path
    client: Client
    deadline: float
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    fetches: list[Fetched] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    page_state: str = "no-answer"
    signs: list[str] = field(default_factory=list)
    offered: int = 1
    own: list[str] = field(default_factory=list)
    whole: dict[str, Fetched] = field(default_factory=dict)
    exchange_count: int = 0

    def fetch(self, url: str, *, headers: Headers = ()) -> Fetched:
        """Fetches a URL and lists every request that this took."""
        settings = replace(self.client.settings, total_s=max(self.left_s, 1.0))
        client = replace(self.client, settings=settings)
        fetched = client.fetch(url, self.folder, headers=headers, first=self.exchange_count + 1)
        self.fetches.append(fetched)
        self.exchange_count += len(fetched.exchanges)
        if fetched.status == 200 and not fetched.gaps:  # noqa: PLR2004 -- OK
            self.whole[url] = fetched
        self.log.extend(_line(exchange) for exchange in fetched.exchanges)
        return fetched

    def fetch_once(self, url: str, *, headers: Headers = ()) -> Fetched:
        """Gives what was fetched of a URL before, where that is whole; fetches it otherwise."""
        return self.whole.get(url) or self.fetch(url, headers=headers)

    def note(self, action: str, **members: Any) -> None:
        """Adds a line to the log, with the time."""
        self.log.append({"at": to_json(datetime.now(UTC)), "action": action, **members})

    @property
    def left_s(self) -> float:
        """How much time is left, in seconds; below 0 where it is over."""
        return self.deadline - time.monotonic()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange so far, in order."""
        return tuple(exchange for fetched in self.fetches for exchange in fetched.exchanges)

    @property
    def main(self) -> Fetched:
        """The fetch of what was asked for."""
        return self.fetches[0]


def _line(exchange: Exchange) -> dict[str, Any]:
    return {
        "at": to_json(exchange.started_at),
        "ended_at": to_json(exchange.ended_at),
        "action": "request",
        "number": exchange.number,
        "url": exchange.url,
        "status": exchange.status,
        "error": exchange.error,
        "refused": exchange.refused,
    }
