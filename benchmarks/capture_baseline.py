"""What any capture takes with this browser: open a page, scroll it, picture it; nothing is recorded.

By hand: `python -m benchmarks.capture_baseline FOLDER each|one URL …`; `each` starts a browser for every page as the
collector does, `one` opens all pages in one browser.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from forensics.collectors.webpage import screens
from forensics.collectors.webpage.recorder_navigation import Navigator, quiet
from forensics.collectors.webpage.scroll import ScrollPolicy, scroll
from forensics.collectors.webpage.views_shots import ShotPolicy, whole_page
from forensics.collectors.webpage.visit import WaitPolicy
from forensics.web.cdp import Connection, Session
from forensics.web.chromium import Options, launch

WAIT, SCROLL = WaitPolicy(), ScrollPolicy()
VIEW = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}


class Traffic:
    """Counts requests, which is all that waiting for a quiet network needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._under_way: set[str] = set()
        self._asked = 0
        connection.on("Network.requestWillBeSent", self._begun)
        for event in ("Network.loadingFinished", "Network.loadingFailed"):
            connection.on(event, lambda told, _: self._under_way.discard(told["requestId"]))

    def _begun(self, told: Mapping[str, Any], _: str) -> None:
        self._under_way.add(told["requestId"])
        self._asked += 1

    async def idle(self, *, quiet_s: float, timeout_s: float) -> bool:
        """Waits until the network rests, exactly as the collector does."""
        return await quiet(
            self._connection, lambda: (len(self._under_way), self._asked), quiet_s=quiet_s, timeout_s=timeout_s
        )


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[tuple[Session, Traffic]]:
    """Starts a browser in a folder of its own, which is removed at the end."""
    try:
        async with launch(Options(workspace=_new(folder), fonts=screens.fonts())) as browser:
            connection = browser.connection
            targets = (await connection.call("Target.getTargets"))["targetInfos"]
            target = next(one["targetId"] for one in targets if one["type"] == "page")
            attached = await connection.call("Target.attachToTarget", {"targetId": target, "flatten": True})
            page = Session(connection, attached["sessionId"], target)
            await asyncio.gather(*(page.call(f"{domain}.enable") for domain in ("Page", "Network")))
            await page.call("Page.setLifecycleEventsEnabled", {"enabled": True})
            await page.call("Emulation.setDeviceMetricsOverride", VIEW)
            yield page, Traffic(connection)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def visit(page: Session, traffic: Traffic, url: str, *, folder: Path) -> None:
    """Opens one page, scrolls it and takes the picture of all of it, with the waits of the collector."""
    found = await Navigator(page.connection, page).open(url, timeout_s=WAIT.load_s)
    if found.error or found.timed_out:
        raise SystemExit(f"{url} was not loaded: {found}")
    await traffic.idle(quiet_s=WAIT.quiet_s, timeout_s=WAIT.rest_s)
    scrolled = await scroll(page, policy=SCROLL, idle=traffic.idle, log=lambda *_: None)
    await traffic.idle(quiet_s=WAIT.quiet_s, timeout_s=WAIT.rest_s)
    views, gaps = await whole_page(page, _new(folder), policy=ShotPolicy())
    if not views or gaps or scrolled.gaps:
        raise SystemExit(f"{url} was not pictured: {gaps} {scrolled.gaps}")


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


async def each(folder: Path, urls: list[str]) -> None:
    """Starts a browser for every page."""
    for number, url in enumerate(urls):
        async with browsing(folder / f"browser-{number}") as (page, traffic):
            await visit(page, traffic, url, folder=folder / f"views-{number}")


async def one(folder: Path, urls: list[str]) -> None:
    """Opens all pages in one browser."""
    async with browsing(folder / "browser") as (page, traffic):
        for number, url in enumerate(urls):
            await visit(page, traffic, url, folder=folder / f"views-{number}")


def main() -> None:
    """Visits the pages that the command line names."""
    folder, how, *urls = sys.argv[1:]
    asyncio.run({"each": each, "one": one}[how](Path(folder), urls))


if __name__ == "__main__":
    main()
