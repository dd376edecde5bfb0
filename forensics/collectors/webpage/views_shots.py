"""Screenshots: the first view, the whole page in tiles, and what scrolling regions hold beside what they show."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.views_files import View, why, write
from forensics.collectors.webpage.views_world import World, enter
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Session

PNG = "image/png"

NOTES = {
    "fixed_elements": "drawn once, where they stand in the first view; what they cover there is covered here too",
    "animations": "not stopped",
}
"""What every screenshot of a whole page says of itself."""


@dataclass(frozen=True, slots=True)
class ShotPolicy:
    """How the whole page is pictured.

    Attributes:
        tile_px: Greatest height of a tile, in pixels of the picture. Chromium with a graphics card repeats or blackens
            what lies beyond 16,384 px, the usual limit of a texture; half of it is safe.
        tile_area_px: Most pixels in a tile; wide pages get lower tiles.
        width_px: Greatest width that is pictured, in CSS pixels.
        height_px: Greatest height that is pictured, in CSS pixels.
        area_px: Most pixels over all tiles.
        region_views: Most pictures of the inside of scrolling regions.
        region_share: Share of the view that a region must fill to be pictured from end to end.
        region_pause_s: Pause between moving a region and its picture, in seconds, for lists that draw what is in view.
        timeout_s: How long the browser may take for one picture, in seconds.
    """

    tile_px: int = 8_000
    tile_area_px: int = 16_000_000
    width_px: int = 8_000
    height_px: int = 120_000
    area_px: int = 200_000_000
    region_views: int = 40
    region_share: float = 0.4
    region_pause_s: float = 0.1
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """What the browser shows of a page: size of the view in CSS pixels, and pixels of a picture for each."""

    width: int
    height: int
    scale: float


Box = tuple[float, float, float, float]
"""Left, top, width and height in CSS pixels."""


async def first_view(page: Session, folder: Path, *, policy: ShotPolicy | None = None) -> View:
    """Pictures what a person at the screen sees now, with the page in front, since hidden ones are not drawn.

    Raises:
        CdpError: The browser refused.
        BrowserGoneError: The browser ended.
        StoreError: The file cannot be written.
    """
    await page.call("Page.bringToFront")
    window = await measure(await enter(page))
    path = folder / "viewport.png"
    size = await _shoot(page, path, policy=policy or ShotPolicy(), box=None)
    metrics = await page.call("Page.getLayoutMetrics")
    place = metrics["cssVisualViewport"]
    box = [round(place["pageX"]), round(place["pageY"]), window.width, window.height]
    facts = {"size_px": list(size), "box_px": box, "scale": window.scale, "animations": NOTES["animations"]}
    return View("screenshot-viewport", path, PNG, facts)


async def measure(world: World) -> Window:
    """Measures the view as the page sees it."""
    seen = (await world.run("facts"))["browser"]
    width, height = seen["viewport_px"]
    return Window(int(width), int(height), float(seen["scale"]))


async def whole_page(
    page: Session, folder: Path, *, policy: ShotPolicy, is_window_real: bool = False
) -> tuple[list[View], list[Gap]]:
    """Pictures the whole page from top to bottom, in tiles, then large scrolling regions from end to end.

    The size of the view is held fast meanwhile, and each picture waits until the one before is over: without, Chromium
    shrinks the page to one pixel between two pictures, and pages that adapt to their width are changed by that.

    Args:
        page: The page's session, scrolled to its top.
        folder: Where the files go: `full-01.png`, ….
        policy: Size of the tiles, and limits.
        is_window_real: Whether a person sees the window, so that its size must be given back to it afterwards.

    Raises:
        CdpError: The browser refused.
        BrowserGoneError: The browser ended.
        StoreError: A file cannot be written.
    """
    await page.call("Page.bringToFront")
    world = await enter(page)
    window = await measure(world)
    held = {"width": window.width, "height": window.height, "deviceScaleFactor": window.scale, "mobile": False}
    await page.call("Emulation.setDeviceMetricsOverride", held)
    try:
        tiles, gaps = await _tiles(world, folder, policy=policy, window=window)
        inner, more = await _regions(world, folder, policy=policy, window=window, number=len(tiles) + 1)
    finally:
        if is_window_real:
            await page.call("Emulation.clearDeviceMetricsOverride")
    views = [*tiles, *inner]
    return [
        View(one.role, one.path, one.media_type, {**one.facts, "tile": number, "of": len(views), **NOTES})
        for number, one in enumerate(views, 1)
    ], [*gaps, *more]


async def _tiles(world: World, folder: Path, *, policy: ShotPolicy, window: Window) -> tuple[list[View], list[Gap]]:
    page = world.session
    await world.run("settle")
    before = await _content(page)
    width, height, gaps = _within(before, policy, window=window)
    views: list[View] = []
    try:
        for number, box in enumerate(plan(width, height, policy=policy, scale=window.scale), 1):
            path = folder / f"full-{number:02}.png"
            size = await _shoot(page, path, policy=policy, box=box)
            gaps.extend(_misshapen(path, size, box=box, window=window))
            facts = {"size_px": list(size), "box_px": [round(one) for one in box], "scale": window.scale}
            views.append(View("screenshot-full", path, PNG, facts))
            await world.run("settle")
    except (CdpError, BrowserGoneError) as error:
        if not views:
            raise
        detail = f"after {len(views)} tiles of the page: {error}"
        return views, [*gaps, Gap("screenshot-full", why(error), detail)]
    after = await _content(page)
    if after[1] != before[1]:
        detail = f"the page's height changed from {before[1]} px to {after[1]} px while it was pictured"
        gaps.append(Gap("screenshot-full", GapReason.CHANGED, detail))
    return views, gaps


def _misshapen(path: Path, size: tuple[int, int], *, box: Box, window: Window) -> Iterator[Gap]:
    """Says where a picture is not as large as it was asked for."""
    wanted = (round(box[2] * window.scale), round(box[3] * window.scale))
    if any(abs(one - other) > 1 for one, other in zip(size, wanted, strict=True)):
        detail = f"{path.name} is {size[0]} × {size[1]} px in place of {wanted[0]} × {wanted[1]} px"
        yield Gap("screenshot-full", GapReason.FAILED, detail)


def plan(width: int, height: int, *, policy: ShotPolicy, scale: float) -> Iterator[Box]:
    """Divides a page into tiles of its full width, from the top.

    Args:
        width: Width of the page, in CSS pixels.
        height: Height of the page, in CSS pixels.
        policy: Greatest size of a tile.
        scale: Pixels of a picture for each CSS pixel.
    """
    pixels = min(policy.tile_px, policy.tile_area_px / (width * scale))
    step = max(1, int(pixels / scale))
    for top in range(0, height, step):
        yield (0, top, width, min(step, height - top))


async def _content(page: Session) -> tuple[int, int]:
    size = (await page.call("Page.getLayoutMetrics"))["cssContentSize"]
    return max(1, int(size["width"])), max(1, int(size["height"]))


def _within(content: tuple[int, int], policy: ShotPolicy, *, window: Window) -> tuple[int, int, list[Gap]]:
    """Cuts a page's size to the limits and says what is left out."""
    width, height = content
    cut_width = min(width, policy.width_px)
    most = int(policy.area_px / (cut_width * window.scale**2))
    cut_height = max(1, min(height, policy.height_px, most))
    if (cut_width, cut_height) == content:
        return width, height, []
    detail = f"the page is {width} × {height} px, the pictures show {cut_width} × {cut_height} px from the top left"
    return cut_width, cut_height, [Gap("screenshot-full", GapReason.LIMIT, detail)]


