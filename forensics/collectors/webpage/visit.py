"""What is done on a page, step by step; a step that fails is a gap and the next one goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from forensics.codec import canonical
from forensics.collectors.webpage import embedded, facts
from forensics.collectors.webpage.keep import Medium
from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Navigation
from forensics.collectors.webpage.scroll import Scrolled, ScrollPolicy, scroll
from forensics.collectors.webpage.seen import see
from forensics.collectors.webpage.state import Reached, State, is_html, judge
from forensics.collectors.webpage.streams import Streams
from forensics.collectors.webpage.video import SessionVideo
from forensics.collectors.webpage.views import ViewPolicy, page_facts, take
from forensics.collectors.webpage.views_files import View
from forensics.collectors.webpage.views_shots import first_view
from forensics.collectors.webpage.views_world import enter
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Session
from forensics.web.exchange import Exchange

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """How long is waited for a page.

    Attributes:
        load_s: Longest wait for the document with all its parts, in seconds.
        quiet_s: How long the network must rest, in seconds.
        rest_s: Longest wait for that rest, in seconds.
    """

    load_s: float = 45.0
    quiet_s: float = 0.5
    rest_s: float = 15.0

    def __str__(self) -> str:
        return (
            f"the load event or {self.load_s:g} s, then until the network rests for {self.quiet_s:g} s, "
            f"at most {self.rest_s:g} s"
        )


@dataclass(slots=True)
class Visited:
    """What a visit came to so far, so that nothing is lost where it is broken off."""

    url: str
    navigation: Navigation | None = None
    probe: Mapping[str, Any] = field(default_factory=dict)
    page: Mapping[str, Any] = field(default_factory=dict)
    scrolled: Scrolled | None = None
    views: list[View] = field(default_factory=list)
    texts: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    wanted: list[embedded.Wanted] = field(default_factory=list)
    made_by_script: int = 0
    media: list[Medium] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def state(self, exchanges: tuple[Exchange, ...]) -> State:
        """Judges what was reached."""
        document = next(reversed(facts.main_chain(exchanges)), None)
        error = self.navigation.error if self.navigation else "the page was not opened"
        status = document.status if document else None
        media_type = document.media_type if document else ""
        final = str(self.page.get("url") or "") or (document.url if document else self.url)
        return judge(Reached(self.url, final, status, media_type.partition(";")[0].strip().lower(), error, self.probe))


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a page.

    Attributes:
        recorder: Records everything, and stands for the browser.
        video: Films the page; held still while it is pictured.
        folder: Where views go.
        wait: How long is waited.
        scroll: How the page is scrolled.
        views: What is kept of it.
    """

    recorder: Recorder
    video: SessionVideo
    folder: Path
    wait: WaitPolicy
    scroll: ScrollPolicy
    views: ViewPolicy

    def in_folder(self, number: int) -> Visit:
        """Gives the same visit with a folder of its own for the next views."""
        folder = self.folder / f"{number:02d}"
        folder.mkdir(exist_ok=True)
        return replace(self, folder=folder)

    async def open(self, visited: Visited) -> bool:
        """Opens the page; gives whether there is one to be looked at.

        Raises:
            BrowserGoneError: The browser ended.
        """
        visited.navigation = found = await self.recorder.navigate(visited.url, timeout_s=self.wait.load_s)
        if found.timed_out:
            detail = f"the page was not loaded within {self.wait.load_s:g} s; what was there by then is kept"
            visited.gaps.append(Gap("page", GapReason.TIMED_OUT, detail))
        if found.is_cut:
            detail = "the document is longer than the limit for one body and was stopped"
            visited.gaps.append(Gap("page", GapReason.LIMIT, detail))
        document = next(reversed(facts.main_chain(self.recorder.exchanges_so_far())), None)
        if found.is_download:
            return False
        if document is not None and document.status and not is_html(document.media_type):
            visited.wanted.append(embedded.Wanted(document.url, "document"))
            return False
        if found.error:
            return False
        await self.recorder.idle(quiet_s=self.wait.quiet_s, timeout_s=self.wait.rest_s)
        return True

    async def look(self, visited: Visited) -> None:
        """Keeps what the page looks like and consists of.

        Raises:
            BrowserGoneError: The browser ended.
        """
        page = self.recorder.page
        first = await self._try(visited, "screenshot-viewport", lambda: first_view(page, self.folder))
        visited.views += [first] if first else []
        visited.probe = await self._try(visited, "state of the page", self._probe) or {}
        visited.scrolled = await self._try(visited, "scrolling", self._scroll)
        visited.gaps += visited.scrolled.gaps if visited.scrolled else ()
        visited.page = await self._try(visited, "facts of the page", lambda: page_facts(page)) or {}
        await self._keep_views(visited)
        await self._try(visited, "what is visible", lambda: self._see(visited))
        self.recorder.log("look", str(visited.page.get("url", "")), f"{len(visited.views)} views")

    async def _probe(self) -> Mapping[str, Any]:
        return dict(await (await enter(self.recorder.page)).run("state"))

    async def _scroll(self) -> Scrolled:
        scrolled = await scroll(self.recorder.page, policy=self.scroll, idle=self.recorder.idle, log=self.recorder.log)
        await self.recorder.idle(quiet_s=self.wait.quiet_s, timeout_s=self.wait.rest_s)
        return scrolled

    async def _keep_views(self, visited: Visited) -> None:
        async with self.video.held():
            taken = await take(self._sessions(), self.folder, policy=self.views)
        visited.views += taken.views
        visited.gaps += taken.gaps

    def _sessions(self) -> tuple[Session, ...]:
        return (self.recorder.page, *self.recorder.frames)

    async def _see(self, visited: Visited) -> None:
        seen = await see(self._sessions())
        visited.texts |= {
            "urn:seen": (canonical(seen.record()), "application/json"),
            "urn:text": (seen.text().encode("utf-8", errors="replace"), "text/plain"),
        }
        visited.gaps += seen.gaps
        visited.wanted = embedded.choose(seen.candidates)
        visited.made_by_script = sum(
            one["from"] in {"video", "audio"} and one["url"].startswith("blob:") for one in seen.candidates
        )

    async def media(self, visited: Visited) -> None:
        """Obtains what the page embeds: from what was recorded, else as a whole file through the browser.

        Raises:
            BrowserGoneError: The browser ended.
        """
        wanted = visited.wanted[: embedded.MOST_MEDIA]
        if len(visited.wanted) > len(wanted):
            detail = f"the page embeds {len(visited.wanted)} media; {len(wanted)} were kept"
            visited.gaps.append(Gap("media", GapReason.LIMIT, detail))
        recorded = self.recorder.exchanges_so_far()
        lists = dict.fromkeys([*(one.url for one in wanted if one.is_stream), *embedded.streams(recorded)])
        for one in wanted:
            if one.url in lists:
                continue
            found = embedded.recorded(recorded, one.url)
            if found is None and (status := embedded.refused_with(recorded, one.url)):
                detail = f"the server answered with status {status}"
                visited.gaps.append(Gap(f"media {one.url}", GapReason.FAILED, detail))
            elif found is None:
                found = await self._try(visited, f"media {one.url}", partial(self._load, one, visited))
            if found is not None:
                visited.media.append(Medium(one.url, _told(one, found, visited), found))
        await self._streams(visited, list(lists))

    async def _streams(self, visited: Visited, lists: list[str]) -> None:
        """Obtains adaptive streams; lists that another list names come with it."""
        streams = Streams(self.recorder, self.folder)
        fetched: set[str] = set()
        for url in lists:
            if url not in fetched:
                await self._try(visited, f"stream {url}", partial(streams.obtain, url))
                fetched |= {one.url for one in self.recorder.loaded}
        visited.media += streams.media
        visited.gaps += streams.gaps
        if visited.made_by_script and not streams.media:
            detail = "a script feeds it piece by piece; the answers to the script are in the archive, a file is not"
            visited.gaps += [Gap(f"{visited.made_by_script} videos or sounds", GapReason.UNREADABLE, detail)]

    async def _load(self, one: embedded.Wanted, visited: Visited) -> Exchange | None:
        exchange = await self.recorder.load_whole(one.url)
        if embedded.is_whole(exchange):
            return exchange
        why = GapReason.REFUSED if exchange.refused else GapReason.FAILED
        reason = exchange.refused or exchange.error or (exchange.body.gap.detail if exchange.body.gap else "")
        if exchange.body.gap is not None and not exchange.error:
            why = exchange.body.gap.why
        detail = reason or f"the server answered with status {exchange.status}"
        visited.gaps.append(Gap(f"media {one.url}", why, detail))
        return None

    async def _try(self, visited: Visited, what: str, step: Callable[[], Awaitable[T]]) -> T | None:
        """Does one step; where the browser refuses it, that is a gap."""
        try:
            return await step()
        except CdpError as error:
            visited.gaps.append(Gap(what, GapReason.FAILED, str(error)))
            return None


def _told(one: embedded.Wanted, exchange: Exchange, visited: Visited) -> dict[str, Any]:
    told = {
        "page_url": str(visited.page.get("url") or visited.url),
        "from": one.place,
        "via": str(exchange.via),
        "rendition": one.rendition,
        "other_renditions": list(one.others),
        "width": one.width,
        "height": one.height,
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


async def within(seconds: float, work: Awaitable[None], *, visited: Visited) -> None:
    """Does work under a time limit and with a browser that may end; both are gaps."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        detail = f"the capture took longer than {seconds:g} s and was broken off; what was there is kept"
        visited.gaps.append(Gap("page", GapReason.TIMED_OUT, detail))
    except BrowserGoneError as error:
        visited.gaps.append(Gap("browser", GapReason.FAILED, f"{error}; what was recorded before is kept"))
