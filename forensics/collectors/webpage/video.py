"""Films a page from the first action to the last: the browser's own pictures of it at their times, as a video file."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.codec import to_json
from forensics.collectors.webpage.video_encoder import Encoder, VideoPolicy
from forensics.errors import ForensicsError
from forensics.model import Gap, GapReason, Tool
from forensics.web.cdp import BrowserGoneError, CdpError, CdpTimeoutError, Session, TargetGoneError

ANSWER_S = 5.0
"""How long the browser may take to begin or end sending pictures, in seconds."""

ASKED, PAUSE_S = 10, 0.05
"""How often a page that refuses is asked, and the pause between, in seconds."""

LAST_S = 1.0
"""How long the picture of the last moment may take, in seconds; a page that crashed gives none."""

EARLY = 0.8
"""Share of the time between two pictures of the video within which a further one is not shown."""


@dataclass(frozen=True, slots=True)
class Video:
    """What was filmed.

    Attributes:
        path: The file; None where there is none.
        frames: Pictures that the browser sent and that differ; what stands still is one.
        seconds: Length of the session as measured, in seconds; the file's is longer by up to two pictures.
        facts: What is known of it, for the artifact's facts.
        gaps: Why it is not there or not whole.
        tool: The encoder as it was run; None where none was.
    """

    path: Path | None
    frames: int
    seconds: float
    facts: Mapping[str, Any]
    gaps: tuple[Gap, ...]
    tool: Tool | None = None


@dataclass(slots=True)
class _Film:
    """What was filmed until now; times in seconds from the start, on a clock that nobody sets."""

    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    last: bytes = b""
    last_s: float = -1.0
    frames: int = 0

    @property
    def now_s(self) -> float:
        return time.monotonic() - self.started


class SessionVideo:
    """Films one page. Whatever happens to page, browser or encoder becomes a gap of the video and stops nothing else.

    Chromium sends a picture whenever the page changes, up to 60 a second, which takes a whole processor. A page that
    changes faster than the video shows is therefore let rest between two pictures; when asked to begin again, Chromium
    sends the picture of that moment, so that the last state is never missed.

    Args:
        path: The file to be made, with the ending `.mp4`; ffmpeg's messages go beside it.
        policy: Size, rate and quality.
    """

    def __init__(self, path: Path, *, policy: VideoPolicy | None = None) -> None:
        self._path = path
        self._policy = policy or VideoPolicy()
        self._period_s = 1 / self._policy.rate_hz
        self._film = _Film()
        self._encoder = Encoder(path, self._policy)
        self._gaps: dict[str, Gap] = {}
        self._page: Session | None = None
        self._is_busy = False
        self._is_resting = False
        self._held_s = 0.0
        self._is_held = False
        self._arrived = asyncio.Event()
        self._beginning = asyncio.Lock()

    async def start(self, page: Session) -> None:
        """Begins to film and waits for the first picture."""
        try:
            await self._encoder.start()
        except ForensicsError as error:
            self._gap("encoder", GapReason.FAILED, f"the session was not filmed: {error}")
            return
        self._page, self._film = page, _Film()
        page.connection.on("Page.screencastFrame", self._picture)
        page.connection.on("Inspector.targetCrashed", self._crashed)
        await self._ask(page, "Inspector.enable")
        await self._ask(page, "Page.bringToFront")
        await self._begin(page)
        try:
            await asyncio.wait_for(self._arrived.wait(), ANSWER_S)
        except TimeoutError:
            self._gap("browser", GapReason.TIMED_OUT, f"no picture came within {ANSWER_S:g} s")

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Lets the last picture stand while the page is pictured in tiles; how long is stated in the facts.

        Chromium draws views of another shape for that, which nobody sees on a screen, and which would flicker in the
        video.
        """
        page, self._is_held, begun = self._page, True, time.monotonic()
        if page is not None:
            await self._ask(page, "Page.stopScreencast")
        try:
            yield
        finally:
            self._is_held = self._is_busy = False
            if page is not None:
                self._held_s += time.monotonic() - begun
                await self._begin(page)

    async def stop(self) -> Video:
        """Ends filming with a picture of this moment, and waits for the encoder."""
        film = self._film
        if self._page is not None and film.frames:
            await self._last(self._page)
        page, self._page = self._page, None
        if page is None or not film.frames:
            self.abandon()
            return Video(None, 0, 0.0, {}, self._known_gaps(), self._encoder.tool)
        seconds = film.now_s
        with suppress(CdpError, BrowserGoneError):
            await page.call("Page.stopScreencast", timeout_s=ANSWER_S)
        gap = await self._encoder.finish(round(seconds * 1000))
        gaps = (*self._known_gaps(), *([gap] if gap else ()))
        return Video(None if gap else self._path, film.frames, seconds, self._facts(seconds), gaps, self._encoder.tool)

    async def _last(self, page: Session) -> None:
        """Gets a picture of this moment, so that what was shown last is not missed where it is still on its way."""
        await asyncio.sleep(max(0.0, self._due_s - self._film.now_s))
        self._arrived.clear()
        await self._begin(page)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), LAST_S)

    def abandon(self) -> None:
        """Ends the encoder at once, whatever it had; does nothing after `stop`."""
        self._page = None
        self._encoder.end()

    def _facts(self, seconds: float) -> dict[str, Any]:
        return {
            "started_at": to_json(self._film.started_at),
            "seconds": round(seconds, 3),
            "pictures": self._film.frames,
            "rate_hz": self._policy.rate_hz,
            "size_px": list(self._policy.size_px),
            "held_s": round(self._held_s, 3),
            "filmed": "the first page as the browser draws it; pop-ups and the browser's own windows are not in it",
        }

    @property
    def _due_s(self) -> float:
        """When the next picture of the video is due, in seconds from the start."""
        return self._film.last_s + self._period_s

    async def _begin(self, page: Session) -> None:
        """Has the browser send the picture of this moment and each that follows."""
        width, height = self._policy.size_px
        size = {"maxWidth": width, "maxHeight": height}
        async with self._beginning:
            await self._ask(page, "Page.stopScreencast")
            await self._ask(page, "Page.startScreencast", {"format": "jpeg", "quality": self._policy.quality, **size})

    async def _ask(self, page: Session, method: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Asks the browser for something about its pictures; that it refuses is a gap.

        A page that is just changing its document refuses (`Not attached to an active page`), and is asked again.
        """
        try:
            for _ in range(ASKED):
                try:
                    await page.call(method, parameters, timeout_s=ANSWER_S)
                except (CdpTimeoutError, TargetGoneError):
                    raise
                except CdpError:
                    await asyncio.sleep(PAUSE_S)
                else:
                    return
            await page.call(method, parameters, timeout_s=ANSWER_S)
        except (CdpError, BrowserGoneError) as error:
            detail = f"the browser sends no pictures after {self._film.now_s:.1f} s: {error}"
            self._gap("browser", GapReason.FAILED, detail)

    def _picture(self, event: Mapping[str, Any], session: str) -> None:
        """Takes a picture that the browser sent, and lets it rest where they come too fast."""
        page, film = self._page, self._film
        if page is None or session != page.id or self._is_resting or self._is_held:
            return
        self._arrived.set()
        page.connection.spawn(page.call("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        jpeg = base64.b64decode(event["data"])
        if jpeg == film.last:
            self._is_busy = False
            return
        if film.frames and film.now_s - film.last_s < self._period_s * EARLY:
            self._is_busy = True
        else:
            film.last, film.last_s = jpeg, film.now_s
            film.frames += 1
            self._write(jpeg, film.last_s)
        if self._is_busy:
            self._is_resting = True
            page.connection.spawn(self._rest(page))

    async def _rest(self, page: Session) -> None:
        """Lets the browser send nothing until the next picture is due, then asks for the state of that moment."""
        await self._ask(page, "Page.stopScreencast")
        await asyncio.sleep(max(0.0, self._due_s - self._film.now_s))
        self._is_resting = False
        if self._page is not None and not self._is_held:
            await self._begin(page)

    def _write(self, jpeg: bytes, at_s: float) -> None:
        lost = self._encoder.write(jpeg, round(at_s * 1000))
        if lost:
            self._gap("encoder", GapReason.FAILED, f"{lost}, first after {at_s:.1f} s")

    def _crashed(self, _: Mapping[str, Any], session: str) -> None:
        if self._page is not None and session == self._page.id:
            detail = f"the page crashed after {self._film.now_s:.1f} s; the last picture stands from there on"
            self._gap("crash", GapReason.FAILED, detail)

    def _gap(self, kind: str, why: GapReason, detail: str) -> None:
        """Notes why the video is not whole, once for each kind of cause."""
        self._gaps.setdefault(kind, Gap("session-video", why, detail))

    def _known_gaps(self) -> tuple[Gap, ...]:
        """Gives the gaps; that the browser sends no pictures goes without saying where the page crashed."""
        return tuple(gap for kind, gap in self._gaps.items() if kind != "browser" or "crash" not in self._gaps)
