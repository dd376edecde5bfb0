"""Collects media by their own addresses: exact bytes over HTTP, adaptive streams, and platform pages through yt-dlp."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from forensics.collectors.media.names import is_media_address
from forensics.errors import UsageError
from forensics.model import Gap, GapReason, Item
from forensics.plugins import Sink
from forensics.web.addresses import Policy, resolve, split
from forensics.web.fetch import USER_AGENT, Client, Settings
from forensics.web.fetch_proxy import Proxy, left_to_the_proxy
from forensics.web.fetch_trust import load_trust

HAND_OVER = ("received_from", "received_at", "device", "access_mode", "legal_basis")


@dataclass(frozen=True, slots=True)
class MediaCollector:
    """Fetches pictures, sounds, clips and streams as the server has them; nothing is converted.

    Attributes:
        user_agent: What the plain client says that it is.
        locale: Language to ask servers for; empty for none.
        connect_s: How long is waited for a connection, in seconds.
        idle_s: How long is waited for the next bytes, in seconds.
        total_s: How long everything for one address may take, in seconds.
        attempts: How many attempts in a row may bring nothing new before an interrupted body is given up.
        pause_s: Pause before the first of these, doubled before each further one, in seconds.
        limit_bytes: Longest body that is kept.
        warc_body_limit: Longest body, in bytes, that the WARC holds too; longer ones are in the case once, as `media`.
        any_url: Whether addresses that do not end like media are accepted and handed to yt-dlp.
        comments: Whether comments of platform pages are wanted.
        playlist: Whether all videos of a list are wanted, rather than one.
        allow_private: Whether redirects and segments may lead to addresses that are not public.
        proxy: Address of a proxy to fetch through; empty for none, whatever the system says.
        received_from: Who handed the address over; empty where nobody did.
        received_at: When it was handed over, as stated.
        device: Device or account it comes from.
        access_mode: How access was obtained: `public`, `own_account`, `invited_member`, `witness_supplied`,
            `provider_return` or `court_order`.
        legal_basis: Authority or legal basis of the collection.
    """

    name: ClassVar[str] = "media"
    version: ClassVar[str] = "1"
    takes_long: ClassVar[bool] = True

    user_agent: str = USER_AGENT
    locale: str = ""
    connect_s: float = 20.0
    idle_s: float = 60.0
    total_s: float = 6 * 3600.0
    attempts: int = 5
    pause_s: float = 1.0
    limit_bytes: int = 1 << 40
    warc_body_limit: int = 256 << 20
    any_url: bool = False
    comments: bool = False
    playlist: bool = False
    allow_private: bool = False
    proxy: str = field(default="", metadata={"is_private": True})
    received_from: str = ""
    received_at: str = ""
    device: str = ""
    access_mode: str = ""
    legal_basis: str = ""

    def accepts(self, item: Item) -> bool:
        """Whether the item is a web address that ends like media, or any web address where that is wanted."""
        if item.kind != "url":
            return False
        url = item.locator.display
        try:
            is_of_web = split(url).scheme in ("http", "https")
        except UsageError:
            return False
        return is_of_web and (self.any_url or is_media_address(url))

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        """Fetches the address, keeps what it is, and yields what could not be obtained."""
        from forensics.collectors.media.job import Job
        from forensics.collectors.media.obtain import Wanted, obtain
        from forensics.collectors.media.record import Recorder

        url = item.locator.display
        try:
            client = self._client(url)
        except UsageError as error:
            yield Gap("media", GapReason.FAILED, str(error))
            return
        with sink.workspace() as folder:
            job = Job(url, folder, client, time.monotonic() + self.total_s)
            obtain(job, Wanted(self.any_url, self.comments, self.playlist))
            recorder = Recorder.of(job, sink, common=self._hand_over(), body_limit=self.warc_body_limit)
            yield from dict.fromkeys(job.gaps)
            yield from recorder.put_all()

    def _client(self, url: str) -> Client:
        settings = Settings(
            user_agent=self.user_agent,
            language=self.locale,
            connect_s=self.connect_s,
            idle_s=self.idle_s,
            total_s=self.total_s,
            limit_bytes=self.limit_bytes,
            attempts=self.attempts,
            pause_s=self.pause_s,
        )
        proxy = Proxy.at(self.proxy) if self.proxy else None
        resolver = left_to_the_proxy if proxy else resolve
        policy = Policy.for_page(url, allow_private=self.allow_private, resolver=resolver)
        return Client.new(policy, settings=settings, trust=load_trust(), proxy=proxy)

    def _hand_over(self) -> dict[str, str]:
        return {name: value for name in HAND_OVER if (value := getattr(self, name))}
