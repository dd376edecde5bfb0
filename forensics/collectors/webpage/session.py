"""One capture from the empty browser to the last digest: pre-flight, visit, archives, and the video around it all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import __version__
from forensics.codec import format_time, to_json
from forensics.collectors.webpage import facts, preflight, screens, second
from forensics.collectors.webpage.interactive import Command, Terminal, watch
from forensics.collectors.webpage.keep import Keeper, Material, Medium, clean, request_gaps
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
from forensics.errors import ForensicsError
from forensics.model import Gap, GapReason, Item
from forensics.plugins import Sink
from forensics.web import wacz, wacz_service
from forensics.web.addresses import Answer, Policy, host_of
from forensics.web.cdp import BrowserGoneError, CdpError, Session
from forensics.web.chromium import Browser, Options, launch

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
    gaps: list[Gap] = field(default_factory=list)
    kept: list[screens.Kept] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.item.locator.display

    async def run(self) -> list[Gap]:
        wacz_service.shared().warm()
        policy = await asyncio.to_thread(Policy.for_page, self.url, allow_private=self.settings.allow_private)
        async with launch(self._options()) as browser:
            recorder = Recorder(browser, folder=self.folder / "bodies", limits=Limits(), policy=policy)
            page = await recorder.start()
            await self._size(page)
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
        if not self.settings.is_interactive:
            view = {"width": self.settings.width_px, "height": self.settings.height_px}
            wanted = {**view, "deviceScaleFactor": SCALE, "mobile": False}
            await page.call("Emulation.setDeviceMetricsOverride", wanted)

    def _limit_s(self) -> float:
        """A person who walks is not hurried."""
        return 24 * 3600.0 if self.settings.is_interactive else self.settings.limit_s

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
            viewport_px=(settings.width_px, settings.height_px),
            locale=settings.locale,
            time_zone=settings.time_zone,
            revision=browser.revision,
            scale=SCALE,
            headless=not settings.is_interactive,
            profile_listing=browser.profile_listing,
            is_profile_reused=bool(settings.profile),
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
        is_there = await visit.open(visited)
        with_login = self.settings.is_interactive or bool(self.settings.profile)
        plain = asyncio.create_task(self._second(policy, is_wanted=not with_login))
        if self.settings.is_interactive:
            await self._interact(recorder, visit, visited)
        elif is_there:
            await visit.look(visited)
        await visit.media(visited)
        with suppress(CdpError):
            self.cookies = tuple((await recorder.page.connection.call("Storage.getCookies"))["cookies"])
        await plain

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

    async def _interact(self, recorder: Recorder, visit: Visit, visited: Visited) -> None:
        """Lets the operator walk; keeps a view at each command and one at the end."""
        with suppress(CdpError):
            await watch(recorder.page, recorder.log)
        terminal, number = Terminal(), 1
        while await terminal.next() is Command.KEEP:
            await visit.in_folder(number).look(visited)
            number += 1
        await visit.in_folder(number).look(visited)

    def _keep(
        self, browser: Browser, visited: Visited, recorded: Recorded, given: Given, found: Preflight
    ) -> None:
        """Judges what was reached, states it, and puts everything into the sink."""
        exchanges = (*recorded.exchanges, *self.plain.numbered(len(recorded.exchanges) + 1))
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
            log=(*recorded.log, {"action": "checks at the end", "result": to_json(after.values)}),
            cookies=self.cookies,
            started_at=self.started_at,
        )
        keeper = Keeper(material, clean(material, self.folder / "clean"), self.folder, self.sink)
        document = keeper.document()
        comparison = self.plain.compared_with(document)
        record = self._record(browser, visited, keeper) | {
            "page_state": {"state": state.name, "signs": list(state.signs)},
            "second_fetch": comparison.describe(),
        }
        self.gaps += [*state.gaps, *visited.gaps, *recorded.gaps, *after.gaps, *request_gaps(recorded.exchanges)]
        self.gaps += [one.gap for one in recorded.downloads if one.gap]
        self._put(keeper, record, is_page=state.name not in {"no-answer", "not-html"})

    def _put(self, keeper: Keeper, record: Mapping[str, Any], *, is_page: bool) -> None:
        if is_page:
            keeper.html()
            keeper.views()
        kept = keeper.media()
        keeper.certificates()
        whole = {**record, "media": {"offered": record["media"]["offered"], "kept": kept}}
        try:
            self.gaps += keeper.archive(whole, information=self._information(record))
        except ForensicsError as error:
            self.gaps.append(Gap("archive", GapReason.FAILED, str(error)))
        keeper.logs(whole)
        self.kept = [screens.Kept.of(artifact) for artifact in keeper.artifacts]

    def _record(self, browser: Browser, visited: Visited, keeper: Keeper) -> dict[str, Any]:
        """States the capture (docs/capture-record.md)."""
        cleaned = keeper.cleaned
        chain = facts.main_chain(cleaned.exchanges)
        answer = self.answer.describe() if self.answer else None
        return {
            "requested_url": self.url,
            "final_url": str(visited.page.get("url") or (chain[-1].url if chain else self.url)),
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
            "profile": "reused" if self.settings.profile else None,
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
            "viewport_px": [self.settings.width_px, self.settings.height_px],
            "scale": SCALE,
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
                self.sink.put(
                    stream, role="session-video", name="session.mp4", media_type="video/mp4", **made.facts
                )


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