async def _shoot(page: Session, path: Path, *, policy: ShotPolicy, box: Box | None) -> tuple[int, int]:
    """Takes one picture and writes it as it came.

    Returns:
        Its width and height in pixels.
    """
    parameters: dict[str, Any] = {"format": "png"}
    if box is not None:
        left, top, width, height = box
        clip = {"x": left, "y": top, "width": width, "height": height, "scale": 1}
        parameters |= {"captureBeyondViewport": True, "clip": clip}
    answer = await page.call("Page.captureScreenshot", parameters, timeout_s=policy.timeout_s)
    content = base64.b64decode(answer["data"])
    write(path, content)
    return size_of(content)


def size_of(png: bytes) -> tuple[int, int]:
    """Reads width and height of a PNG file.

    Raises:
        CdpError: The browser gave something else.

    Source: ISO/IEC 15948 (PNG), 11.2.1: IHDR is the first chunk.
    """
    if png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR" or len(png) < 24:  # noqa: PLR2004 - end of the size
        raise CdpError("the browser gave no PNG picture")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def _regions(
    world: World, folder: Path, *, policy: ShotPolicy, window: Window, number: int
) -> tuple[list[View], list[Gap]]:
    """Pictures large scrolling regions view by view, and leaves them where they stood."""
    found = await world.run("scroll", {"do": "find", "share": policy.region_share, "least_px": 50})
    views: list[View] = []
    gaps: list[Gap] = []
    for index, state in enumerate(found[1:], 1):
        await world.run("scroll", {"do": "show", "index": index})
        tops = list(_stops(state))
        for top in tops[: policy.region_views - len(views)]:
            now = await world.run("scroll", {"do": "move", "index": index, "top": top})
            await asyncio.sleep(policy.region_pause_s)
            path = folder / f"full-{number + len(views):02}.png"
            size = await _shoot(world.session, path, policy=policy, box=None)
            place = {"region": now["path"], "scroll_px": round(now["top"])}
            facts = {"size_px": list(size), "box_px": [round(one) for one in now["box_px"]], "scale": window.scale}
            views.append(View("screenshot-full", path, PNG, facts | place))
        gaps.extend(
            _unseen(state, await world.run("scroll", {"do": "look", "index": index}), views=views, of=len(tops))
        )
        await world.run("scroll", {"do": "move", "index": index, "top": state["top"]})
    if len(found) > 1:
        await world.run("scroll", {"do": "move", "index": 0, "top": 0})
    return views, gaps


def _stops(state: Mapping[str, Any]) -> Iterator[float]:
    """Gives the places at which a region is pictured, from its start to its end; none where it shows all."""
    top, high = state["low"], state["high"]
    while top < high:
        yield top
        top += max(1, state["view"])
    if high > state["low"]:
        yield high


def _unseen(before: Mapping[str, Any], after: Mapping[str, Any], *, views: Sequence[View], of: int) -> Iterator[Gap]:
    """Says what the pictures of a region do not show."""
    shown = sum(view.facts["region"] == before["path"] for view in views)
    if shown < of:
        detail = f"{shown} of {of} views of the region {before['path']} were pictured"
        yield Gap("screenshot-full", GapReason.LIMIT, detail)
    if abs(after["height"] - before["height"]) > 1:
        change = f"from {before['height']:.0f} px to {after['height']:.0f} px"
        detail = f"the height of the region {before['path']} changed {change} while it was pictured"
        yield Gap("screenshot-full", GapReason.CHANGED, detail)
