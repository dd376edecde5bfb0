"""Brings lazy content into view: scrolls a page and large regions in it, step by step under a stated policy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.collectors.webpage.views_world import World, enter
from forensics.errors import ForensicsError
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Session

Idle = Callable[..., Awaitable[bool]]
"""Waits until the network rests: `idle(quiet_s=…, timeout_s=…)` gives whether it does."""

Log = Callable[..., None]
"""Notes an action: `log(action, target, result)`."""

STUCK = 3
"""Moves without effect after which a region counts as one that does not let itself be scrolled."""

NEARLY = 0.1
"""Share of the view that may remain unseen where a region stops before its end: margins after snapping places."""


@dataclass(frozen=True, slots=True)
class ScrollPolicy:
    """How a page is scrolled, and where scrolling ends.

    Attributes:
        least_pause_s: Shortest pause after a step, in seconds; content that is loaded lazily asks for itself meanwhile.
        quiet_s: How long the network must rest before the next step, in seconds.
        end_quiet_s: How long it must rest at an end before nothing more is expected, in seconds.
        pause_s: Longest pause after a step, in seconds, while the network does not rest.
        steps: Most steps, over all regions.
        height_px: Furthest distance in one region, in CSS pixels.
        total_s: Longest time for all, in seconds.
        regions: Most scrolling regions beside the document.
        region_share: Share of the view that a region must fill to be scrolled.
    """

    least_pause_s: float = 0.1
    quiet_s: float = 0.1
    end_quiet_s: float = 0.5
    pause_s: float = 2.0
    steps: int = 200
    height_px: int = 100_000
    total_s: float = 90.0
    regions: int = 5
    region_share: float = 0.4

    def __str__(self) -> str:
        pause = f"until the network rests for {self.quiet_s:g} s, {self.least_pause_s:g} s to {self.pause_s:g} s"
        return (
            f"one view a step; pause {pause}; at an end until it rests for {self.end_quiet_s:g} s; regions that fill "
            f"{self.region_share:.0%} of the view too, at most {self.regions}, from their end where they show that; at "
            f"most {self.steps} steps, {self.height_px} px a region, {self.total_s:g} s; back to the top at the end"
        )


@dataclass(frozen=True, slots=True)
class Region:
    """One thing that was scrolled: the document, a frame or an element.

    Attributes:
        path: `document`, or the tags with id or class that lead to it.
        steps: Moves that were made.
        height_px: Height of its content at the end, in CSS pixels.
        is_whole: Whether its end was reached.
        grew: Whether its content became higher meanwhile.
    """

    path: str
    steps: int
    height_px: int
    is_whole: bool
    grew: bool


@dataclass(frozen=True, slots=True)
class Scrolled:
    """What scrolling came to; the counts are over all regions, the height is that of the highest."""

    policy: str
    steps: int
    height_px: int
    is_whole: bool
    grew: bool
    regions: tuple[Region, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Gives the object `scroll` of the capture's facts."""
        regions = [{name: getattr(one, name) for name in Region.__slots__} for one in self.regions]
        whole = {name: getattr(self, name) for name in ("policy", "steps", "height_px", "is_whole", "grew")}
        return whole | {"regions": regions}


@dataclass(slots=True)
class _Run:
    """What one run of `scroll` carries along."""

    world: World
    policy: ScrollPolicy
    idle: Idle
    log: Log
    deadline: float
    steps: int = 0

    async def ask(self, action: str, index: int, **more: float) -> dict[str, Any]:
        """Looks at a region, or moves it first."""
        state = await self.world.run("scroll", {"do": action, "index": index, **more})
        return dict(state)

    async def pause(self, *, is_end: bool = False) -> None:
        """Waits as the policy says."""
        quiet_s = self.policy.end_quiet_s if is_end else self.policy.quiet_s
        waits = (asyncio.sleep(self.policy.least_pause_s), self.idle(quiet_s=quiet_s, timeout_s=self.policy.pause_s))
        await asyncio.gather(*waits)


async def scroll(page: Session, *, policy: ScrollPolicy, idle: Idle, log: Log) -> Scrolled:
    """Scrolls the document, then the large regions in it, and leaves the page where it stood, the document at its top.

    A region that shows its end at first, as chats do, is scrolled backwards. What a list takes out of the document
    while it is scrolled is in no later view; the recorded exchanges have it.

    Args:
        page: The page's session.
        policy: How, and how far.
        idle: Waits until the network rests.
        log: Notes each step.

    Returns:
        What came of it. Where the page moved on to another document or does not answer, a gap says so.

    Not done: frames of other sites and closed shadow trees are not searched for regions.
    """
    try:
        await page.call("Page.bringToFront")
        world = await enter(page)
        least = {"share": policy.region_share, "least_px": 50}
        found = await world.run("scroll", {"do": "find", **least})
        run = _Run(world, policy, idle, log, deadline=time.monotonic() + policy.total_s)
        return await _all(run, found)
    except (CdpError, BrowserGoneError) as error:
        return _summary(policy, [], [_failed(error)])


async def _all(run: _Run, found: list[Mapping[str, Any]]) -> Scrolled:
    regions: list[Region] = []
    gaps: list[Gap] = []
    for index, state in enumerate(found[: run.policy.regions + 1]):
        if state["high"] - state["low"] < 1:
            regions.append(Region(state["path"], 0, round(state["height"]), is_whole=True, grew=False))
            continue
        try:
            region, gap = await _region(run, index, state=state)
        except (CdpError, BrowserGoneError) as error:
            gaps.append(_failed(error))
            break
        regions.append(region)
        gaps.extend(gap)
    if len(found) > run.policy.regions + 1:
        detail = f"{len(found) - 1} large scrolling regions, {run.policy.regions} of them were scrolled"
        gaps.append(Gap("scrolling", GapReason.LIMIT, detail))
    return _summary(run.policy, regions, gaps)


