"""Collects pages through a real browser: exchanges, views, media, and the state of machine and network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from forensics.model import Gap, Item
from forensics.plugins import Sink


@dataclass(frozen=True, slots=True)
class WebpageCollector:
    """Captures a page in a fresh browser, and says what it could not obtain (docs/capture-record.md).

    Attributes:
        access_mode: How access was obtained: `public`, `own_account`, `invited_member`, …
        legal_basis: Authority or legal basis of the collection.
        allow_private: Whether a public page may request private addresses.
        proxy: Address of a proxy; empty for none, whatever the system says.
        profile: Folder of a browser profile with a log-in made before; empty for a fresh one.
        is_interactive: Whether the operator walks in a visible browser.
        locale: Language that the browser asks servers for.
        time_zone: Time zone that pages see.
        limit_s: Longest time for the page, in seconds; what was captured by then is kept.
        width_px: Width of the view, in CSS pixels.
        height_px: Height of the view, in CSS pixels.
        case: Id of the case, for the local pages of the video.
        language: Language of these pages.
    """

    name: ClassVar[str] = "webpage"
    version: ClassVar[str] = "1"
    takes_long: ClassVar[bool] = True

    access_mode: str = ""
    legal_basis: str = ""
    allow_private: bool = False
    proxy: str = field(default="", metadata={"is_private": True})
    profile: str = field(default="", metadata={"is_private": True})
    is_interactive: bool = False
    locale: str = "en-US"
    time_zone: str = "UTC"
    limit_s: float = 180.0
    width_px: int = 1280
    height_px: int = 800
    case: str = ""
    language: str = "en"

    def accepts(self, item: Item) -> bool:
        """Whether the item is an address on the web."""
        return item.kind == "url" and urlsplit(item.locator.display).scheme.lower() in {"http", "https"}

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        """Captures the page into the sink and yields what could not be obtained."""
        import asyncio

        from forensics.collectors.webpage.session import capture

        yield from asyncio.run(capture(item, sink, settings=self))
