"""What is done on a page, step by step; a step that fails is a gap and the next one goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
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
    fetched: list[Exchange] = field(default_factory=list)
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
        sessions: The page that is looked at, then its frames of other sites; empty for page 1.
    """

    recorder: Recorder
    video: SessionVideo
    folder: Path
    wait: WaitPolicy
    scroll: ScrollPolicy
    views: ViewPolicy
    sessions: tuple[Session, ...] = ()

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
        if document is not None and document.status and not (found.error or is_html(document.media_type)):
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
        page = self._sessions()[0]
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
        return dict(await (await enter(self._sessions()[0])).run("state"))

    async def _scroll(self) -> Scrolled:
        scrolled = await scroll(self._sessions()[0], policy=self.scroll, idle=self.recorder.idle, log=self.recorder.log)
        await self.recorder.idle(quiet_s=self.wait.quiet_s, timeout_s=self.wait.rest_s)
        return scrolled

    async def _keep_views(self, visited: Visited) -> None:
        async with self.video.held():
            taken = await take(self._sessions(), self.folder, policy=self.views)
        visited.views += taken.views
        visited.gaps += taken.gaps

    def _sessions(self) -> tuple[Session, ...]:
        return self.sessions or (self.recorder.page, *self.recorder.frames)

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

    async def _try(self, visited: Visited, what: str, step: Callable[[], Awaitable[T]]) -> T | None:
        """Does one step; where the browser refuses it, that is a gap."""
        try:
            return await step()
        except CdpError as error:
            visited.gaps.append(Gap(what, GapReason.FAILED, str(error)))
            return None


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
