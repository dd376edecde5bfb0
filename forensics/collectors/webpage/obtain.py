"""Obtains what a page embeds: from what was recorded, else as a whole file through the browser, else plainly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.collectors.webpage import embedded
from forensics.collectors.webpage.keep import Medium
from forensics.collectors.webpage.plainly import Plainly
from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.streams import Streams
from forensics.model import Gap, GapReason
from forensics.web.cdp import CdpError
from forensics.web.exchange import Exchange
from forensics.web.warc import shown

FIRST_PLAIN = 100_001
"""Number of the first exchange of a plain client, beyond those of any browser session; the final numbers come later."""


@dataclass(slots=True)
class Obtaining:
    """Obtains the media of one page, one after another.

    Attributes:
        folder: Where joined streams go.
        plainly: Fetches what the browser does not give whole.
        page_url: The page, for records and as referrer.
        media: What was obtained.
        exchanges: What the plain client asked for.
        gaps: What was not obtained.
    """

    recorder: Recorder
    folder: Path
    plainly: Plainly
    page_url: str
    media: list[Medium] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def obtain(self, wanted: Sequence[embedded.Wanted], *, made_by_script: int) -> None:
        """Obtains everything that was chosen, and the adaptive streams that the page plays.

        Args:
            wanted: In the order of the page.
            made_by_script: Number of videos and sounds of the page that have no address of their own.

        Raises:
            BrowserGoneError: The browser ended.
            StoreError: A file cannot be written.
        """
        if len(wanted) > embedded.MOST_MEDIA:
            detail = f"the page embeds {len(wanted)} media; {embedded.MOST_MEDIA} were kept"
            self.gaps.append(Gap("media", GapReason.LIMIT, detail))
        recorded = self.recorder.exchanges_so_far()
        lists = dict.fromkeys([*(one.url for one in wanted if one.is_stream), *embedded.streams(recorded)])
        for one in wanted[: embedded.MOST_MEDIA]:
            if one.url not in lists:
                await self._one(one, recorded)
        await self._streams(list(lists), made_by_script)

    async def _one(self, one: embedded.Wanted, recorded: Sequence[Exchange]) -> None:
        found = embedded.recorded(recorded, one.url)
        if found is not None:
            self.media.append(Medium(one.url, self._told(one, str(found.via)), found))
        elif status := embedded.refused_with(recorded, one.url):
            self._miss(one, GapReason.FAILED, f"the server answered with status {status}")
        else:
            await self._load(one)

    async def _load(self, one: embedded.Wanted) -> None:
        exchange = await self.recorder.load_whole(one.url)
        if embedded.is_whole(exchange):
            self.media.append(Medium(one.url, self._told(one, str(exchange.via)), exchange))
        elif exchange.refused:
            self._miss(one, GapReason.REFUSED, exchange.refused)
        else:
            await self._fetch(one)

    async def _fetch(self, one: embedded.Wanted) -> None:
        """Fetches a file with a plain client: it is too long for the browser, or the server wants a referrer."""
        first = FIRST_PLAIN + len(self.exchanges)
        try:
            fetched = await self.plainly.fetch(one.url, referrer=self.page_url, first=first)
        except CdpError as error:
            self._miss(one, GapReason.FAILED, str(error))
            return
        self.exchanges += fetched.exchanges
        self.recorder.log("fetch", one.url, f"{fetched.status or fetched.error}, {fetched.size} bytes")
        if fetched.status == 200 and fetched.path is not None:  # noqa: PLR2004 - OK
            told = self._told(one, "plain") | {"status": fetched.status, "is_whole": not fetched.gaps}
            self.media.append(Medium(one.url, told, path=fetched.path))
            self.gaps += fetched.gaps
        else:
            reason = fetched.error or f"the server answered with status {fetched.status}"
            self._miss(one, GapReason.FAILED, reason)

    def _miss(self, one: embedded.Wanted, why: GapReason, detail: str) -> None:
        self.gaps.append(Gap(f"media {shown(one.url)}", why, detail))

    async def _streams(self, lists: list[str], made_by_script: int) -> None:
        """Obtains adaptive streams; lists that another list names come with it."""
        streams = Streams(self.recorder, self.folder)
        fetched: set[str] = set()
        for url in lists:
            if url not in fetched:
                try:
                    await streams.obtain(url)
                except CdpError as error:
                    self.gaps.append(Gap(f"stream {shown(url)}", GapReason.FAILED, str(error)))
                fetched |= {one.url for one in self.recorder.loaded}
        self.media += streams.media
        self.gaps += streams.gaps
        if made_by_script and not streams.media:
            detail = "a script feeds it piece by piece; the answers to the script are in the archive, a file is not"
            self.gaps.append(Gap(f"{made_by_script} videos or sounds", GapReason.UNREADABLE, detail))

    def _told(self, one: embedded.Wanted, via: str) -> dict[str, Any]:
        told: Mapping[str, Any] = {
            "page_url": self.page_url,
            "from": one.place,
            "via": via,
            "rendition": one.rendition,
            "other_renditions": list(one.others),
            "width": one.width,
            "height": one.height,
        }
        return {name: value for name, value in told.items() if value not in (None, "", [])}