async def _region(run: _Run, index: int, *, state: Mapping[str, Any]) -> tuple[Region, list[Gap]]:
    """Scrolls one region from one end to the other, and back to where it stood; the document to its top."""
    first = dict(state)
    is_document = index == 0
    backwards = not is_document and first["top"] >= first["high"] - 1
    if not is_document:
        await run.ask("show", index)
    start = first["high"] if backwards else first["low"]
    before = run.steps
    last, gap = await _walk(run, index, state=await run.ask("move", index, top=start), backwards=backwards)
    back_to = 0 if is_document else _place(first, last, backwards=backwards)
    await run.ask("move", index, top=back_to)
    await run.pause()
    run.log("scroll", f"{first['path']} back to {back_to:.0f} px", f"height {last['height']:.0f} px")
    region = Region(
        path=str(first["path"]),
        steps=run.steps - before,
        height_px=round(last["height"]),
        is_whole=gap is None,
        grew=last["height"] > first["height"] + 1,
    )
    return region, [gap] if gap else []


async def _walk(run: _Run, index: int, *, state: dict[str, Any], backwards: bool) -> tuple[dict[str, Any], Gap | None]:
    """Moves a region view by view until nothing more comes.

    Returns:
        Its last state, and why its end was not reached.
    """
    first, stuck, known_px = state, 0, state["height"]
    while True:
        if _is_at_end(state, backwards=backwards):
            await run.pause(is_end=True)
            state = await run.ask("look", index)
            if backwards and state["height"] > known_px + 1:
                # At the very top browsers do not keep the place of what is in view, so that it stays at its end though
                # more has come; pages ask for still more when they are moved.
                known_px = state["height"]
                state = await _step(run, index, top=state["top"] + state["view"])
            elif _is_at_end(state, backwards=backwards):
                return state, None
        limit = _limit(run, state, backwards=backwards)
        if limit:
            return state, _too_long(first, state, limit=limit, backwards=backwards)
        moved = await _step(run, index, top=state["top"] + _view(state, backwards=backwards) * (1 + stuck))
        stuck = stuck + 1 if abs(moved["top"] - state["top"]) < 1 else 0
        if stuck == STUCK and _rest(moved, backwards=backwards) <= moved["view"] * NEARLY:
            return moved, None
        if stuck == STUCK:
            how_far = f"beyond {_done(moved, backwards=backwards):.0f} px of {moved['height']:.0f} px"
            detail = f"{moved['path']} does not let itself be scrolled {how_far}"
            return moved, Gap("scrolling", GapReason.FAILED, detail)
        await run.pause()
        state = await run.ask("look", index)


async def _step(run: _Run, index: int, *, top: float) -> dict[str, Any]:
    """Makes one move."""
    moved = await run.ask("move", index, top=top)
    run.steps += 1
    run.log("scroll", f"{moved['path']} to {moved['top']:.0f} px", f"height {moved['height']:.0f} px")
    return moved


def _view(state: Mapping[str, Any], *, backwards: bool) -> float:
    """Gives one step onwards, in CSS pixels."""
    return float(-state["view"] if backwards else state["view"])


def _is_at_end(state: Mapping[str, Any], *, backwards: bool) -> bool:
    """Whether there is nothing further; positions are rounded by up to a pixel."""
    return bool(state["top"] <= state["low"] + 1 if backwards else state["top"] >= state["high"] - 1)


def _done(state: Mapping[str, Any], *, backwards: bool) -> float:
    """Gives how much of a region has been in view, in CSS pixels from where scrolling began."""
    moved = state["high"] - state["top"] if backwards else state["top"] - state["low"]
    return float(moved + state["view"])


def _rest(state: Mapping[str, Any], *, backwards: bool) -> float:
    """Gives how far the end is, in CSS pixels; places that a page snaps to need not reach it."""
    return float(state["top"] - state["low"] if backwards else state["high"] - state["top"])


def _limit(run: _Run, state: Mapping[str, Any], *, backwards: bool) -> str:
    """Gives the limit that was reached; empty where none was."""
    if run.steps >= run.policy.steps:
        return f"{run.policy.steps} steps"
    if _done(state, backwards=backwards) >= run.policy.height_px:
        return f"{run.policy.height_px} px"
    return f"{run.policy.total_s:g} s" if time.monotonic() > run.deadline else ""


def _too_long(first: Mapping[str, Any], last: Mapping[str, Any], *, limit: str, backwards: bool) -> Gap:
    done = _done(last, backwards=backwards)
    detail = f"scrolling of {last['path']} ended after {limit}: {done:.0f} px of {last['height']:.0f} px were in view"
    if last["height"] > first["height"] + 1:
        detail += f"; the height had grown from {first['height']:.0f} px meanwhile, so that it may have no end"
    return Gap("scrolling", GapReason.LIMIT, detail)


def _place(first: Mapping[str, Any], last: Mapping[str, Any], *, backwards: bool) -> float:
    """Gives where a region stood at first: measured from its end where it showed its end."""
    return float(last["high"] if backwards else first["top"])


def _failed(error: ForensicsError) -> Gap:
    return Gap("scrolling", GapReason.FAILED, f"the page was not scrolled to its end: {error}")


def _summary(policy: ScrollPolicy, regions: list[Region], gaps: list[Gap]) -> Scrolled:
    return Scrolled(
        policy=str(policy),
        steps=sum(one.steps for one in regions),
        height_px=max((one.height_px for one in regions), default=0),
        is_whole=not gaps,
        grew=any(one.grew for one in regions),
        regions=tuple(regions),
        gaps=tuple(gaps),
    )
