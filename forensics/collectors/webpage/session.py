"""One capture from the empty browser to the last digest: pre-flight, visit, archives, and the video around it all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import __version__
from forensics.codec import format_time, to_json
from forensics.collectors.webpage import facts, preflight, screens, second
from forensics.collectors.webpage.interactive import (
    LONGEST_S,
    MOST_PAGES,
    Terminal,
    Walk,
    described,
    masked,
    require_display,
    require_profile,
    without,
)
from forensics.collectors.webpage.interactive_pages import Pages
from forensics.collectors.webpage.interactive_secrets import Held
from forensics.collectors.webpage.keep import Keeper, Material, Medium, clean, request_gaps
from forensics.collectors.webpage.obtain import Obtaining
from forensics.collectors.webpage.plainly import Plainly, numbered
from forensics.collectors.webpage.preflight import Given, Preflight
from forensics.collectors.webpage.preflight_browser import BrowserState
from forensics.collectors.webpage.preflight_points import PROTOCOL as POINTS_OF
from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Limits, Recorded
from forensics.collectors.webpage.scroll import ScrollPolicy
from forensics.collectors.webpage.second import SecondFetch
from forensics.collectors.webpage.video import SessionVideo
from forensics.collectors.webpage.views import ViewPolicy
from forensics.collectors.webpage.visit import Visit, Visited, WaitPolicy, within
from forensics.model import Gap, Item
from forensics.plugins import Sink
from forensics.web import wacz, wacz_service
from forensics.web.addresses import Answer, Policy, host_of
from forensics.web.cdp import BrowserGoneError, CdpError, Session
from forensics.web.chromium import Browser, Options, launch
from forensics.web.secret_mask import mask_text

if TYPE_CHECKING:
    from forensics.collectors.webpage import WebpageCollector

SHOWN_S = 0.5
"""How long a local page stands in the video, in seconds: a few pictures, so that it can be stopped at."""

BLANK_S = 10.0
"""How long the browser may take to leave the page for a local one, in seconds."""

PROTOCOL = f"forensics web capture 1, pre-flight after {POINTS_OF}"
SCALE = 1.0


async def capture(item: Item, sink: Sink, *, settings: WebpageCollector) -> list[Gap]:
    """Captures one page.

    Returns:
        What could not be obtained.

    Raises:
        ToolError: The browser does not start, or an archive could not be made.
        IntegrityError: An archive is not what was written.
        StoreError: The disk does not take more.
    """
    with sink.workspace() as folder:
        for name in ("bodies", "views", "plain", "clean"):
            (folder / name).mkdir()
        return await _Capture(item, sink, settings, folder).run()


@dataclass
class _Capture:
    item: Item
    sink: Sink
    settings: WebpageCollector
    folder: Path
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    plain: SecondFetch = field(default_factory=SecondFetch)
    answer: Answer | None = None
    cookies: tuple[Mapping[str, Any], ...] = ()
    held: Held | None = None
    view_px: tuple[int, int] = (0, 0)
    scale: float = SCALE
    user_agent: str = ""
    gaps: list[Gap] = field(default_factory=list)
    kept: list[screens.Kept] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.item.locator.display

    async def run(self) -> list[Gap]:
        await asyncio.to_thread(self._require)
        wacz_service.shared().warm()
        policy = await asyncio.to_thread(Policy.for_page, self.url, allow_private=self.settings.allow_private)
        async with launch(self._options()) as browser:
            recorder = Recorder(browser, folder=self.folder / "bodies", limits=self._limits(), policy=policy)
            page = await recorder.start()
            await self._size(page)
            self.user_agent = browser.user_agent
            given = self._given(browser)
            found = await asyncio.to_thread(preflight.gather, given)
            self._keep_preflight(found)
            video = SessionVideo(self.folder / "session.mp4")
            try:
                await video.start(page)
                await self._show(page, screens.preflight_page(found.open, self._heading()))
                visited = Visited(self.url)
                visit = self._visit(recorder, visited, policy=policy, video=video)
                await within(self._limit_s(), visit, visited=visited)
                recorded = await recorder.finish()
                await asyncio.to_thread(self._keep, browser, visited, recorded, given, found)
                await self._show(page, screens.digests_page(self.kept, self._heading(), at=datetime.now(UTC)))
                await self._keep_video(video)
            finally:
                video.abandon()
        return list(dict.fromkeys(self.gaps))

    def _require(self) -> None:
        """Makes sure of what only an operator's session needs."""
        if self.settings.is_interactive:
            require_display(os.environ)
        if self.settings.profile:
            require_profile(Path(self.settings.profile))

    def _limits(self) -> Limits:
        return Limits(pages=MOST_PAGES) if self.settings.is_interactive else Limits()

    def _options(self) -> Options:
        settings = self.settings
        return Options(
            workspace=self.folder,
            profile=Path(settings.profile) if settings.profile else None,
            is_visible=settings.is_interactive,
            window_px=(settings.width_px, settings.height_px),
            locale=settings.locale,
            time_zone=settings.time_zone,
            proxy=settings.proxy,
            fonts=screens.fonts(),
        )

    async def _size(self, page: Session) -> None:
        """Gives the page the view that is recorded; a window that a person sees keeps its own."""
        if self.settings.is_interactive:
            width, height, self.scale = await page.evaluate("[innerWidth, innerHeight, devicePixelRatio]")
            self.view_px = width, height
            return
        self.view_px = self.settings.width_px, self.settings.height_px
        view = {"width": self.settings.width_px, "height": self.settings.height_px}
        wanted = {**view, "deviceScaleFactor": SCALE, "mobile": False}
        await page.call("Emulation.setDeviceMetricsOverride", wanted)

    def _limit_s(self) -> float:
        """A person who walks is not hurried."""
        return LONGEST_S if self.settings.is_interactive else self.settings.limit_s

    def _heading(self) -> screens.Session:
        return screens.Session(
            self.url, self.settings.case, self.item.id, f"forensics {__version__}", self.settings.language
        )

    def _given(self, browser: Browser) -> Given:
        settings = self.settings
        state = BrowserState(
            product=browser.product,
            executable_sha256=browser.executable_sha256,
            flags=browser.flags,
            user_agent=browser.user_agent,
            viewport_px=self.view_px,
            locale=settings.locale,
            time_zone=settings.time_zone,
            revision=browser.revision,
            scale=self.scale,
            headless=not settings.is_interactive,
            profile_listing=browser.profile_listing,
            is_profile_reused=bool(settings.profile and browser.profile_listing),
            home=Path(os.environ["HOME"]) if "HOME" in os.environ else None,
        )
        return Given(url=self.url, browser=state, act=self.sink.act, folder=self.folder)

    def _keep_preflight(self, found: Preflight) -> None:
        preflight.keep(found, self.sink)
        self.gaps += found.gaps

    async def _show(self, page: Session, html: str) -> None:
        """Shows a local page for the video; nothing of it crosses the network."""
        with suppress(CdpError, BrowserGoneError):
            frame = (await page.call("Page.navigate", {"url": "about:blank"}, timeout_s=BLANK_S))["frameId"]
            await page.call("Page.setDocumentContent", {"frameId": frame, "html": html}, timeout_s=BLANK_S)
            await asyncio.sleep(SHOWN_S)

    async def _visit(self, recorder: Recorder, visited: Visited, *, policy: Policy, video: SessionVideo) -> None:
        visit = Visit(
            recorder,
            video,
            self.folder / "views",
            WaitPolicy(),
            ScrollPolicy(),
            ViewPolicy(is_window_real=self.settings.is_interactive),
        )
        walk = await self._begin(recorder)
        is_there = await visit.open(visited)
        plain = asyncio.create_task(self._second(policy, is_wanted=self.held is None))
        if walk is not None:
            await walk.go(visit, visited, terminal=Terminal())
        elif is_there:
            await visit.look(visited)
        try:
            await self._obtain(recorder, visited, policy=policy)
            await self._note_cookies(recorder)
        finally:
            visited.media = walk.placed(visited.media) if walk is not None else visited.media
        await plain

    async def _begin(self, recorder: Recorder) -> Walk | None:
        """Begins to hold what a log-in brings with it, and to note what an operator does; None where nobody walks."""
        if not (self.settings.is_interactive or self.settings.profile):
            return None
        pages = Pages(recorder.page)
        self.held = Held(pages)
        await self.held.start()
        return Walk.begin(recorder, pages, held=self.held) if self.settings.is_interactive else None

    async def _note_cookies(self, recorder: Recorder) -> None:
        if not recorder.page.connection.is_open:
            return
        with suppress(CdpError):
            self.cookies = tuple((await recorder.page.connection.call("Storage.getCookies"))["cookies"])
        if self.held is not None:
            await self.held.look()

    async def _obtain(self, recorder: Recorder, visited: Visited, *, policy: Policy) -> None:
        """Obtains what the page embeds; what there is by then is kept where it is broken off."""
        agent = str(visited.page.get("browser", {}).get("user_agent") or self.user_agent)
        plainly = Plainly(recorder.page, self.folder / "plain", policy, agent, self.settings.locale)
        url = str(visited.page.get("url") or self.url)
        obtaining = Obtaining(recorder, self.folder / "views", plainly, url)
        try:
            await obtaining.obtain(visited.wanted, made_by_script=visited.made_by_script)
        finally:
            visited.media += obtaining.media
            visited.fetched += obtaining.exchanges
            visited.gaps += obtaining.gaps

    async def _second(self, policy: Policy, *, is_wanted: bool) -> None:
        """Resolves the host, and fetches the page without the browser."""
        self.answer = await asyncio.to_thread(second.resolved, self.url)
        if is_wanted:
            self.plain = await asyncio.to_thread(
                second.fetch,
                self.url,
                self.folder / "plain",
                policy=policy,
                language=self.settings.locale,
                limit_bytes=Limits().body_bytes,
            )

    def _keep(self, browser: Browser, visited: Visited, recorded: Recorded, given: Given, found: Preflight) -> None:
        """Judges what was reached, states it, and puts everything into the sink."""
        browsed = len(recorded.exchanges)
        fetched = numbered(visited.fetched, browsed + 1)
        exchanges = (*recorded.exchanges, *fetched, *self.plain.numbered(browsed + len(fetched) + 1))
        state = visited.state(recorded.exchanges)
        contacted = {host_of(one.url) for one in recorded.exchanges}
        after = preflight.after(given, found, contacted=contacted, final_url=str(visited.page.get("url") or self.url))
        media = (*visited.media, *_downloads(recorded))
        material = Material(
            url=self.url,
            exchanges=exchanges,
            views=tuple(visited.views),
            texts=visited.texts,
            media=media,
            console=(*recorded.console, *recorded.dialogs),
            log=(*recorded.log, _checks_line(len(recorded.log) + 1, after.values)),
            cookies=self.cookies if self.held is None else self.held.cookies(contacted),
            started_at=self.started_at,
        )
        cleaned = (self.held.clean if self.held else clean)(material, self.folder / "clean")
        material = replace(material, views=masked(material.views, cleaned.known))
        keeper = Keeper(material, cleaned, self.folder, self.sink)
        document = keeper.document()
        comparison = self.plain.compared_with(document)
        record = self._record(browser, visited, keeper) | {
            "page_state": {"state": state.name, "signs": list(state.signs)},
            "second_fetch": comparison.describe(),
        }
        self.gaps += [*state.gaps, *visited.gaps, *recorded.gaps, *after.gaps, *request_gaps(recorded.exchanges)]
        self.gaps += [one.gap for one in recorded.downloads if one.gap]
        self._put(keeper, record, is_page=state.name not in {"no-answer", "not-html"})
        if self.held is not None:
            self.held.put(keeper)
            self.gaps = [without(gap, cleaned.known) for gap in self.gaps]

    def _put(self, keeper: Keeper, record: Mapping[str, Any], *, is_page: bool) -> None:
        if is_page:
            keeper.html()
        if is_page or self.settings.is_interactive:
            keeper.views()
        kept = keeper.media()
        keeper.certificates()
        whole = {**record, "media": {"offered": record["media"]["offered"], "kept": kept}}
        archived = replace(keeper, material=described(keeper.material))
        self.gaps += archived.archive(whole, information=self._information(record))
        keeper.logs(whole)
        self.kept = [screens.Kept.of(artifact) for artifact in keeper.artifacts]

    def _record(self, browser: Browser, visited: Visited, keeper: Keeper) -> dict[str, Any]:
        """States the capture (docs/capture-record.md)."""
        cleaned = keeper.cleaned
        chain = facts.main_chain(cleaned.exchanges)
        answer = self.answer.describe() if self.answer else None
        return {
            "requested_url": self.url,
            "final_url": chain[-1].url if chain else self.url,
            "shown_url": mask_text(str(visited.page.get("url") or ""), cleaned.known),
            "redirects": facts.of_documents(cleaned.exchanges),
            **facts.page_part(visited.page),
            **facts.of_answer(chain[-1] if chain else None),
            "started_at": format_time(self.started_at),
            "ended_at": format_time(datetime.now(UTC)),
            "dns": [answer] if answer else [],
            "browser": self._browser(browser),
            "wait": {"policy": str(WaitPolicy())},
            "scroll": visited.scrolled.facts() if visited.scrolled else None,
            "exchanges": _counts(cleaned.exchanges),
            "media": {"offered": len(visited.wanted), "kept": 0},
            "stripped": _stripped(cleaned.stripped),
            "profile": ("reused" if browser.profile_listing else "new") if self.settings.profile else None,
            "interactive": self.settings.is_interactive,
            "access_mode": self.settings.access_mode,
            "legal_basis": self.settings.legal_basis,
            "tools": to_json(wacz.reference_tools()),
        }

    def _browser(self, browser: Browser) -> dict[str, Any]:
        return {
            "product": browser.product,
            "revision": browser.revision,
            "executable_sha256": browser.executable_sha256,
            "user_agent": browser.user_agent,
            "headless": not self.settings.is_interactive,
            "viewport_px": list(self.view_px),
            "scale": self.scale,
            "locale": self.settings.locale,
            "time_zone": self.settings.time_zone,
            "flags": list(browser.flags),
            "profile_empty_at_start": not browser.profile_listing,
            "extensions": 0,
        }

    def _information(self, record: Mapping[str, Any]) -> dict[str, str]:
        return {
            "software": f"forensics {__version__}",
            "format": "WARC File Format 1.1",
            "protocol": PROTOCOL,
            "browser": str(record["browser"]["product"]),
            "http-header-user-agent": str(record["browser"]["user_agent"]),
            "wait": str(record["wait"]["policy"]),
            "item": self.item.id,
        }

    async def _keep_video(self, video: SessionVideo) -> None:
        made = await video.stop()
        self.gaps += made.gaps
        if made.path is not None:
            with made.path.open("rb") as stream:
                self.sink.put(stream, role="session-video", name="session.mp4", media_type="video/mp4", **made.facts)


def _checks_line(number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the last line of the navigation log: what was measured again at the end."""
    at = format_time(datetime.now(UTC))
    return {"n": number, "at": at, "action": "check", "target": "machine and network", "result": to_json(values)}


def _downloads(recorded: Recorded) -> Iterator[Medium]:
    for one in recorded.downloads:
        if one.path is not None:
            yield Medium(one.url, {"from": "download", "via": "browser"}, path=one.path, name=one.suggested_name)


def _counts(exchanges: tuple[Any, ...]) -> dict[str, int]:
    return {
        "total": len(exchanges),
        "failed": sum(one.status is None and not one.refused for one in exchanges),
        "without_body": sum(one.body.gap is not None and one.body.path is None for one in exchanges),
        "refused": sum(bool(one.refused) for one in exchanges),
    }


def _stripped(stripped: tuple[Any, ...]) -> dict[str, int]:
    bodies = sum(one.where in {"request-body", "response-body"} for one in stripped)
    return {"headers": sum("header" in one.where for one in stripped), "bodies": bodies, "total": len(stripped)}
